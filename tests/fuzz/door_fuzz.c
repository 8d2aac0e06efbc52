/* door_fuzz.c - any payloads, through every protocol: each line that comes out is one JSON object. The
 * input is lines, "type payload". */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "serve/door.h"

static void append(void *data, const char *bytes, size_t size)
{
    buf_add(data, str_make(bytes, size));
}

static void check_lines(str lines)
{
    struct arena a;

    arena_init(&a);
    while (lines.n) {
        struct json *line = NULL;
        rein_status status = json_parse(str_cut(&lines, '\n'), JSON_DEPTH + 8, &a, &line, NULL);
        assert(status == REIN_OK && line->kind == JSON_OBJECT);
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void show(const char *protocol, str events)
{
    const struct door_info info = {"01900000-0000-7000-8000-ffffffffffff", "/w", "1", "none"};
    struct door *door = NULL;
    struct arena a;
    struct buf out;

    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    door_open(str_of(protocol), &info, append, &out, &door, NULL);
    for (unsigned n = 1; events.n; n++) {
        str line = str_cut(&events, '\n');
        rein_event event = {.type = arena_cstr(&a, str_cut(&line, ' ')), .seq = n};
        event.payload = arena_cstr(&a, line);
        event.payload_size = line.n;
        snprintf(event.id, sizeof event.id, "01900000-0000-7000-8000-%012x", n % 8);
        door_event(door, &event);
    }
    door_close(door);
    if (protocol[0] != 't')
        check_lines(buf_str(&out));
    buf_fini(&out);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const protocols[] = {"text", "json", "stream-json", "stream-json-partial"};

    for (size_t i = 0; i < 4; i++)
        show(protocols[i], str_make((const char *)data, size));
    return 0;
}
