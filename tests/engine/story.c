/* story.c - see story.h. */
#include "engine/story.h"

#include <stdio.h>

/* Read and Grep are concurrent reads, Bash and Write change things, Old is an alias of Read. */
static const char setup_text[] =
    "{\"model\":{\"name\":\"t/m\",\"id\":\"m\",\"provider\":\"t\",\"wire\":\"anthropic\","
    "\"max_tokens\":1000,\"prices\":{\"input\":1,\"output\":2}},\"sections\":[],"
    "\"tools\":[{\"name\":\"Read\",\"input_schema\":{\"type\":\"object\",\"properties\":"
    "{\"file_path\":{\"type\":\"string\"}},\"required\":[\"file_path\"],"
    "\"additionalProperties\":false}},"
    "{\"name\":\"Bash\",\"input_schema\":{\"type\":\"object\",\"properties\":"
    "{\"command\":{\"type\":\"string\"}},\"required\":[\"command\"]}}],"
    "\"classes\":[{\"name\":\"Read\",\"flags\":7,\"subject\":\"file_path\",\"aliases\":[\"Old\"]},"
    "{\"name\":\"Bash\",\"flags\":41,\"subject\":\"command\",\"aliases\":[]}]}";

void story_begin(struct story *s, const char *policy, int max_turns)
{
    char payload[2048];
    struct error err;

    *s = (struct story){0};
    turn_init(&s->turn);
    arena_init(&s->arena);
    arena_init(&s->scratch);
    assert_ok(setup_read(str_of(setup_text), &s->arena, &s->setup, &err), err);
    turn_setup(&s->turn, &s->setup);
    snprintf(payload, sizeof payload, "{\"policy\":%s,\"limits\":{\"max_turns\":%d}}", policy,
             max_turns);
    assert_ok(story_event(s, "rein.session_started", payload, &err), err);
}

void story_end(struct story *s)
{
    turn_fini(&s->turn);
    wanted_fini(&s->wanted);
    arena_fini(&s->arena);
    arena_fini(&s->scratch);
}

/* "$3" becomes the id of the fourth call. */
static str expand(struct story *s, const char *payload)
{
    struct buf out;
    str text;

    buf_init(&out, BUF_NO_MAX);
    for (const char *p = payload; *p; p++) {
        char id[ID_UUID_SIZE];

        if (*p != '$') {
            buf_byte(&out, *p);
            continue;
        }
        id_uuid(s->calls[*++p - '0'], id);
        buf_add(&out, str_of(id));
    }
    text = arena_str(&s->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

rein_status story_event(struct story *s, const char *type, const char *payload, struct error *err)
{
    struct event ev = {.seq = ++s->seq, .type = event_type_of(str_of(type)), .name = str_of(type)};
    struct entry entry = {.ev = &ev};
    struct json *body;

    assert_int_not_equal(ev.type, EV_UNKNOWN);
    memcpy(ev.id.b, &s->seq, sizeof s->seq);
    ev.id.b[15] = 1;
    ev.payload = expand(s, payload ? payload : "{}");
    assert_ok(json_parse(ev.payload, JSON_DEPTH, &s->arena, &body, err), *err);
    entry.body = body;
    if (ev.type == EV_AGENT_TOOL_USE)
        s->calls[s->n_calls++] = ev.id;
    return turn_apply(&s->turn, &entry, err);
}

static const char *const effect_names[] = {
    [EFFECT_NONE] = "none",     [EFFECT_TAKE] = "take",     [EFFECT_REQUEST] = "request",
    [EFFECT_SETTLE] = "settle", [EFFECT_DECIDE] = "decide", [EFFECT_TOOL] = "tool",
    [EFFECT_ANSWER] = "answer", [EFFECT_STOP] = "stop",     [EFFECT_CANCEL] = "cancel",
    [EFFECT_IDLE] = "idle",
};

void story_show(struct story *s, char *out, size_t room)
{
    size_t at = (size_t)snprintf(out, room, "%s:", turn_state_name(s->turn.state));

    arena_reset(&s->scratch);
    turn_next(&s->turn, &s->scratch, &s->wanted);
    for (size_t i = 0; i < s->wanted.n; i++) {
        const struct effect *e = &s->wanted.items[i];

        at += (size_t)snprintf(out + at, room - at, " %s", effect_names[e->kind]);
        if (e->kind >= EFFECT_DECIDE && e->kind <= EFFECT_ANSWER)
            at += (size_t)snprintf(out + at, room - at, "#%zu", e->call);
        if (e->outcome)
            at += (size_t)snprintf(out + at, room - at, "=%s", e->outcome);
    }
}

void story_tell(struct story *s, const struct line *lines)
{
    char seen[1024];
    struct error err;

    for (size_t i = 0; lines[i].event; i++) {
        assert_ok(story_event(s, lines[i].event, lines[i].payload, &err), err);
        story_show(s, seen, sizeof seen);
        if (lines[i].expected && strcmp(seen, lines[i].expected) != 0)
            test_fail("line %zu (%s): expected '%s', seen '%s'", i, lines[i].event,
                      lines[i].expected, seen);
    }
}
