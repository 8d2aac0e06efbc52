/*
 * failure_test.c - disks that are full, fail or may not be written; databases that are damaged, or
 * not ours. Each says clearly what is wrong, and nothing is acknowledged that is not there.
 */
#include "raw.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- a disk that fails at the n-th write or sync -------------------------------------------- */

static struct {
    sqlite3_vfs vfs, *real;
    int writes, syncs; /* until it fails; negative: never */
    int code, number;
} disk = {.writes = -1, .syncs = -1};

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static int passes(int *left)
{
    if (*left < 0)
        return 1;
    if (*left == 0)
        return 0;
    --*left;
    return 1;
}

#define REAL(file) (((struct disk_file *)(file))->real)

static int disk_close(sqlite3_file *f) { return REAL(f)->pMethods->xClose(REAL(f)); }
static int disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return passes(&disk.writes) ? REAL(f)->pMethods->xWrite(REAL(f), p, n, at) : disk.code;
}
static int disk_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return REAL(f)->pMethods->xTruncate(REAL(f), n);
}
static int disk_sync(sqlite3_file *f, int flags)
{
    return passes(&disk.syncs) ? REAL(f)->pMethods->xSync(REAL(f), flags) : SQLITE_IOERR_FSYNC;
}
static int disk_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), n);
}
static int disk_lock(sqlite3_file *f, int l) { return REAL(f)->pMethods->xLock(REAL(f), l); }
static int disk_unlock(sqlite3_file *f, int l) { return REAL(f)->pMethods->xUnlock(REAL(f), l); }
static int disk_reserved(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int disk_control(sqlite3_file *f, int op, void *p)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, p);
}
static int disk_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int disk_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int disk_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int disk_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void disk_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int disk_unmap(sqlite3_file *f, int drop)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), drop);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_device,
    .xShmMap = disk_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct disk_file *file = (struct disk_file *)f;
    int code;

    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    code = disk.real->xOpen(disk.real, name, file->real, flags, out);
    file->base.pMethods = code == SQLITE_OK ? &disk_methods : NULL;
    return code;
}

static void disk_install(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "failing";
    disk.vfs.szOsFile += (int)sizeof(struct disk_file);
    disk.vfs.xOpen = disk_open;
    disk.vfs.pNext = NULL;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

static void disk_remove(void)
{
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
}

/* At every write and sync of a few appends in turn: what was told stored is there, the rest failed
 * with its cause, and the store says so until it is opened again. */
static void sweep(int *counter, int code, rein_status wanted)
{
    for (int k = 0; k < 200; k++) {
        struct fixture f;
        struct error err = {0};
        uint64_t events;
        fixture_init(&f);
        struct id id = id_new();
        struct log *log = fixture_session(&f, id);
        wait_for(&f, log, put(log, 2));
        disk.code = code;
        *counter = k;
        for (int i = 0; i < 4 && f.failed.status == REIN_OK; i++)
            wait_for(&f, log, put(log, 3));
        bool failed = f.failed.status != REIN_OK;
        if (failed) {
            struct event ev = {.type = EV_USER_MESSAGE, .payload = S("{}")};
            assert_int_equal(f.failed.status, wanted);
            assert_int_equal(log_append(log, &ev, 1, &err), wanted);
            assert_int_equal(store_failure(f.store, &err), wanted);
            assert_non_null(strstr(err.text, f.folder));
        }
        *counter = -1;
        log_close(log);
        fixture_close(&f);
        fixture_open(&f);
        assert_ok(store_verify(f.store, id, &events, &err), err);
        assert_true(events >= f.stored);
        assert_true(events <= f.stored + 3);
        fixture_fini(&f);
        if (!failed) { /* the disk lasted for all of it */
            assert_true(k > 3);
            return;
        }
    }
    test_fail("it never got through");
}

static void a_full_disk_is_said_and_nothing_acknowledged(void **state)
{
    (void)state;
    disk_install();
    sweep(&disk.writes, SQLITE_FULL, REIN_NO_SPACE);
    disk_remove();
}

static void a_failed_write_ends_the_store(void **state)
{
    (void)state;
    disk_install();
    sweep(&disk.writes, SQLITE_IOERR_WRITE, REIN_IO);
    disk_remove();
}

static void a_failed_sync_ends_the_store(void **state)
{
    (void)state;
    disk_install();
    sweep(&disk.syncs, 0, REIN_IO);
    disk_remove();
}

/* A session that was never stored is nobody's: its row's number can be held by another. */
static void a_failed_session_holds_no_lock(void **state)
{
    (void)state;
    struct fixture f, g = {.loop = NULL};
    disk_install();
    fixture_init(&f);
    struct log *log = fixture_session(&f, id_new()), *other;

    disk.syncs = 0;
    wait_for(&f, log, put(log, 1));
    disk.syncs = -1;
    assert_int_equal(f.failed.status, REIN_IO);
    memcpy(g.folder, f.folder, sizeof g.folder);
    fixture_open(&g);
    other = fixture_session(&g, id_new());
    wait_for(&g, other, put(other, 1));
    assert_int_equal(g.stored, 1);
    log_close(other);
    fixture_close(&g);
    log_close(log);
    fixture_fini(&f);
    disk_remove();
}

/* The real thing: the kernel refuses to let the files grow. */
static int with_small_files(struct fixture *f, struct id id)
{
    struct error err = {0};
    struct rlimit limit = {.rlim_cur = 200000, .rlim_max = 200000};
    struct store_options options = {.folder = f->folder};
    struct log *log;
    struct digest sha;
    char *large = calloc(1, 500000);

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    random_bytes(large, 500000);
    if (loop_new(&f->loop, &err) || store_open(f->loop, &options, &f->store, &err) ||
        log_open(f->store, id, &log, &err))
        return 1;
    log_listen(log, on_stored, on_failed, f);
    if (log_blob(log, str_make(large, 500000), &sha, &err))
        return 2;
    struct event ev = {.type = EV_USER_MESSAGE, .payload = S("{}")};
    if (log_append(log, &ev, 1, &err))
        return 3;
    log_want(log, log_head(log));
    while (f->failed.status == REIN_OK && f->stored == 0)
        loop_turn(f->loop, -1);
    return f->failed.status == REIN_NO_SPACE && strstr(f->failed.text, f->folder) ? 0 : 4;
}

static void files_that_may_not_grow_are_no_space(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    uint64_t events;
    int status;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    put(log, 1);
    log_close(log);
    fixture_close(&f);

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(with_small_files(&f, id));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fixture_open(&f);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, 1);
    fixture_fini(&f);
}

/* ---- what may not be written or is not there ------------------------------------------------ */

static void a_missing_store_is_not_made_by_a_reader(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    char path[200];
    fixture_folder(&f);
    snprintf(path, sizeof path, "%s/none", f.folder);
    struct store_options options = {.folder = path, .read_only = true};

    assert_ok(loop_new(&f.loop, &err), err);
    assert_int_equal(store_open(f.loop, &options, &f.store, &err), REIN_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(access(path, F_OK), -1);
    f.store = NULL;
    fixture_fini(&f);
}

static void a_reader_writes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct log *log;
    uint64_t events;
    fixture_init(&f);
    struct id id = id_new();
    put(log = fixture_session(&f, id), 3);
    log_close(log);
    fixture_close(&f);

    struct store_options options = {.folder = f.folder, .read_only = true};
    assert_ok(loop_new(&f.loop, &err), err);
    assert_ok(store_open(f.loop, &options, &f.store, &err), err);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, 3);
    assert_int_equal(log_new(f.store, id_new(), S("/"), &log, &err), REIN_DENIED);
    assert_int_equal(log_open(f.store, id, &log, &err), REIN_DENIED);
    fixture_fini(&f);
}

/* As another user, since root may write everywhere. */
static int open_as_nobody(struct fixture *f, bool read_only, rein_status wanted)
{
    struct error err = {0};
    struct store_options options = {.folder = f->folder, .read_only = read_only};

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    if (loop_new(&f->loop, &err) != REIN_OK)
        return 2;
    rein_status status = store_open(f->loop, &options, &f->store, &err);
    if (status != wanted || !strstr(err.text, f->folder)) {
        fprintf(stderr, "child: %s: %s\n", status_name(status), err.text);
        return 3;
    }
    return 0;
}

/* Reads a store whose files and folder may not be written. */
static int read_as_nobody(struct fixture *f, struct id id)
{
    struct error err = {0};
    struct store_options options = {.folder = f->folder, .read_only = true};
    uint64_t events = 0;

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    if (loop_new(&f->loop, &err) || store_open(f->loop, &options, &f->store, &err) ||
        store_verify(f->store, id, &events, &err)) {
        fprintf(stderr, "child: %s\n", err.text);
        return 2;
    }
    return events == 3 ? 0 : 3;
}

static void check_as_nobody(struct fixture *f, bool read_only, rein_status wanted)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(open_as_nobody(f, read_only, wanted));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_folder_that_is_not_ours_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct log *log;
    fixture_init(&f);
    put(log = fixture_session(&f, id_new()), 3);
    log_close(log);
    fixture_close(&f);

    assert_int_equal(chmod(f.folder, 0755), 0);
    if (geteuid() == 0)
        check_as_nobody(&f, false, REIN_DENIED);
    assert_int_equal(chmod(f.folder, 0777), 0);
    struct error err = {0};
    assert_int_equal(fixture_try(&f, &err), REIN_DENIED);
    assert_non_null(strstr(err.text, "chmod 700"));
    f.store = NULL;
    assert_int_equal(chmod(f.folder, 0700), 0);
    fixture_open(&f);
    fixture_fini(&f);
}

static void a_folder_that_may_not_be_written_is_said(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    fixture_folder(&f);

    if (geteuid() == 0)
        assert_int_equal(chown(f.folder, 65534, 65534), 0);
    assert_int_equal(chmod(f.folder, 0500), 0);
    check_as_nobody(&f, false, REIN_DENIED);
    check_as_nobody(&f, true, REIN_NOT_FOUND);
    assert_int_equal(chmod(f.folder, 0700), 0);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* A copy on a medium that cannot be written, with all its files and without one. */
static void a_store_is_read_where_nothing_may_be_written(void **state)
{
    (void)state;
    static const char *const files[] = {"rein.db", "rein.db-wal", "rein.db-shm", "lock"};
    struct fixture f;
    struct error err = {0};
    char path[256];
    int status;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    put(log, 3);
    log_close(log);
    fixture_close(&f);

    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", f.folder, files[i]);
        assert_int_equal(chmod(path, 0400), 0);
        if (geteuid() == 0)
            assert_int_equal(chown(path, 65534, 65534), 0);
    }
    if (geteuid() == 0)
        assert_int_equal(chown(f.folder, 65534, 65534), 0);
    assert_int_equal(chmod(f.folder, 0500), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(read_as_nobody(&f, id));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    check_as_nobody(&f, false, REIN_DENIED);
    assert_int_equal(chmod(f.folder, 0700), 0);
    snprintf(path, sizeof path, "%s/rein.db-shm", f.folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(f.folder, 0500), 0);
    check_as_nobody(&f, true, REIN_DENIED);
    assert_int_equal(chmod(f.folder, 0700), 0);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

static void a_file_in_the_folders_place_is_said(void **state)
{
    (void)state;
    struct fixture f, g;
    struct error err = {0};
    fixture_folder(&f);
    g = f;
    strcat(g.folder, "/file");
    write_at(g.folder, 0, "x", 1);

    assert_int_equal(fixture_try(&g, &err), REIN_INVALID);
    assert_non_null(strstr(err.text, g.folder));
    loop_free(g.loop);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* ---- damaged -------------------------------------------------------------------------------- */

static void the_database(const struct fixture *f, char path[256])
{
    snprintf(path, 256, "%s/rein.db", f->folder);
}

/* A closed store of one session whose pages are all in the database. */
static struct id make_settled(struct fixture *f, int appends)
{
    struct id id = id_new();
    fixture_init(f);
    struct log *log = fixture_session(f, id);

    for (int i = 0; i < appends; i++)
        put(log, 50);
    log_close(log);
    fixture_close(f);
    raw(f, "PRAGMA wal_checkpoint(TRUNCATE)");
    return id;
}

static void a_broken_database_is_said(void **state)
{
    (void)state;
    static char garbage[8192];
    static const struct {
        off_t at, cut; /* cut: the new length, or -1 */
        size_t n;
        rein_status status;
        const char *says;
    } cases[] = {
        {0, -1, 8192, REIN_CORRUPT, "move it away"},  {0, -1, 16, REIN_CORRUPT, "move it away"},
        {100, -1, 300, REIN_CORRUPT, "move it away"}, {0, 100, 0, REIN_CORRUPT, "move it away"},
        {0, 3000, 0, REIN_CORRUPT, "move it away"},
    };

    memset(garbage, 0x5a, sizeof garbage);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct error err = {0};
        struct log *log;
        char path[256];
        struct id id = make_settled(&f, 4);
        the_database(&f, path);
        if (cases[i].n)
            write_at(path, cases[i].at, garbage, cases[i].n);
        if (cases[i].cut >= 0)
            assert_int_equal(truncate(path, cases[i].cut), 0);
        rein_status status = fixture_try(&f, &err);
        if (status == REIN_OK)
            status = log_open(f.store, id, &log, &err);
        else
            f.store = NULL;
        if (status != cases[i].status || !strstr(err.text, cases[i].says) ||
            !strstr(err.text, path))
            test_fail("case %zu: %s: %s", i, status_name(status), err.text);
        fixture_fini(&f);
    }
}

/* A flipped bit anywhere is harmless or found; it never crashes and never gives another content. */
static void flipped_bits_are_harmless_or_found(void **state)
{
    (void)state;
    struct fixture f;
    char path[256];
    struct id id = make_settled(&f, 1);
    static char bytes[1 << 20];
    int found = 0;
    the_database(&f, path);
    size_t n = file_bytes(path, bytes, sizeof bytes);
    size_t step = getenv("REIN_SOAK") ? 1 : 1499; /* in bits; odd, so that all eight come */

    for (size_t bit = 0; bit < 8 * n; bit += step) {
        struct error err = {0};
        uint64_t events = 0;
        size_t at = bit / 8;
        char flipped = (char)(bytes[at] ^ (1 << bit % 8));
        write_at(path, (off_t)at, &flipped, 1);
        rein_status status = fixture_try(&f, &err);
        if (status == REIN_OK)
            status = store_verify(f.store, id, &events, &err);
        else
            f.store = NULL;
        if (status == REIN_OK && events != 50)
            test_fail("bit %zu: %d events", bit, (int)events);
        if (status != REIN_OK)
            assert_true(strlen(err.text) > 10);
        found += status != REIN_OK;
        fixture_close(&f);
        write_at(path, (off_t)at, &bytes[at], 1);
    }
    assert_true(found > 10);
    fixture_open(&f);
    fixture_fini(&f);
}

static void other_databases_are_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        rein_status status;
        const char *says;
    } cases[] = {
        {"PRAGMA application_id = 1", REIN_INVALID, "another program"},
        {"PRAGMA user_version = 0", REIN_INVALID, "another program"},
        {"PRAGMA user_version = 2", REIN_UNSUPPORTED, "newer rein"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct error err = {0};
        make_settled(&f, 1);
        raw(&f, cases[i].sql);
        assert_int_equal(fixture_try(&f, &err), cases[i].status);
        if (!strstr(err.text, cases[i].says))
            test_fail("%s: %s", cases[i].sql, err.text);
        f.store = NULL;
        fixture_fini(&f);
    }
}

/* The database was removed by hand and its WAL left: nothing of it enters the new one. */
static void a_left_over_wal_is_not_applied(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct log *log;
    char path[256];
    int n = 0;
    fixture_init(&f);
    struct id id = id_new();
    put(log = fixture_session(&f, id), 3);
    log_close(log);
    fixture_close(&f);

    the_database(&f, path);
    assert_int_equal(unlink(path), 0);
    fixture_open(&f);
    assert_int_equal(store_read(f.store, id, 1, 0, count_events, &n, &err), REIN_NOT_FOUND);
    f.stored = 0;
    log = fixture_session(&f, id);
    wait_for(&f, log, put(log, 1));
    log_close(log);
    fixture_fini(&f);
}

/* The WAL does not grow with the number of commits: it is written back and used again. */
static void the_wal_stays_small(void **state)
{
    (void)state;
    struct fixture f;
    char path[256];
    struct stat st;
    struct error err = {0};
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    uint64_t events;

    char *large = memset(malloc(800000), '1', 800000);
    for (int i = 0; i < 30; i++) { /* of 200 pages each */
        struct event ev = {.type = EV_USER_MESSAGE, .payload = str_make(large, 800000)};
        assert_ok(log_append(log, &ev, 1, &err), err);
        wait_for(&f, log, ev.seq);
    }
    free(large);
    log_close(log);
    snprintf(path, sizeof path, "%s/rein.db-wal", f.folder);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 6 << 20);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, 30);
    fixture_fini(&f);
}

const struct CMUnitTest failure_tests[] = {
    cmocka_unit_test(a_full_disk_is_said_and_nothing_acknowledged),
    cmocka_unit_test(a_failed_write_ends_the_store),
    cmocka_unit_test(a_failed_sync_ends_the_store),
    cmocka_unit_test(a_failed_session_holds_no_lock),
    cmocka_unit_test(files_that_may_not_grow_are_no_space),
    cmocka_unit_test(a_missing_store_is_not_made_by_a_reader),
    cmocka_unit_test(a_reader_writes_nothing),
    cmocka_unit_test(a_folder_that_is_not_ours_is_refused),
    cmocka_unit_test(a_folder_that_may_not_be_written_is_said),
    cmocka_unit_test(a_store_is_read_where_nothing_may_be_written),
    cmocka_unit_test(a_file_in_the_folders_place_is_said),
    cmocka_unit_test(a_broken_database_is_said),
    cmocka_unit_test(flipped_bits_are_harmless_or_found),
    cmocka_unit_test(other_databases_are_left_alone),
    cmocka_unit_test(a_left_over_wal_is_not_applied),
    cmocka_unit_test(the_wal_stays_small),
};
const size_t failure_tests_n = sizeof failure_tests / sizeof *failure_tests;
