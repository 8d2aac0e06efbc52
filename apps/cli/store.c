/* store.c - opens the store for a command. */
#include "cli/store.h"

#include "cli/host.h"

int store_run(struct cli *cli, int (*run)(struct cli *cli, rein *r))
{
    rein *r;
    rein_error err = {0};
    int code;

    if (rein_open(cli->config, &r, &err) != REIN_OK)
        return host_fail(&err);
    code = run(cli, r);
    rein_close(r);
    return host_output_failed() ? 1 : code;
}

int store_run_session(struct cli *cli, int (*run)(struct cli *cli, rein *r))
{
    if (cli->n != 1)
        return complain_usage("'rein %s' needs one session's ID; 'rein session list' shows them",
                              cli->command->name);
    return store_run(cli, run);
}
