/*
 * proc_probe.c - what this machine's kernel gives, found by making a sandbox and seeing where it
 * stops. Never by a version number: distributions and containers take features away.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/proc_launch.h"

enum { PROBE_MS = 5000 };

static struct sandbox_features features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Set up a read-only sandbox and wait until it says that it is ready, or where it stopped. */
static enum launch_step try_sandbox(struct launch_fault *fault, struct error *err)
{
    struct sandbox_spec spec = {.level = SANDBOX_READ_ONLY, .workspace = "/usr"};
    struct launched launched;
    struct pollfd told = {.events = POLLIN};
    enum launch_step step = STEP_PLAN;

    *fault = (struct launch_fault){.step = STEP_PLAN, .number = ETIMEDOUT};
    if (launch_start(&spec, NULL, PROBE_MS, &launched, err) != REIN_OK)
        return STEP_PLAN;
    told.fd = launched.setup;
    if (poll(&told, 1, PROBE_MS) == 1 &&
        recv(launched.setup, fault, sizeof *fault, 0) == (ssize_t)sizeof *fault)
        step = (enum launch_step)fault->step;
    fault->detail[sizeof fault->detail - 1] = 0;
    if (step != STEP_READY)
        launch_fault_text(fault, err);
    launch_abandon(&launched, PROBE_MS);
    return step;
}

static bool has_bwrap(void)
{
    return access("/usr/bin/bwrap", X_OK) == 0 || access("/usr/local/bin/bwrap", X_OK) == 0;
}

static void probe(void)
{
    struct launch_fault fault;
    struct error err = {0};
    struct sandbox_features *f = &features;
    enum launch_step step = try_sandbox(&fault, &err);
    bool past = step == STEP_READY || step > STEP_NAMESPACE;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    const char *missing = step == STEP_NAMESPACE ? fault.detail : "";

    f->landlock_abi = abi > 0 ? (int)abi : 0;
    f->seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
    f->pidfd = pidfd >= 0;
    if (pidfd >= 0)
        close(pidfd);
    f->user_namespace = past || (step == STEP_NAMESPACE && strcmp(missing, "user") != 0);
    f->mount_namespace = past || (f->user_namespace && strcmp(missing, "mount") != 0);
    f->pid_namespace = past || (f->user_namespace && strcmp(missing, "pid") != 0);
    f->net_namespace = past || (f->user_namespace && strcmp(missing, "net") != 0);
    f->tier = step == STEP_READY ? 1 : f->landlock_abi && f->seccomp ? 2 : has_bwrap() ? 3 : 4;
    if (step != STEP_READY)
        snprintf(f->detail, sizeof f->detail, "%s", err.text);
}

const struct sandbox_features *sandbox_probe(void)
{
    pthread_once(&once, probe);
    return &features;
}
