/*
 * proc_test.c - children from start to end: what they get, what comes back, and that nothing of
 * them stays, whoever dies first.
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/children.h"
#include "platform/clock.h"
#include "platform/fixture.h"
#include "platform/proc.h"

/* Without a sandbox, and in the lightest one. */
static const struct sandbox_spec levels[] = {
    {.level = SANDBOX_FULL_ACCESS},
    {.level = SANDBOX_READ_ONLY, .workspace = "/usr"},
};
enum { LEVELS = sizeof levels / sizeof *levels };

static struct child shell_on(const struct sandbox_spec *level, const char *text, bool merge,
                             int stdin_fd)
{
    const char *argv[4];
    struct proc_spec spec = child_shell(level, "/usr", text, argv);
    struct child c = {0};

    spec.merge_output = merge;
    spec.stdin_fd = stdin_fd;
    if (!child_run(&c, &spec))
        test_fail("%s", c.result.error.text);
    return c;
}

/* ---- what comes back ----------------------------------------------------------------------- */

static void S059_codes_signals_and_output(void **state)
{
    static const struct {
        const char *text;
        int code, signal;
        const char *out, *err;
    } rows[] = {
        {"exit 0", 0, 0, "", ""},
        {"exit 7", 7, 0, "", ""},
        {"exit 255", 255, 0, "", ""},
        {"kill -9 $$", -1, SIGKILL, "", ""},
        {"kill -15 $$", -1, SIGTERM, "", ""},
        {"kill -11 $$", -1, SIGSEGV, "", ""},
        {"echo a; echo b >&2; echo c", 0, 0, "a\nc\n", "b\n"},
        {"printf 'no end'", 0, 0, "no end", ""},
        {"pwd", 0, 0, "/usr\n", ""},
        {"cat", 0, 0, "", ""}, /* stdin is empty */
        {"trap 'exit 3' TERM; kill -TERM $$; :", 3, 0, "", ""},
        {"(exit 4) & wait $!", 4, 0, "", ""},
        {"sleep 1000 & exit 5", 5, 0, "", ""}, /* what is left behind holds nothing up */
        {"setsid sleep 1000 >&2 & exit 6", 6, 0, "", ""},
        {"ls /proc/self/fd | wc -l", 0, 0, "4\n", ""}, /* 0 1 2 and ls's own */
    };
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct child c = shell_on(&levels[k], rows[i].text, false, -1);

            if (c.result.code != rows[i].code || c.result.signal != rows[i].signal)
                test_fail("'%s' at %zu: %d, signal %d", rows[i].text, k, c.result.code,
                          c.result.signal);
            assert_false(c.result.failed);
            assert_string_equal(buf_str(&c.out).p, rows[i].out);
            assert_string_equal(buf_str(&c.err).p, rows[i].err);
            child_free(&c);
        }
    }
}

static void S059_merged_output_keeps_its_order(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c =
            shell_on(&levels[k], "for i in 1 2 3; do echo o$i; echo e$i >&2; done", true, -1);

        assert_string_equal(buf_str(&c.out).p, "o1\ne1\no2\ne2\no3\ne3\n");
        assert_int_equal(c.err.n, 0);
        child_free(&c);
    }
}

static void stdin_is_what_was_given(void **state)
{
    int ends[2];

    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(write(ends[1], "given\n", 6), 6);
        close(ends[1]);
        c = shell_on(&levels[k], "cat", false, ends[0]);
        assert_string_equal(buf_str(&c.out).p, "given\n");
        assert_int_equal(fcntl(ends[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC); /* still ours */
        close(ends[0]);
        child_free(&c);
    }
}

static void environment_is_only_what_was_given(void **state)
{
    static const char *const env[] = {"ONE=1", "PATH=/usr/bin:/bin", NULL};
    const char *argv[] = {"env", NULL};

    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c = {0};

        assert_true(child_run(&c, &(struct proc_spec){.argv = argv,
                                                      .env = env,
                                                      .folder = "/usr",
                                                      .sandbox = &levels[k],
                                                      .stdin_fd = -1}));
        assert_string_equal(buf_str(&c.out).p, "ONE=1\nPATH=/usr/bin:/bin\n");
        child_free(&c);
    }
}

static void a_flood_is_drained_and_bounded(void **state)
{
    struct rusage before, after;

    (void)state;
    getrusage(RUSAGE_SELF, &before);
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c = shell_on(&levels[k], "head -c 100000000 /dev/zero", false, -1);

        assert_int_equal(c.bytes, 100000000);
        assert_int_equal(c.result.code, 0);
        child_free(&c);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 32 * 1024); /* KiB */
}

static void usage_is_told(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c =
            shell_on(&levels[k], "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", false, -1);

        assert_true(c.result.cpu_us > 1000);
        assert_true(c.result.max_rss > 100 * 1024);
        child_free(&c);
    }
}

/* ---- what can't start ---------------------------------------------------------------------- */

static void S059_what_cannot_start_says_why(void **state)
{
    static const struct {
        const char *program, *folder;
        rein_status status;
        const char *text;
    } rows[] = {
        {"/nonexistent/program", "/usr", REIN_NOT_FOUND, "/nonexistent/program"},
        {"nonexistent-program", "/usr", REIN_NOT_FOUND, "nonexistent-program"},
        {"/etc/passwd", "/usr", REIN_DENIED, "/etc/passwd"},
        {"/bin/true", "/nonexistent/folder", REIN_NOT_FOUND, "/nonexistent/folder"},
        {"/bin/true", "/etc/passwd", REIN_IO, "/etc/passwd"},
    };
    static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};

    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            const char *argv[] = {rows[i].program, NULL};
            struct child c = {0};

            assert_true(child_run(&c, &(struct proc_spec){.argv = argv,
                                                          .env = env,
                                                          .folder = rows[i].folder,
                                                          .sandbox = &levels[k],
                                                          .stdin_fd = -1}));
            assert_true(c.result.failed);
            assert_int_equal(c.result.code, -1);
            if (c.result.error.status != rows[i].status ||
                !strstr(c.result.error.text, rows[i].text))
                test_fail("%s: %d %s", rows[i].program, (int)c.result.error.status,
                          c.result.error.text);
            child_free(&c);
        }
    }
}

static void a_command_that_is_too_large_is_refused(void **state)
{
    size_t n = 5 << 20;
    char *large = malloc(n + 1);
    const char *argv[] = {"/bin/true", large, NULL};
    struct child c = {0};

    (void)state;
    memset(large, 'x', n);
    large[n] = 0;
    assert_false(
        child_run(&c, &(struct proc_spec){
                          .argv = argv, .folder = "/usr", .sandbox = &levels[0], .stdin_fd = -1}));
    assert_int_equal(c.result.error.status, REIN_LIMIT);
    child_free(&c);
    large[1 << 20] = 0; /* fits the plan, not the kernel's limit of an argument */
    c = (struct child){0};
    assert_true(
        child_run(&c, &(struct proc_spec){
                          .argv = argv, .folder = "/usr", .sandbox = &levels[0], .stdin_fd = -1}));
    assert_true(c.result.failed);
    assert_non_null(strstr(c.result.error.text, "too long"));
    child_free(&c);
    free(large);
}

/* ---- signals and ends ---------------------------------------------------------------------- */

static void signal_when_ready(struct child *c)
{
    c->on_output = NULL; /* once: what it prints on the signal comes here too */
    proc_signal(c->proc, SIGTERM);
}

static void kill_when_ready(struct child *c)
{
    if (c->out.n)
        proc_kill(c->proc);
}

static struct child run_until_ready(const struct sandbox_spec *level, const char *text,
                                    void (*on_output)(struct child *c), int stdin_fd)
{
    const char *argv[4];
    struct proc_spec spec = child_shell(level, "/usr", text, argv);
    struct child c = {.on_output = on_output};

    spec.stdin_fd = stdin_fd;
    if (!child_run(&c, &spec))
        test_fail("%s", c.result.error.text);
    return c;
}

static void S059_a_signal_reaches_the_group(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        /* The shell's child gets it too: both write a line. */
        struct child c = run_until_ready(
            &levels[k],
            "trap 'wait; echo parent; exit 9' TERM; (trap 'echo child; exit' TERM; echo ready; "
            "while :; do sleep 1000 & wait; done) & wait; wait",
            signal_when_ready, -1);

        assert_int_equal(c.result.code, 9);
        assert_non_null(strstr(buf_str(&c.out).p, "child\n"));
        assert_non_null(strstr(buf_str(&c.out).p, "parent\n"));
        child_free(&c);
    }
}

/* Processes that leave every group and session, ignore what can be ignored, and hold fd 0. */
static const char *const hostile =
    "trap '' TERM HUP INT QUIT; i=0; while [ $i -lt %d ]; do "
    "(setsid sh -c 'trap \"\" TERM HUP INT; (setsid sleep 10000 <&0 & ); sleep 10000 <&0' <&0 &); "
    "i=$((i+1)); done; echo ready; while :; do sleep 10000; done";

/* True when every holder of the other end is gone. */
static bool is_alone(int fd, int milliseconds)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};

    return poll(&end, 1, milliseconds) == 1 && end.revents & (POLLHUP | POLLERR);
}

static void N19_hostile_processes_are_killed(void **state)
{
    char text[600];
    int ends[2];

    (void)state;
    snprintf(text, sizeof text, hostile, 100); /* 300 of them, with those in between */
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        c = run_until_ready(&levels[k], text, kill_when_ready, ends[1]);
        close(ends[1]);
        assert_int_equal(c.result.signal, SIGKILL);
        assert_true(is_alone(ends[0], 0)); /* not later: `exited` comes when all are gone */
        close(ends[0]);
        child_free(&c);
    }
}

static void N19_what_a_command_leaves_behind_ends_with_it(void **state)
{
    int ends[2];

    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct child c;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        c = shell_on(&levels[k],
                     "(setsid sh -c 'trap \"\" TERM HUP; sleep 1000 <&0' <&0 &); exit 0", false,
                     ends[1]);
        close(ends[1]);
        assert_int_equal(c.result.code, 0);
        assert_true(is_alone(ends[0], 0));
        close(ends[0]);
        child_free(&c);
    }
}

/* ---- the harness dies ---------------------------------------------------------------------- */

struct harness {
    const struct sandbox_spec *level;
    int held, ready;
};

static void tell_ready(struct child *c)
{
    if (c->out.n)
        (void)!write(STDOUT_FILENO, "r", 1);
}

/* A harness with a running hostile command, and one prepared sandbox, until it is killed. */
static _Noreturn void harness_live(const struct harness *h)
{
    char text[600];
    const char *argv[4];
    struct loop *loop;
    struct child c = {.on_output = tell_ready};
    struct proc_spec spec;
    struct proc_prepared *prepared;

    dup2(h->ready, STDOUT_FILENO);
    snprintf(text, sizeof text, hostile, 5);
    spec = child_shell(h->level, "/usr", text, argv);
    spec.stdin_fd = h->held;
    if (loop_new(&loop, NULL) != REIN_OK || !child_start(&c, loop, &spec) ||
        proc_prepare(loop, &spec, &prepared, NULL) != REIN_OK)
        _exit(1);
    close(h->held);
    for (;;)
        loop_turn(loop, 1000);
}

static void N19_nothing_outlives_a_killed_harness(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        for (int round = 0; round < 10; round++) {
            int held[2], ready[2];
            struct pollfd told;
            pid_t pid;

            assert_int_equal(pipe2(held, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
            pid = fork();
            if (pid == 0) {
                struct harness h = {&levels[k], held[1], ready[1]};

                close(held[0]);
                harness_live(&h);
            }
            close(held[1]);
            close(ready[1]);
            /* Half of them once the processes are there, the others in the middle of the start. */
            told = (struct pollfd){.fd = ready[0], .events = POLLIN};
            poll(&told, 1, round % 2 ? 10000 : round);
            kill(pid, SIGKILL);
            assert_int_equal(waitpid(pid, NULL, 0), pid);
            if (!is_alone(held[0], 10000))
                test_fail("level %zu round %d: something is left", k, round);
            close(held[0]);
            close(ready[0]);
        }
    }
}

/* The launcher's process id: a child of ours of that name. */
static pid_t launcher_of(void)
{
    char path[64], name[64] = "";
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;

    while (!found && (entry = readdir(proc))) {
        int pid = atoi(entry->d_name), parent = 0;
        FILE *f;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        f = pid > 0 ? fopen(path, "re") : NULL;
        if (f && fscanf(f, "%*d (%60[^)]) %*c %d", name, &parent) == 2 && parent == getpid())
            found = pid;
        if (f)
            fclose(f);
    }
    closedir(proc);
    return found;
}

static void kill_launcher(struct child *c)
{
    pid_t launcher = c->out.n ? launcher_of() : 0;

    if (launcher)
        kill(launcher, SIGKILL);
}

static void N19_a_killed_launcher_takes_the_sandbox_along(void **state)
{
    int ends[2];
    char text[600];
    struct child c;

    (void)state;
    proc_settle(5000);
    snprintf(text, sizeof text, hostile, 5);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    c = run_until_ready(&levels[1], text, kill_launcher, ends[1]);
    close(ends[1]);
    assert_int_equal(c.result.signal, SIGKILL);
    assert_true(is_alone(ends[0], 10000));
    close(ends[0]);
    child_free(&c);
}

struct starter {
    struct loop *loop;
    struct child child;
    int stdin_fd;
    const struct sandbox_spec *level;
};

static void *start_in_thread(void *data)
{
    struct starter *s = data;
    const char *argv[4];
    struct proc_spec spec = child_shell(s->level, "/usr", "echo up; read x; echo alive $x", argv);

    spec.stdin_fd = s->stdin_fd;
    if (!child_start(&s->child, s->loop, &spec))
        return NULL;
    while (s->child.out.n == 0) /* else the launcher may not have bound itself to us yet */
        loop_turn(s->loop, 1000);
    return s;
}

static void a_child_outlives_the_thread_that_started_it(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct starter s = {.level = &levels[k]};
        int ends[2];
        pthread_t thread;
        void *done;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(loop_new(&s.loop, NULL), REIN_OK);
        s.stdin_fd = ends[0];
        assert_int_equal(pthread_create(&thread, NULL, start_in_thread, &s), 0);
        pthread_join(thread, &done);
        assert_ptr_equal(done, &s);
        assert_int_equal(write(ends[1], "yes\n", 4), 4);
        child_wait(&s.child);
        assert_string_equal(buf_str(&s.child.out).p, "up\nalive yes\n");
        close(ends[0]);
        close(ends[1]);
        loop_free(s.loop);
        child_free(&s.child);
    }
}

/* ---- dropping and preparing ---------------------------------------------------------------- */

static void drop_when_ready(struct child *c)
{
    if (c->out.n && c->proc) {
        proc_drop(c->proc); /* from inside its own callback */
        c->proc = NULL;
    }
}

static void a_dropped_child_is_killed_and_silent(void **state)
{
    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        for (int inside = 0; inside < 2; inside++) {
            char text[600];
            const char *argv[4];
            struct proc_spec spec;
            struct child c = {.on_output = inside ? drop_when_ready : NULL};
            struct loop *loop;
            int ends[2];

            snprintf(text, sizeof text, hostile, 3);
            spec = child_shell(&levels[k], "/usr", text, argv);
            assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
            spec.stdin_fd = ends[1];
            assert_int_equal(loop_new(&loop, NULL), REIN_OK);
            assert_true(child_start(&c, loop, &spec));
            close(ends[1]);
            while (inside ? c.proc != NULL : c.out.n == 0)
                loop_turn(loop, 1000);
            if (c.proc)
                proc_drop(c.proc);
            assert_true(is_alone(ends[0], 10000));
            assert_false(c.ended);
            close(ends[0]);
            loop_free(loop);
            child_free(&c);
        }
    }
}

static struct proc_prepared *prepare(struct loop *loop, const struct sandbox_spec *level)
{
    struct proc_spec spec = {.sandbox = level, .stdin_fd = -1};
    struct proc_prepared *prepared = NULL;
    struct error err = {0};

    assert_ok(proc_prepare(loop, &spec, &prepared, &err), err);
    return prepared;
}

static void on_bytes(void *data, int stream, str bytes)
{
    struct child *c = data;

    buf_add(stream == 1 ? &c->out : &c->err, bytes);
}

static void on_end(void *data, const struct proc_result *result)
{
    struct child *c = data;

    c->result = *result;
    c->ended = true;
}

static void N11_a_prepared_sandbox_runs_one_command(void **state)
{
    static const struct proc_events events = {on_bytes, on_end};

    (void)state;
    for (size_t k = 0; k < LEVELS; k++) {
        struct loop *loop;
        struct child c = {0};
        const char *argv[4];
        struct proc_spec spec = child_shell(&levels[k], "/usr/bin", "pwd; exit 3", argv);
        struct proc_prepared *prepared;
        struct error err = {0};

        assert_int_equal(loop_new(&loop, NULL), REIN_OK);
        prepared = prepare(loop, &levels[k]);
        assert_false(loop_turn(loop, 0)); /* waiting is no activity */
        c.loop = loop;
        buf_init(&c.out, BUF_NO_MAX);
        buf_init(&c.err, BUF_NO_MAX);
        assert_ok(proc_start_prepared(prepared, &spec, &events, &c, &c.proc, &err), err);
        child_wait(&c);
        assert_int_equal(c.result.code, 3);
        assert_string_equal(buf_str(&c.out).p, "/usr/bin\n");
        child_free(&c);
        loop_free(loop);
    }
}

static void a_prepared_sandbox_that_died_is_found_out(void **state)
{
    static const struct proc_events events = {on_bytes, on_end};
    struct loop *loop;
    struct child c = {0};
    const char *argv[4];
    struct proc_spec spec = child_shell(&levels[1], "/usr", "true", argv);
    struct proc_prepared *prepared;
    siginfo_t info;
    pid_t launcher;
    struct error err = {0};

    (void)state;
    proc_settle(5000);
    assert_int_equal(loop_new(&loop, NULL), REIN_OK);
    prepared = prepare(loop, &levels[1]);
    launcher = launcher_of();
    assert_true(launcher > 0);
    kill(launcher, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)launcher, &info, WEXITED | WNOWAIT), 0);
    /* Its end is seen once the sandbox's init, which holds the socket too, is gone; a command that
     * comes before that is ended with it. */
    c.loop = loop;
    buf_init(&c.out, BUF_NO_MAX);
    buf_init(&c.err, BUF_NO_MAX);
    if (proc_start_prepared(prepared, &spec, &events, &c, &c.proc, &err) == REIN_OK) {
        child_wait(&c);
        assert_int_equal(c.result.signal, SIGKILL);
    } else {
        assert_int_equal(err.status, REIN_TIMEOUT);
    }
    child_free(&c);
    loop_free(loop);
}

static void a_prepared_sandbox_can_be_thrown_away(void **state)
{
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), REIN_OK);
    for (size_t k = 0; k < LEVELS; k++)
        proc_prepared_free(prepare(loop, &levels[k]));
    proc_prepared_free(NULL);
    loop_free(loop);
    proc_settle(5000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, not even a zombie */
}

/* ---- many ---------------------------------------------------------------------------------- */

static void many_children_run_side_by_side(void **state)
{
    enum { N = 24 };
    static struct child children[N];
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), REIN_OK);
    for (int i = 0; i < N; i++) {
        const char *argv[4];
        char text[32];
        struct proc_spec spec;

        snprintf(text, sizeof text, "echo %d; exit %d", i, i);
        spec = child_shell(&levels[i % LEVELS], "/usr", text, argv);
        children[i] = (struct child){0};
        assert_true(child_start(&children[i], loop, &spec));
    }
    for (int i = 0; i < N; i++) {
        child_wait(&children[i]);
        assert_int_equal(children[i].result.code, i);
        assert_int_equal(atoi(buf_str(&children[i].out).p), i);
        child_free(&children[i]);
    }
    assert_false(loop_turn(loop, 0));
    loop_free(loop);
}

const struct CMUnitTest proc_tests[] = {
    cmocka_unit_test(S059_codes_signals_and_output),
    cmocka_unit_test(S059_merged_output_keeps_its_order),
    cmocka_unit_test(stdin_is_what_was_given),
    cmocka_unit_test(environment_is_only_what_was_given),
    cmocka_unit_test(a_flood_is_drained_and_bounded),
    cmocka_unit_test(usage_is_told),
    cmocka_unit_test(S059_what_cannot_start_says_why),
    cmocka_unit_test(a_command_that_is_too_large_is_refused),
    cmocka_unit_test(S059_a_signal_reaches_the_group),
    cmocka_unit_test(N19_hostile_processes_are_killed),
    cmocka_unit_test(N19_what_a_command_leaves_behind_ends_with_it),
    cmocka_unit_test(N19_nothing_outlives_a_killed_harness),
    cmocka_unit_test(N19_a_killed_launcher_takes_the_sandbox_along),
    cmocka_unit_test(a_child_outlives_the_thread_that_started_it),
    cmocka_unit_test(a_dropped_child_is_killed_and_silent),
    cmocka_unit_test(N11_a_prepared_sandbox_runs_one_command),
    cmocka_unit_test(a_prepared_sandbox_that_died_is_found_out),
    cmocka_unit_test(a_prepared_sandbox_can_be_thrown_away),
    cmocka_unit_test(many_children_run_side_by_side),
};
const size_t proc_tests_n = sizeof proc_tests / sizeof *proc_tests;
