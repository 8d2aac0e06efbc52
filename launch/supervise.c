/*
 * supervise.c - waiting: the launcher's loop in the host's view, and pid 1's inside the sandbox.
 *
 * The end of the command is the end of everything that it started. With a PID namespace the kernel
 * sees to that when init ends; without one the launcher, to whom all orphans come, stops and kills
 * until nothing is left.
 */
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- init: pid 1 of the sandbox -------------------------------------------------------------- */

enum { WATCH_MS = 200, WAITING_MS = 1000 };

static void usage_report(struct launch_report *report)
{
    struct rusage usage;

    getrusage(RUSAGE_CHILDREN, &usage);
    report->cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    report->max_rss = usage.ru_maxrss * 1024LL;
}

/* All but us are killed and collected, so that the report says the truth; then we say it ourselves,
 * since taking the namespaces apart takes the kernel longer than the rest. kill(-1) misses nobody:
 * who is in the middle of a fork when it comes dies before the fork is done. */
static _Noreturn void init_end(struct launch *l, int status, uint32_t ended)
{
    struct launch_report report = {.magic = PLAN_MAGIC, .status = status, .ended = ended};

    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    usage_report(&report);
    l->shared->reported = send(LAUNCH_CONTROL, &report, sizeof report, MSG_NOSIGNAL) > 0;
    _exit(0);
}

/* Where no cgroup limits, this does: memory that belongs to no file, and the number of processes,
 * five times a second. */
static void init_watch(struct launch *l)
{
    uint64_t pages = 0, processes = 0;
    DIR *proc = opendir("/proc");
    char text[256];
    pid_t pid;

    if (!proc)
        return;
    while ((pid = proc_next(proc))) {
        char *at = text;
        uint64_t resident, shared;

        processes++;
        if (proc_read(pid, "/statm", text, sizeof text) == 0)
            continue;
        strtoull(at, &at, 10); /* size */
        resident = strtoull(at, &at, 10);
        shared = strtoull(at, &at, 10);
        pages += resident > shared ? resident - shared : 0;
    }
    closedir(proc);
    if (pages * (uint64_t)sysconf(_SC_PAGESIZE) > l->plan->max_memory)
        init_end(l, SIGKILL, ENDED_BY_MEMORY);
    if (processes > l->plan->max_processes + 1)
        init_end(l, SIGKILL, ENDED_BY_PROCESSES);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* A sandbox that waits for its command costs next to nothing. */
static bool is_waiting(pid_t command)
{
    char name[32];

    return proc_read(command, "/comm", name, sizeof name) > 0 && strcmp(name, "rein-launch\n") == 0;
}

_Noreturn void init_run(struct launch *l, pid_t command)
{
    int64_t due = now_ms() + WATCH_MS;
    sigset_t wanted;

    sigemptyset(&wanted);
    for (int i = 1; i < 32; i++) {
        if (i != SIGKILL && i != SIGSTOP && i != SIGPIPE)
            sigaddset(&wanted, i);
    }
    for (;;) {
        int64_t left = due - now_ms();
        struct timespec wait = {left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1000000 : 0};
        int number = sigtimedwait(&wanted, NULL, &wait), status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid == command)
                init_end(l, status, 0);
        }
        if (number > 0 && number != SIGCHLD && kill(-command, number) != 0)
            kill(command, number);
        /* By the clock and not by silence: signals without end must not keep the watch away. */
        if (now_ms() >= due) {
            bool waiting = is_waiting(command);

            if (!waiting)
                init_watch(l);
            due = now_ms() + (waiting ? WAITING_MS : WATCH_MS);
        }
    }
}

/* ---- the launcher's loop ------------------------------------------------------------------- */

/* A request of the harness; false when all shall end: it says so, or it is gone. */
static bool request(pid_t child, bool has_init)
{
    struct launch_request r;
    ssize_t n = recv(LAUNCH_CONTROL, &r, sizeof r, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n != (ssize_t)sizeof r || r.verb != LAUNCH_SIGNAL)
        return false;
    if (r.number > 0 && r.number < 32 && (has_init || kill(-child, (int)r.number) != 0))
        kill(child, (int)r.number);
    return true;
}

/* Signals of ours: false when all shall end. */
static bool signal_take(int signals, const struct plan *plan)
{
    struct signalfd_siginfo info;
    bool go_on = true;

    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            go_on = go_on && (uint32_t)getppid() == plan->parent;
        else if (info.ssi_signo != SIGCHLD)
            go_on = false;
    }
    return go_on;
}

void supervise(struct launch *l, pid_t child)
{
    bool has_init = l->plan->level != SANDBOX_FULL_ACCESS, killed = false, lives = true;
    struct pollfd polls[2] = {{.fd = LAUNCH_CONTROL, .events = POLLIN}, {.events = POLLIN}};
    struct launch_report report = {.magic = PLAN_MAGIC, .status = SIGKILL};
    sigset_t wanted;

    sigemptyset(&wanted);
    for (int i = 0; i < 5; i++)
        sigaddset(&wanted, (const int[]){SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT}[i]);
    polls[1].fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    while (lives && (has_init || !killed)) {
        /* Once all is to end only the children's signals matter: the control descriptor would
         * report its end for ever. */
        bool go_on = poll(killed ? polls + 1 : polls, killed ? 1 : 2, -1) >= 0 || errno == EINTR;

        if (!killed && polls[0].revents)
            go_on = request(child, has_init) && go_on;
        go_on = signal_take(polls[1].fd, l->plan) && go_on;
        lives = reap(child, &report);
        if (!go_on && !killed && lives) {
            kill(child, SIGKILL);
            killed = true;
        }
    }
    if (!has_init)
        sweep(child, &report);
    usage_report(&report);
    if (has_init && !l->shared->reported)
        report.status = SIGKILL; /* init was killed, and all below it */
    if (!l->shared->reported)
        (void)send(LAUNCH_CONTROL, &report, sizeof report, MSG_NOSIGNAL);
    close(polls[1].fd);
}
