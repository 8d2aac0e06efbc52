/*
 * local.c - hands without walls: danger-full-access, by the user's choice alone. What every child
 * gets still holds: its own session, an end with the harness, nothing left behind.
 */
#include "hands/hands_impl.h"

static rein_status start(struct hands *hands, struct command *command, const struct proc_spec *spec,
                         const struct proc_events *events, struct error *err)
{
    return proc_start(hands->loop, spec, events, command, &command->proc, err);
}

static void ended(struct hands *hands, struct command *command) { (void)hands, (void)command; }
static void nothing(struct hands *hands) { (void)hands; }

const struct hands_ops hands_local = {"local", false, start, ended, nothing, nothing};
