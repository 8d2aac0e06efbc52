/*
 * proc.c - a child from its start to its end, on the loop: output as it comes, the launcher's
 * report, and exactly one `exited`.
 *
 * What is watched: the two outputs, the setup socket (a fault, or its end: "it runs"), the control
 * socket (the report, or its end). The report comes when all processes of the tree are gone; what
 * the pipes still hold is read then, and a pipe that somebody outside of the tree keeps open is not
 * waited for.
 */
#include "platform/proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "platform/proc_launch.h"

enum {
    READ_SIZE = 64 * 1024,
    READS_A_ROUND = 8,
    READS_AT_END = 64,
    PREPARED_MS = 60000,
    COMMAND_WAIT_MS = 60000,
    END_MS = 2000
};

struct proc {
    struct loop *loop;
    struct proc_events events;
    void *data;
    struct launched launched;
    int outputs[2]; /* read ends, -1: ended */
    struct watch control, setup, output[2];
    struct proc_result result;
    bool has_report;
    unsigned inside; /* depth of our calls to `events` */
    bool dropped;
};

static void proc_free(struct proc *p)
{
    watch_stop(&p->control);
    watch_stop(&p->setup);
    for (int i = 0; i < 2; i++) {
        watch_stop(&p->output[i]);
        if (p->outputs[i] >= 0)
            close(p->outputs[i]);
    }
    launch_abandon(&p->launched, p->dropped ? END_MS : 0);
    free(p);
}

/* ---- output -------------------------------------------------------------------------------- */

/* One read, passed on. False when there is no more now, or for good. */
static bool output_read(struct proc *p, int i)
{
    static char bytes[READ_SIZE]; /* the loop's thread alone is here, and callbacks don't nest */
    ssize_t n;

    if (p->outputs[i] < 0)
        return false;
    n = read(p->outputs[i], bytes, sizeof bytes);
    if (n < 0)
        return errno == EINTR;
    if (n == 0) {
        watch_stop(&p->output[i]);
        close(p->outputs[i]);
        p->outputs[i] = -1;
        return false;
    }
    if (p->events.output && !p->dropped) {
        p->inside++;
        p->events.output(p->data, i + 1, str_make(bytes, (size_t)n));
        p->inside--;
    }
    return !p->dropped;
}

/* A bounded number of reads, so that a flood does not starve the others; the watch calls again. */
static bool output_drain(struct proc *p, int i, int reads)
{
    while (reads-- > 0 && output_read(p, i))
        ;
    if (!p->dropped)
        return true;
    proc_free(p);
    return false;
}

static void on_stdout(struct watch *w, int ready)
{
    (void)ready;
    output_drain(list_of(w, struct proc, output[0]), 0, READS_A_ROUND);
}

static void on_stderr(struct watch *w, int ready)
{
    (void)ready;
    output_drain(list_of(w, struct proc, output[1]), 1, READS_A_ROUND);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void setup_read(struct proc *p)
{
    struct launch_fault fault;
    ssize_t n;

    while ((n = recv(p->launched.setup, &fault, sizeof fault, MSG_DONTWAIT)) > 0) {
        fault.detail[sizeof fault.detail - 1] = 0;
        if (n == (ssize_t)sizeof fault && fault.step != STEP_READY && !p->result.failed) {
            p->result.failed = true;
            launch_fault_text(&fault, &p->result.error);
        }
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        watch_stop(&p->setup);
}

static void finish(struct proc *p)
{
    struct proc_result result = p->result;
    struct proc_events events = p->events;
    void *data = p->data;

    if (result.failed)
        result.code = -1, result.signal = 0;
    else if (!p->has_report)
        result.code = -1, result.signal = SIGKILL; /* the launcher itself was killed */
    proc_free(p);
    if (events.exited)
        events.exited(data, &result);
}

/* Nothing of the tree is left but perhaps the launcher, which cleans up and is collected later. */
static void end(struct proc *p)
{
    watch_stop(&p->control);
    setup_read(p);
    for (int i = 0; i < 2; i++) {
        if (!output_drain(p, i, READS_AT_END))
            return;
    }
    finish(p);
}

static void report_take(struct proc *p, const struct launch_report *r)
{
    struct proc_result *result = &p->result;

    p->has_report = true;
    result->code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1;
    result->signal = WIFSIGNALED(r->status) ? WTERMSIG(r->status) : 0;
    result->cpu_us = r->cpu_us;
    result->max_rss = r->max_rss;
    if (r->ended & ENDED_BY_MEMORY)
        fail(&result->error, REIN_LIMIT, "ended: it used more memory than the sandbox allows");
    else if (r->ended & ENDED_BY_PROCESSES)
        fail(&result->error, REIN_LIMIT, "ended: it had more processes than the sandbox allows");
    else if (r->ended & ENDED_SURVIVORS)
        fail(&result->error, REIN_FAILED,
             "%u of its processes could not be ended (another "
             "user's, or stuck in the kernel)",
             r->survivors);
}

static void on_control(struct watch *w, int ready)
{
    struct proc *p = list_of(w, struct proc, control);
    struct launch_report report;
    ssize_t n;

    (void)ready;
    while ((n = recv(p->launched.control, &report, sizeof report, MSG_DONTWAIT)) > 0) {
        if (n == (ssize_t)sizeof report && report.magic == PLAN_MAGIC)
            report_take(p, &report);
    }
    if (p->has_report || n == 0 || (errno != EAGAIN && errno != EINTR))
        end(p);
}

static void on_setup(struct watch *w, int ready)
{
    (void)ready;
    setup_read(list_of(w, struct proc, setup));
}

/* ---- the start ----------------------------------------------------------------------------- */

/* The descriptors that the command gets, and our ends of its pipes. */
struct pipes {
    int child[3], ours[2], null, write[2];
};

static void pipes_close(struct pipes *pipes)
{
    for (int i = 0; i < 2; i++) {
        if (pipes->write[i] >= 0)
            close(pipes->write[i]);
    }
    if (pipes->null >= 0)
        close(pipes->null);
}

static rein_status pipes_make(const struct proc_spec *spec, struct pipes *pipes, struct error *err)
{
    *pipes = (struct pipes){
        .child = {spec->stdin_fd, -1, -1}, .ours = {-1, -1}, .null = -1, .write = {-1, -1}};
    if (spec->stdin_fd < 0) {
        pipes->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (pipes->null < 0)
            return fail_errno(err, errno, "open /dev/null");
        pipes->child[0] = pipes->null;
    }
    for (int i = 0; i < (spec->merge_output ? 1 : 2); i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return fail_errno(err, errno, "make a pipe");
        pipes->ours[i] = ends[0];
        pipes->write[i] = ends[1];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    pipes->child[1] = pipes->write[0];
    pipes->child[2] = spec->merge_output ? pipes->write[0] : pipes->write[1];
    return REIN_OK;
}

static rein_status watch_all(struct proc *p, struct error *err)
{
    rein_status status =
        watch_start(p->loop, &p->control, p->launched.control, WATCH_READ, on_control, err);

    if (status == REIN_OK)
        status = watch_start(p->loop, &p->setup, p->launched.setup, WATCH_READ, on_setup, err);
    if (status == REIN_OK && p->outputs[0] >= 0)
        status = watch_start(p->loop, &p->output[0], p->outputs[0], WATCH_READ, on_stdout, err);
    if (status == REIN_OK && p->outputs[1] >= 0)
        status = watch_start(p->loop, &p->output[1], p->outputs[1], WATCH_READ, on_stderr, err);
    return status;
}

/* From a launcher that waits to a command that is watched. Takes `launched`. */
static rein_status begin(struct loop *loop, struct launched *launched, const struct proc_spec *spec,
                         const struct proc_events *events, void *data, struct proc **out,
                         struct error *err)
{
    struct proc *p = memory_new(sizeof *p);
    struct pipes pipes;
    rein_status status = pipes_make(spec, &pipes, err);

    *p = (struct proc){.loop = loop,
                       .events = *events,
                       .data = data,
                       .launched = *launched,
                       .outputs = {pipes.ours[0], pipes.ours[1]},
                       .result = {.code = -1}};
    if (status == REIN_OK)
        status = launch_command(launched, spec, pipes.child, err);
    pipes_close(&pipes);
    if (status == REIN_OK)
        status = watch_all(p, err);
    if (status != REIN_OK) {
        proc_free(p);
        return status;
    }
    *out = p;
    return REIN_OK;
}

static rein_status check(const struct proc_spec *spec, struct error *err)
{
    assert(spec->sandbox && spec->argv && spec->argv[0] && spec->folder);
    if (spec->sandbox->level != SANDBOX_FULL_ACCESS && sandbox_refusal())
        return fail(err, REIN_UNSUPPORTED, "%s", sandbox_refusal());
    return REIN_OK;
}

rein_status proc_start(struct loop *loop, const struct proc_spec *spec,
                       const struct proc_events *events, void *data, struct proc **out,
                       struct error *err)
{
    struct launched launched;
    struct protect *protect;
    rein_status status = check(spec, err);

    if (status != REIN_OK)
        return status;
    protect = spec->protect ? NULL : protect_scan(spec->sandbox, NULL);
    status = launch_start(spec->sandbox, spec->protect ? spec->protect : protect, COMMAND_WAIT_MS,
                          &launched, err);
    protect_free(protect);
    return status == REIN_OK ? begin(loop, &launched, spec, events, data, out, err) : status;
}

static void request(struct proc *p, enum launch_verb verb, int number)
{
    struct launch_request r = {.verb = verb, .number = (uint32_t)number};

    if (p->launched.control >= 0)
        (void)send(p->launched.control, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void proc_signal(struct proc *p, int number) { request(p, LAUNCH_SIGNAL, number); }
void proc_kill(struct proc *p) { request(p, LAUNCH_KILL, 0); }

void proc_drop(struct proc *p)
{
    if (!p)
        return;
    p->dropped = true;
    if (!p->inside)
        proc_free(p); /* else where the callback returns to */
}

/* ---- in advance ---------------------------------------------------------------------------- */

struct proc_prepared {
    struct loop *loop;
    struct launched launched;
};

rein_status proc_prepare(struct loop *loop, const struct proc_spec *spec,
                         struct proc_prepared **out, struct error *err)
{
    struct launched launched;
    struct protect *protect;
    rein_status status;

    if (spec->sandbox->level != SANDBOX_FULL_ACCESS && sandbox_refusal())
        return fail(err, REIN_UNSUPPORTED, "%s", sandbox_refusal());
    protect = spec->protect ? NULL : protect_scan(spec->sandbox, NULL);
    status = launch_start(spec->sandbox, spec->protect ? spec->protect : protect, PREPARED_MS,
                          &launched, err);
    protect_free(protect);
    if (status != REIN_OK)
        return status;
    *out = memory_new(sizeof **out);
    **out = (struct proc_prepared){.loop = loop, .launched = launched};
    return REIN_OK;
}

rein_status proc_start_prepared(struct proc_prepared *prepared, const struct proc_spec *spec,
                                const struct proc_events *events, void *data, struct proc **out,
                                struct error *err)
{
    struct proc_prepared own = *prepared;
    struct pollfd ended = {.fd = own.launched.control, .events = POLLIN};

    free(prepared);
    /* It waited in vain, or could not be made: the caller starts one of its own. */
    if (poll(&ended, 1, 0) != 0) {
        launch_abandon(&own.launched, 0);
        return fail(err, REIN_TIMEOUT, "the prepared sandbox has ended");
    }
    return begin(own.loop, &own.launched, spec, events, data, out, err);
}

void proc_settle(int wait_ms) { launch_settle(wait_ms); }

void proc_prepared_free(struct proc_prepared *prepared)
{
    if (!prepared)
        return;
    launch_abandon(&prepared->launched, 0);
    free(prepared);
}
