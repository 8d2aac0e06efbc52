/*
 * stream_line.c - the lines of stream-json that have parts in common: their beginnings and ends, the
 * line init, an assistant's message around its block.
 */
#include "serve/stream_line.h"

void stream_line_end(struct door *door, struct json_writer *w)
{
    char uuid[ID_UUID_SIZE];

    course_uuid(&door->course, uuid);
    json_put(w, "session_id", door->course.session);
    json_put(w, "uuid", str_of(uuid));
    json_object_end(w);
    buf_byte(&door->line, '\n');
    headless_flush(door);
}

struct json_writer stream_line(struct door *door, str type)
{
    struct json_writer w;

    json_begin(&w, &door->line);
    json_object(&w);
    json_put(&w, "type", type);
    return w;
}

struct json_writer stream_system(struct door *door, str subtype)
{
    struct json_writer w = stream_line(door, S("system"));

    json_put(&w, "subtype", subtype);
    return w;
}

void stream_init(struct door *door)
{
    static const char *const empty[] = {"mcp_servers", "slash_commands", "agents", "skills",
                                        "plugins"};
    const struct course *c = &door->course;
    struct json_writer w;

    if (door->begun)
        return;
    w = stream_system(door, S("init"));
    json_put(&w, "cwd", c->folder);
    json_put_raw(&w, "tools", c->tools);
    json_put(&w, "model", c->model);
    json_put(&w, "permissionMode", c->mode);
    json_put(&w, "apiKeySource", c->key_source);
    json_put(&w, "version", c->version);
    json_put(&w, "claude_code_version", c->version); /* the published name of the same */
    json_put(&w, "output_style", S("default"));
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        json_put_raw(&w, empty[i], S("[]"));
    stream_line_end(door, &w);
    door->begun = true;
}

/* The members of an assistant's message up to the opening of its content; `model` as it answered. */
struct json_writer stream_assistant(struct door *door, str model)
{
    struct json_writer w;

    stream_init(door);
    w = stream_line(door, S("assistant"));
    json_key(&w, "message");
    json_object(&w);
    json_put(&w, "id", door->course.message_id);
    json_put(&w, "type", S("message"));
    json_put(&w, "role", S("assistant"));
    json_put(&w, "model", model);
    json_key(&w, "content");
    json_array(&w);
    return w;
}

void stream_assistant_end(struct door *door, struct json_writer *w, const struct json *usage,
                          str stop, str error)
{
    json_array_end(w);
    json_put_raw(w, "stop_reason", stop);
    json_put_raw(w, "stop_sequence", S("null"));
    json_put_raw(w, "usage", usage ? usage->source : S("{\"input_tokens\":0,\"output_tokens\":0}"));
    json_object_end(w);
    json_put_raw(w, "parent_tool_use_id", S("null"));
    if (error.n)
        json_put(w, "error", error);
    stream_line_end(door, w);
}
