/* replace_test.c - putting new bytes in place when somebody else is there, too, or the disk is full. */
#include "tool_help.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/replace.h"

extern const struct tool tool_read, tool_write, tool_bash;

static size_t count_entries(struct room *r)
{
    DIR *folder = opendir(r->folder);
    size_t n = 0;

    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n - 2;
}

/* A run as the tools have it, for calls below them. */
static struct tool_run *run_of(struct room *r)
{
    r->run.arena = &r->arena;
    r->run.root = r->root;
    r->run.folder = r->folder;
    r->run.level = r->level;
    r->run.home = r->home;
    return &r->run;
}

enum meanwhile { NOTHING, REWRITTEN, REPLACED, REMOVED, TOUCHED };

static void happen(struct room *r, enum meanwhile what)
{
    switch (what) {
    case NOTHING: break;
    case REWRITTEN: put_text(r, "w/f", "other"); break;
    case REPLACED:
        put_text(r, "w/g", "other");
        assert_int_equal(rename(at(r, "w/g"), at(r, "w/f")), 0);
        break;
    case REMOVED: assert_int_equal(unlink(at(r, "w/f")), 0); break;
    case TOUCHED: assert_int_equal(chmod(at(r, "w/f"), 0600), 0); break;
    }
}

static void S054_the_last_race_is_closed(void **state)
{
    static const struct {
        enum meanwhile what;
        rein_status status;
        const char *after; /* NULL: no file */
    } rows[] = {
        {NOTHING, REIN_OK, "new"},          {REWRITTEN, REIN_CONFLICT, "other"},
        {REPLACED, REIN_CONFLICT, "other"}, {REMOVED, REIN_NOT_FOUND, NULL},
        {TOUCHED, REIN_OK, "new"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct digest before = sha256_of(S("old"));
        struct target target;
        struct stat st;
        str now;

        put_text(r, "w/f", "old");
        assert_ok(target_open(run_of(r), S("f"), &target, &r->err), r->err);
        happen(r, rows[i].what);
        assert_int_equal(target_replace(&target, S("new"), &before, &st, &r->err), rows[i].status);
        target_close(&target);
        now = get_file(r, "w/f");
        if (rows[i].after ? !str_eq(now, str_of(rows[i].after)) : now.p != NULL)
            test_fail("row %zu leaves '%.*s'", i, FS(now));
        assert_int_equal(count_entries(r), rows[i].after != NULL);
    }
}

static void S055_a_name_that_was_taken_meanwhile_is_kept(void **state)
{
    struct room *r = *state;
    struct target target;
    struct stat st;

    assert_ok(target_open(run_of(r), S("f"), &target, &r->err), r->err);
    assert_false(target.exists);
    put_text(r, "w/f", "other");
    assert_int_equal(target_replace(&target, S("new"), NULL, &st, &r->err), REIN_CONFLICT);
    target_close(&target);
    assert_file(r, "w/f", "other");
    assert_int_equal(count_entries(r), 1);
}

static void S055_a_full_disk_changes_nothing(void **state)
{
    struct room *r = *state;
    struct rlimit limit, small;
    str content = arena_printf(&r->arena, "{\"file_path\":\"f\",\"content\":\"%0100000d\"}", 1);

    put_text(r, "w/f", "old");
    call(r, &tool_read, "{'file_path':'f'}");
    learn(r);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    call_json(r, &tool_write, content);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_true(failed(r));
    assert_file(r, "w/f", "old");
    assert_int_equal(count_entries(r), 1);
}

const struct CMUnitTest replace_tests[] = {
    cmocka_unit_test_setup_teardown(S054_the_last_race_is_closed, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S055_a_name_that_was_taken_meanwhile_is_kept, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S055_a_full_disk_changes_nothing, setup_room, teardown_room),
};
const size_t replace_tests_n = sizeof replace_tests / sizeof *replace_tests;
