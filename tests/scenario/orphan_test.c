/*
 * orphan_test.c - nothing outlives rein: not a child of a command, not one that left its session and
 * ignores every polite signal, with the sandbox and without.
 */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/clock.h"
#include "support/world.h"

/* How many processes have the mark among their arguments. */
static size_t count(const char *mark)
{
    DIR *proc = opendir("/proc");
    size_t n = 0;

    for (struct dirent *entry; (entry = readdir(proc));) {
        char path[300], line[4096];
        ssize_t size;
        int fd;

        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || (fd = open(path, O_RDONLY)) < 0)
            continue;
        size = read(fd, line, sizeof line - 1);
        close(fd);
        if (size > 0 && memmem(line, (size_t)size, mark, strlen(mark)))
            n++;
    }
    closedir(proc);
    return n;
}

static void wait_for(const char *mark, bool present, int64_t ms, const char *what)
{
    int64_t until = clock_monotonic() + ms * 1000000;

    while ((count(mark) > 0) != present) {
        if (clock_monotonic() > until)
            test_fail("%s: %zu processes", what, count(mark));
        poll(NULL, 0, 5);
    }
}

static void kill_while_a_command_runs(const char *mode, int seconds)
{
    struct world w;
    char mark[32], scenario[1024];

    /* The number is a sleep that nobody else sleeps. */
    snprintf(mark, sizeof mark, "%d.%d", seconds, (int)getpid());
    snprintf(scenario, sizeof scenario,
             "model tool_use Bash {\"command\":\"trap '' TERM HUP INT; "
             "(setsid sh -c 'trap \\\"\\\" TERM; sleep %s; true' &) ; "
             "(setsid setsid sleep %s &) ; sleep %s & sleep %s; true\"}\n"
             "model text \"never\"\n",
             mark, mark, mark, mark);
    world_begin(&w, scenario);
    world_start(&w, (const char *[]){"-p", "x", "--permission-mode", mode, NULL});
    wait_for(mark, true, 20000, "the command did not start");
    for (int i = 0; count(mark) < 4; i++) {
        if (i > 4000)
            test_fail("only %zu of the command's processes came", count(mark));
        poll(NULL, 0, 5);
    }
    kill(w.pid, SIGKILL);
    world_finish(&w);
    wait_for(mark, false, 1000, "outlived rein by a second");
    world_end(&w);
}

static void N19_no_orphan_with_the_sandbox(void **state)
{
    (void)state;
    kill_while_a_command_runs("workspace-write", 31337);
}

static void N19_no_orphan_without_the_sandbox(void **state)
{
    (void)state;
    kill_while_a_command_runs("danger-full-access", 31338);
}

const struct CMUnitTest orphan_tests[] = {
    cmocka_unit_test(N19_no_orphan_with_the_sandbox),
    cmocka_unit_test(N19_no_orphan_without_the_sandbox),
};
const size_t orphan_tests_n = sizeof orphan_tests / sizeof *orphan_tests;
