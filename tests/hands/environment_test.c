/* environment_test.c - which variables reach a command. */
#include "test.h"

#include <string.h>

#include "hands/hands_impl.h"

static const char *value(const char *name, const char *variable, bool sandboxed, struct arena *a)
{
    const char *const user[] = {variable, "PATH=/usr/bin", NULL};

    return hands_variable(hands_environment(user, "/w", sandboxed, a), name);
}

static void S316_secrets_stay_outside(void **state)
{
    static const struct {
        const char *variable;
        bool kept, kept_in_sandbox;
    } rows[] = {
        {"ANTHROPIC_API_KEY=x", false, false},
        {"ANTHROPIC_BASE_URL=x", false, false},
        {"OPENAI_API_KEY=x", false, false},
        {"MY_API_KEY=x", false, false},
        {"GITHUB_TOKEN=x", false, false},
        {"GH_TOKEN=x", false, false},
        {"githubtoken=x", false, false},
        {"NPM_TOKEN=x", false, false},
        {"AWS_REGION=x", false, false},
        {"AWS_SECRET_ACCESS_KEY=x", false, false},
        {"CLIENT_SECRET=x", false, false},
        {"MY_SECRET_THING=x", false, false},
        {"DB_PASSWORD=x", false, false},
        {"PGPASSFILE=x", true, true},
        {"MYSQL_PWD=x", false, false},
        {"SSH_PRIVATE_KEY=x", false, false},
        {"npm_config__auth=x", false, false},
        {"REIN_HOME=/x", false, false},
        {"DATABASE_URL=postgres://u:p@h/d", false, false},
        {"DATABASE_URL=postgres://h:5432/d?a=b@c", true, true},
        {"HOMEPAGE=https://example.com/a:b@c", true, true},
        {"GIT_AUTHOR_NAME=x", true, true},
        {"KEYBOARD=x", true, true},
        {"MONKEY=x", true, true},
        {"TOKENIZERS_PARALLELISM=x", true, true},
        {"COMPASS=x", true, true},
        {"HOME=/home/u", true, true},
        {"GOPATH=/go", true, true},
        {"CC=clang", true, true},
        {"BASH_ENV=/x", false, false},
        {"ENV=/x", false, false},
        {"BASH_FUNC_ls%%=() { x; }", false, false},
        {"LD_PRELOAD=/x.so", false, false},
        {"LD_LIBRARY_PATH=/x", true, true},
        {"PROMPT_COMMAND=x", false, false},
        {"IFS=x", false, false},
        {"PS4=$(x)", false, false},
        {"SHELLOPTS=x", false, false},
        {"GIT_SSH_COMMAND=x", false, false},
        {"GIT_CONFIG_COUNT=1", false, false},
        {"RIPGREP_CONFIG_PATH=x", false, false},
        {"EDITOR=vi", false, false},
        {"SSH_AUTH_SOCK=/x", true, false},
        {"DISPLAY=:0", true, false},
        {"HTTPS_PROXY=http://h:1", true, false},
        {"https_proxy=http://h:1", true, false},
        {"https_proxy=http://u:p@h:1", false, false},
        {"XDG_RUNTIME_DIR=/run/x", true, false},
        {"no equals sign", false, false},
        {"=x", false, false},
    };
    struct arena a;

    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str rest = str_of(rows[i].variable), name = str_cut(&rest, '=');
        const char *key = arena_cstr(&a, name);

        if ((value(key, rows[i].variable, false, &a) != NULL) != rows[i].kept)
            test_fail("%s, no sandbox", rows[i].variable);
        if ((value(key, rows[i].variable, true, &a) != NULL) != rows[i].kept_in_sandbox)
            test_fail("%s, sandbox", rows[i].variable);
    }
    arena_fini(&a);
}

static void S059_the_rest_is_fixed(void **state)
{
    static const char *const user[] = {
        "LC_ALL=de_DE.UTF-8", "LANG=de_DE", "TERM=xterm",         "PAGER=less",
        "SHELL=/bin/zsh",     "PWD=/x",     "TMPDIR=/home/u/tmp", NULL};
    static const char *const fixed[][2] = {{"LC_ALL", "C.UTF-8"},
                                           {"LANG", "C.UTF-8"},
                                           {"TERM", "dumb"},
                                           {"PAGER", "cat"},
                                           {"SHELL", "/bin/bash"},
                                           {"PWD", "/w"},
                                           {"TMPDIR", "/tmp"},
                                           {"GIT_TERMINAL_PROMPT", "0"},
                                           {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    struct arena a;
    const char *const *env;

    (void)state;
    arena_init(&a);
    env = hands_environment(user, "/w", true, &a);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        assert_string_equal(hands_variable(env, fixed[i][0]), fixed[i][1]);
    for (size_t i = 0; env[i]; i++) /* no name twice */
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(strncmp(env[i], env[k], strcspn(env[i], "=") + 1), 0);
    assert_string_equal(hands_variable(hands_environment(user, "/w", false, &a), "TMPDIR"),
                        "/home/u/tmp");
    assert_non_null(hands_environment(NULL, "/w", true, &a));
    arena_fini(&a);
}

const struct CMUnitTest environment_tests[] = {
    cmocka_unit_test(S316_secrets_stay_outside),
    cmocka_unit_test(S059_the_rest_is_fixed),
};
const size_t environment_tests_n = sizeof environment_tests / sizeof *environment_tests;
