/*
 * sqlite_db.h - one SQLite connection, shared by the files of this backend: sqlite_open.c makes and
 * opens, sqlite_statement.c has the SQL, sqlite_write.c writes, sqlite_read.c reads. Their `err` is
 * never NULL.
 */
#ifndef LOG_SQLITE_DB_H
#define LOG_SQLITE_DB_H

#include <sqlite3.h>

#include "log/store.h"

enum { SCHEMA_VERSION = 1, APPLICATION_ID = 0x7265696e }; /* "rein" */

/* Statements are prepared at first use and kept. */
enum sqlite_statement {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_CREATE,
    STMT_CLAIM,
    STMT_APPEND,
    STMT_SAME,
    STMT_ADVANCE,
    STMT_HAS_BLOB,
    STMT_KEEP_BLOB,
    STMT_USE_BLOB,
    STMT_SESSION,
    STMT_EVENTS,
    STMT_BLOB,
    STMT_BLOBS,
    STMT_LIST,
    STMT_ROW,
    STMT_FIND,
    STMT_COUNT
};

struct store_db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[STMT_COUNT];
    char *path;    /* of the database, for messages */
    int lock;      /* of the lock file; -1 for a reader */
    int wal_pages; /* in the WAL after the last commit */
    int tidied;    /* how many of them are in the database already */
};

rein_status sqlite_open(const char *folder, enum store_use use, struct store_db **out,
                        struct error *err);
void sqlite_close(struct store_db *db);

/* What SQLite's code means for us, as an error: `what` was not done. */
rein_status sqlite_failed(struct store_db *db, int code, struct error *err, const char *what);

/* The statement, reset and ready to bind; NULL with an error. */
sqlite3_stmt *sqlite_use(struct store_db *db, enum sqlite_statement which, struct error *err);

/* Run a statement that gives no rows; resets it. */
rein_status sqlite_run(struct store_db *db, sqlite3_stmt *s, struct error *err, const char *what);

/* Bind and read what SQLite has no type for. */
static inline void sqlite_bind_id(sqlite3_stmt *s, int at, const struct id *id)
{
    sqlite3_bind_blob(s, at, id->b, sizeof id->b, SQLITE_STATIC);
}
static inline void sqlite_bind_digest(sqlite3_stmt *s, int at, const struct digest *d)
{
    sqlite3_bind_blob(s, at, d->b, sizeof d->b, SQLITE_STATIC);
}
static inline void sqlite_bind_str(sqlite3_stmt *s, int at, str text)
{
    sqlite3_bind_text64(s, at, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}
/* `n` bytes of a column; false when it has another size. NULL gives zeros. */
bool sqlite_bytes(sqlite3_stmt *s, int column, void *out, size_t n);
str sqlite_text(sqlite3_stmt *s, int column);

/* The calls of store_ops. */
rein_status sqlite_begin(struct store_db *db, struct error *err);
rein_status sqlite_commit(struct store_db *db, struct error *err);
void sqlite_rollback(struct store_db *db);
rein_status sqlite_create(struct store_db *db, struct id session, str folder, int64_t at,
                          const struct store_owner *owner, int64_t *n, struct error *err);
rein_status sqlite_claim(struct store_db *db, int64_t n, uint64_t epoch,
                         const struct store_owner *owner, struct error *err);
rein_status sqlite_append(struct store_db *db, int64_t n, const struct event *ev,
                          struct error *err);
rein_status sqlite_advance(struct store_db *db, const struct store_advance *a, struct error *err);
bool sqlite_has_blob(struct store_db *db, struct digest sha);
rein_status sqlite_keep_blob(struct store_db *db, int64_t n, uint64_t seq,
                             const struct packed_blob *blob, struct error *err);
void sqlite_tidy(struct store_db *db, bool idle, bool *left);

rein_status sqlite_session(struct store_db *db, struct id session, struct store_session *out,
                           struct error *err);
rein_status sqlite_events(struct store_db *db, int64_t n, uint64_t from, uint64_t to, int limit,
                          store_event_fn *fn, void *data, struct error *err);
rein_status sqlite_blob(struct store_db *db, struct digest sha, struct packed_blob *out,
                        struct arena *a, struct error *err);
rein_status sqlite_blobs(struct store_db *db, int64_t n, store_blob_fn *fn, void *data,
                         struct error *err);
rein_status sqlite_list(struct store_db *db, str folder, store_list_fn *fn, void *data,
                        struct error *err);
rein_status sqlite_row(struct store_db *db, struct id session, store_list_fn *fn, void *data,
                       struct error *err);
rein_status sqlite_find(struct store_db *db, struct id low, struct id high, struct id *out,
                        size_t room, size_t *n, struct error *err);

#endif
