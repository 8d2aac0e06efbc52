/*
 * client_test.c - a request from its bytes to its outcome, against a scripted server on loopback,
 * a raw one, and the script provider, which must say the same.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/model.h"
#include "support/model_server.h"
#include "support/raw_server.h"
#include "support/transcript.h"

/* ---- a request and what came of it ----------------------------------------------------------- */

static struct loop *loop;
static struct model_client *client;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    loop_new(&loop, NULL);
    model_client_new(loop, &client, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_client_free(client);
    loop_free(loop);
    arena_fini(&arena);
    return 0;
}

struct noted {
    struct buf transcript;
    struct model_outcome outcome;
    int dones, events;
    int cancel_at; /* cancel when that many events have come; 0: never */
    struct model_call *call;
};

static void on_event(void *data, const struct stream_event *ev)
{
    struct noted *n = data;

    assert_int_equal(n->dones, 0);
    transcript_event(&n->transcript, ev);
    if (++n->events == n->cancel_at)
        model_cancel(n->call);
}

static void on_done(void *data, const struct model_outcome *outcome)
{
    struct noted *n = data;

    n->dones++;
    n->outcome = *outcome;
    buf_printf(&n->transcript, "done %s\n", status_name(outcome->status));
}

static const struct model_events events = {on_event, on_done};
static const struct model_keys one_key = {.api_key = S_INIT("sk-1")};

static struct model resolve(const char *name, const char *base_url)
{
    struct error err = {0};
    struct model model;

    assert_ok(model_resolve(str_of(name), str_of(base_url), &arena, &model, &err), err);
    return model;
}

/* The body after `turns` replies, as two segments in the arena. */
static void body_of(const struct model *model, unsigned turns, str segments[2])
{
    struct block question = {.kind = BLOCK_TEXT, .text = S("Find it.")};
    struct block call = {.kind = BLOCK_TOOL_USE, .id = S("t"), .name = S("Read"), .input = S("{}")};
    struct block result = {.kind = BLOCK_TOOL_RESULT, .id = S("t"), .text = S("ok")};
    struct wire_encoder e;
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    model->wire->prefix(&e, &(struct wire_prefix){.model = model->id, .max_tokens = 9}, &out);
    model->wire->block(&e, ROLE_USER, &question, &out);
    for (unsigned i = 0; i < turns; i++) {
        model->wire->block(&e, ROLE_ASSISTANT, &call, &out);
        model->wire->block(&e, ROLE_USER, &result, &out);
    }
    segments[0] = arena_str(&arena, buf_str(&out));
    buf_clear(&out);
    model->wire->tail(&e, &out);
    segments[1] = arena_str(&arena, buf_str(&out));
    buf_fini(&out);
}

/* Both steps at once, as most tests want it. */
static rein_status send_now(struct model_client *by, const struct model *model,
                            const struct model_keys *keys, const str *segments, size_t n,
                            const struct model_events *told, void *data, struct model_call **out,
                            struct error *err)
{
    rein_status status = model_prepare(by, model, keys, segments, n, told, data, out, err);

    if (status == REIN_OK)
        model_begin(*out);
    return status;
}

static void send_it(struct noted *n, const struct model *model, unsigned turns)
{
    struct error err = {0};
    str *segments = arena_array(&arena, str, 2);

    buf_fini(&n->transcript);
    buf_init(&n->transcript, BUF_NO_MAX);
    n->dones = n->events = 0;
    body_of(model, turns, segments);
    assert_ok(send_now(client, model, &one_key, segments, 2, &events, n, &n->call, &err), err);
    assert_int_equal(n->events + n->dones, 0);
}

static void run(struct noted *n)
{
    while (!n->dones)
        loop_turn(loop, -1);
    assert_int_equal(n->dones, 1);
    assert_int_equal(n->outcome.status, n->outcome.error.status);
}

/* ---- over HTTP ------------------------------------------------------------------------------- */

#define HELLO "model text \"Hello.\" usage input=3 output=4\n"
#define HELLO_SAID "begin 0 text\ndelta 0 Hello.\nblock 0 text Hello.\n"

static void a_reply(void **state)
{
    struct model_server *server = model_server_start(HELLO);
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {0};

    (void)state;
    send_it(&n, &model, 0);
    run(&n);
    assert_string_equal(n.transcript.p, "start msg_script_1 claude-opus-5-5 in=3\n" HELLO_SAID
                                        "stop end_turn (end_turn) in=3 out=4\ndone ok\n");
    assert_int_equal(n.outcome.http_status, 200);
    assert_int_equal(n.outcome.retry_after_ms, -1);
    assert_string_equal(n.outcome.request_id, "req_1");
    assert_true(n.outcome.first_byte_us > 0 && n.outcome.total_us >= n.outcome.first_byte_us);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

static void what_is_sent(void **state)
{
    struct model_server *server = model_server_start(HELLO);
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {0};
    str segments[2];

    (void)state;
    send_it(&n, &model, 0);
    run(&n);
    const char *head = model_server_head(server, 0).p;

    assert_true(str_starts(str_of(head), S("POST /v1/messages HTTP/1.1\r\n")));
    assert_non_null(strstr(head, "\r\nx-api-key: sk-1\r\n"));
    assert_non_null(strstr(head, "\r\nanthropic-version: 2023-06-01\r\n"));
    assert_non_null(strstr(head, "\r\ncontent-type: application/json\r\n"));
    assert_non_null(strstr(head, "\r\nuser-agent: rein/"));
    assert_null(strstr(head, "authorization"));
    body_of(&model, 0, segments);
    str body = model_server_request(server, 0);

    assert_int_equal(body.n, segments[0].n + segments[1].n);
    assert_memory_equal(body.p, segments[0].p, segments[0].n);
    assert_memory_equal(body.p + segments[0].n, segments[1].p, segments[1].n);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

static void one_connection_for_a_session(void **state)
{
    struct model_server *server =
        model_server_start("model tool_use Read {}\nmodel tool_use Read {}\n" HELLO);
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {0};

    (void)state;
    for (unsigned turn = 0; turn < 3; turn++) {
        send_it(&n, &model, turn);
        run(&n);
        assert_int_equal(n.outcome.status, REIN_OK);
    }
    assert_int_equal(model_server_count(server), 3);
    assert_int_equal(model_server_connections(server), 1);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

/* Blocks are told as soon as they are complete, whatever else is still to come. */
static void S005_a_block_comes_before_the_end(void **state)
{
    struct model_server *server = model_server_start("model tool_use Read {\"a\":1} text \"x\"\n");
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {0};

    (void)state;
    model_server_hold(server);
    send_it(&n, &model, 0);
    while (!n.transcript.p || !strstr(n.transcript.p, "block 1 text x"))
        loop_turn(loop, -1);
    assert_non_null(strstr(n.transcript.p, "block 0 tool_use toolu_1_1 Read {\"a\":1}\n"));
    assert_null(strstr(n.transcript.p, "stop"));
    assert_true(model_server_wait_held(server, 1));
    assert_int_equal(model_server_ended_at(server, 0), 0);
    model_server_release(server);
    run(&n);
    assert_int_equal(n.outcome.status, REIN_OK);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

static void refusals(void **state)
{
    static const struct {
        const char *reply;
        rein_status status;
        int http_status;
        int64_t retry_after_ms;
        const char *type, *words;
    } cases[] = {
        {"error 401 authentication_error \"invalid x-api-key\"", REIN_AUTH, 401, -1,
         "authentication_error",
         "the key was refused (HTTP 401): invalid x-api-key; check "
         "ANTHROPIC_API_KEY"},
        {"error 404 not_found_error \"model: x\"", REIN_NOT_FOUND, 404, -1, "not_found_error",
         "unknown model 'claude-opus-5-5' (HTTP 404): model: x"},
        {"error 429 rate_limit_error \"slow\" retry_after 7", REIN_OVERLOADED, 429, 7000,
         "rate_limit_error", "the model's server asks for patience (HTTP 429): slow"},
        {"error 529 overloaded_error \"Overloaded\"", REIN_OVERLOADED, 529, -1, "overloaded_error",
         "the model's server asks for patience (HTTP 529): Overloaded"},
        {"error 400 invalid_request_error \"prompt is too long: 2 > 1\"", REIN_LIMIT, 400, -1,
         "invalid_request_error", "the request is too large (HTTP 400): prompt is too long: 2 > 1"},
        {"error 500 api_error \"oops\"", REIN_NETWORK, 500, -1, "api_error",
         "the model's server refused (HTTP 500): oops"},
    };
    struct noted n = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char scenario[256];

        snprintf(scenario, sizeof scenario, "model %s\n", cases[i].reply);
        struct model_server *server = model_server_start(scenario);
        struct model model = resolve("opus", model_server_url(server));

        send_it(&n, &model, 0);
        run(&n);
        assert_int_equal(n.events, 0);
        assert_int_equal(n.outcome.status, cases[i].status);
        assert_int_equal(n.outcome.http_status, cases[i].http_status);
        assert_int_equal(n.outcome.retry_after_ms, cases[i].retry_after_ms);
        assert_string_equal(n.outcome.error_type, cases[i].type);
        assert_string_equal(n.outcome.error.text, cases[i].words);
        model_server_stop(server);
    }
    buf_fini(&n.transcript);
}

static void what_else_servers_answer(void **state)
{
    static const struct {
        const char *name;
        struct raw_answer answer;
        rein_status status;
        const char *words;
    } cases[] = {
        {"F25 a redirect",
         {"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\n"
          "Content-Length: 0\r\n\r\n",
          RAW_KEEP},
         REIN_PROTOCOL,
         "redirects to "
         "https://login.example/ (HTTP 302), which is not followed with a key; check "
         "ANTHROPIC_BASE_URL"},
        {"F15 a web page",
         {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n"
          "<html>",
          RAW_KEEP},
         REIN_PROTOCOL,
         "a web page came"},
        {"F17 packed",
         {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"
          "\x1f\x8b\x08",
          RAW_KEEP},
         REIN_PROTOCOL,
         "packed as 'gzip', which was not asked for"},
        {"F19 nothing",
         {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", RAW_KEEP},
         REIN_PROTOCOL,
         "the server closed the connection without a reply"},
        {"E11 HTML from the edge",
         {"HTTP/1.1 413 Too Large\r\nContent-Length: 19\r\n\r\n"
          "<html>413</html>\r\n ",
          RAW_KEEP},
         REIN_LIMIT,
         "too large (HTTP 413): no reason given"},
        {"E25 an error as a whole",
         {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
          "Content-Length: 69\r\n\r\n{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
          "\"message\":\"busy\"}}",
          RAW_KEEP},
         REIN_OVERLOADED,
         "asks for patience: busy"},
        {"F20 a reset",
         {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", RAW_RESET},
         REIN_NETWORK,
         "was lost"},
    };
    struct noted n = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_server server;
        char url[64];

        raw_server_start(&server, &cases[i].answer, 1);
        snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
        struct model model = resolve("opus", url);

        send_it(&n, &model, 0);
        run(&n);
        if (n.outcome.status != cases[i].status || !strstr(n.outcome.error.text, cases[i].words))
            test_fail("%s: %s: %s", cases[i].name, status_name(n.outcome.status),
                      n.outcome.error.text);
        raw_server_stop(&server);
    }
    buf_fini(&n.transcript);
}

/* The reply is complete, and the server keeps the response open: nobody waits for it for long. */
static void F23_a_response_that_stays_open(void **state)
{
    static const struct raw_answer answer = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
        "data: {\"type\":\"message_stop\"}\n\n\r\n",
        RAW_LINGER};
    struct raw_server server;
    struct noted n = {0};
    char url[64];

    (void)state;
    raw_server_start(&server, &answer, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    struct model model = resolve("opus", url);

    send_it(&n, &model, 0);
    run(&n);
    assert_int_equal(n.outcome.status, REIN_OK);
    raw_server_stop(&server);
    buf_fini(&n.transcript);
}

static void a_host_that_does_not_answer(void **state)
{
    struct noted n = {0};
    int port, fd = raw_listen(&port);
    char url[64], expected[128];

    (void)state;
    close(fd);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    struct model model = resolve("opus", url);

    send_it(&n, &model, 0);
    run(&n);
    snprintf(expected, sizeof expected,
             "cannot reach %s: Connection refused; check "
             "ANTHROPIC_BASE_URL",
             url);
    assert_string_equal(n.outcome.error.text, expected);
    assert_int_equal(n.outcome.http_status, 0);
    buf_fini(&n.transcript);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void keys(void **state)
{
    static const struct {
        struct model_keys keys;
        rein_status status;
        const char *line, *words;
    } cases[] = {
        {{.api_key = S_INIT(" sk-1\n")}, REIN_OK, "\r\nx-api-key: sk-1\r\n", ""},
        {{.auth_token = S_INIT("tok")}, REIN_OK, "\r\nauthorization: Bearer tok\r\n", ""},
        {{.api_key = S_INIT("sk-1"), .auth_token = S_INIT("tok")},
         REIN_OK,
         "\r\nauthorization: Bearer tok\r\n",
         ""},
        {{.api_key = S_INIT("")},
         REIN_AUTH,
         NULL,
         "set ANTHROPIC_API_KEY (or "
         "ANTHROPIC_AUTH_TOKEN for a gateway)"},
        {{.api_key = S_INIT("a\r\nx-evil: 1")},
         REIN_AUTH,
         NULL,
         "the key in ANTHROPIC_API_KEY has"},
        {{.auth_token = S_INIT("a b")}, REIN_AUTH, NULL, "the key in ANTHROPIC_AUTH_TOKEN has"},
    };
    struct noted n = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_server *server = model_server_start(HELLO);
        struct model model = resolve("opus", model_server_url(server));
        struct error err = {0};
        str segments[2];

        body_of(&model, 0, segments);
        n.dones = n.events = 0;
        assert_int_equal(
            send_now(client, &model, &cases[i].keys, segments, 2, &events, &n, &n.call, &err),
            cases[i].status);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_null(strstr(err.text, "sk-1"));
        if (cases[i].status == REIN_OK) {
            run(&n);
            const char *head = model_server_head(server, 0).p;

            assert_non_null(strstr(head, cases[i].line)); /* E13: exactly one */
            assert_true(!strstr(head, "x-api-key") || !strstr(head, "authorization"));
        }
        model_server_stop(server);
    }
    buf_fini(&n.transcript);
}

static void no_keys_at_all(void **state)
{
    struct model model = resolve("opus", "");
    struct error err = {0};
    struct noted n = {0};
    str segments[2];

    (void)state;
    body_of(&model, 0, segments);
    assert_int_equal(send_now(client, &model, NULL, segments, 2, &events, &n, &n.call, &err),
                     REIN_AUTH);
    assert_string_equal(err.text,
                        "no key for anthropic: set ANTHROPIC_API_KEY (or "
                        "ANTHROPIC_AUTH_TOKEN for a gateway), or try without one: rein demo");
}

static void H27_a_body_that_is_too_large(void **state)
{
    struct model model = resolve("opus", "http://127.0.0.1:1");
    struct error err = {0};
    struct noted n = {0};
    str segments[33];

    (void)state;
    str mebibyte = {arena_alloc(&arena, 1 << 20), 1 << 20};

    for (size_t i = 0; i < 33; i++)
        segments[i] = mebibyte;
    assert_int_equal(send_now(client, &model, &one_key, segments, 33, &events, &n, &n.call, &err),
                     REIN_LIMIT);
    assert_string_equal(err.text, "the request has 33.0 MiB, and anthropic takes 32 at most");
}

/* ---- by a scenario, and by a server that has the same one ------------------------------------ */

static void write_scenario(const char *text, char path[64])
{
    strcpy(path, "/tmp/rein-scenario-XXXXXX");
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void the_script_provider_says_the_same(void **state)
{
    static const char *const replies[] = {
        "model thinking \"Hm.\" signature \"E\" text \"Hello.\" tool_use Read {\"a\":1} pieces 3\n",
        "model text \"Hello.\" pause 1 text \"And.\" usage input=3 output=4\n",
        "model text \"Hello.\" error 529 overloaded_error \"Overloaded\"\n",
        "model text \"Hello.\" cut 70\n",
        "model text \"Hello.\" cut\n",
        "model tool_use Read {} cut 1\n",
        "model error 429 rate_limit_error \"slow\" retry_after 7\n",
        "model when turn 2 text \"never\"\n",
    };
    struct noted a = {0}, b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct model_server *server = model_server_start(replies[i]);
        char path[64], name[96];

        write_scenario(replies[i], path);
        snprintf(name, sizeof name, "script:%s", path);
        struct model script = resolve(name, ""), http = resolve("opus", model_server_url(server));

        http.id = script.id; /* the reply names the model that was asked for */
        send_it(&a, &script, 0);
        run(&a);
        send_it(&b, &http, 0);
        run(&b);
        assert_string_equal(a.transcript.p, b.transcript.p);
        assert_int_equal(a.outcome.http_status, b.outcome.http_status);
        assert_int_equal(a.outcome.retry_after_ms, b.outcome.retry_after_ms);
        assert_string_equal(a.outcome.error_type, b.outcome.error_type);
        unlink(path);
        model_server_stop(server);
    }
    buf_fini(&a.transcript);
    buf_fini(&b.transcript);
}

static void tries_are_counted(void **state)
{
    struct noted n = {0};
    char path[64], name[96];

    (void)state;
    write_scenario("model when try 1 error 529 overloaded_error \"busy\"\n"
                   "model otherwise text \"Hello.\"\n",
                   path);
    snprintf(name, sizeof name, "script:%s", path);
    struct model model = resolve(name, "");

    send_it(&n, &model, 0);
    run(&n);
    assert_int_equal(n.outcome.status, REIN_OVERLOADED);
    send_it(&n, &model, 0);
    run(&n);
    assert_int_equal(n.outcome.status, REIN_OK);
    unlink(path);
    buf_fini(&n.transcript);
}

static void a_scenario_that_is_gone(void **state)
{
    struct error err = {0};
    struct noted n = {0};
    char path[64], name[96];
    str segments[2];

    (void)state;
    write_scenario(HELLO, path);
    snprintf(name, sizeof name, "script:%s", path);
    struct model model = resolve(name, "");

    unlink(path);
    body_of(&model, 0, segments);
    assert_int_equal(send_now(client, &model, NULL, segments, 2, &events, &n, &n.call, &err),
                     REIN_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
}

/* ---- canceling ------------------------------------------------------------------------------- */

/* At each event in turn; what has come of a text is told. */
static void canceling(void **state)
{
    static const char reply[] = "model text \"Hello.\" pause 60000 text \"Never.\" pieces 2\n";
    struct model_server *server =
        model_server_start("model text \"Hello.\" tool_use Read {} pieces 2\n");
    char path[64], name[96];
    struct noted n = {0};

    (void)state;
    write_scenario(reply, path);
    snprintf(name, sizeof name, "script:%s", path);
    struct model script = resolve(name, ""), http = resolve("opus", model_server_url(server));

    model_server_hold(server);
    for (n.cancel_at = 1; n.cancel_at <= 5; n.cancel_at++) {
        send_it(&n, &script, 0);
        run(&n);
        assert_int_equal(n.outcome.status, REIN_CANCELED);
        assert_true(str_ends(buf_str(&n.transcript), S("done canceled\n")));
        send_it(&n, &http, 0);
        run(&n);
        assert_int_equal(n.outcome.status, REIN_CANCELED);
    }
    n.cancel_at = 0;
    send_it(&n, &script, 0);
    model_cancel(n.call);
    run(&n);
    assert_string_equal(n.transcript.p, "done canceled\n");
    send_it(&n, &http, 0);
    model_cancel(n.call);
    run(&n);
    assert_string_equal(n.transcript.p, "done canceled\n");
    unlink(path);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

static void a_text_that_was_under_way_is_told(void **state)
{
    struct model_server *server = model_server_start("model text \"Hello.\" cut 70 pieces 2\n");
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {0};

    (void)state;
    send_it(&n, &model, 0);
    run(&n);
    assert_string_equal(n.transcript.p,
                        "start msg_script_1 claude-opus-5-5\nbegin 0 text\n"
                        "delta 0 Hel\ndelta 0 lo.\nblock 0 text Hello.\ndone network\n");
    buf_fini(&n.transcript);
    model_server_stop(server);
}

/* The last events come when the response is over already: there is nothing left to cancel. */
static void canceling_at_the_very_end(void **state)
{
    static const char reply[] = "model text \"Hello.\" cut 70 pieces 2\n";
    struct model_server *server = model_server_start(reply);
    struct model model = resolve("opus", model_server_url(server));
    struct noted n = {.cancel_at = 5};

    (void)state;
    send_it(&n, &model, 0);
    run(&n);
    assert_true(str_ends(buf_str(&n.transcript), S("block 0 text Hello.\ndone canceled\n")));
    loop_turn(loop, 0);
    assert_int_equal(n.dones, 1);
    buf_fini(&n.transcript);
    model_server_stop(server);
}

static void freeing_ends_what_is_under_way(void **state)
{
    static const char reply[] = "model pause 60000 text \"Never.\"\n";
    struct model_server *server = model_server_start("model text \"Hello.\"\n");
    char path[64], name[96];
    struct noted a = {0}, b = {0};

    (void)state;
    write_scenario(reply, path);
    snprintf(name, sizeof name, "script:%s", path);
    struct model script = resolve(name, ""), http = resolve("opus", model_server_url(server));

    send_it(&a, &script, 0);
    send_it(&b, &http, 0);
    model_client_free(client);
    client = NULL;
    assert_int_equal(a.dones, 1);
    assert_int_equal(b.dones, 1);
    assert_int_equal(a.outcome.status, REIN_CANCELED);
    assert_int_equal(b.outcome.status, REIN_CANCELED);
    unlink(path);
    buf_fini(&a.transcript);
    buf_fini(&b.transcript);
    model_server_stop(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

const struct CMUnitTest client_tests[] = {
    TEST(a_reply),
    TEST(what_is_sent),
    TEST(one_connection_for_a_session),
    TEST(S005_a_block_comes_before_the_end),
    TEST(refusals),
    TEST(what_else_servers_answer),
    TEST(F23_a_response_that_stays_open),
    TEST(a_host_that_does_not_answer),
    TEST(keys),
    TEST(no_keys_at_all),
    TEST(H27_a_body_that_is_too_large),
    TEST(the_script_provider_says_the_same),
    TEST(tries_are_counted),
    TEST(a_scenario_that_is_gone),
    TEST(canceling),
    TEST(a_text_that_was_under_way_is_told),
    TEST(canceling_at_the_very_end),
    TEST(freeing_ends_what_is_under_way),
};
const size_t client_tests_n = sizeof client_tests / sizeof *client_tests;
