/*
 * clean_stream.h - foreign output made plain text piece by piece: valid UTF-8 without escape
 * sequences, also where a character or a sequence is cut between two pieces. Pure.
 */
#ifndef TOOL_CLEAN_STREAM_H
#define TOOL_CLEAN_STREAM_H

#include "base/buf.h"

struct clean_stream {
    struct buf held; /* the beginning of what is not complete yet; at most 4 KiB between calls */
};

void clean_stream_init(struct clean_stream *s);
void clean_stream_fini(struct clean_stream *s);

/* Append what is complete of `bytes` to `out`. */
void clean_stream_add(struct clean_stream *s, str bytes, struct buf *out);

/* Nothing comes any more: what is held is dropped if it is a sequence, else shown. */
void clean_stream_end(struct clean_stream *s, struct buf *out);

#endif
