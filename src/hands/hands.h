/*
 * hands.h - where tools act: provision, execute, release.
 *
 * The brain knows names and inputs; hands know a folder, what may be touched there, and how to run
 * a command. Provisioning only writes down what is wanted: no process, namespace or mount exists
 * before the first command. (AGREED header: tools and runtime are written against it.)
 */
#ifndef HANDS_HANDS_H
#define HANDS_HANDS_H

#include "base/error.h"
#include "base/str.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sandbox.h"

struct hands;
struct command;

struct hands_spec {
    const char *folder; /* canonical: where commands start; the writable root */
    enum sandbox_level level;
    const char *results;            /* folder of spilled results of this session */
    const char *const *masked;      /* rein's own folders, NULL-ended */
    const char *const *environment; /* the user's, NULL-ended; scrubbed here; NULL: environ */
    const char *state;              /* folder for the placeholder journal */
};

/* Strings are copied. hands_release() ends it; running commands are killed, nothing is called. */
rein_status hands_provision(struct loop *loop, const struct hands_spec *spec, struct hands **out,
                            struct error *err);
void hands_release(struct hands *hands);

int hands_root(const struct hands *hands); /* descriptor of the folder (O_PATH) */
const char *hands_folder(const struct hands *hands);
enum sandbox_level hands_level(const struct hands *hands);
const char *hands_results(const struct hands *hands);

struct command_result {
    struct proc_result proc;
    bool timed_out, canceled;
    bool sandboxed, prepared; /* by which way it ran */
    const char *violations;   /* lines about protected names that changed, or NULL */
};
struct command_events {
    void (*output)(void *data, int stream, str bytes);
    void (*exited)(void *data, const struct command_result *result); /* exactly once */
};

/* Run `text` with bash --norc --noprofile -c in the folder. stderr joins stdout. After `timeout_ms`
 * SIGTERM to the group, 2 s later the whole tree is killed. */
rein_status hands_execute(struct hands *hands, str text, int64_t timeout_ms,
                          const struct command_events *events, void *data, struct command **out,
                          struct error *err);

/* Run a program of ours with an argument vector in the same walls (rg for Grep); stdout only,
 * stderr apart. argv[0] is an absolute path. */
rein_status hands_run(struct hands *hands, const char *const *argv, int64_t timeout_ms,
                      const struct command_events *events, void *data, struct command **out,
                      struct error *err);

/* SIGTERM, then the tree is killed after the grace; `exited` still comes, with canceled set. */
void command_cancel(struct command *command);

#endif
