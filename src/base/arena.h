/*
 * arena.h - memory by lifetime: everything of a process, session, turn or call, freed at once.
 *
 * Allocation does not return NULL: out of memory ends the process, and the log makes that safe.
 * Memory is zeroed. Blocks grow from `first` bytes up to 64 KiB; a larger request gets its own.
 * One thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *head; /* the block in use; older ones behind it */
    char *at, *end;           /* free space of the head */
    size_t used;              /* bytes handed out, for quotas */
};

/* An arena in the caller's storage; no memory until the first allocation. fini takes zeroed ones
 * too. */
void arena_init(struct arena *a);
void arena_fini(struct arena *a);

/* Forget all allocations; keeps one block for reuse. */
void arena_reset(struct arena *a);

/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* A copy; arena_str's ends with a NUL that its length does not count. */
void *arena_copy(struct arena *a, const void *p, size_t size);
str arena_str(struct arena *a, str s);
const char *arena_cstr(struct arena *a, str s);

/* Formatted text, ended by a NUL that the length does not count. */
__attribute__((format(printf, 2, 3))) str arena_printf(struct arena *a, const char *format, ...);

/* Where the arena stands, to rewind to: scratch memory inside a longer life. */
struct arena_mark {
    struct arena_block *head;
    char *at;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

#endif
