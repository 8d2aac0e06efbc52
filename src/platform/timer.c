/*
 * timer.c - timers over libuv. Those of 0 ms are ours: libuv 1.44 runs one that starts itself again
 * for ever within one iteration, here it comes once a round.
 */
#include <assert.h>

#include "base/memory.h"
#include "platform/loop_uv.h"

static struct timer_handle *timer_handle_take(struct loop *loop)
{
    struct timer_handle *h;

    if (!list_is_empty(&loop->idle_timers)) {
        h = list_of(loop->idle_timers.next, struct timer_handle, link);
        list_remove(&h->link);
        return h;
    }
    h = memory_new(sizeof *h);
    list_init(&h->link);
    h->loop = loop;
    uv_timer_init(&loop->uv, &h->uv);
    return h;
}

/* A stopped uv_timer needs no closing: it only waits for its next owner. */
static void timer_handle_give(struct timer_handle *h)
{
    uv_timer_stop(&h->uv);
    h->timer->impl = NULL;
    h->timer = NULL;
    list_remove(&h->link);
    list_add(&h->loop->idle_timers, &h->link);
}

static void timer_due(struct timer_handle *h)
{
    struct timer *timer = h->timer;

    assert(timer); /* an idle handle is neither in uv's heap nor in a list of due ones */
    timer_handle_give(h);
    timer->fn(timer);
}

static void on_timer(uv_timer_t *uv)
{
    struct timer_handle *h = (struct timer_handle *)uv;

    loop_came(h->loop);
    timer_due(h);
}

void timer_start(struct loop *loop, struct timer *timer, int64_t milliseconds,
                 void (*fn)(struct timer *timer))
{
    struct timer_handle *h = timer->impl ? timer->impl : timer_handle_take(loop);

    timer->impl = h;
    timer->fn = fn;
    h->timer = timer;
    list_remove(&h->link);
    if (milliseconds <= 0) {
        uv_timer_stop(&h->uv);
        list_add(&loop->soon, &h->link);
    } else {
        uv_update_time(&loop->uv); /* else a long computation before this call fires it early */
        uv_timer_start(&h->uv, on_timer, (uint64_t)milliseconds, 0);
    }
    loop_changed(loop);
}

void timer_stop(struct timer *timer)
{
    if (timer->impl)
        timer_handle_give(timer->impl);
}

/* Those of 0 ms that wait by now. One may stop another, so they are taken from a list of their own
 * that timer_stop() can unlink from. */
bool timers_soon(struct loop *loop)
{
    struct list due;

    if (list_is_empty(&loop->soon))
        return false;
    due = loop->soon;
    due.next->prev = due.prev->next = &due;
    list_init(&loop->soon);
    while (!list_is_empty(&due))
        timer_due(list_of(due.next, struct timer_handle, link));
    return true;
}
