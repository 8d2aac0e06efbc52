/*
 * json_write.c - appends JSON to a buffer, and takes the space between tokens out of text that is
 * JSON already. Never rewrites what it is given: what was parsed goes out with its own bytes.
 *
 * The bit of a depth says that a value stands there already. A key clears the bit again, so that
 * its value, which sets it, gets no comma.
 */
#include "base/json.h"
#include "base/json_scan.h"
#include "base/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- compact form -------------------------------------------------------------------------- */

/* The index behind the closing quote of the string whose opening one stands at `at`. */
static size_t string_end(str text, size_t at)
{
    at++;
    while (at < text.n) {
        at += json_plain(text.p + at, text.n - at);
        if (at < text.n && text.p[at] == '"')
            return at + 1;
        at += at < text.n && text.p[at] == '\\' ? 2 : 1;
    }
    return text.n;
}

void json_compact_text(str text, struct buf *out)
{
    size_t from = 0, at = 0;

    while (at < text.n) {
        char c = text.p[at];

        if (c == '"') {
            at = string_end(text, at);
        } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            buf_add(out, (str){text.p + from, at - from});
            from = ++at;
        } else {
            at++;
        }
    }
    buf_add(out, str_skip(text, from));
}

void json_compact(const struct json *node, struct buf *out)
{
    json_compact_text(node->source, out);
}

/* ---- structure ----------------------------------------------------------------------------- */

void json_begin(struct json_writer *w, struct buf *out) { *w = (struct json_writer){.out = out}; }

static uint64_t bit(const struct json_writer *w) { return UINT64_C(1) << (w->depth & 63); }

static void begin_value(struct json_writer *w)
{
    if (w->comma & bit(w))
        buf_byte(w->out, ',');
    w->comma |= bit(w);
}

static void open_level(struct json_writer *w, char c)
{
    begin_value(w);
    buf_byte(w->out, c);
    assert(w->depth + 1 < JSON_DEPTH);
    w->depth++;
    w->comma &= ~bit(w);
}

static void close_level(struct json_writer *w, char c)
{
    assert(w->depth > 0);
    w->depth--;
    buf_byte(w->out, c);
}

void json_object(struct json_writer *w) { open_level(w, '{'); }
void json_object_end(struct json_writer *w) { close_level(w, '}'); }
void json_array(struct json_writer *w) { open_level(w, '['); }
void json_array_end(struct json_writer *w) { close_level(w, ']'); }

/* ---- strings ------------------------------------------------------------------------------- */

static void escape_control(struct buf *out, char c)
{
    static const char codes[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
    const char *code = c ? strchr(codes, c) : NULL;
    char text[6] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4 & 15], hex[c & 15]};

    if (code)
        text[1] = names[code - codes];
    buf_add(out, (str){text, code ? 2 : 6});
}

/* How far the text goes out as it stands: plain text and valid sequences. */
static size_t verbatim(str s, size_t at)
{
    for (;;) {
        at += json_plain(s.p + at, s.n - at);
        if (at >= s.n || (unsigned char)s.p[at] < 0x80)
            return at;
        size_t n = utf8_length(s.p + at, s.n - at);

        if (n == 0)
            return at;
        at += n;
    }
}

void json_escape(struct buf *out, str s)
{
    size_t at = 0;

    while (at < s.n) {
        size_t upto = verbatim(s, at);

        buf_add(out, (str){s.p + at, upto - at});
        if (upto < s.n && (unsigned char)s.p[upto] < 0x80)
            escape_control(out, s.p[upto]);
        else if (upto < s.n)
            buf_add(out, S("\xEF\xBF\xBD"));
        at = upto + 1;
    }
}

static void quoted(struct buf *out, str s)
{
    buf_byte(out, '"');
    json_escape(out, s);
    buf_byte(out, '"');
}

void json_string(struct json_writer *w, str s)
{
    begin_value(w);
    quoted(w->out, s);
}

void json_key_str(struct json_writer *w, str key)
{
    begin_value(w);
    quoted(w->out, key);
    buf_byte(w->out, ':');
    w->comma &= ~bit(w);
}

void json_key(struct json_writer *w, const char *key) { json_key_str(w, str_of(key)); }

/* ---- other scalars ------------------------------------------------------------------------- */

void json_raw(struct json_writer *w, str json)
{
    begin_value(w);
    buf_add(w->out, json);
}

void json_integer(struct json_writer *w, int64_t n)
{
    char digits[24], *p = digits + sizeof(digits);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--p = '-';
    json_raw(w, (str){p, (size_t)(digits + sizeof(digits) - p)});
}

/* The fewest significant digits that read back the same, and the power of ten of the first. Of 15
 * digits the trailing zeros may go; a number that needs 16 or 17 has none to lose. Whatever the
 * locale has for a point stands behind the first digit and is jumped over. */
static int shortest_digits(double n, char digits[20], int *power)
{
    char text[64];
    int precision = 14;

    do
        snprintf(text, sizeof(text), "%.*e", precision, n);
    while (strtod(text, NULL) != n && ++precision < 17);
    char *e = strchr(text, 'e');
    int count = precision + 1;

    digits[0] = text[0];
    memcpy(digits + 1, e - precision, (size_t)precision);
    *power = atoi(e + 1);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

/* As ECMAScript writes them: plain from 1e-6 to below 1e21, else with an exponent. */
static void put_real(struct buf *out, const char *digits, int count, int power)
{
    int whole = power + 1;

    if (power < -6 || power > 20) {
        buf_byte(out, digits[0]);
        if (count > 1)
            buf_byte(out, '.');
        buf_add(out, (str){digits + 1, (size_t)count - 1});
        buf_printf(out, "e%d", power);
        return;
    }
    if (whole <= 0)
        buf_add(out, S("0."));
    for (int i = whole; i < 0; i++)
        buf_byte(out, '0');
    for (int i = 0; i < count || i < whole; i++) {
        if (i == whole && i > 0)
            buf_byte(out, '.');
        buf_byte(out, i < count ? digits[i] : '0');
    }
}

void json_number(struct json_writer *w, double n)
{
    char digits[20];
    int power;

    if (!isfinite(n)) {
        json_null(w);
        return;
    }
    begin_value(w);
    if (signbit(n))
        buf_byte(w->out, '-');
    int count = shortest_digits(fabs(n), digits, &power);

    put_real(w->out, digits, count, power);
}

void json_boolean(struct json_writer *w, bool b) { json_raw(w, b ? S("true") : S("false")); }
void json_null(struct json_writer *w) { json_raw(w, S("null")); }

void json_put(struct json_writer *w, const char *key, str s)
{
    json_key(w, key);
    json_string(w, s);
}

void json_put_int(struct json_writer *w, const char *key, int64_t n)
{
    json_key(w, key);
    json_integer(w, n);
}

void json_put_bool(struct json_writer *w, const char *key, bool b)
{
    json_key(w, key);
    json_boolean(w, b);
}

void json_put_raw(struct json_writer *w, const char *key, str json)
{
    json_key(w, key);
    json_raw(w, json);
}
