/* cmd_session_export.c - `rein session export ID`: one portable file on standard output. */
#include "cli/host.h"
#include "cli/store.h"

static int run(struct cli *cli, rein *r)
{
    rein_error err = {0};

    if (rein_session_export(r, cli->arguments[0], host_write, NULL, &err) != REIN_OK)
        return host_fail(&err);
    return 0;
}

int cmd_session_export(struct cli *cli) { return store_run_session(cli, run); }
