/*
 * json.c - the door "json": one result object in the published shape, when the turn is over.
 */
#include "serve/headless.h"

static void json_event(struct door *door, const rein_event *event)
{
    if (!course_wants(event))
        return;
    course_apply(&door->course, event);
    if (strcmp(event->type, "session.status_idle") != 0)
        return;
    course_result(&door->course, &door->line);
    buf_byte(&door->line, '\n');
    headless_flush(door);
}

static enum door_exit json_close(struct door *door)
{
    headless_unfinished(door);
    return headless_published(headless_close(door));
}

const struct door_ops door_json = {
    .name = "json",
    .open = headless_open,
    .event = json_event,
    .close = json_close,
};
