/*
 * sweep.c - what is left of a command where no PID namespace ends it: all that descend from us.
 *
 * Orphans come to us, the subreaper, so whoever is in the tree stays in it, whatever sessions and
 * groups it makes. They are stopped first, since what stands still starts nothing new, then killed.
 */
#include "launch.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

size_t proc_read(pid_t pid, const char *file, char *text, size_t room)
{
    char path[64] = "/proc/", digits[16], *end = digits + sizeof digits - 1;
    unsigned n = (unsigned)pid;
    ssize_t got;
    int fd;

    *end = 0;
    do {
        *--end = (char)('0' + n % 10);
    } while (n /= 10);
    strcat(path, end);
    strcat(path, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    got = read(fd, text, room - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

pid_t proc_next(void *proc)
{
    struct dirent *entry;

    while ((entry = readdir(proc))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            return (pid_t)atol(entry->d_name);
    }
    return 0;
}

struct family {
    pid_t *pids, *parents;
    bool *ours;
    size_t n, room;
};

static void family_add(struct family *f, pid_t pid, pid_t parent)
{
    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 256;
        pid_t *pids = realloc(f->pids, room * sizeof *pids);
        pid_t *parents = pids ? realloc(f->parents, room * sizeof *parents) : NULL;
        bool *ours = parents ? realloc(f->ours, room * sizeof *ours) : NULL;

        f->pids = pids ? pids : f->pids;
        f->parents = parents ? parents : f->parents;
        if (!ours)
            return; /* the next round has fewer */
        f->ours = ours;
        f->room = room;
    }
    f->pids[f->n] = pid;
    f->parents[f->n] = parent;
    f->ours[f->n++] = false;
}

/* Every process of the machine and its parent; a dead one that waits to be reaped is left out. */
static void family_read(struct family *f)
{
    DIR *proc = opendir("/proc");
    char text[512];
    pid_t pid;

    f->n = 0;
    if (!proc)
        return;
    while ((pid = proc_next(proc))) {
        char *at;

        /* "pid (name) state parent": the name may hold anything, also parentheses. */
        if (proc_read(pid, "/stat", text, sizeof text) == 0 || !(at = strrchr(text, ')')))
            continue;
        if (strlen(at) > 4 && at[2] != 'Z' && at[2] != 'X')
            family_add(f, pid, (pid_t)atol(at + 4));
    }
    closedir(proc);
}

/* Send `number` to all that descend from us; how many there are. */
static size_t family_signal(struct family *f, int number)
{
    pid_t self = getpid();
    size_t count = 0;
    bool grown = true;

    family_read(f);
    while (grown) {
        grown = false;
        for (size_t i = 0; i < f->n; i++) {
            bool is_child = f->parents[i] == self;

            for (size_t k = 0; !f->ours[i] && !is_child && k < f->n; k++)
                is_child = f->ours[k] && f->pids[k] == f->parents[i];
            if (!f->ours[i] && is_child && f->pids[i] != self) {
                f->ours[i] = grown = true;
                kill(f->pids[i], number);
                count++;
            }
        }
    }
    return count;
}

bool reap(pid_t child, struct launch_report *report)
{
    int status;
    pid_t pid;
    bool lives = true;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == child) {
            report->status = status;
            lives = false;
        }
    }
    return lives;
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void sweep(pid_t child, struct launch_report *report)
{
    static const struct timespec moment = {0, 1000000};
    struct family family = {0};

    for (int round = 0; round < 5000 && has_children(); round++) {
        size_t before = 0, now = family_signal(&family, SIGSTOP);

        for (int i = 0; now != before && i < 20; i++) {
            before = now;
            now = family_signal(&family, SIGSTOP);
        }
        report->survivors = (uint32_t)family_signal(&family, SIGKILL);
        nanosleep(&moment, NULL);
        reap(child, report);
    }
    if (!has_children())
        report->survivors = 0;
    if (report->survivors)
        report->ended |= ENDED_SURVIVORS;
    free(family.pids);
    free(family.parents);
    free(family.ours);
}
