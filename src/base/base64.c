/*
 * base64.c - RFC 4648, section 4, with padding. Decoding takes the one text that encoding gives.
 */
#include "base/text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* One to three bytes to four characters. */
static void encode_group(char *to, const unsigned char *p, size_t n)
{
    uint32_t word = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0U);

    to[0] = alphabet[word >> 18];
    to[1] = alphabet[word >> 12 & 63];
    to[2] = n > 1 ? alphabet[word >> 6 & 63] : '=';
    to[3] = n > 2 ? alphabet[word & 63] : '=';
}

void base64_encode(struct buf *out, str bytes)
{
    size_t size = (bytes.n + 2) / 3 * 4;
    char *to = size ? buf_room(out, size) : NULL;

    if (!to)
        return;
    for (size_t i = 0; i < bytes.n; i += 3, to += 4) {
        size_t left = bytes.n - i;

        encode_group(to, (const unsigned char *)bytes.p + i, left < 3 ? left : 3);
    }
    buf_grown(out, size);
}

/* 0 to 63, or 255. */
static unsigned char value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned char)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned char)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 255;
}

/* Four characters to `n` bytes, one to three; false when one is foreign or bits would be lost. */
static bool decode_group(char *to, const char *p, size_t n)
{
    uint32_t word = 0;

    for (size_t i = 0; i < 4; i++) {
        unsigned char value = i <= n ? value_of(p[i]) : 0;

        if (value == 255)
            return false;
        word = word << 6 | value;
    }
    if (n < 3 && (word & (n == 1 ? 0xFFFFU : 0xFFU)))
        return false;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(word >> (16 - 8 * i));
    return true;
}

bool base64_decode(struct buf *out, str text)
{
    if (text.n % 4)
        return false;
    if (text.n == 0)
        return true;
    size_t padding = str_ends(text, S("==")) ? 2 : str_ends(text, S("=")) ? 1 : 0;
    size_t size = text.n / 4 * 3 - padding;
    char *to = buf_room(out, size);

    for (size_t i = 0; to && i < text.n; i += 4, to += 3) {
        if (!decode_group(to, text.p + i, i + 4 < text.n ? 3 : 3 - padding)) {
            buf_grown(out, 0);
            return false;
        }
    }
    if (to)
        buf_grown(out, size);
    return true;
}
