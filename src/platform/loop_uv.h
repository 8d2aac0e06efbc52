/*
 * loop_uv.h - the loop's body, shared by loop.c, work.c and signal.c only: nobody else may know
 * that it is libuv.
 *
 * libuv wants a closed handle's memory until it says so, our callers want theirs back at once: so
 * every handle is a separate allocation that points to its owner, and is freed (watches) or kept
 * for the next one (timers) when the owner is gone.
 */
#ifndef PLATFORM_LOOP_UV_H
#define PLATFORM_LOOP_UV_H

#include <pthread.h>
#include <uv.h>

#include "platform/loop.h"

enum { LOOP_SIGNALS = 65 };

struct loop {
    uv_loop_t uv;
    uv_timer_t bound; /* ends a turn's waiting; never keeps the loop alive */
    uv_async_t wake;  /* for posts; keeps the loop alive while somebody holds */
    unsigned holds;
    pthread_mutex_t lock;    /* of posts */
    struct list posts;       /* struct loop_post */
    struct list soon;        /* timers of 0 ms: due in the next round, without libuv */
    struct list idle_timers; /* stopped handles, for the next timer */
    struct signal_handle *signals[LOOP_SIGNALS];
    bool hosted;  /* a host polls our descriptor: it must also show timers */
    bool changed; /* something was started that the descriptor does not show yet */
    uv_poll_t host_poll;
    int host_timer; /* a timerfd, or -1 */
};

struct timer_handle {
    uv_timer_t uv; /* first: what libuv frees is the whole */
    struct loop *loop;
    struct timer *timer; /* NULL while idle */
    struct list link;    /* in loop->soon or loop->idle_timers */
};

/* Every callback that libuv calls ends the round: what came is told before anything more is
 * awaited. Only from inside uv_run(). */
static inline void loop_came(struct loop *loop) { uv_stop(&loop->uv); }

/* Call the timers of 0 ms that wait by now; whether there were any. */
bool timers_soon(struct loop *loop);

/* Something was started outside a turn: a host that sleeps on the descriptor must come back. */
void loop_changed(struct loop *loop);

#endif
