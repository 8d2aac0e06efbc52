/* bash_test.c - the tool Bash, with real commands behind real hands. */
#include "tool_help.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

extern const struct tool tool_bash;

static int setup_commands(void **state)
{
    setup_room(state);
    room_provision(*state, SANDBOX_FULL_ACCESS);
    return 0;
}

static void S059_exit_codes_and_output(void **state)
{
    static const struct {
        const char *command, *text;
        bool is_error;
    } rows[] = {
        {"echo hello", "hello\n", false},
        {"true", "(no output)", false},
        {"false", "Exit code 1", true},
        {"printf x; exit 3", "x\nExit code 3", true},
        {"echo one; echo two >&2; echo three", "one\ntwo\nthree\n", false},
        {"kill -9 $$", "Ended by signal 9 (Killed).", true},
        {"printf '\\\\033[31mred\\\\033[0m\\\\r\\\\nx\\\\377y'", "red\nx\xef\xbf\xbdy", false},
        {"cat", "(no output)", false}, /* stdin is empty */
        {"no-such-program-here", "Exit code 127", true},
        {"printf '%s' \\\"$BASH_ENV$PROMPT_COMMAND\\\"", "(no output)", false},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call_json(r, &tool_bash, arena_printf(&r->arena, "{\"command\":\"%s\"}", rows[i].command));
        if (!str_ends(said(r), str_of(rows[i].text)) || failed(r) != rows[i].is_error)
            test_fail("%s: '%.*s'", rows[i].command, FS(said(r)));
    }
}

static void S059_commands_begin_in_the_folder(void **state)
{
    struct room *r = *state;

    call(r, &tool_bash, "{'command':'cd / && X=1'}");
    call(r, &tool_bash, "{'command':'pwd; echo $X'}");
    assert_true(str_eq(said(r), arena_printf(&r->arena, "%s\n\n", r->folder)));
    call(r, &tool_bash, "{'command':'echo x > made'}");
    assert_file(r, "w/made", "x\n");
}

static void S059_details_have_the_published_shape(void **state)
{
    struct room *r = *state;

    call(r, &tool_bash, "{'command':'echo hello; exit 2','description':'Say hello'}");
    assert_string_equal(r->run.result.details.p,
                        "{\"stdout\":\"hello\\n\",\"stderr\":\"\",\"interrupted\":false}");
    assert_true(str_eq(buf_str(&r->progress), S("hello\n")));
}

/* The whole tree goes: the pipe that its processes hold comes to its end. */
static void S059_timeout_ends_the_tree(void **state)
{
    struct room *r = *state;

    call(r, &tool_bash, "{'command':'echo begun; (sleep 1000 & sleep 1000) & wait','timeout':200}");
    assert_true(failed(r));
    assert_says(r, "begun\nStopped after 200 ms (timeout).");
    assert_true(str_search(buf_str(&r->run.result.details), S("\"interrupted\":true")) != SIZE_MAX);
}

static void S059_cancel_ends_it(void **state)
{
    struct room *r = *state;

    begin_call(r, &tool_bash, "{'command':'echo begun; sleep 1000'}");
    while (r->progress.n == 0 && !r->is_done)
        loop_turn(r->loop, -1);
    assert_false(r->is_done);
    tool_bash.cancel(&r->run);
    assert_false(r->is_done); /* never from inside */
    finish_call(r);
    assert_text(r, "begun\nInterrupted by the user.");
    tool_bash.cancel(&r->run); /* too late, and harmless */
}

static long peak_rss_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void S059_long_output_goes_to_a_file(void **state)
{
    struct room *r = *state;
    struct stat st;

    call(r, &tool_bash, "{'command':'seq 1 20000'}");
    assert_false(failed(r));
    assert_true(said(r).n < 2400);
    assert_says(r, "It begins:]\n1\n2\n3\n");
    assert_true(str_ends(said(r), S("19999\n20000\n")));
    assert_int_equal(stat(r->run.result.spilled, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 108894);
}

static void S059_memory_does_not_depend_on_output(void **state)
{
    struct room *r = *state;
    long before;

    call(r, &tool_bash, "{'command':'head -c 1000000 /dev/zero | tr \\\\\\\\0 x'}");
    before = peak_rss_kib();
    call(r, &tool_bash, "{'command':'head -c 60000000 /dev/zero | tr \\\\\\\\0 x; echo end'}");
    assert_false(failed(r));
    assert_says(r, "[60000004 characters. The first 10 MiB are in");
    assert_true(str_ends(said(r), S("xend\n")));
#ifndef __SANITIZE_ADDRESS__
    assert_true(peak_rss_kib() - before < 8 << 10);
#else
    (void)before;
#endif
}

static void S059_output_without_end_is_stopped(void **state)
{
    struct room *r = *state;

    call(r, &tool_bash, "{'command':'yes'}");
    assert_true(failed(r));
    assert_says(r, "Stopped: it wrote more than 256 MiB.");
}

static void S084_bash_checks(void **state)
{
    struct room *r = *state;

    call(r, &tool_bash, "{'command':' \\n '}");
    assert_says(r, "command is empty");
    call(r, &tool_bash, "{'command':'a\\u0000b'}");
    assert_says(r, "NUL");
    call(r, &tool_bash, "{'command':'true','timeout':600001}");
    assert_says(r, "at most 600000 (ten minutes), not 600001");
    call(r, &tool_bash, "{'command':['ls']}");
    assert_true(failed(r));
}

static void S059_in_the_sandbox(void **state)
{
    struct room *r = *state;

    room_provision(r, SANDBOX_WORKSPACE_WRITE);
    call(r, &tool_bash, "{'command':'echo x > inside && echo y > ../out/o'}");
    assert_true(failed(r));
    assert_file(r, "w/inside", "x\n");
    assert_null(get_file(r, "out/o").p);
    call(r, &tool_bash, "{'command':'seq 1 20000'}");
    str path = arena_str(&r->arena, str_of(r->run.result.spilled));
    call_json(r, &tool_bash, arena_printf(&r->arena, "{\"command\":\"tail -n 1 %.*s\"}", FS(path)));
    assert_text(r, "20000\n"); /* a spilled result is readable in there */
}

const struct CMUnitTest bash_tests[] = {
    cmocka_unit_test_setup_teardown(S059_exit_codes_and_output, setup_commands, teardown_room),
    cmocka_unit_test_setup_teardown(S059_commands_begin_in_the_folder, setup_commands,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S059_details_have_the_published_shape, setup_commands,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S059_timeout_ends_the_tree, setup_commands, teardown_room),
    cmocka_unit_test_setup_teardown(S059_cancel_ends_it, setup_commands, teardown_room),
    cmocka_unit_test_setup_teardown(S059_long_output_goes_to_a_file, setup_commands, teardown_room),
    cmocka_unit_test_setup_teardown(S059_memory_does_not_depend_on_output, setup_commands,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S059_output_without_end_is_stopped, setup_commands,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S084_bash_checks, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S059_in_the_sandbox, setup_room, teardown_room),
};
const size_t bash_tests_n = sizeof bash_tests / sizeof *bash_tests;
