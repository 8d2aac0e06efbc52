/* headless_test.c - the built binary, `rein -p`, against a model's server on loopback. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "support/world.h"

static const char three_rounds[] =
    "model     text \"Looking.\"\n"
    "          tool_use Read {\"file_path\":\"a.txt\"} id c1\n"
    "          tool_use Read {\"file_path\":\"b.txt\"} id c2\n"
    "model     tool_use Grep {\"pattern\":\"beta\",\"output_mode\":\"content\"} id c3\n"
    "model     tool_use Read {\"file_path\":\"missing.txt\"} id c4\n"
    "model     text \"All read.\"\n";

static void files(struct world *w)
{
    world_file(w, "a.txt", "alpha\n");
    world_file(w, "b.txt", "beta\n");
}

/* The tool results of the last message of request `i`. */
static const struct json *results(struct world *w, size_t i)
{
    const struct json *last = NULL;

    json_each (message, json_get(world_request(w, i), "messages"))
        last = message;
    return json_get(last, "content");
}

static void S001_S086_S089_three_rounds_end_in_one_result(void **state)
{
    struct world w;
    const struct json **lines, *result, *content;
    size_t n;

    (void)state;
    world_begin(&w, three_rounds);
    files(&w);
    world_run(&w, (const char *[]){"-p", "Read all.", "--output-format", "json", NULL});
    assert_string_equal(w.err.n ? w.err.p : "", "");
    assert_int_equal(w.code, 0);
    assert_int_equal(model_server_count(w.server), 4);
    assert_int_equal(model_server_connections(w.server), 1);
    lines = world_lines(&w, &n);
    assert_int_equal(n, 1);
    result = lines[0];
    assert_true(str_eq(json_text(result, "type", S("")), S("result")));
    assert_true(str_eq(json_text(result, "subtype", S("")), S("success")));
    assert_true(str_eq(json_text(result, "result", S("")), S("All read.")));
    assert_false(json_bool(result, "is_error", true));
    assert_int_equal(json_int(result, "num_turns", 0), 4);
    content = results(&w, 1);
    assert_int_equal(content->count, 2);
    assert_true(str_eq(json_text(content->first, "tool_use_id", S("")), S("c1")));
    assert_true(str_eq(json_text(content->first->next, "tool_use_id", S("")), S("c2")));
    assert_int_not_equal(str_search(content->first->source, S("alpha")), SIZE_MAX);
    assert_true(json_bool(results(&w, 3)->first, "is_error", false));
    world_end(&w);
}

/* "type/subtype" of each line, with blanks between. */
static void course_of(struct world *w, char *out, size_t room)
{
    size_t n, at = 0;
    const struct json **lines = world_lines(w, &n);

    out[0] = 0;
    for (size_t i = 0; i < n && at < room; i++) {
        str subtype = json_text(lines[i], "subtype", S(""));
        const struct json *content = json_get(json_get(lines[i], "message"), "content");

        at += (size_t)snprintf(out + at, room - at, "%s%.*s", i ? " " : "",
                               FS(json_text(lines[i], "type", S("?"))));
        if (subtype.n)
            at += (size_t)snprintf(out + at, room - at, "/%.*s", FS(subtype));
        if (content && content->kind == JSON_ARRAY && content->first)
            at += (size_t)snprintf(out + at, room - at, "/%.*s",
                                   FS(json_text(content->first, "type", S("?"))));
    }
}

static void S001_stream_json_has_the_published_course(void **state)
{
    struct world w;
    char course[1024];

    (void)state;
    world_begin(&w, three_rounds);
    files(&w);
    world_run(&w, (const char *[]){"-p", "Read all.", "--output-format", "stream-json", "--verbose",
                                   NULL});
    assert_int_equal(w.code, 0);
    course_of(&w, course, sizeof course);
    assert_string_equal(course, "system/init assistant/text assistant/tool_use assistant/tool_use "
                                "user/tool_result user/tool_result assistant/tool_use "
                                "user/tool_result assistant/tool_use user/tool_result "
                                "assistant/text result/success");
    world_end(&w);
}

static void S027_body_n_plus_1_starts_with_body_n_on_the_wire(void **state)
{
    struct world w;
    struct buf scenario;
    str before = {0};

    (void)state;
    buf_init(&scenario, BUF_NO_MAX);
    for (int i = 0; i < 29; i++)
        buf_printf(&scenario,
                   "model thinking \"step %d\" signature \"c2ln\"\n"
                   "      tool_use %s id c%d\n",
                   i,
                   i % 3 == 2 ? "Bash {\"command\":\"echo x >> log.txt\"}"
                              : "Read {\"file_path\":\"a.txt\"}",
                   i);
    buf_add(&scenario, S("model text \"Done.\"\n"));
    world_begin(&w, scenario.p);
    buf_fini(&scenario);
    files(&w);
    world_run(&w, (const char *[]){"-p", "Go on.", "--permission-mode", "workspace-write", NULL});
    assert_int_equal(w.code, 0);
    assert_int_equal(model_server_count(w.server), 30);
    for (size_t i = 0; i < 30; i++) {
        str body = model_server_request(w.server, i);
        size_t marker = 0, at;

        while ((at = str_search(str_skip(before, marker), S(",\"cache_control\""))) != SIZE_MAX)
            marker += at + 1;
        assert_true(i == 0 || marker > 1000);
        assert_true(str_starts(body, str_take(before, marker ? marker - 1 : 0)));
        before = body;
    }
    assert_int_equal(strlen(world_read(&w, "log.txt")), 2 * 9);
    world_end(&w);
}

static void S005_a_tool_runs_before_the_message_ends(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model tool_use Bash {\"command\":\"echo early > early.txt\"}\n"
                    "model text \"ok\"\n");
    model_server_hold(w.server);
    world_start(&w, (const char *[]){"-p", "go", "--permission-mode", "workspace-write", NULL});
    assert_true(model_server_wait_held(w.server, 1));
    /* The message's end is held back until the tool's effect is seen. */
    for (int i = 0; i < 2000 && !world_read(&w, "early.txt"); i++)
        usleep(5000);
    assert_non_null(world_read(&w, "early.txt"));
    model_server_release(w.server);
    world_finish(&w);
    assert_int_equal(w.code, 0);
    world_end(&w);
}

static void S010_max_turns_is_a_limit_of_its_own(void **state)
{
    struct world w;
    size_t n;
    const struct json **lines;

    (void)state;
    world_begin(&w, three_rounds);
    files(&w);
    world_run(&w, (const char *[]){"-p", "x", "--max-turns", "1", "--output-format", "json", NULL});
    lines = world_lines(&w, &n);
    assert_true(str_eq(json_text(lines[0], "subtype", S("")), S("error_max_turns")));
    assert_int_equal(json_int(lines[0], "num_turns", 0), 2);
    assert_int_equal(model_server_count(w.server), 1);
    assert_int_not_equal(w.code, 0);
    lines = world_events(&w, &n);
    bool recorded = false;
    for (size_t i = 0; i < n; i++)
        recorded |= str_eq(json_text(lines[i], "type", S("")), S("agent.tool_result"));
    assert_true(recorded);
    world_end(&w);
}

static void S014_S101_a_denial_is_told_to_the_model_and_reported(void **state)
{
    struct world w;
    size_t n;
    const struct json **lines, *denials;

    (void)state;
    world_begin(&w, "model tool_use Bash {\"command\":\"make install\"} id c1\n"
                    "model text \"I may not.\"\n");
    world_run(&w, (const char *[]){"-p", "x", "--output-format", "json", NULL});
    lines = world_lines(&w, &n);
    denials = json_get(lines[0], "permission_denials");
    assert_int_equal(denials->count, 1);
    assert_true(str_eq(json_text(denials->first, "tool_name", S("")), S("Bash")));
    assert_true(json_bool(results(&w, 1)->first, "is_error", false));
    assert_int_not_equal(str_search(results(&w, 1)->source, S("--allowedTools")), SIZE_MAX);
    world_end(&w);
}

static void S083_S084_bad_calls_come_back_with_what_is_wrong(void **state)
{
    struct world w;

    (void)state;
    world_begin(
        &w,
        "model tool_use Read {\"path\":\"a.txt\"} id c1\n"
        "      tool_use Nonsense {\"a\":1} id c2\n"
        "      tool_use Edit {\"file_path\":\"a.txt\",\"old_string\":\"x\",\"new_string\":\"x\"} id c3\n"
        "model text \"Sorry.\"\n");
    files(&w);
    world_run(&w, (const char *[]){"-p", "x", "--permission-mode", "acceptEdits", NULL});
    assert_int_equal(w.code, 0);
    assert_int_not_equal(str_search(results(&w, 1)->first->source, S("file_path")), SIZE_MAX);
    assert_int_not_equal(str_search(results(&w, 1)->first->next->source, S("Nonsense")), SIZE_MAX);
    assert_true(json_bool(results(&w, 1)->first->next->next, "is_error", false));
    assert_string_equal(world_read(&w, "a.txt"), "alpha\n");
    world_end(&w);
}

static void S079_an_unchanged_file_is_sent_once(void **state)
{
    struct world w;
    size_t whole = 0;

    (void)state;
    world_begin(&w, "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model tool_use Bash {\"command\":\"echo more >> a.txt\"}\n"
                    "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model text \"ok\"\n");
    files(&w);
    world_run(&w, (const char *[]){"-p", "x", "--permission-mode", "workspace-write", NULL});
    assert_int_equal(w.code, 0);
    for (size_t i = 1; i < 5; i++)
        whole += str_search(results(&w, i)->source, S("alpha")) != SIZE_MAX;
    assert_int_equal(whole, 2);
    world_end(&w);
}

static void S106_a_sandboxed_command_writes_only_in_the_workspace(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w,
                "model tool_use Bash {\"command\":\"echo in > in.txt; echo out > ../out.txt\"}\n"
                "model text \"ok\"\n");
    world_run(&w, (const char *[]){"-p", "x", "--permission-mode", "workspace-write", NULL});
    assert_string_equal(world_read(&w, "in.txt"), "in\n");
    assert_null(world_read(&w, "../out.txt"));
    world_end(&w);
}

static void a_prompt_may_come_from_standard_input(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model text \"Hello.\"\n");
    w.input = "from a pipe\n";
    world_run(&w, (const char *[]){"-p", NULL});
    assert_int_equal(w.code, 0);
    assert_string_equal(w.out.p, "Hello.\n");
    assert_int_not_equal(str_search(model_server_request(w.server, 0), S("from a pipe")), SIZE_MAX);
    world_end(&w);
}

static void S033_instruction_files_are_labelled_and_in_the_prompt(void **state)
{
    struct world w;
    str body;

    (void)state;
    world_begin(&w, "model text \"Hello.\"\n");
    world_file(&w, "../CLAUDE.md", "Parents say tabs.\n");
    world_file(&w, "AGENTS.md", "Agents say spaces.\n");
    world_run(&w, (const char *[]){"-p", "x", "--append-system-prompt", "Speak softly.", NULL});
    body = model_server_request(w.server, 0);
    assert_int_not_equal(str_search(body, S("Parents say tabs.")), SIZE_MAX);
    assert_int_not_equal(str_search(body, S("Agents say spaces.")), SIZE_MAX);
    assert_true(str_search(body, S("Parents say")) < str_search(body, S("Agents say")));
    assert_int_not_equal(str_search(body, S("Speak softly.")), SIZE_MAX);
    world_end(&w);
}

static void P001_continue_and_resume_go_on_with_the_conversation(void **state)
{
    struct world w;
    const char *id;

    (void)state;
    world_begin(&w, "model text \"One.\"\nmodel text \"Two.\"\nmodel text \"Three.\"\n");
    world_run(&w, (const char *[]){"-p", "first", NULL});
    assert_string_equal(w.out.p, "One.\n");
    id = world_session(&w);
    world_run(&w, (const char *[]){"-p", "second", "--continue", NULL});
    assert_string_equal(w.out.p, "Two.\n");
    world_run(&w, (const char *[]){"-p", "third", "--resume", id, NULL});
    assert_string_equal(w.out.p, "Three.\n");
    assert_int_equal(json_get(world_request(&w, 2), "messages")->count, 5);
    assert_string_equal(world_session(&w), id);
    world_run(&w, (const char *[]){"session", "verify", id, NULL});
    assert_int_equal(w.code, 0);
    world_end(&w);
}

const struct CMUnitTest headless_tests[] = {
    cmocka_unit_test(S001_S086_S089_three_rounds_end_in_one_result),
    cmocka_unit_test(S001_stream_json_has_the_published_course),
    cmocka_unit_test(S027_body_n_plus_1_starts_with_body_n_on_the_wire),
    cmocka_unit_test(S005_a_tool_runs_before_the_message_ends),
    cmocka_unit_test(S010_max_turns_is_a_limit_of_its_own),
    cmocka_unit_test(S014_S101_a_denial_is_told_to_the_model_and_reported),
    cmocka_unit_test(S083_S084_bad_calls_come_back_with_what_is_wrong),
    cmocka_unit_test(S079_an_unchanged_file_is_sent_once),
    cmocka_unit_test(S106_a_sandboxed_command_writes_only_in_the_workspace),
    cmocka_unit_test(a_prompt_may_come_from_standard_input),
    cmocka_unit_test(S033_instruction_files_are_labelled_and_in_the_prompt),
    cmocka_unit_test(P001_continue_and_resume_go_on_with_the_conversation),
};
const size_t headless_tests_n = sizeof headless_tests / sizeof *headless_tests;
