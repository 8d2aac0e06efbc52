/* prompt.h - the text that a headless turn begins with: argument, standard input, or both. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "base/buf.h"
#include "cli/cli.h"

/* Append the prompt to `out`: the argument, a blank line, what stands on standard input, unless that
 * is a terminal. Empty when there is none of them. REIN_LIMIT over 10 MB. */
rein_status prompt_read(const struct cli *cli, struct buf *out, rein_error *err);

#endif
