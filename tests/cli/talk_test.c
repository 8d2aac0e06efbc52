/* talk_test.c - a conversation on a terminal: the built binary behind a pseudo-terminal. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "support/world.h"

enum { PATIENCE_MS = 20000 };

struct talk {
    struct world w;
    pid_t pid;
    int fd;
    struct buf seen; /* all that stood on the terminal */
    size_t at;       /* up to where it was waited for */
};

/* In the child: the terminal becomes ours, then the binary. */
static void become(struct talk *t, const char *terminal, const char *const *arguments)
{
    char *argv[12] = {(char *)"rein"};
    int n = 1, fd;

    for (; *arguments; arguments++)
        argv[n++] = (char *)(uintptr_t)*arguments;
    setsid();
    fd = open(terminal, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) || chdir(t->w.workspace))
        _exit(99);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    setenv("REIN_HOME", t->w.home, 1);
    setenv("ANTHROPIC_BASE_URL", model_server_url(t->w.server), 1);
    setenv("ANTHROPIC_API_KEY", "k", 1);
    setenv("REIN_MODEL", "anthropic/claude-sonnet-4-5", 1);
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    execv(REIN_BINARY, argv);
    _exit(99);
}

/* The binary on a new terminal of so many columns. */
static void start(struct talk *t, unsigned short columns, const char *const *arguments)
{
    struct winsize size = {.ws_row = 30, .ws_col = columns};
    char terminal[64];

    t->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(t->fd >= 0 && grantpt(t->fd) == 0 && unlockpt(t->fd) == 0);
    assert_int_equal(ptsname_r(t->fd, terminal, sizeof terminal), 0);
    assert_int_equal(ioctl(t->fd, TIOCSWINSZ, &size), 0);
    t->pid = fork();
    assert_true(t->pid >= 0);
    if (t->pid == 0)
        become(t, terminal, arguments);
}

static void begin(struct talk *t, const char *scenario, const char *const *arguments)
{
    *t = (struct talk){0};
    world_begin(&t->w, scenario);
    buf_init(&t->seen, 1 << 20);
    start(t, 90, arguments);
}

/* Read until `text` stood there, from where the last wait ended. A moving status line is no reason
 * to wait longer. */
static void wait_for(struct talk *t, const char *text)
{
    struct timespec begun, now;

    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (;;) {
        struct pollfd wanted = {.fd = t->fd, .events = POLLIN};
        str rest = str_skip(buf_str(&t->seen), t->at);
        size_t found = str_search(rest, str_of(text));
        if (found != SIZE_MAX) {
            t->at += found + strlen(text);
            return;
        }
        char *room = buf_room(&t->seen, 4096);
        ssize_t n = poll(&wanted, 1, PATIENCE_MS) > 0 ? read(t->fd, room, 4096) : 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (n <= 0 || now.tv_sec - begun.tv_sec > PATIENCE_MS / 1000)
            test_fail("no '%s' in:\n%.*s", text, FS(buf_str(&t->seen)));
        buf_grown(&t->seen, (size_t)n);
    }
}

static void type(struct talk *t, const char *text)
{
    assert_int_equal(write(t->fd, text, strlen(text)), strlen(text));
}

/* Its exit code, 128 + n for signal n. The world stays, for another process. */
static int end(struct talk *t)
{
    int status;
    char drained[4096];

    while (read(t->fd, drained, sizeof drained) > 0) {
    }
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    close(t->fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int finish(struct talk *t)
{
    int code = end(t);

    buf_fini(&t->seen);
    world_end(&t->w);
    return code;
}

static void a_conversation_has_turns_and_words_of_its_own(void **state)
{
    struct talk t;

    (void)state;
    begin(&t, "model text \"First **answer**.\"\nmodel text \"Second answer.\"\n",
          (const char *[]){NULL});
    wait_for(&t, "rein 0.");
    wait_for(&t, "anthropic/claude-sonnet-4-5 (REIN_MODEL)");
    wait_for(&t, "› ");
    type(&t, "hello\n");
    wait_for(&t, "First answer.");
    wait_for(&t, "done · 1 request");
    wait_for(&t, "› ");
    type(&t, "/help\n");
    wait_for(&t, "/status");
    wait_for(&t, "› ");
    type(&t, "/nonsense\n");
    wait_for(&t, "no /nonsense");
    wait_for(&t, "› ");
    type(&t, "and more\n");
    wait_for(&t, "Second answer.");
    wait_for(&t, "› ");
    type(&t, "\x04");
    assert_int_equal(finish(&t), 0);
}

/* What stands before the question was drawn does not answer it. */
static void S100_a_question_is_answered_by_what_is_typed_then(void **state)
{
    static const struct {
        const char *answer;
        bool runs;
        const char *says;
    } rows[] = {
        {"y\n", true, "Ran."},
        {"n\n", false, "Not run."},
        {"use the other file\n", false, "Not run."},
        {"a\n", true, "Ran."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk t;

        /* The first reply hands the turn back; while its end is held no question can be drawn. */
        begin(&t,
              "model text \"Wait.\" pause_turn\n"
              "model when tool_result \"use the other file\" text \"Not run.\"\n"
              "model when tool_result \"refused\" text \"Not run.\"\n"
              "model when tool_result \"(no output)\" text \"Ran.\"\n"
              "model otherwise tool_use Bash {\"command\":\"touch made\"}\n",
              (const char *[]){"go on", NULL});
        model_server_hold(t.w.server);
        assert_true(model_server_wait_held(t.w.server, 1));
        wait_for(&t, "Wait.");
        type(&t, "y");     /* early: it must not count */
        wait_for(&t, "y"); /* its echo: the terminal has it */
        model_server_release(t.w.server);
        wait_for(&t, "? May it use Bash");
        wait_for(&t, "│ touch made");
        wait_for(&t, "[a]lways in this session: Bash(touch made)");
        wait_for(&t, "  > ");
        type(&t, "\n"); /* would end an early line; alone it is no answer */
        wait_for(&t, "? May it use Bash");
        wait_for(&t, "  > ");
        assert_null(world_read(&t.w, "made"));
        type(&t, rows[i].answer);
        wait_for(&t, rows[i].says);
        wait_for(&t, "› ");
        assert_int_equal(world_read(&t.w, "made") != NULL, rows[i].runs);
        type(&t, "/exit\n");
        assert_int_equal(finish(&t), 0);
    }
}

static void an_interrupt_ends_the_turn_and_not_the_conversation(void **state)
{
    struct talk t;

    (void)state;
    begin(&t,
          "model when user \"again\" text \"After it.\"\n"
          "model otherwise text \"Never seen whole.\"\nmodel text \"After it.\"\n",
          (const char *[]){NULL});
    wait_for(&t, "› ");
    model_server_hold(t.w.server);
    type(&t, "hello\n");
    assert_true(model_server_wait_held(t.w.server, 1));
    type(&t, "\x03");
    wait_for(&t, "interrupted");
    wait_for(&t, "› ");
    model_server_release(t.w.server);
    type(&t, "\x03");
    wait_for(&t, "(Ctrl-D leaves)");
    wait_for(&t, "› ");
    type(&t, "again\n");
    wait_for(&t, "After it.");
    wait_for(&t, "› ");
    kill(t.pid, SIGTERM);
    assert_int_equal(finish(&t), 143);
}

static void a_conversation_comes_back_with_its_last_turn(void **state)
{
    struct talk t;

    (void)state;
    begin(&t, "model text \"First.\"\nmodel text \"Second.\"\nmodel text \"Third.\"\n",
          (const char *[]){"one", NULL});
    wait_for(&t, "› one");
    wait_for(&t, "First.");
    wait_for(&t, "› ");
    type(&t, "two\n");
    wait_for(&t, "Second.");
    wait_for(&t, "› ");
    type(&t, "\x04");
    wait_for(&t, "rein --resume ");
    assert_int_equal(end(&t), 0);
    t.at = t.seen.n;
    start(&t, 90, (const char *[]){"--continue", "three", NULL});
    wait_for(&t, "› two");
    wait_for(&t, "Second.");
    wait_for(&t, "› three");
    wait_for(&t, "Third.");
    assert_null(strstr(t.seen.p + t.at, "Second."));
    type(&t, "/exit\n");
    assert_int_equal(end(&t), 0);
    start(&t, 40, (const char *[]){"session", "list", NULL});
    wait_for(&t, "AGE     TITLE\r\n");
    wait_for(&t, "one\r\n");
    assert_int_equal(end(&t), 0);
    start(&t, 40, (const char *[]){"--help", NULL});
    wait_for(&t, "--model MODEL\r\n        Model that answers:");
    assert_int_equal(finish(&t), 0);
}

/* Until the log has an event of that type. */
static void wait_for_event(struct talk *t, const char *type)
{
    for (int tries = 0; tries < 1000; tries++) {
        size_t n;
        const struct json **events = world_events(&t->w, &n);
        for (size_t i = 0; i < n; i++) {
            if (str_eq(json_text(events[i], "type", S("")), str_of(type)))
                return;
        }
    }
    test_fail("no '%s' in the log", type);
}

/* Killed while it asks; the next one asks again, and says what about. */
static void an_open_question_outlives_the_process(void **state)
{
    struct talk t;

    (void)state;
    begin(&t,
          "model tool_use Edit {\"file_path\":\"${folder}/a.txt\",\"old_string\":\"hello\","
          "\"new_string\":\"bye\"}\nmodel text \"Changed.\"\n",
          (const char *[]){NULL});
    wait_for(&t, "› ");
    world_file(&t.w, "a.txt", "hello\n");
    type(&t, "go\n");
    wait_for(&t, "? May it use Edit");
    wait_for(&t, "│ -hello\r\n  │ +bye\r\n");
    wait_for(&t, "  > ");
    wait_for_event(&t, "span.model_request_end"); /* a reply cut short is asked for again */
    kill(t.pid, SIGKILL);
    assert_int_equal(end(&t), 128 + SIGKILL);
    start(&t, 90, (const char *[]){"--continue", NULL});
    wait_for(&t, "› go");
    wait_for(&t, "? May it use Edit");
    wait_for(&t, "│ +bye");
    wait_for(&t, "  > ");
    type(&t, "n\n");
    wait_for(&t, "● Edit a.txt … denied");
    type(&t, "\x04");
    assert_int_equal(finish(&t), 0);
}

static void leaving_at_a_question_runs_nothing(void **state)
{
    struct talk t;

    (void)state;
    begin(&t, "model tool_use Bash {\"command\":\"touch made\"}\nmodel text \"More.\"\n",
          (const char *[]){"go on", NULL});
    wait_for(&t, "  > ");
    type(&t, "\x04");
    wait_for(&t, "interrupted · 1 request");
    assert_int_equal(end(&t), 0);
    assert_null(world_read(&t.w, "made"));
    assert_int_equal(model_server_count(t.w.server), 1);
    buf_fini(&t.seen);
    world_end(&t.w);
}

/* A paste is one message, and Enter says that it is whole; a backslash says that a line goes on. */
static void several_lines_can_be_one_message(void **state)
{
    struct talk t;

    (void)state;
    begin(&t, "model text \"First.\"\nmodel text \"Second.\"\n", (const char *[]){NULL});
    wait_for(&t, "› ");
    type(&t, "one\ntwo\nthree");
    wait_for(&t, "(Enter sends what was pasted)");
    type(&t, "\n");
    wait_for(&t, "First.");
    assert_non_null(strstr(model_server_request(t.w.server, 0).p, "one\\ntwo\\nthree\""));
    wait_for(&t, "› ");
    type(&t, "four\\\n");
    wait_for(&t, "\n  ");
    type(&t, "five\n");
    wait_for(&t, "Second.");
    assert_non_null(strstr(model_server_request(t.w.server, 1).p, "four\\nfive\""));
    wait_for(&t, "› ");
    type(&t, "\x04");
    assert_int_equal(finish(&t), 0);
}

static void what_is_typed_while_it_works_is_said_again(void **state)
{
    struct talk t;

    (void)state;
    begin(&t,
          "model tool_use Read {\"file_path\":\"a.txt\"}\n"
          "model when user \"also this\" text \"Heard.\"\nmodel otherwise text \"Not heard.\"\n",
          (const char *[]){NULL});
    wait_for(&t, "› ");
    model_server_hold(t.w.server);
    type(&t, "go\n");
    assert_true(model_server_wait_held(t.w.server, 1));
    type(&t, "also this\n");
    wait_for(&t, "› also this");
    wait_for(&t, "(joins the next request)");
    model_server_release(t.w.server);
    wait_for(&t, "Heard.");
    wait_for(&t, "› ");
    type(&t, "\x04");
    assert_int_equal(finish(&t), 0);
}

static void print_on_a_terminal_shows_the_work(void **state)
{
    struct talk t;

    (void)state;
    begin(&t,
          "model text \"Looking.\" tool_use Read {\"file_path\":\"a.txt\"}\n"
          "model text \"It says hello.\"\n",
          (const char *[]){"-p", "what is there?", NULL});
    wait_for(&t, "Looking.");
    wait_for(&t, "● Read a.txt … ");
    wait_for(&t, "It says hello.");
    wait_for(&t, "done · 2 requests");
    assert_int_equal(finish(&t), 0);
}

const struct CMUnitTest talk_tests[] = {
    cmocka_unit_test(a_conversation_has_turns_and_words_of_its_own),
    cmocka_unit_test(S100_a_question_is_answered_by_what_is_typed_then),
    cmocka_unit_test(an_interrupt_ends_the_turn_and_not_the_conversation),
    cmocka_unit_test(a_conversation_comes_back_with_its_last_turn),
    cmocka_unit_test(an_open_question_outlives_the_process),
    cmocka_unit_test(leaving_at_a_question_runs_nothing),
    cmocka_unit_test(several_lines_can_be_one_message),
    cmocka_unit_test(what_is_typed_while_it_works_is_said_again),
    cmocka_unit_test(print_on_a_terminal_shows_the_work),
};
const size_t talk_tests_n = sizeof talk_tests / sizeof *talk_tests;
