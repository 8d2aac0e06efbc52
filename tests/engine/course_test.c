/*
 * course_test.c - the turn under thousands of courses made by chance: inputs, interrupts and deaths of
 * the process come at any moment. Whatever the order, a request finds every call of the reply before
 * answered once and in order, a change is begun once, and it always comes to rest.
 */
#include "engine/story.h"

#include <stdio.h>

enum { CALLS = 4000, STEPS = 300, PATIENCE = 3000 };

struct course {
    struct story s;
    uint32_t chance;
    bool streams; /* a request is out in the process that lives */
    struct id id; /* of the last event */
    struct {
        struct id id;
        bool runs, begun, answered;
    } calls[CALLS];
    size_t n, first; /* calls; the first of the last reply */
};

static unsigned roll(struct course *c, unsigned n)
{
    c->chance = c->chance * 1664525u + 1013904223u;
    return (c->chance >> 16) % n;
}

static void say(struct course *c, enum event_type type, const char *payload)
{
    struct event ev = {
        .seq = ++c->s.seq, .type = type, .name = event_name(type), .payload = str_of(payload)};
    struct entry entry = {.ev = &ev};
    struct json *body;
    struct error err;

    memcpy(ev.id.b, &c->s.seq, sizeof c->s.seq);
    ev.id.b[15] = 1;
    c->id = ev.id;
    assert_ok(json_parse(ev.payload, JSON_DEPTH, &c->s.arena, &body, &err), err);
    entry.body = body;
    assert_ok(turn_apply(&c->s.turn, &entry, &err), err);
}

static size_t place_of(const struct course *c, size_t index) { return c->first + index; }

static void say_of(struct course *c, enum event_type type, size_t index, const char *members)
{
    char payload[256], id[ID_UUID_SIZE];

    id_uuid(c->calls[place_of(c, index)].id, id);
    snprintf(payload, sizeof payload, "{\"tool_use_id\":\"%s\"%s}", id, members);
    say(c, type, arena_cstr(&c->s.arena, str_of(payload)));
}

static void answer(struct course *c, size_t index)
{
    size_t at = place_of(c, index);

    assert_false(c->calls[at].answered);
    assert_true(turn_is_next_result(&c->s.turn, index));
    c->calls[at].answered = true;
    c->calls[at].runs = false;
    say_of(c, EV_AGENT_TOOL_RESULT, index, ",\"outcome\":\"ok\"");
}

static void request(struct course *c)
{
    assert_false(c->streams);
    for (size_t i = 0; i < c->n; i++)
        assert_true(c->calls[i].answered);
    c->streams = true;
    c->first = c->n;
    say(c, EV_MODEL_REQUEST_START, "{}");
}

static void end(struct course *c, const char *stop, bool is_error, const char *type)
{
    char payload[256];
    bool kept = turn_keeps(&c->s.turn, is_error, stop_reason_of(str_of(stop)));

    snprintf(payload, sizeof payload,
             "{\"stop_reason\":\"%s\",\"is_error\":%s,\"kept\":%s,\"error\":{\"type\":\"%s\"}}",
             stop, is_error ? "true" : "false", kept ? "true" : "false", type);
    c->streams = false;
    say(c, EV_MODEL_REQUEST_END, arena_cstr(&c->s.arena, str_of(payload)));
}

static void begin(struct course *c, size_t index)
{
    size_t at = place_of(c, index);
    bool again = c->s.turn.calls[index].lost;

    if (c->calls[at].runs)
        return;
    assert_true(again || !c->calls[at].begun);
    assert_true(!again || (c->s.turn.calls[index].class->flags & CLASS_READ_ONLY));
    c->calls[at].runs = c->calls[at].begun = true;
    if (!again)
        say_of(c, EV_TOOL_STARTED, index, "");
}

static void take(struct course *c)
{
    char payload[4096];
    size_t n = (size_t)snprintf(payload, sizeof payload, "{\"inputs\":[");
    const char *comma = "";

    for (size_t i = 0; i<c->s.turn.n_inputs; i++, comma = n> 11 ? "," : "")
        if (turn_joins(&c->s.turn, i))
            n += (size_t)snprintf(payload + n, sizeof payload - n, "%s%llu", comma,
                                  (unsigned long long)c->s.turn.inputs[i].seq);
    snprintf(payload + n, sizeof payload - n, "]}");
    if (!c->s.turn.running)
        say(c, EV_SESSION_STATUS_RUNNING, "{}");
    say(c, EV_INPUT_TAKEN, arena_cstr(&c->s.arena, str_of(payload)));
}

static void decide(struct course *c, const struct effect *e)
{
    static const char *const words[] = {",\"decision\":\"allow\"", ",\"decision\":\"ask\"",
                                        ",\"decision\":\"deny\""};

    say_of(c, EV_PERMISSION_DECIDED, e->call,
           e->outcome ? ",\"decision\":\"deny\",\"by\":\"check\"" : words[roll(c, 3)]);
}

/* As the runtime does it; false when it is under way already. */
static bool perform(struct course *c, const struct effect *e)
{
    uint64_t before = c->s.seq;

    switch (e->kind) {
    case EFFECT_TAKE: take(c); break;
    case EFFECT_REQUEST: request(c); break;
    case EFFECT_SETTLE: end(c, "none", true, "process_died"); break;
    case EFFECT_DECIDE: decide(c, e); break;
    case EFFECT_TOOL: begin(c, e->call); break;
    case EFFECT_ANSWER:
    case EFFECT_CANCEL:
        if (e->kind == EFFECT_ANSWER || turn_is_next_result(&c->s.turn, e->call))
            answer(c, e->call);
        break;
    case EFFECT_STOP: end(c, "none", true, "canceled"); break;
    case EFFECT_IDLE: say(c, EV_SESSION_STATUS_IDLE, "{}"); break;
    case EFFECT_NONE: break;
    }
    return c->s.seq != before;
}

static void stream(struct course *c)
{
    static const char *const calls[] = {
        "{\"name\":\"Read\",\"call\":\"x\",\"input\":{\"file_path\":\"/w/a\"}}",
        "{\"name\":\"Bash\",\"call\":\"x\",\"input\":{\"command\":\"make\"}}",
        "{\"name\":\"Nope\",\"call\":\"x\",\"input\":{}}",
    };
    static const char *const stops[] = {"end_turn", "tool_use", "refusal", "pause_turn",
                                        "max_tokens"};

    if (roll(c, 3) && c->n < CALLS) {
        say(c, EV_AGENT_TOOL_USE, calls[roll(c, 3)]);
        c->calls[c->n++].id = c->id;
    } else if (roll(c, 8) == 0) {
        end(c, "none", true, "network");
    } else {
        end(c, stops[roll(c, 5)], false, "");
    }
}

static void meddle(struct course *c)
{
    switch (roll(c, 12)) {
    case 0: say(c, EV_USER_INTERRUPT, "{}"); break;
    case 1:
    case 2:
        say(c, EV_USER_MESSAGE,
            roll(c, 2) ? "{\"content\":[]}" : "{\"content\":[],\"priority\":\"later\"}");
        break;
    case 3:
        c->streams = false;
        for (size_t i = 0; i < c->n; i++)
            c->calls[i].runs = false;
        say(c, EV_SESSION_WOKEN, roll(c, 2) ? "{\"can_ask\":true}" : "{}");
        break;
    default: break;
    }
}

/* Something that is under way ends: the reply, a run, a question. False when nothing is. */
static bool happen(struct course *c)
{
    const struct turn *t = &c->s.turn;

    for (size_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step == CALL_ASKING && roll(c, 2)) {
            say_of(c, EV_USER_TOOL_CONFIRMATION, i,
                   roll(c, 2) ? ",\"result\":\"allow\"" : ",\"result\":\"deny\"");
            return true;
        }
    if (c->streams && roll(c, 2)) {
        stream(c);
        return true;
    }
    for (size_t i = 0; i < t->n_calls; i++)
        if (c->calls[place_of(c, i)].runs && turn_is_next_result(t, i)) {
            answer(c, i);
            return true;
        }
    return c->streams || turn_is_asking(t);
}

static bool go_on(struct course *c)
{
    struct story *s = &c->s;

    arena_reset(&s->scratch);
    turn_next(&s->turn, &s->scratch, &s->wanted);
    for (size_t i = 0; i < s->wanted.n; i++)
        if (perform(c, &s->wanted.items[i]))
            return true;
    return happen(c);
}

static void I05_any_course_answers_every_call_once_and_comes_to_rest(void **state)
{
    static struct course c;

    (void)state;
    for (uint32_t seed = 1; seed <= 1500; seed++) {
        int left = PATIENCE;

        memset(&c, 0, sizeof c);
        c.chance = seed;
        story_begin(&c.s, POLICY_ASK, (int)(seed % 5));
        say(&c, EV_USER_MESSAGE, "{\"content\":[]}");
        for (int step = 0; step < STEPS; step++) {
            meddle(&c);
            if (!go_on(&c) && c.s.turn.state != TURN_IDLE)
                test_fail("seed %u: nothing is under way in state %s", seed,
                          turn_state_name(c.s.turn.state));
        }
        say(&c, EV_USER_INTERRUPT, "{}");
        while (c.s.turn.state != TURN_IDLE && --left)
            go_on(&c);
        if (!left)
            test_fail("seed %u: no rest in state %s", seed, turn_state_name(c.s.turn.state));
        for (size_t i = 0; i < c.n; i++)
            assert_true(c.calls[i].answered);
        story_end(&c.s);
    }
}

const struct CMUnitTest course_tests[] = {
    cmocka_unit_test(I05_any_course_answers_every_call_once_and_comes_to_rest),
};
const size_t course_tests_n = sizeof course_tests / sizeof *course_tests;
