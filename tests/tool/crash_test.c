/*
 * crash_test.c - S055: a process that is killed at any system call of a Write or Edit leaves the old
 * file or the new one. A child is stopped at each of its calls in turn, by ptrace, and killed there.
 */
#include "tool_help.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct tool tool_read, tool_write;

enum { SIZE = 200000, STOPS_MAX = 2000 };

static void child_writes(struct room *r, str input)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(3);
    raise(SIGSTOP);
    call_json(r, &tool_write, input);
    _exit(failed(r) ? 2 : 0);
}

/* Let the child go as far as its stop number `stops`, and kill it there. True when it had ended by
 * itself before. */
static bool run_to(struct room *r, str input, int stops)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        child_writes(r, input);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        test_fail("the child could not be traced (%d)", WEXITSTATUS(status));
    for (int i = 0; i < stops; i++) {
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return true;
        }
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    return false;
}

static str make_input(struct room *r, str content)
{
    struct buf text;
    struct json_writer w;
    str input;

    buf_init(&text, BUF_NO_MAX);
    json_begin(&w, &text);
    json_object(&w);
    json_put(&w, "file_path", S("f"));
    json_put(&w, "content", content);
    json_object_end(&w);
    input = arena_str(&r->arena, buf_str(&text));
    buf_fini(&text);
    return input;
}

static str letters(struct room *r, char c)
{
    char *bytes = arena_alloc(&r->arena, SIZE);

    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)(i % 60 == 59 ? '\n' : c);
    return str_make(bytes, SIZE);
}

static void sweep(struct room *r, bool exists)
{
    str old = letters(r, 'o'), new = letters(r, 'n'), input = make_input(r, new);
    int stops = 1;
    bool saw_old = false, saw_new = false;

    for (; stops < STOPS_MAX; stops++) {
        struct arena_mark mark = arena_mark(&r->arena);
        bool ended;
        str now;

        unlink(at(r, "w/f"));
        if (exists)
            put_file(r, "w/f", old.p, old.n);
        ended = run_to(r, input, stops);
        now = get_file(r, "w/f");
        if (now.p ? !str_eq(now, new) && !(exists && str_eq(now, old)) : exists)
            test_fail("killed at stop %d: %zu bytes of neither", stops, now.n);
        saw_old = saw_old || !now.p || str_eq(now, old);
        saw_new = saw_new || str_eq(now, new);
        arena_rewind(&r->arena, mark);
        if (ended)
            break;
    }
    assert_true(stops > 10 && stops < STOPS_MAX);
    assert_true(saw_old && saw_new);
}

static void S055_killed_at_every_system_call(void **state)
{
    struct room *r = *state;

    sweep(r, false);
    put_file(r, "w/f", letters(r, 'o').p, SIZE);
    call(r, &tool_read, "{'file_path':'f'}");
    learn(r);
    sweep(r, true);
}

/* What the child asks of the kernel, of the calls that make it durable, in order. */
static void note_call(pid_t child, struct buf *calls)
{
    struct __ptrace_syscall_info info = {0};
    long n = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);

    if (n <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    if (info.entry.nr == SYS_fsync || info.entry.nr == SYS_fdatasync)
        buf_add(calls, S("sync "));
    if (info.entry.nr == SYS_renameat2)
        buf_add(calls, S("rename "));
}

static void S055_bytes_are_on_disk_before_the_name(void **state)
{
    struct room *r = *state;
    str input = make_input(r, S("new"));
    struct buf calls;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        child_writes(r, input);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD), 0);
    buf_init(&calls, 1000);
    buf_byte(&calls, ':');
    while (ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child &&
           !WIFEXITED(status))
        note_call(child, &calls);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(calls.p, ":sync rename sync ");
    buf_fini(&calls);
}

const struct CMUnitTest crash_tests[] = {
    cmocka_unit_test_setup_teardown(S055_killed_at_every_system_call, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S055_bytes_are_on_disk_before_the_name, setup_room,
                                    teardown_room),
};
const size_t crash_tests_n = sizeof crash_tests / sizeof *crash_tests;
