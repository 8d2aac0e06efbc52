/*
 * script_reader.c - tokens of a scenario, and faults with their line. Knows no word's meaning.
 */
#include "model/script_reader.h"

#include <stdarg.h>
#include <stdio.h>

enum { NUMBER_MAX = 100000000 };

static unsigned line_of(const struct reader *r, const char *at)
{
    unsigned line = 1;

    for (const char *p = r->start; p < at; p++)
        line += *p == '\n';
    return line;
}

rein_status script_fault(struct reader *r, const char *at, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(r->err, REIN_INVALID, "%.*s:%u: %s", FS(r->script->path), line_of(r, at), text);
}

/* To the next token of the entry, over line ends and lines of comment. */
static void script_skip_blanks(struct reader *r)
{
    bool fresh = r->at == r->entry;

    while (r->at < r->end) {
        if (fresh && *r->at == '#') {
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        } else if (script_is_blank(*r->at)) {
            fresh = fresh || *r->at == '\n';
            r->at++;
        } else {
            break;
        }
    }
}

bool script_at_end(struct reader *r)
{
    script_skip_blanks(r);
    return r->at == r->end;
}

str script_peek(struct reader *r)
{
    const char *p;

    script_skip_blanks(r);
    for (p = r->at; p < r->end && !script_is_blank(*p) && *p != '"' && *p != '{';)
        p++;
    return (str){r->at, (size_t)(p - r->at)};
}

bool script_take(struct reader *r, const char *word)
{
    str next = script_peek(r);

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

rein_status script_value(struct reader *r, char opening, const char *expected, struct json **out)
{
    struct error why = {0};

    script_skip_blanks(r);
    if (r->at == r->end || *r->at != opening)
        return script_fault(r, r->at, "expected %s", expected);
    const char *stop = skip_value(r->at, r->end);

    if (!stop)
        return script_fault(r, r->at, "%s does not end", expected);
    if (json_parse((str){r->at, (size_t)(stop - r->at)}, JSON_DEPTH, &r->script->arena, out,
                   &why) != REIN_OK)
        return script_fault(r, r->at, "%s has a fault: %s", expected, why.text);
    r->at = stop;
    return REIN_OK;
}

/* One string, or several that stand side by side and are joined. */
rein_status script_text(struct reader *r, const char *of, str *out)
{
    struct buf joined;
    char expected[64];
    rein_status status;

    snprintf(expected, sizeof expected, "a \"text\" in quotes after '%s'", of);
    buf_init(&joined, BUF_NO_MAX);
    do {
        struct json *node = NULL;

        if ((status = script_value(r, '"', expected, &node)) != REIN_OK)
            break;
        buf_add(&joined, node->text);
    } while (!script_at_end(r) && *r->at == '"');
    *out = arena_str(&r->script->arena, buf_str(&joined));
    buf_fini(&joined);
    return status;
}

rein_status script_number_of(struct reader *r, const char *of, int64_t least, size_t *out)
{
    str word = script_peek(r);
    int64_t number;

    if (!str_to_i64(word, &number) || number < least || number > NUMBER_MAX)
        return script_fault(r, r->at, "expected a number from %lld on after '%s'", (long long)least,
                            of);
    r->at += word.n;
    *out = (size_t)number;
    return REIN_OK;
}

rein_status script_word(struct reader *r, const char *of, str *out)
{
    *out = script_peek(r);
    if (out->n == 0)
        return script_fault(r, r->at, "expected a word after '%s'", of);
    r->at += out->n;
    return REIN_OK;
}
