/*
 * sqlite_statement.c - every statement's text, and what SQLite's answers mean for us.
 */
#include <errno.h>

#include "log/sqlite_db.h"

/* ---- errors --------------------------------------------------------------------------------- */

static bool is_full(int number) { return number == ENOSPC || number == EDQUOT || number == EFBIG; }

rein_status sqlite_failed(struct store_db *db, int code, struct error *err, const char *what)
{
    int number = db->sqlite ? sqlite3_system_errno(db->sqlite) : 0;
    const char *text = db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return fail(err, REIN_CORRUPT,
                    "%s: '%s' is damaged (%s): move it away, or restore it from a backup", what,
                    db->path, text);
    case SQLITE_FULL: return fail(err, REIN_NO_SPACE, "%s: no space left for '%s'", what, db->path);
    case SQLITE_IOERR:
        if (is_full(number))
            return fail(err, REIN_NO_SPACE, "%s: no space left for '%s'", what, db->path);
        if (code == SQLITE_IOERR_SHORT_READ)
            return fail(err, REIN_CORRUPT, "%s: '%s' is cut short", what, db->path);
        if (number)
            return fail_errno(err, number, "%s: '%s'", what, db->path);
        return fail(err, REIN_IO, "%s: '%s': %s", what, db->path, text);
    case SQLITE_CANTOPEN:
        if (number && number != ENOENT)
            return fail_errno(err, number, "%s: '%s'", what, db->path);
        return fail(err, REIN_DENIED,
                    "%s: '%s' cannot be opened: make its folder writable, or the files "
                    "rein.db-wal and rein.db-shm in it readable",
                    what, db->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fail(err, REIN_DENIED, "%s: '%s' may not be written: %s", what, db->path, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(err, REIN_IO, "%s: another program holds '%s' locked", what, db->path);
    case SQLITE_CONSTRAINT: return fail(err, REIN_CONFLICT, "%s: %s", what, text);
    case SQLITE_TOOBIG: return fail(err, REIN_LIMIT, "%s: too large for the store", what);
    default: return fail(err, REIN_FAILED, "%s: '%s': %s", what, db->path, text);
    }
}

/* ---- statements ----------------------------------------------------------------------------- */

#define ROW "SELECT id, folder, title, status, model, head, created, updated, cost_usd FROM session"

static const char *const texts[STMT_COUNT] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_CREATE] = "INSERT INTO session(id, folder, created, updated, owner_pid, owner_host, head,"
                    " epoch) VALUES(?1, ?2, ?3, ?3, ?4, ?5, 0, 1)",
    [STMT_CLAIM] = "UPDATE session SET epoch = epoch + 1, owner_pid = ?3, owner_host = ?4"
                   " WHERE n = ?1 AND epoch = ?2",
    [STMT_APPEND] = "INSERT INTO event(session, seq, id, thread, type, v, at, cause, payload, salt,"
                    " leaf, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [STMT_SAME] = "SELECT seq, hash, session FROM event WHERE id = ?1",
    [STMT_ADVANCE] = "UPDATE session SET head = ?4, updated = ?5, title = coalesce(?6, title),"
                     " status = coalesce(?7, status), model = coalesce(?8, model),"
                     " cost_usd = coalesce(?9, cost_usd)"
                     " WHERE n = ?1 AND epoch = ?2 AND head BETWEEN ?3 AND ?4",
    [STMT_HAS_BLOB] = "SELECT 1 FROM blob WHERE sha = ?1",
    [STMT_KEEP_BLOB] = "INSERT INTO blob(sha, size, data) VALUES(?1, ?2, ?3)"
                       " ON CONFLICT(sha) DO NOTHING",
    [STMT_USE_BLOB] = "INSERT INTO blob_use(session, sha, seq) VALUES(?1, ?2, ?3)"
                      " ON CONFLICT DO NOTHING",
    [STMT_SESSION] = "SELECT s.n, s.head, s.epoch, s.owner_pid, s.owner_host, e.hash,"
                     " (SELECT max(seq) FROM event WHERE session = s.n)"
                     " FROM session s LEFT JOIN event e ON e.session = s.n AND e.seq = s.head"
                     " WHERE s.id = ?1",
    [STMT_EVENTS] = "SELECT seq, id, thread, type, v, at, cause, payload, salt, leaf, hash"
                    " FROM event WHERE session = ?1 AND seq BETWEEN ?2 AND ?3"
                    " ORDER BY seq LIMIT ?4",
    [STMT_BLOB] = "SELECT size, data FROM blob WHERE sha = ?1",
    [STMT_BLOBS] = "SELECT sha FROM blob_use WHERE session = ?1 ORDER BY seq, sha",
    [STMT_ROW] = ROW " WHERE id = ?1",
    [STMT_LIST] = ROW " WHERE ?1 = '' OR folder = ?1 ORDER BY updated DESC, n DESC",
    [STMT_FIND] = "SELECT id FROM session WHERE id BETWEEN ?1 AND ?2 LIMIT ?3",
};

sqlite3_stmt *sqlite_use(struct store_db *db, enum sqlite_statement which, struct error *err)
{
    sqlite3_stmt **s = &db->statements[which];

    if (!*s) {
        int code =
            sqlite3_prepare_v3(db->sqlite, texts[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
        if (code != SQLITE_OK) {
            sqlite_failed(db, code, err, "use the store");
            return NULL;
        }
    }
    return *s;
}

/* Parameters are borrowed: they must not outlive the run, so they are cleared with it. */
rein_status sqlite_run(struct store_db *db, sqlite3_stmt *s, struct error *err, const char *what)
{
    int code = sqlite3_step(s);
    rein_status status = REIN_OK;

    if (code != SQLITE_DONE && code != SQLITE_ROW)
        status = sqlite_failed(db, code, err, what);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}
