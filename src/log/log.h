/*
 * log.h - the append-only record of one session, and the store that holds many.
 *
 * The log is the only truth about a session; all else is a view computed from it. Events are
 * numbered from 1 without gaps and never change. A store is a database that several processes share;
 * a session is written by one process at a time, the one whose `struct log` claimed it. Used from
 * the loop's thread; the writing happens on another, which commits groups over all sessions.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "base/buf.h"
#include "event/event.h"
#include "platform/loop.h"

struct store;
struct log;

struct store_options {
    const char *folder; /* holds rein.db, lock, blobs/; made with mode 0700 when missing */
    int64_t delay_us;   /* how long an append that nobody waits for may stay; 0: 5 ms */
    bool read_only;     /* never writes, never makes anything; REIN_NOT_FOUND when missing */
};

/* Open or make the store. Errors say what is wrong with which file and what to do: a network file
 * system, a newer schema, a damaged header, a folder that is not ours. */
rein_status store_open(struct loop *loop, const struct store_options *options, struct store **out,
                       struct error *err);

/* Commit what is queued and end the writer. Logs of it must be closed before. */
void store_close(struct store *store);

/* What is wrong since a write failed: nothing is acknowledged any more. REIN_OK while all is well. */
rein_status store_failure(const struct store *store, struct error *err);

/* Durable commits that this process made since it opened the store; for tests and doctor. */
uint64_t store_commits(const struct store *store);

/* ---- one session ---------------------------------------------------------------------------- */

/* Make a session. Only queues: row, lock and first events are one transaction. `folder` is where its
 * agent works. REIN_CONFLICT, at the first stored callback's time, when the id exists. */
rein_status log_new(struct store *store, struct id session, str folder, struct log **out,
                    struct error *err);

/* Claim an existing session for this process. REIN_NOT_FOUND; REIN_CONFLICT names the owner's
 * process and host. */
rein_status log_open(struct store *store, struct id session, struct log **out, struct error *err);

/* Commit what is queued and give the session up. */
void log_close(struct log *log);

typedef void log_stored_fn(void *data, uint64_t seq);
typedef void log_failed_fn(void *data, const struct error *err);

/* Hear, on the loop: every event up to `seq` is durable (in order, once a group); the log failed,
 * nothing of what was not acknowledged may be acted on, and the session must be read again. */
void log_listen(struct log *log, log_stored_fn *stored, log_failed_fn *failed, void *data);

/* Number `evs`, which belong together, and queue them as one transaction. Given: type, payload,
 * cause, thread; id where it is not zero (a block's id is made when it begins). Filled in: seq, id,
 * at, version, name, salt. Payloads are borrowed for the call. Durable when someone waits
 * (log_want), else after the store's delay. Fails only when the log has failed before. */
rein_status log_append(struct log *log, struct event *evs, size_t n, struct error *err);

/* Something waits for `seq`: commit now. */
void log_want(struct log *log, uint64_t seq);

uint64_t log_head(const struct log *log);   /* the last number given */
uint64_t log_stored(const struct log *log); /* the last durable one */
struct id log_session(const struct log *log);

/* Content stored once by its SHA-256; durable with the next append at the latest. The bytes are
 * copied. */
rein_status log_blob(struct log *log, str bytes, struct digest *out, struct error *err);

/* What lists show of the session, written with the next commit; NULL or negative: as it was. A
 * projection: rebuilt from the events when lost. */
struct log_summary {
    const char *title, *status, *model;
    double cost_usd; /* negative: as it was */
};
void log_summarise(struct log *log, const struct log_summary *summary);

/* ---- reading (any session, also one that another process writes) ------------------------------ */

typedef bool log_read_fn(void *data, const struct event *ev); /* false stops */

/* The stored events from..to (0: the last) of a session in order; leaf and chain are checked on the
 * way (the chain from `from` - 1 on). Blocking, from a reading connection. REIN_CORRUPT names
 * session and seq; everything before it was delivered. */
rein_status store_read(struct store *store, struct id session, uint64_t from, uint64_t to,
                       log_read_fn *fn, void *data, struct error *err);

rein_status store_blob(struct store *store, struct digest sha, struct buf *out, struct error *err);

struct session_row {
    struct id id;
    str folder, title, status, model;
    uint64_t head;
    int64_t created, updated; /* microseconds */
    double cost_usd;
};
typedef bool store_list_fn(void *data, const struct session_row *row);

/* Newest first; `folder` empty: all. */
rein_status store_list(struct store *store, str folder, store_list_fn *fn, void *data,
                       struct error *err);

/* The session of a whole id in either form or a unique prefix of a UUID (at least 4 characters).
 * REIN_NOT_FOUND; REIN_INVALID names two when the prefix fits several. */
rein_status store_find(struct store *store, str text, struct id *out, struct error *err);

/* Every number, leaf, hash and referenced blob of a session. */
rein_status store_verify(struct store *store, struct id session, uint64_t *events,
                         struct error *err);

/* One portable JSONL file; docs/log.md has the format. */
typedef void store_write_fn(void *data, const char *bytes, size_t n);
rein_status store_export(struct store *store, struct id session, store_write_fn *write, void *data,
                         struct error *err);

#endif
