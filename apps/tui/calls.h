/*
 * calls.h - the calls of tools that a screen has heard of: what each is about, in a line, and which
 * wait for a person's word. A fold; it draws nothing.
 */
#ifndef TUI_CALLS_H
#define TUI_CALLS_H

#include "base/json.h"
#include "base/map.h"

struct call_shown {
    char *name;    /* of the tool */
    char *subject; /* its path, command or pattern; as the model sent it */
    char *change;  /* what it would do to a file, as lines that begin with '+', '-', ' ' or '@' */
    bool changes;  /* its class: it may change something */
    bool running;
};

/* A question that is open: the oldest is asked first. */
struct question {
    char *id; /* of the agent.tool_use */
    char *name, *subject, *reason;
    char *change; /* as of the call */
    char *always; /* the rule that "always" stores; "" when there is none */
    struct question *next;
};

struct calls {
    char *folder;    /* paths below it are shown from it; "": as the session's start says */
    struct map open; /* id of the agent.tool_use -> struct call_shown */
    struct question *questions;
};

void calls_init(struct calls *calls, const char *folder);
void calls_fini(struct calls *calls);
void calls_clear(struct calls *calls);

/* Fold one event, given its payload's tree. */
void calls_apply(struct calls *calls, const char *type, const char *id, const struct json *body);

/* The call of that agent.tool_use, or NULL; forgets it. */
const struct call_shown *calls_get(const struct calls *calls, str id);
void calls_forget(struct calls *calls, str id);

/* One that runs, for a status line; NULL when none does. */
const struct call_shown *calls_running(const struct calls *calls);

#endif
