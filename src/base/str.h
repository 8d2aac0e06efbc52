/*
 * str.h - a slice of bytes: pointer and length, borrowed, not ended by NUL.
 *
 * A C string exists only at the edge of a system call or library. Print one with "%.*s", FS(s).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define S_INIT(literal) \
    { \
        "" literal, sizeof(literal) - 1 \
    } /* in static tables */
#define FS(s) (int)(s).n, (s).p

static inline str str_of(const char *c) { return (str){c, c ? strlen(c) : 0}; }
static inline str str_make(const char *p, size_t n) { return (str){p, n}; }
static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}
static inline bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}
/* From `from` to the end; from the start up to `to`. Both clamp to the slice. */
static inline str str_skip(str s, size_t from)
{
    return from >= s.n ? (str){s.p ? s.p + s.n : NULL, 0} : (str){s.p + from, s.n - from};
}
static inline str str_take(str s, size_t to) { return (str){s.p, to < s.n ? to : s.n}; }

/* Index of the first `c` or of `needle`, or SIZE_MAX. */
size_t str_find(str s, char c);
size_t str_search(str s, str needle);

/* Cut at the first `c`: returns what is before it and leaves the rest in *s; without one all of
 * *s is returned and *s becomes empty with p NULL. */
str str_cut(str *s, char c);

/* Without blanks, tabs and line ends at both ends. */
str str_trim(str s);

/* bytewise order, as memcmp. */
int str_cmp(str a, str b);

/* A whole decimal number; false when there is anything else or it does not fit. */
bool str_to_i64(str s, int64_t *out);

#endif
