/*
 * file_facts.h - what is to be remembered of a file that a tool read or wrote: the "file" member of
 * the result's facts, from which the session's file_known is made again.
 */
#ifndef TOOL_FILE_FACTS_H
#define TOOL_FILE_FACTS_H

#include "tool/place.h"

struct file_facts {
    str path;          /* absolute, normal */
    struct digest sha; /* of the whole file */
    const struct stat *st;
    int64_t offset, limit; /* as asked for; 0, 0: all of it was sent */
    int64_t lines;
    bool shown; /* the content stands in this result */
};

/* "file":{...} */
void file_facts_write(struct buf *out, const struct file_facts *facts);

/* Nanoseconds since the epoch. */
int64_t stat_mtime(const struct stat *st);
int64_t stat_ctime(const struct stat *st);

/* Lines of a text; the last one counts without a line feed, too. */
int64_t count_lines(str text);

/* `text` with line numbers as Read gives them, lines `from`..`to` (from 1), each cut at 2,000
 * characters. */
void number_lines(struct buf *out, str text, int64_t from, int64_t to);
/* One line, of which `left_out` bytes more are not there; returns the characters written. */
size_t number_line(struct buf *out, int64_t number, str line, size_t left_out);

#endif
