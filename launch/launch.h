/*
 * launch.h - what the launcher's files share.
 *
 * Three processes come from one start. The *launcher* stays outside of the sandbox: it makes
 * placeholders and cgroups, listens to the harness, reports the end and cleans up. *Init* is pid 1
 * of the sandbox: it builds the view of the file system, reaps, and its end ends all. The *command*
 * gives up every right, waits for its orders and becomes the program. Without a sandbox there is no
 * init, and the launcher is the command's parent and the subreaper of all below it.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <sys/types.h>

#include "platform/sandbox.h"

/* What one start knows; all of it is read-only after the first fork, but `shared`. */
struct launch {
    const struct plan *plan;
    const struct plan_row *rows;
    bool *placed;          /* a row: its path is a placeholder now */
    struct shared *shared; /* a page that launcher and init both see */
    int journal;           /* locked while this sandbox uses placeholders; or -1 */
    char cgroups[2][512];  /* folders made for this sandbox, to be removed */
    mode_t mask;           /* the harness's umask, for the command */
};
struct shared {
    volatile bool reported; /* init has told the end */
};

/* ---- plan.c: reading what the harness wrote; no system calls ------------------------------- */
/* What is wrong with a plan of `size` bytes, or NULL. Aligned as malloc's memory is. */
const char *plan_fault(const void *bytes, size_t size);
const char *plan_string(const struct plan *plan, uint32_t offset);
/* Likewise for a command. */
const char *command_fault(const void *bytes, size_t size);
/* Take the next string of a command: *at moves behind it. NULL at the end. */
char *command_string(struct launch_command *command, char **at);

/* Tell the harness where it stopped, and end. */
_Noreturn void launch_fault(enum launch_step step, int number, const char *detail);
/* launch_fault() with errno when `result` is negative; else `result`. */
long launch_must(long result, enum launch_step step, const char *detail);

/* ---- placeholder.c: the launcher's, in the host's view -------------------------------------- */
void placeholders_make(struct launch *l);
void placeholders_remove(struct launch *l);

/* ---- cgroup.c: the launcher's ---------------------------------------------------------------- */
void cgroup_make(struct launch *l);
void cgroup_join(struct launch *l, pid_t pid);
void cgroup_remove(struct launch *l);

/* ---- init's ---------------------------------------------------------------------------------- */
void identity_map(void); /* the caller's own ids, and only these */
void network_up(void);   /* loopback */
void mounts_make(struct launch *l);
/* Reap and forward until the command has ended, then end all, tell it, and end. */
_Noreturn void init_run(struct launch *l, pid_t command);

/* ---- the command's --------------------------------------------------------------------------- */
void limits_set(const struct plan *plan);
void landlock_enter(struct launch *l);
void privileges_drop(void);
void seccomp_enter(void);
/* Wait for the orders and become the program. */
_Noreturn void command_run(const struct plan *plan, mode_t mask);

/* ---- sweep.c --------------------------------------------------------------------------------- */
/* A file of /proc as text; the bytes read, 0 when the process is gone. */
size_t proc_read(pid_t pid, const char *file, char *text, size_t room);
/* The next process of an open /proc, or 0. */
pid_t proc_next(void *proc);
/* Collect who ended; the child's status goes into the report. False once the child has ended. */
bool reap(pid_t child, struct launch_report *report);
/* End all that descend from us. Five seconds: what is left then hangs in the kernel or belongs to
 * another user, and is counted in the report. */
void sweep(pid_t child, struct launch_report *report);

/* ---- supervise.c --------------------------------------------------------------------------- */
/* The launcher's life: requests in, the end told once. Returns when nothing of the child is
 * left. */
void supervise(struct launch *l, pid_t child);

#endif
