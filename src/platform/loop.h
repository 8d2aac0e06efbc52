/*
 * loop.h - the event loop: libuv behind a dozen verbs, so that no other folder knows which loop it
 * is.
 *
 * One loop a process's engine, used from one thread; loop_post() and loop_wake() alone may be called
 * from others. Callbacks come from inside loop_turn(), never from inside the call that started
 * something. No callback nests in a callback.
 */
#ifndef PLATFORM_LOOP_H
#define PLATFORM_LOOP_H

#include "base/error.h"
#include "base/list.h"

struct loop;

rein_status loop_new(struct loop **out, struct error *err);
void loop_free(struct loop *loop); /* runs until everything closed has said so */

/* One round: wait at most `timeout_ms` (-1: until something comes, 0: not at all), call what is
 * due. False when nothing is active any more (no watch, timer, work, or hold). */
bool loop_turn(struct loop *loop, int timeout_ms);
/* Readable when loop_turn(loop, 0) has something to do, timers included: for a host with a loop of its
 * own. */
int loop_descriptor(struct loop *loop);

/* Keep loop_turn() true while something outside the loop (the writer thread) is under way. */
void loop_hold(struct loop *loop);
void loop_release(struct loop *loop);

/* Call `fn` on the loop's thread, in the next round. Any thread. The link is the caller's and free
 * again when fn is called. */
struct loop_post {
    struct list link;
    void (*fn)(struct loop_post *post);
};
void loop_post(struct loop *loop, struct loop_post *post);

/* A timer in the caller's storage; may be started again; stop is safe on a zeroed or idle one. It
 * must be stopped before its storage goes; storage is free at once after timer_stop(). */
struct timer {
    void *impl;
    void (*fn)(struct timer *timer);
};
void timer_start(struct loop *loop, struct timer *timer, int64_t milliseconds,
                 void (*fn)(struct timer *timer));
void timer_stop(struct timer *timer);

/* Watch a descriptor; `fn` gets which of WATCH_READ and WATCH_WRITE is ready (level-triggered; an
 * error or hang-up makes both ready). Storage is free at once after watch_stop(); the descriptor
 * stays the caller's. A descriptor has one watch. */
enum { WATCH_READ = 1, WATCH_WRITE = 2 };
struct watch {
    void *impl;
    void (*fn)(struct watch *watch, int ready);
};
rein_status watch_start(struct loop *loop, struct watch *watch, int fd, int wanted,
                        void (*fn)(struct watch *watch, int ready), struct error *err);
void watch_change(struct watch *watch, int wanted); /* 0: none for now */
void watch_stop(struct watch *watch);

/* Run `work` on a pool thread, then `done` on the loop: exactly once, also when canceled before it
 * ran (`ran` false). Storage is the caller's until done. */
struct work {
    void *impl;
    void (*work)(struct work *work);
    void (*done)(struct work *work, bool ran);
};
void work_start(struct loop *loop, struct work *work);
void work_cancel(struct work *work); /* only what has not begun */

/* A signal (SIGINT, SIGTERM, SIGWINCH): `fn` on the loop. One a signal and process. Does not keep
 * loop_turn() true. */
void signal_watch(struct loop *loop, int number, void (*fn)(void *data, int number), void *data);
void signal_unwatch(struct loop *loop, int number);

#endif
