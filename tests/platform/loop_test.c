/* loop_test.c - rounds, posts, timers, watches, work and signals of platform/loop.h. */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/loop.h"

static struct loop *new_loop(void)
{
    struct loop *loop;
    struct error err = {0};

    if (loop_new(&loop, &err) != REIN_OK)
        test_fail("%s", err.text);
    return loop;
}

/* Until `*done` or nothing is active; a bound keeps a broken loop from hanging the suite. */
static void run_until(struct loop *loop, const int *done, int wanted)
{
    for (int i = 0; i < 1000 && *done < wanted; i++)
        loop_turn(loop, 1000);
    assert_int_equal(*done, wanted);
}

static void an_empty_loop_is_not_active(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int64_t start = clock_monotonic();

    assert_false(loop_turn(loop, -1));
    assert_false(loop_turn(loop, 60000));
    assert_true(clock_monotonic() - start < 30000000000); /* it did not wait its minute */
    loop_free(loop);
}

/* ---- timers --------------------------------------------------------------------------------- */

struct tick {
    struct timer timer;
    struct loop *loop;
    int fired, again;
    struct timer *stops;
};

static void on_tick(struct timer *timer)
{
    struct tick *t = (struct tick *)timer;

    t->fired++;
    if (t->stops)
        timer_stop(t->stops);
    if (t->again-- > 0)
        timer_start(t->loop, timer, 0, on_tick);
}

static void timers_fire_in_order_and_not_early(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick a = {.loop = loop}, b = {.loop = loop};
    int64_t start = clock_monotonic();

    timer_start(loop, &b.timer, 20, on_tick);
    timer_start(loop, &a.timer, 5, on_tick);
    run_until(loop, &a.fired, 1);
    assert_int_equal(b.fired, 0);
    run_until(loop, &b.fired, 1);
    assert_true(clock_monotonic() - start >= 19000000);
    assert_false(loop_turn(loop, -1));
    loop_free(loop);
}

static void a_timer_started_again_fires_once(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick a = {.loop = loop};

    timer_start(loop, &a.timer, 100000, on_tick);
    timer_start(loop, &a.timer, 1, on_tick);
    run_until(loop, &a.fired, 1);
    assert_false(loop_turn(loop, -1));
    assert_int_equal(a.fired, 1);
    loop_free(loop);
}

/* A timer of 0 ms that starts itself again gets one call a round, so the round ends. */
static void zero_timers_come_once_a_round(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick a = {.loop = loop, .again = 3};

    timer_start(loop, &a.timer, 0, on_tick);
    assert_int_equal(a.fired, 0);
    for (int i = 1; i <= 4; i++) {
        assert_int_equal(loop_turn(loop, -1), i < 4);
        assert_int_equal(a.fired, i);
    }
    loop_free(loop);
}

static void a_stopped_timer_is_silent_and_its_storage_free(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick first = {.loop = loop};
    struct tick *second = calloc(1, sizeof *second), *third = calloc(1, sizeof *third);
    struct timer zeroed = {0};

    timer_stop(&zeroed);
    timer_start(loop, &first.timer, 0, on_tick);
    timer_start(loop, &second->timer, 0, on_tick); /* due in the same round, stopped in it */
    first.stops = &second->timer;
    timer_start(loop, &third->timer, 1, on_tick);
    timer_stop(&third->timer);
    free(third);
    loop_turn(loop, 0);
    assert_int_equal(second->fired, 0);
    free(second);
    assert_false(loop_turn(loop, -1));
    assert_int_equal(first.fired, 1);
    loop_free(loop);
}

/* What one callback changed is seen before anything more is awaited. */
static void a_round_ends_when_something_came(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick a = {.loop = loop}, late = {.loop = loop};

    timer_start(loop, &late.timer, 3600000, on_tick);
    timer_start(loop, &a.timer, 1, on_tick);
    for (int64_t start = clock_monotonic(); clock_monotonic() - start < 3000000;)
        ; /* due before the round begins */
    alarm(60);
    loop_turn(loop, -1); /* an hour if it went on waiting */
    alarm(0);
    assert_int_equal(a.fired, 1);
    timer_stop(&late.timer);
    loop_free(loop);
}

/* ---- posts ---------------------------------------------------------------------------------- */

struct note {
    struct loop_post post;
    struct loop *loop;
    int seen, again;
};

static void on_note(struct loop_post *post)
{
    struct note *n = list_of(post, struct note, post);

    n->seen++;
    if (n->again-- > 0)
        loop_post(n->loop, post);
}

static void posts_come_in_the_next_round(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct note n = {.loop = loop, .again = 1, .post.fn = on_note};

    loop_post(loop, &n.post);
    assert_int_equal(n.seen, 0);
    assert_true(loop_turn(loop, -1));
    assert_int_equal(n.seen, 1);
    loop_turn(loop, -1);
    assert_int_equal(n.seen, 2);
    assert_false(loop_turn(loop, 0));
    loop_free(loop);
}

enum { POSTS = 2000 };

struct poster {
    struct loop *loop;
    struct note notes[POSTS];
};

static void *post_many(void *data)
{
    struct poster *p = data;

    for (int i = 0; i < POSTS; i++)
        loop_post(p->loop, &p->notes[i].post);
    return NULL;
}

static int posted;

static void on_counted(struct loop_post *post)
{
    (void)post;
    posted++;
}

static void posts_from_other_threads_all_arrive(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    static struct poster posters[2];
    pthread_t threads[2];

    posted = 0;
    loop_hold(loop); /* nothing else keeps it waiting for them */
    for (int t = 0; t < 2; t++) {
        posters[t].loop = loop;
        for (int i = 0; i < POSTS; i++)
            posters[t].notes[i].post.fn = on_counted;
        assert_int_equal(pthread_create(&threads[t], NULL, post_many, &posters[t]), 0);
    }
    while (posted < 2 * POSTS)
        assert_true(loop_turn(loop, -1));
    for (int t = 0; t < 2; t++)
        pthread_join(threads[t], NULL);
    loop_release(loop);
    loop_turn(loop, 0);
    assert_false(loop_turn(loop, -1));
    loop_free(loop);
}

/* ---- watches -------------------------------------------------------------------------------- */

struct seen {
    struct watch watch;
    int ready, times;
};

static void on_ready(struct watch *watch, int ready)
{
    struct seen *s = (struct seen *)watch;

    s->ready = ready;
    s->times++;
}

static void watches_are_level_triggered(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct seen s = {0};
    int p[2];

    assert_int_equal(pipe(p), 0);
    assert_int_equal(watch_start(loop, &s.watch, p[0], WATCH_READ, on_ready, NULL), REIN_OK);
    assert_true(loop_turn(loop, 0));
    assert_int_equal(s.times, 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    loop_turn(loop, -1);
    loop_turn(loop, -1);
    assert_int_equal(s.times, 2);
    assert_int_equal(s.ready, WATCH_READ);
    watch_change(&s.watch, 0);
    loop_turn(loop, 0);
    assert_int_equal(s.times, 2);
    watch_change(&s.watch, WATCH_READ);
    loop_turn(loop, -1);
    assert_int_equal(s.times, 3);
    watch_stop(&s.watch);
    watch_stop(&s.watch);
    close(p[0]), close(p[1]);
    loop_turn(loop, 0);
    assert_false(loop_turn(loop, -1));
    loop_free(loop);
}

static void the_flags_of_a_watched_descriptor_stay(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct seen s = {0};
    int p[2];

    assert_int_equal(pipe(p), 0);
    assert_int_equal(watch_start(loop, &s.watch, p[0], WATCH_READ, on_ready, NULL), REIN_OK);
    assert_int_equal(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0);
    watch_stop(&s.watch);
    close(p[0]), close(p[1]);
    loop_free(loop);
}

/* A broken pipe is an error for its writer: told as ready, again and again, until it is seen. */
static void an_error_makes_both_ready(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct seen s = {0};
    int p[2];

    assert_int_equal(pipe(p), 0);
    assert_int_equal(watch_start(loop, &s.watch, p[1], WATCH_WRITE, on_ready, NULL), REIN_OK);
    close(p[0]);
    loop_turn(loop, -1);
    loop_turn(loop, -1);
    assert_int_equal(s.times, 2);
    assert_true(s.ready & WATCH_WRITE);
    watch_stop(&s.watch);
    close(p[1]);
    loop_free(loop);
}

static struct seen *reopened;
static int reopen_pipe[2];

static void stop_and_reopen(struct watch *watch, int ready)
{
    struct seen *s = (struct seen *)watch;
    int old = reopen_pipe[0];

    (void)ready;
    watch_stop(watch);
    close(reopen_pipe[0]), close(reopen_pipe[1]);
    free(s);
    assert_int_equal(pipe(reopen_pipe), 0);
    assert_int_equal(reopen_pipe[0], old); /* the same number, another pipe */
    reopened = calloc(1, sizeof *reopened);
}

static void a_number_used_again_is_another_watch(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct seen *s = calloc(1, sizeof *s);

    reopened = NULL;
    assert_int_equal(pipe(reopen_pipe), 0);
    assert_int_equal(
        watch_start(loop, &s->watch, reopen_pipe[0], WATCH_READ, stop_and_reopen, NULL), REIN_OK);
    assert_int_equal(write(reopen_pipe[1], "x", 1), 1);
    loop_turn(loop, -1);
    assert_non_null(reopened);
    assert_int_equal(
        watch_start(loop, &reopened->watch, reopen_pipe[0], WATCH_READ, on_ready, NULL), REIN_OK);
    loop_turn(loop, 0);
    assert_int_equal(reopened->times, 0);
    assert_int_equal(write(reopen_pipe[1], "y", 1), 1);
    run_until(loop, &reopened->times, 1);
    watch_stop(&reopened->watch);
    free(reopened);
    close(reopen_pipe[0]), close(reopen_pipe[1]);
    loop_free(loop);
}

static void what_cannot_be_watched_is_said(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct seen s = {0};
    struct error err = {0};
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_int_equal(watch_start(loop, &s.watch, fd, WATCH_READ, on_ready, &err), REIN_UNSUPPORTED);
    assert_non_null(strstr(err.text, "always ready"));
    close(fd);
    assert_int_equal(watch_start(loop, &s.watch, fd, WATCH_READ, on_ready, &err), REIN_IO);
    assert_null(s.watch.impl);
    watch_stop(&s.watch);
    loop_free(loop);
}

/* ---- work ----------------------------------------------------------------------------------- */

struct job {
    struct work work;
    pthread_mutex_t *gate;
    pthread_t ran_on;
    int done, ran;
};

static void job_run(struct work *work)
{
    struct job *j = (struct job *)work;

    j->ran_on = pthread_self();
    if (j->gate) {
        pthread_mutex_lock(j->gate);
        pthread_mutex_unlock(j->gate);
    }
}

static void job_done(struct work *work, bool ran)
{
    struct job *j = (struct job *)work;

    j->done++;
    j->ran = ran;
}

static void work_runs_elsewhere_and_is_done_here(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct job j = {.work = {.work = job_run, .done = job_done}};

    work_start(loop, &j.work);
    assert_int_equal(j.done, 0);
    run_until(loop, &j.done, 1);
    assert_true(j.ran);
    assert_false(pthread_equal(j.ran_on, pthread_self()));
    assert_false(loop_turn(loop, -1));
    work_cancel(&j.work); /* done: nothing to cancel */
    loop_free(loop);
}

/* All threads stand at the gate, so the last job cannot have begun. */
static void canceled_work_is_done_once_and_did_not_run(void **state)
{
    (void)state;
    enum { JOBS = 1025 }; /* more than the pool may ever have threads */
    struct loop *loop = new_loop();
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    static struct job jobs[JOBS];
    int done = 0;

    pthread_mutex_lock(&gate);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.work = {.work = job_run, .done = job_done}, .gate = &gate};
        work_start(loop, &jobs[i].work);
    }
    work_cancel(&jobs[JOBS - 1].work);
    pthread_mutex_unlock(&gate);
    while (loop_turn(loop, -1))
        ;
    for (int i = 0; i < JOBS; i++)
        done += jobs[i].done;
    assert_int_equal(done, JOBS);
    assert_false(jobs[JOBS - 1].ran);
    assert_true(jobs[0].ran);
    loop_free(loop);
}

static void freeing_the_loop_waits_for_work(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct job j = {.work = {.work = job_run, .done = job_done}};
    struct tick t = {.loop = loop};

    timer_start(loop, &t.timer, 3600000, on_tick);
    work_start(loop, &j.work);
    loop_free(loop);
    assert_int_equal(j.done, 1);
    timer_stop(&t.timer); /* its loop is gone: nothing happens */
}

/* ---- signals -------------------------------------------------------------------------------- */

static void on_number(void *data, int number) { *(int *)data += number == SIGUSR1; }

static void signals_come_on_the_loop(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    int seen = 0;

    signal_watch(loop, SIGUSR1, on_number, &seen);
    assert_false(loop_turn(loop, -1)); /* it keeps nothing alive */
    loop_hold(loop);
    raise(SIGUSR1);
    run_until(loop, &seen, 1);
    loop_release(loop);
    signal_unwatch(loop, SIGUSR1);
    signal_unwatch(loop, SIGUSR1);
    loop_free(loop);
}

/* ---- inside a host's loop ------------------------------------------------------------------- */

/* The host sleeps on the descriptor alone and gives the loop no time of its own. */
static void host_runs(struct loop *loop, const int *done, int wanted)
{
    struct pollfd p = {.fd = loop_descriptor(loop), .events = POLLIN};

    for (int i = 0; i < 1000 && *done < wanted; i++) {
        assert_int_equal(poll(&p, 1, 10000), 1);
        loop_turn(loop, 0);
    }
    assert_int_equal(*done, wanted);
}

static void a_host_can_sleep_on_the_descriptor(void **state)
{
    (void)state;
    struct loop *loop = new_loop();
    struct tick t = {.loop = loop}, zero = {.loop = loop, .again = 2};
    struct note n = {.loop = loop, .post.fn = on_note};
    struct job j = {.work = {.work = job_run, .done = job_done}};
    struct seen s = {0};
    int p[2];

    loop_descriptor(loop);
    loop_turn(loop, 0);
    loop_turn(loop, 0);
    timer_start(loop, &t.timer, 10, on_tick);
    host_runs(loop, &t.fired, 1);
    timer_start(loop, &zero.timer, 0, on_tick);
    host_runs(loop, &zero.fired, 3);
    loop_post(loop, &n.post);
    host_runs(loop, &n.seen, 1);
    work_start(loop, &j.work);
    host_runs(loop, &j.done, 1);
    assert_int_equal(pipe(p), 0);
    watch_start(loop, &s.watch, p[0], WATCH_READ, on_ready, NULL);
    struct pollfd host = {.fd = loop_descriptor(loop), .events = POLLIN};
    while (poll(&host, 1, 0) == 1)
        loop_turn(loop, 0);
    assert_int_equal(s.times, 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    host_runs(loop, &s.times, 1);
    watch_stop(&s.watch);
    close(p[0]), close(p[1]);
    loop_free(loop);
}

const struct CMUnitTest loop_tests[] = {
    cmocka_unit_test(an_empty_loop_is_not_active),
    cmocka_unit_test(timers_fire_in_order_and_not_early),
    cmocka_unit_test(a_timer_started_again_fires_once),
    cmocka_unit_test(zero_timers_come_once_a_round),
    cmocka_unit_test(a_stopped_timer_is_silent_and_its_storage_free),
    cmocka_unit_test(a_round_ends_when_something_came),
    cmocka_unit_test(posts_come_in_the_next_round),
    cmocka_unit_test(posts_from_other_threads_all_arrive),
    cmocka_unit_test(watches_are_level_triggered),
    cmocka_unit_test(the_flags_of_a_watched_descriptor_stay),
    cmocka_unit_test(an_error_makes_both_ready),
    cmocka_unit_test(a_number_used_again_is_another_watch),
    cmocka_unit_test(what_cannot_be_watched_is_said),
    cmocka_unit_test(work_runs_elsewhere_and_is_done_here),
    cmocka_unit_test(canceled_work_is_done_once_and_did_not_run),
    cmocka_unit_test(freeing_the_loop_waits_for_work),
    cmocka_unit_test(signals_come_on_the_loop),
    cmocka_unit_test(a_host_can_sleep_on_the_descriptor),
};
const size_t loop_tests_n = sizeof loop_tests / sizeof *loop_tests;
