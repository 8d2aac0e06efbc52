/*
 * loop.c - rounds, posts and watches over libuv. It knows nothing of what is awaited.
 *
 * A round first runs what is due without the kernel (posts, timers of 0 ms), then one uv_run(). As
 * soon as any callback ran, it stops waiting, so that the caller sees at once what changed.
 */
#include "platform/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "platform/loop_uv.h"

struct watch_handle {
    uv_poll_t uv;
    struct loop *loop;
    struct watch *watch; /* NULL once stopped */
    int wanted;
};

/* ---- posts ---------------------------------------------------------------------------------- */

static bool has_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool some = !list_is_empty(&loop->posts);
    pthread_mutex_unlock(&loop->lock);
    return some;
}

/* Those posted by now; what they post comes in the next round. */
static bool run_posts(struct loop *loop)
{
    struct list due;

    list_init(&due);
    pthread_mutex_lock(&loop->lock);
    while (!list_is_empty(&loop->posts)) {
        struct list *link = loop->posts.next;
        list_remove(link);
        list_add(&due, link);
    }
    pthread_mutex_unlock(&loop->lock);
    bool ran = !list_is_empty(&due);
    while (!list_is_empty(&due)) {
        struct loop_post *post = list_of(due.next, struct loop_post, link);
        list_remove(&post->link);
        post->fn(post);
    }
    return ran;
}

static void on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;

    loop_came(loop);
    run_posts(loop);
}

void loop_post(struct loop *loop, struct loop_post *post)
{
    pthread_mutex_lock(&loop->lock);
    list_add(&loop->posts, &post->link);
    pthread_mutex_unlock(&loop->lock);
    uv_async_send(&loop->wake);
}

void loop_hold(struct loop *loop)
{
    if (loop->holds++ == 0)
        uv_ref((uv_handle_t *)&loop->wake);
}

void loop_release(struct loop *loop)
{
    assert(loop->holds > 0);
    if (--loop->holds == 0)
        uv_unref((uv_handle_t *)&loop->wake);
}

/* ---- watches -------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *uv) { free(uv); }

static void on_watch(uv_poll_t *uv, int status, int events);

static void watch_apply(struct watch_handle *h)
{
    int events =
        (h->wanted & WATCH_READ ? UV_READABLE : 0) | (h->wanted & WATCH_WRITE ? UV_WRITABLE : 0);

    if (events)
        uv_poll_start(&h->uv, events, on_watch);
    else
        uv_poll_stop(&h->uv);
    loop_changed(h->loop);
}

/* On an error libuv stops polling; level-triggered means that we go on as long as it is watched. */
static void on_watch(uv_poll_t *uv, int status, int events)
{
    struct watch_handle *h = (struct watch_handle *)uv;
    int ready = status < 0 ? WATCH_READ | WATCH_WRITE
                           : (events & UV_READABLE ? WATCH_READ : 0) |
                                 (events & UV_WRITABLE ? WATCH_WRITE : 0);

    loop_came(h->loop);
    if (ready)
        h->watch->fn(h->watch, ready);
    if (status < 0 && h->watch)
        watch_apply(h);
}

/* uv_poll_init() makes the descriptor non-blocking; it is the caller's (and may be a terminal that
 * the shell shares), so its flags are put back. Polling does not need them. */
static int poll_init(struct loop *loop, uv_poll_t *uv, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int failed = flags < 0 ? -errno : uv_poll_init(&loop->uv, uv, fd);

    if (!failed && !(flags & O_NONBLOCK))
        fcntl(fd, F_SETFL, flags);
    return failed;
}

rein_status watch_start(struct loop *loop, struct watch *watch, int fd, int wanted,
                        void (*fn)(struct watch *watch, int ready), struct error *err)
{
    struct watch_handle *h = memory_new(sizeof *h);
    int failed = poll_init(loop, &h->uv, fd);

    watch->impl = NULL;
    if (failed) {
        free(h);
        if (failed == -EPERM)
            return fail(err, REIN_UNSUPPORTED,
                        "descriptor %d cannot be awaited: it is a file, always ready to read", fd);
        return fail_errno(err, -failed, "watch descriptor %d", fd);
    }
    h->loop = loop;
    h->watch = watch;
    h->wanted = wanted;
    watch->impl = h;
    watch->fn = fn;
    watch_apply(h);
    return REIN_OK;
}

void watch_change(struct watch *watch, int wanted)
{
    struct watch_handle *h = watch->impl;

    if (!h || h->wanted == wanted)
        return;
    h->wanted = wanted;
    watch_apply(h);
}

void watch_stop(struct watch *watch)
{
    struct watch_handle *h = watch->impl;

    if (!h)
        return;
    watch->impl = NULL;
    h->watch = NULL;
    uv_close((uv_handle_t *)&h->uv, on_closed);
}

/* ---- a host's own loop ---------------------------------------------------------------------- */

void loop_changed(struct loop *loop)
{
    if (loop->hosted && !loop->changed) {
        loop->changed = true;
        uv_async_send(&loop->wake);
    }
}

static void on_host_timer(uv_poll_t *uv, int status, int events)
{
    struct loop *loop = uv->data;
    uint64_t times;

    (void)status, (void)events;
    if (read(loop->host_timer, &times, sizeof times) < 0)
        return; /* another round read it */
    loop_came(loop);
}

/* The descriptor is epoll's own, which shows neither timers nor what was started since the last
 * poll: a timerfd and the wake-up stand in for these. */
int loop_descriptor(struct loop *loop)
{
    if (!loop->hosted) {
        loop->host_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (loop->host_timer >= 0 &&
            uv_poll_init(&loop->uv, &loop->host_poll, loop->host_timer) == 0) {
            loop->host_poll.data = loop;
            uv_poll_start(&loop->host_poll, UV_READABLE, on_host_timer);
            uv_unref((uv_handle_t *)&loop->host_poll);
        }
        loop->hosted = true;
        loop_changed(loop);
    }
    return uv_backend_fd(&loop->uv);
}

static void show_host(struct loop *loop)
{
    int wait = list_is_empty(&loop->soon) ? uv_backend_timeout(&loop->uv) : 0;
    struct itimerspec at = {.it_value = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000}};

    if (wait == 0 && (uv_loop_alive(&loop->uv) || !list_is_empty(&loop->soon)))
        uv_async_send(&loop->wake);
    if (loop->host_timer >= 0 && wait > 0)
        timerfd_settime(loop->host_timer, 0, &at, NULL);
}

/* ---- the loop ------------------------------------------------------------------------------- */

static void on_bound(uv_timer_t *bound) { (void)bound; }

static void uv_round(struct loop *loop, int timeout_ms)
{
    if (timeout_ms == 0) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    if (timeout_ms > 0) {
        uv_update_time(&loop->uv);
        uv_timer_start(&loop->bound, on_bound, (uint64_t)timeout_ms, 0);
    }
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->bound);
}

/* libuv polls nothing, and so registers nothing, while nothing keeps it alive. */
static void hosted_round(struct loop *loop, int timeout_ms)
{
    if (!uv_loop_alive(&loop->uv))
        timeout_ms = 0;
    uv_ref((uv_handle_t *)&loop->wake);
    uv_round(loop, timeout_ms);
    if (loop->holds == 0)
        uv_unref((uv_handle_t *)&loop->wake);
    show_host(loop);
}

bool loop_turn(struct loop *loop, int timeout_ms)
{
    bool posts = run_posts(loop), timers = timers_soon(loop);

    loop->changed = false;
    if (posts || timers || !list_is_empty(&loop->soon))
        timeout_ms = 0;
    if (loop->hosted)
        hosted_round(loop, timeout_ms);
    else
        uv_round(loop, timeout_ms);
    return uv_loop_alive(&loop->uv) || !list_is_empty(&loop->soon) || has_posts(loop);
}

/* libuv reads the number of its threads once, from the environment, at the first work. */
static void set_pool_size(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    char text[16];

    snprintf(text, sizeof text, "%ld", cores < 1 ? 2 : cores > 64 ? 128 : 2 * cores);
    setenv("UV_THREADPOOL_SIZE", text, 0);
}

rein_status loop_new(struct loop **out, struct error *err)
{
    struct loop *loop = memory_new(sizeof *loop);
    int failed = uv_loop_init(&loop->uv);

    if (failed) {
        free(loop);
        return fail_errno(err, -failed, "make an event loop");
    }
    failed = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (failed) {
        uv_loop_close(&loop->uv);
        free(loop);
        return fail_errno(err, -failed, "make an event loop");
    }
    set_pool_size();
    loop->wake.data = loop;
    loop->host_timer = -1;
    uv_run(&loop->uv, UV_RUN_NOWAIT); /* else a host's poll knows the wake-up after a round only */
    uv_unref((uv_handle_t *)&loop->wake);
    uv_timer_init(&loop->uv, &loop->bound);
    uv_unref((uv_handle_t *)&loop->bound);
    pthread_mutex_init(&loop->lock, NULL);
    list_init(&loop->posts);
    list_init(&loop->soon);
    list_init(&loop->idle_timers);
    *out = loop;
    return REIN_OK;
}

/* What its owner left running, which has no say any more; the loop's own handles are inside it. */
static void close_handle(uv_handle_t *uv, void *data)
{
    struct loop *loop = data;

    if (uv_is_closing(uv))
        return;
    if (uv == (uv_handle_t *)&loop->bound || uv == (uv_handle_t *)&loop->wake ||
        uv == (uv_handle_t *)&loop->host_poll) {
        uv_close(uv, NULL);
        return;
    }
    if (uv->type == UV_TIMER && ((struct timer_handle *)(void *)uv)->timer)
        ((struct timer_handle *)(void *)uv)->timer->impl = NULL;
    if (uv->type == UV_POLL && ((struct watch_handle *)(void *)uv)->watch)
        ((struct watch_handle *)(void *)uv)->watch->impl = NULL;
    uv_close(uv, on_closed);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    loop->hosted = false;
    while (run_posts(loop))
        ;
    do { /* work under way says that it is done, and may post */
        uv_walk(&loop->uv, close_handle, loop);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    } while (run_posts(loop) || uv_loop_close(&loop->uv) == UV_EBUSY);
    if (loop->host_timer >= 0)
        close(loop->host_timer);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}
