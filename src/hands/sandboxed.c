/*
 * sandboxed.c - hands behind the kernel's walls, and the sandbox that waits for the next command.
 *
 * Before a command the protected names are looked up, after it they are compared. When a command
 * has ended, a sandbox for the next is made while the model thinks; it serves once, and only while
 * the protected names are the ones that it was made for.
 */
#include <unistd.h>

#include "hands/hands_impl.h"

/* Keep the newest scan; a sandbox that no longer fits it goes. */
static void seen_set(struct hands *h, struct protect *scan)
{
    if (h->prepared && h->seen && !protect_same(h->seen, scan)) {
        proc_prepared_free(h->prepared);
        h->prepared = NULL;
    }
    protect_free(h->seen);
    h->seen = scan;
}

static rein_status start(struct hands *hands, struct command *command, const struct proc_spec *spec,
                         const struct proc_events *events, struct error *err)
{
    struct proc_spec own = *spec;
    rein_status status = REIN_TIMEOUT;

    if (!hands->cleaned)
        protect_clean(hands->sandbox.state);
    hands->cleaned = true;
    if (hands->journal < 0)
        hands->journal = protect_hold(&hands->sandbox);
    command->before = protect_scan(&hands->sandbox, hands->seen);
    own.protect = command->before;
    if (hands->prepared && (!protect_same(hands->seen, command->before) ||
                            (hands->journal >= 0 && !protect_is_held(command->before)))) {
        proc_prepared_free(hands->prepared);
        hands->prepared = NULL;
    }
    if (hands->prepared) {
        struct proc_prepared *prepared = hands->prepared;

        hands->prepared = NULL;
        status = proc_start_prepared(prepared, &own, events, command, &command->proc, NULL);
        command->result.prepared = status == REIN_OK;
    }
    if (status != REIN_OK)
        status = proc_start(hands->loop, &own, events, command, &command->proc, err);
    return status;
}

static void ended(struct hands *hands, struct command *command)
{
    struct protect *after = protect_scan(&hands->sandbox, command->before);

    protect_compare(command->before, after, &command->violations);
    seen_set(hands, after);
}

/* That none can be made is said by the next command. */
static void idle(struct hands *hands)
{
    struct proc_spec spec = {.sandbox = &hands->sandbox, .protect = hands->seen, .stdin_fd = -1};

    if (!hands->prepared && hands->seen)
        (void)proc_prepare(hands->loop, &spec, &hands->prepared, NULL);
}

/* Our share goes first: then a sandbox that waits is the last, and its launcher tidies up; one that
 * gave up waiting has left that to us. */
static void release(struct hands *hands)
{
    if (hands->journal >= 0)
        close(hands->journal);
    hands->journal = -1;
    proc_prepared_free(hands->prepared);
    hands->prepared = NULL;
    if (hands->cleaned)
        protect_clean(hands->sandbox.state);
    protect_free(hands->seen);
    hands->seen = NULL;
}

const struct hands_ops hands_sandboxed = {"sandboxed", true, start, ended, idle, release};
