/*
 * json_scan.h - the inner loop of reading and writing strings: how far plain text goes.
 *
 * Plain is what JSON takes over as it stands and what needs no look at its neighbours: ASCII from
 * the blank on, without '"' and '\'. Eight bytes at a time in a register, since most of what a
 * model reads or writes is long runs of it.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"

#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_HIGHS UINT64_C(0x8080808080808080)

/* The high bit of bytes that are not plain, none if all are. What is not ASCII keeps its high bit
 * in the second or the third difference, which take it from one value each, and not the same. A
 * borrow can change only the bits of bytes above one that is marked already. */
static inline uint64_t json_scan_marks(uint64_t word)
{
    uint64_t quote = word ^ (JSON_ONES * '"');
    uint64_t slash = word ^ (JSON_ONES * '\\');

    return ((word - JSON_ONES * ' ') | (quote - JSON_ONES) | (slash - JSON_ONES)) & JSON_HIGHS;
}

static inline bool json_is_plain(char c)
{
    return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* How many of the `n` bytes at `p` are plain, from the first on. */
static inline size_t json_plain(const char *p, size_t n)
{
    size_t i = 0;

    while (n - i >= 8) {
        uint64_t word;

        memcpy(&word, p + i, 8);
        if (json_scan_marks(word))
            break; /* the loop below finds which: no look at the machine's byte order */
        i += 8;
    }
    while (i < n && json_is_plain(p[i]))
        i++;
    return i;
}

/* The text of a string that was checked, in the arena. */
str json_unescape(struct arena *arena, str raw);

/* The four hexadecimal digits at `p`, or -1. */
int32_t json_hex_four(const char *p, const char *end);

#endif
