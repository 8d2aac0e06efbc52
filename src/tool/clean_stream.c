/*
 * clean_stream.c - finds where foreign output may be cut, and leaves the cleaning to
 * utf8_sanitise(). It knows only how long things are.
 */
#include "tool/clean_stream.h"

#include "base/utf8.h"

enum { HELD_MAX = 4096, ESC = 0x1b, BEL = 0x07, CAN = 0x18, SUB = 0x1a };

void clean_stream_init(struct clean_stream *s) { buf_init(&s->held, BUF_NO_MAX); }

void clean_stream_fini(struct clean_stream *s) { buf_fini(&s->held); }

static unsigned char at(str s, size_t i) { return (unsigned char)s.p[i]; }

/* Whether the bytes from `i` to the end are the beginning of a character. */
static bool is_cut_character(str s, size_t i)
{
    size_t left = s.n - i;

    if (left >= 4 || at(s, i) < 0xc2 || at(s, i) > 0xf4)
        return false;
    for (size_t k = 1; k < left; k++)
        if ((at(s, i + k) & 0xc0) != 0x80)
            return false;
    return left < (at(s, i) < 0xe0 ? 2u : at(s, i) < 0xf0 ? 3u : 4u);
}

/* Behind the character at `i`, or 0 when it is not complete; an invalid byte is one of its own. */
static size_t character_end(str s, size_t i)
{
    size_t n = at(s, i) < 0x80 ? 1 : utf8_length(s.p + i, s.n - i);

    if (n == 0)
        return is_cut_character(s, i) ? 0 : i + 1;
    return i + n;
}

/* The control of C1 that stands at `i` as a byte or as a character, or 0. */
static unsigned char control_at(str s, size_t i)
{
    unsigned char c = at(s, i);

    if (c == 0xc2 && i + 1 < s.n)
        c = at(s, i + 1);
    return c >= 0x80 && c < 0xa0 ? c : 0;
}

/* Behind the control string whose text begins at `i`, or 0 when its end is not there. */
static size_t string_end(str s, size_t i, bool ends_with_bell)
{
    size_t end;

    for (; i < s.n && (end = character_end(s, i)); i = end) {
        unsigned char c = at(s, i);

        if ((c == BEL && ends_with_bell) || c == CAN || c == SUB || control_at(s, i) == 0x9c)
            return end;
        if (c == ESC)
            return i + 1 < s.n ? i + (s.p[i + 1] == '\\' ? 2 : 0) : 0;
    }
    return 0;
}

static size_t range_end(str s, size_t i, unsigned char low, unsigned char high)
{
    while (i < s.n && at(s, i) >= low && at(s, i) <= high)
        i++;
    return i;
}

static size_t csi_end(str s, size_t i)
{
    i = range_end(s, range_end(s, i, '0', '?'), ' ', '/');
    if (i == s.n)
        return 0;
    return at(s, i) >= '@' && at(s, i) <= '~' ? i + 1 : i;
}

/* Behind a control of C1, by its number. */
static size_t control_end(str s, size_t i, unsigned char control)
{
    if (control == 0x9b)
        return csi_end(s, i);
    if (control == 0x90 || control == 0x98 || control >= 0x9d)
        return string_end(s, i, control == 0x9d);
    return i;
}

static size_t escape_end(str s, size_t i)
{
    if (i == s.n)
        return 0;
    if (at(s, i) >= '@' && at(s, i) <= '_')
        return control_end(s, i + 1, (unsigned char)(at(s, i) + 0x40));
    i = range_end(s, i, ' ', '/');
    if (i == s.n)
        return 0;
    return at(s, i) >= '0' && at(s, i) <= '~' ? i + 1 : i;
}

/* Behind the character or sequence at `i`, or 0 when it is not complete. */
static size_t item_end(str s, size_t i)
{
    unsigned char c = at(s, i), control = control_at(s, i);

    if (c == ESC)
        return escape_end(s, i + 1);
    if (c == '\r') { /* any number of them and a line feed are one line end */
        i = range_end(s, i, '\r', '\r');
        return i == s.n ? 0 : i + (s.p[i] == '\n');
    }
    if (control)
        return control_end(s, i + (c == control ? 1 : 2), control);
    return character_end(s, i);
}

static size_t complete_part(str s)
{
    size_t i = 0, end;

    while (i < s.n && (end = item_end(s, i)))
        i = end;
    return i;
}

void clean_stream_add(struct clean_stream *s, str bytes, struct buf *out)
{
    str all;
    size_t n;

    buf_add(&s->held, bytes);
    all = buf_str(&s->held);
    n = complete_part(all);
    utf8_sanitise(out, str_take(all, n), false);
    if (all.n - n > HELD_MAX)
        n = all.n; /* a sequence that never ends: dropped */
    buf_drop(&s->held, n);
}

void clean_stream_end(struct clean_stream *s, struct buf *out)
{
    utf8_sanitise(out, buf_str(&s->held), false);
    buf_clear(&s->held);
}
