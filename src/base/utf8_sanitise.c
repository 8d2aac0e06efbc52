/*
 * utf8_sanitise.c - foreign bytes made safe for a terminal: ECMA-48 over UTF-8.
 *
 * What comes out is printable text, tab, line feed and, where colour is wanted, SGR sequences of
 * digits. Everything that could move the cursor, set a title, reach the clipboard or hide text from
 * the reader is dropped or spelled out. Sanitising twice gives the same as once.
 */
#include "base/utf8.h"

#include <utf8proc.h>

enum {
    SEQUENCE_MAX = 4096, /* an unfinished sequence may swallow no more than this */
    SGR_MAX = 64,
    TAB = 0x09,
    LF = 0x0A,
    CR = 0x0D,
    BEL = 0x07,
    CAN = 0x18,
    SUB = 0x1A,
    ESC = 0x1B,
    DEL = 0x7F,
    DCS = 0x90,
    SOS = 0x98,
    CSI = 0x9B,
    ST = 0x9C,
    OSC = 0x9D,
    PM = 0x9E,
    APC = 0x9F
};

struct sanitiser {
    str s;
    size_t at;
    struct buf *out;
    bool colour;
    bool is_coloured; /* an SGR other than a reset was the last */
    bool has_base;    /* a variation selector may follow what was written last */
};

/* The character at `at`, which moves behind it. A byte of C1 that stands alone is that control, as
 * on a terminal without UTF-8. */
static uint32_t next_code(str s, size_t *at)
{
    unsigned char byte = (unsigned char)s.p[*at];

    if (byte >= 0x80 && byte < 0xA0) {
        ++*at;
        return byte;
    }
    return utf8_next(s, at);
}

/* ---- sequences ----------------------------------------------------------------------------- */

/* Behind the introducer of a control string: to its end, which is ST, for OSC also BEL; CAN and SUB
 * abort it, and so does an ESC, which is left to be read again unless it begins the ST. */
static void skip_string(struct sanitiser *z, bool ends_with_bell)
{
    size_t end = z->s.n - z->at > SEQUENCE_MAX ? z->at + SEQUENCE_MAX : z->s.n;

    while (z->at < end) {
        size_t start = z->at;
        uint32_t code = next_code(z->s, &z->at);

        if (code == ST || code == CAN || code == SUB || (code == BEL && ends_with_bell))
            return;
        if (code == ESC) {
            bool is_end = z->at < z->s.n && z->s.p[z->at] == '\\';

            z->at = is_end ? z->at + 1 : start;
            return;
        }
    }
}

/* A parameter that begins a colour is followed by the colour's own numbers: 5;n or 2;r;g;b. */
static size_t colour_operands(str rest)
{
    return str_starts(rest, S("5;")) ? 2 : str_starts(rest, S("2;")) ? 4 : 0;
}

/* Concealed text is what a person does not see and a program acts on. */
static bool conceals(str parameters)
{
    size_t skip = 0;

    while (parameters.p) {
        str word = str_cut(&parameters, ';');
        int64_t number;

        if (skip > 0)
            skip--;
        else if (!str_to_i64(word, &number))
            continue; /* empty, or with sub-parameters after ':' */
        else if (number == 8)
            return true;
        else if ((number == 38 || number == 48 || number == 58) && parameters.p)
            skip = colour_operands(parameters);
    }
    return false;
}

static void put_sgr(struct sanitiser *z, str parameters)
{
    if (!z->colour || parameters.n > SGR_MAX || conceals(parameters))
        return;
    for (size_t i = 0; i < parameters.n; i++) {
        if (parameters.p[i] > ';') /* '<' to '?' make it a private sequence */
            return;
    }
    z->is_coloured = parameters.n > 0 && !str_eq(parameters, S("0"));
    buf_add(z->out, S("\033["));
    buf_add(z->out, parameters);
    buf_byte(z->out, 'm');
}

static size_t skip_range(struct sanitiser *z, char low, char high)
{
    size_t start = z->at;

    while (z->at < z->s.n && z->at - start < SEQUENCE_MAX && z->s.p[z->at] >= low &&
           z->s.p[z->at] <= high)
        z->at++;
    return z->at - start;
}

/* Behind CSI: parameters, intermediates, a final byte. What does not fit ends it unread. */
static void skip_csi(struct sanitiser *z)
{
    str rest = str_skip(z->s, z->at);
    str parameters = str_take(rest, skip_range(z, '0', '?'));
    size_t intermediates = skip_range(z, ' ', '/');

    if (z->at >= z->s.n || z->s.p[z->at] < '@' || z->s.p[z->at] > '~')
        return;
    if (z->s.p[z->at++] == 'm' && intermediates == 0)
        put_sgr(z, parameters);
}

static void skip_sequence(struct sanitiser *z, uint32_t introducer)
{
    switch (introducer) {
    case CSI: skip_csi(z); break;
    case OSC: skip_string(z, true); break;
    case DCS:
    case SOS:
    case PM:
    case APC: skip_string(z, false); break;
    default: break;
    }
}

/* Behind ESC: '@' to '_' stand for a control of C1, the rest is intermediates and a final byte. */
static void skip_escape(struct sanitiser *z)
{
    if (z->at >= z->s.n)
        return;
    unsigned char byte = (unsigned char)z->s.p[z->at];

    if (byte >= '@' && byte <= '_') {
        z->at++;
        skip_sequence(z, byte + 0x40U);
        return;
    }
    skip_range(z, ' ', '/');
    if (z->at < z->s.n && z->s.p[z->at] >= '0' && z->s.p[z->at] <= '~')
        z->at++;
}

/* ---- text ---------------------------------------------------------------------------------- */

static bool is_selector(uint32_t code) { return code >= 0xFE00 && code <= 0xFE0F; }

/* Characters that show nothing or turn the text around: what Unicode calls ignorable, among it the
 * zero-width and the tag characters, also where none is assigned yet; all of category Cf, among
 * them the bidi controls; line and paragraph separators. */
static bool is_invisible(uint32_t code)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code);

    return property->ignorable || property->category == UTF8PROC_CATEGORY_CF ||
           property->category == UTF8PROC_CATEGORY_ZL ||
           property->category == UTF8PROC_CATEGORY_ZP || code == 0x2065 ||
           (code >= 0xFFF0 && code <= 0xFFF8) || (code >= 0xE0000 && code <= 0xE0FFF);
}

/* One variation selector behind a character chooses how it looks; more of them carry a message. */
static void put_text(struct sanitiser *z, uint32_t code)
{
    bool selects = is_selector(code);

    if (code >= 0xA0 && (selects ? !z->has_base : is_invisible(code))) {
        buf_printf(z->out, "\\u{%X}", (unsigned)code);
        z->has_base = false;
        return;
    }
    utf8_put(z->out, code);
    z->has_base = !selects && code > ' ';
}

/* CR LF is one line end, and so is a CR alone, by which text could overwrite what was shown. */
static void put_line_end(struct sanitiser *z)
{
    while (z->at < z->s.n && z->s.p[z->at] == CR)
        z->at++;
    if (z->at < z->s.n && z->s.p[z->at] == LF)
        z->at++;
    put_text(z, LF);
}

static void put_code(struct sanitiser *z, uint32_t code)
{
    if (code == ESC)
        skip_escape(z);
    else if (code == CR)
        put_line_end(z);
    else if (code >= 0x80 && code < 0xA0)
        skip_sequence(z, code);
    else if (code == TAB || code == LF || (code >= ' ' && code != DEL))
        put_text(z, code);
}

static size_t plain_run(str s, size_t at)
{
    size_t start = at;

    while (at < s.n && ((s.p[at] >= ' ' && s.p[at] < DEL) || s.p[at] == LF || s.p[at] == TAB))
        at++;
    return at - start;
}

void utf8_sanitise(struct buf *out, str s, bool colour)
{
    struct sanitiser z = {.s = s, .out = out, .colour = colour};

    while (z.at < s.n) {
        size_t n = plain_run(s, z.at);

        if (n > 0) {
            buf_add(out, (str){s.p + z.at, n});
            z.at += n;
            z.has_base = s.p[z.at - 1] > ' ';
            continue;
        }
        put_code(&z, next_code(s, &z.at));
    }
    if (z.is_coloured)
        buf_add(out, S("\033[0m"));
}
