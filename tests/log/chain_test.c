/* chain_test.c - every field of an event is under its chain, and what is missing is missed. */
#include "raw.h"

enum { EVENTS = 5, BAD = 3 };

static struct id thread = {{1, 2, 3}};

/* A session of EVENTS events, all fields set, closed. */
static struct id make_session(struct fixture *f)
{
    struct id id = id_new();
    struct log *log = fixture_session(f, id);
    struct error err = {0};

    for (int i = 1; i <= EVENTS; i++) {
        struct event ev = {.type = EV_AGENT_MESSAGE,
                           .payload = S("{\"secret\":\"x\"}"),
                           .thread = thread,
                           .cause = (uint64_t)i - 1};
        assert_ok(log_append(log, &ev, 1, &err), err);
    }
    log_close(log);
    return id;
}

static rein_status read_all(struct fixture *f, struct id id, int *n, struct error *err)
{
    *n = 0;
    return store_read(f->store, id, 1, 0, count_events, n, err);
}

static void every_field_is_chained(void **state)
{
    (void)state;
    static const struct {
        const char *change, *says;
        int good; /* events delivered before */
    } cases[] = {
        {"id = zeroblob(16)", "event 3 ", 2},
        {"thread = zeroblob(16)", "event 3 ", 2},
        {"thread = NULL", "event 3 ", 2},
        {"type = 'user.message'", "event 3 ", 2},
        {"type = 'agent.messagE'", "event 3 ", 2},
        {"v = v + 1", "event 3 ", 2},
        {"at = at + 1", "event 3 ", 2},
        {"cause = 1", "event 3 ", 2},
        {"payload = '{\"secret\":\"y\"}'", "event 3 ", 2},
        {"payload = '{\"secret\": \"x\"}'", "event 3 ", 2},
        {"salt = zeroblob(16)", "event 3 ", 2},
        {"leaf = zeroblob(32)", "event 3 ", 2},
        {"hash = zeroblob(32)", "event 3 ", 2},
        {"hash = zeroblob(31)", "event 3 ", 2},
        {"id = zeroblob(15)", "event 3 ", 2},
        {"seq = 99", "event 3 is missing", 2},
        {"session = (SELECT max(n) FROM session)", "event 3 is missing", 2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char sql[256], uuid[ID_UUID_SIZE];
        struct error err = {0};
        uint64_t events;
        int n;
        fixture_init(&f);
        struct id id = make_session(&f), other = id_new();
        struct log *log = fixture_session(&f, other);
        put(log, 1);
        log_close(log);
        assert_ok(read_all(&f, id, &n, &err), err);
        assert_int_equal(n, EVENTS);
        snprintf(sql, sizeof sql, "DROP TRIGGER event_keep_1; UPDATE event SET %s WHERE seq = %d",
                 cases[i].change, BAD);
        raw(&f, sql);
        assert_int_equal(read_all(&f, id, &n, &err), REIN_CORRUPT);
        assert_int_equal(n, cases[i].good);
        id_uuid(id, uuid);
        if (!strstr(err.text, uuid) || !strstr(err.text, cases[i].says))
            test_fail("%s: %s", cases[i].change, err.text);
        assert_int_equal(store_verify(f.store, id, &events, &err), REIN_CORRUPT);
        assert_int_equal(events, cases[i].good);
        if (i < 16) /* the last one moved an event into it */
            assert_ok(store_verify(f.store, other, &events, &err), err);
        fixture_fini(&f);
    }
}

static void what_is_removed_is_missed(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
        int good;
    } cases[] = {
        {"DELETE FROM event WHERE seq = 1", "event 1 is missing", 0},
        {"DELETE FROM event WHERE seq = 3", "event 3 is missing", 2},
        {"DELETE FROM event WHERE seq = 5", "event 5 is missing", 4},
        {"DELETE FROM event", "event 1 is missing", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char sql[256];
        struct error err = {0};
        struct log *log;
        int n;
        fixture_init(&f);
        struct id id = make_session(&f);
        snprintf(sql, sizeof sql, "DROP TRIGGER event_keep_2; %s", cases[i].sql);
        raw(&f, sql);
        assert_int_equal(read_all(&f, id, &n, &err), REIN_CORRUPT);
        assert_int_equal(n, cases[i].good);
        if (!strstr(err.text, cases[i].says))
            test_fail("%s: %s", cases[i].sql, err.text);
        rein_status status = log_open(f.store, id, &log, &err);
        if (i >= 2) /* without its end nobody can go on with it */
            assert_int_equal(status, REIN_CORRUPT);
        else
            log_close(log);
        fixture_fini(&f);
    }
}

/* The session's row says that it ends earlier: what is behind its end is not passed over. */
static void a_head_that_went_back_is_noticed(void **state)
{
    (void)state;
    static const int heads[] = {0, 1, 4};

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct fixture f;
        char sql[256];
        struct error err = {0};
        struct log *log;
        uint64_t events;
        int n;
        fixture_init(&f);
        struct id id = make_session(&f);
        snprintf(sql, sizeof sql, "DROP TRIGGER session_keep_2; UPDATE session SET head = %d",
                 heads[i]);
        raw(&f, sql);
        assert_int_equal(read_all(&f, id, &n, &err), REIN_CORRUPT);
        assert_int_equal(n, heads[i]);
        assert_non_null(strstr(err.text, "though the session ends"));
        assert_int_equal(store_verify(f.store, id, &events, &err), REIN_CORRUPT);
        assert_int_equal(log_open(f.store, id, &log, &err), REIN_CORRUPT);
        fixture_fini(&f);
    }
}

/* A range is checked against the event before it. */
static void a_range_chains_to_what_is_before_it(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    int n = 0;
    fixture_init(&f);
    struct id id = make_session(&f);

    raw(&f, "DROP TRIGGER event_keep_1; UPDATE event SET hash = zeroblob(32) WHERE seq = 2");
    assert_int_equal(store_read(f.store, id, 3, 0, count_events, &n, &err), REIN_CORRUPT);
    assert_non_null(strstr(err.text, "event 3 "));
    assert_ok(store_read(f.store, id, 4, 5, count_events, &n, &err), err);
    assert_int_equal(n, 2);
    fixture_fini(&f);
}

static void a_redacted_event_still_chains(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    uint64_t events;
    fixture_init(&f);
    struct id id = make_session(&f);

    raw(&f,
        "DROP TRIGGER event_keep_1; UPDATE event SET payload = NULL, salt = NULL WHERE seq = 3");
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, EVENTS);
    raw(&f, "UPDATE event SET leaf = zeroblob(32) WHERE seq = 3");
    assert_int_equal(store_verify(f.store, id, &events, &err), REIN_CORRUPT);
    fixture_fini(&f);
}

/* The whole tail replaced by another session's is seen too: the session's id is in every hash. */
static void events_belong_to_their_session(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    int n;
    fixture_init(&f);
    struct id id = make_session(&f);
    make_session(&f);

    raw(&f,
        "DROP TRIGGER event_keep_1; DROP TRIGGER event_keep_2; DELETE FROM event WHERE session = 1;"
        " UPDATE event SET session = 1");
    assert_int_equal(read_all(&f, id, &n, &err), REIN_CORRUPT);
    assert_int_equal(n, 0);
    fixture_fini(&f);
}

static void the_tables_only_grow(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "UPDATE event SET payload = '{}'",
        "UPDATE event SET payload = NULL, salt = NULL",
        "DELETE FROM event",
        "DELETE FROM session",
        "UPDATE session SET id = zeroblob(16)",
        "UPDATE session SET head = head - 1",
        "UPDATE session SET epoch = epoch - 1",
        "UPDATE blob SET data = NULL",
        "INSERT INTO event(session, seq, id, type, v, at, cause, leaf, hash)"
        " SELECT session, seq, zeroblob(16), type, v, at, cause, leaf, hash FROM event",
        "INSERT INTO event(session, seq, id, type, v, at, cause, leaf, hash)"
        " SELECT session, seq + 100, id, type, v, at, cause, leaf, hash FROM event",
        "INSERT INTO event(session, seq, id, type, v, at, cause, leaf, hash)"
        " SELECT session, 'six', zeroblob(16), type, v, at, cause, leaf, hash FROM event",
        "INSERT INTO session(id, head, epoch, folder, created, updated)"
        " VALUES('x', 0, 0, '', 0, 0)",
    };
    struct fixture f;
    fixture_init(&f);
    struct id id = make_session(&f);
    struct log *log;
    struct error err = {0};
    struct digest sha;

    assert_ok(log_open(f.store, id, &log, &err), err);
    assert_ok(log_blob(log, S("content"), &sha, &err), err);
    log_close(log);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if ((raw_try(&f, refused[i]) & 0xff) == SQLITE_OK)
            test_fail("not refused: %s", refused[i]);
    assert_int_equal(events_of(&f, id), EVENTS);
    fixture_fini(&f);
}

const struct CMUnitTest chain_tests[] = {
    cmocka_unit_test(every_field_is_chained),
    cmocka_unit_test(what_is_removed_is_missed),
    cmocka_unit_test(a_head_that_went_back_is_noticed),
    cmocka_unit_test(a_range_chains_to_what_is_before_it),
    cmocka_unit_test(a_redacted_event_still_chains),
    cmocka_unit_test(events_belong_to_their_session),
    cmocka_unit_test(the_tables_only_grow),
};
const size_t chain_tests_n = sizeof chain_tests / sizeof *chain_tests;
