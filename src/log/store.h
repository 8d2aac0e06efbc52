/*
 * store.h - what a backend of the log does: SQLite in store_sqlite.c; the writer, the log and the
 * readers above it know no SQL.
 *
 * A connection is used by one thread at a time: one writes, on the writer's thread; another reads,
 * on the loop's. All that happens between begin and commit is one durable transaction. The answers
 * REIN_CONFLICT and REIN_LIMIT of a writing call concern that session alone; any other failure is
 * the store's, and nothing of it may be acknowledged any more. `err` is never NULL.
 */
#ifndef LOG_STORE_H
#define LOG_STORE_H

#include "base/arena.h"
#include "log/blob.h"
#include "log/log.h"

struct store_db;

enum store_use { STORE_WRITES, STORE_READS };

/* Who is a session's brain, for the message that another one gets. */
struct store_owner {
    int64_t pid;
    char host[65];
};

/* Where a session stands: what a brain goes on from. */
struct store_session {
    int64_t n;
    uint64_t head, epoch;
    uint64_t last;      /* the last event that is there: the head, unless damaged */
    struct digest hash; /* of the head's event */
    struct store_owner owner;
};

/* The session after a group: its events are appended already. */
struct store_advance {
    int64_t n;
    uint64_t epoch, from, to; /* the head before and after */
    int64_t at;
    const char *title, *status, *model; /* NULL: as it was */
    double cost_usd;                    /* negative: as it was */
};

/* An event as a reader gets it: what is in `ev` is borrowed until the call returns. */
typedef bool store_event_fn(void *data, const struct event *ev);
typedef bool store_blob_fn(void *data, struct digest sha);

struct store_ops {
    const char *name;

    /* Open a connection; a writing one makes what is missing. */
    rein_status (*open)(const char *folder, enum store_use use, struct store_db **out,
                        struct error *err);
    void (*close)(struct store_db *db);

    /* ---- writing --------------------------------------------------------------------------- */

    rein_status (*begin)(struct store_db *db, struct error *err);
    rein_status (*commit)(struct store_db *db, struct error *err);
    void (*rollback)(struct store_db *db);

    /* A new session's row, held by this process from now on; REIN_CONFLICT when the id exists. */
    rein_status (*create)(struct store_db *db, struct id session, str folder, int64_t at,
                          const struct store_owner *owner, int64_t *n, struct error *err);
    /* Name the owner and raise the epoch from `epoch`, which nobody else may have done. */
    rein_status (*claim)(struct store_db *db, int64_t n, uint64_t epoch,
                         const struct store_owner *owner, struct error *err);
    /* A sealed event. One that is there already, the same in all, is stored: that is no failure. */
    rein_status (*append)(struct store_db *db, int64_t n, const struct event *ev,
                          struct error *err);
    rein_status (*advance)(struct store_db *db, const struct store_advance *a, struct error *err);
    bool (*has_blob)(struct store_db *db, struct digest sha);
    /* Store a blob unless it is there, and note that the session's event `seq` may name it. */
    rein_status (*keep_blob)(struct store_db *db, int64_t n, uint64_t seq,
                             const struct packed_blob *blob, struct error *err);
    /* Nothing is to be written for a while, or much was: tidy up. `*left` says whether there may be
     * more to do at the next idle time. */
    void (*tidy)(struct store_db *db, bool idle, bool *left);

    /* Be the one process that writes session n, until released; from the loop's thread. */
    rein_status (*hold)(struct store_db *db, int64_t n, struct error *err);
    void (*release)(struct store_db *db, int64_t n);

    /* ---- reading --------------------------------------------------------------------------- */

    rein_status (*session)(struct store_db *db, struct id session, struct store_session *out,
                           struct error *err);
    /* At most `limit` events from `from` on, in order. */
    rein_status (*events)(struct store_db *db, int64_t n, uint64_t from, uint64_t to, int limit,
                          store_event_fn *fn, void *data, struct error *err);
    rein_status (*blob)(struct store_db *db, struct digest sha, struct packed_blob *out,
                        struct arena *a, struct error *err);
    rein_status (*blobs)(struct store_db *db, int64_t n, store_blob_fn *fn, void *data,
                         struct error *err);
    rein_status (*list)(struct store_db *db, str folder, store_list_fn *fn, void *data,
                        struct error *err);
    /* A session's row alone. */
    rein_status (*row)(struct store_db *db, struct id session, store_list_fn *fn, void *data,
                       struct error *err);
    /* The ids from `low` to `high`, `room` at most. */
    rein_status (*find)(struct store_db *db, struct id low, struct id high, struct id *out,
                        size_t room, size_t *n, struct error *err);
};

extern const struct store_ops store_sqlite;

#endif
