/* cmd_run.c - `rein [PROMPT]` and `rein -p [PROMPT]`. */
#include <string.h>
#include <unistd.h>

#include "cli/prompt.h"
#include "cli/run.h"
#include "platform/tty.h"

/* What does not go together. */
static int check(const struct cli *cli)
{
    const char *format = cli->values[FLAG_OUTPUT_FORMAT];
    bool is_stream = format && strcmp(format, "stream-json") == 0;

    if (cli->n > 1)
        return complain_usage("one prompt at a time: '%.60s' is a second one; put it in quotes",
                              cli->arguments[1]);
    if (format && !cli_has(cli, FLAG_PRINT))
        return complain_usage("--output-format is for -p");
    if (format && !is_stream && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return complain_usage("--output-format: no '%.60s'; it is one of text, json, stream-json",
                              format);
    if (is_stream && !cli_has(cli, FLAG_VERBOSE))
        return complain_usage("--output-format stream-json with -p needs --verbose");
    if (cli_has(cli, FLAG_PARTIAL) && !is_stream)
        return complain_usage("--include-partial-messages needs --output-format stream-json");
    if (cli_has(cli, FLAG_CONTINUE) && cli_has(cli, FLAG_RESUME))
        return complain_usage("--continue and --resume name two sessions; give one of them");
    if (cli_has(cli, FLAG_SESSION_ID) && (cli_has(cli, FLAG_CONTINUE) || cli_has(cli, FLAG_RESUME)))
        return complain_usage("--session-id is for a new session");
    return 0;
}

static int print(const struct cli *cli, const rein_session_options *session)
{
    const char *format = cli->values[FLAG_OUTPUT_FORMAT];
    struct run_spec spec = {.config = cli->config, .session = session};
    struct buf prompt;
    rein_error err;
    int code;

    spec.format = !format ? "text" : cli_has(cli, FLAG_PARTIAL) ? "stream-json-partial" : format;
    buf_init(&prompt, BUF_NO_MAX);
    if (prompt_read(cli, &prompt, &err) != REIN_OK) {
        code = host_fail(&err);
    } else if (prompt.n == 0 && !session->resume && !session->newest) {
        code = complain_usage("no prompt: give one as an argument or on standard input");
    } else {
        spec.prompt = buf_str(&prompt).p;
        code = run_once(&spec);
    }
    buf_fini(&prompt);
    return code;
}

int cmd_run(struct cli *cli)
{
    rein_session_options session = {
        .id = cli_has(cli, FLAG_RESUME) ? cli->values[FLAG_RESUME] : cli->values[FLAG_SESSION_ID],
        .resume = cli_has(cli, FLAG_RESUME),
        .newest = cli_has(cli, FLAG_CONTINUE),
    };

    if (check(cli))
        return 1;
    if (cli_has(cli, FLAG_PRINT))
        return print(cli, &session);
    if (!tty_is(STDIN_FILENO) || !tty_is(STDOUT_FILENO))
        return complain_usage("a conversation needs a terminal; -p gives one answer without");
    session.can_ask = true;
    return run_talk(cli->config, &session, cli->n ? cli->arguments[0] : "");
}
