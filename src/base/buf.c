/*
 * buf.c - growable bytes with a maximum. Knows nothing about what they mean.
 */
#include "base/buf.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max) { *b = (struct buf){.max = max}; }

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

char *buf_room(struct buf *b, size_t n)
{
    if (n > b->max - b->n || n >= PTRDIFF_MAX - b->n) {
        b->full = true;
        return NULL;
    }
    size_t least = b->n + n + 1;

    if (least > b->room) {
        size_t room = b->room < 64 ? 64 : b->room;

        while (room < least)
            room *= 2;
        if (room - 1 > b->max) /* the maximum and its NUL are all that is ever needed */
            room = b->max + 1;
        b->p = memory_grow(b->p, room);
        b->room = room;
        b->p[b->n] = 0;
    }
    return b->p + b->n;
}

void buf_grown(struct buf *b, size_t n)
{
    b->n += n;
    b->p[b->n] = 0;
}

void buf_add(struct buf *b, str s)
{
    char *end = s.n ? buf_room(b, s.n) : NULL;

    if (!end)
        return;
    memcpy(end, s.p, s.n);
    buf_grown(b, s.n);
}

void buf_byte(struct buf *b, char c)
{
    char *end = b->n + 1 < b->room ? b->p + b->n : buf_room(b, 1);

    if (!end)
        return;
    *end = c;
    buf_grown(b, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    size_t room = b->room > b->n ? b->room - b->n : 0;
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(room ? b->p + b->n : NULL, room, format, args);
    va_end(args);

    size_t length = n > 0 ? (size_t)n : 0;
    bool whole = length < room;

    if (!whole && length > 0) {
        if (room)
            b->p[b->n] = 0; /* what was written so far does not count */
        char *end = buf_room(b, length);

        if (end)
            vsnprintf(end, length + 1, format, again), whole = true;
    }
    va_end(again);
    if (whole && length > 0)
        buf_grown(b, length);
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        if (b->p)
            b->p[0] = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n + 1);
    b->n -= n;
}

char *buf_detach(struct buf *b, size_t *n)
{
    char *p = b->p ? b->p : memory_new(1);

    if (n)
        *n = b->n;
    *b = (struct buf){.max = b->max};
    return p;
}
