/*
 * script_parse.c - a scenario's text to its parts. Knows nothing of requests.
 *
 * A file is entries; one begins at a line whose first column is no blank, with a word that says
 * what it is, and goes on over the lines below that begin with blanks. Only `model` entries are
 * read on.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/script_reader.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char all_words[] =
#define WORD(word, says) word ", "
#include "model/script_words.def"
#undef WORD
    "or '#'";

static const char *const words[] = {
#define WORD(word, says) word,
#include "model/script_words.def"
#undef WORD
};

/* ---- conditions ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    bool numeric;
} asks[] = {
    [ASK_TOOL_RESULT] = {"tool_result", false},
    [ASK_USER] = {"user", false},
    [ASK_SYSTEM] = {"system", false},
    [ASK_MODEL] = {"model", false},
    [ASK_TURN] = {"turn", true},
    [ASK_TRY] = {"try", true},
};

static rein_status read_condition(struct reader *r, struct script_condition *out)
{
    out->negated = script_take(r, "not");
    for (size_t i = 0; i < COUNT(asks); i++) {
        if (!script_take(r, asks[i].word))
            continue;
        out->ask = (enum script_ask)i;
        return asks[i].numeric ? script_number_of(r, asks[i].word, 1, &out->number)
                               : script_text(r, asks[i].word, &out->text);
    }
    const char *names[COUNT(asks)];
    str word = script_peek(r);

    for (size_t i = 0; i < COUNT(asks); i++)
        names[i] = asks[i].word;
    int at = nearest_word(word, names, COUNT(asks));

    if (at >= 0)
        return script_fault(r, r->at, "no condition '%.*s'; did you mean '%s'?", FS(word),
                            names[at]);
    return script_fault(r, r->at,
                        "no condition '%.*s'; expected tool_result, user, system or model with a "
                        "\"text\", turn or try with a number, each also with 'not' before",
                        FS(word));
}

/* Which requests the entry answers. A plain reply takes the next number; conditional ones in a row
 * share one, up to an `otherwise`; `when turn N` says it itself. */
static rein_status read_conditions(struct reader *r, struct script_entry *entry, bool *open)
{
    struct script_condition **tail = &entry->when;
    const char *at = r->at;
    size_t pinned = 0;

    while (script_take(r, "when")) {
        struct script_condition *c = arena_new(&r->script->arena, struct script_condition);

        if (read_condition(r, c) != REIN_OK)
            return REIN_INVALID;
        if (c->ask == ASK_TURN && !c->negated)
            pinned = c->number;
        *tail = c;
        tail = &c->next;
    }
    bool otherwise = !entry->when && script_take(r, "otherwise");

    if (otherwise && !*open)
        return script_fault(r, at, "'otherwise' without a 'model when' before it");
    if (pinned) {
        entry->number = pinned; /* stands outside of the counting */
    } else {
        if (!*open || (!entry->when && !otherwise))
            r->script->next++;
        entry->number = r->script->next;
        *open = entry->when != NULL;
    }
    if (entry->number > r->script->last)
        r->script->last = entry->number;
    return REIN_OK;
}

/* ---- entries --------------------------------------------------------------------------------- */

static rein_status unknown_word(struct reader *r, str word)
{
    int at = nearest_word(word, words, COUNT(words));

    if (at >= 0)
        return script_fault(r, word.p, "unknown line '%.*s'; did you mean '%s'?", FS(word),
                            words[at]);
    return script_fault(r, word.p, "unknown line '%.*s'; lines begin with %s", FS(word), all_words);
}

static bool is_known(str word)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(word, str_of(words[i])))
            return true;
    return false;
}

/* The next entry: its line, and those below that are empty, remarks, or begin with a blank. */
static str cut_entry(str *rest)
{
    str whole = *rest;
    size_t n = 0;

    do {
        size_t line = str_find(str_skip(whole, n), '\n');

        n = line == SIZE_MAX ? whole.n : n + line + 1;
    } while (n < whole.n && (script_is_blank(whole.p[n]) || whole.p[n] == '#'));
    *rest = str_skip(whole, n);
    return str_take(whole, n);
}

static rein_status parse_entries(struct script *s, str text, struct error *err)
{
    struct script_entry **tail = &s->entries;
    const char *start = text.p;
    bool open = false;

    while (text.n) {
        str entry_text = cut_entry(&text);
        struct reader r = {s, start, entry_text.p, entry_text.p, entry_text.p + entry_text.n, err};

        if (script_at_end(&r))
            continue; /* empty lines and remarks */
        if (r.at != r.entry)
            return script_fault(&r, r.at,
                                "this line goes on from none; lines begin in the first column");
        str word = script_peek(&r);
        if (!is_known(word))
            return unknown_word(&r, word.n ? word : str_take(entry_text, 1));
        if (!script_take(&r, "model"))
            continue;
        struct script_entry *entry = arena_new(&s->arena, struct script_entry);

        if (read_conditions(&r, entry, &open) != REIN_OK || script_items(&r, entry) != REIN_OK)
            return REIN_INVALID;
        *tail = entry;
        tail = &entry->next;
    }
    return REIN_OK;
}

rein_status script_parse(str text, str path, struct script **out, struct error *err)
{
    struct script *s = memory_new(sizeof *s);

    arena_init(&s->arena);
    s->path = arena_str(&s->arena, path);
    if (parse_entries(s, arena_str(&s->arena, text), err) != REIN_OK) {
        script_free(s);
        return REIN_INVALID;
    }
    *out = s;
    return REIN_OK;
}

void script_free(struct script *s)
{
    if (!s)
        return;
    arena_fini(&s->arena);
    free(s);
}
