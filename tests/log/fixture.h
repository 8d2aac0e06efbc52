/* fixture.h - a store in a folder of its own, and the few words that tests of the log speak. */
#ifndef TESTS_LOG_FIXTURE_H
#define TESTS_LOG_FIXTURE_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "platform/clock.h"
#include "platform/file.h"

struct fixture {
    char folder[128];
    int64_t delay_us; /* 0: an hour, so that only waiting makes commits */
    struct loop *loop;
    struct store *store;
    uint64_t stored;     /* the last told by on_stored() */
    int groups;          /* how often */
    struct error failed; /* what on_failed() was told */
};

static inline void on_stored(void *data, uint64_t seq)
{
    struct fixture *f = data;

    assert_true(seq > f->stored);
    f->stored = seq;
    f->groups++;
}

static inline void on_failed(void *data, const struct error *err)
{
    struct fixture *f = data;

    assert_int_equal(f->failed.status, REIN_OK); /* once */
    f->failed = *err;
}

/* In memory where there is room for it: what is tested here does not need a disk, whose syncs would
 * take most of the time. */
static inline void fixture_folder(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "%s/rein-log-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(f->folder));
}

static inline rein_status fixture_try(struct fixture *f, struct error *err)
{
    int64_t delay_us = f->delay_us ? f->delay_us : (int64_t)3600 * 1000000;
    struct store_options options = {.folder = f->folder, .delay_us = delay_us};
    struct error local = {0};

    if (!f->loop)
        assert_ok(loop_new(&f->loop, &local), local);
    return store_open(f->loop, &options, &f->store, err);
}

static inline void fixture_open(struct fixture *f)
{
    struct error err = {0};

    assert_ok(fixture_try(f, &err), err);
}

static inline void fixture_close(struct fixture *f)
{
    store_close(f->store);
    loop_free(f->loop);
    f->store = NULL;
    f->loop = NULL;
}

static inline void fixture_init(struct fixture *f)
{
    fixture_folder(f);
    fixture_open(f);
}

static inline void fixture_fini(struct fixture *f)
{
    struct error err = {0};

    fixture_close(f);
    assert_ok(file_remove_tree(f->folder, &err), err);
}

static inline struct log *fixture_session(struct fixture *f, struct id id)
{
    struct error err = {0};
    struct log *log;

    assert_ok(log_new(f->store, id, S("/work/here"), &log, &err), err);
    log_listen(log, on_stored, on_failed, f);
    return log;
}

/* `n` events that belong together; returns the last one's number. */
static inline uint64_t put(struct log *log, size_t n)
{
    struct event evs[64];
    char text[64][64];
    struct error err = {0};

    assert_true(n <= 64);
    memset(evs, 0, sizeof evs);
    for (size_t i = 0; i < n; i++) {
        int length = snprintf(text[i], sizeof text[i], "{\"n\":%d}", (int)(log_head(log) + i + 1));
        evs[i].type = i % 2 ? EV_AGENT_MESSAGE : EV_USER_MESSAGE;
        evs[i].payload = str_make(text[i], (size_t)length);
    }
    assert_ok(log_append(log, evs, n, &err), err);
    return log_head(log);
}

/* Until the event is told as durable. */
static inline void wait_for(struct fixture *f, struct log *log, uint64_t seq)
{
    bool more = true;

    log_want(log, seq);
    while (log_stored(log) < seq && f->failed.status == REIN_OK) {
        assert_true(more);
        more = loop_turn(f->loop, -1);
    }
}

static inline bool count_events(void *data, const struct event *ev)
{
    (void)ev;
    ++*(int *)data;
    return true;
}

static inline int events_of(struct fixture *f, struct id id)
{
    struct error err = {0};
    int n = 0;

    assert_ok(store_read(f->store, id, 1, 0, count_events, &n, &err), err);
    return n;
}

#endif
