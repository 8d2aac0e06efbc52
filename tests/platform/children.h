/*
 * children.h - running children in tests: start, wait, look at what came.
 */
#ifndef TESTS_PLATFORM_CHILDREN_H
#define TESTS_PLATFORM_CHILDREN_H

#include "base/buf.h"
#include "platform/proc.h"

struct child {
    struct loop *loop;
    struct proc *proc;
    struct proc_result result;
    struct buf out, err;
    size_t bytes; /* of both, also what was not kept */
    bool ended;
    void (*on_output)(struct child *c);
};

/* Start `argv` (NULL: the words after `folder` in a shell); false with c->result.error. */
bool child_start(struct child *c, struct loop *loop, const struct proc_spec *spec);
/* Turn the loop until it has ended. */
void child_wait(struct child *c);
/* Both, in a loop of its own; the result stays until child_free(). */
bool child_run(struct child *c, const struct proc_spec *spec);
void child_free(struct child *c);

/* The usual spec: `sh -c text` in `folder`, with the test's own environment. */
struct proc_spec child_shell(const struct sandbox_spec *sandbox, const char *folder,
                             const char *text, const char *argv[4]);

#endif
