/*
 * map.h - a hash map from a slice of bytes or a number to a pointer; insertion order is kept for
 * walking. Keys are copied. One thread at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_entry {
    str key;
    void *value;
};
struct map {
    struct map_entry *entries; /* in order of insertion; a removed one has key.p NULL */
    uint32_t *index;
    size_t n, used, room, buckets;
};

void map_init(struct map *m);
void map_fini(struct map *m); /* the keys; values are the caller's */
void *map_get(const struct map *m, str key);
/* Set or replace; returns the value that was there, or NULL. */
void *map_set(struct map *m, str key, void *value);
void *map_remove(struct map *m, str key);
#define map_each(entry, m) \
    for (struct map_entry *entry = (m)->entries; entry && entry < (m)->entries + (m)->used; \
         entry++) \
        if (entry->key.p)

#endif
