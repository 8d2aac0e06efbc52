/* store.h - what the commands of `rein session` share: the store, open; the id that was given. */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "cli/cli.h"

/* Open the store for `run` and close it after; returns its code, or tells why not and returns 1. */
int store_run(struct cli *cli, int (*run)(struct cli *cli, rein *r));

/* The same for a command with one session as its argument. */
int store_run_session(struct cli *cli, int (*run)(struct cli *cli, rein *r));

#endif
