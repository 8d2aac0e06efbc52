/* assemble_test.c - events in, request bytes out: stable, complete, hashed as they are sent. */
#include "test.h"

#include <stdio.h>

#include "context/context.h"

static const char setup_text[] =
    "{\"model\":{\"name\":\"t/m\",\"id\":\"m\",\"provider\":\"t\",\"wire\":\"anthropic\","
    "\"max_tokens\":1000,\"prices\":{}},"
    "\"sections\":[{\"name\":\"identity\",\"text\":\"You are a test.\",\"boundary\":true}],"
    "\"tools\":[{\"name\":\"Read\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}],"
    "\"classes\":[]}";

struct world {
    struct context context;
    struct setup setup;
    struct arena arena;
    uint64_t seq;
};

static void world_begin(struct world *w)
{
    struct error err;

    *w = (struct world){0};
    context_init(&w->context);
    arena_init(&w->arena);
    assert_ok(setup_read(str_of(setup_text), &w->arena, &w->setup, &err), err);
    assert_ok(context_setup(&w->context, &w->setup, &err), err);
}

static void world_end(struct world *w)
{
    context_fini(&w->context);
    arena_fini(&w->arena);
}

static void tell(struct world *w, const char *type, const char *payload)
{
    struct event ev = {.seq = ++w->seq, .type = event_type_of(str_of(type))};
    struct entry entry = {.ev = &ev};
    struct json *body;
    struct error err;

    ev.payload = arena_str(&w->arena, str_of(payload));
    assert_ok(json_parse(ev.payload, JSON_DEPTH, &w->arena, &body, &err), err);
    entry.body = body;
    context_apply(&w->context, &entry);
}

static void say(struct world *w, const char *text)
{
    char payload[256];

    snprintf(payload, sizeof payload, "{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}", text);
    tell(w, "user.message", payload);
    snprintf(payload, sizeof payload, "{\"inputs\":[%llu]}", (unsigned long long)w->seq);
    tell(w, "rein.input_taken", payload);
}

/* The whole body as sent; its hash is the one that was announced. */
static str body_of(struct world *w)
{
    struct context_body body;
    struct buf out;
    str text;

    context_request(&w->context, &body);
    buf_init(&out, BUF_NO_MAX);
    for (size_t i = 0; i < body.n; i++)
        buf_add(&out, body.segments[i]);
    assert_int_equal(out.n, body.size);
    assert_true(digest_eq(sha256_of(buf_str(&out)), body.sha));
    text = arena_str(&w->arena, buf_str(&out));
    buf_fini(&out);
    tell(w, "span.model_request_start", "{}");
    return text;
}

static const struct json *parsed(struct world *w, str body)
{
    struct json *tree;
    struct error err;

    assert_ok(json_parse(body, JSON_DEPTH, &w->arena, &tree, &err), err);
    return tree;
}

static void round_of(struct world *w, int i)
{
    char payload[512];

    tell(w, "agent.thinking", "{\"thinking\":\"hm\",\"signature\":\"c2ln\"}");
    snprintf(payload, sizeof payload, "{\"content\":[{\"type\":\"text\",\"text\":\"step %d\"}]}",
             i);
    tell(w, "agent.message", payload);
    snprintf(payload, sizeof payload, "{\"name\":\"Read\",\"call\":\"c%d\",\"input\":{\"n\":%d}}",
             i, i);
    tell(w, "agent.tool_use", payload);
    tell(w, "span.model_request_end", "{\"stop_reason\":\"tool_use\",\"kept\":true}");
    snprintf(payload, sizeof payload,
             "{\"call\":\"c%d\",\"content\":[{\"type\":\"text\",\"text\":\"r%d\"}]}", i, i);
    tell(w, "agent.tool_result", payload);
}

static void S027_N08_body_n_plus_1_starts_with_body_n(void **state)
{
    struct world w;
    str before = {0};

    (void)state;
    world_begin(&w);
    tell(&w, "rein.context_gathered", "{\"sections\":[{\"name\":\"e\",\"text\":\"Folder: /w\"}]}");
    say(&w, "go");
    for (int i = 0; i < 30; i++) {
        str body = body_of(&w);
        size_t marker = 0;

        for (size_t at;
             (at = str_search(str_skip(before, marker + 1), S("\"cache_control\""))) != SIZE_MAX;)
            marker += at + 1;
        assert_true(i == 0 || marker > 0);
        assert_true(str_starts(body, str_take(before, marker ? marker - 1 : 0)));
        parsed(&w, body);
        before = body;
        round_of(&w, i);
    }
    world_end(&w);
}

static void results_come_first_and_in_one_message(void **state)
{
    struct world w;
    const struct json *messages, *last;

    (void)state;
    world_begin(&w);
    say(&w, "go");
    body_of(&w);
    tell(&w, "agent.tool_use", "{\"name\":\"Read\",\"call\":\"a\",\"input\":{}}");
    tell(&w, "agent.tool_use", "{\"name\":\"Read\",\"call\":\"b\",\"input\":{}}");
    say(&w, "and hurry");
    tell(&w, "agent.tool_result",
         "{\"call\":\"a\",\"content\":[{\"type\":\"text\",\"text\":\"1\"}]}");
    tell(&w, "agent.tool_result",
         "{\"call\":\"b\",\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"2\"}]}");
    tell(&w, "span.model_request_end", "{\"stop_reason\":\"tool_use\",\"kept\":true}");
    messages = json_get(parsed(&w, body_of(&w)), "messages");
    assert_int_equal(messages->count, 3);
    last = json_get(messages->first->next->next, "content");
    assert_int_equal(last->count, 3);
    assert_true(str_eq(json_text(last->first, "tool_use_id", S("")), S("a")));
    assert_true(str_eq(json_text(last->first->next, "tool_use_id", S("")), S("b")));
    assert_true(json_bool(last->first->next, "is_error", false));
    assert_true(str_eq(json_text(last->first->next->next, "text", S("")), S("and hurry")));
    world_end(&w);
}

static void a_reply_that_does_not_stay_leaves_no_bytes(void **state)
{
    struct world w;
    str first, second;

    (void)state;
    world_begin(&w);
    say(&w, "go");
    first = body_of(&w);
    tell(&w, "agent.message", "{\"content\":[{\"type\":\"text\",\"text\":\"half\"}]}");
    tell(&w, "span.model_request_end", "{\"is_error\":true,\"kept\":false}");
    second = body_of(&w);
    assert_true(str_eq(first, second));
    world_end(&w);
}

static void a_message_that_was_not_taken_does_not_join(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w);
    say(&w, "go");
    tell(&w, "user.message", "{\"content\":[{\"type\":\"text\",\"text\":\"LATER\"}]}");
    assert_int_equal(str_search(body_of(&w), S("LATER")), SIZE_MAX);
    tell(&w, "agent.message", "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}");
    tell(&w, "span.model_request_end", "{\"stop_reason\":\"end_turn\",\"kept\":true}");
    tell(&w, "rein.input_taken", "{\"inputs\":[3]}");
    assert_int_not_equal(str_search(body_of(&w), S("LATER")), SIZE_MAX);
    world_end(&w);
}

static void S025_S026_the_fixed_part_knows_no_user_and_no_machine(void **state)
{
    struct buf out;
    struct json_writer writer;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    json_begin(&writer, &out);
    json_array(&writer);
    context_static_sections(&writer);
    json_array_end(&writer);
    assert_int_not_equal(str_search(buf_str(&out), S("\"boundary\":true}]")), SIZE_MAX);
    assert_int_equal(str_search(buf_str(&out), S("/home")), SIZE_MAX);
    assert_int_equal(str_search(buf_str(&out), S("20")), SIZE_MAX); /* no date */
    assert_true(out.n > 1000 && out.n < 6000);
    buf_fini(&out);
}

const struct CMUnitTest assemble_tests[] = {
    cmocka_unit_test(S027_N08_body_n_plus_1_starts_with_body_n),
    cmocka_unit_test(results_come_first_and_in_one_message),
    cmocka_unit_test(a_reply_that_does_not_stay_leaves_no_bytes),
    cmocka_unit_test(a_message_that_was_not_taken_does_not_join),
    cmocka_unit_test(S025_S026_the_fixed_part_knows_no_user_and_no_machine),
};
const size_t assemble_tests_n = sizeof assemble_tests / sizeof *assemble_tests;
