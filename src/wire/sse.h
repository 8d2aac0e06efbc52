/*
 * sse.h - server-sent events: bytes in any chunks to frames. Pure.
 *
 * Lines end with LF, CR LF or CR; a byte order mark before the first is dropped; comments and the
 * fields id, retry and unknown ones are ignored; several data lines of a frame are joined by LF. A
 * frame without data is no frame. The same bytes give the same frames, however they are cut.
 */
#ifndef WIRE_SSE_H
#define WIRE_SSE_H

#include "base/buf.h"
#include "base/error.h"

#define SSE_EVENT_MAX 64

/* One frame: the event's name (empty when it has none, cut at SSE_EVENT_MAX) and its data. Borrowed
 * for the call. Anything but REIN_OK ends the feeding. */
typedef rein_status sse_fn(void *data, str event, str bytes, struct error *err);

struct sse {
    struct buf line; /* the beginning of a line whose end has not come */
    struct buf data; /* data of the open frame that had to be kept */
    str now;         /* its only data line so far, where it is still in the chunk */
    char event[SSE_EVENT_MAX];
    size_t event_n;
    bool has_data, after_cr, begun;
};

/* Caller's storage; a frame has at most `max` bytes. fini takes zeroed ones. */
void sse_init(struct sse *s, size_t max);
void sse_fini(struct sse *s);

/* Frames whose closing empty line is in `bytes` are given to `fn`. REIN_LIMIT when one is larger
 * than the maximum; else what `fn` said. */
rein_status sse_feed(struct sse *s, str bytes, sse_fn *fn, void *data, struct error *err);

/* The stream is over: gives the frame that was not closed by an empty line, if there is one.
 * Whether it counts is the caller's decision. */
rein_status sse_end(struct sse *s, sse_fn *fn, void *data, struct error *err);

#endif
