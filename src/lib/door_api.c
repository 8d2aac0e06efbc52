/*
 * door_api.c - doors as rein.h shows them: a row of serve/doors.def that listens to a session.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "config/vault.h"
#include "serve/door.h"

struct rein_door {
    rein_session *session;
    struct door *door;
};

static void hear_past(void *data, rein_session *s, const rein_event *event)
{
    rein_door *door = data;

    (void)s;
    door_prime(door->door, event);
}

/* What the session is stands in its first event, which was told, if at all, before the door was
 * opened. It is looked up at the first event that comes: then it is stored for sure. */
static void hear(void *data, rein_session *s, const rein_event *event)
{
    rein_door *door = data;

    if (event->seq != 1 && door_wants_start(door->door))
        rein_read(s, 1, 1, hear_past, door, NULL);
    door_event(door->door, event);
}

/* Which variable the key came from, as the published init line says it. */
static const char *key_source(void)
{
    for (size_t i = 0; vault_names[i]; i++) {
        if (strstr(vault_names[i], "_URL") == NULL && vault_get(vault_names[i]).n)
            return vault_names[i];
    }
    return "none";
}

rein_status rein_door_open(rein_session *s, const char *protocol, rein_write_fn *write, void *data,
                           rein_door **out, rein_error *err)
{
    struct door_info info = {
        .session = rein_session_id(s),
        .folder = rein_session_folder(s),
        .version = rein_version(),
        .key_source = key_source(),
    };
    rein_door *door = memory_new(sizeof *door);
    rein_status status;

    door->session = s;
    status = door_open(str_of(protocol), &info, write, data, &door->door, err);
    if (status == REIN_OK)
        status = rein_listen(s, hear, door, err);
    if (status != REIN_OK) {
        if (door->door)
            door_close(door->door);
        free(door);
        return status;
    }
    *out = door;
    return REIN_OK;
}

int rein_door_close(rein_door *door)
{
    int code;

    if (!door)
        return DOOR_FAILED;
    rein_unlisten(door->session, hear, door);
    code = (int)door_close(door->door);
    free(door);
    return code;
}
