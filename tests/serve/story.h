/*
 * story.h - recorded events, written short: type and payload; numbers and ids are made. What a door
 * writes for them is compared as a whole.
 */
#ifndef SERVE_STORY_H
#define SERVE_STORY_H

#include "base/buf.h"
#include "serve/door.h"

struct told {
    const char *type, *payload;
    const char *id; /* NULL: made from the number */
};

/* Show the events (ended by a row without type) through the door; its bytes are appended to `out`.
 * Passing types have no number. Returns the exit code. */
enum door_exit story_show(const char *protocol, const struct told *events, struct buf *out);

/* The id of stored event `n`, from 1. */
const char *story_id(unsigned n);

#endif
