/*
 * protect_test.c - protected names: which are found, that missing ones are held and given back, and
 * what is told of those that no mount can hold.
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/children.h"
#include "platform/file.h"
#include "platform/fixture.h"
#include "platform/protect.h"

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    fixture_make(&fixture, geteuid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    proc_settle(5000);
    fixture_remove(&fixture);
    return 0;
}

static void path_of(char out[800], const char *name)
{
    snprintf(out, 800, "%s/%s", fixture.workspace, name);
}

static void make_folder(const char *name)
{
    char path[800];
    struct error err;

    path_of(path, name);
    assert_ok(file_make_folder(path, 0755, &err), err);
}

static const struct protect_name *name_in(const struct protect *p, const char *name)
{
    char path[800];

    path_of(path, name);
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->names[i].path, path) == 0)
            return &p->names[i];
    }
    return NULL;
}

/* ---- names --------------------------------------------------------------------------------- */

static void names_are_compared_as_file_systems_fold_them(void **state)
{
    static const struct {
        const char *name, *pattern;
        bool same;
    } rows[] = {
        {".git", ".git", true},
        {".GIT", ".git", true},
        {".gIt", ".git", true},
        {".gitx", ".git", false},
        {".gi", ".git", false},
        {"", ".git", false},
        {".yarnrc.yml", ".yarnrc*", true},
        {".YARNRC", ".yarnrc*", true},
        {".yarn", ".yarnrc*", false},
        /* long s, Kelvin sign */
        {".v\xC5\xBF\x63ode", ".vscode", true},
        {".hus\xE2\x84\xAAy", ".husky", true},
        {".hus\xE2\x84", ".husky", false},
        {".v\xC5", ".vscode", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (protect_name_is(rows[i].name, rows[i].pattern) != rows[i].same)
            test_fail("%s and %s", rows[i].name, rows[i].pattern);
    }
}

static void S106_scan_finds_and_misses(void **state)
{
    static const struct {
        const char *name;
        int kind; /* -1: not among the names */
    } rows[] = {
        {".envrc", PLAN_GUARD},
        {".yarnrc", PLAN_GUARD},
        {".npmrc", PLAN_PLACE_FILE},
        {".mcp.json", PLAN_PLACE_FILE},
        {".vscode", PLAN_PLACE_FOLDER},
        {".git", PLAN_PIN},
        {".git/hooks", PLAN_PLACE_FOLDER},
        {".git/config", PLAN_PLACE_FILE},
        {".git/commondir", PLAN_KINDS},
        {"sub/.rein", PLAN_GUARD},
        {"sub/.mcp.json", -1},
        {".bashrc", -1},
        {"sub/repo/.git", PLAN_PIN},
        {"sub/repo/.git/hooks", PLAN_PLACE_FOLDER},
        {".MCP.json", PLAN_GUARD},
        {".git/modules/m/config", PLAN_PLACE_FILE},
        {".git/modules/a/b/hooks", PLAN_PLACE_FOLDER},
        {"node_modules/x/.git", -1},
        {"pointer/.git", PLAN_GUARD},
        {"elsewhere/hooks", PLAN_PLACE_FOLDER},
    };
    struct protect *p;

    (void)state;
    make_folder("sub/repo/.git");
    make_folder("node_modules/x/.git");
    make_folder("elsewhere");
    make_folder("pointer");
    fixture_write(&fixture, "pointer/.git", "gitdir: ../elsewhere\n");
    fixture_write(&fixture, ".MCP.json", "{}");
    make_folder(".git/modules/m");
    make_folder(".git/modules/a/b");
    fixture_write(&fixture, ".git/modules/m/HEAD", "");
    fixture_write(&fixture, ".git/modules/a/b/HEAD", "");
    p = protect_scan(&fixture.spec, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct protect_name *n = name_in(p, rows[i].name);

        if ((n ? (int)n->kind : -1) != rows[i].kind)
            test_fail("%s: %d", rows[i].name, n ? (int)n->kind : -1);
    }
    assert_false(p->cut);
    protect_free(p);
}

static void a_scan_goes_on_from_the_one_before(void **state)
{
    struct protect *first = protect_scan(&fixture.spec, NULL), *second, *third;

    (void)state;
    second = protect_scan(&fixture.spec, first);
    assert_int_equal(first->n, second->n);
    assert_true(protect_same(first, second));
    make_folder("sub/deep/new/.claude");
    third = protect_scan(&fixture.spec, second);
    assert_false(protect_same(second, third));
    assert_non_null(name_in(third, "sub/deep/new/.claude"));
    protect_free(first);
    protect_free(second);
    protect_free(third);
}

static void a_large_tree_is_cut_off(void **state)
{
    char name[64];
    struct protect *p;

    (void)state;
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "many/d%d", i);
        make_folder(name);
    }
    p = protect_scan(&fixture.spec, NULL);
    assert_true(p->cut);
    assert_non_null(name_in(p, "sub/.rein")); /* breadth first */
    protect_free(p);
}

/* ---- placeholders -------------------------------------------------------------------------- */

static const char *const missing[] = {".npmrc",  ".vscode",      ".mcp.json",
                                      ".claude", "lefthook.yml", ".git/config.worktree"};
enum { MISSING = sizeof missing / sizeof *missing };

static size_t placeholders(void)
{
    size_t n = 0;

    for (size_t i = 0; i < MISSING; i++)
        n += fixture_has(&fixture, missing[i]);
    return n;
}

struct running {
    struct child child;
    struct loop *loop;
    int go[2]; /* the command ends when a line comes */
};

static void start(struct running *r, const char *text)
{
    const char *argv[4];
    struct proc_spec spec = child_shell(&fixture.spec, fixture.workspace, text, argv);

    *r = (struct running){0};
    assert_int_equal(loop_new(&r->loop, NULL), REIN_OK);
    assert_int_equal(pipe2(r->go, O_CLOEXEC), 0);
    spec.stdin_fd = r->go[0];
    if (!child_start(&r->child, r->loop, &spec))
        test_fail("%s", r->child.result.error.text);
    while (r->child.out.n == 0 && !r->child.ended)
        loop_turn(r->loop, 1000);
}

static void finish(struct running *r)
{
    assert_int_equal(write(r->go[1], "go\n", 3), 3);
    child_wait(&r->child);
    close(r->go[0]);
    close(r->go[1]);
    loop_free(r->loop);
    child_free(&r->child);
}

static void S106_missing_names_are_held_and_given_back(void **state)
{
    struct running r;

    (void)state;
    assert_int_equal(placeholders(), 0);
    start(&r, "echo up; read x");
    assert_int_equal(placeholders(), MISSING);
    if (system("command -v git >/dev/null") == 0) { /* git sees nothing of it, on the host either */
        char command[1200];

        snprintf(command, sizeof command,
                 "cd '%s' && git -c safe.directory='*' status --short "
                 "2>&1 | grep -E 'npmrc|vscode|mcp|claude|lefthook'",
                 fixture.workspace);
        assert_int_not_equal(system(command), 0);
    }
    finish(&r);
    proc_settle(5000);
    assert_int_equal(placeholders(), 0);
}

/* Inside, placeholders look like empty files: git must not offer or take them. */
static void S106_git_takes_no_placeholder_for_a_file(void **state)
{
    static const char *const places[] = {"repo", "repo/below [x]"};
    char path[800], command[1000];
    struct sandbox_spec level = fixture.spec;

    (void)state;
    if (system("command -v git >/dev/null") != 0)
        skip();
    make_folder("repo/below [x]");
    path_of(path, "repo");
    snprintf(command, sizeof command, "git -C '%s' init -q . && echo kept >'%s/.git/info/exclude'",
             path, path);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < 2; i++) {
        struct child c = {0};
        const char *argv[4];
        struct proc_spec spec;

        path_of(path, places[i]);
        level.workspace = path;
        spec = child_shell(&level, path,
                           "test -f .npmrc && touch new kept && git add -An . 2>/dev/null; "
                           "git status --porcelain -uall . && ! rm .npmrc 2>/dev/null",
                           argv);
        assert_true(child_run(&c, &spec));
        if (c.result.code != 0)
            test_fail("%s", buf_str(&c.err).p);
        assert_string_equal(buf_str(&c.out).p,
                            i ? "?? \"below [x]/new\"\n" : "add 'new'\n?? new\n");
        child_free(&c);
    }
}

static void S106_sandboxes_share_what_holds_a_name(void **state)
{
    struct running first, second;

    (void)state;
    start(&first, "echo up; read x");
    start(&second, "echo up; read x; echo >.npmrc; mkdir .vscode/x; ls -A .vscode");
    finish(&first);
    proc_settle(5000);
    assert_int_equal(placeholders(), MISSING); /* the second still needs them */
    assert_int_equal(write(second.go[1], "go\n", 3), 3);
    child_wait(&second.child);
    assert_string_equal(buf_str(&second.child.out).p, "up\n");
    finish(&second);
    proc_settle(5000);
    assert_int_equal(placeholders(), 0);
}

/* The launcher killed by force: nobody is left to clean up. */
static void kill_launchers(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    while ((entry = readdir(proc))) {
        char path[64], name[64];
        int parent = 0, pid = atoi(entry->d_name);
        FILE *f;

        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        f = pid > 0 ? fopen(path, "re") : NULL;
        if (f && fscanf(f, "%*d (%60[^)]) %*c %d", name, &parent) == 2 && parent == getpid())
            kill(pid, SIGKILL);
        if (f)
            fclose(f);
    }
    closedir(proc);
}

static void crash(void)
{
    struct running r;

    start(&r, "echo up; read x");
    kill_launchers();
    child_wait(&r.child);
    close(r.go[0]);
    close(r.go[1]);
    loop_free(r.loop);
    child_free(&r.child);
    proc_settle(5000);
}

static void S106_a_crash_leaves_what_the_next_start_removes(void **state)
{
    char path[800];
    struct running r;

    (void)state;
    crash();
    assert_int_equal(placeholders(), MISSING);
    /* What the user made of it meanwhile is the user's. */
    path_of(path, ".npmrc");
    assert_int_equal(unlink(path), 0);
    fixture_write(&fixture, ".npmrc", "");
    path_of(path, ".vscode");
    assert_int_equal(chmod(path, 0755), 0);
    protect_clean(fixture.state);
    assert_int_equal(placeholders(), 2);
    assert_true(fixture_has(&fixture, ".npmrc") && fixture_has(&fixture, ".vscode"));
    /* And what a sandbox uses now stays. */
    start(&r, "echo up; read x");
    protect_clean(fixture.state);
    assert_int_equal(placeholders(), MISSING);
    finish(&r);
    proc_settle(5000);
    assert_int_equal(placeholders(), 2);
}

static void S106_placeholders_of_a_crash_are_taken_over(void **state)
{
    struct running r;

    (void)state;
    crash();
    start(&r, "echo up; read x");
    finish(&r);
    proc_settle(5000);
    assert_int_equal(placeholders(), 0);
}

static void S106_no_placeholder_through_a_symlink(void **state)
{
    char path[800];
    struct running r;

    (void)state;
    /* .cargo exists and leads out: its config must not be made in the folder outside */
    path_of(path, ".cargo");
    assert_int_equal(symlink("../../outside", path), 0);
    start(&r, "echo up; ls ../../outside; read x");
    snprintf(path, sizeof path, "%s/outside/config", fixture.base);
    assert_int_not_equal(access(path, F_OK), 0);
    finish(&r);
}

static void S106_submodules_and_nested_repositories_are_guarded(void **state)
{
    static const char *const works[] = {
        "! touch .git/modules/m/hooks/x",
        "! sh -c 'echo >>.git/modules/m/config'",
        "! mv .git/modules m2",
        "! touch sub/repo/.git/hooks/x",
        "! mv sub/repo/.git x",
        "touch sub/repo/.git/index",
        "! sh -c 'echo >pointer/.git'",
        "! touch elsewhere/hooks/x",
        "! mkdir sub/.rein/x",
        "! rm .MCP.json",
    };
    (void)state;
    make_folder("sub/repo/.git/hooks");
    make_folder("elsewhere/hooks");
    make_folder("pointer");
    fixture_write(&fixture, "pointer/.git", "gitdir: ../elsewhere\n");
    make_folder(".git/modules/m/hooks");
    fixture_write(&fixture, ".git/modules/m/HEAD", "");
    fixture_write(&fixture, ".git/modules/m/config", "");
    fixture_write(&fixture, ".MCP.json", "{}");
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        struct child c = {0};
        const char *argv[4];
        struct proc_spec spec = child_shell(&fixture.spec, fixture.workspace, works[i], argv);

        assert_true(child_run(&c, &spec));
        if (c.result.failed || c.result.code != 0)
            test_fail("%s: %s %s", works[i], c.result.error.text, buf_str(&c.err).p);
        child_free(&c);
    }
}

/* ---- what is told afterwards --------------------------------------------------------------- */

static void compare(const char *text, const char *wanted, const char *unwanted)
{
    struct protect *before = protect_scan(&fixture.spec, NULL), *after;
    char command[1200];
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    snprintf(command, sizeof command, "cd '%s' && %s", fixture.workspace, text);
    assert_int_equal(system(command), 0);
    after = protect_scan(&fixture.spec, before);
    protect_compare(before, after, &out);
    if (wanted ? !strstr(buf_str(&out).p, wanted) : out.n != 0)
        test_fail("'%s' told: %s", text, buf_str(&out).p);
    if (unwanted && strstr(buf_str(&out).p, unwanted))
        test_fail("'%s' told: %s", text, buf_str(&out).p);
    buf_fini(&out);
    protect_free(before);
    protect_free(after);
}

static void S106_changes_of_protected_names_are_told(void **state)
{
    (void)state;
    compare("touch a && mkdir b && echo >.git/index", NULL, NULL);
    compare("mkdir -p new/.git/hooks", "new/.git was created", "hooks");
    compare("echo more >>.envrc", ".envrc, a protected name, was changed", NULL);
    compare("rm .envrc", ".envrc, a protected name, was removed", NULL);
    compare("echo '{}' >.mcp.json", ".mcp.json was created", NULL);
    compare("echo '{}' >sub/.mcp.json", "sub/.mcp.json was created", NULL);
    compare("echo x >.git/hooks/pre-commit", ".git/hooks, a protected name, was changed", NULL);
    compare("echo ../evil >.git/commondir", "redirects git", NULL);
    assert_false(fixture_has(&fixture, ".git/commondir"));
    assert_true(fixture_has(&fixture, ".git/commondir.quarantined-by-rein"));
    compare("rm -r .git", ".git, a protected name, was removed", NULL);
}

static void other_levels_have_no_names(void **state)
{
    struct sandbox_spec spec = fixture.spec;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct protect *p;

        spec.level = i ? SANDBOX_READ_ONLY : SANDBOX_FULL_ACCESS;
        p = protect_scan(&spec, NULL);
        assert_int_equal(p->n, 0);
        protect_free(p);
    }
    protect_free(NULL);
    protect_clean(NULL);
    protect_clean("/nonexistent-rein");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
const struct CMUnitTest protect_tests[] = {
    cmocka_unit_test(names_are_compared_as_file_systems_fold_them),
    FRESH(S106_scan_finds_and_misses),
    FRESH(a_scan_goes_on_from_the_one_before),
    FRESH(a_large_tree_is_cut_off),
    FRESH(S106_missing_names_are_held_and_given_back),
    FRESH(S106_git_takes_no_placeholder_for_a_file),
    FRESH(S106_sandboxes_share_what_holds_a_name),
    FRESH(S106_a_crash_leaves_what_the_next_start_removes),
    FRESH(S106_placeholders_of_a_crash_are_taken_over),
    FRESH(S106_no_placeholder_through_a_symlink),
    FRESH(S106_submodules_and_nested_repositories_are_guarded),
    FRESH(S106_changes_of_protected_names_are_told),
    FRESH(other_levels_have_no_names),
};
const size_t protect_tests_n = sizeof protect_tests / sizeof *protect_tests;
