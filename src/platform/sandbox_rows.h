/*
 * sandbox_rows.h - what a command sees of the host, as rows of paths: made by sandbox_linux.c,
 * turned into the plan's bytes by sandbox_plan.c.
 */
#ifndef PLATFORM_SANDBOX_ROWS_H
#define PLATFORM_SANDBOX_ROWS_H

#include "base/arena.h"
#include "base/error.h"
#include "platform/protect.h"
#include "platform/sandbox.h"

struct row {
    enum plan_kind kind;
    const char *path;
    uint64_t device, inode;
    const char *root;
    bool holds;
};
struct rows {
    struct arena arena;
    struct row *row;
    size_t n, room;
};

/* The rows of `spec`, in the order in which they are to be done; their strings are in the arena,
 * which the caller has made. REIN_INVALID when the workspace can't be one. */
rein_status rows_make(struct rows *r, const struct sandbox_spec *spec,
                      const struct protect *protect, struct error *err);

#endif
