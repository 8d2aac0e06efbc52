/* parse_test.c - the one reader of the command line. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/cli.h"

enum { WORDS = 8 };

static rein_status parse(struct cli *cli, const char *const *words, rein_error *err)
{
    char *argv[WORDS + 2] = {(char *)"rein"};
    int argc = 1;

    for (; *words; words++)
        argv[argc++] = (char *)*words;
    *cli = (struct cli){0};
    return cli_parse(cli, argc, argv, err);
}

static void commands_flags_and_arguments_are_told_apart(void **state)
{
    static const struct {
        const char *words[WORDS], *command, *arguments[4];
        enum flag flag;
        const char *value; /* NULL: the flag was not given */
    } rows[] = {
        {{NULL}, "run", {NULL}, FLAG_PRINT, NULL},
        {{"fix it"}, "run", {"fix it"}, FLAG_PRINT, NULL},
        {{"-p", "fix it"}, "run", {"fix it"}, FLAG_PRINT, ""},
        {{"fix it", "--print"}, "run", {"fix it"}, FLAG_PRINT, ""},
        {{"session", "list"}, "session_list", {NULL}, FLAG_JSON, NULL},
        {{"session", "--json", "show", "abc"}, "session_show", {"abc"}, FLAG_JSON, ""},
        {{"-p", "session", "list"}, "run", {"session", "list"}, FLAG_PRINT, ""},
        {{"-p", "demo"}, "run", {"demo"}, FLAG_PRINT, ""},
        {{"--resume", "abc", "-p"}, "run", {NULL}, FLAG_RESUME, "abc"},
        {{"--resume=abc"}, "run", {NULL}, FLAG_RESUME, "abc"},
        {{"-r", "abc"}, "run", {NULL}, FLAG_RESUME, "abc"},
        {{"-rabc"}, "run", {NULL}, FLAG_RESUME, "abc"},
        {{"-r", "--json"}, "run", {NULL}, FLAG_RESUME, "--json"}, /* a value is never a flag */
        {{"--", "--json"}, "run", {"--json"}, FLAG_JSON, NULL},
        {{"-p", "--", "-p", "--"}, "run", {"-p", "--"}, FLAG_PRINT, ""},
        {{"-p", "-"}, "run", {"-"}, FLAG_PRINT, ""},
        {{"-p", "a=b --json"}, "run", {"a=b --json"}, FLAG_JSON, NULL},
        {{"session", "lis", "--help"}, "run", {"session", "lis"}, FLAG_HELP, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli cli;
        rein_error err;
        size_t n = 0;

        assert_ok(parse(&cli, rows[i].words, &err), err);
        assert_string_equal(cli.command->symbol, rows[i].command);
        while (rows[i].arguments[n])
            n++;
        assert_int_equal(cli.n, n);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(cli.arguments[k], rows[i].arguments[k]);
        assert_int_equal(cli_has(&cli, rows[i].flag), rows[i].value != NULL);
        if (rows[i].value)
            assert_string_equal(cli.values[rows[i].flag], rows[i].value);
        cli_fini(&cli);
    }
}

static void settings_are_set_with_their_flag_as_origin(void **state)
{
    struct cli cli;
    rein_error err;
    const char *origin;

    (void)state;
    assert_ok(parse(&cli,
                    (const char *[]){"-p", "--model=script:x", "--max-turns", "3",
                                     "--allowed-tools", "Read Bash(make *)", "x", NULL},
                    &err),
              err);
    assert_string_equal(rein_config_get(cli.config, "model", &origin), "script:x");
    assert_string_equal(origin, "--model");
    assert_string_equal(rein_config_get(cli.config, "max-turns", NULL), "3");
    assert_string_equal(rein_config_get(cli.config, "allowedTools", &origin), "Read Bash(make *)");
    assert_string_equal(origin, "--allowed-tools");
    assert_null(rein_config_get(cli.config, "no-such", &origin));
    assert_null(origin);
    cli_fini(&cli);
}

static void mistakes_are_named_with_the_nearest(void **state)
{
    static const struct {
        const char *words[WORDS], *says;
    } rows[] = {
        {{"--modle", "x"}, "unknown flag '--modle'; did you mean '--model'?"},
        {{"--output-fromat=json"}, "did you mean '--output-format'?"},
        {{"-q"}, "unknown flag '-q'"},
        {{"-pc"}, "unknown flag '-pc'"},
        {{"--print=yes"}, "--print takes no value"},
        {{"--resume"}, "--resume needs a value: --resume ID"},
        {{"-r"}, "-r needs a value: -r ID"},
        {{"--resume", "a", "--resume", "b"}, "--resume was given twice"},
        {{"--max-turns", "x"}, "--max-turns needs a whole number from 1 on, not 'x'"},
        {{"--permission-mode", "never"}, "--permission-mode"},
        {{"--sandbox=off"}, "--sandbox: no 'off'"},
        {{"--allowedTools", "Bash(make"}, "--allowedTools"},
        {{"sesion"}, "no command 'sesion'; did you mean 'session'?"},
        {{"dem"}, "did you mean 'demo'?"},
        {{"session"}, "'rein session' needs a word more: list, show, export, verify"},
        {{"help", "--max-turns", "3"}, "--max-turns is not for 'rein help'"},
        {{"session", "lst"}, "no command 'session lst'; did you mean 'session list'?"},
        {{"session", "frobnicate"}, "no command 'session frobnicate'"},
        {{"session", "list", "--model", "x"}, "--model is not for 'rein session list'"},
        {{"demo", "--json"}, "--json is not for 'rein demo'"},
        {{"--json"}, "--json is not for 'rein'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli cli;
        rein_error err;

        assert_int_not_equal(parse(&cli, rows[i].words, &err), REIN_OK);
        if (!strstr(err.text, rows[i].says))
            test_fail("'%s' lacks '%s'", err.text, rows[i].says);
        cli_fini(&cli);
    }
}

/* Each flag names commands that there are, and no two rows share a name or letter. */
static void the_rows_fit_together(void **state)
{
    size_t n;
    const rein_option *options = rein_options(&n);

    (void)state;
    for (int i = 0; i < FLAG_END; i++) {
        int known = flag_rows[i].commands[0] == '*';
        for (size_t k = 0; k < commands_n; k++)
            known += command_has_flag(&commands[k], (enum flag)i);
        assert_true(known > 0);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(flag_rows[i].name, flag_rows[k].name);
            assert_false(flag_rows[i].letter && flag_rows[i].letter == flag_rows[k].letter);
        }
        for (size_t k = 0; k < n; k++)
            assert_string_not_equal(flag_rows[i].name, options[k].name);
    }
}

const struct CMUnitTest parse_tests[] = {
    cmocka_unit_test(commands_flags_and_arguments_are_told_apart),
    cmocka_unit_test(settings_are_set_with_their_flag_as_origin),
    cmocka_unit_test(mistakes_are_named_with_the_nearest),
    cmocka_unit_test(the_rows_fit_together),
};
const size_t parse_tests_n = sizeof parse_tests / sizeof *parse_tests;
