/* vault_test.c - keys leave the environment, and their bytes too. */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/vault.h"

static void a_key_leaves_the_environment_and_its_place(void **state)
{
    static char entry[] = "ANTHROPIC_API_KEY=sk-secret-1";

    (void)state;
    vault_wipe();
    assert_int_equal(putenv(entry), 0);
    vault_take();
    assert_null(getenv("ANTHROPIC_API_KEY"));
    assert_true(str_eq(vault_get("ANTHROPIC_API_KEY"), S("sk-secret-1")));
    for (size_t i = strlen("ANTHROPIC_API_KEY="); i < sizeof entry; i++)
        assert_int_equal(entry[i], 0);
}

static void taking_again_keeps_or_replaces(void **state)
{
    (void)state;
    vault_wipe();
    setenv("ANTHROPIC_AUTH_TOKEN", "one", 1);
    vault_take();
    str first = vault_get("ANTHROPIC_AUTH_TOKEN");
    vault_take(); /* nothing there: what is held stays */
    assert_true(str_eq(vault_get("ANTHROPIC_AUTH_TOKEN"), S("one")));
    setenv("ANTHROPIC_AUTH_TOKEN", "another", 1);
    vault_take();
    assert_true(str_eq(vault_get("ANTHROPIC_AUTH_TOKEN"), S("another")));
    assert_true(str_eq(first, S("one"))); /* who borrowed it can still read it */
    assert_int_equal(vault_get("ANTHROPIC_API_KEY").n, 0);
    assert_int_equal(vault_get("PATH").n, 0);
    assert_int_equal(vault_get(NULL).n, 0);
    vault_wipe();
    assert_int_equal(vault_get("ANTHROPIC_AUTH_TOKEN").n, 0);
}

static void an_empty_variable_is_no_key(void **state)
{
    (void)state;
    vault_wipe();
    setenv("ANTHROPIC_API_KEY", "", 1);
    vault_take();
    assert_null(getenv("ANTHROPIC_API_KEY"));
    assert_int_equal(vault_get("ANTHROPIC_API_KEY").n, 0);
}

static void a_name_that_stands_there_twice_is_wiped_twice(void **state)
{
    static char first[] = "ANTHROPIC_API_KEY=first", second[] = "ANTHROPIC_API_KEY=second";
    char *both[] = {first, second, NULL}, **before = environ;

    (void)state;
    vault_wipe();
    environ = both;
    vault_take();
    assert_null(getenv("ANTHROPIC_API_KEY"));
    environ = before;
    assert_true(str_eq(vault_get("ANTHROPIC_API_KEY"), S("first")));
    assert_int_equal(first[18], 0);
    assert_int_equal(second[18], 0);
    assert_int_equal(second[23], 0);
    vault_wipe();
}

/* A forked child finds nothing in the page. */
static void a_forked_child_does_not_have_it(void **state)
{
    int status;

    (void)state;
    vault_wipe();
    setenv("ANTHROPIC_API_KEY", "sk-secret-2", 1);
    vault_take();
    str key = vault_get("ANTHROPIC_API_KEY");
    pid_t pid = fork();
    if (pid == 0)
        _exit(memcmp(key.p, "\0\0\0\0", 4) == 0 ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(str_eq(key, S("sk-secret-2")));
    vault_wipe();
}

const struct CMUnitTest vault_tests[] = {
    cmocka_unit_test(a_key_leaves_the_environment_and_its_place),
    cmocka_unit_test(taking_again_keeps_or_replaces),
    cmocka_unit_test(an_empty_variable_is_no_key),
    cmocka_unit_test(a_name_that_stands_there_twice_is_wiped_twice),
    cmocka_unit_test(a_forked_child_does_not_have_it),
};
const size_t vault_tests_n = sizeof vault_tests / sizeof *vault_tests;
