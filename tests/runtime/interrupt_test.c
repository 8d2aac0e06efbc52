/*
 * interrupt_test.c - a session that is interrupted, closed or woken while something is under way:
 * nothing acts that was called off, nothing is answered twice, no memory is left or used too late
 * (which the sanitizers see).
 */
#include "runtime/place.h"

#include <stdio.h>

#include "platform/file.h"

/* What a listener does at the first event of a type. */
struct trigger {
    enum event_type on;
    bool (*ready)(struct session *s); /* NULL: at once */
    void (*act)(struct session *s);   /* NULL: nothing */
    bool done;
    size_t heard; /* events after it acted */
};

static void pull(void *data, struct session *s, const struct event *ev)
{
    struct trigger *t = data;

    t->heard += t->done;
    if (t->done || ev->type != t->on || (t->ready && !t->ready(s)))
        return;
    t->done = true;
    if (t->act)
        t->act(s);
}

static void interrupt(struct session *s)
{
    struct buf payload;
    struct error err;

    buf_init(&payload, BUF_NO_MAX);
    buf_add(&payload, S("{}"));
    assert_ok(session_input(s, EV_USER_INTERRUPT, &payload, &err), err);
    buf_fini(&payload);
}

static struct session *begin(struct place *p, const char *script, const char *mode,
                             struct trigger *t)
{
    struct session *s;

    place_begin(p, script, mode);
    s = place_new(p, false);
    session_listen(s, pull, t);
    place_ask(s, "go");
    return s;
}

static void an_interrupt_in_the_middle_of_a_text_keeps_what_came_and_ends(void **state)
{
    struct trigger t = {.on = EV_EVENT_DELTA, .act = interrupt};
    struct place p;
    struct session *s;

    (void)state;
    s = begin(&p,
              "model when try 1 text \"one two three four\" pieces 4 cut 300\n"
              "model otherwise text \"again\"\n",
              "workspace-write", &t);
    place_finish(&p, s);
    assert_true(t.done);
    assert_string_equal(place_log(&p, s->id, 4),
                        "session.status_running rein.input_taken span.model_request_start "
                        "user.interrupt agent.message span.model_request_end session.usage "
                        "session.status_idle");
    assert_int_equal(s->turn.end, END_INTERRUPTED);
    place_ask(s, "once more");
    place_finish(&p, s);
    assert_int_equal(s->turn.end, END_DONE);
    place_end(&p);
}

static void wait_for(struct place *p, const struct trigger *t)
{
    while (!t->done)
        if (!loop_turn(p->brain.loop, 1000))
            test_fail("it never came to that");
}

/* While the text begins the read is under way: it ends on the loop at the earliest. */
#define READ_THEN_TEXT \
    "model tool_use Read {\"file_path\":\"a.txt\"} text \"x\"\nmodel text \"done\"\n"

static bool has_intent(struct session *s)
{
    return s->turn.n_calls && s->turn.calls[0].step == CALL_RUNNING;
}

/* The text that follows the call begins before the call's intent is on the disk. */
static void a_command_that_was_called_off_before_it_began_never_runs(void **state)
{
    struct trigger t = {.on = EV_EVENT_START, .ready = has_intent, .act = interrupt};
    struct place p;
    struct session *s;

    (void)state;
    s = begin(&p, "model tool_use Bash {\"command\":\"touch ran\"} text \"x\"\n", "workspace-write",
              &t);
    place_finish(&p, s);
    assert_true(t.done);
    assert_false(place_has(&p, "ran"));
    assert_non_null(
        strstr(place_payloads(&p, s->id, EV_AGENT_TOOL_RESULT), "\"outcome\":\"interrupted\""));
    place_end(&p);
}

static void a_session_may_be_closed_while_its_command_runs(void **state)
{
    struct trigger t = {.on = EV_TOOL_STARTED, .act = session_close};
    struct place p;
    struct session *s;
    struct id id;

    (void)state;
    s = begin(&p,
              "model tool_use Bash {\"command\":\"touch ran; exec sleep 30\"}\n"
              "model text \"done\"\n",
              "workspace-write", &t);
    id = s->id;
    wait_for(&p, &t);
    brain_settle(&p.brain);
    assert_true(list_is_empty(&p.brain.closing));
    assert_int_equal(t.heard, 0);
    s = place_wake(&p, id);
    place_finish(&p, s);
    assert_non_null(
        strstr(place_payloads(&p, id, EV_AGENT_TOOL_RESULT), "\"outcome\":\"unknown\""));
    assert_int_equal(s->turn.end, END_DONE);
    place_end(&p);
}

static void a_session_may_be_closed_while_a_request_is_out(void **state)
{
    (void)state;
    for (int inside = 0; inside < 2; inside++) {
        struct trigger t = {.on = EV_MODEL_REQUEST_START, .act = inside ? session_close : NULL};
        struct place p;
        struct session *s = begin(&p, "model pause 60000 text \"x\"\n", "workspace-write", &t);

        wait_for(&p, &t);
        if (!inside)
            session_close(s);
        place_end(&p);
    }
}

static void a_session_may_be_closed_while_a_read_runs_on_the_pool(void **state)
{
    struct trigger t = {.on = EV_EVENT_START, .ready = has_intent, .act = session_close};
    struct place p;

    (void)state;
    begin(&p, READ_THEN_TEXT, "workspace-write", &t);
    wait_for(&p, &t);
    place_end(&p);
}

/* The read began again when the session was woken; the prompt that comes then ends it. Once. */
static void N06_a_prompt_beside_a_read_that_runs_again_leaves_one_result(void **state)
{
    struct trigger t = {.on = EV_EVENT_START, .ready = has_intent, .act = session_close};
    struct place p;
    struct session *s;
    struct id id;
    const char *results;

    (void)state;
    s = begin(&p, READ_THEN_TEXT, "workspace-write", &t);
    id = s->id;
    wait_for(&p, &t);
    brain_settle(&p.brain);
    s = place_wake(&p, id);
    s->started = true; /* as its timer does */
    session_pump(s);
    assert_false(list_is_empty(&s->runs));
    place_ask(s, "never mind");
    place_finish(&p, s);
    results = place_payloads(&p, id, EV_AGENT_TOOL_RESULT);
    assert_ptr_equal(strchr(results, '\n') + 1, results + strlen(results));
    assert_int_equal(s->turn.end, END_DONE);
    place_end(&p);
}

static void H06_an_id_that_a_server_uses_twice_is_sent_as_two(void **state)
{
    struct place p;
    struct session *s;
    const char *calls, *results;

    (void)state;
    place_begin(&p,
                "model tool_use Read {\"file_path\":\"a.txt\"} id call_0\n"
                "      tool_use Read {\"file_path\":\"a.txt\",\"offset\":1} id call_0\n"
                "model tool_use Read {\"file_path\":\"a.txt\"} id call_0\n"
                "model text \"done\"\n",
                "workspace-write");
    s = place_new(&p, false);
    place_ask(s, "go");
    place_finish(&p, s);
    calls = place_payloads(&p, s->id, EV_AGENT_TOOL_USE);
    results = place_payloads(&p, s->id, EV_AGENT_TOOL_RESULT);
    assert_non_null(strstr(calls, "\"call\":\"call_0\""));
    assert_non_null(strstr(calls, "\"call\":\"call_0_2\""));
    assert_non_null(strstr(calls, "\"call\":\"call_0_3\""));
    assert_non_null(strstr(results, "\"call\":\"call_0_3\""));
    place_end(&p);
}

static void S094_forty_calls_have_forty_results_in_their_order(void **state)
{
    struct buf script;
    struct place p;
    struct session *s;
    const char *at;

    (void)state;
    buf_init(&script, BUF_NO_MAX);
    buf_add(&script, S("model text \"all\"\n"));
    for (int i = 10; i < 50; i++)
        buf_printf(&script, "      tool_use Read {\"file_path\":\"a.txt\",\"offset\":1} id c%d\n",
                   i);
    buf_add(&script, S("model text \"done\"\n"));
    place_begin(&p, script.p, "workspace-write");
    s = place_new(&p, false);
    place_ask(s, "go");
    place_finish(&p, s);
    at = place_payloads(&p, s->id, EV_AGENT_TOOL_RESULT);
    for (int i = 10; i < 50; i++) {
        char id[24];

        snprintf(id, sizeof id, "\"call\":\"c%d\"", i);
        at = strstr(at, id);
        assert_non_null(at);
    }
    buf_fini(&script);
    place_end(&p);
}

/* rein's own folders are no business of the model's, whatever is allowed. */
static void file_tools_are_told_what_is_masked(void **state)
{
    struct session_spec spec = {0};
    struct place p;
    struct session *s;
    struct error err;

    (void)state;
    place_begin(&p,
                "model tool_use Read {\"file_path\":\"${folder}/../rein.db\"}\n"
                "model text \"done\"\n",
                "danger-full-access");
    spec.folder = arena_printf(&p.brain.arena, "%s/w", p.root).p;
    assert_ok(file_make_folder(spec.folder, 0700, &err), err);
    assert_ok(session_new(&p.brain, &spec, &s, &err), err);
    place_ask(s, "go");
    place_finish(&p, s);
    assert_non_null(strstr(place_payloads(&p, s->id, EV_AGENT_TOOL_RESULT), "belongs to rein"));
    place_end(&p);
}

static void input(struct session *s, const char *text, const char *priority)
{
    struct buf payload;
    struct error err;

    buf_init(&payload, BUF_NO_MAX);
    buf_printf(&payload, "{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"priority\":\"%s\"}",
               text, priority);
    assert_ok(session_input(s, EV_USER_MESSAGE, &payload, &err), err);
    buf_fini(&payload);
}

static void say_more(struct session *s)
{
    input(s, "first later", "later");
    input(s, "second later", "later");
    input(s, "beside", "next");
}

static void inputs_for_later_get_a_turn_each_and_others_join_at_once(void **state)
{
    struct trigger t = {.on = EV_MODEL_REQUEST_START, .act = say_more};
    struct place p;
    struct session *s;

    (void)state;
    s = begin(&p,
              "model tool_use Read {\"file_path\":\"a.txt\"}\n"
              "model text \"one\"\nmodel text \"two\"\nmodel text \"three\"\n",
              "workspace-write", &t);
    place_finish(&p, s);
    assert_string_equal(place_payloads(&p, s->id, EV_SESSION_STATUS_RUNNING), "{}\n{}\n{}\n");
    assert_string_equal(place_payloads(&p, s->id, EV_INPUT_TAKEN),
                        "{\"inputs\":[3]}\n{\"inputs\":[9]}\n{\"inputs\":[7]}\n{\"inputs\":[8]}\n");
    place_end(&p);
}

/* As when the disk is full: nothing goes on, nothing more is recorded, and it can be closed. */
static void a_log_that_fails_stops_everything_under_way(void **state)
{
    static const char *const scripts[] = {
        "model tool_use Bash {\"command\":\"exec sleep 30\"}\n",
        "model pause 60000 text \"x\"\n",
        "model tool_use Read {\"file_path\":\"a.txt\"} text \"x\" pause 60000 text \"y\"\n",
    };
    static const enum event_type when[] = {EV_TOOL_STARTED, EV_MODEL_REQUEST_START, EV_EVENT_START};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct error full = {.status = REIN_NO_SPACE, .text = "the disk is full"};
        struct trigger t = {.on = when[i]}, told = {.on = EV_SESSION_ERROR};
        struct place p;
        struct session *s = begin(&p, scripts[i], "workspace-write", &t);
        struct buf payload;
        uint64_t head;
        struct error err;

        session_listen(s, pull, &told);
        wait_for(&p, &t);
        head = log_head(s->log);
        session_fail(s, &full);
        session_fail(s, &full);
        assert_true(told.done);
        assert_true(session_is_idle(s));
        buf_init(&payload, BUF_NO_MAX);
        buf_add(&payload, S("{}"));
        assert_int_equal(session_input(s, EV_USER_INTERRUPT, &payload, &err), REIN_NO_SPACE);
        buf_fini(&payload);
        for (int turns = 0; s->dropped; turns++) {
            assert_true(turns < 1000);
            loop_turn(p.brain.loop, 100);
        }
        assert_int_equal(log_head(s->log), head);
        place_end(&p);
    }
}

const struct CMUnitTest interrupt_tests[] = {
    cmocka_unit_test(an_interrupt_in_the_middle_of_a_text_keeps_what_came_and_ends),
    cmocka_unit_test(a_command_that_was_called_off_before_it_began_never_runs),
    cmocka_unit_test(a_session_may_be_closed_while_its_command_runs),
    cmocka_unit_test(a_session_may_be_closed_while_a_request_is_out),
    cmocka_unit_test(a_session_may_be_closed_while_a_read_runs_on_the_pool),
    cmocka_unit_test(N06_a_prompt_beside_a_read_that_runs_again_leaves_one_result),
    cmocka_unit_test(H06_an_id_that_a_server_uses_twice_is_sent_as_two),
    cmocka_unit_test(S094_forty_calls_have_forty_results_in_their_order),
    cmocka_unit_test(inputs_for_later_get_a_turn_each_and_others_join_at_once),
    cmocka_unit_test(a_log_that_fails_stops_everything_under_way),
    cmocka_unit_test(file_tools_are_told_what_is_masked),
};
const size_t interrupt_tests_n = sizeof interrupt_tests / sizeof *interrupt_tests;
