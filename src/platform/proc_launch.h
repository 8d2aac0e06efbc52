/*
 * proc_launch.h - one start of the launcher, for proc.c and the probe: plan in, command in, faults
 * and report out. The only place that knows both the sandbox's words and the plan's bytes.
 */
#ifndef PLATFORM_PROC_LAUNCH_H
#define PLATFORM_PROC_LAUNCH_H

#include "base/buf.h"
#include "base/error.h"
#include "platform/proc.h"
#include "platform/protect.h"

struct launched {
    int pid, pidfd;     /* pidfd -1 where the kernel has none */
    int control, setup; /* sockets to the launcher */
};

/* The plan's bytes for `spec`, appended to `out`. `protect` is its scan, or NULL. REIN_INVALID when
 * the workspace can't be one. */
rein_status sandbox_plan(const struct sandbox_spec *spec, const struct protect *protect,
                         uint32_t wait_ms, struct buf *out, struct error *err);

/* Start it. Blocking for the time of a vfork (0.3 ms). */
rein_status launch_start(const struct sandbox_spec *spec, const struct protect *protect,
                         uint32_t wait_ms, struct launched *out, struct error *err);

/* Give it its command; the descriptors (stdin, stdout, stderr) are borrowed. */
rein_status launch_command(const struct launched *l, const struct proc_spec *spec, const int fds[3],
                           struct error *err);

/* Ask it to end all. */
void launch_kill(const struct launched *l);

/* Collect the ended process; false while it runs. */
bool launch_reap(struct launched *l);

/* End all and forget: collected here within `wait_ms`, or by a later call of any of these. */
void launch_abandon(struct launched *l, int wait_ms);

/* Collect all that was abandoned, waiting up to `wait_ms`. */
void launch_settle(int wait_ms);

/* What a fault means and what to do, as an error. */
rein_status launch_fault_text(const struct launch_fault *fault, struct error *err);

/* Why the sandbox can't be had on this machine, once it is known; NULL else. */
const char *sandbox_refusal(void);

#endif
