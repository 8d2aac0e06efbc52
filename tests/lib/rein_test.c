/*
 * rein_test.c - the public calls as a host makes them: listeners that come and go, questions and
 * their answers, inputs that are none, a loop of the host's own, and ends in the middle of things.
 */
#include "test.h"

#include <poll.h>
#include <rein.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "platform/file.h"

struct host {
    rein *r;
    rein_config *config;
    char root[64], work[80];
};

static void set(struct host *h, const char *name, const char *value)
{
    rein_error err;

    assert_ok(rein_config_set(h->config, name, value, "test", &err), err);
}

static void host_begin(struct host *h, const char *script)
{
    char path[96], model[112];
    rein_error err;
    struct error inner;

    *h = (struct host){.root = "/tmp/rein-host-XXXXXX"};
    assert_non_null(mkdtemp(h->root));
    snprintf(h->work, sizeof h->work, "%s/w", h->root);
    assert_ok(file_make_folder(h->work, 0700, &inner), inner);
    snprintf(path, sizeof path, "%s/s.script", h->root);
    assert_ok(file_write_atomic(path, str_of(script), 0600, &inner), inner);
    snprintf(model, sizeof model, "script:%s", path);
    h->config = rein_config_new();
    set(h, "home", h->root);
    set(h, "model", model);
    set(h, "permission-mode", "default");
    set(h, "sandbox", "danger-full-access"); /* a command is asked about */
    assert_ok(rein_open(h->config, &h->r, &err), err);
}

static void host_end(struct host *h)
{
    struct error err;

    rein_close(h->r);
    rein_config_free(h->config);
    assert_ok(file_remove_tree(h->root, &err), err);
}

static void host_again(struct host *h)
{
    rein_error err;

    rein_close(h->r);
    assert_ok(rein_open(h->config, &h->r, &err), err);
}

static rein_session *open_session(struct host *h, const char *resume)
{
    rein_session_options options = {
        .folder = h->work, .id = resume, .resume = resume != NULL, .can_ask = true};
    rein_session *s;
    rein_error err;

    assert_ok(rein_session_open(h->r, &options, &s, &err), err);
    return s;
}

static void turn(struct host *h, time_t since)
{
    if (time(NULL) - since > 30)
        test_fail("it hangs");
    rein_turn(h->r, 1000);
}

static void until(struct host *h, const bool *happened)
{
    time_t since = time(NULL);

    while (!*happened)
        turn(h, since);
}

static void until_idle(struct host *h, rein_session *s)
{
    time_t since = time(NULL);

    while (!rein_is_idle(s))
        turn(h, since);
}

static void until_asking(struct host *h, rein_session *s)
{
    time_t since = time(NULL);

    while (!rein_is_asking(s))
        turn(h, since);
}

static void send(rein_session *s, const char *text)
{
    rein_error err;

    assert_ok(rein_send(s, text, &err), err);
}

/* The stored events of one type: their number, the last one's payload. */
struct found {
    const char *type;
    size_t n;
    char payload[2048];
};

static void find(void *data, rein_session *s, const rein_event *event)
{
    struct found *f = data;

    (void)s;
    if (f->type && strcmp(event->type, f->type) != 0)
        return;
    f->n++;
    snprintf(f->payload, sizeof f->payload, "%s", event->payload);
}

static struct found found(struct host *h, const char *id, const char *type)
{
    struct found f = {.type = type};
    rein_error err = {REIN_OK, ""};

    if (rein_session_read(h->r, id, 1, 0, find, &f, &err) != REIN_NOT_FOUND) /* not stored yet */
        assert_ok(err.status, err);
    return f;
}

/* ---- listeners ------------------------------------------------------------------------------- */

struct ear {
    size_t heard;
    bool leaves;
    struct ear *throws_out;
};

static void hear(void *data, rein_session *s, const rein_event *event)
{
    struct ear *ear = data;

    (void)event;
    ear->heard++;
    if (ear->leaves)
        rein_unlisten(s, hear, ear);
    if (ear->throws_out)
        rein_unlisten(s, hear, ear->throws_out);
}

static void listeners_come_and_go_inside_of_callbacks(void **state)
{
    struct ear ears[4] = {{.leaves = true}, {.throws_out = &ears[2]}, {0}, {0}};
    struct host h;
    rein_session *s;

    (void)state;
    host_begin(&h, "model text \"one\"\n");
    s = open_session(&h, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rein_listen(s, hear, &ears[i], NULL), REIN_OK);
    send(s, "go");
    until_idle(&h, s);
    assert_int_equal(ears[0].heard, 1);
    assert_int_equal(ears[2].heard, 0);
    assert_true(ears[1].heard > 5);
    assert_int_equal(ears[3].heard, ears[1].heard);
    rein_unlisten(s, hear, &ears[1]);
    host_end(&h);
}

/* ---- a host's own loop ----------------------------------------------------------------------- */

static void a_host_with_a_loop_of_its_own_polls_one_descriptor(void **state)
{
    struct host h;
    rein_session *s;

    (void)state;
    host_begin(&h, "model pause 20 tool_use Read {\"file_path\":\"none\"}\n"
                   "model text \"one\" pause 20 text \"two\"\n");
    s = open_session(&h, NULL);
    send(s, "go");
    for (int rounds = 0; !rein_is_idle(s); rounds++) {
        struct pollfd wanted = {.fd = rein_descriptor(h.r), .events = POLLIN};

        assert_true(rounds < 10000);
        assert_int_equal(poll(&wanted, 1, 10000), 1);
        rein_turn(h.r, 0);
    }
    assert_non_null(strstr(rein_turn_result(s), "\"text\":\"two\""));
    host_end(&h);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void last_question(void *data, rein_session *s, const rein_event *event)
{
    char *id = data;
    const char *at = strstr(event->payload, "\"tool_use_id\":\"");

    (void)s;
    if (strcmp(event->type, "rein.permission_decided") == 0 && at)
        snprintf(id, 37, "%.36s", at + strlen("\"tool_use_id\":\""));
}

static rein_status answer(rein_session *s, const char *members, rein_error *err)
{
    char id[37] = "", payload[512];

    rein_read(s, 1, 0, last_question, id, NULL);
    snprintf(payload, sizeof payload, "{\"tool_use_id\":\"%s\",%s}", id, members);
    return rein_send_event(s, "user.tool_confirmation", payload, err);
}

static const char three_commands[] = "model tool_use Bash {\"command\":\"true\"}\n"
                                     "model tool_use Bash {\"command\":\"true\"}\n"
                                     "model tool_use Bash {\"command\":\"false\"}\n"
                                     "model text \"done\"\n";

/* The rule comes from the question, not from who answers it. */
static void S100_always_stores_the_rule_that_was_shown_and_no_other(void **state)
{
    struct host h;
    rein_session *s;
    rein_error err;

    (void)state;
    host_begin(&h, three_commands);
    s = open_session(&h, NULL);
    send(s, "go");
    until_asking(&h, s);
    while (found(&h, rein_session_id(s), "rein.permission_decided").n == 0)
        rein_turn(h.r, 1000);
    assert_ok(answer(s, "\"result\":\"allow\",\"rule\":\"Bash\",\"always\":true", &err), err);
    until_asking(&h, s);
    while (found(&h, rein_session_id(s), "rein.permission_decided").n < 3)
        rein_turn(h.r, 1000);
    assert_int_equal(found(&h, rein_session_id(s), "agent.tool_result").n,
                     2); /* `false` is asked */
    assert_non_null(strstr(found(&h, rein_session_id(s), "user.tool_confirmation").payload,
                           "\"rule\":\"Bash(true)\""));
    assert_ok(answer(s, "\"result\":\"allow\",\"rule\":\"Bash\"", &err), err);
    until_idle(&h, s);
    assert_null(strstr(found(&h, rein_session_id(s), "user.tool_confirmation").payload, "rule"));
    host_end(&h);
}

static void an_interrupt_closes_the_question(void **state)
{
    struct host h;
    rein_session *s;
    rein_error err;

    (void)state;
    host_begin(&h, three_commands);
    s = open_session(&h, NULL);
    send(s, "go");
    until_asking(&h, s);
    assert_ok(rein_interrupt(s, &err), err);
    assert_ok(rein_interrupt(s, &err), err);
    until_idle(&h, s);
    assert_false(rein_is_asking(s));
    assert_non_null(strstr(rein_turn_result(s), "\"commands\":[]"));
    assert_int_equal(answer(s, "\"result\":\"allow\"", &err), REIN_NOT_FOUND);
    host_end(&h);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static void what_could_not_be_sent_to_a_model_is_no_input(void **state)
{
    static const struct {
        const char *type, *payload;
    } cases[] = {
        {"user.message", "{}"},
        {"user.message", "[]"},
        {"user.message", "{"},
        {"user.message", "{\"content\":\"hello\"}"},
        {"user.message", "{\"content\":[]}"},
        {"user.message", "{\"content\":[1]}"},
        {"user.message", "{\"content\":[{\"type\":\"text\",\"text\":\" \\n\"}]}"},
        {"user.message", "{\"content\":[{\"type\":\"text\"}]}"},
        {"user.message",
         "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"priority\":\"soon\"}"},
        {"user.tool_confirmation", "{\"tool_use_id\":\"x\",\"result\":\"allow\"}"},
        {"agent.message", "{}"},
        {"session.status_idle", "{}"},
        {"nonsense", "{}"},
    };
    struct host h;
    rein_session *s;

    (void)state;
    host_begin(&h, "model text \"one\"\n");
    s = open_session(&h, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rein_error err = {REIN_OK, ""};

        if (rein_send_event(s, cases[i].type, cases[i].payload, &err) == REIN_OK)
            test_fail("case %zu was taken: %s", i, cases[i].payload);
        assert_true(strlen(err.text) > 10);
    }
    assert_int_equal(rein_send(s, " \n", NULL), REIN_INVALID);
    send(s, "go");
    until_idle(&h, s);
    assert_int_equal(found(&h, rein_session_id(s), "user.message").n, 1);
    host_end(&h);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void close_it(void *data, rein_session *s, const rein_event *event)
{
    bool *closed = data;

    if (*closed || strcmp(event->type, "rein.tool_started") != 0)
        return;
    *closed = true;
    rein_session_close(s);
}

static const char slow[] = "model tool_use Bash {\"command\":\"touch ran; exec sleep 30\"}\n"
                           "model text \"done\"\n";

static void a_listener_may_close_its_session(void **state)
{
    bool closed = false;
    struct host h;
    rein_session *s;
    char id[40];

    (void)state;
    host_begin(&h, slow);
    rein_close(h.r);
    set(&h, "permission-mode", "bypassPermissions");
    assert_int_equal(rein_open(h.config, &h.r, NULL), REIN_OK);
    s = open_session(&h, NULL);
    snprintf(id, sizeof id, "%s", rein_session_id(s));
    rein_listen(s, close_it, &closed, NULL);
    send(s, "go");
    until(&h, &closed);
    host_again(&h);
    s = open_session(&h, id);
    until_idle(&h, s);
    assert_non_null(strstr(found(&h, id, "agent.tool_result").payload, "\"outcome\":\"unknown\""));
    host_end(&h);
}

/* What runs is ended and recorded; a turn that was only about to go on is left as it is. */
static void closing_ends_what_runs_and_begins_nothing(void **state)
{
    bool closed = false;
    struct host h;
    rein_session *broken, *busy;
    char ids[2][40];
    size_t before;

    (void)state;
    host_begin(&h, slow);
    rein_close(h.r);
    set(&h, "permission-mode", "bypassPermissions");
    assert_int_equal(rein_open(h.config, &h.r, NULL), REIN_OK);
    broken = open_session(&h, NULL);
    snprintf(ids[0], sizeof ids[0], "%s", rein_session_id(broken));
    rein_listen(broken, close_it, &closed, NULL);
    send(broken, "go");
    until(&h, &closed);
    host_again(&h);
    busy = open_session(&h, NULL);
    snprintf(ids[1], sizeof ids[1], "%s", rein_session_id(busy));
    send(busy, "go");
    for (time_t since = time(NULL); found(&h, ids[1], "rein.tool_started").n == 0;)
        turn(&h, since);
    broken = open_session(&h, ids[0]);
    before = found(&h, ids[0], NULL).n;
    host_again(&h);
    assert_int_equal(found(&h, ids[0], NULL).n, before + 1); /* rein.session_woken */
    assert_non_null(strstr(found(&h, ids[1], "agent.tool_result").payload, "interrupted"));
    assert_int_equal(found(&h, ids[1], "session.status_idle").n, 1);
    host_end(&h);
}

const struct CMUnitTest rein_tests[] = {
    cmocka_unit_test(listeners_come_and_go_inside_of_callbacks),
    cmocka_unit_test(a_host_with_a_loop_of_its_own_polls_one_descriptor),
    cmocka_unit_test(S100_always_stores_the_rule_that_was_shown_and_no_other),
    cmocka_unit_test(an_interrupt_closes_the_question),
    cmocka_unit_test(what_could_not_be_sent_to_a_model_is_no_input),
    cmocka_unit_test(a_listener_may_close_its_session),
    cmocka_unit_test(closing_ends_what_runs_and_begins_nothing),
};
const size_t rein_tests_n = sizeof rein_tests / sizeof *rein_tests;
