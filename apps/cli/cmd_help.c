/* cmd_help.c - `rein help [COMMAND]`. */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"

int cmd_help(struct cli *cli)
{
    char words[128] = "";
    size_t n = 0;

    for (size_t i = 0; i < cli->n && n < sizeof words; i++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", i ? " " : "", cli->arguments[i]);
    if (n < sizeof words && help_print(words))
        return 0;
    return complain_usage("no command '%.60s'", words);
}
