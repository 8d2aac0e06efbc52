/*
 * utf8.h - decoding, display width, cutting without breaking, and making foreign text safe to show.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* The code point at s[*at], which moves behind it; U+FFFD for an invalid byte (one at a time).
 * Requires *at < s.n. */
uint32_t utf8_next(str s, size_t *at);
/* Bytes of the valid character at `p`, where `n` bytes stand; 0 when it is not valid. */
size_t utf8_length(const char *p, size_t n);
bool utf8_is_valid(str s);
size_t utf8_count(str s);           /* code points; an invalid byte counts one */
str utf8_head(str s, size_t bytes); /* the first at most `bytes`, ending on a boundary */
str utf8_tail(str s, size_t bytes); /* the last at most `bytes`, starting on a boundary */
size_t utf8_encode(char out[4], uint32_t code); /* 1 to 4 bytes; U+FFFD for what is no character */
void utf8_put(struct buf *out, uint32_t code);
void utf8_clean(struct buf *out, str s); /* a copy with U+FFFD for each invalid byte; NUL too */

/* Columns on a terminal: 0 for combining, 2 for wide, at most 2 for a grapheme. */
int utf8_width(str s);
int utf8_columns(uint32_t code);

/* For a terminal: keeps printable text, tab and line feed; drops escape sequences (CSI, OSC, DCS,
 * APC, PM, SOS) and other controls, in both encodings of C1; bidi controls, zero-width and tag
 * characters are shown as \u{...}; CR LF becomes LF. With `colour`, SGR sequences stay and a reset
 * is added at the end if one was seen. */
void utf8_sanitise(struct buf *out, str s, bool colour);

#endif
