/*
 * text.c - the door "text": the agent's last words and a newline, for pipes and shells. A turn that
 * failed writes nothing; what went wrong is the host's to tell, elsewhere.
 */
#include "serve/headless.h"

static void text_event(struct door *door, const rein_event *event)
{
    struct course *course = &door->course;
    str text;

    if (!course_wants(event))
        return;
    course_apply(course, event);
    if (strcmp(event->type, "session.status_idle") != 0 || course_is_error(course))
        return;
    text = json_text(course->result, "text", S(""));
    buf_add(&door->line, text);
    if (!str_ends(text, S("\n")))
        buf_byte(&door->line, '\n');
    headless_flush(door);
}

const struct door_ops door_text = {
    .name = "text",
    .open = headless_open,
    .event = text_event,
    .close = headless_close,
};
