/* cmd_session_verify.c - `rein session verify ID`: numbers, leaves, chain and blobs. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/host.h"
#include "cli/store.h"

static int run(struct cli *cli, rein *r)
{
    rein_error err = {0};
    uint64_t events = 0;

    if (rein_session_verify(r, cli->arguments[0], &events, &err) != REIN_OK)
        return host_fail(&err);
    printf("%" PRIu64 " events hold: numbers, hashes, chain and blobs\n", events);
    return 0;
}

int cmd_session_verify(struct cli *cli) { return store_run_session(cli, run); }
