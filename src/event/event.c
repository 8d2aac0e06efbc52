/*
 * event.c - names of events, and the leaf and hash that chain them. docs/log.md describes the bytes
 * that are hashed, so that others can verify them.
 */
#include "event/event.h"

enum { PASSING, STORED };

static const struct {
    str name;
    uint32_t version;
    int lives;
} rows[] = {
    [EV_NONE] = {S_INIT(""), 0, PASSING},
#define EVENT(name_, type_, version_, lives_) [EV_##name_] = {S_INIT(type_), version_, lives_},
#include "event/events.def"
#undef EVENT
    [EV_UNKNOWN] = {S_INIT("unknown"), 0, STORED},
};

str event_name(enum event_type type) { return rows[type].name; }

uint32_t event_version(enum event_type type) { return rows[type].version; }

bool event_is_stored(enum event_type type) { return rows[type].lives == STORED; }

enum event_type event_type_of(str name)
{
    for (unsigned i = EV_NONE + 1; i < EV_UNKNOWN; i++)
        if (str_eq(rows[i].name, name))
            return (enum event_type)i;
    return EV_UNKNOWN;
}

static struct digest leaf_of(const struct event *ev)
{
    struct sha256 s;

    sha256_init(&s);
    sha256_add(&s, str_make((const char *)ev->salt, sizeof ev->salt));
    sha256_add(&s, ev->payload);
    return sha256_done(&s);
}

/* Every field has a fixed size or its length before it, so no two events hash the same bytes. */
static struct digest hash_of(const struct event *ev, struct id session,
                             const struct digest *previous)
{
    struct sha256 s;
    str name = ev->name.p ? ev->name : event_name(ev->type);

    sha256_init(&s);
    sha256_add(&s, str_make((const char *)previous->b, sizeof previous->b));
    sha256_add(&s, str_make((const char *)session.b, sizeof session.b));
    sha256_add_u64(&s, ev->seq);
    sha256_add(&s, str_make((const char *)ev->id.b, sizeof ev->id.b));
    sha256_add(&s, str_make((const char *)ev->thread.b, sizeof ev->thread.b));
    sha256_add_u64(&s, name.n);
    sha256_add(&s, name);
    sha256_add_u64(&s, ev->version);
    sha256_add_u64(&s, (uint64_t)ev->at);
    sha256_add_u64(&s, ev->cause);
    sha256_add(&s, str_make((const char *)ev->leaf.b, sizeof ev->leaf.b));
    return sha256_done(&s);
}

void event_seal(struct event *ev, struct id session, const struct digest *previous)
{
    if (ev->payload.p)
        ev->leaf = leaf_of(ev);
    ev->hash = hash_of(ev, session, previous);
}

bool event_holds(const struct event *ev, struct id session, const struct digest *previous)
{
    if (ev->payload.p && !digest_eq(leaf_of(ev), ev->leaf))
        return false;
    return digest_eq(hash_of(ev, session, previous), ev->hash);
}
