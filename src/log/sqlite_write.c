/*
 * sqlite_write.c - the writer's half: a transaction under the write lock, and what goes into it.
 */
#include <string.h>

#include "log/lock.h"
#include "log/sqlite_db.h"

/* ---- transactions --------------------------------------------------------------------------- */

static rein_status run_plain(struct store_db *db, enum sqlite_statement which, struct error *err,
                             const char *what)
{
    struct error local;
    sqlite3_stmt *s = sqlite_use(db, which, &local);
    rein_status status = s ? sqlite_run(db, s, &local, what) : local.status;

    if (status != REIN_OK && err)
        *err = local;
    return status;
}

rein_status sqlite_begin(struct store_db *db, struct error *err)
{
    rein_status status = lock_writing(db->lock, err);

    if (status != REIN_OK)
        return status;
    status = run_plain(db, STMT_BEGIN, err, "write to the store");
    if (status != REIN_OK)
        unlock_writing(db->lock);
    return status;
}

/* After a failed commit the transaction may still be open; it is ended before others may write. */
rein_status sqlite_commit(struct store_db *db, struct error *err)
{
    rein_status status = run_plain(db, STMT_COMMIT, err, "write to the store");

    if (status != REIN_OK && !sqlite3_get_autocommit(db->sqlite))
        run_plain(db, STMT_ROLLBACK, NULL, "write to the store");
    unlock_writing(db->lock);
    return status;
}

void sqlite_rollback(struct store_db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        run_plain(db, STMT_ROLLBACK, NULL, "write to the store");
    unlock_writing(db->lock);
}

/* ---- sessions ------------------------------------------------------------------------------- */

rein_status sqlite_create(struct store_db *db, struct id session, str folder, int64_t at,
                          const struct store_owner *owner, int64_t *n, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_CREATE, err);
    rein_status status;

    if (!s)
        return err->status;
    sqlite_bind_id(s, 1, &session);
    sqlite_bind_str(s, 2, folder.p ? folder : S(""));
    sqlite3_bind_int64(s, 3, at);
    sqlite3_bind_int64(s, 4, owner->pid);
    sqlite_bind_str(s, 5, str_of(owner->host));
    status = sqlite_run(db, s, err, "make a session");
    if (status == REIN_CONFLICT)
        return fail(err, REIN_CONFLICT, "it exists already");
    if (status != REIN_OK)
        return status;
    *n = sqlite3_last_insert_rowid(db->sqlite);
    return lock_session(db->lock, *n, err);
}

rein_status sqlite_claim(struct store_db *db, int64_t n, uint64_t epoch,
                         const struct store_owner *owner, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_CLAIM, err);
    rein_status status;

    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, n);
    sqlite3_bind_int64(s, 2, (int64_t)epoch);
    sqlite3_bind_int64(s, 3, owner->pid);
    sqlite_bind_str(s, 4, str_of(owner->host));
    status = sqlite_run(db, s, err, "claim a session");
    if (status == REIN_OK && sqlite3_changes(db->sqlite) != 1)
        return fail(err, REIN_CONFLICT, "another process claimed the session");
    return status;
}

rein_status sqlite_advance(struct store_db *db, const struct store_advance *a, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_ADVANCE, err);
    rein_status status;

    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, a->n);
    sqlite3_bind_int64(s, 2, (int64_t)a->epoch);
    sqlite3_bind_int64(s, 3, (int64_t)a->from);
    sqlite3_bind_int64(s, 4, (int64_t)a->to);
    sqlite3_bind_int64(s, 5, a->at);
    if (a->title)
        sqlite_bind_str(s, 6, str_of(a->title));
    if (a->status)
        sqlite_bind_str(s, 7, str_of(a->status));
    if (a->model)
        sqlite_bind_str(s, 8, str_of(a->model));
    if (a->cost_usd >= 0)
        sqlite3_bind_double(s, 9, a->cost_usd);
    status = sqlite_run(db, s, err, "go on with a session");
    if (status == REIN_OK && sqlite3_changes(db->sqlite) != 1)
        return fail(err, REIN_CONFLICT, "another process went on with the session after event %llu",
                    (unsigned long long)a->from);
    return status;
}

/* ---- events --------------------------------------------------------------------------------- */

/* The insert met an event of this id or number: is it this very one? */
static rein_status same_or_conflict(struct store_db *db, int64_t n, const struct event *ev,
                                    struct error *err)
{
    char uuid[ID_UUID_SIZE];
    struct digest hash;
    sqlite3_stmt *s = sqlite_use(db, STMT_SAME, err);
    bool there, same;

    if (!s)
        return err->status;
    sqlite_bind_id(s, 1, &ev->id);
    there = sqlite3_step(s) == SQLITE_ROW;
    same = there && sqlite3_column_int64(s, 0) == (int64_t)ev->seq &&
           sqlite_bytes(s, 1, hash.b, sizeof hash.b) && digest_eq(hash, ev->hash) &&
           sqlite3_column_int64(s, 2) == n;
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    id_uuid(ev->id, uuid);
    if (same)
        return REIN_OK;
    if (there)
        return fail(err, REIN_CONFLICT, "an event %s is stored already, and another one", uuid);
    return fail(err, REIN_CONFLICT, "the session has an event %llu already",
                (unsigned long long)ev->seq);
}

rein_status sqlite_append(struct store_db *db, int64_t n, const struct event *ev, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_APPEND, err);
    rein_status status;

    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, n);
    sqlite3_bind_int64(s, 2, (int64_t)ev->seq);
    sqlite_bind_id(s, 3, &ev->id);
    if (!id_is_zero(ev->thread))
        sqlite_bind_id(s, 4, &ev->thread);
    sqlite_bind_str(s, 5, ev->name);
    sqlite3_bind_int64(s, 6, ev->version);
    sqlite3_bind_int64(s, 7, ev->at);
    sqlite3_bind_int64(s, 8, (int64_t)ev->cause);
    if (ev->payload.p) {
        sqlite_bind_str(s, 9, ev->payload);
        sqlite3_bind_blob(s, 10, ev->salt, sizeof ev->salt, SQLITE_STATIC);
    }
    sqlite_bind_digest(s, 11, &ev->leaf);
    sqlite_bind_digest(s, 12, &ev->hash);
    status = sqlite_run(db, s, err, "append to a session");
    return status == REIN_CONFLICT ? same_or_conflict(db, n, ev, err) : status;
}

/* ---- blobs ---------------------------------------------------------------------------------- */

bool sqlite_has_blob(struct store_db *db, struct digest sha)
{
    struct error err;
    sqlite3_stmt *s = sqlite_use(db, STMT_HAS_BLOB, &err);
    bool there;

    if (!s)
        return false;
    sqlite_bind_digest(s, 1, &sha);
    there = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return there;
}

rein_status sqlite_keep_blob(struct store_db *db, int64_t n, uint64_t seq,
                             const struct packed_blob *blob, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_KEEP_BLOB, err);
    rein_status status;

    if (!s)
        return err->status;
    sqlite_bind_digest(s, 1, &blob->sha);
    sqlite3_bind_int64(s, 2, (int64_t)blob->size);
    if (blob->data.p)
        sqlite3_bind_blob64(s, 3, blob->data.p, blob->data.n, SQLITE_STATIC);
    status = sqlite_run(db, s, err, "store content");
    if (status != REIN_OK)
        return status;
    s = sqlite_use(db, STMT_USE_BLOB, err);
    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, n);
    sqlite_bind_digest(s, 2, &blob->sha);
    sqlite3_bind_int64(s, 3, (int64_t)seq);
    return sqlite_run(db, s, err, "store content");
}

/* ---- tidying -------------------------------------------------------------------------------- */

enum { CHECKPOINT_PAGES = 1000 };

/* Pages of the WAL go to the database, without waiting for anybody: outside of the write lock, so
 * that no other process's commit waits for our syncs. What a reader still needs stays for later. */
void sqlite_tidy(struct store_db *db, bool idle, bool *left)
{
    int pages = 0, done = 0;

    if (db->wal_pages > db->tidied && (idle || db->wal_pages - db->tidied >= CHECKPOINT_PAGES) &&
        sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done) ==
            SQLITE_OK)
        db->tidied = done;
    *left = db->wal_pages > db->tidied;
}
