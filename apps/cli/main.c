/*
 * main.c - the program `rein`: read the command line, run the command, return its code. All that it
 * can do, an embedder of rein.h can do too.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/cli.h"

/* Keys live in this process: no core dump holds them, and no process of the same user may look into
 * its memory. The leak checker of a sanitized build would have to look, so there it may. */
static void harden(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* A turn takes and gives back some hundred kilobytes: without this the heap's end would move, and its
 * pages be made anew, several times a turn. Few threads allocate at once: one arena is less memory. */
static void tune_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20); /* naming the next would keep it from growing by itself */
    mallopt(M_TRIM_THRESHOLD, 384 << 10);
    mallopt(M_TOP_PAD, 64 << 10);
    mallopt(M_ARENA_MAX, 1);
}

static int run(struct cli *cli)
{
    if (cli_has(cli, FLAG_VERSION)) {
        printf("rein %s\n", rein_version());
        return 0;
    }
    if (cli_has(cli, FLAG_HELP)) {
        help_print(cli->command->name[0] ? cli->command->name : cli->n ? cli->arguments[0] : "");
        return 0;
    }
    return cli->command->run(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    rein_error err;
    int code;

    harden();
    tune_memory();
    signal(SIGPIPE, SIG_IGN); /* a reader that is gone is an error of writing, told once */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file-size limit: the store says it as a full disk */
    if (cli_parse(&cli, argc, argv, &err) != REIN_OK)
        code = complain_usage("%s", err.text);
    else
        code = run(&cli);
    if (fflush(stdout) != 0 && code == 0) {
        code = 1;
        if (errno != EPIPE) /* a reader who had enough is no fault */
            complain("cannot write to standard output: %s", strerror(errno));
    }
    cli_fini(&cli);
    return code;
}
