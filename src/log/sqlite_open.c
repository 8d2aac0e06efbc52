/*
 * sqlite_open.c - making and opening the database, its schema and settings.
 *
 * A database is made under another name, closed, synced and renamed, under the write lock: so
 * "rein.db" is missing or whole, and who opens an existing one needs no lock. We never open that
 * file by ourselves: closing any descriptor of it would drop SQLite's own locks in this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "log/lock.h"
#include "log/sqlite_db.h"
#include "platform/file.h"

static const char schema[] =
    "CREATE TABLE session("
    " n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK(length(id)=16),"
    " parent INTEGER REFERENCES session(n), parent_seq INTEGER,"
    " head INTEGER NOT NULL, epoch INTEGER NOT NULL, owner_pid INTEGER, owner_host TEXT,"
    " folder TEXT NOT NULL, title TEXT, status TEXT, model TEXT,"
    " cost_usd REAL NOT NULL DEFAULT 0, created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;"
    "CREATE TABLE event("
    " n INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session(n), seq INTEGER NOT NULL,"
    " id BLOB NOT NULL, thread BLOB, type TEXT NOT NULL, v INTEGER NOT NULL, at INTEGER NOT NULL,"
    " cause INTEGER NOT NULL, payload TEXT, salt BLOB, leaf BLOB NOT NULL, hash BLOB NOT NULL,"
    " UNIQUE(session, seq), UNIQUE(id)) STRICT;"
    "CREATE TABLE blob("
    " sha BLOB PRIMARY KEY, size INTEGER NOT NULL, data BLOB) STRICT;"
    "CREATE TABLE blob_use("
    " session INTEGER NOT NULL REFERENCES session(n), sha BLOB NOT NULL REFERENCES blob(sha),"
    " seq INTEGER NOT NULL, PRIMARY KEY(session, sha)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER event_keep_1 BEFORE UPDATE ON event BEGIN"
    " SELECT RAISE(ABORT, 'events never change'); END;"
    "CREATE TRIGGER event_keep_2 BEFORE DELETE ON event BEGIN"
    " SELECT RAISE(ABORT, 'events are never removed'); END;"
    "CREATE TRIGGER session_keep_1 BEFORE UPDATE OF n, id ON session BEGIN"
    " SELECT RAISE(ABORT, 'a session keeps its id'); END;"
    "CREATE TRIGGER session_keep_2 BEFORE UPDATE ON session"
    " WHEN NEW.head < OLD.head OR NEW.epoch < OLD.epoch BEGIN"
    " SELECT RAISE(ABORT, 'head and epoch never go back'); END;"
    "CREATE TRIGGER session_keep_3 BEFORE DELETE ON session BEGIN"
    " SELECT RAISE(ABORT, 'sessions are never removed'); END;"
    "CREATE TRIGGER blob_keep BEFORE UPDATE ON blob BEGIN"
    " SELECT RAISE(ABORT, 'content never changes'); END;"
    "PRAGMA application_id=1919248750;"
    "PRAGMA user_version=1;";

static const char settings[] = "PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON;"
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA journal_size_limit=67108864;"
                               "PRAGMA secure_delete=OFF;"
                               "PRAGMA temp_store=MEMORY;";

static rein_status run_text(struct store_db *db, const char *sql, struct error *err,
                            const char *what)
{
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? REIN_OK
                             : sqlite_failed(db, sqlite3_extended_errcode(db->sqlite), err, what);
}

/* ---- the folder ----------------------------------------------------------------------------- */

/* File systems on which neither our locks nor SQLite's shared memory can be relied on. */
static const struct {
    unsigned long type;
    const char *name;
} unfit[] = {
    {0x6969, "NFS"},       {0x517b, "SMB"},        {0xff534d42, "CIFS"},   {0xfe534d42, "SMB2"},
    {0x65735546, "FUSE"},  {0x01021997, "9P"},     {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
    {0x00c36400, "Ceph"},  {0x73757245, "Coda"},   {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
    {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},   {0x564c, "NCP"},        {0x786f4256, "vboxsf"},
    {0xaad7aaea, "PanFS"}, {0x19830326, "BeeGFS"},
};

static rein_status check_folder(const char *folder, struct error *err)
{
    struct statfs fs;
    struct stat st;

    if (stat(folder, &st) < 0 || statfs(folder, &fs) < 0)
        return fail_errno(err, errno, "the store's folder '%s'", folder);
    if (!S_ISDIR(st.st_mode))
        return fail(err, REIN_INVALID, "the store's folder '%s' is a file", folder);
    if (st.st_uid != geteuid() && geteuid() != 0)
        return fail(err, REIN_DENIED, "the store's folder '%s' belongs to another user", folder);
    if (st.st_mode & S_IWOTH)
        return fail(err, REIN_DENIED,
                    "everybody may write to the store's folder '%s': chmod 700 it", folder);
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        if ((unsigned long)fs.f_type == unfit[i].type)
            return fail(err, REIN_UNSUPPORTED,
                        "the store cannot be on a %s file system ('%s'): set REIN_HOME to a folder "
                        "on a local disk",
                        unfit[i].name, folder);
    return REIN_OK;
}

/* ---- one connection ------------------------------------------------------------------------- */

/* Called by SQLite at the end of a commit, in place of its own automatic checkpoint, which would
 * run under our write lock: only counts. (PRAGMA wal_autocheckpoint would take this hook away.) */
static int on_wal(void *data, sqlite3 *sqlite, const char *name, int pages)
{
    struct store_db *db = data;

    (void)sqlite, (void)name;
    if (pages < db->wal_pages)
        db->tidied = 0; /* the WAL began anew */
    db->wal_pages = pages;
    return SQLITE_OK;
}

static rein_status connect(struct store_db *db, int flags, struct error *err, const char *what)
{
    int code = sqlite3_open_v2(db->path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return sqlite_failed(db, db->sqlite ? sqlite3_extended_errcode(db->sqlite) : code, err,
                             what);
    sqlite3_extended_result_codes(db->sqlite, 1);
    /* For checkpoints and recovery: writers wait for our lock. */
    sqlite3_busy_timeout(db->sqlite, 5000);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_wal_hook(db->sqlite, on_wal, db);
    return REIN_OK;
}

static rein_status read_number(struct store_db *db, const char *sql, int64_t *out,
                               struct error *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &s, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(s, 0);
    else
        sqlite_failed(db, code, err, "open the store");
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? REIN_OK : err->status;
}

/* Ours, and of a version that we know. */
static rein_status check_version(struct store_db *db, struct error *err)
{
    int64_t application = 0, version = 0;
    rein_status status = read_number(db, "PRAGMA application_id", &application, err);

    if (status == REIN_OK)
        status = read_number(db, "PRAGMA user_version", &version, err);
    if (status != REIN_OK)
        return status;
    if (application != APPLICATION_ID || version <= 0)
        return fail(err, REIN_INVALID, "'%s' is a database of another program", db->path);
    if (version > SCHEMA_VERSION)
        return fail(
            err, REIN_UNSUPPORTED,
            "'%s' was written by a newer rein (schema %lld, this one knows %d): update rein",
            db->path, (long long)version, SCHEMA_VERSION);
    return REIN_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

static bool is_made(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size > 0;
}

/* A log of pages that belonged to a database which is gone would be applied to the new one. */
static void forget(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char name[PATH_MAX + 16];

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static rein_status sync_path(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    rein_status status = REIN_OK;

    if (fd < 0 || fsync(fd) < 0)
        status = fail_errno(err, errno, "sync '%s'", path);
    if (fd >= 0)
        close(fd);
    return status;
}

/* No crash can leave a half-made database under its final name: nothing is synced before that. */
static rein_status fill(struct store_db *db, struct error *err)
{
    const char *what = "make the store";
    rein_status status;
    int fd = open(db->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 || fchmod(fd, 0600) < 0) /* SQLite gives its other files the mode of this one */
        status = fail_errno(err, errno, "make '%s'", db->path);
    else
        status = REIN_OK;
    if (fd >= 0)
        close(fd);
    if (status == REIN_OK)
        status = connect(db, SQLITE_OPEN_READWRITE, err, what);
    if (status == REIN_OK)
        status =
            run_text(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; BEGIN;", err, what);
    if (status == REIN_OK)
        status = run_text(db, schema, err, what);
    if (status == REIN_OK)
        status = run_text(db, "COMMIT; PRAGMA journal_mode=WAL;", err, what);
    if (db->sqlite)
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (sqlite3_close(db->sqlite) != SQLITE_OK && status == REIN_OK)
        status = fail(err, REIN_FAILED, "make the store: '%s' cannot be closed", db->path);
    db->sqlite = NULL;
    return status;
}

static rein_status make_locked(const char *folder, const char *path, struct error *err)
{
    char name[PATH_MAX + 8];
    struct store_db db = {.path = name};
    rein_status status;

    snprintf(name, sizeof name, "%s.new", path);
    forget(name); /* somebody died here: we hold the lock, so nobody is at it */
    forget(path);
    status = fill(&db, err);
    if (status == REIN_OK)
        status = sync_path(name, err);
    if (status == REIN_OK && rename(name, path) < 0)
        status = fail_errno(err, errno, "put '%s' in place", path);
    if (status == REIN_OK)
        status = sync_path(folder, err);
    if (status != REIN_OK)
        forget(name);
    return status;
}

static rein_status make(struct store_db *db, const char *folder, struct error *err)
{
    rein_status status;

    if (is_made(db->path))
        return REIN_OK;
    status = lock_writing(db->lock, err);
    if (status != REIN_OK)
        return status;
    if (!is_made(db->path)) /* nobody did while we waited */
        status = make_locked(folder, db->path, err);
    unlock_writing(db->lock);
    return status;
}

/* ---- opening -------------------------------------------------------------------------------- */

static rein_status open_database(struct store_db *db, const char *folder, enum store_use use,
                                 struct error *err)
{
    rein_status status = REIN_OK;

    if (use == STORE_WRITES) {
        status = file_make_folder(folder, 0700, err);
        if (status == REIN_OK)
            status = check_folder(folder, err);
        if (status == REIN_OK)
            status = lock_open(folder, &db->lock, err);
        if (status == REIN_OK)
            status = make(db, folder, err);
    } else if (!is_made(db->path)) {
        status = fail(err, REIN_NOT_FOUND, "there is no store at '%s'", folder);
    } else {
        status = check_folder(folder, err);
    }
    if (status == REIN_OK)
        status = connect(db, use == STORE_WRITES ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY,
                         err, "open the store");
    if (status == REIN_OK)
        status = check_version(db, err);
    if (status == REIN_OK)
        status = run_text(db, settings, err, "open the store");
    /* What appends touch again are the last pages of a table and two indexes: 1 MB holds them, and a
     * long session stays within 14 MB. A reader walks in order and gains nothing by remembering. */
    if (status == REIN_OK)
        status =
            run_text(db, use == STORE_WRITES ? "PRAGMA cache_size=-1000" : "PRAGMA cache_size=-256",
                     err, "open the store");
    return status;
}

rein_status sqlite_open(const char *folder, enum store_use use, struct store_db **out,
                        struct error *err)
{
    struct store_db *db = memory_new(sizeof *db);
    struct error local;
    size_t n = strlen(folder);
    rein_status status;

    db->lock = -1;
    db->path = memory_new(n + sizeof "/rein.db");
    memcpy(db->path, folder, n);
    memcpy(db->path + n, "/rein.db", sizeof "/rein.db");
    if (n > PATH_MAX - 32)
        status = fail(&local, REIN_INVALID, "the store's path is too long");
    else
        status = open_database(db, folder, use, &local);
    if (status == REIN_OK) {
        *out = db;
        return REIN_OK;
    }
    if (err)
        *err = local;
    sqlite_close(db);
    return status;
}

void sqlite_close(struct store_db *db)
{
    if (!db)
        return;
    for (int i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->sqlite);
    if (db->lock >= 0)
        close(db->lock);
    free(db->path);
    free(db);
}
