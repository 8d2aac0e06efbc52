/*
 * anthropic_encode_test.c - request bodies: what each block becomes, where cache markers stand, and
 * that what was written once is never written otherwise.
 */
#include "test.h"

#include <stdio.h>

#include "wire/format.h"

#define MARK ",\"cache_control\":{\"type\":\"ephemeral\"}"

static const struct wire_format *format(void) { return wire_format_find(S("anthropic")); }

static struct block text_block(const char *text)
{
    return (struct block){.kind = BLOCK_TEXT, .text = str_of(text)};
}

static struct block result_block(const char *id, const char *text)
{
    return (struct block){.kind = BLOCK_TOOL_RESULT, .id = str_of(id), .text = str_of(text)};
}

static struct block call_block(const char *id)
{
    return (struct block){
        .kind = BLOCK_TOOL_USE, .id = str_of(id), .name = S("Read"), .input = S("{\"a\":1}")};
}

static void begin(struct wire_encoder *e, struct buf *out)
{
    static const struct wire_section sections[] = {{S_INIT("You."), true},
                                                   {S_INIT("Here."), false}};

    buf_init(out, BUF_NO_MAX);
    format()->prefix(e,
                     &(struct wire_prefix){
                         .model = S("m"), .max_tokens = 9, .sections = sections, .n_sections = 2},
                     out);
}

static void is_json(str body)
{
    struct error err = {0};
    struct json *tree;
    struct arena a;

    arena_init(&a);
    if (json_parse(body, JSON_DEPTH, &a, &tree, &err) != REIN_OK)
        test_fail("%s in %.*s", err.text, FS(body));
    arena_fini(&a);
}

/* ---- prefix ---------------------------------------------------------------------------------- */

static void prefixes(void **state)
{
    static const struct wire_section one[] = {{S_INIT("You."), true}};
    static const struct wire_section two[] = {{S_INIT("You."), true}, {S_INIT("Here."), false}};
    static const struct wire_section holes[] = {{S_INIT("You."), false},
                                                {S_INIT(" \n"), true},
                                                {S_INIT("Here."), false},
                                                {S_INIT(""), false}};
    static const struct wire_section none[] = {{S_INIT(""), true}};
    static const struct {
        struct wire_prefix prefix;
        const char *expected;
        unsigned markers;
    } cases[] = {
        {{.sections = NULL}, "", 0},
        {{.sections = none, .n_sections = 1}, "", 0},
        {{.sections = one, .n_sections = 1},
         "\"system\":[{\"type\":\"text\",\"text\":\"You.\"" MARK "}],",
         1},
        {{.sections = two, .n_sections = 2},
         "\"system\":[{\"type\":\"text\",\"text\":\"You.\"" MARK
         "},{\"type\":\"text\",\"text\":\"Here.\"" MARK "}],",
         2},
        {{.sections = holes, .n_sections = 4},
         "\"system\":[{\"type\":\"text\",\"text\":\"You.\"" MARK
         "},{\"type\":\"text\",\"text\":\"Here.\"" MARK "}],",
         2},
        {{.tools = S_INIT("[]")}, "", 0},
        {{.tools = S_INIT("[{\"name\":\"Read\"}]")}, "\"tools\":[{\"name\":\"Read\"}],", 0},
        {{.thinking = S_INIT("{\"type\":\"adaptive\"}"), .effort = S_INIT("high")},
         "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"high\"},",
         0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_prefix prefix = cases[i].prefix;
        struct wire_encoder e;
        char expected[512];
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        prefix.model = S("m");
        prefix.max_tokens = 9;
        format()->prefix(&e, &prefix, &out);
        snprintf(expected, sizeof expected,
                 "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,%s\"messages\":[",
                 cases[i].expected);
        assert_string_equal(out.p, expected);
        assert_int_equal(e.markers, cases[i].markers);
        buf_fini(&out);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void blocks(void **state)
{
    static const struct {
        const char *name;
        enum role role;
        struct block block;
        const char *expected; /* NULL: not written at all */
    } cases[] = {
        {"text",
         ROLE_USER,
         {.kind = BLOCK_TEXT, .text = S_INIT("a\"b")},
         "{\"type\":\"text\",\"text\":\"a\\\"b\""},
        {"H07 empty text", ROLE_USER, {.kind = BLOCK_TEXT, .text = S_INIT("")}, NULL},
        {"H07 blanks", ROLE_USER, {.kind = BLOCK_TEXT, .text = S_INIT(" \n\t\r\v\f")}, NULL},
        {"H24 NUL",
         ROLE_USER,
         {.kind = BLOCK_TEXT, .text = S_INIT("a\0b")},
         "{\"type\":\"text\",\"text\":\"a\xEF\xBF\xBD"
         "b\""},
        {"H25 no UTF-8",
         ROLE_USER,
         {.kind = BLOCK_TEXT,
          .text = S_INIT("a\xFF"
                         "b")},
         "{\"type\":\"text\",\"text\":\"a\xEF\xBF\xBD"
         "b\""},
        {"citations of a model's text",
         ROLE_ASSISTANT,
         {.kind = BLOCK_TEXT, .text = S_INIT("a"), .native = S_INIT("[{\"x\":1}]")},
         "{\"type\":\"text\",\"text\":\"a\",\"citations\":[{\"x\":1}]"},
        {"never of a user's",
         ROLE_USER,
         {.kind = BLOCK_TEXT, .text = S_INIT("a"), .native = S_INIT("[{\"x\":1}]")},
         "{\"type\":\"text\",\"text\":\"a\""},
        {"thinking",
         ROLE_ASSISTANT,
         {.kind = BLOCK_THINKING, .text = S_INIT("Hm"), .signature = S_INIT("Eq==")},
         "{\"type\":\"thinking\",\"thinking\":\"Hm\",\"signature\":\"Eq==\""},
        {"A22 empty thinking",
         ROLE_ASSISTANT,
         {.kind = BLOCK_THINKING, .signature = S_INIT("Eq==")},
         "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"Eq==\""},
        {"A25 thinking without a signature",
         ROLE_ASSISTANT,
         {.kind = BLOCK_THINKING, .text = S_INIT("Hm")},
         NULL},
        {"A24 redacted",
         ROLE_ASSISTANT,
         {.kind = BLOCK_REDACTED, .signature = S_INIT("Xy")},
         "{\"type\":\"redacted_thinking\",\"data\":\"Xy\""},
        {"a call",
         ROLE_ASSISTANT,
         {.kind = BLOCK_TOOL_USE,
          .id = S_INIT("t"),
          .name = S_INIT("Read"),
          .input = S_INIT("{\"a\":1}")},
         "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Read\",\"input\":{\"a\":1}"},
        {"A17 a call that was not valid",
         ROLE_ASSISTANT,
         {.kind = BLOCK_TOOL_USE,
          .id = S_INIT("t"),
          .name = S_INIT("Read"),
          .input = S_INIT("{}"),
          .invalid = true,
          .text = S_INIT("{\"a")},
         "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Read\",\"input\":{}"},
        {"A42 a foreign id",
         ROLE_ASSISTANT,
         {.kind = BLOCK_TOOL_USE, .id = S_INIT("call|1"), .name = S_INIT("a.b")},
         "{\"type\":\"tool_use\",\"id\":\"call_1_c26e9779d73a23c7\",\"name\":"
         "\"a_b_2e7336dc8eba87ef\",\"input\":{}"},
        {"A42 and its result",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT, .id = S_INIT("call|1"), .text = S_INIT("ok")},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"call_1_c26e9779d73a23c7\",\"content\":"
         "\"ok\""},
        {"H08 an empty result",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT, .id = S_INIT("t")},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"(no output)\""},
        {"an error",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT, .id = S_INIT("t"), .text = S_INIT("no"), .is_error = true},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"no\",\"is_error\":true"},
        {"parts",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT,
          .id = S_INIT("t"),
          .content = S_INIT("[{\"type\":\"text\",\"text\":\"\"},{\"type\":\"text\",\"text\":\"a\"},"
                            "{\"type\":\"image\",\"source\":{\"x\":1}}]")},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":"
         "\"a\"},{\"type\":\"image\",\"source\":{\"x\":1}}]"},
        {"H09 parts of an error: text alone",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT,
          .id = S_INIT("t"),
          .is_error = true,
          .content = S_INIT("[{\"type\":\"image\"},{\"type\":\"text\",\"text\":\"a\"}]")},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":"
         "\"a\"}],\"is_error\":true"},
        {"H09 none left",
         ROLE_USER,
         {.kind = BLOCK_TOOL_RESULT,
          .id = S_INIT("t"),
          .is_error = true,
          .content = S_INIT("[{\"type\":\"image\"}]")},
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"(no output)\","
         "\"is_error\":true"},
        {"as it came",
         ROLE_ASSISTANT,
         {.kind = BLOCK_OPAQUE, .native = S_INIT("{\"type\":\"hologram\",\"a\":[1]}")},
         "{\"type\":\"hologram\",\"a\":[1]"},
        {"nothing that came", ROLE_ASSISTANT, {.kind = BLOCK_OPAQUE, .native = S_INIT("")}, NULL},
        {"no object with members",
         ROLE_ASSISTANT,
         {.kind = BLOCK_OPAQUE, .native = S_INIT("{ }")},
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct block first = text_block("Hi");
        struct wire_encoder e;
        struct buf out, tail;
        size_t from;

        begin(&e, &out);
        format()->block(&e, ROLE_USER, &first, &out);
        from = out.n;
        format()->block(&e, cases[i].role, &cases[i].block, &out);
        const char *written = strstr(out.p + from, "{\"type\"");

        if (!cases[i].expected && out.n != from)
            test_fail("%s: %s", cases[i].name, out.p + from);
        if (cases[i].expected && (!written || strcmp(written, cases[i].expected) != 0))
            test_fail("%s: %s", cases[i].name, out.p + from);
        buf_init(&tail, BUF_NO_MAX);
        format()->tail(&e, &tail);
        buf_add(&out, buf_str(&tail));
        is_json(buf_str(&out));
        buf_fini(&tail);
        buf_fini(&out);
    }
}

static void two_foreign_ids_stay_two(void **state)
{
    struct block a = call_block("a.b"), b = call_block("a/b"), c = call_block("");
    char long_id[200];
    struct wire_encoder e;
    struct buf out;

    (void)state;
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = 0;
    struct block d = call_block(long_id);

    begin(&e, &out);
    format()->block(&e, ROLE_ASSISTANT, &a, &out);
    format()->block(&e, ROLE_ASSISTANT, &b, &out);
    format()->block(&e, ROLE_ASSISTANT, &c, &out);
    format()->block(&e, ROLE_ASSISTANT, &d, &out);
    const char *first = strstr(out.p, "\"id\":\"a_b_"),
               *second = strstr(first + 1, "\"id\":\"a_b_");

    assert_non_null(second);
    assert_memory_not_equal(first, second, 30);
    assert_non_null(strstr(second, "\"id\":\"_"));
    const char *fourth = strstr(out.p, "\"id\":\"xxx") + 6;

    assert_int_equal(strcspn(fourth, "\""), 64);
    buf_fini(&out);
}

static void H10_the_first_message_is_the_users(void **state)
{
    struct block b = call_block("t");
    struct wire_encoder e;
    struct buf out;

    (void)state;
    begin(&e, &out);
    size_t from = out.n;

    format()->block(&e, ROLE_ASSISTANT, &b, &out);
    assert_true(str_starts(str_skip(buf_str(&out), from), S("{\"role\":\"user\",\"content\":[")));
    assert_non_null(strstr(out.p, "]},{\"role\":\"assistant\",\"content\":["));
    buf_fini(&out);
}

static void messages_close_and_merge(void **state)
{
    struct block a = text_block("a"), b = text_block("b"), none = text_block(" ");
    struct wire_encoder e;
    struct buf out;

    (void)state;
    begin(&e, &out);
    size_t from = out.n;

    format()->block(&e, ROLE_USER, &a, &out);
    format()->block(&e, ROLE_ASSISTANT, &none, &out); /* a message without blocks is none */
    format()->block(&e, ROLE_USER, &b, &out);
    format()->tail(&e, &out);
    assert_string_equal(out.p + from, "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                                      "\"a\"},{\"type\":\"text\",\"text\":\"b\"" MARK "}]}]}");
    buf_fini(&out);
}

/* ---- the cache ------------------------------------------------------------------------------- */

static size_t count_of(str text, str words)
{
    size_t n = 0;

    for (size_t at; (at = str_search(text, words)) != SIZE_MAX; n++)
        text = str_skip(text, at + words.n);
    return n;
}

static size_t last_of(str text, str words)
{
    size_t last = 0, from = 0;

    for (size_t at; (at = str_search(str_skip(text, from), words)) != SIZE_MAX;) {
        last = from + at;
        from = last + words.n;
    }
    return last;
}

/* A session of `turns` turns, each with `calls(turn)` calls and as many results, and a thought in
 * every third; after each the body is checked against the one before. */
static void run_session(unsigned turns, unsigned (*calls)(unsigned turn))
{
    struct wire_encoder e;
    struct buf stable, before;

    buf_init(&before, BUF_NO_MAX);
    begin(&e, &stable);
    for (unsigned turn = 0; turn < turns; turn++) {
        struct buf body;
        char id[32];

        for (unsigned i = 0; i < calls(turn) && turn > 0; i++) {
            snprintf(id, sizeof id, "t_%u_%u", turn, i);
            struct block call = call_block(id),
                         thought = {.kind = BLOCK_THINKING, .signature = S("E")};

            if (i == 0 && turn % 3 == 0)
                format()->block(&e, ROLE_ASSISTANT, &thought, &stable);
            format()->block(&e, ROLE_ASSISTANT, &call, &stable);
        }
        for (unsigned i = 0; i < calls(turn) && turn > 0; i++) {
            snprintf(id, sizeof id, "t_%u_%u", turn, i);
            struct block result = result_block(id, "something\nthat was found");

            format()->block(&e, ROLE_USER, &result, &stable);
        }
        struct block question = text_block("Go on.");

        if (turn % 7 == 0)
            format()->block(&e, ROLE_USER, &question, &stable);
        buf_init(&body, BUF_NO_MAX);
        buf_add(&body, buf_str(&stable));
        format()->tail(&e, &body);
        is_json(buf_str(&body));
        assert_true(count_of(buf_str(&body), S(MARK)) <= 4);
        assert_true(str_ends(buf_str(&body), S(MARK "}]}]}")));
        if (before.n) {
            size_t marker = last_of(buf_str(&before), S(MARK));

            assert_true(body.n > marker);
            assert_memory_equal(body.p, before.p, marker);
        }
        buf_fini(&before);
        before = body;
    }
    buf_fini(&before);
    buf_fini(&stable);
}

static unsigned one_call(unsigned turn) { return 1 + 0 * turn; }
static unsigned some_calls(unsigned turn) { return turn % 5 + 1; }
static unsigned many_at_times(unsigned turn) { return turn % 10 == 4 ? 40 : 1; }

static void S027_a_body_begins_with_the_one_before(void **state)
{
    (void)state;
    run_session(30, one_call);
    run_session(30, some_calls);
    run_session(30, many_at_times);
}

/* Blocks between the end of one request's messages and the next marker after it: at most 20, else
 * the server does not find what it kept. */
static void A49_the_lookback_reaches_over_many_calls(void **state)
{
    struct block question = text_block("Read them all.");
    struct wire_encoder e;
    struct buf out;
    char id[32];

    (void)state;
    begin(&e, &out);
    format()->block(&e, ROLE_USER, &question, &out);
    size_t from = out.n;

    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "t_%d", i);
        struct block call = call_block(id);

        format()->block(&e, ROLE_ASSISTANT, &call, &out);
    }
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "t_%d", i);
        struct block result = result_block(id, "x");

        format()->block(&e, ROLE_USER, &result, &out);
    }
    str added = str_skip(buf_str(&out), from);
    size_t marker = str_search(added, S(MARK));

    assert_true(marker != SIZE_MAX);
    assert_in_range(count_of(str_take(added, marker), S("{\"type\":")), 15, 20);
    assert_int_equal(count_of(added, S(MARK)), 1); /* and one is left for the end */
    format()->tail(&e, &out);
    assert_int_equal(count_of(buf_str(&out), S(MARK)), 4);
    buf_fini(&out);
}

/* Single calls never use up the marker that is kept for many at once. */
static void ordinary_turns_leave_the_spare_marker(void **state)
{
    struct wire_encoder e;
    struct buf out;

    (void)state;
    begin(&e, &out);
    for (int i = 0; i < 100; i++) {
        struct block call = call_block("t"), result = result_block("t", "x");

        format()->block(&e, ROLE_USER, &result, &out);
        format()->block(&e, ROLE_ASSISTANT, &call, &out);
    }
    assert_int_equal(e.markers, 2);
    buf_fini(&out);
}

static void H23_no_marker_on_a_thought(void **state)
{
    struct block question = text_block("a"),
                 thought = {.kind = BLOCK_THINKING, .signature = S("E")};
    struct wire_encoder e;
    struct buf out;

    (void)state;
    begin(&e, &out);
    format()->block(&e, ROLE_USER, &question, &out);
    format()->block(&e, ROLE_ASSISTANT, &thought, &out);
    format()->tail(&e, &out);
    assert_true(str_ends(buf_str(&out), S("\"signature\":\"E\"}]}]}")));
    is_json(buf_str(&out));
    buf_fini(&out);
}

const struct CMUnitTest anthropic_encode_tests[] = {
    cmocka_unit_test(prefixes),
    cmocka_unit_test(blocks),
    cmocka_unit_test(two_foreign_ids_stay_two),
    cmocka_unit_test(H10_the_first_message_is_the_users),
    cmocka_unit_test(messages_close_and_merge),
    cmocka_unit_test(S027_a_body_begins_with_the_one_before),
    cmocka_unit_test(A49_the_lookback_reaches_over_many_calls),
    cmocka_unit_test(ordinary_turns_leave_the_spare_marker),
    cmocka_unit_test(H23_no_marker_on_a_thought),
};
const size_t anthropic_encode_tests_n =
    sizeof anthropic_encode_tests / sizeof *anthropic_encode_tests;
