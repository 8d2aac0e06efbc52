/* program_test.c - the built binary: help, signals, the log's commands, the demo. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "support/world.h"

static const char *text_of(const struct buf *b) { return b->n ? b->p : ""; }

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        test_fail("'%s' lacks '%s'", text, part);
}

static void every_command_has_its_page(void **state)
{
    static const struct {
        const char *arguments[4], *says;
    } rows[] = {
        {{"--version"}, "rein 0."},
        {{"--help"}, "--permission-mode MODE"},
        {{"--help"}, "Exit codes"},
        {{"-p", "--help"}, "rein -p \"mend the failing test\""},
        {{"help"}, "rein session list"},
        {{"help", "demo"}, "rein demo - "},
        {{"demo", "--help"}, "rein demo - "},
        {{"help", "session"}, "rein session export ID"},
        {{"session", "--help"}, "rein session export ID"},
        {{"session", "show", "--help"}, "--json"},
        {{"doctor", "--help"}, "rein doctor - "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;

        world_begin(&w, NULL);
        world_run(&w, rows[i].arguments);
        assert_int_equal(w.code, 0);
        assert_int_equal(w.err.n, 0);
        assert_has(text_of(&w.out), rows[i].says);
        world_end(&w);
    }
}

static void nothing_to_say_and_nowhere_to_talk(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    world_run(&w, (const char *[]){"-p", NULL});
    assert_int_equal(w.code, 1);
    assert_has(text_of(&w.err), "no prompt");
    world_run(&w, (const char *[]){NULL});
    assert_int_equal(w.code, 1);
    assert_has(text_of(&w.err), "needs a terminal");
    world_run(&w, (const char *[]){"help", "sesion", NULL});
    assert_int_equal(w.code, 1);
    world_end(&w);
}

static void the_log_can_be_listed_shown_exported_and_verified(void **state)
{
    struct world w;
    size_t n;

    (void)state;
    world_begin(&w, "model text \"Let me \\u001b[2Jsee.\" tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model text \"Hello.\"\n");
    world_run(&w, (const char *[]){"session", "list", NULL});
    assert_string_equal(text_of(&w.out), "no sessions yet\n");
    world_file(&w, "a.txt", "hello\n");
    world_run(&w, (const char *[]){"-p", "What is in it?", NULL});
    assert_string_equal(text_of(&w.out), "Hello.\n");
    world_run(&w, (const char *[]){"session", "list", NULL});
    assert_has(text_of(&w.out), "What is in it?");
    assert_has(text_of(&w.out), "idle");
    char id[ID_UUID_SIZE];
    snprintf(id, sizeof id, "%s", world_session(&w));
    world_run(&w, (const char *[]){"session", "show", id, NULL});
    assert_int_equal(w.code, 0);
    assert_has(text_of(&w.out), "user.message\n      What is in it?\n");
    assert_has(text_of(&w.out), "      Let me see.\n"); /* and no screen was cleared */
    assert_has(text_of(&w.out), "● Read a.txt … ");
    assert_has(text_of(&w.out), "session.status_idle");
    world_run(&w, (const char *[]){"session", "show", "--json", id, NULL});
    const struct json **lines = world_lines(&w, &n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_int(lines[i], "seq", 0), i + 1);
    world_run(&w, (const char *[]){"session", "verify", id, NULL});
    assert_int_equal(w.code, 0);
    assert_has(text_of(&w.out), "events hold");
    world_run(&w, (const char *[]){"session", "export", id, NULL});
    assert_int_equal(w.code, 0);
    size_t exported;
    world_lines(&w, &exported);
    assert_true(exported > n);
    world_run(&w, (const char *[]){"session", "show", "00000000", NULL});
    assert_int_equal(w.code, 1);
    assert_has(text_of(&w.err), "00000000");
    world_end(&w);
}

/* The first signal interrupts; what that means for the exit code is the format's. */
static void P034_signals_end_the_turn_with_their_codes(void **state)
{
    static const struct {
        const char *format;
        int signal, code;
        const char *says; /* on standard output; NULL: nothing there */
    } rows[] = {
        {"text", SIGINT, 130, NULL},
        {"json", SIGINT, 0, "\"subtype\":\"error_during_execution\""},
        {"stream-json", SIGINT, 0, "\"subtype\":\"error_during_execution\""},
        {"text", SIGTERM, 143, NULL},
        {"json", SIGTERM, 143, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;

        world_begin(&w, "model text \"Thinking about it.\"\n");
        model_server_hold(w.server);
        world_start(
            &w, (const char *[]){"-p", "x", "--verbose", "--output-format", rows[i].format, NULL});
        assert_true(model_server_wait_held(w.server, 1));
        kill(w.pid, rows[i].signal);
        world_finish(&w);
        assert_int_equal(w.code, rows[i].code);
        if (rows[i].says)
            assert_has(text_of(&w.out), rows[i].says);
        else
            assert_int_equal(w.out.n, 0);
        model_server_release(w.server);
        world_run(&w, (const char *[]){"session", "verify", world_session(&w), NULL});
        assert_int_equal(w.code, 0);
        world_end(&w);
    }
}

static void a_refusal_names_the_call_and_the_way(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model tool_use Bash {\"command\":\"make it\"}\nmodel text \"No.\"\n");
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_int_equal(w.code, 4);
    assert_has(text_of(&w.err), "rein: refused: Bash make it: it runs a command");
    assert_has(text_of(&w.err), "Allowed by ");
    world_run(&w, (const char *[]){"session", "show", world_session(&w), NULL});
    assert_has(text_of(&w.out), "rein.permission_decided deny by policy");
    assert_has(text_of(&w.out), "session.status_idle done · 2 requests");
    world_end(&w);
}

/* As `rein doctor --json | head -1` leaves it. */
static void a_reader_who_had_enough_is_no_complaint(void **state)
{
    int out[2], err[2], status;
    char said[512];

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC), 0);
    close(out[0]);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        execl(REIN_BINARY, "rein", "doctor", "--json", (char *)NULL);
        _exit(99);
    }
    close(out[1]);
    close(err[1]);
    assert_int_equal(read(err[0], said, sizeof said), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, W_EXITCODE(1, 0));
    close(err[0]);
}

static void resume_without_a_prompt_says_when_nothing_is_left(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model text \"Done.\"\n");
    world_run(&w, (const char *[]){"-p", "x", NULL});
    world_run(&w, (const char *[]){"-p", "--continue", NULL});
    assert_int_equal(w.code, 1);
    assert_has(text_of(&w.err), "nothing left to do");
    world_end(&w);
}

static void a_long_standard_input_is_refused(void **state)
{
    struct world w;
    size_t n = 10 * 1000 * 1000 + 1;
    char *text = malloc(n + 1);

    (void)state;
    memset(text, 'x', n);
    text[n] = 0;
    world_begin(&w, "model text \"no\"\n");
    w.input = text;
    world_run(&w, (const char *[]){"-p", NULL});
    assert_int_equal(w.code, 1);
    assert_has(text_of(&w.err), "over 10 MB");
    assert_int_equal(model_server_count(w.server), 0);
    world_end(&w);
    free(text);
}

static void argument_and_standard_input_are_joined(void **state)
{
    struct world w;
    const struct json *content = NULL;

    (void)state;
    world_begin(&w, "model text \"ok\"\n");
    w.input = "from the pipe \xff\n";
    world_run(&w, (const char *[]){"-p", "the question", NULL});
    assert_int_equal(w.code, 0);
    json_each (message, json_get(world_request(&w, 0), "messages"))
        content = json_get(message, "content");
    const struct json *last = NULL;
    json_each (block, content)
        last = block;
    assert_has(arena_cstr(&w.arena, last ? json_text(last, "text", S("")) : S("")),
               "the question\n\nfrom the pipe \xef\xbf\xbd");
    world_end(&w);
}

static void doctor_names_keys_and_shows_none(void **state)
{
    struct world w;
    size_t n;
    bool found = false;

    (void)state;
    world_begin(&w, NULL);
    w.environment[0] = "ANTHROPIC_API_KEY=sk-very-secret";
    world_run(&w, (const char *[]){"doctor", NULL});
    assert_int_equal(w.code, 0);
    assert_has(text_of(&w.out), "ANTHROPIC_API_KEY");
    assert_null(strstr(w.out.p, "very-secret"));
    world_run(&w, (const char *[]){"doctor", "--json", NULL});
    const struct json **lines = world_lines(&w, &n);
    for (size_t i = 0; i < n; i++) {
        str state_word = json_text(lines[i], "state", S(""));
        assert_true(str_eq(state_word, S("ok")) || str_eq(state_word, S("missing")) ||
                    str_eq(state_word, S("degraded")));
        assert_true(json_text(lines[i], "area", S("")).n && json_text(lines[i], "detail", S("")).n);
        if (str_eq(json_text(lines[i], "name", S("")), S("ANTHROPIC_API_KEY")))
            found = str_eq(json_text(lines[i], "detail", S("")), S("set"));
    }
    assert_true(found);
    world_end(&w);
}

/* The key is in no file of ours and in no child. */
static void the_key_stays_in_the_process(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model tool_use Bash {\"command\":\"env; cat /proc/*/environ 2>/dev/null | tr "
                    "'\\\\0' '\\\\n'\"}\nmodel text \"ok\"\n");
    w.environment[0] = "ANTHROPIC_API_KEY=sk-very-secret";
    world_run(&w, (const char *[]){"-p", "x", "--permission-mode", "danger-full-access", NULL});
    assert_int_equal(w.code, 0);
    assert_int_equal(str_search(world_request(&w, 1)->source, S("very-secret")), SIZE_MAX);
    assert_has(model_server_head(w.server, 0).p, "sk-very-secret");
    world_end(&w);
}

static void the_demo_mends_its_project(void **state)
{
    struct world w;
    char command[4096];

    (void)state;
    world_begin(&w, NULL);
    w.environment[0] = arena_printf(&w.arena, "TMPDIR=%s", w.root).p;
    world_run(&w, (const char *[]){"demo", NULL});
    if (w.code != 0)
        test_fail("%s%s", text_of(&w.out), text_of(&w.err));
    assert_has(w.out.p, "script:demo answers");
    assert_has(w.out.p, "FAIL shares_a_refund_as_the_purchase");
    assert_has(w.out.p, "All ten tests pass.");
    assert_has(w.out.p, " session verify ");
    assert_null(memchr(w.out.p, '\x1b', w.out.n));
    snprintf(command, sizeof command, "make -s -C %s/rein-demo-* test >/dev/null 2>&1", w.root);
    assert_int_equal(system(command), 0);
    world_end(&w);
}

const struct CMUnitTest program_tests[] = {
    cmocka_unit_test(every_command_has_its_page),
    cmocka_unit_test(nothing_to_say_and_nowhere_to_talk),
    cmocka_unit_test(the_log_can_be_listed_shown_exported_and_verified),
    cmocka_unit_test(P034_signals_end_the_turn_with_their_codes),
    cmocka_unit_test(a_refusal_names_the_call_and_the_way),
    cmocka_unit_test(a_reader_who_had_enough_is_no_complaint),
    cmocka_unit_test(resume_without_a_prompt_says_when_nothing_is_left),
    cmocka_unit_test(a_long_standard_input_is_refused),
    cmocka_unit_test(argument_and_standard_input_are_joined),
    cmocka_unit_test(doctor_names_keys_and_shows_none),
    cmocka_unit_test(the_key_stays_in_the_process),
    cmocka_unit_test(the_demo_mends_its_project),
};
const size_t program_tests_n = sizeof program_tests / sizeof *program_tests;
