/*
 * event.h - one thing that happened to a session.
 *
 * An event is numbered from 1 without gaps within its session, has an id, the event that caused it,
 * and a payload: canonical JSON, as it arrived less the space between tokens. leaf = SHA-256(salt,
 * payload); hash = SHA-256(previous hash, the other fields, leaf). A redaction takes payload and
 * salt away and leaves the leaf, so the chain still verifies. Pure.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/error.h"
#include "base/id.h"
#include "base/sha256.h"
#include "base/str.h"

enum event_type {
    EV_NONE,
#define EVENT(name, type, version, lives) EV_##name,
#include "event/events.def"
#undef EVENT
    EV_UNKNOWN, /* written by a newer rein: kept, told, not understood */
    EV_COUNT = EV_UNKNOWN
};

struct event {
    uint64_t seq;     /* dense, from 1 */
    struct id id;     /* UUIDv7 */
    struct id thread; /* the agent of the session; zero: the first one */
    enum event_type type;
    uint32_t version;
    int64_t at;     /* microseconds since the epoch, UTC */
    uint64_t cause; /* the seq that led to it, or 0 */
    str name;       /* the type's text; static, or borrowed for EV_UNKNOWN */
    str payload;    /* canonical JSON; p is NULL once redacted */
    unsigned char salt[16];
    struct digest leaf, hash;
};

/* The text of a type, its version now, whether it is stored; the type of a text (EV_UNKNOWN). */
str event_name(enum event_type type);
uint32_t event_version(enum event_type type);
bool event_is_stored(enum event_type type);
enum event_type event_type_of(str name);

/* Fill leaf (unless the payload is redacted) and hash, given the session and the hash before (zero
 * for seq 1). Needs seq, id, thread, type or name, version, at, cause, salt, payload. */
void event_seal(struct event *ev, struct id session, const struct digest *previous);

/* Whether leaf and hash are right, given the same. */
bool event_holds(const struct event *ev, struct id session, const struct digest *previous);

#endif
