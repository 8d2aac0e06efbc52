/*
 * door.h - a session in the words of another protocol.
 *
 * A door is a fold from events to bytes: what it writes follows from the events that it was given
 * and from nothing else, so that a recorded session shown again gives the same bytes. It does not
 * know the engine, the log or where the bytes go.
 */
#ifndef SERVE_DOOR_H
#define SERVE_DOOR_H

#include <rein.h>

#include "base/str.h"

/* What a door knows before the first event; borrowed for the call. */
struct door_info {
    const char *session; /* UUID */
    const char *folder;
    const char *version;    /* of rein */
    const char *key_source; /* which variable holds the key, or "none" */
};

struct door;

/* Exit codes of `rein -p`; the published protocols know the first two and DOOR_TERMINATED only. */
enum door_exit {
    DOOR_DONE = 0,
    DOOR_FAILED = 1,
    DOOR_LIMIT = 3,
    DOOR_REFUSED = 4,
    DOOR_INTERRUPTED = 130,
};

struct door_ops {
    const char *name; /* of the protocol: "stream-json" */
    bool wants_start; /* needs the session's first event, also when it was stored long ago */
    struct door *(*open)(const struct door_ops *ops, const struct door_info *info,
                         rein_write_fn *write, void *data);
    void (*event)(struct door *door, const rein_event *event);
    enum door_exit (*close)(struct door *door);
};

/* A row by its name; REIN_NOT_FOUND names those that there are. */
const struct door_ops *door_find(str name);
rein_status door_open(str name, const struct door_info *info, rein_write_fn *write, void *data,
                      struct door **out, rein_error *err);

/* Whether the door needs the session's first event before the next one, so that it knows what the
 * session is; and that event: nothing is written for it. */
bool door_wants_start(const struct door *door);
void door_prime(struct door *door, const rein_event *event);
void door_event(struct door *door, const rein_event *event);

/* Write what is due, free. NULL is DOOR_FAILED. */
enum door_exit door_close(struct door *door);

#endif
