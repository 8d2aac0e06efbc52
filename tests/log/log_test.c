/* log_test.c - numbering, groups, waiting, claiming, reading back: one process, one store. */
#include "fixture.h"

#include <sys/stat.h>

static void appending_numbers_and_fills_in(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new(), given = id_new(), thread = id_new();
    struct log *log = fixture_session(&f, id);
    struct event evs[3] = {
        {.type = EV_USER_MESSAGE, .payload = S_INIT("{}")},
        {.type = EV_AGENT_MESSAGE,
         .payload = S_INIT("[1]"),
         .id = given,
         .thread = thread,
         .cause = 1},
        {.type = EV_UNKNOWN, .name = S_INIT("future.kind"), .version = 7, .payload = S_INIT("1")},
    };
    struct error err = {0};

    assert_int_equal(log_head(log), 0);
    assert_ok(log_append(log, evs, 3, &err), err);
    assert_int_equal(log_head(log), 3);
    assert_int_equal(log_stored(log), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(evs[i].seq, i + 1);
        assert_false(id_is_zero(evs[i].id));
        assert_true(evs[i].at > 0);
        assert_memory_not_equal(evs[i].salt, (char[16]){0}, 16);
    }
    assert_true(id_eq(evs[1].id, given));
    assert_true(str_eq(evs[0].name, S("user.message")));
    assert_int_equal(evs[0].version, 1);
    assert_int_equal(evs[2].version, 7);
    assert_ok(log_append(log, NULL, 0, &err), err);
    assert_int_equal(log_head(log), 3);
    log_close(log);
    fixture_fini(&f);
}

struct copy {
    struct event evs[8];
    char text[8][64], names[8][32];
    int n, stop_at;
};

static bool copy_event(void *data, const struct event *ev)
{
    struct copy *c = data;

    c->evs[c->n] = *ev;
    snprintf(c->text[c->n], 64, "%.*s", FS(ev->payload));
    snprintf(c->names[c->n], 32, "%.*s", FS(ev->name));
    return ++c->n != c->stop_at;
}

static void what_was_appended_is_read_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new(), thread = id_new();
    struct log *log = fixture_session(&f, id);
    struct event evs[3] = {
        {.type = EV_USER_MESSAGE, .payload = S_INIT("{\"a\":\"\xc3\xa4\"}")},
        {.type = EV_AGENT_MESSAGE, .payload = S_INIT("[1]"), .thread = thread, .cause = 1},
        {.type = EV_UNKNOWN, .name = S_INIT("future.kind"), .version = 7, .payload = S_INIT("1")},
    };
    struct error err = {0};
    struct copy c = {0};

    assert_ok(log_append(log, evs, 3, &err), err);
    wait_for(&f, log, 3);
    assert_int_equal(f.stored, 3);
    assert_ok(store_read(f.store, id, 1, 0, copy_event, &c, &err), err);
    assert_int_equal(c.n, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(c.evs[i].seq, i + 1);
        assert_true(id_eq(c.evs[i].id, evs[i].id));
        assert_true(id_eq(c.evs[i].thread, evs[i].thread));
        assert_int_equal(c.evs[i].at, evs[i].at);
        assert_int_equal(c.evs[i].cause, evs[i].cause);
        assert_int_equal(c.evs[i].type, evs[i].type);
        assert_int_equal(c.evs[i].version, evs[i].version);
        assert_memory_equal(c.evs[i].salt, evs[i].salt, 16);
    }
    assert_string_equal(c.text[0], "{\"a\":\"\xc3\xa4\"}");
    assert_string_equal(c.names[2], "future.kind");
    log_close(log);
    fixture_fini(&f);
}

static void reading_takes_a_range_and_may_stop(void **state)
{
    (void)state;
    static const struct {
        uint64_t from, to;
        int stop_at, first, n;
    } cases[] = {
        {1, 0, 0, 1, 5},  {0, 0, 0, 1, 5}, {2, 3, 0, 2, 2}, {5, 5, 0, 5, 1},
        {3, 99, 0, 3, 3}, {6, 0, 0, 0, 0}, {4, 2, 0, 0, 0}, {1, 0, 2, 1, 2},
    };
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);

    wait_for(&f, log, put(log, 5));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct copy c = {.stop_at = cases[i].stop_at};
        struct error err = {0};
        assert_ok(store_read(f.store, id, cases[i].from, cases[i].to, copy_event, &c, &err), err);
        assert_int_equal(c.n, cases[i].n);
        if (c.n)
            assert_int_equal(c.evs[0].seq, cases[i].first);
    }
    log_close(log);
    fixture_fini(&f);
}

/* More than a reader takes at a time. */
static void a_long_session_is_read_in_pieces(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    uint64_t events = 0;
    struct error err = {0};

    for (int i = 0; i < 20; i++)
        put(log, 64);
    wait_for(&f, log, 1280);
    assert_int_equal(events_of(&f, id), 1280);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, 1280);
    log_close(log);
    fixture_fini(&f);
}

static void one_commit_for_all_that_was_queued(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct log *a = fixture_session(&f, id_new()), *b = fixture_session(&f, id_new());
    struct error err = {0};
    struct digest sha;
    uint64_t commits = store_commits(f.store);

    log_listen(b, NULL, NULL, NULL);
    assert_ok(log_blob(a, S("prompt"), &sha, &err), err);
    for (int i = 0; i < 10; i++) {
        put(a, 3);
        put(b, 2);
    }
    log_want(b, 20);
    wait_for(&f, a, 30);
    assert_int_equal(store_commits(f.store) - commits, 1);
    assert_int_equal(f.groups, 1);
    assert_int_equal(log_stored(a), 30);
    assert_int_equal(log_stored(b), 20);
    log_close(a);
    log_close(b);
    assert_int_equal(store_commits(f.store) - commits, 1);
    fixture_fini(&f);
}

/* Two waits, two commits: what the turn of a command needs, and no more. */
static void each_wait_is_a_commit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct log *log = fixture_session(&f, id_new());

    put(log, 2);
    wait_for(&f, log, put(log, 3));
    put(log, 1);
    wait_for(&f, log, put(log, 1));
    assert_int_equal(store_commits(f.store), 2);
    log_want(log, 7); /* durable already: nothing happens */
    log_want(log, 99);
    log_close(log);
    assert_int_equal(store_commits(f.store), 2);
    fixture_fini(&f);
}

/* The delay ends an append that nobody waits for, and keeps the loop's turn true until then. */
static void what_nobody_wants_is_stored_too(void **state)
{
    (void)state;
    struct fixture f;
    fixture_folder(&f);
    f.delay_us = 5000;
    fixture_open(&f);
    struct log *log = fixture_session(&f, id_new());

    put(log, 2);
    for (bool more = true; f.stored < 2; more = loop_turn(f.loop, -1))
        assert_true(more);
    loop_turn(f.loop, 0);
    assert_false(loop_turn(f.loop, -1));
    log_close(log);
    fixture_fini(&f);
}

static void closing_stores_what_is_queued(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);

    put(log, 4);
    log_close(log);
    fixture_close(&f);
    fixture_open(&f);
    assert_int_equal(events_of(&f, id), 4);
    fixture_fini(&f);
}

static void a_session_goes_on_after_it_is_opened(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    struct error err = {0};
    uint64_t events;

    wait_for(&f, log, put(log, 3));
    for (int i = 0; i < 3; i++) {
        log_close(log);
        fixture_close(&f);
        fixture_open(&f);
        assert_ok(log_open(f.store, id, &log, &err), err);
        log_listen(log, on_stored, on_failed, &f);
        assert_int_equal(log_head(log), 3 + 2 * i);
        assert_int_equal(log_stored(log), 3 + 2 * i);
        wait_for(&f, log, put(log, 2));
    }
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, 9);
    log_close(log);
    fixture_fini(&f);
}

static void opening_fails_clearly(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id), *other = NULL;
    struct error err = {0};
    struct fixture g = {.loop = NULL};

    wait_for(&f, log, put(log, 1));
    assert_int_equal(log_open(f.store, id_new(), &other, &err), REIN_NOT_FOUND);
    assert_int_equal(log_open(f.store, id, &other, &err), REIN_CONFLICT);
    assert_non_null(strstr(err.text, "in this process"));
    assert_int_equal(log_new(f.store, id, S("/"), &other, &err), REIN_CONFLICT);
    /* Another store of this process is another brain. */
    memcpy(g.folder, f.folder, sizeof g.folder);
    fixture_open(&g);
    assert_int_equal(log_open(g.store, id, &other, &err), REIN_CONFLICT);
    char pid[32];
    snprintf(pid, sizeof pid, "process %d on ", (int)getpid());
    assert_non_null(strstr(err.text, pid));
    log_close(log);
    assert_ok(log_open(g.store, id, &other, &err), err);
    log_close(other);
    fixture_close(&g);
    fixture_fini(&f);
}

/* The id is there already: that log hears it, another one of the same group does not suffer. */
static void a_taken_id_fails_that_session_alone(void **state)
{
    (void)state;
    struct fixture f, g = {.loop = NULL};
    fixture_init(&f);
    struct id id = id_new();
    struct log *first = fixture_session(&f, id), *again, *well;
    struct error err = {0};

    wait_for(&f, first, put(first, 2));
    log_close(first);
    again = fixture_session(&f, id);
    well = fixture_session(&f, id_new());
    log_listen(well, on_stored, on_failed, &g);
    put(again, 1);
    put(well, 2);
    put(again, 1);
    log_want(well, 2);
    while (log_stored(well) < 2)
        loop_turn(f.loop, -1);
    while (f.failed.status == REIN_OK)
        loop_turn(f.loop, -1);
    assert_int_equal(f.failed.status, REIN_CONFLICT);
    assert_non_null(strstr(f.failed.text, "exists already"));
    struct event ev = {.type = EV_USER_MESSAGE, .payload = S("{}")};
    assert_int_equal(log_append(again, &ev, 1, &err), REIN_CONFLICT);
    assert_int_equal(log_head(again), 2);
    assert_ok(store_failure(f.store, &err), err);
    log_close(again);
    g.stored = 2;
    log_listen(well, on_stored, on_failed, &g);
    log_want(well, put(well, 1));
    while (log_stored(well) < 3)
        loop_turn(f.loop, -1);
    log_close(well);
    assert_int_equal(events_of(&f, id), 2);
    fixture_fini(&f);
}

static void an_id_twice_is_a_conflict(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct log *log = fixture_session(&f, id_new());
    struct event ev = {.type = EV_USER_MESSAGE, .payload = S("{}"), .id = id_new()}, again = ev;
    struct error err = {0};

    assert_ok(log_append(log, &ev, 1, &err), err);
    wait_for(&f, log, 1);
    assert_ok(log_append(log, &again, 1, &err), err);
    wait_for(&f, log, 2);
    assert_int_equal(f.failed.status, REIN_CONFLICT);
    assert_int_equal(log_stored(log), 1);
    log_close(log);
    fixture_fini(&f);
}

/* Who produces more than the disk takes waits for it; nothing is lost or refused. */
static void a_full_queue_makes_the_producer_wait(void **state)
{
    (void)state;
    enum { ITEMS = 100, SIZE = 1 << 20 };
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    struct error err = {0};
    struct digest sha;
    uint64_t events;
    char *large = calloc(1, SIZE);

    for (int i = 0; i < ITEMS; i++) {
        large[0] = (char)i;
        assert_ok(log_blob(log, str_make(large, SIZE), &sha, &err), err);
        put(log, 1);
    }
    assert_true(store_commits(f.store) > 0); /* it did not all fit */
    wait_for(&f, log, ITEMS);
    log_close(log);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    assert_int_equal(events, ITEMS);
    assert_int_equal(log_new(f.store, id_new(), S("/"), &log, &err), REIN_OK);
    large = realloc(large, ((size_t)256 << 20) + 1);
    assert_int_equal(log_blob(log, str_make(large, ((size_t)256 << 20) + 1), &sha, &err),
                     REIN_LIMIT);
    log_close(log);
    free(large);
    fixture_fini(&f);
}

/* A session that is read while it is written gives a prefix, whole and chained. */
static void reading_while_writing_gives_a_prefix(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    int before = 0;

    wait_for(&f, log, put(log, 1));
    for (int i = 0; i < 200; i++) {
        log_want(log, put(log, 5));
        int n = events_of(&f, id);
        assert_true(n >= before && n % 5 == 1);
        before = n;
    }
    log_close(log);
    assert_int_equal(events_of(&f, id), 1001);
    fixture_fini(&f);
}

/* The callback may close the very log that it is called for, or another one. */
static void close_it(void *data, uint64_t seq)
{
    struct log **logs = data;

    (void)seq;
    for (int i = 0; i < 2; i++) {
        log_close(logs[i]);
        logs[i] = NULL;
    }
}

static void logs_may_be_closed_by_what_they_tell(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct log *logs[2];

    for (int i = 0; i < 2; i++) {
        logs[i] = fixture_session(&f, id_new());
        log_listen(logs[i], close_it, NULL, logs);
        put(logs[i], 2);
    }
    log_want(logs[0], 1);
    while (logs[0])
        loop_turn(f.loop, -1);
    fixture_fini(&f);
}

/* ---- lists ---------------------------------------------------------------------------------- */

struct listed {
    int n;
    struct session_row rows[4];
    char title[4][32], folder[4][32], model[4][32];
};

static bool take_row(void *data, const struct session_row *row)
{
    struct listed *l = data;

    l->rows[l->n] = *row;
    snprintf(l->title[l->n], 32, "%.*s", FS(row->title));
    snprintf(l->folder[l->n], 32, "%.*s", FS(row->folder));
    snprintf(l->model[l->n], 32, "%.*s", FS(row->model));
    l->n++;
    return true;
}

static void lists_show_the_newest_first(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id id[3];
    struct error err = {0};

    for (int i = 0; i < 3; i++) {
        struct log *log;
        id[i] = id_new();
        clock_fix(1000000 * (i + 1), -1);
        assert_ok(log_new(f.store, id[i], i == 1 ? S("/b") : S("/a"), &log, &err), err);
        put(log, (size_t)i + 1);
        if (i == 0)
            log_summarise(log,
                          &(struct log_summary){.title = "First", .model = "m", .cost_usd = 0.5});
        if (i == 0)
            log_summarise(log, &(struct log_summary){.title = "Fine", .cost_usd = -1});
        log_close(log);
    }
    clock_fix(-1, -1);
    struct listed all = {0}, a = {0};
    assert_ok(store_list(f.store, S(""), take_row, &all, &err), err);
    assert_int_equal(all.n, 3);
    assert_true(id_eq(all.rows[0].id, id[2]) && id_eq(all.rows[2].id, id[0]));
    assert_int_equal(all.rows[0].head, 3);
    assert_string_equal(all.title[2], "Fine");
    assert_string_equal(all.model[2], "m");
    assert_true(all.rows[2].cost_usd > 0.49 && all.rows[2].cost_usd < 0.51);
    assert_int_equal(all.rows[2].created, 1000000);
    assert_ok(store_list(f.store, S("/a"), take_row, &a, &err), err);
    assert_int_equal(a.n, 2);
    assert_string_equal(a.folder[0], "/a");
    fixture_fini(&f);
}

/* A summary joins the next commit and makes none of its own while the session is open. */
static void a_summary_costs_no_commit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct log *log = fixture_session(&f, id_new());
    struct listed l = {0};
    struct error err = {0};

    wait_for(&f, log, put(log, 1));
    log_summarise(log, &(struct log_summary){.status = "idle", .title = "T", .cost_usd = -1});
    wait_for(&f, log, put(log, 1));
    assert_int_equal(store_commits(f.store), 2);
    assert_ok(store_list(f.store, S(""), take_row, &l, &err), err);
    assert_string_equal(l.title[0], "T");
    log_close(log);
    fixture_fini(&f);
}

static void sessions_are_found_by_prefix(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct id a, b, found;
    struct error err = {0};
    struct log *log;
    char prefixed[ID_PREFIX_SIZE];

    assert_true(id_parse(S("0190aaaa-1111-7000-8000-000000000001"), &a));
    assert_true(id_parse(S("0190aaab-2222-7000-8000-000000000002"), &b));
    put(log = fixture_session(&f, a), 1);
    log_close(log);
    put(log = fixture_session(&f, b), 1);
    log_close(log);
    id_prefixed(b, "sesn_", prefixed);
    const struct {
        str text;
        rein_status status;
        struct id *which;
    } cases[] = {
        {S("0190aaaa-1111-7000-8000-000000000001"), REIN_OK, &a},
        {S("0190AAAA-1111-7000-8000-000000000001"), REIN_OK, &a},
        {str_of(prefixed), REIN_OK, &b},
        {S("0190aaaa"), REIN_OK, &a},
        {S("0190aaab-2"), REIN_OK, &b},
        {S("0190AAAB2"), REIN_OK, &b},
        {S("0190aaa"), REIN_INVALID, NULL},
        {S("0190aaac"), REIN_NOT_FOUND, NULL},
        {S("0190aaaa-1111-7000-8000-000000000003"), REIN_NOT_FOUND, NULL},
        {S("019"), REIN_INVALID, NULL},
        {S("zzzz"), REIN_INVALID, NULL},
        {S(""), REIN_INVALID, NULL},
        {S("0190aaaa-1111-7000-8000-000000000001-22"), REIN_INVALID, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(store_find(f.store, cases[i].text, &found, &err), cases[i].status);
        if (cases[i].which)
            assert_true(id_eq(found, *cases[i].which));
    }
    store_find(f.store, S("0190"), &found, &err);
    assert_non_null(strstr(err.text, "0190aaaa-1111"));
    assert_non_null(strstr(err.text, "0190aaab-2222"));
    fixture_fini(&f);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void assert_mode(const char *folder, const char *name, mode_t wanted)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, wanted);
}

/* Nobody else reads a session, whatever the umask is. */
static void modes_do_not_depend_on_the_umask(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 0277};

    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct fixture f;
        struct digest sha;
        struct error err = {0};
        char base[128], hex[DIGEST_HEX_SIZE], name[128];
        fixture_folder(&f);
        snprintf(base, sizeof base, "%s", f.folder);
        strcat(f.folder, "/x/share");
        mode_t before = umask(masks[i]);
        fixture_open(&f);
        struct log *log = fixture_session(&f, id_new());
        char *large = calloc(1, 100000);
        assert_ok(log_blob(log, str_make(large, 100000), &sha, &err), err);
        wait_for(&f, log, put(log, 1));
        umask(before);
        free(large);
        assert_mode(base, "x", 0700);
        assert_mode(f.folder, "", 0700);
        static const char *const files[] = {"rein.db", "rein.db-wal", "rein.db-shm", "lock"};
        for (size_t k = 0; k < 4; k++)
            assert_mode(f.folder, files[k], 0600);
        digest_hex(sha, hex);
        snprintf(name, sizeof name, "blobs/%.2s/%s.zst", hex, hex + 2);
        assert_mode(f.folder, name, 0600);
        assert_mode(f.folder, "blobs", 0700);
        log_close(log);
        fixture_close(&f);
        assert_ok(file_remove_tree(base, &err), err);
    }
}

const struct CMUnitTest log_tests[] = {
    cmocka_unit_test(appending_numbers_and_fills_in),
    cmocka_unit_test(what_was_appended_is_read_back),
    cmocka_unit_test(reading_takes_a_range_and_may_stop),
    cmocka_unit_test(a_long_session_is_read_in_pieces),
    cmocka_unit_test(one_commit_for_all_that_was_queued),
    cmocka_unit_test(each_wait_is_a_commit),
    cmocka_unit_test(what_nobody_wants_is_stored_too),
    cmocka_unit_test(closing_stores_what_is_queued),
    cmocka_unit_test(a_session_goes_on_after_it_is_opened),
    cmocka_unit_test(opening_fails_clearly),
    cmocka_unit_test(a_taken_id_fails_that_session_alone),
    cmocka_unit_test(an_id_twice_is_a_conflict),
    cmocka_unit_test(a_full_queue_makes_the_producer_wait),
    cmocka_unit_test(reading_while_writing_gives_a_prefix),
    cmocka_unit_test(logs_may_be_closed_by_what_they_tell),
    cmocka_unit_test(lists_show_the_newest_first),
    cmocka_unit_test(a_summary_costs_no_commit),
    cmocka_unit_test(sessions_are_found_by_prefix),
    cmocka_unit_test(modes_do_not_depend_on_the_umask),
};
const size_t log_tests_n = sizeof log_tests / sizeof *log_tests;
