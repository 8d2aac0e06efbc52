/*
 * glob.c - matches a path against a pattern without backtracking: the pattern becomes a row of
 * steps, and all places in it where the path so far may stand are followed at once. So neither
 * many stars nor nested braces cost more than their length. Knows no file system.
 */
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

#include <stdlib.h>

enum step_kind {
    LITERAL,     /* this character */
    ANY,         /* one character but '/' */
    STAR,        /* any number of them */
    SET,         /* one of [...] */
    SEGMENTS,    /* "**" and '/': nothing, or segments each with their '/' */
    IN_SEGMENTS, /* the same once something was taken */
    ANYTHING,    /* "**" at the end: any number of any characters */
    OPEN,        /* '{': goes on with each alternative */
    COMMA,       /* ends an alternative: goes on behind the brace */
    CLOSE,       /* '}' */
    DONE
};

struct step {
    enum step_kind kind;
    str text;        /* LITERAL: the character; SET: what is between the brackets */
    uint32_t target; /* OPEN, COMMA: the next comma of the brace, 0 for none */
    uint32_t close;  /* COMMA: the end of the brace; OPEN: the brace around, meanwhile */
};

struct program {
    struct step *steps;
    uint32_t n;
    uint32_t open; /* while compiling: the innermost open brace plus one, or 0 */
};

/* ---- the pattern ----------------------------------------------------------------------------- */

static struct step *add(struct program *g, enum step_kind kind, str text)
{
    struct step *step = &g->steps[g->n++];

    *step = (struct step){.kind = kind, .text = text};
    return step;
}

/* Bytes of the set whose '[' stands at `at`, both brackets included; 0 when it is not closed. */
static size_t set_length(str pattern, size_t at)
{
    size_t i = at + 1;

    if (i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^'))
        i++;
    if (i < pattern.n && pattern.p[i] == ']')
        i++;
    while (i < pattern.n && pattern.p[i] != ']')
        i += pattern.p[i] == '\\' && i + 1 < pattern.n ? 2 : 1;
    return i < pattern.n ? i + 1 - at : 0;
}

/* Two stars that are a segment of their own; more are the same. Returns their length or 0. */
static size_t segments_length(str pattern, size_t at)
{
    size_t end = at;

    while (end < pattern.n && pattern.p[end] == '*')
        end++;
    bool starts = at == 0 || strchr("/{,", pattern.p[at - 1]);
    bool ends = end == pattern.n || strchr("/},", pattern.p[end]);

    return end - at >= 2 && starts && ends ? end - at : 0;
}

static size_t add_stars(struct program *g, str pattern, size_t at)
{
    size_t n = segments_length(pattern, at);

    if (n == 0) {
        if (g->n == 0 || g->steps[g->n - 1].kind != STAR)
            add(g, STAR, S(""));
        return 1;
    }
    if (at + n < pattern.n && pattern.p[at + n] == '/') {
        add(g, SEGMENTS, S(""));
        add(g, IN_SEGMENTS, S(""));
        return n + 1;
    }
    add(g, ANYTHING, S(""));
    return n;
}

static void add_open(struct program *g)
{
    struct step *open = add(g, OPEN, S("{"));

    open->close = g->open;
    g->open = g->n;
}

/* A comma goes to the front of its brace's chain. */
static void add_comma(struct program *g)
{
    struct step *comma = add(g, COMMA, S(",")), *open = &g->steps[g->open - 1];

    comma->target = open->target;
    open->target = g->n - 1;
}

static void add_close(struct program *g)
{
    struct step *open = &g->steps[g->open - 1];
    uint32_t close = g->n;

    add(g, CLOSE, S("}"));
    for (uint32_t i = open->target; i; i = g->steps[i].target)
        g->steps[i].close = close;
    g->open = open->close;
}

/* Braces that were never closed, and their commas, are what they look like. */
static void undo_open(struct program *g)
{
    while (g->open) {
        struct step *open = &g->steps[g->open - 1];

        for (uint32_t i = open->target; i; i = g->steps[i].target)
            g->steps[i].kind = LITERAL;
        open->kind = LITERAL;
        g->open = open->close;
    }
}

/* The step that begins at `at`; returns how many bytes of the pattern it took. */
static size_t compile_step(struct program *g, str pattern, size_t at)
{
    char c = pattern.p[at];
    size_t n = c == '[' ? set_length(pattern, at) : 0;
    bool is_escape = c == '\\' && at + 1 < pattern.n;
    size_t start = at + is_escape, end = start;

    if (n > 0)
        return add(g, SET, (str){pattern.p + at + 1, n - 2}), n;
    if (c == '*')
        return add_stars(g, pattern, at);
    if (c == '?')
        return add(g, ANY, S("")), 1;
    if (c == '{')
        return add_open(g), 1;
    if (c == ',' && g->open)
        return add_comma(g), 1;
    if (c == '}' && g->open)
        return add_close(g), 1;
    utf8_next(pattern, &end);
    add(g, LITERAL, (str){pattern.p + start, end - start});
    return end - at;
}

static void compile(struct program *g, str pattern)
{
    for (size_t at = 0; at < pattern.n;)
        at += compile_step(g, pattern, at);
    undo_open(g);
    add(g, DONE, S(""));
}

/* ---- the path -------------------------------------------------------------------------------- */

/* The places where the path so far may stand; `marks` says which are in the list already. */
struct places {
    uint32_t *list;
    uint32_t *marks;
    uint32_t n, round;
};

static void put(struct places *set, uint32_t place)
{
    if (set->marks[place] == set->round)
        return;
    set->marks[place] = set->round;
    set->list[set->n++] = place;
}

/* Adds the places that are reached without taking a character. */
static void spread(const struct program *g, struct places *set)
{
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t place = set->list[i];
        const struct step *step = &g->steps[place];

        switch (step->kind) {
        case SEGMENTS:
            put(set, place + 1);
            put(set, place + 2);
            break;
        case STAR:
        case ANYTHING:
        case CLOSE: put(set, place + 1); break;
        case OPEN:
            put(set, place + 1);
            for (uint32_t comma = step->target; comma; comma = g->steps[comma].target)
                put(set, comma + 1);
            break;
        case COMMA: put(set, step->close); break;
        case LITERAL:
        case ANY:
        case SET:
        case IN_SEGMENTS:
        case DONE: break;
        }
    }
}

static uint32_t set_code(str set, size_t *at)
{
    if (set.p[*at] == '\\' && *at + 1 < set.n)
        ++*at;
    return utf8_next(set, at);
}

static bool set_has(str set, uint32_t code)
{
    bool negated = set.n && (set.p[0] == '!' || set.p[0] == '^'), found = false;

    for (size_t at = negated; at < set.n;) {
        uint32_t low = set_code(set, &at), high = low;

        if (at + 1 < set.n && set.p[at] == '-') {
            at++;
            high = set_code(set, &at);
        }
        found = found || (code >= low && code <= high);
    }
    return found != negated;
}

/* Takes one character, `text`, from a place: puts where that leads to. */
static void take(const struct program *g, uint32_t place, str text, struct places *next)
{
    const struct step *step = &g->steps[place];
    bool is_slash = text.p[0] == '/';
    size_t at = 0;

    switch (step->kind) {
    case LITERAL:
        if (str_eq(step->text, text))
            put(next, place + 1);
        break;
    case ANY:
        if (!is_slash)
            put(next, place + 1);
        break;
    case STAR:
        if (!is_slash)
            put(next, place);
        break;
    case SET:
        if (!is_slash && set_has(step->text, utf8_next(text, &at)))
            put(next, place + 1);
        break;
    case IN_SEGMENTS:
        put(next, place);
        if (is_slash)
            put(next, place + 1);
        break;
    case ANYTHING: put(next, place); break;
    case SEGMENTS:
    case OPEN:
    case COMMA:
    case CLOSE:
    case DONE: break;
    }
}

static bool run(const struct program *g, struct places *set, uint32_t *spare, str path)
{
    set->round = 1;
    put(set, 0);
    spread(g, set);
    for (size_t at = 0; at < path.n && set->n > 0;) {
        struct places next = {.list = spare, .marks = set->marks, .round = set->round + 1};
        size_t start = at;

        utf8_next(path, &at);
        for (uint32_t i = 0; i < set->n; i++)
            take(g, set->list[i], (str){path.p + start, at - start}, &next);
        spread(g, &next);
        spare = set->list;
        *set = next;
    }
    return set->marks[g->n - 1] == set->round;
}

bool glob_match(str pattern, str path)
{
    enum { COMMON = 64 }; /* steps for which no memory is taken */
    struct step steps[COMMON];
    uint32_t numbers[3 * COMMON];
    struct program g = {.steps = steps};
    uint32_t *room = numbers;
    size_t n = pattern.n + 1;

    if (n >= UINT32_MAX || path.n >= UINT32_MAX)
        return false;
    if (n > COMMON) {
        g.steps = memory_new(n * sizeof(*steps));
        room = memory_new(3 * n * sizeof(*room));
    }
    compile(&g, pattern);
    memset(room, 0, n * sizeof(*room));
    bool fits = run(&g, &(struct places){.marks = room, .list = room + n}, room + 2 * n, path);

    if (n > COMMON) {
        free(g.steps);
        free(room);
    }
    return fits;
}

bool glob_is_pattern(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] && strchr("*?[{", text.p[i]))
            return true;
    }
    return false;
}
