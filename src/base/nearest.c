/*
 * nearest.c - the word that somebody meant. Case does not count, and two neighbours that changed
 * places are one mistake.
 */
#include "base/text.h"

enum { LONGEST = 64, MISTAKES_MAX = 3 };

static char fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t word_distance(str a, str b)
{
    size_t rows[3][LONGEST + 1]; /* the row before the last, the last, this one */
    size_t *older = rows[0], *old = rows[1], *row = rows[2];

    if (a.n > LONGEST || b.n > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        old[j] = j, older[j] = 0;
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            bool differs = fold(a.p[i - 1]) != fold(b.p[j - 1]);

            row[j] = least(least(old[j], row[j - 1]) + 1, old[j - 1] + differs);
            if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) &&
                fold(a.p[i - 2]) == fold(b.p[j - 1]))
                row[j] = least(row[j], older[j - 2] + 1);
        }
        size_t *free_row = older;

        older = old, old = row, row = free_row;
    }
    return old[b.n];
}

size_t word_mistakes(str word) { return least(word.n / 3, MISTAKES_MAX); }

int nearest_word(str word, const char *const *words, size_t n)
{
    size_t best = word_mistakes(word) + 1;
    int found = -1;

    for (size_t i = 0; i < n; i++) {
        size_t distance = word_distance(word, str_of(words[i]));

        if (distance < best)
            best = distance, found = (int)i;
    }
    return found;
}
