/*
 * wildcard.c - the one kind of pattern that rules on commands and names have. It knows neither.
 */
#include "policy/wildcard.h"

bool wildcard_match(str pattern, str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1; /* the last star takes one more; earlier ones need never be tried again */
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool word_is_in(str word, const char *list)
{
    const char *end = list + strlen(list), *at = list;

    while (word.n && (at = memmem(at, (size_t)(end - at), word.p, word.n))) {
        if ((at == list || at[-1] == ' ') && (at[word.n] == ' ' || at[word.n] == 0))
            return true;
        at++;
    }
    return false;
}
