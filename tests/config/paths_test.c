/* paths_test.c - where things are, by REIN_HOME and by the XDG rules. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"

static const char *const names[] = {"HOME",           "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                    "XDG_STATE_HOME", "XDG_RUNTIME_DIR", NULL};
static char *saved[8];

static int begin(void **state)
{
    (void)state;
    for (size_t i = 0; names[i]; i++) {
        const char *value = getenv(names[i]);
        saved[i] = value ? strdup(value) : NULL;
        unsetenv(names[i]);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; names[i]; i++) {
        if (saved[i])
            setenv(names[i], saved[i], 1);
        else
            unsetenv(names[i]);
        free(saved[i]);
    }
    return 0;
}

static struct config_paths paths_of(const char *home, struct arena *a)
{
    struct config *c = config_new(NULL);
    struct config_paths paths;
    struct error err;

    if (home)
        assert_ok(config_set(c, SETTING_HOME, str_of(home), "--home", &err), err);
    assert_ok(config_paths(c, a, &paths, &err), err);
    config_free(c);
    return paths;
}

static void a_home_holds_all(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    setenv("HOME", "/home/u", 1);
    setenv("XDG_DATA_HOME", "/elsewhere", 1);
    struct config_paths p = paths_of("/tmp/h//", &a);
    assert_string_equal(p.settings, "/tmp/h/settings.json");
    assert_string_equal(p.results, "/tmp/h/results");
    assert_string_equal(p.state, "/tmp/h/state");
    assert_string_equal(p.runtime, "/tmp/h/run");
    assert_string_equal(p.home, "/home/u");
    assert_non_null(p.own[0]);
    assert_null(p.own[1]);
    arena_fini(&a);
}

static void a_relative_home_begins_at_the_current_folder(void **state)
{
    struct arena a;
    char folder[4096], wanted[4200];

    (void)state;
    arena_init(&a);
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(wanted, sizeof wanted, "%s/h", folder);
    assert_string_equal(paths_of("h", &a).data, wanted);
    arena_fini(&a);
}

static void else_the_xdg_folders(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    setenv("HOME", "/home/u", 1);
    struct config_paths p = paths_of(NULL, &a);
    assert_string_equal(p.settings, "/home/u/.config/rein/settings.json");
    assert_string_equal(p.data, "/home/u/.local/share/rein");
    assert_string_equal(p.results, "/home/u/.local/share/rein/results");
    assert_string_equal(p.state, "/home/u/.local/state/rein");
    assert_string_equal(p.runtime, "/home/u/.local/state/rein/run");
    setenv("XDG_DATA_HOME", "/data/", 1);
    setenv("XDG_STATE_HOME", "relative", 1); /* the rules say to ignore it */
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    p = paths_of(NULL, &a);
    assert_string_equal(p.data, "/data/rein");
    assert_string_equal(p.state, "/home/u/.local/state/rein");
    assert_string_equal(p.runtime, "/run/user/7/rein");
    assert_string_equal(p.own[0], "/home/u/.config/rein");
    assert_string_equal(p.own[1], "/data/rein");
    assert_string_equal(p.own[2], "/home/u/.local/state/rein");
    assert_string_equal(p.own[3], "/run/user/7/rein");
    assert_null(p.own[4]);
    arena_fini(&a);
}

const struct CMUnitTest paths_tests[] = {
    cmocka_unit_test_setup_teardown(a_home_holds_all, begin, end),
    cmocka_unit_test_setup_teardown(a_relative_home_begins_at_the_current_folder, begin, end),
    cmocka_unit_test_setup_teardown(else_the_xdg_folders, begin, end),
};
const size_t paths_tests_n = sizeof paths_tests / sizeof *paths_tests;
