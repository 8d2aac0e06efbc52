/*
 * arena.c - allocation by lifetime, in blocks. Also the malloc that does not return NULL. Knows
 * nothing about what lives in it.
 *
 * The head is the block in use; each block points to the one before. A request that is too large
 * for a common block gets its own, linked behind the head, so that the head's free space stays in
 * use. Such a block is stamped with `used`: rewinding frees those that are younger than the mark.
 */
#include "base/arena.h"
#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 64 * 1024, LARGE = LARGEST_BLOCK / 4 };

struct arena_block {
    struct arena_block *before;
    size_t size;
    size_t stamp; /* of a large block: the arena's `used` before it */
    bool is_large;
    alignas(max_align_t) char bytes[];
};

/* The log makes it safe to end here: what was acknowledged is stored. */
static void *or_die(void *p)
{
    if (p)
        return p;
    fputs("rein: out of memory; the session can be resumed from its log\n", stderr);
    abort();
}

void *memory_new(size_t size) { return or_die(calloc(1, size ? size : 1)); }
void *memory_grow(void *p, size_t size) { return or_die(realloc(p, size ? size : 1)); }

void arena_init(struct arena *a) { *a = (struct arena){0}; }

static void free_blocks(struct arena_block *from, const struct arena_block *upto)
{
    while (from && from != upto) {
        struct arena_block *before = from->before;

        free(from);
        from = before;
    }
}

void arena_fini(struct arena *a)
{
    free_blocks(a->head, NULL);
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    if (!a->head)
        return;
    free_blocks(a->head->before, NULL);
    a->head->before = NULL;
    a->at = a->head->bytes;
    a->used = 0;
}

static struct arena_block *new_block(size_t size)
{
    struct arena_block *block = NULL;

    /* More than half the address space is a negative number or a product that overflowed. */
    if (size <= PTRDIFF_MAX - sizeof(*block))
        block = malloc(sizeof(*block) + size);
    block = or_die(block);
    *block = (struct arena_block){.size = size};
    return block;
}

static void push_block(struct arena *a, size_t least)
{
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;

    while (size < least)
        size *= 2;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    struct arena_block *block = new_block(size);

    block->before = a->head;
    a->head = block;
    a->at = block->bytes;
    a->end = block->bytes + size;
}

static void *large_block(struct arena *a, size_t size)
{
    if (!a->head)
        push_block(a, 0);
    struct arena_block *block = new_block(size);

    block->stamp = a->used;
    block->is_large = true;
    block->before = a->head->before;
    a->head->before = block;
    a->used += size;
    return block->bytes;
}

/* Not zeroed; `align` is a power of two. */
static void *take(struct arena *a, size_t size, size_t align)
{
    size_t pad = (0 - (uintptr_t)a->at) & (align - 1);

    if (size == 0)
        size = 1;
    if (size > LARGE)
        return large_block(a, size);
    if (!a->head || size + pad > (size_t)(a->end - a->at))
        push_block(a, size), pad = 0;
    char *p = a->at + pad;

    a->at = p + size;
    a->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size, alignof(max_align_t)), 0, size);
}

void *arena_copy(struct arena *a, const void *p, size_t size)
{
    void *copy = take(a, size, alignof(max_align_t));

    return size ? memcpy(copy, p, size) : copy;
}

str arena_str(struct arena *a, str s)
{
    char *copy = take(a, s.n + 1, 1);

    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = 0;
    return (str){copy, s.n};
}

const char *arena_cstr(struct arena *a, str s) { return arena_str(a, s).p; }

str arena_printf(struct arena *a, const char *format, ...)
{
    char brief[256];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(brief, sizeof(brief), format, args);
    va_end(args);

    size_t length = n > 0 ? (size_t)n : 0;
    char *text = take(a, length + 1, 1);

    if (length < sizeof(brief))
        memcpy(text, brief, length);
    else
        vsnprintf(text, length + 1, format, again);
    va_end(again);
    text[length] = 0;
    return (str){text, length};
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->head, a->at, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    if (!mark.head) {
        arena_reset(a);
        return;
    }
    if (a->head != mark.head) {
        free_blocks(a->head, mark.head);
        a->head = mark.head;
        a->end = mark.head->bytes + mark.head->size;
    }
    struct arena_block *kept = a->head->before;

    while (kept && kept->is_large && kept->stamp >= mark.used)
        kept = kept->before;
    free_blocks(a->head->before, kept);
    a->head->before = kept;
    a->at = mark.at;
    a->used = mark.used;
}
