/*
 * world.h - a place for a scenario: a temporary folder with a workspace and a home of rein's, the
 * built binary run in it, and a model's server to answer. Everything goes with world_end().
 *
 *     struct world w;
 *     world_begin(&w, "model text \"Hello.\"\n");
 *     world_file(&w, "a.txt", "hello\n");
 *     world_run(&w, (const char *[]){"-p", "hi", NULL});
 *     assert_int_equal(w.code, 0);
 *     world_end(&w);
 *
 * What can't be made ends the program with a message. One thread.
 */
#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "support/model_server.h"

struct world {
    struct arena arena;
    const char *root, *workspace, *home; /* home: REIN_HOME */
    struct model_server *server;         /* NULL without a scenario */
    const char *input;                   /* standard input of the next run; NULL: nothing */
    unsigned file_limit;                 /* bytes that a file of the next run may have; 0: any */
    const char *environment[8];          /* further "NAME=value", NULL-ended */
    struct buf out, err;                 /* of the last run */
    int code;                            /* its exit code, 128 + n for signal n */
    pid_t pid;                           /* while it runs */
    int out_fd, err_fd;
};

/* `scenario` NULL: no server. */
void world_begin(struct world *w, const char *scenario);
void world_end(struct world *w);

/* A file of the workspace; its folders are made. And what a file holds now, or NULL. */
void world_file(struct world *w, const char *path, const char *text);
const char *world_read(struct world *w, const char *path);

/* Run the binary with these arguments (NULL-ended, without the program's name) to its end. The model
 * is the server's unless they name another. */
void world_run(struct world *w, const char *const *arguments);

/* The same in two steps, for whoever kills it in between. world_finish() reads the rest and waits. */
void world_start(struct world *w, const char *const *arguments);
void world_finish(struct world *w);

/* The lines of standard output as JSON; `n` how many. Ends the program when one is not. */
const struct json **world_lines(struct world *w, size_t *n);

/* The newest session's id (36 characters), and its events as lines of `session show --json`. */
const char *world_session(struct world *w);
const struct json **world_events(struct world *w, size_t *n);

/* The request's body as JSON. */
const struct json *world_request(struct world *w, size_t i);

#endif
