/*
 * writer.h - the thread that writes: one a store, one transaction a group, over all sessions of the
 * process.
 *
 * The loop's thread puts units into a queue and goes on; the writer takes all that is there, makes
 * it durable with one sync, and tells the loop by one post. It starts when somebody waits for an
 * event, else when the oldest unit has been there for the store's delay: a timer of the loop wakes
 * it then, so that an append that will be waited for soon wakes nobody. A failure of the store is
 * final: what was not acknowledged never will be. A failure of one session (somebody else wrote it)
 * ends that log; the rest of its group is written again without it.
 */
#ifndef LOG_WRITER_H
#define LOG_WRITER_H

#include <pthread.h>

#include "log/store.h"

enum unit_kind {
    UNIT_EVENTS,
    UNIT_BLOB,
    UNIT_CLAIM /* nothing but the session's row */
};

/* What is written together; a single allocation with its bytes behind it. */
struct unit {
    struct list link;
    struct log *log;
    enum unit_kind kind;
    int64_t due;  /* monotonic; written then, also when nobody waits */
    size_t size;  /* of the allocation, for the queue's bound */
    uint64_t seq; /* the last event's, or the first that may name the blob */
    struct event *events;
    size_t n;
    str bytes; /* a blob's content */
    struct packed_blob blob;
    char *packed; /* what blob.data points to */
};

/* What lists show, on its way into the session's row. */
struct summary {
    char *title, *status, *model;
    double cost_usd;
    bool any;
};

struct log {
    struct store *store;
    struct id session;
    char *folder;

    /* The loop's. */
    uint64_t head, told;
    bool failure_told;
    log_stored_fn *stored;
    log_failed_fn *failed;
    void *data;
    struct list link; /* in store->logs; changed under the store's lock */

    /* Under the store's lock. */
    uint64_t taken, durable; /* up to which event the writer took, and finished */
    size_t units;            /* queued or being written */
    struct error failure;
    struct summary summary; /* not taken yet */
    struct list news;       /* in store->news */

    /* The writer's. */
    int64_t n;                /* 0: no row yet, nor in this transaction */
    bool fresh;               /* not in the database yet */
    bool claimed, joined;     /* the row names us; part of this group */
    bool excluded;            /* failed: its units are passed over */
    uint64_t epoch, base, to; /* base: the head in the database */
    struct digest hash;       /* of the last sealed event */
    struct summary writing;
    struct list group;
};

/* The news for the loop: it outlives a store that is closed before the loop hears it. */
struct store_news {
    struct loop_post post;
    struct store *store; /* NULL: closed */
    bool posted;
};

struct store {
    const struct store_ops *ops;
    struct loop *loop;
    char *folder;
    bool read_only;
    int64_t delay; /* nanoseconds */
    struct store_owner owner;
    struct store_db *writing, *reading; /* the second is opened by who reads first */
    bool held;                          /* the loop waits for us */
    bool timed;                         /* `due` runs */
    struct timer due;                   /* the oldest unit has waited for long enough */

    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct list logs, queue, flight, news;
    size_t bytes; /* of all units */
    bool wanted, stop;
    struct store_news *tell;
    struct error failure;
    uint64_t commits;
};

/* Set up, and end: what is queued is written first. */
void writer_init(struct store *store);
void writer_stop(struct store *store);

/* A unit for the log with room for `extra` bytes behind its `n` events. */
struct unit *unit_new(struct log *log, enum unit_kind kind, size_t n, size_t extra);

/* Queue a unit, which the writer owns from now on. Waits while too much is queued. Fails when the
 * log or the store has failed; the unit is freed then. */
rein_status writer_put_take(struct store *store, struct unit *unit, struct error *err);

/* Wait until nothing of the log is queued. */
void writer_drain(struct store *store, struct log *log);

/* End one log, from the writer's thread. */
void writer_fail_log(struct log *log, const struct error *why);

/* Write what is well of `units`; from the writer's thread. A failure is the store's. `*committed`
 * tells whether there was anything to write. */
rein_status group_write(struct store *store, struct list *units, bool *committed,
                        struct error *err);

void summary_fini(struct summary *summary);

#endif
