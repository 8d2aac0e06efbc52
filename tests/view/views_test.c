/* views_test.c - projections, told as stories: a line an event, then what the view says. */
#include "test.h"

#include <stdio.h>

#include "view/view.h"

#define CALL_1 "00000000-0000-0000-0000-000000000001"
#define CALL_2 "00000000-0000-0000-0000-000000000002"

struct told {
    enum event_type type;
    const char *payload;
};

static void tell(struct views *v, struct arena *a, const struct told *events)
{
    for (unsigned char n = 0; events[n].type != EV_NONE; n++) {
        struct event ev = {
            .type = events[n].type, .at = 1000, .payload = str_of(events[n].payload)};
        struct entry entry = {.ev = &ev};
        struct json *body;
        struct error err;

        if (ev.type == EV_AGENT_TOOL_USE)
            ev.id.b[15] = strstr(events[n].payload, "second") ? 2 : 1;
        assert_ok(json_parse(ev.payload, JSON_DEPTH, a, &body, &err), err);
        entry.body = body;
        views_apply(v, &entry);
    }
}

static const char *result_of(const struct views *v, struct arena *a, const char *terminal)
{
    struct json_writer w;
    struct buf out;
    const char *text;

    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    views_turn_result(v, "end_turn", terminal, false, 5, &w);
    text = arena_cstr(a, buf_str(&out));
    buf_fini(&out);
    return text;
}

static void S013_a_turn_result_names_what_ran_and_what_was_denied(void **state)
{
    struct views v;
    struct arena a;
    const char *text;

    (void)state;
    views_init(&v);
    arena_init(&a);
    tell(&v, &a,
         (struct told[]){
             {EV_SESSION_STATUS_RUNNING, "{}"},
             {EV_AGENT_TOOL_USE,
              "{\"name\":\"Bash\",\"call\":\"a\",\"input\":{\"command\":\"make\"}}"},
             {EV_AGENT_TOOL_USE,
              "{\"name\":\"Bash\",\"call\":\"b\",\"input\":{\"command\":\"second\"}}"},
             {EV_TOOL_STARTED, "{\"tool_use_id\":\"" CALL_1 "\"}"},
             {EV_AGENT_TOOL_RESULT, "{\"tool_use_id\":\"" CALL_1 "\",\"outcome\":\"ok\"}"},
             {EV_AGENT_TOOL_RESULT,
              "{\"tool_use_id\":\"" CALL_2 "\",\"outcome\":\"denied\",\"reason\":\"a rule\"}"},
             {EV_MODEL_REQUEST_END,
              "{\"stop_reason\":\"tool_use\",\"cost_usd\":0.25,\"duration_us\":7,"
              "\"model_usage\":{\"input_tokens\":3,\"output_tokens\":4}}"},
             {EV_AGENT_MESSAGE, "{\"content\":[{\"type\":\"text\",\"text\":\"Done.\"}]}"},
             {EV_NONE, NULL},
         });
    text = result_of(&v, &a, "completed");
    assert_non_null(strstr(text, "\"commands\":[\"make\"]")); /* the denied one never ran */
    assert_non_null(strstr(text, "\"tools\":{\"Bash\":2}"));
    assert_non_null(strstr(text, "\"permission_denials\":[{\"tool_name\":\"Bash\","
                                 "\"tool_use_id\":\"b\",\"tool_input\":{\"command\":\"second\"},"
                                 "\"reason\":\"a rule\"}]"));
    assert_non_null(strstr(text, "\"text\":\"Done.\""));
    assert_non_null(strstr(text, "\"num_turns\":1,"));
    assert_non_null(strstr(text, "\"total_cost_usd\":0.250000"));
    assert_null(strstr(text, "\"error\""));
    assert_non_null(strstr(result_of(&v, &a, "max_turns"), "\"num_turns\":2,"));
    tell(&v, &a, (struct told[]){{EV_SESSION_STATUS_RUNNING, "{}"}, {EV_NONE, NULL}});
    text = result_of(&v, &a, "completed");
    assert_non_null(strstr(text, "\"commands\":[]"));
    assert_non_null(strstr(text, "\"cost_usd\":0.000000,\"total_cost_usd\":0.250000"));
    views_fini(&v);
    arena_fini(&a);
}

static void S079_what_is_known_of_a_file_is_the_last_fact(void **state)
{
    static const char sha[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct file_fact *fact;
    char payload[512];
    struct views v;
    struct arena a;

    (void)state;
    views_init(&v);
    arena_init(&a);
    assert_null(views_file(&v, S("/w/a")));
    snprintf(payload, sizeof payload,
             "{\"facts\":{\"file\":{\"path\":\"/w/a\",\"sha\":\"%s\",\"size\":3,\"shown\":true}}}",
             sha);
    tell(&v, &a,
         (struct told[]){
             {EV_AGENT_TOOL_RESULT, payload},
             {EV_AGENT_TOOL_RESULT,
              "{\"facts\":{\"file\":{\"path\":\"/w/b\",\"sha\":\"no hash\"}}}"},
             {EV_AGENT_TOOL_RESULT, "{\"facts\":{\"file\":{\"path\":7}}}"},
             {EV_NONE, NULL},
         });
    fact = views_file(&v, S("/w/a"));
    assert_non_null(fact);
    assert_int_equal(fact->size, 3);
    assert_true(fact->in_context);
    assert_null(views_file(&v, S("/w/b")));
    snprintf(payload, sizeof payload,
             "{\"facts\":{\"file\":{\"path\":\"/w/a\",\"sha\":\"%s\",\"size\":9}}}", sha);
    tell(&v, &a, (struct told[]){{EV_AGENT_TOOL_RESULT, payload}, {EV_NONE, NULL}});
    assert_int_equal(views_file(&v, S("/w/a"))->size, 9);
    assert_false(views_file(&v, S("/w/a"))->in_context);
    views_fini(&v);
    arena_fini(&a);
}

static void the_title_is_the_first_prompt_and_the_list_the_last(void **state)
{
    struct views v;
    struct arena a;

    (void)state;
    views_init(&v);
    arena_init(&a);
    tell(&v, &a,
         (struct told[]){
             {EV_USER_MESSAGE, "{\"content\":[]}"},
             {EV_AGENT_TOOL_RESULT, "{\"facts\":{\"todos\":[{\"content\":\"x\"}]}}"},
             {EV_AGENT_TOOL_RESULT, "{\"facts\":{\"todos\":[]}}"},
             {EV_AGENT_TOOL_RESULT, "{\"facts\":{\"todos\":3}}"},
             {EV_NONE, NULL},
         });
    assert_string_equal(v.todos.list.p, "[]");
    views_fini(&v);
    views_init(&v);
    tell(&v, &a,
         (struct told[]){
             {EV_USER_MESSAGE, "{\"content\":[{\"type\":\"text\",\"text\":\"  Mend it. \"}]}"},
             {EV_USER_MESSAGE, "{\"content\":[{\"type\":\"text\",\"text\":\"And this.\"}]}"},
             {EV_NONE, NULL},
         });
    assert_true(str_eq(v.title, S("Mend it.")));
    views_fini(&v);
    arena_fini(&a);
}

const struct CMUnitTest views_tests[] = {
    cmocka_unit_test(S013_a_turn_result_names_what_ran_and_what_was_denied),
    cmocka_unit_test(S079_what_is_known_of_a_file_is_the_last_fact),
    cmocka_unit_test(the_title_is_the_first_prompt_and_the_list_the_last),
};
const size_t views_tests_n = sizeof views_tests / sizeof *views_tests;
