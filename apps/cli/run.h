/* run.h - the two ways to run the agent from the command line, for cmd_run.c and cmd_demo.c. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/host.h"

/* One turn without anybody to ask: `prompt` "" goes on with a broken one. `format` is the name of a
 * door; text on a terminal, or with `as_screen`, is shown as a person sees it. The session's id is
 * copied to `id` (37 bytes) unless NULL. Returns the exit code. */
struct run_spec {
    const rein_config *config;
    const rein_session_options *session;
    const char *prompt, *format;
    bool as_screen;
    char *id;
};
int run_once(const struct run_spec *spec);

/* A conversation on a terminal, line by line. */
int run_talk(const rein_config *config, const rein_session_options *session, const char *prompt);

#endif
