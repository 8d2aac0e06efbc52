/*
 * writer.c - the queue, the thread, and what the loop is told. What is written is group.c's.
 */
#include "log/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "platform/clock.h"

enum { QUEUE_MAX = 64 << 20 };             /* bytes of units; who adds more waits */
static const int64_t idle_ns = 1000000000; /* without a write, before tidying up */

/* ---- units ---------------------------------------------------------------------------------- */

struct unit *unit_new(struct log *log, enum unit_kind kind, size_t n, size_t extra)
{
    size_t size = sizeof(struct unit) + n * sizeof(struct event) + extra;
    struct unit *unit = memory_new(size);

    list_init(&unit->link);
    unit->log = log;
    unit->kind = kind;
    unit->size = size;
    unit->n = n;
    unit->events = (struct event *)(unit + 1);
    unit->due = clock_monotonic() + log->store->delay;
    return unit;
}

static void unit_free(struct unit *unit)
{
    free(unit->packed);
    free(unit);
}

void summary_fini(struct summary *summary)
{
    free(summary->title);
    free(summary->status);
    free(summary->model);
    *summary = (struct summary){.cost_usd = -1};
}

/* Newer values win; `from` is empty afterwards. */
static void summary_move(struct summary *to, struct summary *from)
{
    char **into[] = {&to->title, &to->status, &to->model};
    char **out[] = {&from->title, &from->status, &from->model};

    for (size_t i = 0; i < 3; i++) {
        if (!*out[i])
            continue;
        free(*into[i]);
        *into[i] = *out[i];
        *out[i] = NULL;
    }
    if (from->cost_usd >= 0)
        to->cost_usd = from->cost_usd;
    to->any |= from->any;
    *from = (struct summary){.cost_usd = -1};
}

/* ---- telling the loop; under the lock ------------------------------------------------------- */

static void post_news(struct store *store)
{
    if (store->tell->posted)
        return;
    store->tell->posted = true;
    loop_post(store->loop, &store->tell->post);
}

static void add_news(struct store *store, struct log *log)
{
    if (list_is_empty(&log->news))
        list_add(&store->news, &log->news);
}

static void fail_log(struct log *log, const struct error *why)
{
    if (log->failure.status != REIN_OK)
        return;
    log->failure = *why;
    add_news(log->store, log);
}

void writer_fail_log(struct log *log, const struct error *why)
{
    pthread_mutex_lock(&log->store->lock);
    fail_log(log, why);
    pthread_mutex_unlock(&log->store->lock);
}

static void drop_units(struct store *store, struct list *units)
{
    list_each (link, units) {
        struct unit *unit = list_of(link, struct unit, link);
        list_remove(link);
        unit->log->units--;
        store->bytes -= unit->size;
        unit_free(unit);
    }
}

static void fail_store(struct store *store, const struct error *why)
{
    store->failure = *why;
    list_each (link, &store->logs)
        fail_log(list_of(link, struct log, link), why);
    drop_units(store, &store->queue);
}

/* ---- the thread; under the lock but for what write_flight() says ---------------------------- */

/* All that is queued, and what lists are to show of its sessions. */
static void take_flight(struct store *store)
{
    list_each (link, &store->queue) {
        struct unit *unit = list_of(link, struct unit, link);
        list_remove(link);
        list_add(&store->flight, link);
        if (unit->n)
            unit->log->taken = unit->seq;
        summary_move(&unit->log->writing, &unit->log->summary);
    }
    store->wanted = false;
}

static void land(struct store *store, rein_status status, const struct error *err)
{
    if (status == REIN_OK)
        list_each (link, &store->flight) {
            struct log *log = list_of(link, struct unit, link)->log;
            if (log->durable == log->base)
                continue;
            log->durable = log->base;
            add_news(store, log);
        }
    drop_units(store, &store->flight);
    if (status != REIN_OK)
        fail_store(store, err);
    post_news(store);
    pthread_cond_broadcast(&store->done);
}

/* The lock is open while the group is written; units in flight are not touched by others. */
static void write_flight(struct store *store)
{
    struct error err = {0};
    bool committed;

    take_flight(store);
    pthread_mutex_unlock(&store->lock);
    rein_status status = group_write(store, &store->flight, &committed, &err);
    pthread_mutex_lock(&store->lock);
    store->commits += committed;
    land(store, status, &err);
}

/* True when `until` (monotonic nanoseconds) passed without a signal. */
static bool wait_until(struct store *store, int64_t until)
{
    struct timespec at = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

    return pthread_cond_timedwait(&store->work, &store->lock, &at) == ETIMEDOUT;
}

static void tidy(struct store *store, bool idle, bool *left)
{
    pthread_mutex_unlock(&store->lock);
    store->ops->tidy(store->writing, idle, left);
    pthread_mutex_lock(&store->lock);
}

static void *run(void *data)
{
    struct store *store = data;
    bool left = false;

    pthread_mutex_lock(&store->lock);
    while (!store->stop || !list_is_empty(&store->queue)) {
        if (!list_is_empty(&store->queue) && (store->wanted || store->stop)) {
            write_flight(store);
            if (store->failure.status == REIN_OK)
                tidy(store, false, &left);
        } else if (!list_is_empty(&store->queue) || !left || store->failure.status != REIN_OK) {
            pthread_cond_wait(&store->work, &store->lock);
        } else if (wait_until(store, clock_monotonic() + idle_ns)) {
            tidy(store, true, &left);
            left = false; /* what a reader still needs waits for the next write */
        }
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* Signals are the host's; and the stack needs no 8 MiB. */
static rein_status start(struct store *store, struct error *err)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&store->thread, &attributes, run, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed)
        return fail_errno(err, failed, "start the thread that writes the log");
    pthread_setname_np(store->thread, "rein-log");
    store->running = true;
    return REIN_OK;
}

/* ---- the loop's side ------------------------------------------------------------------------ */

/* One thing a log has to hear: what became durable, then that it failed. It may close any log. */
static void tell_log(struct store *store, struct log *log)
{
    struct error failure = log->failure;

    if (log->durable > log->told) {
        log->told = log->durable;
        if (failure.status != REIN_OK)
            add_news(store, log);
        pthread_mutex_unlock(&store->lock);
        if (log->stored)
            log->stored(log->data, log->told);
        pthread_mutex_lock(&store->lock);
    } else if (failure.status != REIN_OK && !log->failure_told) {
        log->failure_told = true;
        pthread_mutex_unlock(&store->lock);
        if (log->failed)
            log->failed(log->data, &failure);
        pthread_mutex_lock(&store->lock);
    }
}

static void on_news(struct loop_post *post)
{
    struct store_news *tell = list_of(post, struct store_news, post);
    struct store *store = tell->store;
    bool idle;

    if (!store) {
        free(tell);
        return;
    }
    pthread_mutex_lock(&store->lock);
    tell->posted = false;
    while (!list_is_empty(&store->news)) {
        struct log *log = list_of(store->news.next, struct log, news);
        list_remove(&log->news);
        tell_log(store, log);
    }
    idle = list_is_empty(&store->queue) && list_is_empty(&store->flight);
    pthread_mutex_unlock(&store->lock);
    if (idle && store->held) {
        store->held = false;
        loop_release(store->loop);
    }
}

void writer_init(struct store *store)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &monotonic);
    pthread_cond_init(&store->done, NULL);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&store->lock, NULL);
    list_init(&store->logs);
    list_init(&store->queue);
    list_init(&store->flight);
    list_init(&store->news);
    store->tell = memory_new(sizeof *store->tell);
    store->tell->store = store;
    store->tell->post.fn = on_news;
}

void writer_stop(struct store *store)
{
    if (store->running) {
        pthread_mutex_lock(&store->lock);
        store->stop = true;
        pthread_cond_signal(&store->work);
        pthread_mutex_unlock(&store->lock);
        pthread_join(store->thread, NULL);
    }
    timer_stop(&store->due);
    if (store->held)
        loop_release(store->loop);
    if (store->tell->posted)
        store->tell->store = NULL; /* the loop frees it */
    else
        free(store->tell);
    pthread_cond_destroy(&store->work);
    pthread_cond_destroy(&store->done);
    pthread_mutex_destroy(&store->lock);
}

/* Whoever produces faster than the disk takes waits here, holding nothing that the writer needs. */
static rein_status put_locked(struct store *store, struct unit *unit, struct error *err)
{
    const struct error *why = &unit->log->failure;

    while (store->bytes > QUEUE_MAX && why->status == REIN_OK) {
        store->wanted = true;
        pthread_cond_signal(&store->work);
        pthread_cond_wait(&store->done, &store->lock);
    }
    if (why->status != REIN_OK) {
        *err = *why;
        return why->status;
    }
    list_add(&store->queue, &unit->link);
    unit->log->units++;
    store->bytes += unit->size;
    if (store->bytes > QUEUE_MAX / 4 && !store->wanted) {
        store->wanted = true;
        pthread_cond_signal(&store->work);
    }
    return REIN_OK;
}

static void on_due(struct timer *timer);

static void time_queue(struct store *store, int64_t nanoseconds)
{
    store->timed = true;
    timer_start(store->loop, &store->due, (nanoseconds + 999999) / 1000000, on_due);
}

/* Nobody waited for it: it is written all the same. What came since the timer began has its own time
 * to wait, else a turn's events would be torn into two groups. */
static void on_due(struct timer *timer)
{
    struct store *store = list_of(timer, struct store, due);
    int64_t left = 0;

    pthread_mutex_lock(&store->lock);
    store->timed = false;
    if (!list_is_empty(&store->queue) && !store->wanted) {
        left = list_of(store->queue.next, struct unit, link)->due - clock_monotonic();
        if (left <= 0) {
            store->wanted = true;
            pthread_cond_signal(&store->work);
        }
    }
    pthread_mutex_unlock(&store->lock);
    if (left > 0)
        time_queue(store, left);
}

rein_status writer_put_take(struct store *store, struct unit *unit, struct error *err)
{
    rein_status status = store->running ? REIN_OK : start(store, err);

    if (status == REIN_OK) {
        pthread_mutex_lock(&store->lock);
        status = put_locked(store, unit, err);
        pthread_mutex_unlock(&store->lock);
    }
    if (status != REIN_OK) {
        unit_free(unit);
        return status;
    }
    if (!store->held) {
        store->held = true;
        loop_hold(store->loop);
    }
    if (!store->timed)
        time_queue(store, store->delay);
    return REIN_OK;
}

void writer_drain(struct store *store, struct log *log)
{
    pthread_mutex_lock(&store->lock);
    while (log->units) {
        store->wanted = true;
        pthread_cond_signal(&store->work);
        pthread_cond_wait(&store->done, &store->lock);
    }
    pthread_mutex_unlock(&store->lock);
}
