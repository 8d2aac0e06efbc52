/* input_test.c - bad input: one clear line on stderr, the right exit code, nothing lost. */
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/world.h"

static size_t lines_of(const struct buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->p[i] == '\n';
    return n;
}

/* One line that holds all `words`, on stderr; nothing on stdout. */
static void assert_complaint(struct world *w, int code, const char *const *words)
{
    if (lines_of(&w->err) != 1)
        test_fail("not one line: '%s'", w->err.n ? w->err.p : "");
    for (; *words; words++)
        if (!strstr(w->err.p, *words))
            test_fail("'%s' is not in: %s", *words, w->err.p);
    assert_int_equal(w->out.n, 0);
    assert_int_equal(w->code, code);
}

static void bad_command_lines_name_the_nearest(void **state)
{
    static const struct {
        const char *arguments[6], *words[4];
    } cases[] = {
        {{"-p", "x", "--modle", "y"}, {"--modle", "--model"}},
        {{"-p", "x", "--permission-mode", "acceptedits"}, {"acceptedits", "acceptEdits"}},
        {{"-p", "x", "--sandbox", "none"}, {"none", "workspace-write"}},
        {{"-p", "x", "--max-turns", "zero"}, {"max-turns", "zero"}},
        {{"-p", "x", "--output-format", "xml"}, {"xml", "stream-json"}},
        {{"-p", "x", "--allowedTools", "Bash(make"}, {"Bash(make"}},
        {{"sesion", "list"}, {"sesion", "session"}},
        {{"-p", "x", "--model", "gtp-9"}, {"gtp-9"}},
        {{"-p", "x", "--model", "nobody/x"}, {"nobody"}},
        {{"-p", "x", "--model", "script:/nowhere.script"}, {"/nowhere.script"}},
        {{"-p", "x", "--resume", "00000000-0000-7000-8000-000000000000"}, {"00000000"}},
        {{"-p", "x", "--session-id", "not-a-uuid"}, {"not-a-uuid"}},
        {{"-p", ""}, {"prompt"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;

        world_begin(&w, "model text \"no\"\n");
        world_run(&w, cases[i].arguments);
        print_message("%s", w.err.n ? w.err.p : "(nothing)\n");
        assert_complaint(&w, 1, cases[i].words);
        world_end(&w);
    }
}

static void no_key_names_the_variable(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_complaint(&w, 1, (const char *[]){"ANTHROPIC_API_KEY", NULL});
    world_end(&w);
}

static void an_unreachable_host_is_named(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    w.environment[0] = "ANTHROPIC_BASE_URL=http://127.0.0.1:1";
    w.environment[1] = "ANTHROPIC_API_KEY=k";
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_complaint(&w, 1, (const char *[]){"127.0.0.1:1", "ANTHROPIC_BASE_URL", NULL});
    world_end(&w);
}

static void a_refused_key_is_said_so(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model error 401 authentication_error \"invalid x-api-key\"\n");
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_complaint(&w, 1, (const char *[]){"invalid x-api-key", "ANTHROPIC_API_KEY", NULL});
    world_end(&w);
}

static void a_model_that_the_server_does_not_know_is_named(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model error 404 not_found_error \"model: claude-next\"\n");
    world_run(&w, (const char *[]){"-p", "x", "--model", "anthropic/claude-next", NULL});
    assert_complaint(&w, 1, (const char *[]){"claude-next", "404", NULL});
    world_end(&w);
}

static void a_broken_scenario_says_line_and_fault(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    world_file(&w, "s.script", "model text \"ok\"\nmodle text \"x\"\n");
    world_run(&w, (const char *[]){"-p", "x", "--model", "script:./s.script", NULL});
    assert_complaint(&w, 1, (const char *[]){"s.script:2", "model", NULL});
    world_end(&w);
}

static void a_broken_database_is_named_and_kept(void **state)
{
    struct world w;
    const char *path;
    char garbage[4096];
    FILE *file;
    struct stat st;

    (void)state;
    world_begin(&w, "model text \"ok\"\n");
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_int_equal(w.code, 0);
    path = arena_printf(&w.arena, "%s/share/rein/rein.db", w.home).p;
    if (stat(path, &st))
        path = arena_printf(&w.arena, "%s/rein.db", w.home).p;
    assert_int_equal(stat(path, &st), 0);
    unlink(arena_printf(&w.arena, "%s-wal", path).p); /* it would hold a good copy of the page */
    unlink(arena_printf(&w.arena, "%s-shm", path).p);
    memset(garbage, 'x', sizeof garbage);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fwrite(garbage, 1, sizeof garbage, file), sizeof garbage);
    fclose(file);
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_complaint(&w, 1, (const char *[]){"rein.db", NULL});
    world_end(&w);
}

/* Wherever the space ends, what was acknowledged stays, and the session goes on once there is room. */
static void N06_a_full_disk_is_said_and_loses_nothing(void **state)
{
    const char *id = "0f3c5d3e-1111-4222-8333-444455556668";
    size_t stopped = 0;

    (void)state;
    for (unsigned limit = 40000; limit <= 240000; limit += 20000) {
        struct world w;
        bool there;

        world_begin(&w, "model tool_use Bash {\"command\":\"echo one >> ledger\"}\n"
                        "model tool_use Bash {\"command\":\"echo two >> ledger\"}\n"
                        "model text \"Done.\"\n");
        w.file_limit = limit;
        world_run(&w, (const char *[]){"-p", "x", "--session-id", id, "--permission-mode",
                                       "workspace-write", NULL});
        w.file_limit = 0;
        if (w.code != 0) {
            assert_complaint(&w, 1, (const char *[]){"store", NULL});
            world_run(&w, (const char *[]){"session", "list", "--json", NULL});
            assert_int_equal(w.code, 0);
            there = w.out.n > 0;
            stopped += there;
            world_run(&w, there ? (const char *[]){"-p", "--resume", id, NULL}
                                : (const char *[]){"-p", "x", "--session-id", id,
                                                   "--permission-mode", "workspace-write", NULL});
            if (w.code != 0 && !strstr(w.err.p, "nothing left to do"))
                test_fail("limit %u: %d %s", limit, w.code, w.err.p);
        }
        world_run(&w, (const char *[]){"session", "verify", id, NULL});
        assert_int_equal(w.code, 0);
        world_end(&w);
    }
    assert_true(stopped > 0);
}

static void an_unreadable_folder_is_named(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, "model text \"ok\"\n");
    world_file(&w, "file", "");
    w.environment[0] = arena_printf(&w.arena, "REIN_HOME=%s/file/below", w.workspace).p;
    world_run(&w, (const char *[]){"-p", "x", NULL});
    assert_complaint(&w, 1, (const char *[]){"/file", NULL});
    world_end(&w);
}

const struct CMUnitTest input_tests[] = {
    cmocka_unit_test(bad_command_lines_name_the_nearest),
    cmocka_unit_test(no_key_names_the_variable),
    cmocka_unit_test(an_unreachable_host_is_named),
    cmocka_unit_test(a_refused_key_is_said_so),
    cmocka_unit_test(a_model_that_the_server_does_not_know_is_named),
    cmocka_unit_test(a_broken_scenario_says_line_and_fault),
    cmocka_unit_test(a_broken_database_is_named_and_kept),
    cmocka_unit_test(N06_a_full_disk_is_said_and_loses_nothing),
    cmocka_unit_test(an_unreadable_folder_is_named),
};
const size_t input_tests_n = sizeof input_tests / sizeof *input_tests;
