/*
 * plan_test.c - the plan's bytes as the harness writes them, read by the launcher's own code.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/plan.c"
#include "platform/fixture.h"
#include "platform/proc_launch.h"

static struct buf make_plan(const struct sandbox_spec *spec)
{
    struct protect *protect = protect_scan(spec, NULL);
    struct error err = {0};
    struct buf plan;

    buf_init(&plan, PLAN_SIZE_MAX);
    assert_ok(sandbox_plan(spec, protect, 1000, &plan, &err), err);
    protect_free(protect);
    return plan;
}

static const struct plan_row *row_of(const struct plan *plan, const char *path, size_t *at)
{
    const struct plan_row *rows = (const struct plan_row *)(plan + 1);
    const struct plan_row *found = NULL;

    for (uint32_t i = 0; i < plan->rows; i++) {
        if (strcmp(plan_string(plan, rows[i].path), path) == 0)
            found = &rows[i], *at = i;
    }
    return found;
}

static void S106_plans_are_ordered_and_whole(void **state)
{
    static const struct {
        const char *path; /* below the fixture's base, or absolute */
        enum plan_kind kind;
    } rows[] = {
        {"/tmp", PLAN_PRIVATE},
        {"/run", PLAN_PRIVATE},
        {"/sys", PLAN_MASK},
        {"home/.ssh", PLAN_MASK},
        {"home/.netrc", PLAN_MASK},
        {"home/ws", PLAN_WRITABLE},
        {"home/ws/.git", PLAN_PIN},
        {"home/ws/.git/hooks", PLAN_PLACE_FOLDER},
        {"home/ws/.git/config", PLAN_PLACE_FILE},
        {"home/ws/.npmrc", PLAN_PLACE_FILE},
        {"home/ws/sub", PLAN_PIN},
        {"home/ws/sub/.rein", PLAN_GUARD},
        {"state", PLAN_MASK},
        {"state/results", PLAN_READABLE},
    };
    struct fixture f;
    struct buf bytes;
    const struct plan *plan;
    const struct plan_row *all;

    (void)state;
    fixture_make(&f, geteuid());
    bytes = make_plan(&f.spec);
    plan = (const void *)bytes.p;
    all = (const struct plan_row *)(plan + 1);
    assert_null(plan_fault(plan, bytes.n));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[800];
        size_t at = 0, parent = 0;
        const struct plan_row *row;

        snprintf(path, sizeof path, "%s%s%s", *rows[i].path == '/' ? "" : f.base,
                 *rows[i].path == '/' ? "" : "/", rows[i].path);
        row = row_of(plan, path, &at);
        if (!row || row->kind != rows[i].kind)
            test_fail("%s: %d", path, row ? (int)row->kind : -1);
        *strrchr(path, '/') = 0; /* what is above comes before */
        if (row_of(plan, path, &parent))
            assert_true(parent < at);
        if (row->kind == PLAN_MASK && strcmp(rows[i].path, "state") == 0)
            assert_true(row->holds); /* results come back in it */
    }
    for (uint32_t i = 1; i < plan->rows; i++) { /* nothing twice */
        bool same = strcmp(plan_string(plan, all[i].path), plan_string(plan, all[i - 1].path)) == 0;

        assert_false(same && all[i].kind == all[i - 1].kind);
    }
    buf_fini(&bytes);
    fixture_remove(&f);
}

/* Whatever byte is wrong: refused, or still a plan that can be walked. */
static void broken_plans_are_refused(void **state)
{
    static const struct sandbox_spec spec = {.level = SANDBOX_READ_ONLY, .workspace = "/usr"};
    struct buf bytes = make_plan(&spec);
    struct plan *plan = (void *)bytes.p;

    (void)state;
    assert_null(plan_fault(plan, bytes.n));
    for (size_t n = 0; n < bytes.n; n++)
        assert_non_null(plan_fault(plan, n));
    for (size_t i = 0; i < bytes.n; i++) {
        bytes.p[i] = (char)(bytes.p[i] ^ 0x80);
        if (!plan_fault(plan, bytes.n)) {
            const struct plan_row *rows = (const struct plan_row *)(plan + 1);

            for (uint32_t k = 0; k < plan->rows; k++)
                assert_int_equal(*plan_string(plan, rows[k].path), '/');
        }
        bytes.p[i] = (char)(bytes.p[i] ^ 0x80);
    }
    buf_fini(&bytes);
}

static void broken_commands_are_refused(void **state)
{
    struct {
        struct launch_command head;
        char strings[24];
    } c = {{PLAN_MAGIC, 0, 2, 1}, "/w\0ls\0-l\0A=1"};
    const size_t size = sizeof c.head + 13;
    char *at = c.strings;

    (void)state;
    c.head.size = (uint32_t)size;
    assert_null(command_fault(&c, size));
    assert_string_equal(command_string(&c.head, &at), "/w");
    assert_string_equal(command_string(&c.head, &at), "ls");
    assert_string_equal(command_string(&c.head, &at), "-l");
    assert_string_equal(command_string(&c.head, &at), "A=1");
    assert_null(command_string(&c.head, &at));
    for (size_t n = 0; n < size; n++) {
        assert_non_null(command_fault(&c, n));
        c.head.size = (uint32_t)n;
        if (n > sizeof c.head && n != size - 1)
            assert_non_null(command_fault(&c, n));
        c.head.size = (uint32_t)size;
    }
    c.head.arguments = 0;
    assert_non_null(command_fault(&c, size));
    c.head.arguments = UINT32_MAX;
    assert_non_null(command_fault(&c, size));
    c.head.arguments = 3;
    assert_non_null(command_fault(&c, size));
}

const struct CMUnitTest plan_tests[] = {
    cmocka_unit_test(S106_plans_are_ordered_and_whole),
    cmocka_unit_test(broken_plans_are_refused),
    cmocka_unit_test(broken_commands_are_refused),
};
const size_t plan_tests_n = sizeof plan_tests / sizeof *plan_tests;
