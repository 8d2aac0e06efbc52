/*
 * apply_diff.h - applies the hunks of a unified diff, strictly, for tests: whatever does not fit
 * the text to the byte is a fault. Written without a look at how diff.c makes them.
 */
#ifndef TESTS_BASE_APPLY_DIFF_H
#define TESTS_BASE_APPLY_DIFF_H

#include <stdio.h>

#include "base/buf.h"

/* The line at the front of *text, with its line end. */
static inline str cut_line(str *text)
{
    size_t end = str_find(*text, '\n');
    str line = end == SIZE_MAX ? *text : str_take(*text, end + 1);

    *text = str_skip(*text, line.n);
    return line;
}

/* A line of the diff less its mark; its line end goes when "\ No newline" follows. */
static inline str hunk_line(str line, str *diff)
{
    line = str_skip(line, 1);
    if (str_starts(*diff, S("\\"))) {
        cut_line(diff);
        line.n--;
    }
    return line;
}

struct hunk {
    size_t before, before_n, after, after_n;
};

static inline bool read_header(str line, struct hunk *h)
{
    char text[128];

    if (line.n >= sizeof(text))
        return false;
    memcpy(text, line.p, line.n);
    text[line.n] = 0;
    return sscanf(text, "@@ -%zu,%zu +%zu,%zu @@\n", &h->before, &h->before_n, &h->after,
                  &h->after_n) == 4;
}

/* One hunk; `at` and `made` count the lines taken and made so far. */
static inline bool apply_hunk(const struct hunk *h, str *before, str *diff, size_t *at,
                              size_t *made, struct buf *out)
{
    size_t taken = 0, added = 0;

    for (; *at < h->before - (h->before_n > 0); ++*at, ++*made)
        buf_add(out, cut_line(before));
    if (*made != h->after - (h->after_n > 0))
        return false;
    while (taken < h->before_n || added < h->after_n) {
        str line = cut_line(diff);
        char mark = line.n ? line.p[0] : 0;
        str text = hunk_line(line, diff);

        if (mark != '+' && !str_eq(cut_line(before), text))
            return false;
        if (mark != '-')
            buf_add(out, text);
        if (mark != '+' && mark != '-' && mark != ' ')
            return false;
        taken += mark != '+', added += mark != '-';
    }
    *at += taken, *made += added;
    return taken == h->before_n && added == h->after_n;
}

static inline bool apply_diff(str before, str diff, struct buf *out)
{
    size_t at = 0, made = 0;

    while (diff.n) {
        struct hunk h;

        if (!read_header(cut_line(&diff), &h) || !apply_hunk(&h, &before, &diff, &at, &made, out))
            return false;
    }
    buf_add(out, before);
    return true;
}

#endif
