/*
 * splice.h - replaces an exact text in a file's bytes, whatever its line ends are, and touches no
 * other byte. Pure.
 *
 * A model writes LF. Where the file has CRLF, a line feed of `old` stands for it, and those of `new`
 * become what the replaced text had (or the file's first line, where it had none).
 */
#ifndef TOOL_SPLICE_H
#define TOOL_SPLICE_H

#include "tool/tool.h"

struct splice {
    str old, new;
    bool all;
    struct buf out;          /* initialised by the caller: the new bytes */
    size_t count;            /* occurrences */
    size_t first, first_end; /* in `out`: the first replacement */
    size_t lines[10];        /* of the first occurrences, from 1 */
};

/* False, with nothing in `out`, when `old` is not there, or more than once without `all`. */
bool splice_apply(struct splice *s, str file);

/* Why it was false, as an error for the model: how often, where, and what is nearly the same. */
void splice_explain(const struct splice *s, str file, str name, struct tool_result *result);

#endif
