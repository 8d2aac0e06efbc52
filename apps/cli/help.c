/*
 * help.c - every page of help, made from the rows of commands, flags and settings; and how mistakes
 * are told.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "platform/tty.h"

enum { HELP_COLUMN = 34, HELP_INDENT = 8, HELP_WIDTH = 100 };

/* Words of `text` from `column` on, as wide as the terminal is, within reason; where that is narrow,
 * on lines of their own. */
static void print_wrapped(const char *text, int at, int column)
{
    int columns = 0, rows, used;
    str rest = str_of(text);

    tty_size(1, &columns, &rows);
    if (columns > HELP_WIDTH)
        columns = HELP_WIDTH;
    if (columns < column + 20)
        column = HELP_INDENT;
    used = at;
    if (at >= column) {
        putchar('\n');
        used = 0;
    }
    printf("%*s", column - used, "");
    used = column;
    while (rest.p) {
        str word = str_cut(&rest, ' ');
        int width = utf8_width(word);
        if (used > column && used + 1 + width > columns) {
            printf("\n%*s", column, "");
            used = column;
        }
        used += printf("%s%.*s", used > column ? " " : "", FS(word));
    }
    putchar('\n');
}

static void print_row(char letter, const char *name, const char *argument, const char *help,
                      const char *fallback)
{
    char text[512];
    int at = letter ? printf("  -%c, --%s", letter, name) : printf("      --%s", name);

    if (argument)
        at += printf(" %s", argument);
    snprintf(text, sizeof text, "%s%s%s%s", help, fallback ? " Default: " : "",
             fallback ? fallback : "", fallback ? "." : "");
    print_wrapped(text, at, HELP_COLUMN);
}

/* Defaults stand on the first command's page: others have some of their own, which their text says. */
static void print_options(const struct command *command)
{
    const char *group = "";
    size_t n;
    const rein_option *options = rein_options(&n);

    printf("\nFlags\n");
    for (int i = 0; i < FLAG_END; i++) {
        if (command_has_flag(command, (enum flag)i))
            print_row(flag_rows[i].letter, flag_rows[i].name, flag_rows[i].argument,
                      flag_rows[i].help, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        if (!command_has_option(command, &options[i]))
            continue;
        if (strcmp(group, options[i].group) != 0)
            printf("\n%s\n", options[i].group);
        group = options[i].group;
        print_row(0, options[i].name, options[i].argument, options[i].help,
                  command == &commands[0] ? options[i].fallback : NULL);
    }
}

static void print_commands(const char *words)
{
    for (size_t i = 0; i < commands_n; i++) {
        const struct command *c = &commands[i];
        if (!str_starts(str_of(c->name), str_of(words)))
            continue;
        int at = printf("  rein%s%s%s%s", c->name[0] ? " " : "", c->name,
                        c->arguments[0] ? " " : "", c->arguments);
        print_wrapped(c->help, at, HELP_COLUMN);
    }
}

static void print_page(const struct command *c)
{
    printf("rein%s%s%s%s - %s\n\n%s", c->name[0] ? " " : "", c->name, c->arguments[0] ? " " : "",
           c->arguments, c->help, c->more);
    print_options(c);
}

static void print_overview(void)
{
    printf(
        "rein %s - an agent that works in this folder, in a sandbox, with every step in a log.\n\n"
        "Commands\n",
        rein_version());
    print_commands("");
    printf("\nExamples\n%s", commands[0].more);
    print_options(&commands[0]);
    printf(
        "\nEnvironment\n"
        "  ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL: how to reach the model.\n"
        "  REIN_MODEL, REIN_HOME: as --model and --home. NO_COLOR: no colour.\n"
        "\nExit codes\n"
        "  0 done, 1 failed or the command line is wrong, 3 a limit was reached, 4 permission\n"
        "  refused what the task needed, 130 interrupted, 143 terminated. With json and\n"
        "  stream-json: 0, or 1 when the result says is_error; 143 terminated.\n");
}

bool help_print(const char *words)
{
    size_t fits = 0;
    const struct command *last = NULL;

    if (!words[0]) {
        print_overview();
        return true;
    }
    for (size_t i = 1; i < commands_n; i++) {
        if (strcmp(commands[i].name, words) == 0) {
            print_page(&commands[i]);
            return true;
        }
        str rest = str_of(commands[i].name);
        if (str_starts(rest, str_of(words)) && rest.p[strlen(words)] == ' ')
            fits++, last = &commands[i];
    }
    if (fits == 0)
        return false;
    print_commands(words);
    printf("\n'rein help %s' says more of one.\n", last->name);
    return true;
}

static void complain_text(const char *format, va_list list)
{
    char text[1024];
    struct buf shown;

    vsnprintf(text, sizeof text, format, list);
    buf_init(&shown, BUF_NO_MAX);
    utf8_sanitise(&shown, str_of(text), false);
    for (size_t i = 0; i < shown.n; i++) {
        if (shown.p[i] == '\n')
            shown.p[i] = ' ';
    }
    fflush(stdout);
    fprintf(stderr, "rein: %.*s\n", FS(buf_str(&shown)));
    buf_fini(&shown);
}

int complain(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    complain_text(format, list);
    va_end(list);
    return 1;
}

int complain_usage(const char *format, ...)
{
    va_list list;
    char text[512];

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return complain("%s ('rein --help' lists all)", text);
}
