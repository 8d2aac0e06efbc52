/*
 * cli.h - one command line, read: which command, with which flags, settings and arguments.
 *
 * It is read once, from left to right; nothing looks at it before or after, so that a value can
 * never be taken for a flag. Everything that a command may take is a row: commands.def, flags.def,
 * rein_options().
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <rein.h>

enum flag {
#define FLAG(id, name, letter, argument, commands, help) FLAG_##id,
#include "cli/flags.def"
#undef FLAG
    FLAG_END
};

enum takes { TAKES_NOTHING, TAKES_STORE, TAKES_AGENT };

struct cli;

struct command {
    const char *symbol, *name, *arguments;
    enum takes takes;
    const char *help, *more;
    int (*run)(struct cli *cli); /* returns the process's exit code */
};
extern const struct command commands[];
extern const size_t commands_n;

struct flag_row {
    const char *name;
    char letter;
    const char *argument, *commands, *help;
};
extern const struct flag_row flag_rows[FLAG_END];

/* Whether the command knows the flag; whether it knows the setting. */
bool command_has_flag(const struct command *command, enum flag flag);
bool command_has_option(const struct command *command, const rein_option *option);

struct cli {
    const char *program; /* as it was called */
    const struct command *command;
    const char *values[FLAG_END]; /* of a flag; "" for a switch that was given; NULL: not given */
    rein_config *config;
    const char **arguments; /* behind the command's name */
    size_t n;
};

static inline bool cli_has(const struct cli *cli, enum flag flag)
{
    return cli->values[flag] != NULL;
}

/* Fill *cli (zeroed); cli_fini() ends it. REIN_INVALID says what is wrong and what is nearest. */
rein_status cli_parse(struct cli *cli, int argc, char **argv, rein_error *err);
void cli_fini(struct cli *cli);

/* The page of a command, or of all those whose name begins with `words`. False: there is none. */
bool help_print(const char *words);

/* "rein: ..." on standard error, one line, escapes taken out. Returns 1, the exit code of failures. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

/* A mistake in the command line: the same, and where to read more. */
__attribute__((format(printf, 1, 2))) int complain_usage(const char *format, ...);

#define COMMAND(symbol, ...) int cmd_##symbol(struct cli *cli);
#include "cli/commands.def"
#undef COMMAND

#endif
