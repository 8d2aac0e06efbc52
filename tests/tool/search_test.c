/* search_test.c - the tools Glob and Grep, with a real rg behind real hands. */
#include "tool_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const struct tool tool_glob, tool_grep;

static int setup_tree(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"w/a.c", "int a;\nint main(void)\n{\n    return a;\n}\n"},
        {"w/a.h", "extern int a;\n"},
        {"w/src/b.c", "int b; /* needle */\n"},
        {"w/src/deep/c.c", "needle one\nx\ny\nz\nneedle two\r\n"},
        {"w/src/deep/esc.txt", "\x1b[31mneedle\x1b[0m\n"},
        {"w/.hidden/d.c", "needle hidden\n"},
        {"w/.gitignore", "ignored/\n*.log\n"},
        {"w/.ignore", "*.skip\n"},
        {"w/ignored/e.c", "needle ignored\n"},
        {"w/x.log", "needle log\n"},
        {"w/y.skip", "needle skip\n"},
        {"w/.git/config", "needle git\n"},
        {"w/.git/objects/f.c", "needle git\n"},
        {"w/name with blank.c", "nothing\n"},
        {"w/multi.txt", "begin\nend\n"},
        {"out/o.c", "needle outside\n"},
    };
    struct room *r;

    setup_room(state);
    r = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_text(r, files[i].name, files[i].text);
    room_provision(r, SANDBOX_FULL_ACCESS);
    return 0;
}

static void S057_golden_tree(void **state)
{
    static const struct {
        const char *input, *text;
    } rows[] = {
        {"{'pattern':'**/*.c'}", ".hidden/d.c\na.c\nname with blank.c\nsrc/b.c\nsrc/deep/c.c"},
        {"{'pattern':'*.c'}", "a.c\nname with blank.c"},
        {"{'pattern':'*.{c,h}'}", "a.c\na.h\nname with blank.c"},
        {"{'pattern':'./a.?'}", "a.c\na.h"},
        {"{'pattern':'src/**'}", "src/b.c\nsrc/deep/c.c\nsrc/deep/esc.txt"},
        {"{'pattern':'**/deep/*.c'}", "src/deep/c.c"},
        {"{'pattern':'*.c','path':'src'}", "src/b.c"},
        {"{'pattern':'**','path':'src/deep'}", "src/deep/c.c\nsrc/deep/esc.txt"},
        {"{'pattern':'**/*.log'}", "No file matches '**/*.log'."},
        {"{'pattern':'**/.git/**'}", "No file matches '**/.git/**'."},
        {"{'pattern':'c.c'}", "No file matches 'c.c'. Only the folder itself was looked at; "
                              "'**/c.c' looks at all depths."},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, &tool_glob, rows[i].input);
        if (!str_eq(said(r), str_of(rows[i].text)) || failed(r))
            test_fail("%s: '%.*s'", rows[i].input, FS(said(r)));
    }
    call(r, &tool_glob, "{'pattern':'*.c','path':'../out'}");
    assert_true(str_eq(said(r), str_of(at(r, "out/o.c"))));
}

static void S057_a_thousand_are_shown(void **state)
{
    struct room *r = *state;

    for (int i = 0; i < 1005; i++)
        put_text(r, arena_printf(&r->arena, "w/many/%04d.x", i).p, "");
    call(r, &tool_glob, "{'pattern':'many/*.x'}");
    assert_true(str_starts(said(r), S("many/0000.x\nmany/0001.x\n")));
    assert_says(r, "many/0999.x\n[the first 1000 of 1005 files; narrow the pattern or the path]");
}

static void S058_three_modes(void **state)
{
    static const struct {
        const char *input, *text;
    } rows[] = {
        {"{'pattern':'needle'}", ".hidden/d.c\nsrc/b.c\nsrc/deep/c.c\nsrc/deep/esc.txt"},
        {"{'pattern':'needle','output_mode':'count'}",
         ".hidden/d.c:1\nsrc/b.c:1\nsrc/deep/c.c:2\nsrc/deep/esc.txt:1\n"
         "[5 matching lines in 4 files]"},
        {"{'pattern':'needle','output_mode':'content','path':'src'}",
         "src/b.c:1:int b; /* needle */\nsrc/deep/c.c:1:needle one\nsrc/deep/c.c:5:needle two\n"
         "src/deep/esc.txt:1:needle"},
        {"{'pattern':'needle','output_mode':'content','path':'src/deep/c.c','-n':false}",
         "src/deep/c.c:needle one\nsrc/deep/c.c:needle two"},
        {"{'pattern':'needle','output_mode':'content','path':'src/deep/c.c','-A':1}",
         "src/deep/c.c:1:needle one\nsrc/deep/c.c-2-x\n--\nsrc/deep/c.c:5:needle two"},
        {"{'pattern':'needle','output_mode':'content','path':'src/deep/c.c','-B':1}",
         "src/deep/c.c:1:needle one\n--\nsrc/deep/c.c-4-z\nsrc/deep/c.c:5:needle two"},
        {"{'pattern':'needle two','output_mode':'content','-C':1}",
         "src/deep/c.c-4-z\nsrc/deep/c.c:5:needle two"},
        {"{'pattern':'NEEDLE TWO','-i':true}", "src/deep/c.c"},
        {"{'pattern':'NEEDLE TWO'}", "No matches found."},
        {"{'pattern':'needle','glob':'*.c'}", ".hidden/d.c\nsrc/b.c\nsrc/deep/c.c"},
        {"{'pattern':'needle','glob':'src/*.c'}", "src/b.c"},
        {"{'pattern':'needle','glob':'!*.c'}", "src/deep/esc.txt"},
        {"{'pattern':'needle','glob':'*.c !d.*'}", "src/b.c\nsrc/deep/c.c"},
        {"{'pattern':'needle','glob':'*.{log,skip}'}", "No matches found."},
        {"{'pattern':'needle','type':'c'}", ".hidden/d.c\nsrc/b.c\nsrc/deep/c.c"},
        {"{'pattern':'needle','type':'c','glob':'b.*'}", "src/b.c"},
        {"{'pattern':'needle','path':'src/b.c'}", "src/b.c"},
        {"{'pattern':'begin.end','multiline':true}", "multi.txt"},
        {"{'pattern':'-needle'}", "No matches found."},
        {"{'pattern':'needle','head_limit':2}",
         ".hidden/d.c\nsrc/b.c\n[1 to 2 of 4; offset 2 goes on]"},
        {"{'pattern':'needle','head_limit':2,'offset':2}", "src/deep/c.c\nsrc/deep/esc.txt"},
        {"{'pattern':'needle','offset':9}", "There are only 4."},
        {"{'pattern':'needle','output_mode':'content','head_limit':1,'offset':1}",
         "src/b.c:1:int b; /* needle */\n[2 to 2 of more lines; offset 2 goes on]"},
        {"{'pattern':'needle','output_mode':'content','offset':9}", "There are only 5 lines."},
        {"{'pattern':'needle','head_limit':0}",
         ".hidden/d.c\nsrc/b.c\nsrc/deep/c.c\nsrc/deep/esc.txt"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, &tool_grep, rows[i].input);
        if (!str_eq(said(r), str_of(rows[i].text)) || failed(r))
            test_fail("%s: '%.*s'", rows[i].input, FS(said(r)));
    }
}

/* The same lines as another program finds, over the sources of this project. */
static void S058_matches_a_reference(void **state)
{
    struct room *r = *state;
    char line[4096];
    size_t n = 0, lines = 0;
    FILE *pipe;

    assert_int_equal(
        system(arena_printf(&r->arena, "cp -r %s/src %s/corpus", REIN_SOURCE, r->folder).p), 0);
    call(r, &tool_grep,
         "{'pattern':'static (bool|void) [a-z_]+\\\\(','path':'corpus',"
         "'output_mode':'content','head_limit':0,'glob':'*.c'}");
    assert_false(failed(r));
    for (str rest = said(r); rest.n; lines++)
        str_cut(&rest, '\n');
    pipe = popen(arena_printf(&r->arena,
                              "cd %s && LC_ALL=C grep -rnE --include='*.c' "
                              "'static (bool|void) [a-z_]+\\(' corpus",
                              r->folder)
                     .p,
                 "r");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe)) {
        n++;
        if (str_search(said(r), str_trim(str_of(line))) == SIZE_MAX)
            test_fail("missing: %s", line);
    }
    pclose(pipe);
    assert_int_equal(n, lines);
    assert_true(n > 50);
}

static void S058_rules_and_walls(void **state)
{
    struct room *r = *state;

    room_rules(r, "deny Read(src/deep/**)\nask Read(b.c)");
    call(r, &tool_grep, "{'pattern':'needle'}");
    assert_text(r, ".hidden/d.c");
    call(r, &tool_grep, "{'pattern':'needle','output_mode':'content'}");
    assert_text(r, ".hidden/d.c:1:needle hidden");
    call(r, &tool_glob, "{'pattern':'src/**'}");
    assert_text(r, "No file matches 'src/**'.");
    r->policy = NULL;
    assert_int_equal(symlink("../out", at(r, "w/away")), 0);
    call(r, &tool_grep, "{'pattern':'needle','path':'away'}");
    assert_true(failed(r));
    call(r, &tool_grep, "{'pattern':'needle outside'}");
    assert_text(r, "No matches found.");
}

/* Files of a hostile repository do not change what rg does. */
static void S058_no_configuration_is_read(void **state)
{
    struct room *r = *state;

    put_text(r, "w/rc", "--pre=./evil\n--files-without-match\n");
    put_text(r, "w/rg", "#!/bin/sh\necho evil\n");
    assert_int_equal(setenv("RIPGREP_CONFIG_PATH", at(r, "w/rc"), 1), 0);
    call(r, &tool_grep, "{'pattern':'needle two'}");
    unsetenv("RIPGREP_CONFIG_PATH");
    assert_text(r, "src/deep/c.c");
}

static void S058_an_rg_of_the_workspace_is_not_run(void **state)
{
    struct room *r = *state;
    char path[4096];

    snprintf(path, sizeof path, "%s", getenv("PATH"));
    put_text(r, "w/bin/rg", "#!/bin/sh\nprintf 'evil\\0'\n");
    assert_int_equal(system(arena_printf(&r->arena, "chmod +x %s/bin/rg", r->folder).p), 0);
    assert_int_equal(symlink(at(r, "w/bin/rg"), at(r, "out/rg")), 0);
    setenv("PATH", arena_printf(&r->arena, "%s/bin:%s:%s", r->folder, r->outside, path).p, 1);
    call(r, &tool_grep, "{'pattern':'needle two'}");
    assert_text(r, "src/deep/c.c");
    setenv("PATH", arena_printf(&r->arena, "%s/bin:%s", r->folder, r->outside).p, 1);
    call(r, &tool_grep, "{'pattern':'needle two'}");
    setenv("PATH", path, 1);
    assert_true(failed(r));
    assert_says(r, "apt install ripgrep");
}

static void S058_failures_are_said(void **state)
{
    static const struct {
        const char *input, *says;
    } rows[] = {
        {"{'pattern':'('}", "The search failed: regex parse error"},
        {"{'pattern':'a\\\\nb'}", "set multiline"},
        {"{'pattern':'x','type':'nosuch'}", "unrecognized file type: nosuch"},
        {"{'pattern':'x','path':'nosuch'}", "there is no folder or file 'nosuch'"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, &tool_grep, rows[i].input);
        if (!failed(r) || str_search(said(r), str_of(rows[i].says)) == SIZE_MAX)
            test_fail("%s: '%.*s'", rows[i].input, FS(said(r)));
    }
}

static void S084_search_checks(void **state)
{
    static const struct {
        const struct tool *tool;
        const char *input, *says;
    } rows[] = {
        {&tool_glob, "{'pattern':''}", "pattern is empty"},
        {&tool_glob, "{'pattern':'/etc/*'}", "give the folder in path"},
        {&tool_glob, "{'pattern':'../*'}", "'..'"},
        {&tool_glob, "{'pattern':'a/../../b'}", "'..'"},
        {&tool_glob, "{'pattern':'x\\u0000'}", "NUL"},
        {&tool_grep, "{'pattern':''}", "pattern is empty"},
        {&tool_grep, "{'pattern':'x','type':'c --pre=x'}", "type is a word"},
        {&tool_grep, "{'pattern':'x\\u0000'}", "NUL"},
        {&tool_grep, "{'pattern':'x','output_mode':'lines'}", "output_mode"},
        {&tool_grep, "{'pattern':'x','-A':-1}", "-A"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, rows[i].tool, rows[i].input);
        assert_int_not_equal(r->status, REIN_OK);
        if (str_search(said(r), str_of(rows[i].says)) == SIZE_MAX)
            test_fail("%s: '%.*s'", rows[i].input, FS(said(r)));
    }
}

static void S090_what_is_parallel(void **state)
{
    extern const struct tool tool_read, tool_write, tool_edit, tool_bash, tool_todo;
    static const struct {
        const struct tool *tool;
        bool concurrent, read_only;
    } rows[] = {
        {&tool_read, true, true},    {&tool_glob, true, true},   {&tool_grep, true, true},
        {&tool_write, false, false}, {&tool_edit, false, false}, {&tool_bash, false, false},
        {&tool_todo, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal((rows[i].tool->flags & TOOL_CONCURRENT) != 0, rows[i].concurrent);
        assert_int_equal((rows[i].tool->flags & TOOL_READ_ONLY) != 0, rows[i].read_only);
        assert_true((rows[i].tool->run != NULL) != (rows[i].tool->start != NULL));
    }
}

static void S058_in_the_sandbox(void **state)
{
    struct room *r = *state;

    hands_release(r->hands);
    r->hands = NULL;
    loop_free(r->loop);
    room_provision(r, SANDBOX_READ_ONLY);
    call(r, &tool_grep, "{'pattern':'needle two'}");
    assert_text(r, "src/deep/c.c");
    call(r, &tool_glob, "{'pattern':'*.h'}");
    assert_text(r, "a.h");
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_tree, teardown_room)
const struct CMUnitTest search_tests[] = {
    TREE_TEST(S057_golden_tree),
    TREE_TEST(S057_a_thousand_are_shown),
    TREE_TEST(S058_three_modes),
    TREE_TEST(S058_matches_a_reference),
    TREE_TEST(S058_rules_and_walls),
    TREE_TEST(S058_no_configuration_is_read),
    TREE_TEST(S058_an_rg_of_the_workspace_is_not_run),
    TREE_TEST(S058_failures_are_said),
    TREE_TEST(S084_search_checks),
    TREE_TEST(S058_in_the_sandbox),
    cmocka_unit_test(S090_what_is_parallel),
};
const size_t search_tests_n = sizeof search_tests / sizeof *search_tests;
