/* story.c - plays recorded events to a door. */
#include "story.h"

#include <stdio.h>
#include <string.h>

#include "event/event.h"

const char *story_id(unsigned n)
{
    static char ids[4][40];
    static unsigned at;
    char *id = ids[at++ % 4];

    snprintf(id, sizeof ids[0], "01900000-0000-7000-8000-0000%04x0000", n);
    return id;
}

static void append(void *data, const char *bytes, size_t size)
{
    buf_add(data, str_make(bytes, size));
}

enum door_exit story_show(const char *protocol, const struct told *events, struct buf *out)
{
    const struct door_info info = {.session = "01900000-0000-7000-8000-ffffffffffff",
                                   .folder = "/w",
                                   .version = "9.9.9",
                                   .key_source = "none"};
    struct door *door = NULL;
    unsigned n = 0;

    if (door_open(str_of(protocol), &info, append, out, &door, NULL) != REIN_OK)
        return DOOR_FAILED;
    for (; events->type; events++) {
        bool is_stored = event_is_stored(event_type_of(str_of(events->type)));
        rein_event event = {.type = events->type, .payload = events->payload};
        event.payload_size = strlen(events->payload);
        event.seq = is_stored ? ++n : 0;
        if (is_stored)
            snprintf(event.id, sizeof event.id, "%s", events->id ? events->id : story_id(n));
        if (n == 1 && door_wants_start(door) && is_stored)
            door_prime(door, &event);
        door_event(door, &event);
    }
    return door_close(door);
}
