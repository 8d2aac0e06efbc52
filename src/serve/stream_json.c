/*
 * stream_json.c - the door "stream-json": a line of JSON for each thing that a program that drives
 * an agent wants to know, in the published shapes. docs/headless.md lists them.
 *
 * A line is written in one piece. Every turn begins with a line system/init and ends with a line
 * result. An assistant line holds one finished block; its usage is not known yet when the block is,
 * and stands in the result.
 */
#include "serve/preview.h"
#include "serve/stream_line.h"

static void on_running(struct door *door, const rein_event *event, const struct json *body)
{
    (void)event;
    (void)body;
    stream_init(door);
}

static void end_preview(struct door *door, const rein_event *event, const struct json *body)
{
    if (door->preview)
        preview_block_end(door->preview, str_of(event->id), body);
}

static void on_message(struct door *door, const rein_event *event, const struct json *body)
{
    end_preview(door, event, body);
    json_each (block, json_get(body, "content")) {
        struct json_writer w = stream_assistant(door, json_text(body, "model", door->course.model));
        json_raw(&w, block->source);
        stream_assistant_end(door, &w, json_get(body, "usage"), S("null"), S(""));
    }
}

static void on_thinking(struct door *door, const rein_event *event, const struct json *body)
{
    str redacted = json_text(body, "redacted", S(""));

    end_preview(door, event, body);
    struct json_writer w = stream_assistant(door, json_text(body, "model", door->course.model));
    json_object(&w);
    if (redacted.n) {
        json_put(&w, "type", S("redacted_thinking"));
        json_put(&w, "data", redacted);
    } else {
        json_put(&w, "type", S("thinking"));
        json_put(&w, "thinking", json_text(body, "thinking", S("")));
        json_put(&w, "signature", json_text(body, "signature", S("")));
    }
    json_object_end(&w);
    stream_assistant_end(door, &w, json_get(body, "usage"), S("null"), S(""));
}

static void on_kept(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *native = json_get(body, "native");

    (void)event;
    if (!native || native->kind != JSON_OBJECT)
        return;
    struct json_writer w = stream_assistant(door, json_text(body, "model", door->course.model));
    json_raw(&w, native->source);
    stream_assistant_end(door, &w, json_get(body, "usage"), S("null"), S(""));
}

static void on_tool_use(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *input = json_get(body, "input");

    end_preview(door, event, body);
    struct json_writer w = stream_assistant(door, json_text(body, "model", door->course.model));
    json_object(&w);
    json_put(&w, "type", S("tool_use"));
    json_put(&w, "id", course_call(&door->course, str_of(event->id)));
    json_put(&w, "name", json_text(body, "name", S("")));
    json_put_raw(&w, "input", input ? input->source : S("{}"));
    json_object_end(&w);
    stream_assistant_end(door, &w, json_get(body, "usage"), S("null"), S(""));
}

/* A result's content: a text alone stands as a string, as most tools' results do there. */
static void put_content(struct json_writer *w, const struct json *content)
{
    const struct json *only = content && content->count == 1 ? content->first : NULL;

    if (content && content->kind == JSON_ARRAY && only &&
        str_eq(json_text(only, "type", S("")), S("text")))
        json_string(w, json_text(only, "text", S("")));
    else
        json_raw(w, content ? content->source : S("\"\""));
}

static void on_tool_result(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *content = json_get(body, "content");
    const struct json *details = json_get(body, "details");
    str call = json_text(body, "call", S(""));

    (void)event;
    stream_init(door);
    struct json_writer w = stream_line(door, S("user"));
    json_key(&w, "message");
    json_object(&w);
    json_put(&w, "role", S("user"));
    json_key(&w, "content");
    json_array(&w);
    json_object(&w);
    json_put(&w, "type", S("tool_result"));
    json_put(&w, "tool_use_id",
             call.n ? call : course_call(&door->course, json_text(body, "tool_use_id", S(""))));
    json_key(&w, "content");
    put_content(&w, content);
    if (json_bool(body, "is_error", false))
        json_put_bool(&w, "is_error", true);
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    json_put_raw(&w, "parent_tool_use_id", S("null"));
    json_key(&w, "tool_use_result");
    if (details)
        json_raw(&w, details->source);
    else
        put_content(&w, content);
    stream_line_end(door, &w);
}

static void on_decision(struct door *door, const rein_event *event, const struct json *body)
{
    str event_id = json_text(body, "tool_use_id", S(""));
    const struct open_call *call = map_get(&door->course.calls, event_id);

    (void)event;
    if (!str_eq(json_text(body, "decision", S("")), S("deny")))
        return;
    stream_init(door);
    struct json_writer w = stream_system(door, S("permission_denied"));
    json_put(&w, "tool_name", call ? call->name : S(""));
    json_put(&w, "tool_use_id", course_call(&door->course, event_id));
    json_put(&w, "decision_reason", json_text(body, "rule", json_text(body, "by", S(""))));
    json_put(&w, "message", json_text(body, "reason", S("")));
    stream_line_end(door, &w);
}

static void on_retry(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *error = json_get(body, "error");
    const struct json *status = json_get(error, "status");

    (void)event;
    stream_init(door);
    struct json_writer w = stream_system(door, S("api_retry"));
    json_put_int(&w, "attempt", json_int(body, "attempt", 0));
    json_put_int(&w, "max_retries", json_int(body, "max", 0));
    json_put_int(&w, "retry_delay_ms", json_int(body, "delay_ms", 0));
    json_put_raw(&w, "error_status",
                 status && status->kind == JSON_NUMBER ? status->source : S("null"));
    json_put(&w, "error", json_text(error, "message", json_text(body, "error", S(""))));
    stream_line_end(door, &w);
}

/* An error's type as the published interface names it. */
static str published_error(str type)
{
    static const struct {
        str type, name;
    } names[] = {
        {S_INIT("authentication_error"), S_INIT("authentication_failed")},
        {S_INIT("permission_error"), S_INIT("authentication_failed")},
        {S_INIT("auth"), S_INIT("authentication_failed")},
        {S_INIT("billing_error"), S_INIT("billing_error")},
        {S_INIT("rate_limit_error"), S_INIT("rate_limit")},
        {S_INIT("overloaded_error"), S_INIT("overloaded")},
        {S_INIT("overloaded"), S_INIT("overloaded")},
        {S_INIT("invalid_request_error"), S_INIT("invalid_request")},
        {S_INIT("not_found_error"), S_INIT("model_not_found")},
        {S_INIT("not_found"), S_INIT("model_not_found")},
        {S_INIT("api_error"), S_INIT("server_error")},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq(type, names[i].type))
            return names[i].name;
    }
    return S("unknown");
}

/* A failure that ends the turn is told as a message too, so that a transcript shows it. */
static void on_error(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *error = json_get(body, "error");

    (void)event;
    if (json_bool(error, "retryable", false))
        return;
    struct json_writer w = stream_assistant(door, S("<synthetic>"));
    json_object(&w);
    json_put(&w, "type", S("text"));
    json_put(&w, "text", json_text(error, "message", S("")));
    json_object_end(&w);
    stream_assistant_end(door, &w, NULL, S("\"stop_sequence\""),
                         published_error(json_text(error, "type", S(""))));
}

static void on_idle(struct door *door, const rein_event *event, const struct json *body)
{
    (void)event;
    (void)body;
    stream_init(door);
    course_result(&door->course, &door->line);
    buf_byte(&door->line, '\n');
    headless_flush(door);
    door->begun = false;
}

/* ---- replies while they are written ------------------------------------------------------------ */

static void put_preview(void *data, str event)
{
    struct door *door = data;
    struct json_writer w;

    stream_init(door);
    w = stream_line(door, S("stream_event"));
    json_put_raw(&w, "event", event);
    json_put_raw(&w, "parent_tool_use_id", S("null"));
    stream_line_end(door, &w);
}

static void on_event_start(struct door *door, const rein_event *event, const struct json *body)
{
    const struct json *coming = json_get(body, "event");

    (void)event;
    if (door->preview)
        preview_block_start(door->preview, json_text(coming, "message_id", door->course.message_id),
                            door->course.model, coming);
}

static void on_event_delta(struct door *door, const rein_event *event, const struct json *body)
{
    (void)event;
    if (door->preview)
        preview_delta(door->preview, body);
}

static void on_request(struct door *door, const rein_event *event, const struct json *body)
{
    (void)event;
    (void)body;
    if (!door->preview)
        return;
    stream_init(door);
    struct json_writer w = stream_system(door, S("status"));
    json_put(&w, "status", S("requesting"));
    stream_line_end(door, &w);
}

static void on_request_end(struct door *door, const rein_event *event, const struct json *body)
{
    (void)event;
    if (door->preview)
        preview_reply_end(door->preview, door->course.stop, json_get(body, "model_usage"));
}

/* ---- the door ---------------------------------------------------------------------------------- */

static const struct {
    const char *type;
    void (*write)(struct door *door, const rein_event *event, const struct json *body);
} lines[] = {
    {"event_delta", on_event_delta},
    {"event_start", on_event_start},
    {"session.status_running", on_running},
    {"agent.message", on_message},
    {"agent.thinking", on_thinking},
    {"agent.tool_use", on_tool_use},
    {"agent.tool_result", on_tool_result},
    {"rein.block_kept", on_kept},
    {"rein.permission_decided", on_decision},
    {"rein.request_retry", on_retry},
    {"span.model_request_start", on_request},
    {"span.model_request_end", on_request_end},
    {"session.error", on_error},
    {"session.status_idle", on_idle},
};

static void stream_event(struct door *door, const rein_event *event)
{
    const struct json *body;

    /* Who did not ask for pieces pays nothing for them. */
    if (!door->preview && strcmp(event->type, "event_delta") == 0)
        return;
    body = course_apply(&door->course, event);
    for (size_t i = 0; body && i < sizeof lines / sizeof lines[0]; i++) {
        if (strcmp(event->type, lines[i].type) != 0)
            continue;
        lines[i].write(door, event, body);
        return;
    }
}

static struct door *preview_open(const struct door_ops *ops, const struct door_info *info,
                                 rein_write_fn *write, void *data)
{
    struct door *door = headless_open(ops, info, write, data);

    door->preview = preview_new(put_preview, door);
    return door;
}

static enum door_exit stream_close(struct door *door)
{
    preview_free(door->preview);
    headless_unfinished(door);
    return headless_published(headless_close(door));
}

const struct door_ops door_stream_json = {
    .name = "stream-json",
    .wants_start = true,
    .open = headless_open,
    .event = stream_event,
    .close = stream_close,
};

const struct door_ops door_stream_json_partial = {
    .name = "stream-json-partial",
    .wants_start = true,
    .open = preview_open,
    .event = stream_event,
    .close = stream_close,
};
