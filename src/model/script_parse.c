/*
 * script_parse.c - a scenario's text to its parts. Knows nothing of requests.
 *
 * A file is entries; one begins at a line whose first column is no blank, with a word that says
 * what it is, and goes on over the lines below that begin with blanks. Only `model` entries are
 * read on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/script_parts.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { NUMBER_MAX = 100000000 };

static const char *const words[] = {
#define WORD(word, says) word,
#include "model/script_words.def"
#undef WORD
};

/* Over the text of one entry. */
struct reader {
    struct script *script;
    const char *start; /* of the whole file, to count lines */
    const char *at, *end;
    struct error *err;
};

static unsigned line_of(const struct reader *r, const char *at)
{
    unsigned line = 1;

    for (const char *p = r->start; p < at; p++)
        line += *p == '\n';
    return line;
}

__attribute__((format(printf, 3, 4))) static rein_status fault(struct reader *r, const char *at,
                                                               const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(r->err, REIN_INVALID, "%.*s:%u: %s", FS(r->script->path), line_of(r, at), text);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* To the next token of the entry, over line ends and lines of comment. */
static void skip_blanks(struct reader *r)
{
    bool fresh = false;

    while (r->at < r->end) {
        if (fresh && *r->at == '#') {
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        } else if (is_blank(*r->at)) {
            fresh = fresh || *r->at == '\n';
            r->at++;
        } else {
            break;
        }
    }
}

static bool at_end(struct reader *r)
{
    skip_blanks(r);
    return r->at == r->end;
}

static str peek_word(struct reader *r)
{
    const char *p;

    skip_blanks(r);
    for (p = r->at; p < r->end && !is_blank(*p) && *p != '"' && *p != '{';)
        p++;
    return (str){r->at, (size_t)(p - r->at)};
}

static bool take_word(struct reader *r, const char *word)
{
    str next = peek_word(r);

    if (!str_eq(next, str_of(word)))
        return false;
    r->at += next.n;
    return true;
}

/* Behind the string or JSON object that begins at `at`, or NULL when it does not end. */
static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;
    bool quoted = false;

    for (; at < end; at++) {
        if (quoted && *at == '\n')
            return NULL;
        if (quoted && *at == '\\') {
            at++;
            continue;
        }
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '{' || *at == '['))
            depth++;
        else if (!quoted && (*at == '}' || *at == ']'))
            depth--;
        if (!quoted && depth <= 0)
            return at + 1;
    }
    return NULL;
}

static rein_status read_value(struct reader *r, char opening, const char *expected,
                              struct json **out)
{
    struct error why = {0};

    skip_blanks(r);
    if (r->at == r->end || *r->at != opening)
        return fault(r, r->at, "expected %s", expected);
    const char *stop = skip_value(r->at, r->end);

    if (!stop)
        return fault(r, r->at, "%s that does not end", expected);
    if (json_parse((str){r->at, (size_t)(stop - r->at)}, JSON_DEPTH, &r->script->arena, out,
                   &why) != REIN_OK)
        return fault(r, r->at, "%s: %s", expected, why.text);
    r->at = stop;
    return REIN_OK;
}

/* One string, or several that stand side by side and are joined. */
static rein_status read_text(struct reader *r, const char *of, str *out)
{
    struct buf joined;
    char expected[64];
    rein_status status;

    snprintf(expected, sizeof expected, "a \"text\" in quotes after '%s'", of);
    buf_init(&joined, BUF_NO_MAX);
    do {
        struct json *node;

        if ((status = read_value(r, '"', expected, &node)) != REIN_OK)
            break;
        buf_add(&joined, node->text);
    } while (!at_end(r) && *r->at == '"');
    *out = arena_str(&r->script->arena, buf_str(&joined));
    buf_fini(&joined);
    return status;
}

static rein_status read_number(struct reader *r, const char *of, int64_t least, size_t *out)
{
    str word = peek_word(r);
    int64_t number;

    if (!str_to_i64(word, &number) || number < least || number > NUMBER_MAX)
        return fault(r, r->at, "expected a number from %lld on after '%s'", (long long)least, of);
    r->at += word.n;
    *out = (size_t)number;
    return REIN_OK;
}

static rein_status read_word(struct reader *r, const char *of, str *out)
{
    *out = peek_word(r);
    if (out->n == 0)
        return fault(r, r->at, "expected a word after '%s'", of);
    r->at += out->n;
    return REIN_OK;
}

/* ---- items ----------------------------------------------------------------------------------- */

static rein_status read_plain(struct reader *r, struct script_item *item)
{
    item->block.kind = BLOCK_TEXT;
    return read_text(r, "text", &item->block.text);
}

static rein_status read_thinking(struct reader *r, struct script_item *item)
{
    rein_status status = read_text(r, "thinking", &item->block.text);

    item->block.kind = BLOCK_THINKING;
    if (status == REIN_OK && take_word(r, "signature"))
        status = read_text(r, "signature", &item->block.signature);
    return status;
}

static rein_status read_redacted(struct reader *r, struct script_item *item)
{
    item->block.kind = BLOCK_REDACTED;
    return read_text(r, "redacted", &item->block.signature);
}

/* The input may also be a string: what no JSON object is, as a model would send it. */
static rein_status read_tool_use(struct reader *r, struct script_item *item)
{
    struct block *block = &item->block;
    rein_status status = read_word(r, "tool_use", &block->name);
    struct json *input;

    block->kind = BLOCK_TOOL_USE;
    if (status == REIN_OK && !at_end(r) && *r->at == '"') {
        block->invalid = true;
        status = read_text(r, "tool_use", &block->text);
    } else if (status == REIN_OK) {
        status = read_value(r, '{', "a JSON object, the input of the call", &input);
        block->input = status == REIN_OK ? input->source : S("{}");
    }
    if (status == REIN_OK && take_word(r, "id"))
        status = read_word(r, "id", &block->id);
    return status;
}

static rein_status read_native(struct reader *r, struct script_item *item)
{
    struct json *native;
    rein_status status = read_value(r, '{', "a JSON object, the block as it is sent", &native);

    item->block.kind = BLOCK_OPAQUE;
    if (status == REIN_OK)
        item->block.native = native->source;
    return status;
}

static rein_status read_pause(struct reader *r, struct script_item *item)
{
    item->say = SAY_PAUSE;
    return read_number(r, "pause", 0, &item->number);
}

static rein_status read_stop(struct reader *r, struct script_item *item)
{
    item->say = SAY_STOP;
    return read_word(r, "stop", &item->type);
}

static rein_status read_error(struct reader *r, struct script_item *item)
{
    rein_status status = read_number(r, "error", 100, &item->number);
    size_t seconds;

    item->say = SAY_ERROR;
    if (status == REIN_OK)
        status = read_word(r, "error", &item->type);
    if (status == REIN_OK)
        status = read_text(r, "error", &item->text);
    if (status == REIN_OK && take_word(r, "retry_after")) {
        status = read_number(r, "retry_after", 0, &seconds);
        item->retry_after = (int64_t)seconds;
    }
    return status;
}

static rein_status read_cut(struct reader *r, struct script_item *item)
{
    str next = peek_word(r);

    item->say = SAY_CUT;
    if (next.n == 0 || next.p[0] < '0' || next.p[0] > '9')
        return REIN_OK;
    return read_number(r, "cut", 0, &item->number);
}

/* What stands for the whole reply, not for a place in it. */
static rein_status read_usage(struct reader *r, struct script_entry *entry)
{
    const struct {
        const char *name;
        int64_t *to;
    } counters[] = {
        {"input", &entry->usage.input},
        {"output", &entry->usage.output},
        {"cache_read", &entry->usage.cache_read},
        {"cache_write", &entry->usage.cache_write_5m},
        {"cache_write_1h", &entry->usage.cache_write_1h},
        {"thinking", &entry->usage.thinking},
    };
    bool any = false;

    for (str word; str_find(word = peek_word(r), '=') != SIZE_MAX; any = true) {
        const char *at = r->at;
        str value = word, name = str_cut(&value, '=');
        bool known = false;

        for (size_t i = 0; i < COUNT(counters); i++)
            if (str_eq(name, str_of(counters[i].name)))
                known = str_to_i64(value, counters[i].to) && *counters[i].to >= 0;
        if (!known)
            return fault(r, at,
                         "usage has no '%.*s'; expected input=N, output=N, cache_read=N, "
                         "cache_write=N, cache_write_1h=N or thinking=N",
                         FS(word));
        r->at += word.n;
    }
    return any ? REIN_OK : fault(r, r->at, "expected input=N or another counter after 'usage'");
}

static rein_status read_pieces(struct reader *r, struct script_entry *entry)
{
    size_t pieces;
    rein_status status = read_number(r, "pieces", 1, &pieces);

    if (status == REIN_OK)
        entry->pieces = (unsigned)pieces;
    return status;
}

static const struct {
    const char *word;
    rein_status (*item)(struct reader *r, struct script_item *item);
    rein_status (*entry)(struct reader *r, struct script_entry *entry);
} verbs[] = {
    {"text", read_plain, NULL},        {"thinking", read_thinking, NULL},
    {"redacted", read_redacted, NULL}, {"tool_use", read_tool_use, NULL},
    {"block", read_native, NULL},      {"pause", read_pause, NULL},
    {"stop", read_stop, NULL},         {"error", read_error, NULL},
    {"cut", read_cut, NULL},           {"usage", NULL, read_usage},
    {"pieces", NULL, read_pieces},
};

/* Reasons that may stand alone, without `stop`; `tool_use` is a call. */
static const char *const reasons[] = {"end_turn",   "max_tokens", "stop_sequence",
                                      "pause_turn", "refusal",    "model_context_window_exceeded"};

static bool is_reason(str word)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (str_eq(word, str_of(reasons[i])))
            return true;
    return false;
}

static rein_status unknown_item(struct reader *r, str word)
{
    const char *names[COUNT(verbs) + COUNT(reasons)];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(verbs); i++)
        names[n++] = verbs[i].word;
    for (size_t i = 0; i < COUNT(reasons); i++)
        names[n++] = reasons[i];
    int at = nearest_word(word, names, n);

    if (word.n && at >= 0)
        return fault(r, r->at, "a reply has no '%.*s'; did you mean '%s'?", FS(word), names[at]);
    return fault(r, r->at,
                 "a reply has no '%.*s'; expected text, thinking, tool_use, block, pause, "
                 "usage, pieces, error, cut, stop or a stop reason",
                 FS(str_take((str){r->at, (size_t)(r->end - r->at)}, word.n ? word.n : 1)));
}

static rein_status read_item(struct reader *r, struct script_entry *entry, struct script_item *item)
{
    str word = peek_word(r);

    if (is_reason(word)) {
        r->at += word.n;
        item->say = SAY_STOP;
        item->type = word;
        return REIN_OK;
    }
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (!str_eq(word, str_of(verbs[i].word)))
            continue;
        r->at += word.n;
        return verbs[i].item ? verbs[i].item(r, item) : verbs[i].entry(r, entry);
    }
    return unknown_item(r, word);
}

static bool is_last(const struct script_item *item)
{
    return item->say == SAY_STOP || item->say == SAY_ERROR || item->say == SAY_CUT;
}

static rein_status read_items(struct reader *r, struct script_entry *entry)
{
    struct script_item **tail = &entry->items;
    bool over = false;

    while (!at_end(r)) {
        struct script_item *item = arena_new(&r->script->arena, struct script_item);
        const char *at = r->at;
        str word = peek_word(r);
        bool whole = str_eq(word, S("usage")) || str_eq(word, S("pieces"));

        item->retry_after = -1;
        if (over && !whole)
            return fault(r, at, "nothing may follow the end of a reply");
        if (read_item(r, entry, item) != REIN_OK)
            return REIN_INVALID;
        if (whole)
            continue;
        over = is_last(item);
        *tail = item;
        tail = &item->next;
    }
    if (!entry->items)
        return fault(r, r->at, "a reply without content; expected text, tool_use, error, ...");
    return REIN_OK;
}

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
    out->negated = take_word(r, "not");
    for (size_t i = 0; i < COUNT(asks); i++) {
        if (!take_word(r, asks[i].word))
            continue;
        out->ask = (enum script_ask)i;
        return asks[i].numeric ? read_number(r, asks[i].word, 1, &out->number)
                               : read_text(r, asks[i].word, &out->text);
    }
    str word = peek_word(r);

    return fault(r, r->at,
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

    while (take_word(r, "when")) {
        struct script_condition *c = arena_new(&r->script->arena, struct script_condition);

        if (read_condition(r, c) != REIN_OK)
            return REIN_INVALID;
        if (c->ask == ASK_TURN && !c->negated)
            pinned = c->number;
        *tail = c;
        tail = &c->next;
    }
    bool otherwise = !entry->when && take_word(r, "otherwise");

    if (otherwise && !*open)
        return fault(r, at, "'otherwise' without a 'model when' before it");
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
        return fault(r, word.p, "unknown line '%.*s'; did you mean '%s'?", FS(word), words[at]);
    return fault(r, word.p,
                 "unknown line '%.*s'; lines begin with model, user, file, request, log, "
                 "idle, option, answer, output, exit, or '#'",
                 FS(word));
}

static bool is_known(str word)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(word, str_of(words[i])))
            return true;
    return false;
}

/* The entry at `at`: its line and those below that begin with a blank or are empty. */
static str cut_entry(str *rest)
{
    str whole = *rest;
    size_t n = 0;

    do {
        size_t line = str_find(str_skip(whole, n), '\n');

        n = line == SIZE_MAX ? whole.n : n + line + 1;
    } while (n < whole.n && is_blank(whole.p[n]));
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
        struct reader r = {s, start, entry_text.p, entry_text.p + entry_text.n, err};
        str word = {r.at, 0};

        if (is_blank(*r.at) && at_end(&r))
            continue; /* empty lines at the beginning */
        if (*entry_text.p == '#')
            continue;
        if (is_blank(*entry_text.p))
            return fault(&r, r.at, "this line goes on from none; lines begin in the first column");
        word = peek_word(&r);
        if (!is_known(word))
            return unknown_word(&r, word.n ? word : str_take(entry_text, 1));
        if (!take_word(&r, "model"))
            continue;
        struct script_entry *entry = arena_new(&s->arena, struct script_entry);

        if (read_conditions(&r, entry, &open) != REIN_OK || read_items(&r, entry) != REIN_OK)
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
