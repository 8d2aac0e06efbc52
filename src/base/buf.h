/*
 * buf.h - growable bytes with a maximum: for what strangers size, and for building text.
 *
 * An append past the maximum sets `full` and appends nothing; the caller checks once at the end
 * (buf_ok) and fails with REIN_LIMIT. The bytes always have a NUL behind them.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n, room, max;
    bool full;
};

#define BUF_NO_MAX SIZE_MAX

/* Caller's storage; `max` bytes at most. fini frees, and takes zeroed ones. */
void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
static inline void buf_clear(struct buf *b)
{
    b->n = 0, b->full = false;
    if (b->p)
        b->p[0] = 0;
}
static inline bool buf_ok(const struct buf *b) { return !b->full; }
static inline str buf_str(const struct buf *b) { return (str){b->p ? b->p : "", b->n}; }

void buf_add(struct buf *b, str s);
void buf_byte(struct buf *b, char c);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *b, const char *format, ...);

/* Room for `n` more bytes at the end, to write into; buf_grown() then says how many were. NULL
 * when the maximum forbids. */
char *buf_room(struct buf *b, size_t n);
void buf_grown(struct buf *b, size_t n);

/* Remove the first `n` bytes. */
void buf_drop(struct buf *b, size_t n);

/* The bytes as malloc'ed memory, owned by the caller (free); the buffer is empty afterwards. */
char *buf_detach(struct buf *b, size_t *n);

#endif
