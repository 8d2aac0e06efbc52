/*
 * measure.c - one run of an agent against the scripted model, and its figures as lines of text. It
 * does not know which agent it runs, nor what a good figure is; bench/run does.
 *
 *     measure [-a AGENTS] [-m MILLISECONDS] [-f FIRST_BODY] [-c CERTIFICATE] [-o OUTPUT]
 *             [-t SECONDS] SCENARIO FOLDER COMMAND [ARGUMENT...]
 *     measure -s FOLDER
 *
 * Starts model_server (from its own folder) and then COMMAND in FOLDER, AGENTS times at once, with
 * ANTHROPIC_BASE_URL set to SCENARIO ("read/1000"). What they write goes to OUTPUT.0 and so on. With
 * -m, memory is read every so many milliseconds, which slows the run: times are of no use then. With
 * -c, tls_relay stands before the server, with CERTIFICATE.pem and CERTIFICATE.key. With -s, the disk
 * is measured instead: the median of 200 small appends, each made durable.
 *
 * Printed, each on a line: start_ms (from before the process is made until its first request has
 * arrived whole), turn N MILLISECONDS (end of response N to the whole of the next request), wall_ms,
 * requests, tool_errors, connections, body_bytes (of the last request), cpu_ms (of the processes
 * themselves), children_cpu_ms (of what they started and waited for), peak_pss_kb (of the agents) and
 * peak_tree_pss_kb (with everything they started), both as sums at one moment.
 *
 * CPU of an agent itself is read from its clock while it is a zombie: to 1 ns, where /proc has ticks
 * of 10 ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { AGENTS_MAX = 64, SYNCS = 200, DEADLINE_SECONDS = 300 };

struct agent {
    pid_t pid;
    int descriptor; /* its pidfd; -1 once it has ended */
    int64_t started;
};

struct options {
    int agents, sample_ms, seconds;
    const char *first_body, *certificate, *output, *scenario, *folder;
    char **command;
};

/* A program of ours beside the agents; it lives until its input ends. */
struct helper {
    pid_t pid;
    int input;
    FILE *output;
    int port; /* the first line that it prints */
};

/* Sums of PSS in KiB. */
struct memory {
    long agents, tree;
};

struct usage {
    double own_ms, children_ms;
    int failed;
};

static struct agent agents[AGENTS_MAX];

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static double ms(int64_t nanoseconds) { return (double)nanoseconds / 1e6; }

static void die(const char *what, int error)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(error));
    exit(1);
}

/* ---- starting -------------------------------------------------------------------------------- */

static void start_helper(const char *self, const char *const *argv, struct helper *helper)
{
    posix_spawn_file_actions_t actions;
    char path[4096];
    int in[2], out[2], error;
    const char *slash = strrchr(self, '/');

    snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash - self + 1) : 0, self, argv[0]);
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        die("pipe", errno);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    error = posix_spawn(&helper->pid, path, &actions, NULL, (char *const *)argv, environ);
    if (error)
        die(path, error);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    helper->input = in[1];
    helper->output = fdopen(out[0], "r");
    if (!helper->output || fscanf(helper->output, "%d", &helper->port) != 1) {
        fprintf(stderr, "measure: %s gave no port\n", argv[0]);
        exit(1);
    }
}

static void start_server(const char *self, const struct options *options, struct helper *server)
{
    const char *argv[] = {"model_server", options->folder, options->first_body, NULL};

    start_helper(self, argv, server);
}

static void start_relay(const char *self, const char *certificate, int port, struct helper *relay)
{
    char files[2][4096], digits[16];
    const char *argv[] = {"tls_relay", files[0], files[1], digits, NULL};

    snprintf(files[0], sizeof(files[0]), "%s.pem", certificate);
    snprintf(files[1], sizeof(files[1]), "%s.key", certificate);
    snprintf(digits, sizeof(digits), "%d", port);
    start_helper(self, argv, relay);
}

static void stop_helper(struct helper *helper)
{
    if (helper->input >= 0)
        close(helper->input);
    if (helper->output)
        fclose(helper->output);
    waitpid(helper->pid, NULL, 0);
}

static void start_agent(const struct options *options, int i)
{
    posix_spawn_file_actions_t actions;
    char output[4096];
    int error;

    snprintf(output, sizeof(output), "%s.%d", options->output, i);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addchdir_np(&actions, options->folder);
    agents[i].started = now();
    error =
        posix_spawn(&agents[i].pid, options->command[0], &actions, NULL, options->command, environ);
    if (error)
        die(options->command[0], error);
    posix_spawn_file_actions_destroy(&actions);
    agents[i].descriptor = (int)syscall(SYS_pidfd_open, agents[i].pid, 0);
    if (agents[i].descriptor < 0)
        die("pidfd_open", errno);
}

/* All at once; the address differs by the agent's number alone. */
static void start_agents(const struct options *options, int port)
{
    char url[256];

    for (int i = 0; i < options->agents; i++) {
        snprintf(url, sizeof(url), "%s://127.0.0.1:%d/%s/%d",
                 options->certificate ? "https" : "http", port, options->scenario, i);
        if (setenv("ANTHROPIC_BASE_URL", url, 1) < 0)
            die("setenv", errno);
        start_agent(options, i);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* 0 for a process that is gone, or whose memory another user's namespace hides. */
static long pss_of(pid_t pid)
{
    char path[64], text[2048];
    long pss = 0;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *line = strstr(text, "\nPss:");
    if (line)
        pss = atol(line + 5);
    return pss;
}

/* A process and all below it. Its children are listed by the thread that made them; those of the
 * first thread are asked for, which makes all of rein's. */
static long tree_pss_of(pid_t pid)
{
    char path[64];
    long sum = pss_of(pid);
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return sum;
    while (fscanf(file, "%d", &child) == 1)
        sum += tree_pss_of(child);
    fclose(file);
    return sum;
}

static void take_memory(const struct options *options, struct memory *peak)
{
    struct memory sum = {0};

    for (int i = 0; i < options->agents; i++) {
        if (agents[i].descriptor < 0)
            continue;
        sum.agents += pss_of(agents[i].pid);
        sum.tree += tree_pss_of(agents[i].pid);
    }
    if (sum.agents > peak->agents)
        peak->agents = sum.agents;
    if (sum.tree > peak->tree)
        peak->tree = sum.tree;
}

/* ---- ending ---------------------------------------------------------------------------------- */

static double rusage_ms(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static void reap(struct agent *agent, struct usage *usage)
{
    struct timespec own = {0};
    struct rusage all;
    clockid_t clock;
    int status;

    if (clock_getcpuclockid(agent->pid, &clock) == 0)
        clock_gettime(clock, &own);
    close(agent->descriptor);
    agent->descriptor = -1;
    if (wait4(agent->pid, &status, 0, &all) < 0)
        die("wait4", errno);
    double own_ms = (double)own.tv_sec * 1e3 + (double)own.tv_nsec / 1e6;
    usage->own_ms += own_ms;
    usage->children_ms += rusage_ms(&all) > own_ms ? rusage_ms(&all) - own_ms : 0;
    usage->failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void stop_agents(const struct options *options)
{
    fprintf(stderr, "measure: %s took over %d s and was ended\n", options->command[0],
            options->seconds);
    for (int i = 0; i < options->agents; i++)
        if (agents[i].descriptor >= 0)
            kill(agents[i].pid, SIGKILL);
}

/* Until all have ended; when the last has is the wall clock's end. */
static int64_t wait_for_agents(const struct options *options, struct memory *peak,
                               struct usage *usage)
{
    struct pollfd polled[AGENTS_MAX];
    int running = options->agents;
    int64_t deadline = now() + options->seconds * INT64_C(1000000000);
    int64_t ended = 0;

    while (running) {
        for (int i = 0; i < options->agents; i++)
            polled[i] = (struct pollfd){.fd = agents[i].descriptor, .events = POLLIN};
        int n =
            poll(polled, (nfds_t)options->agents, options->sample_ms ? options->sample_ms : 1000);

        ended = now();
        if (options->sample_ms)
            take_memory(options, peak);
        for (int i = 0; n > 0 && i < options->agents; i++) {
            if (!polled[i].revents)
                continue;
            reap(&agents[i], usage);
            running--;
        }
        if (running && ended > deadline) {
            stop_agents(options);
            deadline = INT64_MAX;
        }
    }
    return ended;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* What the server has seen. Its last lines come when its input ends. */
static void print_requests(const struct options *options, struct helper *server)
{
    char line[256];
    long agent, turn, errors, requests = 0, all_errors = 0;
    long long arrived, sent, body = 0, size;

    close(server->input);
    server->input = -1;
    while (fgets(line, sizeof(line), server->output)) {
        if (strncmp(line, "connections ", 12) == 0)
            fputs(line, stdout);
        if (sscanf(line, "request %ld %ld %lld %lld %lld %ld", &agent, &turn, &arrived, &sent,
                   &size, &errors) != 6)
            continue;
        requests++;
        all_errors += errors;
        body = size > body ? size : body;
        if (sent == 0)
            printf("start_ms %.4f\n", ms(arrived - agents[agent].started));
        else if (options->agents == 1)
            printf("turn %ld %.4f\n", turn, ms(arrived - sent));
    }
    stop_helper(server);
    printf("requests %ld\ntool_errors %ld\nbody_bytes %lld\n", requests, all_errors, body);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int measure_disk(const char *folder)
{
    char path[4096], block[4096] = {1};
    double took[SYNCS];

    snprintf(path, sizeof(path), "%s/sync", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path, errno);
    for (int i = 0; i < SYNCS; i++) {
        int64_t started = now();

        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) || fdatasync(fd) < 0)
            die(path, errno);
        took[i] = ms(now() - started);
    }
    close(fd);
    unlink(path);
    qsort(took, SYNCS, sizeof(took[0]), compare);
    printf("sync_ms %.4f\n", took[SYNCS / 2]);
    return 0;
}

static int usage_error(void)
{
    fprintf(stderr, "usage: measure [-a AGENTS] [-m MILLISECONDS] [-f FIRST_BODY] [-c CERTIFICATE] "
                    "[-o OUTPUT] [-t SECONDS] SCENARIO FOLDER COMMAND [ARGUMENT...]\n"
                    "       measure -s FOLDER\n");
    return 2;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    int c;

    *options = (struct options){.agents = 1, .seconds = DEADLINE_SECONDS, .output = "measured"};
    while ((c = getopt(argc, argv, "+a:m:f:c:o:t:")) != -1) {
        switch (c) {
        case 'a': options->agents = atoi(optarg); break;
        case 'm': options->sample_ms = atoi(optarg); break;
        case 'f': options->first_body = optarg; break;
        case 'c': options->certificate = optarg; break;
        case 'o': options->output = optarg; break;
        case 't': options->seconds = atoi(optarg); break;
        default: return false;
        }
    }
    if (argc - optind < 3 || options->agents < 1 || options->agents > AGENTS_MAX)
        return false;
    options->scenario = argv[optind];
    options->folder = argv[optind + 1];
    options->command = argv + optind + 2;
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    struct helper server, relay = {0};
    struct memory peak = {0};
    struct usage usage = {0};

    if (argc == 3 && strcmp(argv[1], "-s") == 0)
        return measure_disk(argv[2]);
    if (!read_options(argc, argv, &options))
        return usage_error();
    start_server(argv[0], &options, &server);
    if (options.certificate)
        start_relay(argv[0], options.certificate, server.port, &relay);
    int64_t started = now();
    start_agents(&options, options.certificate ? relay.port : server.port);
    int64_t ended = wait_for_agents(&options, &peak, &usage);
    if (options.certificate)
        stop_helper(&relay);
    print_requests(&options, &server);
    printf("wall_ms %.4f\ncpu_ms %.4f\nchildren_cpu_ms %.4f\n", ms(ended - started), usage.own_ms,
           usage.children_ms);
    if (options.sample_ms)
        printf("peak_pss_kb %ld\npeak_tree_pss_kb %ld\n", peak.agents, peak.tree);
    printf("failed %d\n", usage.failed);
    return usage.failed ? 1 : 0;
}
