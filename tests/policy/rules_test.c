/* rules_test.c - rules, lists of rules, modes and paths as text. */
#include "policy_help.h"

#include "policy/path.h"
#include "policy/plain_command.h"
#include "policy/rules.h"
#include "policy/wildcard.h"

static void rules_that_are_wrong(void **state)
{
    static const struct {
        const char *rule, *says;
    } rows[] = {
        {"", "empty"},
        {"   ", "empty"},
        {"Bash(", "does not end"},
        {"Bash(x", "does not end"},
        {"Bash(x)y", "does not end"},
        {"Bash()", "nothing in its parentheses"},
        {"Bash( )", "nothing in its parentheses"},
        {"(x)", "no tool's name"},
        {"Ba sh", "can't be in a tool's name"},
        {"Bash\x01", "control character"},
        {"Read(!x)", "'!'"},
        {"Read(./)", "no path"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err;

        assert_int_not_equal(rule_check(str_of(rows[i].rule), &err), REIN_OK);
        if (!strstr(err.text, rows[i].says))
            test_fail("'%s': '%s' does not say '%s'", rows[i].rule, err.text, rows[i].says);
    }
    assert_int_equal(rule_check(S("Bash(git log *)"), NULL), REIN_OK);
    assert_int_equal(rule_check(S(" Read(//etc/**) "), NULL), REIN_OK);
}

static void collect(void *data, str rule)
{
    struct buf *out = data;

    buf_add(out, rule);
    buf_byte(out, '|');
}

static void lists_are_split_outside_of_parentheses(void **state)
{
    static const struct {
        const char *list, *expected;
    } rows[] = {
        {"Bash(git log *), Read Edit(/src/**)", "Bash(git log *)|Read|Edit(/src/**)|"},
        {"Bash(git log *),Read", "Bash(git log *)|Read|"},
        {"Bash(a,b) Bash(c(d) e)", "Bash(a,b)|Bash(c(d) e)|"},
        {" , ,Read,, ", "Read|"},
        {"", ""},
        {"Bash(x", "Bash(x|"},
        {"a)b c", "a)b|c|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;

        buf_init(&out, 1000);
        rule_split(str_of(rows[i].list), collect, &out);
        if (!str_eq(buf_str(&out), str_of(rows[i].expected)))
            test_fail("'%s' gives '%.*s'", rows[i].list, FS(buf_str(&out)));
        buf_fini(&out);
    }
}

static void wildcards(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"", "", true},        {"*", "", true},       {"*", "a/b c", true},
        {"a*", "a", true},     {"a*c", "abbc", true}, {"a*c", "abcd", false},
        {"*b*", "abc", true},  {"a?c", "abc", false}, {"a*b*c", "aXbYbZc", true},
        {"**a", "bba", true},  {"a", "", false},      {"*x", "xxxy", false},
        {"a*aa", "aaa", true}, {"[a]", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wildcard_match(str_of(rows[i].pattern), str_of(rows[i].text)) != rows[i].matches)
            test_fail("'%s' on '%s'", rows[i].pattern, rows[i].text);
}

static void paths_become_normal(void **state)
{
    static const struct {
        const char *path, *expected;
    } rows[] = {
        {"", "/w"},       {".", "/w"},          {"a", "/w/a"},     {"/a//b/./c/", "/a/b/c"},
        {"../x", "/x"},   {"../../../x", "/x"}, {"/..", "/"},      {"/a/..", "/"},
        {"a/../..", "/"}, {"/", "/"},           {"...", "/w/..."}, {"./a/../b", "/w/b"},
    };
    struct arena a;

    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str got = path_normal(&a, S("/w"), str_of(rows[i].path));
        if (!str_eq(got, str_of(rows[i].expected)) || got.p[got.n])
            test_fail("'%s' is '%.*s'", rows[i].path, FS(got));
    }
    assert_true(path_is_beneath(S("/w"), S("/w")));
    assert_true(path_is_beneath(S("/w"), S("/w/x")));
    assert_false(path_is_beneath(S("/w"), S("/wx")));
    assert_false(path_is_beneath(S("/w/x"), S("/w")));
    assert_true(path_is_beneath(S("/"), S("/x")));
    assert_true(str_eq(path_below(S("/"), S("/x")), S("x")));
    assert_true(str_eq(path_below(S("/w"), S("/w/a/b")), S("a/b")));
    assert_true(str_eq(path_parent(S("/a/b")), S("/a")));
    assert_true(str_eq(path_parent(S("/a")), S("/")));
    assert_true(str_eq(path_name(S("/a/b")), S("b")));
    arena_fini(&a);
}

static void protected_names(void **state)
{
    static const struct {
        const char *path;
        bool is;
    } rows[] = {
        {"/w/.git/hooks/x", true}, {"/w/.GIT/config", true},   {"/w/a/b/.git", true},
        {"/w/.gitignore", false},  {"/w/git", false},          {"/w/.mcp.json", true},
        {"/w/sub/.Envrc", true},   {"/w/CLAUDE.md", true},     {"/w/docs/agents.md", true},
        {"/w/.rein/x", true},      {"/w/.claude/y", true},     {"/w/lefthook.yml", true},
        {"/w/.yarnrc.yml", true},  {"/w/.bashrc", true},       {"/w/.config/x", true},
        {"/w/src/a.c", false},     {"/w/.github/x", false},    {"/home/u/.ssh/config", true},
        {"/w/.vscode", true},      {"/w/x.gitmodules", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (path_is_protected(S("/w"), str_of(rows[i].path)) != rows[i].is)
            test_fail("%s", rows[i].path);
    /* a workspace within a protected name is still a workspace */
    assert_false(path_is_protected(S("/home/u/.config/x"), S("/home/u/.config/x/a")));
}

static void modes_by_name(void **state)
{
    static const struct {
        const char *word, *name, *sandbox;
        enum permission_mode mode;
    } rows[] = {
        {"default", "default", NULL, MODE_DEFAULT},
        {"manual", "default", NULL, MODE_DEFAULT},
        {"acceptEdits", "acceptEdits", NULL, MODE_ACCEPT_EDITS},
        {"accept-edits", "acceptEdits", NULL, MODE_ACCEPT_EDITS},
        {"plan", "plan", NULL, MODE_PLAN},
        {"auto", "auto", NULL, MODE_AUTO},
        {"dontAsk", "dontAsk", NULL, MODE_DONT_ASK},
        {"bypassPermissions", "bypassPermissions", NULL, MODE_BYPASS},
        {"read-only", "read-only", "read-only", MODE_READ_ONLY},
        {"workspace-write", "workspace-write", "workspace-write", MODE_SANDBOX_AUTO},
        {"sandbox-auto", "workspace-write", "workspace-write", MODE_SANDBOX_AUTO},
        {"danger-full-access", "danger-full-access", "danger-full-access", MODE_FULL_ACCESS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum permission_mode mode = MODE_DEFAULT;
        struct error err;

        assert_ok(mode_parse(str_of(rows[i].word), &mode, &err), err);
        assert_int_equal(mode, rows[i].mode);
        assert_string_equal(mode_name(mode), rows[i].name);
        if (rows[i].sandbox)
            assert_string_equal(mode_sandbox(mode), rows[i].sandbox);
        else
            assert_null(mode_sandbox(mode));
    }
}

static void names_of_rules(void **state)
{
    static const struct {
        const char *rule, *tool;
        bool denies, allows;
    } rows[] = {
        {"Bash", "Bash", true, true},
        {"Bash", "BashOutput", false, false},
        {"B*", "Bash", true, false},
        {"*", "Bash", true, false},
        {"mcp__s", "mcp__s__t", true, true},
        {"mcp__s__*", "mcp__s__t", true, true},
        {"mcp__s", "mcp__st__t", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct rule rule;
        struct error err;
        str tool = str_of(rows[i].tool);

        arena_init(&a);
        assert_ok(rule_parse(str_of(rows[i].rule), &a, &rule, &err), err);
        if (rule_names(&rule, RULES_DENY, tool) != rows[i].denies ||
            rule_names(&rule, RULES_ALLOW, tool) != rows[i].allows)
            test_fail("%s names %s", rows[i].rule, rows[i].tool);
        arena_fini(&a);
    }
}

/* A workspace deep below a home: what is above either of them is critical, what is beside is not. */
static void S085_critical_places(void **state)
{
    static const struct {
        const char *command;
        bool is;
    } rows[] = {
        {"rm -r /home/u/p/w", true},  {"rm -r /home/u/p", true}, {"rm -r /home/u/p/w/x", false},
        {"rm -r /home/u/q/r", false}, {"rm -r ../..", true},     {"rm -r ../x", false},
        {"rm -r /home/u/p/*", true},  {"rm -r ~/p", true},       {"rm -r $HOME/q", false},
        {"rm -r /srv/a", false},      {"rm -r /srv", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct scan scan;

        arena_init(&a);
        scan_command(str_of(rows[i].command), &a, &scan);
        if (command_is_critical(&scan, &a, S("/home/u/p/w"), S("/home/u")) != rows[i].is)
            test_fail("%s", rows[i].command);
        arena_fini(&a);
    }
}

static void the_flags_are_those_of_tools(void **state)
{
    (void)state;
    assert_int_equal(CALL_HANDS, TOOL_HANDS);
    assert_int_equal(CALL_READ_ONLY, TOOL_READ_ONLY);
    assert_int_equal(CALL_EDITS, TOOL_EDITS);
    assert_int_equal(CALL_COMMAND_FLAG, TOOL_COMMAND);
    assert_int_equal(CALL_FREE, TOOL_FREE);
}

const struct CMUnitTest rules_tests[] = {
    cmocka_unit_test(rules_that_are_wrong),
    cmocka_unit_test(lists_are_split_outside_of_parentheses),
    cmocka_unit_test(wildcards),
    cmocka_unit_test(paths_become_normal),
    cmocka_unit_test(protected_names),
    cmocka_unit_test(modes_by_name),
    cmocka_unit_test(names_of_rules),
    cmocka_unit_test(S085_critical_places),
    cmocka_unit_test(the_flags_are_those_of_tools),
};
const size_t rules_tests_n = sizeof rules_tests / sizeof *rules_tests;
