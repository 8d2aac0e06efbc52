/*
 * task_test.c - whole tasks with another project and another fault than the demo's: the binary knows
 * nothing of either. And what two brains on one session, a second prompt, a lost turn come to.
 */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/world.h"

static void project(struct world *w)
{
    world_file(w, "Makefile",
               "test: queue_test\n\t./queue_test\nqueue_test: queue.c queue_test.c queue.h\n"
               "\tcc -o $@ queue.c queue_test.c\n");
    world_file(w, "queue.h",
               "#define QUEUE_ROOM 4\nstruct queue { int items[QUEUE_ROOM]; "
               "unsigned head, n; };\nint queue_put(struct queue *q, int item);\n"
               "int queue_take(struct queue *q, int *item);\n");
    world_file(w, "queue.c",
               "#include \"queue.h\"\n\nint queue_put(struct queue *q, int item)\n{\n"
               "    if (q->n == QUEUE_ROOM)\n        return 0;\n"
               "    q->items[(q->head + q->n) % (QUEUE_ROOM - 1)] = item;\n    q->n++;\n"
               "    return 1;\n}\n\nint queue_take(struct queue *q, int *item)\n{\n"
               "    if (!q->n)\n        return 0;\n    *item = q->items[q->head];\n"
               "    q->head = (q->head + 1) % QUEUE_ROOM;\n    q->n--;\n    return 1;\n}\n");
    world_file(w, "queue_test.c",
               "#include <stdio.h>\n#include \"queue.h\"\n\nint main(void)\n{\n"
               "    struct queue q = {0};\n    int got;\n\n"
               "    for (int i = 0; i < QUEUE_ROOM; i++)\n        queue_put(&q, i);\n"
               "    for (int i = 0; i < QUEUE_ROOM; i++)\n"
               "        if (!queue_take(&q, &got) || got != i)\n"
               "            return printf(\"item %d is %d\\n\", i, got), 1;\n"
               "    return puts(\"ok\"), 0;\n}\n");
}

static void S018_S059_another_project_with_another_fault_is_mended(void **state)
{
    struct world w;

    (void)state;
    world_begin(
        &w, "model text \"First the test.\"\n"
            "      tool_use Bash {\"command\":\"make test\"} id c1\n"
            "model when tool_result \"item 0 is 3\"\n"
            "      tool_use Grep {\"pattern\":\"QUEUE_ROOM\",\"output_mode\":\"content\"} id c2\n"
            "      tool_use Glob {\"pattern\":\"*.c\"} id c3\n"
            "      tool_use Read {\"file_path\":\"queue.c\"} id c4\n"
            "model\n"
            "      tool_use Edit {\"file_path\":\"queue.c\",\"old_string\":\"(QUEUE_ROOM - 1)\","
            "\"new_string\":\"QUEUE_ROOM\"} id c5\n"
            "model tool_use Bash {\"command\":\"make -B test\"} id c6\n"
            "model when tool_result \"ok\"\n"
            "      text \"The put wrapped one too early.\"\n");
    project(&w);
    world_run(&w, (const char *[]){"-p", "The test fails.", "--permission-mode", "workspace-write",
                                   NULL});
    if (w.code != 0)
        test_fail("%d: %s %s", w.code, w.out.p, w.err.p);
    assert_string_equal(w.out.p, "The put wrapped one too early.\n");
    assert_non_null(strstr(world_read(&w, "queue.c"), "% QUEUE_ROOM] = item"));
    assert_int_equal(
        system(arena_printf(&w.arena, "make -s -C %s test > /dev/null", w.workspace).p), 0);
    world_end(&w);
}

static void a_second_brain_on_a_session_is_a_clear_conflict(void **state)
{
    struct world w;
    struct buf out = {0}, err = {0};
    const char *id = "0f3c5d3e-1111-4222-8333-444455556666";
    int out_fd, err_fd;
    pid_t pid;

    (void)state;
    world_begin(&w, "model text \"slow\"\nmodel text \"two\"\n");
    model_server_hold(w.server);
    world_start(&w, (const char *[]){"-p", "x", "--session-id", id, NULL});
    assert_true(model_server_wait_held(w.server, 1));
    out = w.out, err = w.err, out_fd = w.out_fd, err_fd = w.err_fd, pid = w.pid;
    buf_init(&w.out, 1 << 20), buf_init(&w.err, 1 << 20);
    world_run(&w, (const char *[]){"-p", "y", "--resume", id, NULL});
    assert_int_equal(w.code, 1);
    assert_non_null(strstr(w.err.p, id));
    assert_non_null(
        strstr(w.err.p, arena_printf(&w.arena, "%d", (int)pid).p)); /* names the owner */
    world_run(&w, (const char *[]){"-p", "y", "--session-id", id, NULL});
    assert_int_equal(w.code, 1);
    buf_fini(&w.out), buf_fini(&w.err);
    w.out = out, w.err = err, w.out_fd = out_fd, w.err_fd = err_fd, w.pid = pid;
    model_server_release(w.server);
    world_finish(&w);
    assert_int_equal(w.code, 0);
    world_end(&w);
}

static void N07_a_prompt_after_a_crash_closes_what_was_open_and_joins(void **state)
{
    struct world w;
    const char *id = "0f3c5d3e-1111-4222-8333-444455556667";
    const struct json *messages, *last = NULL;

    (void)state;
    world_begin(&w, "model tool_use Bash {\"command\":\"echo ran >> ledger; sleep 60\"} id c1\n"
                    "model text \"Understood.\"\n");
    world_start(&w, (const char *[]){"-p", "x", "--session-id", id, "--permission-mode",
                                     "workspace-write", NULL});
    for (int i = 0; !world_read(&w, "ledger"); i++) {
        if (i > 10000)
            test_fail("the command did not begin");
        usleep(2000);
    }
    kill(w.pid, SIGKILL);
    world_finish(&w);
    world_run(&w, (const char *[]){"-p", "stop that", "--resume", id, NULL});
    assert_int_equal(w.code, 0);
    assert_string_equal(w.out.p, "Understood.\n");
    assert_string_equal(world_read(&w, "ledger"), "ran\n");
    messages = json_get(world_request(&w, 1), "messages");
    json_each (message, messages)
        last = message;
    last = json_get(last, "content");
    assert_int_equal(last->count, 2);
    assert_true(json_bool(last->first, "is_error", false));
    assert_int_not_equal(str_search(last->first->source, S("outcome is unknown")), SIZE_MAX);
    assert_true(str_eq(json_text(last->first->next, "text", S("")), S("stop that")));
    world_end(&w);
}

static void P001_a_recorded_policy_and_prompt_go_on_in_the_next_run(void **state)
{
    struct world w;
    const struct json *first, *second;

    (void)state;
    world_begin(&w, "model text \"One.\"\n"
                    "model tool_use Bash {\"command\":\"echo yes > yes.txt\"} id c1\n"
                    "model text \"Two.\"\n");
    world_run(&w, (const char *[]){"-p", "x", "--permission-mode", "workspace-write",
                                   "--append-system-prompt", "Speak softly.", NULL});
    world_run(&w, (const char *[]){"-p", "y", "--continue", NULL});
    assert_int_equal(w.code, 0);
    assert_non_null(world_read(&w, "yes.txt"));
    first = world_request(&w, 0), second = world_request(&w, 2);
    assert_true(str_eq(json_get(first, "system")->source, json_get(second, "system")->source));
    assert_true(str_eq(json_get(first, "tools")->source, json_get(second, "tools")->source));
    world_end(&w);
}

const struct CMUnitTest task_tests[] = {
    cmocka_unit_test(S018_S059_another_project_with_another_fault_is_mended),
    cmocka_unit_test(a_second_brain_on_a_session_is_a_clear_conflict),
    cmocka_unit_test(N07_a_prompt_after_a_crash_closes_what_was_open_and_joins),
    cmocka_unit_test(P001_a_recorded_policy_and_prompt_go_on_in_the_next_run),
};
const size_t task_tests_n = sizeof task_tests / sizeof *task_tests;
