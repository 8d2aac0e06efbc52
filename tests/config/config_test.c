/* config_test.c - values, where they came from, and what is refused. */
#include "test.h"

#include "config/config.h"

static void defaults_say_that_they_are(void **state)
{
    struct config *c = config_new(NULL);

    (void)state;
    assert_string_equal(config_text(c, SETTING_MODEL), "anthropic/claude-opus-5-5");
    assert_string_equal(config_origin(c, SETTING_MODEL), "default");
    assert_true(config_is_default(c, SETTING_SANDBOX));
    assert_string_equal(config_text(c, SETTING_SANDBOX), "workspace-write");
    assert_null(config_text(c, SETTING_MAX_TURNS));
    assert_null(config_origin(c, SETTING_MAX_TURNS));
    assert_true(config_is_default(c, SETTING_MAX_TURNS));
    assert_int_equal(config_count(c, SETTING_MAX_TURNS), 0);
    config_free(c);
    config_free(NULL);
}

static void the_environment_comes_before_what_is_said(void **state)
{
    const char *const environment[] = {"PATH=/bin", "REIN_MODELS=no", "REIN_MODEL=a/b",
                                       "REIN_HOME=", NULL};
    struct config *c = config_new(environment);
    struct error err;

    (void)state;
    assert_string_equal(config_text(c, SETTING_MODEL), "a/b");
    assert_string_equal(config_origin(c, SETTING_MODEL), "REIN_MODEL");
    assert_null(config_text(c, SETTING_HOME)); /* empty counts as absent */
    assert_ok(config_set(c, SETTING_MODEL, S("c/d"), "--model", &err), err);
    assert_string_equal(config_text(c, SETTING_MODEL), "c/d");
    assert_string_equal(config_origin(c, SETTING_MODEL), "--model");
    assert_false(config_is_default(c, SETTING_MODEL));
    config_free(c);
}

static void a_value_may_be_set_from_itself(void **state)
{
    struct config *c = config_new(NULL);
    struct error err;

    (void)state;
    assert_ok(config_set(c, SETTING_MODEL, str_skip(str_of(config_text(c, SETTING_MODEL)), 10),
                         "host", &err),
              err);
    assert_string_equal(config_text(c, SETTING_MODEL), "claude-opus-5-5");
    config_free(c);
}

static void lists_append_and_keep_each_origin(void **state)
{
    struct config *c = config_new(NULL), *copy;
    struct error err;
    size_t n;

    (void)state;
    config_list(c, SETTING_ALLOWED_TOOLS, &n);
    assert_int_equal(n, 0);
    assert_ok(config_set(c, SETTING_ALLOWED_TOOLS, S("Read Bash(make *)"), "--allowedTools", &err),
              err);
    assert_ok(config_set(c, SETTING_ALLOWED_TOOLS, S("Edit"), "host", &err), err);
    copy = config_copy(c);
    config_free(c);
    const struct config_value *values = config_list(copy, SETTING_ALLOWED_TOOLS, &n);
    assert_int_equal(n, 2);
    assert_string_equal(values[0].text, "Read Bash(make *)");
    assert_string_equal(values[0].origin, "--allowedTools");
    assert_string_equal(values[1].text, "Edit");
    assert_string_equal(values[1].origin, "host");
    assert_string_equal(config_text(copy, SETTING_ALLOWED_TOOLS), "Read Bash(make *) Edit");
    config_free(copy);
}

static void wrong_values_are_refused_and_change_nothing(void **state)
{
    static const struct {
        enum setting setting;
        str value;
        const char *says;
    } cases[] = {
        {SETTING_SANDBOX, S_INIT("none"),
         "--x: no 'none'; it is one of read-only, "
         "workspace-write, danger-full-access"},
        {SETTING_SANDBOX, S_INIT(""), "it is one of"},
        {SETTING_SANDBOX, S_INIT("read-only|workspace-write"), "it is one of"},
        {SETTING_MAX_TURNS, S_INIT("0"), "--x needs a whole number from 1 on, not '0'"},
        {SETTING_MAX_TURNS, S_INIT("-1"), "whole number"},
        {SETTING_MAX_TURNS, S_INIT("1.5"), "whole number"},
        {SETTING_MAX_TURNS, S_INIT("99999999999999999999"), "whole number"},
        {SETTING_MAX_TURNS, S_INIT(""), "whole number"},
        {SETTING_MODEL, S_INIT(""), "--x needs a MODEL"},
        {SETTING_MODEL, S_INIT("a\0b"), "NUL"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *c = config_new(NULL);
        struct error err = {0};
        assert_int_equal(config_set(c, cases[i].setting, cases[i].value, "--x", &err),
                         REIN_INVALID);
        if (!strstr(err.text, cases[i].says))
            test_fail("'%s' lacks '%s'", err.text, cases[i].says);
        assert_true(config_is_default(c, cases[i].setting));
        config_free(c);
    }
}

static void names_and_aliases_are_found_and_slips_corrected(void **state)
{
    enum setting found;
    struct error err;

    (void)state;
    assert_ok(option_find(S("allowedTools"), &found, &err), err);
    assert_int_equal(found, SETTING_ALLOWED_TOOLS);
    assert_ok(option_find(S("disallowed-tools"), &found, &err), err);
    assert_int_equal(found, SETTING_DISALLOWED_TOOLS);
    assert_int_equal(option_find(S("permision-mode"), &found, &err), REIN_NOT_FOUND);
    assert_non_null(strstr(err.text, "did you mean 'permission-mode'?"));
    assert_int_equal(option_find(S("zzzzzzzz"), &found, &err), REIN_NOT_FOUND);
    assert_null(strstr(err.text, "did you mean"));
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < SETTING_END; i++) {
        const struct option *row = option_row((enum setting)i);
        assert_non_null(row->name);
        assert_non_null(row->group);
        assert_true(strlen(row->help) > 10 && row->help[strlen(row->help) - 1] == '.');
        assert_int_equal(row->kind == OPTION_SWITCH, row->argument == NULL);
        assert_int_equal(row->kind == OPTION_CHOICE, row->choices != NULL);
    }
}

const struct CMUnitTest config_tests[] = {
    cmocka_unit_test(defaults_say_that_they_are),
    cmocka_unit_test(the_environment_comes_before_what_is_said),
    cmocka_unit_test(a_value_may_be_set_from_itself),
    cmocka_unit_test(lists_append_and_keep_each_origin),
    cmocka_unit_test(wrong_values_are_refused_and_change_nothing),
    cmocka_unit_test(names_and_aliases_are_found_and_slips_corrected),
    cmocka_unit_test(every_row_is_whole),
};
const size_t config_tests_n = sizeof config_tests / sizeof *config_tests;
