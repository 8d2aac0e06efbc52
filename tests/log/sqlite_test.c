/*
 * sqlite_test.c - the SQLite backend by its calls: settings, idempotence, tidying, and file systems
 * that are refused (the source is included, to say what statfs() answers).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

static long pretended_type;

static int pretend_statfs(const char *path, struct statfs *out)
{
    int failed = statfs(path, out);

    if (pretended_type)
        out->f_type = pretended_type;
    return failed;
}

#define statfs(path, out) pretend_statfs(path, out)
#include "log/sqlite_open.c"
#undef statfs

#include "raw.h"

static struct store_db *open_db(const struct fixture *f, enum store_use use)
{
    struct store_db *db;
    struct error err = {0};

    assert_ok(sqlite_open(f->folder, use, &db, &err), err);
    return db;
}

static int64_t number_of(struct store_db *db, const char *sql)
{
    struct error err = {0};
    int64_t n = -1;

    assert_ok(read_number(db, sql, &n, &err), err);
    return n;
}

static void network_file_systems_are_refused(void **state)
{
    (void)state;
    static const struct {
        long type;
        const char *name;
    } cases[] = {{0x6969, "NFS"}, {0xff534d42, "CIFS"}, {0x65735546, "FUSE"}, {0x01021997, "9P"}};
    struct fixture f;
    fixture_folder(&f);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int made = 0; made < 2; made++) {
            struct error err = {0};
            struct store_db *db;
            pretended_type = cases[i].type;
            rein_status status =
                sqlite_open(f.folder, made ? STORE_READS : STORE_WRITES, &db, &err);
            pretended_type = 0;
            assert_int_equal(status, made && i == 0 ? REIN_NOT_FOUND : REIN_UNSUPPORTED);
            if (status == REIN_UNSUPPORTED) {
                assert_non_null(strstr(err.text, cases[i].name));
                assert_non_null(strstr(err.text, "REIN_HOME"));
            } else {
                sqlite_close(open_db(&f, STORE_WRITES));
            }
        }
    struct error err = {0};
    assert_ok(file_remove_tree(f.folder, &err), err);
}

static void every_connection_has_the_safe_settings(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int64_t value;
    } cases[] = {
        {"PRAGMA synchronous", 2},
        {"PRAGMA foreign_keys", 1},
        {"PRAGMA trusted_schema", 0},
        {"PRAGMA cell_size_check", 1},
        {"PRAGMA secure_delete", 0},
        {"PRAGMA journal_size_limit", 64 << 20},
        {"PRAGMA busy_timeout", 5000},
        {"SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", 1},
        {"PRAGMA application_id", 0x7265696e},
    };
    struct fixture f;
    fixture_folder(&f);

    for (int use = STORE_WRITES; use <= STORE_READS; use++) {
        struct store_db *db = open_db(&f, (enum store_use)use);
        int on = 0;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            if (number_of(db, cases[i].sql) != cases[i].value)
                test_fail("%s is not %lld", cases[i].sql, (long long)cases[i].value);
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, -1, &on);
        assert_int_equal(on, 1);
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &on);
        assert_int_equal(on, 1);
        assert_int_equal(number_of(db, "PRAGMA cache_size"), use == STORE_WRITES ? -1000 : -256);
        sqlite_close(db);
    }
    struct error err = {0};
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* ---- writing -------------------------------------------------------------------------------- */

struct chain {
    struct store_db *db;
    struct id session;
    int64_t n;
    struct digest hash;
    uint64_t head;
};

static void begin_session(struct chain *c, struct store_db *db)
{
    struct store_owner owner = {.pid = 1, .host = "here"};
    struct error err = {0};

    *c = (struct chain){.db = db, .session = id_new()};
    assert_ok(sqlite_begin(db, &err), err);
    assert_ok(sqlite_create(db, c->session, S("/"), 5, &owner, &c->n, &err), err);
    assert_ok(sqlite_commit(db, &err), err);
}

static struct event next_event(const struct chain *c)
{
    struct event ev = {.seq = c->head + 1,
                       .id = id_new(),
                       .type = EV_USER_MESSAGE,
                       .version = 1,
                       .name = S("user.message"),
                       .payload = S("{}"),
                       .at = 7};

    event_seal(&ev, c->session, &c->hash);
    return ev;
}

static rein_status write_event(struct chain *c, const struct event *ev, uint64_t epoch,
                               struct error *err)
{
    struct store_advance a = {
        .n = c->n, .epoch = epoch, .from = c->head, .to = ev->seq, .at = 9, .cost_usd = -1};
    rein_status status = sqlite_begin(c->db, err);

    if (status == REIN_OK)
        status = sqlite_append(c->db, c->n, ev, err);
    if (status == REIN_OK)
        status = sqlite_advance(c->db, &a, err);
    if (status != REIN_OK)
        sqlite_rollback(c->db);
    return status == REIN_OK ? sqlite_commit(c->db, err) : status;
}

/* Whether a commit that was not heard of took place or not: the same again is right. */
static void the_same_event_again_is_no_failure(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct chain c, other;
    fixture_folder(&f);
    struct store_db *db = open_db(&f, STORE_WRITES);

    begin_session(&c, db);
    begin_session(&other, db);
    struct event ev = next_event(&c), changed;
    assert_ok(write_event(&c, &ev, 1, &err), err);
    assert_ok(write_event(&c, &ev, 1, &err), err);
    assert_int_equal(number_of(db, "SELECT count(*) FROM event"), 1);

    changed = ev; /* the same id and number, another content */
    changed.at++;
    event_seal(&changed, c.session, &c.hash);
    assert_int_equal(write_event(&c, &changed, 1, &err), REIN_CONFLICT);
    changed = next_event(&c); /* the same number, another id */
    assert_int_equal(write_event(&c, &changed, 1, &err), REIN_CONFLICT);
    changed = next_event(&other); /* another session, the same id */
    changed.id = ev.id;
    assert_int_equal(write_event(&other, &changed, 1, &err), REIN_CONFLICT);
    assert_int_equal(number_of(db, "SELECT count(*) FROM event"), 1);

    c.head = 1, c.hash = ev.hash;
    ev = next_event(&c);
    assert_int_equal(write_event(&c, &ev, 2, &err), REIN_CONFLICT); /* another's epoch */
    assert_ok(sqlite_begin(db, &err), err); /* a head that is not where we believe */
    struct store_advance gap = {.n = c.n, .epoch = 1, .from = 4, .to = 5, .at = 9, .cost_usd = -1};
    assert_int_equal(sqlite_advance(db, &gap, &err), REIN_CONFLICT);
    sqlite_rollback(db);
    assert_ok(write_event(&c, &ev, 1, &err), err);
    sqlite_close(db);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

static void a_session_that_exists_is_not_made_again(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct chain c;
    struct store_owner owner = {.pid = 1, .host = "here"};
    int64_t n;
    fixture_folder(&f);
    struct store_db *db = open_db(&f, STORE_WRITES);

    begin_session(&c, db);
    assert_ok(sqlite_begin(db, &err), err);
    assert_int_equal(sqlite_create(db, c.session, S("/"), 5, &owner, &n, &err), REIN_CONFLICT);
    assert_non_null(strstr(err.text, "exists already"));
    assert_int_equal(sqlite_claim(db, c.n, 7, &owner, &err), REIN_CONFLICT);
    assert_ok(sqlite_claim(db, c.n, 1, &owner, &err), err);
    sqlite_rollback(db);
    assert_int_equal(number_of(db, "SELECT epoch FROM session"), 1);
    sqlite_close(db);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* The write lock is free after whatever ended a transaction, or the next would wait for ever. */
static void the_write_lock_is_given_back(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    fixture_folder(&f);
    struct store_db *db = open_db(&f, STORE_WRITES), *other = open_db(&f, STORE_WRITES);
    struct chain c;

    begin_session(&c, db);
    begin_session(&c, other);
    assert_ok(sqlite_begin(db, &err), err);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    assert_int_equal(fcntl(other->lock, F_OFD_SETLK, &lock), -1); /* held meanwhile */
    sqlite_rollback(db);
    begin_session(&c, other);
    sqlite3_exec(db->sqlite, "BEGIN", NULL, NULL, NULL);
    assert_int_equal(sqlite_begin(db, &err), REIN_FAILED); /* inside another transaction */
    sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    begin_session(&c, other);
    sqlite_close(db);
    sqlite_close(other);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* In idle time all goes to the database; while busy only a full WAL does. */
static void tidying_writes_the_wal_back(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct chain c;
    struct stat before, after;
    char path[256];
    bool left = false;
    int most = 0;
    fixture_folder(&f);
    struct store_db *db = open_db(&f, STORE_WRITES);

    snprintf(path, sizeof path, "%s/rein.db", f.folder);
    begin_session(&c, db);
    assert_int_equal(stat(path, &before), 0);
    for (int i = 0; i < 100; i++) {
        struct event ev = next_event(&c);
        assert_ok(write_event(&c, &ev, 1, &err), err);
        c.head++, c.hash = ev.hash;
    }
    sqlite_tidy(db, false, &left);
    assert_true(left);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    sqlite_tidy(db, true, &left);
    assert_false(left);
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_size > before.st_size);
    char *large = memset(malloc(400000), '1', 400000);
    for (int i = 0; i < 40; i++) { /* a WAL that began anew counts from its start again */
        struct event ev = next_event(&c);
        ev.payload = str_make(large, 400000);
        event_seal(&ev, c.session, &c.hash);
        assert_ok(write_event(&c, &ev, 1, &err), err);
        c.head++, c.hash = ev.hash;
        sqlite_tidy(db, false, &left);
        assert_true(db->wal_pages - db->tidied < 1000);
        most = db->wal_pages > most ? db->wal_pages : most;
    }
    assert_true(most > 1000 && most < 1300);
    free(large);
    sqlite_close(db);
    assert_ok(file_remove_tree(f.folder, &err), err);
}

const struct CMUnitTest sqlite_tests[] = {
    cmocka_unit_test(network_file_systems_are_refused),
    cmocka_unit_test(every_connection_has_the_safe_settings),
    cmocka_unit_test(the_same_event_again_is_no_failure),
    cmocka_unit_test(a_session_that_exists_is_not_made_again),
    cmocka_unit_test(the_write_lock_is_given_back),
    cmocka_unit_test(tidying_writes_the_wal_back),
};
const size_t sqlite_tests_n = sizeof sqlite_tests / sizeof *sqlite_tests;
