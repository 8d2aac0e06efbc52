/*
 * hands.c - what all hands have in common: provisioning, deadlines, cancelling, releasing.
 *
 * Provisioning copies words and opens the folder; nothing else exists before the first command. A
 * command's life: start, output, and one `exited`; a deadline or a cancel first asks (SIGTERM to
 * the group), and after the grace ends the whole tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "hands/hands_impl.h"
#include "platform/file.h"

enum { GRACE_MS = 2000, PREPARE_MS = 0, STALE_MS = 60000, SETTLE_MS = 500 };
enum { TEXT_MAX = 128 * 1024 - 1 };

extern char **environ;

static const char *const *copy_list(struct arena *a, const char *const *list)
{
    size_t n = 0;
    const char **out;

    while (list && list[n])
        n++;
    out = arena_array(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = arena_cstr(a, str_of(list[i]));
    return out;
}

static const char *copy(struct arena *a, const char *text)
{
    return text ? arena_cstr(a, str_of(text)) : NULL;
}

/* Without symlinks, as all paths of a sandbox are; one that does not exist stays as it is. */
static const char *canonical(struct arena *a, const char *path)
{
    const char *out = NULL;

    return path && file_canonical(path, a, &out, NULL) == REIN_OK ? out : copy(a, path);
}

static struct hands *hands_new(struct loop *loop, const struct hands_spec *spec, int root)
{
    struct hands *h = memory_new(sizeof *h);
    struct arena *a = &h->arena;
    const char *const *user =
        spec->environment ? spec->environment : (const char *const *)(void *)environ;
    bool sandboxed = spec->level != SANDBOX_FULL_ACCESS;

    arena_init(a);
    list_init(&h->commands);
    h->loop = loop;
    h->root = root;
    h->journal = -1;
    h->ops = sandboxed ? &hands_sandboxed : &hands_local;
    h->folder = copy(a, spec->folder);
    h->results = copy(a, spec->results);
    h->environment = hands_environment(user, h->folder, sandboxed, a);
    h->sandbox = (struct sandbox_spec){.level = spec->level,
                                       .workspace = h->folder,
                                       .readable_results = h->results,
                                       .masked = copy_list(a, spec->masked),
                                       .home = canonical(a, hands_variable(user, "HOME")),
                                       .state = copy(a, spec->state)};
    return h;
}

rein_status hands_provision(struct loop *loop, const struct hands_spec *spec, struct hands **out,
                            struct error *err)
{
    int root = open(spec->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        return fail_errno(err, errno, "the folder '%s'", spec->folder);
    *out = hands_new(loop, spec, root);
    return REIN_OK;
}

int hands_root(const struct hands *hands) { return hands->root; }
const char *hands_folder(const struct hands *hands) { return hands->folder; }
enum sandbox_level hands_level(const struct hands *hands) { return hands->sandbox.level; }
const char *hands_results(const struct hands *hands) { return hands->results; }

/* ---- a command's life ---------------------------------------------------------------------- */

static void command_free(struct command *c)
{
    list_remove(&c->link);
    timer_stop(&c->deadline);
    protect_free(c->before);
    buf_fini(&c->violations);
    free(c);
}

/* A minute without a command: nothing of ours stays in the user's folder for the next one. */
static void on_stale(struct timer *t)
{
    struct hands *h = list_of(t, struct hands, soon);

    if (list_is_empty(&h->commands))
        h->ops->release(h);
}

static void on_idle(struct timer *t)
{
    struct hands *h = list_of(t, struct hands, soon);

    if (!list_is_empty(&h->commands))
        return; /* its end comes here again */
    h->ops->idle(h);
    if (h->ops->sandboxed)
        timer_start(h->loop, &h->soon, STALE_MS, on_stale);
}

static void on_output(void *data, int stream, str bytes)
{
    struct command *c = data;

    if (c->events.output)
        c->events.output(c->data, stream, bytes);
}

static void on_exited(void *data, const struct proc_result *result)
{
    struct command *c = data;
    struct hands *h = c->hands;

    c->proc = NULL;
    c->result.proc = *result;
    timer_stop(&c->deadline);
    h->ops->ended(h, c);
    c->result.violations = c->violations.n ? buf_str(&c->violations).p : NULL;
    /* Not at once: what waits for the result goes first, and it may release us. */
    timer_start(h->loop, &h->soon, PREPARE_MS, on_idle);
    list_remove(&c->link);
    c->events.exited(c->data, &c->result);
    command_free(c);
}

static void on_grace(struct timer *t) { proc_kill(list_of(t, struct command, deadline)->proc); }

/* Ask first; who does not listen is ended. */
static void command_end(struct command *c)
{
    if (c->ending || !c->proc)
        return;
    c->ending = true;
    proc_signal(c->proc, SIGTERM);
    timer_start(c->hands->loop, &c->deadline, GRACE_MS, on_grace);
}

static void on_deadline(struct timer *t)
{
    struct command *c = list_of(t, struct command, deadline);

    c->result.timed_out = true;
    command_end(c);
}

void command_cancel(struct command *command)
{
    command->result.canceled = true;
    command_end(command);
}

static rein_status run(struct hands *h, const struct proc_spec *spec, int64_t timeout_ms,
                       const struct command_events *events, void *data, struct command **out,
                       struct error *err)
{
    static const struct proc_events own = {on_output, on_exited};
    struct command *c = memory_new(sizeof *c);
    rein_status status;

    list_init(&c->link);
    c->hands = h;
    c->events = *events;
    c->data = data;
    c->result.sandboxed = h->ops->sandboxed;
    buf_init(&c->violations, 16 * 1024);
    status = h->ops->start(h, c, spec, &own, err);
    if (status != REIN_OK) {
        command_free(c);
        return status;
    }
    list_add(&h->commands, &c->link);
    if (timeout_ms > 0)
        timer_start(h->loop, &c->deadline, timeout_ms, on_deadline);
    *out = c;
    return REIN_OK;
}

static const char *bash_path(void)
{
    static const char *const places[] = {"/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0)
            return places[i];
    }
    return NULL;
}

rein_status hands_execute(struct hands *hands, str text, int64_t timeout_ms,
                          const struct command_events *events, void *data, struct command **out,
                          struct error *err)
{
    const char *bash = bash_path();
    char *command;
    rein_status status;

    if (!bash)
        return fail(err, REIN_NOT_FOUND, "there is no bash on this machine: install it");
    if (text.n > TEXT_MAX)
        return fail(err, REIN_LIMIT,
                    "a command may have %d bytes, this one has %zu: write a "
                    "script file and run that",
                    TEXT_MAX, text.n);
    if (str_find(text, 0) != SIZE_MAX)
        return fail(err, REIN_INVALID, "a command can't contain a NUL byte");
    command = strndup(text.p, text.n);
    status = run(hands,
                 &(struct proc_spec){.argv = (const char *const[]){bash, "--norc", "--noprofile",
                                                                   "-c", command, NULL},
                                     .env = hands->environment,
                                     .folder = hands->folder,
                                     .sandbox = &hands->sandbox,
                                     .merge_output = true,
                                     .stdin_fd = -1},
                 timeout_ms, events, data, out, err);
    free(command);
    return status;
}

rein_status hands_run(struct hands *hands, const char *const *argv, int64_t timeout_ms,
                      const struct command_events *events, void *data, struct command **out,
                      struct error *err)
{
    return run(hands,
               &(struct proc_spec){.argv = argv,
                                   .env = hands->environment,
                                   .folder = hands->folder,
                                   .sandbox = &hands->sandbox,
                                   .stdin_fd = -1},
               timeout_ms, events, data, out, err);
}

void hands_release(struct hands *hands)
{
    if (!hands)
        return;
    list_each (link, &hands->commands) {
        struct command *c = list_of(link, struct command, link);

        proc_drop(c->proc);
        command_free(c);
    }
    hands->ops->release(hands);
    proc_settle(SETTLE_MS);
    timer_stop(&hands->soon);
    close(hands->root);
    arena_fini(&hands->arena);
    free(hands);
}
