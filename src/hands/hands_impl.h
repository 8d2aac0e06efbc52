/*
 * hands_impl.h - what hands share among themselves: the body, and the table of ways to run.
 *
 * hands.c holds what all have in common (environment, deadlines, cancelling); a way to run says how
 * a command starts and what is looked at after its end.
 */
#ifndef HANDS_HANDS_IMPL_H
#define HANDS_HANDS_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "hands/hands.h"
#include "platform/protect.h"

/* A way to run. `start` sets command->proc; `ended` may add lines to command->violations; `release`
 * gives up what waits. */
struct hands_ops {
    const char *name;
    bool sandboxed;
    rein_status (*start)(struct hands *hands, struct command *command, const struct proc_spec *spec,
                         const struct proc_events *events, struct error *err);
    void (*ended)(struct hands *hands, struct command *command);
    void (*idle)(struct hands *hands); /* no command runs now: time to prepare the next */
    void (*release)(struct hands *hands);
};
extern const struct hands_ops hands_local, hands_sandboxed;

struct hands {
    const struct hands_ops *ops;
    struct loop *loop;
    struct arena arena;
    const char *folder, *results;
    const char *const *environment;
    struct sandbox_spec sandbox;
    int root;
    struct list commands;
    struct timer soon;    /* from a command's end to the next preparation; then to its end */
    struct protect *seen; /* the last scan; what `prepared` was made for */
    struct proc_prepared *prepared;
    int journal;  /* our share in the placeholders' journal, or -1 */
    bool cleaned; /* a crash's placeholders were looked for */
};

struct command {
    struct list link;
    struct hands *hands;
    struct proc *proc;
    struct command_events events;
    void *data;
    struct timer deadline;
    struct command_result result;
    struct protect *before;
    struct buf violations;
    bool ending; /* was asked to end: the deadline now is the grace's */
};

/* The user's environment without secrets and without what would be code, and with what commands
 * need; in the arena, NULL-ended. */
const char *const *hands_environment(const char *const *user, const char *folder, bool sandboxed,
                                     struct arena *a);
/* The value of a variable, or NULL. */
const char *hands_variable(const char *const *environment, const char *name);

#endif
