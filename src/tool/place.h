/*
 * place.h - a path that a model gave, opened: beneath the workspace, past no link that leads where
 * policy was not asked about, and never what is masked. What was decided on as text is what is open
 * afterwards, or nothing is.
 */
#ifndef TOOL_PLACE_H
#define TOOL_PLACE_H

#include <sys/stat.h>

#include "tool/tool.h"

#define FILE_BYTES_MAX (50u << 20)

struct place {
    str path; /* absolute and normal: what policy saw; ended by NUL */
    str real; /* where it is, links resolved; ended by NUL */
    int fd;   /* -1: none */
    struct stat st;
};

/* Open a file or folder for reading with `flags` (O_RDONLY, O_PATH). place_close() ends it, also
 * after a failure. The error's text is for the model. */
rein_status place_open(struct tool_run *run, str path, int flags, struct place *out,
                       struct error *err);
void place_close(struct place *place);

/* The same, a regular file of at most FILE_BYTES_MAX; a missing one is answered with names that are
 * near. */
rein_status place_open_file(struct tool_run *run, str path, struct place *out, struct error *err);

/* Where a file is to be written: its folder, made when missing, and what is there now. */
struct target {
    struct place now; /* fd is -1 when the file is new */
    int folder;       /* of the real file */
    const char *name; /* in it */
    bool exists;
};
rein_status target_open(struct tool_run *run, str path, struct target *out, struct error *err);
void target_close(struct target *target);

/* All of an open file that place_open_file() gave. */
rein_status place_read(const struct place *place, struct buf *out, struct error *err);

/* The path as people and models like it: relative to the workspace when it is in there. */
str place_shown(const struct tool_run *run, str path);

#endif
