/*
 * proc.h - children: started through the launcher, read from the loop, killed as a whole tree.
 *
 * Never forks the harness: posix_spawn of the launcher, a pidfd for the end, pipes for the output.
 * Exactly one `exited` for every started child, after the last `output`, never from inside a call
 * of this header. Used from the loop's thread.
 */
#ifndef PLATFORM_PROC_H
#define PLATFORM_PROC_H

#include "base/error.h"
#include "base/str.h"
#include "platform/loop.h"
#include "platform/sandbox.h"

struct proc;
struct protect;

struct proc_spec {
    const char *const *argv;            /* argv[0] absolute, or looked up in env's PATH */
    const char *const *env;             /* "NAME=value", NULL-ended: all that the child sees */
    const char *folder;                 /* its current folder */
    const struct sandbox_spec *sandbox; /* never NULL; SANDBOX_FULL_ACCESS for none */
    bool merge_output;                  /* stderr joins stdout, in the order written */
    int stdin_fd;                       /* -1: /dev/null; else borrowed for the call */
    const struct protect *protect;      /* a scan (protect.h) just made of the sandbox's */
                                        /* folders, borrowed; NULL: one is made for the call */
};

struct proc_result {
    int code;    /* exit code, or -1 when a signal ended it */
    int signal;  /* that signal, or 0 */
    bool failed; /* it never ran: `error` says why (no such program, sandbox) */
    struct error error;
    int64_t cpu_us;  /* user and system time of the tree as far as known */
    int64_t max_rss; /* bytes */
};

/* `stream` is 1 or 2. Bytes are borrowed. */
struct proc_events {
    void (*output)(void *data, int stream, str bytes);
    void (*exited)(void *data, const struct proc_result *result);
};

rein_status proc_start(struct loop *loop, const struct proc_spec *spec,
                       const struct proc_events *events, void *data, struct proc **out,
                       struct error *err);

/* A signal to the command's process group (SIGTERM, SIGINT). */
void proc_signal(struct proc *p, int number);

/* End the whole tree now, whatever it does; `exited` still comes. */
void proc_kill(struct proc *p);

/* Stop listening: the tree is killed and nothing is called any more; frees. For rein_close(). */
void proc_drop(struct proc *p);

/* A sandbox made in advance, waiting for one command; used up by proc_start_prepared() or thrown
 * away by proc_prepared_free(). `spec` as above, argv and folder unused: the env must be the same
 * as that of the command to come. */
struct proc_prepared;
rein_status proc_prepare(struct loop *loop, const struct proc_spec *spec,
                         struct proc_prepared **out, struct error *err);
/* Like proc_start(); takes `prepared`, also on failure. */
rein_status proc_start_prepared(struct proc_prepared *prepared, const struct proc_spec *spec,
                                const struct proc_events *events, void *data, struct proc **out,
                                struct error *err);
void proc_prepared_free(struct proc_prepared *prepared);

/* Wait, at most `wait_ms`, until the launchers of ended and dropped children are gone too: then
 * their placeholders are. For the end of a session or a program. */
void proc_settle(int wait_ms);

/* What this machine's kernel gives, found by doing (once a process, 3 ms): the tier of security.md
 * 3.10 (1 to 4), and for each feature a word. Used by doctor and before the first command. */
struct sandbox_features {
    int tier;
    bool user_namespace, mount_namespace, pid_namespace, net_namespace, seccomp, pidfd;
    int landlock_abi; /* 0: none */
    char detail[256]; /* why not tier 1 */
};
const struct sandbox_features *sandbox_probe(void);

#endif
