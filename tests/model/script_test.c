/*
 * script_test.c - scenarios: their faults with the line, and which reply a request gets. Replies
 * are compared as what a decoder makes of their bytes.
 */
#include "test.h"

#include <stdio.h>

#include "model/script.h"
#include "support/transcript.h"

/* ---- faults ---------------------------------------------------------------------------------- */

static void faults(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"modl text \"a\"", "f:1: unknown line 'modl'; did you mean 'model'?"},
        {"user x\n\n# y\nxyzzy", "f:4: unknown line 'xyzzy'; lines begin with"},
        {"{\"a\":1}", "f:1: unknown line '{'"},
        {"  text \"a\"", "f:1: this line goes on from none"},
        {"# a\n  text \"a\"", "f:2: this line goes on from none"},
        {"#\n\n# a\n \nmodel", "f:5: a reply without content"},
        {"model", "f:1: a reply without content"},
        {"model usage input=1", "f:1: a reply without content"},
        {"model\n  text \"a\"\n  txet \"b\"", "f:3: a reply has no 'txet'; did you mean 'text'?"},
        {"model \"a\"", "f:1: a reply has no '\"'; expected text"},
        {"model text", "f:1: expected a \"text\" in quotes after 'text'"},
        {"model text hello", "f:1: expected a \"text\" in quotes after 'text'"},
        {"model text \"a\nmodel text \"b\"", "f:1: a \"text\" in quotes after 'text' does not end"},
        {"model text \"\\x\"", "f:1: a \"text\" in quotes after 'text' has a fault"},
        {"model tool_use", "f:1: expected a word after 'tool_use'"},
        {"model tool_use A", "f:1: expected a JSON object"},
        {"model tool_use A {", "f:1: a JSON object with the call's input does not end"},
        {"model tool_use A {\"a\":1,}", "f:1: a JSON object with the call's input has a fault"},
        {"model tool_use A [1]", "f:1: expected a JSON object"},
        {"model tool_use A {} id", "f:1: expected a word after 'id'"},
        {"model text \"a\" pause", "f:1: expected a number from 0 on after 'pause'"},
        {"model text \"a\" pause -1", "f:1: expected a number from 0 on after 'pause'"},
        {"model text \"a\" pieces 0", "f:1: expected a number from 1 on after 'pieces'"},
        {"model text \"a\" usage", "f:1: expected input=N"},
        {"model text \"a\" usage input=x", "f:1: usage has no 'input=x'"},
        {"model text \"a\" usage inptu=1", "f:1: usage has no 'inptu=1'"},
        {"model error 7 x \"y\"", "f:1: expected a number from 100 on after 'error'"},
        {"model error 500 api_error", "f:1: expected a \"text\" in quotes after 'error'"},
        {"model end_turn text \"a\"", "f:1: nothing may follow the end of a reply"},
        {"model cut end_turn", "f:1: nothing may follow the end of a reply"},
        {"model when", "f:1: no condition ''"},
        {"model when turns 1 text \"a\"", "f:1: no condition 'turns'; did you mean 'turn'?"},
        {"model when turn 0 text \"a\"", "f:1: expected a number from 1 on after 'turn'"},
        {"model when user text \"a\"", "f:1: expected a \"text\" in quotes after 'user'"},
        {"model otherwise text \"a\"", "f:1: 'otherwise' without a 'model when' before it"},
        {"model when user \"x\" text \"a\"\nmodel text \"b\"\nmodel otherwise text \"c\"",
         "f:3: 'otherwise' without a 'model when' before it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct script *script;

        if (script_parse(str_of(cases[i].text), S("f"), &script, &err) != REIN_INVALID)
            test_fail("accepted: %s", cases[i].text);
        if (!str_starts(str_of(err.text), str_of(cases[i].error)))
            test_fail("%s: %s", cases[i].text, err.text);
    }
}

/* ---- answering ------------------------------------------------------------------------------- */

/* A request after `replies` replies, whose last message is a text or a result. */
static void request(unsigned replies, const char *last, bool is_result, struct buf *out)
{
    static const struct wire_section sections[] = {
        {S_INIT("You are an agent."), true},
        {S_INIT("Working directory: /w/a\"b\nDate: x"), false}};
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct block question = {.kind = BLOCK_TEXT, .text = S("Find it.")};
    struct block call = {.kind = BLOCK_TOOL_USE, .id = S("t"), .name = S("Read"), .input = S("{}")};
    struct block result = {.kind = BLOCK_TOOL_RESULT, .id = S("t"), .text = str_of(last)};
    struct block text = {.kind = BLOCK_TEXT, .text = str_of(last)};
    struct wire_encoder e;

    buf_init(out, BUF_NO_MAX);
    wire->prefix(
        &e,
        &(struct wire_prefix){
            .model = S("script:x"), .max_tokens = 1, .sections = sections, .n_sections = 2},
        out);
    wire->block(&e, ROLE_USER, replies ? &question : &text, out);
    for (unsigned i = 1; i <= replies; i++) {
        wire->block(&e, ROLE_ASSISTANT, &call, out);
        wire->block(&e, ROLE_USER, i < replies || is_result ? &result : &text, out);
    }
    wire->tail(&e, out);
}

/* The reply as "200: " and its blocks and end in a line, steps with pauses as "(5) ". */
static void reply_to(const char *scenario, str body, unsigned attempt, struct buf *out)
{
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct script_reply reply;
    struct error err = {0};
    struct script *script;
    struct arena a;
    struct buf bytes, transcript;

    arena_init(&a);
    buf_init(&bytes, BUF_NO_MAX);
    buf_init(&transcript, BUF_NO_MAX);
    assert_ok(script_parse(str_of(scenario), S("f"), &script, &err), err);
    script_answer(script, wire, body, attempt, &a, &reply);
    buf_printf(out, "%d:", reply.http_status);
    for (size_t i = 0; i < reply.n_steps; i++) {
        if (reply.steps[i].pause_ms)
            buf_printf(out, " (%lld)", (long long)reply.steps[i].pause_ms);
        buf_add(&bytes, reply.steps[i].bytes);
    }
    transcript_of(wire, buf_str(&bytes), 0, &transcript);
    for (str rest = buf_str(&transcript); rest.n;) {
        str line = str_cut(&rest, '\n');

        if (str_starts(line, S("block ")))
            buf_printf(out, " %.*s;", FS(str_skip(line, 8)));
        else if (str_starts(line, S("stop ")) || str_starts(line, S("error ")))
            buf_printf(out, " %.*s", FS(line));
    }
    if (reply.cut)
        buf_printf(out, " cut");
    if (reply.retry_after_s >= 0)
        buf_printf(out, " retry_after %lld", (long long)reply.retry_after_s);
    script_free(script);
    buf_fini(&bytes);
    buf_fini(&transcript);
    arena_fini(&a);
}

static void expect(const char *scenario, unsigned replies, const char *last, bool is_result,
                   unsigned attempt, const char *expected)
{
    struct buf body, out;

    request(replies, last, is_result, &body);
    buf_init(&out, BUF_NO_MAX);
    reply_to(scenario, buf_str(&body), attempt, &out);
    if (strcmp(out.p, expected) != 0)
        test_fail("%s\nrequest %u: got      %s\n           expected %s", scenario, replies + 1,
                  out.p, expected);
    buf_fini(&body);
    buf_fini(&out);
}

static void parts(void **state)
{
    static const struct {
        const char *reply, *expected;
    } cases[] = {
        {"text \"Hi\"", "200: text Hi; stop end_turn (end_turn)"},
        {"text \"a\" \"b\"\n  # remark \"\n\n  \"c\" end_turn",
         "200: text abc; stop end_turn (end_turn)"},
        {"text \"a\" max_tokens", "200: text a; stop max_tokens (max_tokens)"},
        {"text \"a\" stop tired", "200: text a; stop end_turn (tired)"},
        {"text \"a\"\n# remark\n  text \"b\"\n#\n\n",
         "200: text a; text b; stop end_turn (end_turn)"},
        {"end_turn", "200: stop end_turn (end_turn)"},
        {"tool_use Read {\"a\":\n  [1, {\"b\":\"}\"}]}",
         "200: tool_use toolu_1_1 Read {\"a\":[1,{\"b\":\"}\"}]}; stop tool_use (tool_use)"},
        {"tool_use Read {} id x text \"a\"",
         "200: tool_use x Read {}; text a; stop tool_use (tool_use)"},
        {"tool_use Read \"{\\\"a\\\":\"", "200: tool_use toolu_1_1 Read {} invalid {\"a\":; stop "
                                          "tool_use (tool_use)"},
        {"thinking \"Hm\" signature \"E\" thinking \"x\" redacted \"D\" text \"a\"",
         "200: thinking Hm signature E; thinking x signature ; redacted D; text a; "
         "stop end_turn (end_turn)"},
        {"block {\"type\":\"hologram\"}", "200: opaque {\"type\":\"hologram\"}; "
                                          "stop end_turn (end_turn)"},
        {"usage input=1 output=2 cache_read=3 cache_write=4 cache_write_1h=5 thinking=6 text \"a\"",
         "200: text a; stop end_turn (end_turn) in=1 out=2 read=3 5m=4 1h=5 thinking=6"},
        {"pause 5 text \"a\" pause 6 pause 1 text \"b\" pause 7",
         "200: (5) (7) (7) text a; text b; stop end_turn (end_turn)"},
        {"text \"a\" cut", "200: text a; cut"},
        {"text \"abc\" cut 60", "200: text abc; cut"},
        {"tool_use A {} cut 1", "200: cut"},
        {"error 529 overloaded_error \"no\"", "529: error overloaded_error: no"},
        {"pause 3 error 429 rate_limit_error \"no\" retry_after 7",
         "429: (3) error rate_limit_error: no retry_after 7"},
        {"text \"a\" error 500 api_error \"died\"", "200: text a; error api_error: died"},
        {"text \"${folder}, ${HOME}, ${folder}\"",
         "200: text /w/a\"b, ${HOME}, /w/a\"b; stop end_turn (end_turn)"},
        {"tool_use A {\"a\":\"${folder}/x\"}",
         "200: tool_use toolu_1_1 A {\"a\":\"/w/a\\\"b/x\"}; stop tool_use (tool_use)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char scenario[512];

        snprintf(scenario, sizeof scenario, "model %s\n", cases[i].reply);
        expect(scenario, 0, "Hi", false, 1, cases[i].expected);
    }
}

#define END " stop end_turn (end_turn)"

static void choosing(void **state)
{
    static const char story[] =
        "user      Find it.\n"
        "model     text \"one\"\n"
        "request   2 tool_result \"x\"\n"
        "model     when tool_result \"FAIL\"  text \"two, failed\"\n"
        "model     when not tool_result \"PASS\" when not user \"stop\"\n"
        "          text \"two, neither\"\n"
        "model     when user \"stop\" text \"two, stopped\"\n"
        "model     otherwise text \"two, passed\"\n"
        "model     when tool_result \"x\" text \"three, x\"\n"
        "model     when turn 9 text \"nine\"\n"
        "model     when system \"${folder}\" when model \"script\" text \"three, here\"\n"
        "model     text \"four\"\n"
        "model     when try 1 error 529 overloaded_error \"wait\"\n"
        "model     when try 2 error 429 rate_limit_error \"wait\"\n"
        "model     otherwise text \"five\"\n";
    static const struct {
        unsigned replies;
        const char *last;
        bool is_result;
        unsigned attempt;
        const char *expected;
    } cases[] = {
        {0, "Hi", false, 1, "200: text one;" END},
        {0, "Hi", false, 3, "200: text one;" END},
        {1, "a FAIL b", true, 1, "200: text two, failed;" END},
        {1, "a PASS b", true, 1, "200: text two, passed;" END},
        {1, "a", true, 1, "200: text two, neither;" END},
        {1, "FAIL", false, 1, "200: text two, neither;" END},
        {1, "stop", false, 1, "200: text two, stopped;" END},
        {2, "x", true, 1, "200: text three, x;" END},
        {2, "y", true, 1, "200: text three, here;" END},
        {3, "y", true, 1, "200: text four;" END},
        {4, "y", true, 1, "529: error overloaded_error: wait"},
        {4, "y", true, 2, "429: error rate_limit_error: wait"},
        {4, "y", true, 3, "200: text five;" END},
        {8, "y", true, 1, "200: text nine;" END},
        {5, "all\nis lost", true, 1,
         "400: error invalid_request_error: the scenario f has no reply "
         "that fits request 6 (its last is for 9); the last message says: all\\nis lost"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(story, cases[i].replies, cases[i].last, cases[i].is_result, cases[i].attempt,
               cases[i].expected);
}

static void a_request_that_is_none(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    reply_to("model text \"a\"", S("{\"model\":\"x\"}"), 1, &out);
    assert_string_equal(out.p, "400: error invalid_request_error: the request has no messages");
    assert_int_equal(script_number(wire_format_find(S("anthropic")), S("{")), 0);
    buf_fini(&out);
}

const struct CMUnitTest script_tests[] = {
    cmocka_unit_test(faults),
    cmocka_unit_test(parts),
    cmocka_unit_test(choosing),
    cmocka_unit_test(a_request_that_is_none),
};
const size_t script_tests_n = sizeof script_tests / sizeof *script_tests;
