/* memory.h - malloc for what grows and shrinks by itself; it does not return NULL. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* `size` zeroed bytes; `p` made `size` bytes large, the rest of it not zeroed. Owned: free(). */
void *memory_new(size_t size);
void *memory_grow(void *p, size_t size);

#endif
