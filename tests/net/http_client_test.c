/*
 * http_client_test.c - requests against a raw server on loopback: each case says byte for byte what
 * it answers. What was asked is compared too.
 */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_client.h"
#include "support/raw_server.h"

/* ---- a client that notes everything ---------------------------------------------------------- */

struct noted {
    struct buf body;
    int status, heads, dones;
    char header[64];
    struct http_done done;
    struct error error;
    rein_status refuse;       /* what body() says */
    struct http_call *cancel; /* to be canceled by body() */
};

static void on_head(void *data, const struct http_head *head)
{
    struct noted *n = data;

    n->heads++;
    n->status = head->status;
    str value = http_header(head, "X-Test");

    snprintf(n->header, sizeof n->header, "%.*s", FS(value));
}

static rein_status on_body(void *data, str bytes, struct error *err)
{
    struct noted *n = data;

    assert_int_equal(n->heads, 1);
    assert_int_equal(n->dones, 0);
    buf_add(&n->body, bytes);
    if (n->cancel)
        http_cancel(n->cancel);
    return n->refuse ? fail(err, n->refuse, "refused") : REIN_OK;
}

static void on_done(void *data, const struct http_done *done)
{
    struct noted *n = data;

    n->dones++;
    n->done = *done;
    n->error = *done->error;
}

static const struct http_events events = {on_head, on_body, on_done};

static struct loop *loop;
static struct http_client *client;

static int set_up(void **state)
{
    (void)state;
    loop_new(&loop, NULL);
    http_client_new(loop, &client, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_client_free(client);
    loop_free(loop);
    return 0;
}

/* Both steps at once. */
static rein_status start_now(struct http_client *by, const struct http_request *request,
                             const struct http_events *told, void *data, struct http_call **out,
                             struct error *err)
{
    rein_status status = http_prepare(by, request, told, data, out, err);

    if (status == REIN_OK)
        http_begin(*out);
    return status;
}

static struct http_call *start(struct noted *n, int port, const str *segments, size_t n_segments)
{
    static const str headers[] = {S_INIT("content-type: application/json"), S_INIT("x-key: k")};
    char url[64];
    struct http_call *call = NULL;
    struct error err = {0};

    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/messages", port);
    buf_init(&n->body, BUF_NO_MAX);
    assert_ok(start_now(client,
                        &(struct http_request){.url = str_of(url),
                                               .headers = headers,
                                               .n_headers = 2,
                                               .segments = segments,
                                               .n_segments = n_segments},
                        &events, n, &call, &err),
              err);
    return call;
}

static void run(const struct noted *n)
{
    while (!n->dones)
        loop_turn(loop, -1);
    assert_int_equal(n->dones, 1);
}

static const str hello[] = {S_INIT("{\"a\":"), S_INIT(""), S_INIT("1}")};

/* ---- what servers answer --------------------------------------------------------------------- */

static void answers(void **state)
{
    static const struct {
        const char *name;
        struct raw_answer answer;
        int http_status;
        rein_status status;
        const char *body, *header, *words;
    } cases[] = {
        {"length",
         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", RAW_KEEP},
         200,
         REIN_OK,
         "hello",
         "",
         ""},
        {"chunks",
         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n"
          "0\r\n\r\n",
          RAW_KEEP},
         200,
         REIN_OK,
         "hello",
         "",
         ""},
        {"until it is closed",
         {"HTTP/1.0 200 OK\r\n\r\nhello", RAW_CLOSE},
         200,
         REIN_OK,
         "hello",
         "",
         ""},
        {"no body", {"HTTP/1.1 204 No Content\r\n\r\n", RAW_KEEP}, 204, REIN_OK, "", "", ""},
        {"F26 letters' case, blanks, twice",
         {"HTTP/1.1 200 OK\r\nX-TEST:   one \r\nx-test: two\r\n"
          "Content-length: 0\r\n\r\n",
          RAW_KEEP},
         200,
         REIN_OK,
         "",
         "one",
         ""},
        {"F26 interim responses",
         {"HTTP/1.1 103 Early Hints\r\nX-Test: early\r\n\r\n"
          "HTTP/1.1 200 OK\r\nX-Test: late\r\nContent-Length: 2\r\n\r\nok",
          RAW_KEEP},
         200,
         REIN_OK,
         "ok",
         "late",
         ""},
        {"F25 a redirect is an answer",
         {"HTTP/1.1 307 Temporary Redirect\r\nLocation: "
          "http://127.0.0.1:1/x\r\nX-Test: here\r\nContent-Length: 0\r\n\r\n",
          RAW_KEEP},
         307,
         REIN_OK,
         "",
         "here",
         ""},
        {"a refusal with its body",
         {"HTTP/1.1 429 Slow\r\nContent-Length: 4\r\n\r\nslow", RAW_KEEP},
         429,
         REIN_OK,
         "slow",
         "",
         ""},
        {"F19 shorter than it said",
         {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", RAW_CLOSE},
         200,
         REIN_NETWORK,
         "hello",
         "",
         "was lost: it ended too early"},
        {"F19 chunks without the last",
         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nhello\r\n",
          RAW_CLOSE},
         200,
         REIN_NETWORK,
         "hello",
         "",
         "was lost: it ended too early"},
        {"no answer",
         {"", RAW_CLOSE},
         0,
         REIN_NETWORK,
         "",
         "",
         "was lost: closed without an answer"},
        {"no HTTP", {"SSH-2.0-OpenSSH_9.2\r\n", RAW_CLOSE}, 0, REIN_NETWORK, "", "", "127.0.0.1:"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct noted n = {0};
        struct raw_server s;

        set_up(state);
        raw_server_start(&s, &cases[i].answer, 1);
        start(&n, s.port, hello, 3);
        run(&n);
        if (n.done.status != cases[i].status || n.status != cases[i].http_status ||
            !str_eq(buf_str(&n.body), str_of(cases[i].body)) ||
            strcmp(n.header, cases[i].header) != 0 || !strstr(n.error.text, cases[i].words))
            test_fail("%s: %s (%s), HTTP %d, header '%s', body '%.*s'", cases[i].name,
                      status_name(n.done.status), n.error.text, n.status, n.header,
                      FS(buf_str(&n.body)));
        assert_int_equal(n.heads, cases[i].http_status ? 1 : 0);
        tear_down(state);
        raw_server_stop(&s);
        buf_fini(&n.body);
    }
}

static void F20_a_reset_is_a_lost_connection(void **state)
{
    static const struct raw_answer answer = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                                             RAW_RESET};
    struct noted n = {0};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    run(&n);
    assert_int_equal(n.done.status, REIN_NETWORK);
    assert_non_null(strstr(n.error.text, "was lost"));
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static void what_is_sent(void **state)
{
    static const struct raw_answer answer = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                             RAW_KEEP};
    struct noted n = {0};
    struct raw_server s;
    char expected[256];

    (void)state;
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    run(&n);
    snprintf(
        expected, sizeof expected,
        "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Accept: */*\r\ncontent-type: application/json\r\nx-key: k\r\nContent-Length: 7\r\n\r\n"
        "{\"a\":1}",
        s.port);
    assert_string_equal(s.asked.p, expected);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

/* Larger than any buffer between: it goes in pieces, from segments of odd sizes. */
static void a_large_body_arrives_whole(void **state)
{
    static const struct raw_answer answer = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                             RAW_KEEP};
    struct noted n = {0};
    struct raw_server s;
    str segments[50];
    struct buf all;

    (void)state;
    buf_init(&all, BUF_NO_MAX);
    for (size_t i = 0; i < 3000000; i++)
        buf_byte(&all, (char)('a' + i % 23 + i / 100000 % 3));
    for (size_t i = 0; i < 49; i++)
        segments[i] = str_take(str_skip(buf_str(&all), i * 61111), 61111);
    segments[49] = str_skip(buf_str(&all), 49 * 61111);
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, segments, 50);
    run(&n);
    assert_int_equal(n.done.status, REIN_OK);
    assert_true(str_ends(buf_str(&s.asked), buf_str(&all)));
    assert_null(strstr(s.asked.p, "Expect"));
    raw_server_stop(&s);
    buf_fini(&n.body);
    buf_fini(&all);
}

/* ---- connections ----------------------------------------------------------------------------- */

static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void connections_are_used_again(void **state)
{
    static const struct raw_answer answers_[] = {
        {fine, RAW_KEEP}, {fine, RAW_KEEP}, {fine, RAW_KEEP}};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, answers_, 3);
    for (int i = 0; i < 3; i++) {
        struct noted n = {0};

        start(&n, s.port, hello, 3);
        run(&n);
        assert_int_equal(n.done.status, REIN_OK);
        assert_int_equal(n.done.connections, i == 0 ? 1 : 0);
        buf_fini(&n.body);
    }
    assert_int_equal(s.connections, 1);
    raw_server_stop(&s);
}

/* The server closed a kept connection meanwhile: the body is sent again, on a new one. */
static void a_dead_connection_is_replaced(void **state)
{
    static const struct raw_answer answers_[] = {{fine, RAW_CLOSE}, {fine, RAW_KEEP}};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, answers_, 2);
    for (int i = 0; i < 2; i++) {
        struct noted n = {0};

        start(&n, s.port, hello, 3);
        run(&n);
        assert_int_equal(n.done.status, REIN_OK);
        buf_fini(&n.body);
    }
    assert_int_equal(s.connections, 2);
    assert_true(str_ends(buf_str(&s.asked), S("{\"a\":1}")));
    raw_server_stop(&s);
}

/* It closes only after it has read the next request: the body is rewound and sent again. */
static void a_body_is_sent_again(void **state)
{
    static const struct raw_answer answers_[] = {
        {fine, RAW_KEEP}, {"", RAW_CLOSE}, {fine, RAW_KEEP}};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, answers_, 3);
    for (int i = 0; i < 2; i++) {
        struct noted n = {0};

        start(&n, s.port, hello, 3);
        run(&n);
        assert_ok(n.done.status, n.error);
        buf_fini(&n.body);
    }
    assert_int_equal(s.connections, 2);
    assert_int_equal(s.served, 3);
    str asked = buf_str(&s.asked);

    for (int i = 0; i < 3; i++) {
        size_t at = str_search(asked, S("\r\n\r\n{\"a\":1}"));

        assert_true(at != SIZE_MAX);
        asked = str_skip(asked, at + 11);
    }
    raw_server_stop(&s);
}

static void no_proxy_for_this_machine(void **state)
{
    static const struct raw_answer answer = {fine, RAW_KEEP};
    struct raw_server s;
    struct noted n = {0};

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    run(&n);
    unsetenv("http_proxy");
    assert_ok(n.done.status, n.error);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static void nobody_listens(void **state)
{
    struct noted n = {0};
    int port, fd = raw_listen(&port);
    char expected[128];

    (void)state;
    close(fd);
    start(&n, port, hello, 3);
    run(&n);
    snprintf(expected, sizeof expected, "cannot reach http://127.0.0.1:%d: Connection refused",
             port);
    assert_string_equal(n.error.text, expected);
    assert_int_equal(n.done.status, REIN_NETWORK);
    buf_fini(&n.body);
}

/* ---- ending it ourselves --------------------------------------------------------------------- */

static const char endless[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n";

static void canceling_is_told_from_the_loop(void **state)
{
    static const struct raw_answer answer = {endless, RAW_LINGER};
    struct noted n = {0};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    struct http_call *call = start(&n, s.port, hello, 3);

    http_cancel(call);
    assert_int_equal(n.dones, 0);
    run(&n);
    assert_int_equal(n.done.status, REIN_CANCELED);
    assert_int_equal(n.heads, 0);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static void canceling_from_inside_a_callback(void **state)
{
    static const struct raw_answer answer = {endless, RAW_LINGER};
    struct noted n = {0};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    n.cancel = start(&n, s.port, hello, 3);
    run(&n);
    assert_int_equal(n.done.status, REIN_CANCELED);
    assert_int_equal(n.body.n, 2);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static void a_refused_body_ends_the_call(void **state)
{
    static const struct raw_answer answer = {endless, RAW_LINGER};
    struct noted n = {.refuse = REIN_PROTOCOL};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    run(&n);
    assert_int_equal(n.done.status, REIN_PROTOCOL);
    assert_string_equal(n.error.text, "refused");
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static void freeing_ends_what_is_under_way(void **state)
{
    static const struct raw_answer answer = {endless, RAW_LINGER};
    struct noted n = {0};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    http_client_free(client);
    client = NULL;
    assert_int_equal(n.dones, 1);
    assert_int_equal(n.done.status, REIN_CANCELED);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

static struct http_call *start_with(struct noted *n, int port, int64_t connect_ms, int64_t idle_ms)
{
    char url[64];
    struct http_call *call = NULL;

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    buf_init(&n->body, BUF_NO_MAX);
    start_now(client,
              &(struct http_request){.url = str_of(url),
                                     .segments = hello,
                                     .n_segments = 3,
                                     .connect_ms = connect_ms,
                                     .idle_ms = idle_ms},
              &events, n, &call, NULL);
    return call;
}

static void F21_silence_ends_the_call(void **state)
{
    static const struct raw_answer answer = {endless, RAW_LINGER};
    struct noted n = {0};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, &answer, 1);
    start_with(&n, s.port, 40, 60);
    run(&n);
    assert_int_equal(n.done.status, REIN_NETWORK);
    assert_non_null(strstr(n.error.text, "sent nothing for"));
    assert_int_equal(n.body.n, 2);
    raw_server_stop(&s);
    buf_fini(&n.body);
}

/* A full backlog: connections are neither taken nor refused. */
static void a_connection_that_never_stands_is_given_up(void **state)
{
    struct noted n = {0};
    int port, fds[64], count = 0, listener = raw_listen(&port);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen(listener, 0);
    for (; count < 64; count++) {
        fds[count] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fds[count], (struct sockaddr *)&address, sizeof address);
    }
    start_with(&n, port, 50, 50);
    run(&n);
    assert_int_equal(n.done.status, REIN_NETWORK);
    assert_true(str_starts(str_of(n.error.text), S("cannot reach http://127.0.0.1:")));
    while (count)
        close(fds[--count]);
    close(listener);
    buf_fini(&n.body);
}

/* ---- many, and bad arguments ----------------------------------------------------------------- */

struct chain {
    struct noted n;
    int port, left;
};

static void chain_done(void *data, const struct http_done *done);
static const struct http_events chain_events = {on_head, on_body, chain_done};

static void chain_start(struct chain *c)
{
    struct http_call *call;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", c->port);
    buf_fini(&c->n.body);
    c->n.heads = c->n.dones = 0;
    start_now(client,
              &(struct http_request){.url = str_of(url), .segments = hello, .n_segments = 3},
              &chain_events, &c->n, &call, NULL);
}

static void chain_done(void *data, const struct http_done *done)
{
    struct chain *c = data;

    assert_int_equal(done->status, REIN_OK);
    if (--c->left)
        chain_start(c);
}

static void a_callback_may_start_the_next(void **state)
{
    static const struct raw_answer answers_[] = {
        {fine, RAW_KEEP}, {fine, RAW_KEEP}, {fine, RAW_CLOSE}, {fine, RAW_KEEP}};
    struct chain c = {.left = 4};
    struct raw_server s;

    (void)state;
    raw_server_start(&s, answers_, 4);
    c.port = s.port;
    buf_init(&c.n.body, BUF_NO_MAX);
    chain_start(&c);
    while (c.left)
        loop_turn(loop, -1);
    raw_server_stop(&s);
    buf_fini(&c.n.body);
}

static void bad_arguments(void **state)
{
    static const str split = S_INIT("x: a\r\ny: b");
    struct http_call *call;
    struct error err = {0};
    struct noted n = {0};

    (void)state;
    assert_int_equal(
        start_now(client, &(struct http_request){.url = S("nowhere")}, &events, &n, &call, &err),
        REIN_INVALID);
    assert_int_equal(start_now(client,
                               &(struct http_request){.url = S("http://127.0.0.1:1"),
                                                      .headers = &split,
                                                      .n_headers = 1},
                               &events, &n, &call, &err),
                     REIN_INVALID);
    assert_false(loop_turn(loop, 0));
}

static void E27_headers_have_a_limit(void **state)
{
    struct raw_answer answer = {NULL, RAW_LINGER};
    struct noted n = {0};
    struct raw_server s;
    struct buf head;

    (void)state;
    buf_init(&head, BUF_NO_MAX);
    buf_add(&head, S("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < 3000; i++)
        buf_printf(&head, "X-Header-%d: 0123456789abcdef\r\n", i);
    buf_add(&head, S("\r\n"));
    answer.bytes = head.p;
    raw_server_start(&s, &answer, 1);
    start(&n, s.port, hello, 3);
    run(&n);
    assert_int_equal(n.done.status, REIN_PROTOCOL);
    assert_non_null(strstr(n.error.text, "headers of more than 64 KiB"));
    raw_server_stop(&s);
    buf_fini(&head);
    buf_fini(&n.body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

const struct CMUnitTest http_client_tests[] = {
    cmocka_unit_test(answers),
    TEST(F20_a_reset_is_a_lost_connection),
    TEST(what_is_sent),
    TEST(a_large_body_arrives_whole),
    TEST(connections_are_used_again),
    TEST(a_dead_connection_is_replaced),
    TEST(a_body_is_sent_again),
    TEST(no_proxy_for_this_machine),
    TEST(nobody_listens),
    TEST(canceling_is_told_from_the_loop),
    TEST(canceling_from_inside_a_callback),
    TEST(a_refused_body_ends_the_call),
    TEST(freeing_ends_what_is_under_way),
    TEST(F21_silence_ends_the_call),
    TEST(a_connection_that_never_stands_is_given_up),
    TEST(a_callback_may_start_the_next),
    TEST(bad_arguments),
    TEST(E27_headers_have_a_limit),
};
const size_t http_client_tests_n = sizeof http_client_tests / sizeof *http_client_tests;
