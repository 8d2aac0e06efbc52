/*
 * headless.h - the body of a door that writes for a program: a course and a way out. Shared by
 * text.c, json.c and stream_json.c; others see door.h.
 */
#ifndef SERVE_HEADLESS_H
#define SERVE_HEADLESS_H

#include "serve/course.h"

struct preview;

struct door {
    const struct door_ops *ops;
    struct course course;
    rein_write_fn *write;
    void *data;
    struct buf line;         /* what is being built */
    bool primed;             /* it was told what the session is */
    bool begun;              /* stream-json: this turn's init is written */
    struct preview *preview; /* stream-json with deltas, else NULL */
};

struct door *headless_open(const struct door_ops *ops, const struct door_info *info,
                           rein_write_fn *write, void *data);
/* Frees. */
enum door_exit headless_close(struct door *door);

/* The line that was built, to whoever listens. */
void headless_flush(struct door *door);

/* The result of a turn that will never end because the session itself failed. */
void headless_unfinished(struct door *door);

/* Exit codes as the published interface has them: 0 or 1, and an interruption is no failure. */
enum door_exit headless_published(enum door_exit code);

#endif
