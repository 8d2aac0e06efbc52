/*
 * course.c - the fold behind the headless doors. It reads payloads as docs/events.md has them and
 * keeps what later lines need; it never writes.
 */
#include "serve/course.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/sha256.h"

void course_init(struct course *c, const struct door_info *info)
{
    *c = (struct course){0};
    arena_init(&c->life);
    arena_init(&c->turn);
    arena_init(&c->scratch);
    map_init(&c->calls);
    map_init(&c->shares);
    c->session = arena_str(&c->life, str_of(info->session));
    c->folder = arena_str(&c->life, str_of(info->folder));
    c->version = arena_str(&c->life, str_of(info->version));
    c->key_source = arena_str(&c->life, str_of(info->key_source));
    c->tools = S("[]");
    c->mode = S("default");
    id_parse(c->session, &c->event_id);
    c->lines = 1; /* the session's own id is no line's */
}

void course_fini(struct course *c)
{
    map_each (share, &c->shares)
        free(share->value);
    map_fini(&c->shares);
    map_fini(&c->calls);
    arena_fini(&c->life);
    arena_fini(&c->turn);
    arena_fini(&c->scratch);
}

/* ---- what each kind of event changes ----------------------------------------------------------- */

static void keep(struct arena *a, str *place, str value)
{
    if (value.n)
        *place = arena_str(a, value);
}

/* A new session says what it is; one that another process goes on with, what has changed. */
static void on_started(struct course *c, const struct json *body)
{
    const struct json *tools = json_get(body, "tools");

    keep(&c->life, &c->model, json_text(json_get(body, "model"), "id", S("")));
    keep(&c->life, &c->folder, json_text(body, "folder", S("")));
    keep(&c->life, &c->mode, json_text(json_get(body, "policy"), "mode", S("")));
    if (tools && tools->kind == JSON_ARRAY)
        c->tools = arena_str(&c->life, tools->source);
}

/* Blocks of one reply share an id; where the event names none, the request's own stands for it. */
static void on_request(struct course *c, const struct json *body)
{
    char id[ID_UUID_SIZE];

    (void)body;
    id_uuid(c->event_id, id);
    c->message_id = arena_printf(&c->turn, "msg_%s", id);
}

static void on_running(struct course *c, const struct json *body)
{
    map_fini(&c->calls);
    map_init(&c->calls);
    arena_reset(&c->turn);
    c->stop = c->error_type = c->error_message = c->end = (str){0};
    on_request(c, body);
    c->refused = c->ended = false;
    c->result = NULL;
}

static void on_block(struct course *c, const struct json *body)
{
    keep(&c->turn, &c->message_id, json_text(body, "message_id", S("")));
}

static void on_tool_use(struct course *c, const struct json *body)
{
    struct open_call *call = arena_new(&c->turn, struct open_call);
    char id[ID_UUID_SIZE];

    on_block(c, body);
    id_uuid(c->event_id, id);
    call->call = arena_str(&c->turn, json_text(body, "call", str_of(id)));
    call->name = arena_str(&c->turn, json_text(body, "name", S("")));
    map_set(&c->calls, str_of(id), call);
}

static void on_tool_result(struct course *c, const struct json *body)
{
    c->refused = str_eq(json_text(body, "outcome", S("")), S("denied"));
}

static void on_request_end(struct course *c, const struct json *body)
{
    str model = json_text(body, "model", c->model);
    struct model_share *share = map_get(&c->shares, model);
    struct usage usage;

    keep(&c->turn, &c->stop, json_text(body, "stop_raw", json_text(body, "stop_reason", S(""))));
    if (!json_get(body, "model_usage"))
        return;
    if (!share) {
        share = memory_new(sizeof *share);
        map_set(&c->shares, model, share);
    }
    usage_read(json_get(body, "model_usage"), &usage);
    usage_add(&share->usage, &usage);
    share->cost += json_real(body, "cost_usd", 0);
}

static void on_error(struct course *c, const struct json *body)
{
    const struct json *error = json_get(body, "error");

    keep(&c->turn, &c->error_type, json_text(error, "type", S("")));
    keep(&c->turn, &c->error_message, json_text(error, "message", S("")));
}

static void on_idle(struct course *c, const struct json *body)
{
    const struct json *result = json_get(body, "result");
    struct json *copy = NULL;

    keep(&c->turn, &c->end, json_text(json_get(body, "stop_reason"), "type", S("")));
    if (result)
        json_parse(arena_str(&c->turn, result->source), JSON_DEPTH, &c->turn, &copy, NULL);
    c->result = copy;
    c->ended = true;
}

static const struct {
    const char *type;
    void (*apply)(struct course *c, const struct json *body);
} rules[] = {
    {"rein.session_started", on_started},
    {"rein.session_woken", on_started},
    {"session.status_running", on_running},
    {"span.model_request_start", on_request},
    {"span.model_request_end", on_request_end},
    {"agent.message", on_block},
    {"agent.thinking", on_block},
    {"agent.tool_use", on_tool_use},
    {"agent.tool_result", on_tool_result},
    {"session.error", on_error},
    {"session.status_idle", on_idle},
};

bool course_wants(const rein_event *event)
{
    return event->seq || strcmp(event->type, "session.error") == 0;
}

const struct json *course_apply(struct course *c, const rein_event *event)
{
    struct json *body = NULL;

    arena_reset(&c->scratch);
    if (json_parse(str_make(event->payload, event->payload_size), JSON_DEPTH, &c->scratch, &body,
                   NULL) != REIN_OK)
        return NULL;
    if (event->seq && id_parse(str_of(event->id), &c->event_id))
        c->lines = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(event->type, rules[i].type) == 0)
            rules[i].apply(c, body);
    }
    return body;
}

/* ---- what lines ask ---------------------------------------------------------------------------- */

void course_uuid(struct course *c, char out[ID_UUID_SIZE])
{
    struct id id = c->event_id;
    uint32_t n = c->lines++;
    struct sha256 sha;
    struct digest digest;

    if (n > 0) { /* no chance here: the same events give the same lines (UUIDv8) */
        sha256_init(&sha);
        sha256_add(&sha, str_make((const char *)id.b, sizeof id.b));
        sha256_add_u64(&sha, n);
        digest = sha256_done(&sha);
        memcpy(id.b, digest.b, sizeof id.b);
        id.b[6] = (unsigned char)((id.b[6] & 0x0f) | 0x80);
        id.b[8] = (unsigned char)((id.b[8] & 0x3f) | 0x80);
    }
    id_uuid(id, out);
}

str course_call(const struct course *c, str event_id)
{
    const struct open_call *call = map_get(&c->calls, event_id);

    return call ? call->call : event_id;
}

bool course_is_error(const struct course *c)
{
    return json_bool(c->result, "is_error", false) || !str_eq(c->end, S("end_turn"));
}

enum door_exit course_exit(const struct course *c)
{
    static const struct {
        str end;
        enum door_exit code;
    } exits[] = {
        {S_INIT("interrupted"), DOOR_INTERRUPTED},
        {S_INIT("max_turns"), DOOR_LIMIT},
        {S_INIT("budget_reached"), DOOR_LIMIT},
    };

    if (!c->ended)
        return DOOR_FAILED;
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        if (str_eq(c->end, exits[i].end))
            return exits[i].code;
    }
    if (course_is_error(c))
        return DOOR_FAILED;
    return c->refused ? DOOR_REFUSED : DOOR_DONE;
}
