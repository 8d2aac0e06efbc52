/* headless.c - what text.c, json.c and stream_json.c have in common. */
#include "serve/headless.h"

#include <stdlib.h>

#include "base/memory.h"

struct door *headless_open(const struct door_ops *ops, const struct door_info *info,
                           rein_write_fn *write, void *data)
{
    struct door *door = memory_new(sizeof *door);

    door->ops = ops;
    door->write = write;
    door->data = data;
    course_init(&door->course, info);
    buf_init(&door->line, BUF_NO_MAX);
    return door;
}

enum door_exit headless_close(struct door *door)
{
    enum door_exit code = course_exit(&door->course);

    course_fini(&door->course);
    buf_fini(&door->line);
    free(door);
    return code;
}

void headless_flush(struct door *door)
{
    if (door->line.n)
        door->write(door->data, door->line.p, door->line.n);
    buf_clear(&door->line);
}

void headless_unfinished(struct door *door)
{
    struct course *course = &door->course;

    if (course->ended || !course->error_message.n)
        return;
    course_result(course, &door->line);
    buf_byte(&door->line, '\n');
    headless_flush(door);
}

enum door_exit headless_published(enum door_exit code)
{
    switch (code) {
    case DOOR_FAILED:
    case DOOR_LIMIT: return DOOR_FAILED;
    case DOOR_DONE:
    case DOOR_REFUSED:
    case DOOR_INTERRUPTED: return DOOR_DONE;
    }
    return DOOR_FAILED;
}
