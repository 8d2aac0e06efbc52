/*
 * map.c - a hash map that remembers the order of insertion. Entries stand in an array; the index is
 * a table of their numbers with open addressing, built anew when the array grows. A removed entry
 * keeps its number until then, so that the chains behind it stay whole.
 */
#include "base/map.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { NO_ENTRY = 0 }; /* the index holds numbers from 1 */

void map_init(struct map *m) { *m = (struct map){0}; }

void map_fini(struct map *m)
{
    map_each (entry, m)
        free((void *)(uintptr_t)entry->key.p);
    free(m->entries);
    free(m->index);
    *m = (struct map){0};
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Seeded with where the loader put us, so that a stranger who chooses the keys cannot choose the
 * collisions too. The order of walking does not depend on it. */
static uint64_t hash_of(str key)
{
    static const char seed;
    uint64_t hash = (uint64_t)(uintptr_t)&seed ^ key.n * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t word;

    for (; key.n >= 8; key = str_skip(key, 8)) {
        memcpy(&word, key.p, 8);
        hash = mix(hash ^ word, UINT64_C(0xA0761D6478BD642F));
    }
    word = 0;
    if (key.n)
        memcpy(&word, key.p, key.n);
    hash = mix(hash ^ word, UINT64_C(0xE7037ED1A0B428DB));
    return mix(hash, UINT64_C(0x8EBC6AF09C88C6E3));
}

/* The slot that holds `key`, or the empty one where it would go. */
static uint32_t *slot_of(const struct map *m, str key)
{
    size_t mask = m->buckets - 1;

    for (size_t i = (size_t)hash_of(key) & mask;; i = (i + 1) & mask) {
        uint32_t number = m->index[i];

        if (number == NO_ENTRY)
            return &m->index[i];
        assert(m->entries);
        const struct map_entry *entry = &m->entries[number - 1];

        if (entry->key.p && str_eq(entry->key, key))
            return &m->index[i];
    }
}

static struct map_entry *entry_of(const struct map *m, str key)
{
    uint32_t number = m->buckets ? *slot_of(m, key) : NO_ENTRY;

    return number == NO_ENTRY ? NULL : &m->entries[number - 1];
}

void *map_get(const struct map *m, str key)
{
    const struct map_entry *entry = entry_of(m, key);

    return entry ? entry->value : NULL;
}

static void close_gaps(struct map *m)
{
    size_t kept = 0;

    assert(m->entries || m->used == 0);
    for (size_t i = 0; i < m->used; i++) {
        if (m->entries[i].key.p)
            m->entries[kept++] = m->entries[i];
    }
    m->used = kept;
}

/* Room for more entries: gaps are closed, the array doubles unless half of it was gaps, and the
 * index is made anew with two buckets an entry. */
static void grow(struct map *m)
{
    close_gaps(m);
    if (m->used >= m->room / 2 || m->room == 0) {
        m->room = m->room ? m->room * 2 : 8;
        assert(m->room < UINT32_MAX);
        m->entries = memory_grow(m->entries, m->room * sizeof(*m->entries));
    }
    free(m->index);
    m->buckets = m->room * 2;
    m->index = memory_new(m->buckets * sizeof(*m->index));
    for (size_t i = 0; i < m->used; i++)
        *slot_of(m, m->entries[i].key) = (uint32_t)(i + 1);
}

void *map_set(struct map *m, str key, void *value)
{
    struct map_entry *entry = entry_of(m, key);

    if (entry) {
        void *before = entry->value;

        entry->value = value;
        return before;
    }
    char *copy = memory_new(key.n + 1);

    if (key.n)
        memcpy(copy, key.p, key.n);
    if (m->used == m->room)
        grow(m);
    assert(m->entries && m->used < m->room);
    m->entries[m->used] = (struct map_entry){{copy, key.n}, value};
    *slot_of(m, (str){copy, key.n}) = (uint32_t)(m->used + 1);
    m->used++, m->n++;
    return NULL;
}

void *map_remove(struct map *m, str key)
{
    struct map_entry *entry = entry_of(m, key);

    if (!entry)
        return NULL;
    void *value = entry->value;

    free((void *)(uintptr_t)entry->key.p);
    *entry = (struct map_entry){0};
    m->n--;
    return value;
}
