/*
 * hands_test.c - commands through hands: nothing before the first, deadlines, cancelling, what
 * waits for the next one, and the suite that every kind of hands passes.
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hands/hands.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/protect.h"

static const enum sandbox_level levels[] = {SANDBOX_READ_ONLY, SANDBOX_WORKSPACE_WRITE,
                                            SANDBOX_FULL_ACCESS};
enum { LEVELS = sizeof levels / sizeof *levels };

struct world {
    char base[64], folder[80], results[80], state[80];
    struct loop *loop;
    struct hands *hands;
};

struct run {
    struct world *world;
    struct command *command;
    struct command_result result;
    struct buf out;
    char violations[1000];
    bool ended;
    void (*on_output)(struct run *run);
};

static void open_world(struct world *w, enum sandbox_level level)
{
    struct error err = {0};
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "HOME=/root", "A_TOKEN=t",
                                              NULL};
    const char *masked[] = {w->state, NULL};

    strcpy(w->base, "/tmp/rein-hands-XXXXXX");
    assert_non_null(mkdtemp(w->base));
    snprintf(w->folder, sizeof w->folder, "%s/ws", w->base);
    snprintf(w->state, sizeof w->state, "%s/state", w->base);
    snprintf(w->results, sizeof w->results, "%s/state/results", w->base);
    assert_ok(file_make_folder(w->folder, 0755, &err), err);
    assert_ok(file_make_folder(w->results, 0700, &err), err);
    assert_ok(loop_new(&w->loop, &err), err);
    assert_ok(hands_provision(w->loop,
                              &(struct hands_spec){.folder = w->folder,
                                                   .level = level,
                                                   .results = w->results,
                                                   .masked = masked,
                                                   .environment = environment,
                                                   .state = w->state},
                              &w->hands, &err),
              err);
}

static void close_world(struct world *w)
{
    struct error err = {0};

    hands_release(w->hands);
    loop_free(w->loop);
    assert_ok(file_remove_tree(w->base, &err), err);
}

static void on_output(void *data, int stream, str bytes)
{
    struct run *r = data;

    (void)stream;
    buf_add(&r->out, bytes);
    if (r->on_output)
        r->on_output(r);
}

static void on_exited(void *data, const struct command_result *result)
{
    struct run *r = data;

    assert_false(r->ended);
    r->result = *result;
    snprintf(r->violations, sizeof r->violations, "%s",
             result->violations ? result->violations : "");
    r->ended = true;
}

static const struct command_events events = {on_output, on_exited};

static void start(struct run *r, struct world *w, const char *text, int64_t timeout_ms)
{
    struct error err = {0};

    r->world = w;
    buf_init(&r->out, BUF_NO_MAX);
    assert_ok(hands_execute(w->hands, str_of(text), timeout_ms, &events, r, &r->command, &err),
              err);
}

static void wait_for(struct run *r)
{
    while (!r->ended)
        loop_turn(r->world->loop, 1000);
}

static struct run run(struct world *w, const char *text)
{
    struct run r = {0};

    start(&r, w, text, 0);
    wait_for(&r);
    return r;
}

static void expect(struct world *w, const char *text, int code, const char *out)
{
    struct run r = run(w, text);

    if (r.result.proc.failed || r.result.proc.code != code || strcmp(buf_str(&r.out).p, out) != 0)
        test_fail("'%s': %d '%s' %s", text, r.result.proc.code, buf_str(&r.out).p,
                  r.result.proc.error.text);
    buf_fini(&r.out);
}

/* ---- the suite ----------------------------------------------------------------------------- */

static void S312_nothing_exists_before_the_first_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        struct stat st;

        open_world(&w, levels[i]);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child */
        assert_false(loop_turn(w.loop, 0));
        assert_string_equal(hands_folder(w.hands), w.folder);
        assert_string_equal(hands_results(w.hands), w.results);
        assert_int_equal(hands_level(w.hands), levels[i]);
        assert_int_equal(fstat(hands_root(w.hands), &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        close_world(&w);
    }
}

static void S059_commands_run_in_bash_in_the_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        char pwd[100];

        open_world(&w, levels[i]);
        snprintf(pwd, sizeof pwd, "%s\n", w.folder);
        expect(&w, "pwd", 0, pwd);
        expect(&w, "echo $PWD", 0, pwd);
        expect(&w, "[[ -n $BASH_VERSION ]] && echo {1..3}", 0, "1 2 3\n");
        expect(&w, "echo \"${A_TOKEN-none}\"", 0, "none\n");
        expect(&w, "exit 42", 42, "");
        expect(&w, "echo 'a\nb'", 0, "a\nb\n");
        expect(&w, "nosuchcommand 2>/dev/null", 127, "");
        expect(&w, "shopt -q expand_aliases || echo none; set +o | grep histexpand", 0,
               "none\nset +o histexpand\n");
        close_world(&w);
    }
}

static void S106_levels_decide_where_it_may_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        char text[200];

        open_world(&w, levels[i]);
        expect(&w, "touch file 2>/dev/null && echo yes || echo no", 0,
               levels[i] == SANDBOX_READ_ONLY ? "no\n" : "yes\n");
        snprintf(text, sizeof text, "ls -A %s", w.state);
        if (levels[i] != SANDBOX_FULL_ACCESS)
            expect(&w, text, 0, "results\n");
        close_world(&w);
    }
}

static void S059_a_deadline_ends_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        struct run r = {0};

        open_world(&w, levels[i]);
        start(&r, &w, "trap 'echo asked; exit 1' TERM; sleep 1000 & wait", 50);
        wait_for(&r);
        assert_true(r.result.timed_out);
        assert_false(r.result.canceled);
        assert_int_equal(r.result.proc.failed, 0);
        buf_fini(&r.out);
        close_world(&w);
    }
}

static void cancel_when_up(struct run *r) { command_cancel(r->command); }

/* All levels at once: the grace of two seconds is waited for only once. */
static void S059_cancel_asks_first_and_then_kills(void **state)
{
    struct world w[LEVELS];
    struct run polite[LEVELS] = {0}, deaf[LEVELS] = {0};

    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        open_world(&w[i], levels[i]);
        polite[i].on_output = deaf[i].on_output = cancel_when_up;
        start(&polite[i], &w[i], "trap 'exit 5' TERM; echo up; sleep 1000 & wait", 60000);
        start(&deaf[i], &w[i], "trap '' TERM; echo up; while :; do sleep 1000; done", 60000);
        wait_for(&polite[i]);
        while (deaf[i].out.n == 0)
            loop_turn(w[i].loop, 1000);
    }
    for (size_t i = 0; i < LEVELS; i++) {
        wait_for(&deaf[i]);
        assert_true(polite[i].result.canceled && deaf[i].result.canceled);
        assert_int_equal(polite[i].result.proc.code, 5);
        assert_int_equal(deaf[i].result.proc.signal, SIGKILL);
        buf_fini(&polite[i].out);
        buf_fini(&deaf[i].out);
        close_world(&w[i]);
    }
}

static void release_kills_and_calls_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        struct run r = {0};

        open_world(&w, levels[i]);
        start(&r, &w, "echo up; trap '' TERM; while :; do sleep 1000; done", 0);
        while (r.out.n == 0)
            loop_turn(w.loop, 1000);
        close_world(&w);
        assert_false(r.ended);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* collected, too */
        buf_fini(&r.out);
    }
}

static void S059_bad_commands_are_refused(void **state)
{
    struct world w;
    char *large = malloc(200000);
    struct error err = {0};
    struct run r = {0};

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    memset(large, ' ', 200000);
    assert_int_equal(
        hands_execute(w.hands, str_make(large, 200000), 0, &events, &r, &r.command, &err),
        REIN_LIMIT);
    assert_int_equal(hands_execute(w.hands, str_make("a\0b", 3), 0, &events, &r, &r.command, &err),
                     REIN_INVALID);
    assert_false(loop_turn(w.loop, 0));
    memcpy(large, "echo ok", 7);
    large[131071] = 0; /* the longest that the kernel takes */
    expect(&w, large, 0, "ok\n");
    free(large);
    close_world(&w);
}

static void programs_run_without_a_shell(void **state)
{
    static const char *const argv[] = {"/bin/echo", "$HOME", "a b", NULL};

    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        struct world w;
        struct run r = {.world = &w};
        struct error err = {0};

        open_world(&w, levels[i]);
        buf_init(&r.out, BUF_NO_MAX);
        assert_ok(hands_run(w.hands, argv, 1000, &events, &r, &r.command, &err), err);
        wait_for(&r);
        assert_string_equal(buf_str(&r.out).p, "$HOME a b\n");
        buf_fini(&r.out);
        close_world(&w);
    }
}

/* ---- the sandbox that waits ---------------------------------------------------------------- */

/* Give the preparation its turn: it comes by a timer that was started before this one. */
struct pause {
    struct timer timer;
    bool over;
};
static void on_pause(struct timer *t) { ((struct pause *)t)->over = true; }
static void let_prepare(struct world *w)
{
    struct pause pause = {0};

    timer_start(w->loop, &pause.timer, 5, on_pause);
    while (!pause.over)
        loop_turn(w->loop, 1000);
}

static void N11_the_next_command_finds_a_sandbox_ready(void **state)
{
    struct world w;
    struct run first, second, third;

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    first = run(&w, "echo 1");
    let_prepare(&w);
    second = run(&w, "echo 2; touch made; ! touch .npmrc 2>/dev/null");
    let_prepare(&w);
    third = run(&w, "cat made; ls -A /tmp | wc -l");
    assert_false(first.result.prepared);
    assert_true(second.result.prepared);
    assert_true(third.result.prepared);
    assert_int_equal(second.result.proc.code, 0);
    assert_string_equal(buf_str(&third.out).p, "1\n"); /* its /tmp is its own: the way to ws */
    assert_string_equal(second.violations, "");
    buf_fini(&first.out), buf_fini(&second.out), buf_fini(&third.out);
    close_world(&w);
}

static void N11_it_is_thrown_away_when_protected_names_change(void **state)
{
    struct world w;
    struct run r;
    char path[200];

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    r = run(&w, "true");
    buf_fini(&r.out);
    let_prepare(&w);
    snprintf(path, sizeof path, "%s/sub", w.folder);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/sub/.mcp.json", w.folder);
    close(open(path, O_CREAT | O_CLOEXEC, 0644));
    r = run(&w, "! sh -c 'echo x >sub/.mcp.json' 2>/dev/null");
    assert_false(r.result.prepared);
    assert_int_equal(r.result.proc.code, 0);
    assert_string_equal(r.violations, "");
    buf_fini(&r.out);
    close_world(&w);
}

/* The harness's own tools write where the sandbox may not: then the one that waits is void. */
static void N11_it_is_thrown_away_when_a_name_gave_way(void **state)
{
    struct world w;
    struct run r;
    char path[200];
    struct stat st;

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    r = run(&w, "true");
    buf_fini(&r.out);
    let_prepare(&w);
    snprintf(path, sizeof path, "%s/.vscode", w.folder);
    assert_true(lstat(path, &st) == 0 && protect_is_placeholder(&st));
    strcat(path, "/tasks.json");
    protect_give_way(path);
    *strrchr(path, '/') = 0;
    assert_int_equal(lstat(path, &st), -1);
    r = run(&w, "! mkdir .vscode/x 2>/dev/null && ! touch .npmrc 2>/dev/null");
    assert_false(r.result.prepared);
    assert_int_equal(r.result.proc.code, 0);
    buf_fini(&r.out);
    let_prepare(&w);
    snprintf(path, sizeof path, "%s/.npmrc", w.folder);
    protect_give_way(path);
    close(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
    protect_give_way(path); /* no placeholder: stays */
    assert_int_equal(lstat(path, &st), 0);
    r = run(&w, "! sh -c 'echo >.npmrc' 2>/dev/null");
    assert_int_equal(r.result.proc.code, 0);
    assert_string_equal(r.violations, "");
    buf_fini(&r.out);
    close_world(&w);
}

static void S106_violations_are_in_the_result(void **state)
{
    struct world w;
    struct run r;

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    r = run(&w, "mkdir -p a/.git/hooks b/.rein");
    assert_non_null(strstr(r.violations, "a/.git was created"));
    assert_non_null(strstr(r.violations, "b/.rein was created"));
    buf_fini(&r.out);
    r = run(&w, "true"); /* told once */
    assert_string_equal(r.violations, "");
    buf_fini(&r.out);
    close_world(&w);
}

static void S106_nothing_of_ours_stays_in_the_folder(void **state)
{
    struct world w;
    struct error err = {0};

    (void)state;
    open_world(&w, SANDBOX_WORKSPACE_WRITE);
    expect(&w, "true", 0, "");
    let_prepare(&w);
    hands_release(w.hands);
    assert_int_equal(rmdir(w.folder), 0); /* empty */
    loop_free(w.loop);
    assert_ok(file_remove_tree(w.base, &err), err);
}

static void a_folder_that_is_gone_is_told(void **state)
{
    struct hands *hands;
    struct error err = {0};
    struct loop *loop;

    (void)state;
    assert_ok(loop_new(&loop, &err), err);
    assert_int_equal(
        hands_provision(loop, &(struct hands_spec){.folder = "/nonexistent-rein"}, &hands, &err),
        REIN_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent-rein"));
    loop_free(loop);
    hands_release(NULL);
}

const struct CMUnitTest hands_tests[] = {
    cmocka_unit_test(S312_nothing_exists_before_the_first_command),
    cmocka_unit_test(S059_commands_run_in_bash_in_the_folder),
    cmocka_unit_test(S106_levels_decide_where_it_may_write),
    cmocka_unit_test(S059_a_deadline_ends_it),
    cmocka_unit_test(S059_cancel_asks_first_and_then_kills),
    cmocka_unit_test(release_kills_and_calls_nothing),
    cmocka_unit_test(S059_bad_commands_are_refused),
    cmocka_unit_test(programs_run_without_a_shell),
    cmocka_unit_test(N11_the_next_command_finds_a_sandbox_ready),
    cmocka_unit_test(N11_it_is_thrown_away_when_protected_names_change),
    cmocka_unit_test(N11_it_is_thrown_away_when_a_name_gave_way),
    cmocka_unit_test(S106_violations_are_in_the_result),
    cmocka_unit_test(S106_nothing_of_ours_stays_in_the_folder),
    cmocka_unit_test(a_folder_that_is_gone_is_told),
};
const size_t hands_tests_n = sizeof hands_tests / sizeof *hands_tests;
