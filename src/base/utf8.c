/*
 * utf8.c - characters in bytes: decoding, counting, cutting, and the columns they take. What is not
 * valid is passed byte by byte. Knows nothing about escape sequences (utf8_sanitise.c does).
 */
#include "base/utf8.h"

#include <utf8proc.h>

#define REPLACEMENT UINT32_C(0xFFFD)

static bool is_tail(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* Table 3-7 of the Unicode standard: only the second byte's range depends on the first. */
size_t utf8_length(const char *p, size_t n)
{
    unsigned char first = n ? (unsigned char)p[0] : 0xFF, second = n > 1 ? (unsigned char)p[1] : 0;

    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4 || n < 2 || !is_tail(p[1]))
        return 0;
    if (first < 0xE0)
        return 2;
    if (n < 3 || !is_tail(p[2]))
        return 0;
    if (first < 0xF0) {
        bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;

        return overlong || surrogate ? 0 : 3;
    }
    if (n < 4 || !is_tail(p[3]) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
        return 0;
    return 4;
}

uint32_t utf8_next(str s, size_t *at)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const char *p = s.p + *at;
    size_t n = utf8_length(p, s.n - *at);

    if (n == 0) {
        *at += 1;
        return REPLACEMENT;
    }
    uint32_t code = (unsigned char)p[0] & masks[n];

    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)p[i] & 0x3F);
    *at += n;
    return code;
}

bool utf8_is_valid(str s)
{
    for (size_t at = 0; at < s.n;) {
        size_t n = utf8_length(s.p + at, s.n - at);

        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

size_t utf8_count(str s)
{
    size_t count = 0;

    for (size_t at = 0; at < s.n; count++)
        utf8_next(s, &at);
    return count;
}

/* Where the character that `at` falls into begins, and in *end where it ends; both are `at` when it
 * is a boundary. */
static size_t begin_of(str s, size_t at, size_t *end)
{
    *end = at;
    if (at >= s.n || !is_tail(s.p[at]))
        return at;
    for (size_t back = 1; back <= 3 && back <= at; back++) {
        size_t n = utf8_length(s.p + at - back, s.n - (at - back));

        if (n > back) {
            *end = at - back + n;
            return at - back;
        }
    }
    return at;
}

str utf8_head(str s, size_t bytes)
{
    size_t end;

    return str_take(s, begin_of(s, bytes < s.n ? bytes : s.n, &end));
}

str utf8_tail(str s, size_t bytes)
{
    size_t end;

    begin_of(s, bytes < s.n ? s.n - bytes : 0, &end);
    return str_skip(s, end);
}

size_t utf8_encode(char out[4], uint32_t code)
{
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        code = REPLACEMENT;
    if (code < 0x80)
        return out[0] = (char)code, 1;
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00U >> n & 0xF0) | code);
    return n;
}

void utf8_put(struct buf *out, uint32_t code)
{
    char text[4];

    buf_add(out, (str){text, utf8_encode(text, code)});
}

void utf8_clean(struct buf *out, str s)
{
    size_t from = 0, at = 0;

    while (at < s.n) {
        size_t n = s.p[at] ? utf8_length(s.p + at, s.n - at) : 0;

        if (n > 0) {
            at += n;
            continue;
        }
        buf_add(out, (str){s.p + from, at - from});
        utf8_put(out, REPLACEMENT);
        from = ++at;
    }
    buf_add(out, str_skip(s, from));
}

/* ---- columns ------------------------------------------------------------------------------- */

int utf8_columns(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7F && code < 0xA0))
        return 0;
    if (code < 0x300)
        return 1;
    /* What the table does not know yet is drawn as a box, or is a newer pictograph. */
    if (code > 0x10FFFF || utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_CN)
        return code >= 0x1F300 && code < 0x1FB00 ? 2 : 1;
    return utf8proc_charwidth((utf8proc_int32_t)code);
}

/* The state of utf8proc makes a flag of two letters and a family of several faces one grapheme. */
int utf8_width(str s)
{
    int total = 0, grapheme = 0;
    uint32_t before = 0;
    utf8proc_int32_t state = 0;

    for (size_t at = 0; at < s.n;) {
        bool first = at == 0;
        uint32_t code = utf8_next(s, &at);

        if (first || code < 0x300 ||
            utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)code,
                                             &state)) {
            total += grapheme > 2 ? 2 : grapheme;
            grapheme = 0;
            if (code < 0x300)
                state = 0;
        }
        grapheme += utf8_columns(code);
        before = code;
    }
    return total + (grapheme > 2 ? 2 : grapheme);
}
