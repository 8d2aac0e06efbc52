/*
 * str.c - searching, cutting and comparing slices. Knows bytes, not characters.
 */
#include "base/str.h"

size_t str_find(str s, char c)
{
    const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_search(str s, str needle)
{
    if (needle.n == 0)
        return 0;
    if (needle.n > s.n)
        return SIZE_MAX;
    const char *hit = memmem(s.p, s.n, needle.p, needle.n);

    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

str str_cut(str *s, char c)
{
    str head = *s;
    size_t at = str_find(head, c);

    if (at == SIZE_MAX) {
        *s = (str){NULL, 0};
        return head;
    }
    *s = str_skip(head, at + 1);
    return str_take(head, at);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

str str_trim(str s)
{
    while (s.n && is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_to_i64(str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    str digits = str_skip(s, negative);
    int64_t value = 0;

    if (digits.n == 0)
        return false;
    /* Summed up below zero, where there is room for one more than above. */
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digits.p[i] - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}
