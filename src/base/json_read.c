/*
 * json_read.c - text to a tree in an arena. Strict, and without recursion or a stack of its own.
 *
 * While a container is open nobody walks the tree, so its `next` holds the container around it;
 * closing it puts the link right. The child that was read last is then the closed container itself,
 * which is why one pointer is enough to append. Knows nothing about what the members mean.
 */
#include "base/json.h"
#include "base/json_scan.h"
#include "base/utf8.h"

struct reader {
    const char *at, *end, *start;
    struct arena *arena;
    struct json *open; /* the innermost open container */
    struct json *last; /* its last child so far, NULL if none */
    size_t depth, depth_max;
    struct error *err;
};

/* ---- faults -------------------------------------------------------------------------------- */

static str describe_byte(const char *at, const char *end, char out[16])
{
    if (at >= end)
        return S("the end of the text");
    unsigned char c = (unsigned char)*at;
    static const char hex[] = "0123456789abcdef";

    if (c > ' ' && c < 0x7F) {
        out[0] = '\'', out[1] = (char)c, out[2] = '\'';
        return (str){out, 3};
    }
    memcpy(out, "byte 0x", 7);
    out[7] = hex[c >> 4], out[8] = hex[c & 15];
    return (str){out, 9};
}

/* The reader stands at the fault. Columns count characters, from 1. */
static rein_status fault_at(struct reader *r, rein_status status, const char *expected)
{
    size_t line = 1, column = 1;
    char byte[16];
    str got = describe_byte(r->at, r->end, byte);

    for (const char *p = r->start; p < r->at; p++) {
        if (*p == '\n')
            line++, column = 1;
        else if (((unsigned char)*p & 0xC0) != 0x80)
            column++;
    }
    return fail(r->err, status, "JSON line %zu, column %zu: %s, got %.*s", line, column, expected,
                FS(got));
}

static rein_status fault(struct reader *r, const char *expected)
{
    return fault_at(r, REIN_INVALID, expected);
}

/* ---- strings ------------------------------------------------------------------------------- */

/* The reader stands on the 'u' of an escape and moves behind it, both halves of a pair at once. */
static rein_status check_unicode_escape(struct reader *r)
{
    int32_t code = json_hex_four(r->at + 1, r->end);

    if (code < 0)
        return r->at++, fault(r, "expected four hexadecimal digits after \\u");
    if (code >= 0xDC00 && code <= 0xDFFF)
        return fault(r, "expected a high surrogate before a low one (\\ud800 to \\udbff)");
    r->at += 5;
    if (code < 0xD800 || code > 0xDBFF)
        return REIN_OK;
    int32_t low = r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u'
                      ? json_hex_four(r->at + 2, r->end)
                      : -1;

    if (low < 0xDC00 || low > 0xDFFF)
        return fault(r, "expected a low surrogate (\\udc00 to \\udfff) after a high one");
    r->at += 6;
    return REIN_OK;
}

static rein_status check_escape(struct reader *r)
{
    r->at++;
    if (r->at >= r->end)
        return fault(r, "expected the end of an escape");
    switch (*r->at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': r->at++; return REIN_OK;
    case 'u': return check_unicode_escape(r);
    default: return fault(r, "expected one of \" \\ / b f n r t u after a backslash");
    }
}

/* The reader stands behind the opening quote and moves behind the closing one. */
static rein_status read_string(struct reader *r, str *text, bool *escaped)
{
    const char *start = r->at;

    *escaped = false;
    for (;;) {
        r->at += json_plain(r->at, (size_t)(r->end - r->at));
        if (r->at >= r->end)
            return fault(r, "expected '\"' at the end of a string");
        if (*r->at == '"')
            break;
        if (*r->at == '\\') {
            *escaped = true;
            if (check_escape(r) != REIN_OK)
                return REIN_INVALID;
            continue;
        }
        size_t n = (unsigned char)*r->at < ' ' ? 0 : utf8_length(r->at, (size_t)(r->end - r->at));

        if (n == 0 && (unsigned char)*r->at < ' ')
            return fault(r, "expected control characters in a string to be escaped");
        if (n == 0)
            return fault(r, "expected valid UTF-8");
        r->at += n;
    }
    *text = (str){start, (size_t)(r->at - start)};
    r->at++;
    if (*escaped)
        *text = json_unescape(r->arena, *text);
    return REIN_OK;
}

/* ---- the other scalars --------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool at_digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static rein_status read_digits(struct reader *r, const char *expected)
{
    if (!at_digit(r))
        return fault(r, expected);
    while (at_digit(r))
        r->at++;
    return REIN_OK;
}

static rein_status read_number(struct reader *r)
{
    if (*r->at == '-')
        r->at++;
    if (r->at < r->end && *r->at == '0') {
        r->at++;
        if (at_digit(r))
            return fault(r, "expected no digit after a leading 0");
    } else if (read_digits(r, "expected a digit") != REIN_OK) {
        return REIN_INVALID;
    }
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (read_digits(r, "expected a digit after the decimal point") != REIN_OK)
            return REIN_INVALID;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        return read_digits(r, "expected a digit in the exponent");
    }
    return REIN_OK;
}

static rein_status read_word(struct reader *r, struct json *node, str word, enum json_kind kind)
{
    if (!str_starts((str){r->at, (size_t)(r->end - r->at)}, word))
        return fault(r, "expected a value (null, true, false, a number, string, array or object)");
    r->at += word.n;
    node->kind = kind;
    return REIN_OK;
}

/* ---- the tree ------------------------------------------------------------------------------ */

static rein_status open_container(struct reader *r, struct json *node, enum json_kind kind)
{
    if (r->depth == r->depth_max)
        return fault_at(r, REIN_LIMIT, "expected fewer levels of nesting");
    r->depth++;
    r->at++;
    node->kind = kind;
    node->next = r->open;
    r->open = node;
    r->last = NULL;
    return REIN_OK;
}

static void close_container(struct reader *r)
{
    struct json *closed = r->open;

    r->depth--;
    r->at++;
    closed->source.n = (size_t)(r->at - closed->source.p);
    r->open = closed->next;
    r->last = closed;
    closed->next = NULL;
}

static rein_status read_value(struct reader *r, struct json *node)
{
    rein_status status;

    node->source.p = r->at;
    switch (r->at < r->end ? *r->at : 0) {
    case '"':
        r->at++;
        node->kind = JSON_STRING;
        status = read_string(r, &node->text, &node->escaped);
        break;
    case '{': return open_container(r, node, JSON_OBJECT);
    case '[': return open_container(r, node, JSON_ARRAY);
    case 't': status = read_word(r, node, S("true"), JSON_TRUE); break;
    case 'f': status = read_word(r, node, S("false"), JSON_FALSE); break;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        node->kind = JSON_NUMBER;
        status = read_number(r);
        node->text = (str){node->source.p, (size_t)(r->at - node->source.p)};
        break;
    default: status = read_word(r, node, S("null"), JSON_NULL); break;
    }
    node->source.n = (size_t)(r->at - node->source.p);
    r->last = node;
    return status;
}

static rein_status read_key(struct reader *r, struct json *node)
{
    bool escaped;

    if (r->at >= r->end || *r->at != '"')
        return fault(r, "expected '\"' of a key");
    r->at++;
    if (read_string(r, &node->key, &escaped) != REIN_OK)
        return REIN_INVALID;
    skip_space(r);
    if (r->at >= r->end || *r->at != ':')
        return fault(r, "expected ':' after a key");
    r->at++;
    skip_space(r);
    return REIN_OK;
}

/* A value with its key, appended to the open container; the reader stands on its first byte. */
static rein_status read_item(struct reader *r, struct json **out)
{
    struct json *node = arena_new(r->arena, struct json), *open = r->open;

    if (open && open->kind == JSON_OBJECT && read_key(r, node) != REIN_OK)
        return REIN_INVALID;
    if (open) {
        *(r->last ? &r->last->next : &open->first) = node;
        open->count++;
    }
    *out = node;
    return read_value(r, node);
}

/* What follows a value inside the open container: the next one, or its end. */
static rein_status read_rest(struct reader *r)
{
    bool is_object = r->open->kind == JSON_OBJECT;
    struct json *item;

    skip_space(r);
    if (r->at < r->end && *r->at == (is_object ? '}' : ']')) {
        close_container(r);
        return REIN_OK;
    }
    if (!r->last)
        return read_item(r, &item);
    if (r->at >= r->end || *r->at != ',')
        return fault(r, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
    r->at++;
    skip_space(r);
    return read_item(r, &item);
}

rein_status json_parse(str text, size_t depth, struct arena *a, struct json **out,
                       struct error *err)
{
    struct reader r = {.at = text.p,
                       .start = text.p,
                       .end = text.p ? text.p + text.n : text.p,
                       .arena = a,
                       .depth_max = depth,
                       .err = err};
    struct json *root;

    skip_space(&r);
    rein_status status = read_item(&r, &root);

    while (status == REIN_OK && r.open)
        status = read_rest(&r);
    if (status != REIN_OK)
        return status;
    skip_space(&r);
    if (r.at < r.end)
        return fault(&r, "expected nothing after the value");
    *out = root;
    return REIN_OK;
}
