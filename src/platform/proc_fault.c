/*
 * proc_fault.c - where setting up a child stopped, in words: what is missing and what to do. What
 * is missing for good is remembered, so that the next command is refused at once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "platform/proc_launch.h"

#define CHOOSE ", or choose --sandbox danger-full-access (commands run without one)"

static const struct {
    rein_status status;
    const char *what; /* with the detail and strerror behind it */
    const char *todo;
} steps[STEPS] = {
    [STEP_READY] = {REIN_OK, "", ""},
    [STEP_PLAN] = {REIN_FAILED, "the launcher could not read its plan", ""},
    [STEP_PARENT] = {REIN_FAILED, "the launcher could not bind itself to this process", ""},
    [STEP_PLACEHOLDER] = {REIN_IO, "no placeholder for a missing protected name", ""},
    [STEP_CGROUP] = {REIN_IO, "no cgroup", ""},
    [STEP_NAMESPACE] =
        {REIN_UNSUPPORTED, "no sandbox: namespaces are refused",
         "; allow user namespaces (sysctl, AppArmor, the container's seccomp)" CHOOSE},
    [STEP_IDENTITY] = {REIN_UNSUPPORTED, "no sandbox: user ids can't be mapped",
                       "; allow user namespaces" CHOOSE},
    [STEP_NETWORK] = {REIN_UNSUPPORTED, "no sandbox: no loopback", "; see rein doctor" CHOOSE},
    [STEP_MOUNT] = {REIN_UNSUPPORTED, "no sandbox: its view of the files can't be made",
                    "; see rein doctor" CHOOSE},
    [STEP_PROC] = {REIN_UNSUPPORTED, "no sandbox: no /proc of its own",
                   "; run where the container does not cover parts of /proc" CHOOSE},
    [STEP_LIMIT] = {REIN_UNSUPPORTED, "no sandbox: a limit can't be set", CHOOSE},
    [STEP_LANDLOCK] = {REIN_UNSUPPORTED, "no sandbox: no Landlock",
                       "; boot a kernel from 5.13 on with landlock in lsm=" CHOOSE},
    [STEP_PRIVILEGE] = {REIN_UNSUPPORTED, "no sandbox: privileges can't be dropped", CHOOSE},
    [STEP_SECCOMP] = {REIN_UNSUPPORTED, "no sandbox: no seccomp filter", CHOOSE},
    [STEP_COMMAND] = {REIN_FAILED, "the launcher could not take the command", ""},
    [STEP_FOLDER] = {REIN_NOT_FOUND, "the command's folder can't be entered", ""},
    [STEP_EXEC] = {REIN_NOT_FOUND, "can't run", ""},
};

/* Why there is no sandbox here, once it was found to be for good. */
static char refusal[sizeof((struct error *)0)->text];
static pthread_mutex_t refusal_lock = PTHREAD_MUTEX_INITIALIZER;

static void refusal_remember(const struct launch_fault *fault, const char *text)
{
    /* Others (no memory, too many namespaces now) may pass. */
    if (fault->number != EPERM && fault->number != ENOSYS && fault->number != EOPNOTSUPP)
        return;
    pthread_mutex_lock(&refusal_lock);
    if (!*refusal)
        snprintf(refusal, sizeof refusal, "%s", text);
    pthread_mutex_unlock(&refusal_lock);
}

const char *sandbox_refusal(void)
{
    pthread_mutex_lock(&refusal_lock);
    bool known = *refusal != 0;
    pthread_mutex_unlock(&refusal_lock);
    return known ? refusal : NULL; /* never changes again */
}

rein_status launch_fault_text(const struct launch_fault *fault, struct error *err)
{
    uint32_t step = fault->step < STEPS ? fault->step : STEP_PLAN;
    int detail = (int)strnlen(fault->detail, sizeof fault->detail);
    rein_status status = steps[step].status;
    struct error local;

    /* A workspace that was moved or removed is not the machine's fault. */
    if (step == STEP_MOUNT && (fault->number == ESTALE || fault->number == ENOENT))
        return fail(err, REIN_NOT_FOUND, "the folder '%.*s' was moved or replaced: %s", detail,
                    fault->detail, strerror(fault->number));
    if (status == REIN_NOT_FOUND && fault->number != ENOENT)
        status = fault->number == EACCES ? REIN_DENIED : REIN_IO;
    fail(&local, status, "%s: %.*s: %s%s", steps[step].what, detail > 60 ? 60 : detail,
         fault->detail, strerror(fault->number), steps[step].todo);
    if (status == REIN_UNSUPPORTED)
        refusal_remember(fault, local.text);
    if (err)
        *err = local;
    return status;
}
