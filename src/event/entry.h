/* entry.h - an event with its payload parsed once, as every fold takes it. Borrowed for the call. */
#ifndef EVENT_ENTRY_H
#define EVENT_ENTRY_H

#include "base/json.h"
#include "event/event.h"

struct entry {
    const struct event *ev;
    const struct json *body; /* NULL when the payload was redacted */
};

#endif
