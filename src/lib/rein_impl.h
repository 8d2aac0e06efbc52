/* rein_impl.h - what a `rein` is, for the files of this folder. */
#ifndef LIB_REIN_IMPL_H
#define LIB_REIN_IMPL_H

#include "runtime/session.h"

struct rein {
    struct brain brain;
};

/* A listener of the public kind, joined to a session's. */
struct public_listener {
    struct list link;
    struct session *session;
    rein_event_fn *fn;
    void *data;
};

static inline struct session *session_of(rein_session *s) { return (struct session *)(void *)s; }
static inline const struct session *session_of_const(const rein_session *s)
{
    return (const struct session *)(const void *)s;
}
static inline rein_session *public_of(struct session *s) { return (rein_session *)(void *)s; }

/* An inner error in the public shape; returns its status. */
rein_status give_error(rein_error *out, const struct error *err);

/* An event in the public shape; `text` gets the payload with a NUL when it has none. */
void give_event(const struct event *ev, rein_event *out);

#endif
