/*
 * sqlite_read.c - the readers' half, and the backend's table of calls.
 */
#include <string.h>

#include "log/lock.h"
#include "log/sqlite_db.h"

bool sqlite_bytes(sqlite3_stmt *s, int column, void *out, size_t n)
{
    const void *bytes = sqlite3_column_blob(s, column);

    memset(out, 0, n);
    if (!bytes)
        return true;
    if ((size_t)sqlite3_column_bytes(s, column) != n)
        return false;
    memcpy(out, bytes, n);
    return true;
}

str sqlite_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return str_make(text, text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

/* End a walk over rows: `code` is the last step's, or SQLITE_DONE when the caller had enough. */
static rein_status end_rows(struct store_db *db, sqlite3_stmt *s, int code, struct error *err)
{
    rein_status status = REIN_OK;

    if (code != SQLITE_DONE && code != SQLITE_ROW)
        status = sqlite_failed(db, code, err, "read the store");
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}

/* ---- sessions ------------------------------------------------------------------------------- */

rein_status sqlite_session(struct store_db *db, struct id session, struct store_session *out,
                           struct error *err)
{
    char uuid[ID_UUID_SIZE];
    sqlite3_stmt *s = sqlite_use(db, STMT_SESSION, err);
    rein_status status = REIN_OK;
    int code;

    if (!s)
        return err->status;
    id_uuid(session, uuid);
    memset(out, 0, sizeof *out);
    sqlite_bind_id(s, 1, &session);
    code = sqlite3_step(s);
    if (code == SQLITE_DONE)
        status = fail(err, REIN_NOT_FOUND, "there is no session %s", uuid);
    if (code == SQLITE_ROW) {
        str host = sqlite_text(s, 4);
        out->n = sqlite3_column_int64(s, 0);
        out->head = (uint64_t)sqlite3_column_int64(s, 1);
        out->epoch = (uint64_t)sqlite3_column_int64(s, 2);
        out->owner.pid = sqlite3_column_int64(s, 3);
        memcpy(out->owner.host, host.p ? host.p : "",
               host.n < sizeof out->owner.host ? host.n : sizeof out->owner.host - 1);
        sqlite_bytes(s, 5, out->hash.b, sizeof out->hash.b);
        out->last = (uint64_t)sqlite3_column_int64(s, 6);
    }
    rein_status ended = end_rows(db, s, code, err);
    return ended != REIN_OK ? ended : status;
}

static void row_of(sqlite3_stmt *s, struct session_row *row)
{
    sqlite_bytes(s, 0, row->id.b, sizeof row->id.b);
    row->folder = sqlite_text(s, 1);
    row->title = sqlite_text(s, 2);
    row->status = sqlite_text(s, 3);
    row->model = sqlite_text(s, 4);
    row->head = (uint64_t)sqlite3_column_int64(s, 5);
    row->created = sqlite3_column_int64(s, 6);
    row->updated = sqlite3_column_int64(s, 7);
    row->cost_usd = sqlite3_column_double(s, 8);
}

static rein_status give_rows(struct store_db *db, sqlite3_stmt *s, store_list_fn *fn, void *data,
                             struct error *err)
{
    int code;

    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct session_row row;
        row_of(s, &row);
        if (!fn(data, &row))
            break;
    }
    return end_rows(db, s, code, err);
}

rein_status sqlite_list(struct store_db *db, str folder, store_list_fn *fn, void *data,
                        struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_LIST, err);

    if (!s)
        return err->status;
    sqlite_bind_str(s, 1, folder.p ? folder : S(""));
    return give_rows(db, s, fn, data, err);
}

rein_status sqlite_row(struct store_db *db, struct id session, store_list_fn *fn, void *data,
                       struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_ROW, err);

    if (!s)
        return err->status;
    sqlite_bind_id(s, 1, &session);
    return give_rows(db, s, fn, data, err);
}

rein_status sqlite_find(struct store_db *db, struct id low, struct id high, struct id *out,
                        size_t room, size_t *n, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_FIND, err);
    int code = SQLITE_DONE;

    if (!s)
        return err->status;
    sqlite_bind_id(s, 1, &low);
    sqlite_bind_id(s, 2, &high);
    sqlite3_bind_int64(s, 3, (int64_t)room);
    for (*n = 0; *n < room && (code = sqlite3_step(s)) == SQLITE_ROW; ++*n)
        sqlite_bytes(s, 0, out[*n].b, sizeof out[*n].b);
    return end_rows(db, s, code, err);
}

/* ---- events --------------------------------------------------------------------------------- */

/* False when a column has a shape that no event of ours has. */
static bool event_of(sqlite3_stmt *s, struct event *ev)
{
    memset(ev, 0, sizeof *ev);
    ev->seq = (uint64_t)sqlite3_column_int64(s, 0);
    ev->name = sqlite_text(s, 3);
    ev->type = event_type_of(ev->name);
    ev->version = (uint32_t)sqlite3_column_int64(s, 4);
    ev->at = sqlite3_column_int64(s, 5);
    ev->cause = (uint64_t)sqlite3_column_int64(s, 6);
    ev->payload = sqlite_text(s, 7);
    return ev->name.p && sqlite_bytes(s, 1, ev->id.b, sizeof ev->id.b) &&
           sqlite_bytes(s, 2, ev->thread.b, sizeof ev->thread.b) &&
           sqlite_bytes(s, 8, ev->salt, sizeof ev->salt) &&
           sqlite_bytes(s, 9, ev->leaf.b, sizeof ev->leaf.b) &&
           sqlite_bytes(s, 10, ev->hash.b, sizeof ev->hash.b);
}

rein_status sqlite_events(struct store_db *db, int64_t n, uint64_t from, uint64_t to, int limit,
                          store_event_fn *fn, void *data, struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_EVENTS, err);
    rein_status status = REIN_OK;
    int code = SQLITE_DONE;

    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, n);
    sqlite3_bind_int64(s, 2, (int64_t)from);
    sqlite3_bind_int64(s, 3, (int64_t)to);
    sqlite3_bind_int(s, 4, limit);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct event ev;
        if (!event_of(s, &ev)) {
            status = fail(err, REIN_CORRUPT, "event %llu is damaged", (unsigned long long)ev.seq);
            break;
        }
        if (!fn(data, &ev))
            break;
    }
    rein_status ended = end_rows(db, s, code, err);
    return ended != REIN_OK ? ended : status;
}

/* ---- blobs ---------------------------------------------------------------------------------- */

rein_status sqlite_blob(struct store_db *db, struct digest sha, struct packed_blob *out,
                        struct arena *a, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    sqlite3_stmt *s = sqlite_use(db, STMT_BLOB, err);
    int code;

    if (!s)
        return err->status;
    digest_hex(sha, hex);
    sqlite_bind_digest(s, 1, &sha);
    code = sqlite3_step(s);
    *out = (struct packed_blob){.sha = sha};
    if (code == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(s, 1);
        out->size = (uint64_t)sqlite3_column_int64(s, 0);
        if (data)
            out->data = arena_str(a, str_make(data, (size_t)sqlite3_column_bytes(s, 1)));
    }
    rein_status status = end_rows(db, s, code, err);
    if (status == REIN_OK && code == SQLITE_DONE)
        return fail(err, REIN_NOT_FOUND, "the store has no content %s", hex);
    return status;
}

rein_status sqlite_blobs(struct store_db *db, int64_t n, store_blob_fn *fn, void *data,
                         struct error *err)
{
    sqlite3_stmt *s = sqlite_use(db, STMT_BLOBS, err);
    int code = SQLITE_DONE;

    if (!s)
        return err->status;
    sqlite3_bind_int64(s, 1, n);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct digest sha;
        if (sqlite_bytes(s, 0, sha.b, sizeof sha.b) && !fn(data, sha))
            break;
    }
    return end_rows(db, s, code, err);
}

/* ---- the backend ---------------------------------------------------------------------------- */

static rein_status hold(struct store_db *db, int64_t n, struct error *err)
{
    return lock_session(db->lock, n, err);
}

static void release(struct store_db *db, int64_t n) { unlock_session(db->lock, n); }

const struct store_ops store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .create = sqlite_create,
    .claim = sqlite_claim,
    .append = sqlite_append,
    .advance = sqlite_advance,
    .has_blob = sqlite_has_blob,
    .keep_blob = sqlite_keep_blob,
    .tidy = sqlite_tidy,
    .hold = hold,
    .release = release,
    .session = sqlite_session,
    .events = sqlite_events,
    .blob = sqlite_blob,
    .blobs = sqlite_blobs,
    .list = sqlite_list,
    .row = sqlite_row,
    .find = sqlite_find,
};
