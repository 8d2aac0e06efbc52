/* grow.h - room for one more in an array that only grows. Out of memory ends the process. */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include "base/memory.h"

/* The array, moved when its `*room` items of `size` bytes are full; what is new is not zeroed. */
static inline void *grown(void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    *room = *room ? *room * 2 : 8;
    return memory_grow(items, *room * size);
}

#endif
