/*
 * parse.c - the one reader of the command line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

const struct command commands[] = {
#define COMMAND(symbol, name, arguments, takes, help, more) \
    {#symbol, name, arguments, takes, help, more, cmd_##symbol},
#include "cli/commands.def"
#undef COMMAND
};
const size_t commands_n = sizeof commands / sizeof commands[0];

const struct flag_row flag_rows[FLAG_END] = {
#define FLAG(id, name, letter, argument, commands, help) \
    [FLAG_##id] = {name, letter, argument, commands, help},
#include "cli/flags.def"
#undef FLAG
};

bool command_has_flag(const struct command *command, enum flag flag)
{
    char word[64];

    snprintf(word, sizeof word, " %s ", command->symbol);
    return flag_rows[flag].commands[0] == '*' || strstr(flag_rows[flag].commands, word);
}

bool command_has_option(const struct command *command, const rein_option *option)
{
    return command->takes == TAKES_AGENT ||
           (command->takes == TAKES_STORE && strcmp(option->group, "Files") == 0);
}

/* ---- flags and settings ------------------------------------------------------------------------ */

/* A name behind two dashes is a flag or a setting. */
struct found {
    enum flag flag; /* FLAG_END: a setting */
    const rein_option *option;
};

struct reader {
    struct cli *cli;
    char **argv;
    int argc, at;
    bool *used; /* settings that were given, by row */
    struct error *err;
};

static bool find_long(str name, struct found *out)
{
    size_t n;
    const rein_option *options = rein_options(&n);

    for (int i = 0; i < FLAG_END; i++) {
        *out = (struct found){.flag = (enum flag)i};
        if (str_eq(name, str_of(flag_rows[i].name)))
            return true;
    }
    for (size_t i = 0; i < n; i++) {
        *out = (struct found){FLAG_END, &options[i]};
        if (str_eq(name, str_of(options[i].name)) ||
            (options[i].alias && str_eq(name, str_of(options[i].alias))))
            return true;
    }
    return false;
}

static bool find_letter(char letter, struct found *out)
{
    for (int i = 0; i < FLAG_END; i++) {
        *out = (struct found){.flag = (enum flag)i};
        if (flag_rows[i].letter && flag_rows[i].letter == letter)
            return true;
    }
    return false;
}

static rein_status unknown_flag(const char *argument, str name, struct error *err)
{
    const char *names[128];
    size_t n = 0, n_options;
    const rein_option *options = rein_options(&n_options);

    for (int i = 0; i < FLAG_END; i++)
        names[n++] = flag_rows[i].name;
    for (size_t i = 0; i < n_options && n < 128; i++)
        names[n++] = options[i].name;
    int nearest = nearest_word(name, names, n);
    if (nearest < 0)
        return fail(err, REIN_INVALID, "unknown flag '%.80s'", argument);
    return fail(err, REIN_INVALID, "unknown flag '%.80s'; did you mean '--%s'?", argument,
                names[nearest]);
}

/* The flag's value: behind "=", or the next argument. */
static rein_status take_value(struct reader *r, const char *shown, const char *wants, str glued,
                              const char **out)
{
    *out = "";
    if (!wants && glued.p)
        return fail(r->err, REIN_INVALID, "%s takes no value", shown);
    if (!wants)
        return REIN_OK;
    if (glued.p) {
        *out = glued.p;
        return REIN_OK;
    }
    if (r->at >= r->argc)
        return fail(r->err, REIN_INVALID, "%s needs a value: %s %s", shown, shown, wants);
    *out = r->argv[r->at++];
    return REIN_OK;
}

static rein_status set_option(struct reader *r, const rein_option *option, const char *shown,
                              const char *value)
{
    size_t n;
    rein_error fault = {0};

    r->used[option - rein_options(&n)] = true;
    if (rein_config_set(r->cli->config, option->name, option->argument ? value : "true", shown,
                        &fault) == REIN_OK)
        return REIN_OK;
    memcpy(r->err, &fault, sizeof fault);
    return fault.status;
}

static rein_status read_flag(struct reader *r, const char *argument)
{
    bool is_long = argument[1] == '-';
    str rest = str_of(argument + (is_long ? 2 : 1));
    str name = is_long ? str_cut(&rest, '=') : str_take(rest, 1);
    char shown[64];
    struct found found;
    const char *value;

    if (!is_long)
        rest = rest.n > 1 ? str_skip(rest, 1) : (str){0};
    if (is_long ? !find_long(name, &found) : !find_letter(name.p[0], &found))
        return unknown_flag(argument, is_long ? name : str_of(argument + 1), r->err);
    bool is_setting = found.flag == FLAG_END;
    const char *wants = is_setting ? found.option->argument : flag_rows[found.flag].argument;
    if (!is_long && rest.p && !wants)
        return unknown_flag(argument, str_of(argument + 1), r->err);
    snprintf(shown, sizeof shown, "%s%.*s", is_long ? "--" : "-", FS(str_take(name, 40)));
    if (take_value(r, shown, wants, rest, &value) != REIN_OK)
        return REIN_INVALID;
    if (is_setting)
        return set_option(r, found.option, shown, value);
    if (r->cli->values[found.flag] && wants)
        return fail(r->err, REIN_INVALID, "%s was given twice", shown);
    r->cli->values[found.flag] = value;
    return REIN_OK;
}

/* ---- which command ----------------------------------------------------------------------------- */

/* How many of the arguments the command's name is made of, or 0. */
static size_t name_fits(const char *name, const char **arguments, size_t n)
{
    str rest = str_of(name);
    size_t i = 0;

    while (rest.p && rest.n) {
        str word = str_cut(&rest, ' ');
        if (i == n || !str_eq(word, str_of(arguments[i])))
            return 0;
        i++;
    }
    return i;
}

/* "session" alone is the beginning of several commands. */
static rein_status check_half(const char *word, struct error *err)
{
    char rest[128];
    size_t n = 0;

    for (size_t i = 1; i < commands_n && n < sizeof rest; i++) {
        str name = str_of(commands[i].name);
        if (str_eq(str_cut(&name, ' '), str_of(word)) && name.p)
            n += (size_t)snprintf(rest + n, sizeof rest - n, "%s%.*s", n ? ", " : "", FS(name));
    }
    if (n == 0)
        return REIN_OK;
    return fail(err, REIN_INVALID, "'rein %s' needs a word more: %s", word, rest);
}

/* "sesion" is a slip, not a prompt: one word that is nearly a command's first one. */
static rein_status check_slip(const struct cli *cli, struct error *err)
{
    const char *names[16];
    char words[16][24];
    size_t n = 0;

    if (cli->n == 0 || cli_has(cli, FLAG_PRINT) || strchr(cli->arguments[0], ' '))
        return REIN_OK;
    for (size_t i = 1; i < commands_n && n < 16; i++) {
        str name = str_of(commands[i].name), word = str_cut(&name, ' ');
        snprintf(words[n], sizeof words[n], "%.*s", FS(word));
        names[n] = words[n];
        n++;
    }
    if (check_half(cli->arguments[0], err) != REIN_OK)
        return REIN_INVALID;
    int nearest = nearest_word(str_of(cli->arguments[0]), names, n);
    if (nearest < 0)
        return REIN_OK;
    return fail(err, REIN_INVALID,
                "no command '%.60s'; did you mean '%s'? (rein -p '%.60s' sends it as a prompt)",
                cli->arguments[0], names[nearest], cli->arguments[0]);
}

static rein_status check_subcommand(const struct cli *cli, struct error *err)
{
    const char *names[16];
    size_t n = 0;
    str first = str_of(cli->arguments[0]);

    for (size_t i = 1; i < commands_n && n < 16; i++) {
        str name = str_of(commands[i].name);
        if (str_eq(str_cut(&name, ' '), first) && name.p)
            names[n++] = name.p;
    }
    if (n == 0)
        return REIN_OK;
    int nearest = nearest_word(str_of(cli->arguments[1]), names, n);
    if (nearest >= 0)
        return fail(err, REIN_INVALID, "no command '%s %.60s'; did you mean '%s %s'?",
                    cli->arguments[0], cli->arguments[1], cli->arguments[0], names[nearest]);
    return fail(err, REIN_INVALID, "no command '%s %.60s'; see 'rein help %s'", cli->arguments[0],
                cli->arguments[1], cli->arguments[0]);
}

static rein_status find_command(struct cli *cli, struct error *err)
{
    size_t words = 0;

    cli->command = &commands[0];
    if (cli_has(cli, FLAG_PRINT) || cli->n == 0)
        return REIN_OK;
    for (size_t i = 1; i < commands_n && words == 0; i++) {
        words = name_fits(commands[i].name, cli->arguments, cli->n);
        if (words)
            cli->command = &commands[i];
    }
    cli->arguments += words;
    cli->n -= words;
    if (words || cli_has(cli, FLAG_HELP))
        return REIN_OK;
    if (cli->n > 1 && check_subcommand(cli, err) != REIN_OK)
        return REIN_INVALID;
    return check_slip(cli, err);
}

static rein_status check_flags(const struct reader *r)
{
    const struct command *command = r->cli->command;
    size_t n;
    const rein_option *options = rein_options(&n);

    for (int i = 0; i < FLAG_END; i++) {
        if (r->cli->values[i] && !command_has_flag(command, (enum flag)i))
            return fail(r->err, REIN_INVALID, "--%s is not for 'rein%s%s'", flag_rows[i].name,
                        command->name[0] ? " " : "", command->name);
    }
    for (size_t i = 0; i < n; i++) {
        if (r->used[i] && !command_has_option(command, &options[i]))
            return fail(r->err, REIN_INVALID, "--%s is not for 'rein %s'", options[i].name,
                        command->name);
    }
    return REIN_OK;
}

/* ---- the line ---------------------------------------------------------------------------------- */

static rein_status read_all(struct reader *r)
{
    bool only_arguments = false;

    while (r->at < r->argc) {
        const char *argument = r->argv[r->at++];
        if (!only_arguments && strcmp(argument, "--") == 0)
            only_arguments = true;
        else if (only_arguments || argument[0] != '-' || !argument[1])
            r->cli->arguments[r->cli->n++] = argument;
        else if (read_flag(r, argument) != REIN_OK)
            return r->err->status;
    }
    return REIN_OK;
}

rein_status cli_parse(struct cli *cli, int argc, char **argv, rein_error *err)
{
    struct error fault = {0};
    size_t n;
    struct reader r = {.cli = cli, .argv = argv, .argc = argc, .at = 1, .err = &fault};

    rein_options(&n);
    r.used = memory_new(n * sizeof *r.used);
    cli->program = argv[0] && argv[0][0] ? argv[0] : "rein";
    cli->config = rein_config_new();
    cli->arguments = memory_new(((size_t)argc + 1) * sizeof *cli->arguments);
    const char **owned = cli->arguments;
    if (read_all(&r) == REIN_OK && find_command(cli, &fault) == REIN_OK && !cli_has(cli, FLAG_HELP))
        check_flags(&r);
    memmove(owned, cli->arguments, (cli->n + 1) * sizeof *owned);
    cli->arguments = owned;
    free(r.used);
    memcpy(err, &fault, sizeof *err);
    return fault.status;
}

void cli_fini(struct cli *cli)
{
    rein_config_free(cli->config);
    free(cli->arguments);
    *cli = (struct cli){0};
}
