/*
 * door.c - the table of doors, and the calls that lead to a row of it.
 */
#include "serve/door.h"

#include <stdio.h>

#include "base/error.h"
#include "serve/headless.h"

#define DOOR(symbol) extern const struct door_ops door_##symbol;
#include "serve/doors.def"
#undef DOOR

static const struct door_ops *const doors[] = {
#define DOOR(symbol) &door_##symbol,
#include "serve/doors.def"
#undef DOOR
};
enum { DOORS = sizeof doors / sizeof doors[0] };

const struct door_ops *door_find(str name)
{
    for (size_t i = 0; i < DOORS; i++) {
        if (str_eq(name, str_of(doors[i]->name)))
            return doors[i];
    }
    return NULL;
}

rein_status door_open(str name, const struct door_info *info, rein_write_fn *write, void *data,
                      struct door **out, rein_error *err)
{
    const struct door_ops *ops = door_find(name);
    struct error fault;
    char names[160] = "";
    size_t n = 0;

    if (ops) {
        *out = ops->open(ops, info, write, data);
        return REIN_OK;
    }
    for (size_t i = 0; i < DOORS && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", doors[i]->name);
    fail(&fault, REIN_NOT_FOUND, "no protocol '%.*s'; there are %s", FS(str_take(name, 60)), names);
    if (err)
        memcpy(err, &fault, sizeof *err);
    return REIN_NOT_FOUND;
}

bool door_wants_start(const struct door *door) { return door->ops->wants_start && !door->primed; }

void door_prime(struct door *door, const rein_event *event)
{
    door->primed = true;
    course_apply(&door->course, event);
}

void door_event(struct door *door, const rein_event *event) { door->ops->event(door, event); }

enum door_exit door_close(struct door *door) { return door ? door->ops->close(door) : DOOR_FAILED; }
