/*
 * process_test.c - several processes on one store: all start, none interleaves, whoever dies loses
 * nothing that it was told is stored. Children are forked while this process has no thread.
 */
#include "raw.h"

#include <signal.h>
#include <sys/wait.h>

/* Ends the child; what an assertion would say goes to stderr. */
static void child_fails(const char *what, const struct error *err)
{
    fprintf(stderr, "child: %s: %s\n", what, err->text);
    _exit(1);
}

static void child_waits(struct fixture *f, struct log *log)
{
    log_want(log, log_head(log));
    while (log_stored(log) < log_head(log)) {
        struct error err = {0};
        if (store_failure(f->store, &err) != REIN_OK)
            child_fails("append", &err);
        loop_turn(f->loop, -1);
    }
}

static void child_appends(struct fixture *f, struct log *log, int times)
{
    struct error err = {0};

    for (int i = 0; i < times; i++) {
        struct event evs[3] = {{.type = EV_USER_MESSAGE, .payload = S("{\"n\":1}")},
                               {.type = EV_AGENT_MESSAGE, .payload = S("{\"n\":2}")},
                               {.type = EV_AGENT_MESSAGE, .payload = S("{\"n\":3}")}};
        if (log_append(log, evs, 3, &err) != REIN_OK)
            child_fails("append", &err);
        child_waits(f, log);
    }
}

static void child_opens(struct fixture *f)
{
    struct error err = {0};
    struct store_options options = {.folder = f->folder};

    if (loop_new(&f->loop, &err) != REIN_OK || store_open(f->loop, &options, &f->store, &err))
        child_fails("open", &err);
}

/* The gate opens for all children at once when the parent closes its end. */
static void child_waits_at(int gate[2])
{
    char byte;

    close(gate[1]);
    while (read(gate[0], &byte, 1) > 0)
        ;
    close(gate[0]);
}

static int join(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

enum { STARTERS = 64, EACH = 4 };

static bool count_row(void *data, const struct session_row *row)
{
    assert_int_equal(row->head, 3 * EACH);
    ++*(int *)data;
    return true;
}

static void sixty_four_start_together_on_a_missing_store(void **state)
{
    (void)state;
    struct fixture f;
    struct id ids[STARTERS];
    pid_t children[STARTERS];
    struct error err = {0};
    int gate[2], sessions = 0;
    fixture_folder(&f);
    strcat(f.folder, "/not/yet");

    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < STARTERS; i++)
        ids[i] = id_new();
    for (int i = 0; i < STARTERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        struct log *log;
        child_waits_at(gate);
        child_opens(&f);
        if (log_new(f.store, ids[i], S("/"), &log, &err) != REIN_OK)
            child_fails("new session", &err);
        child_appends(&f, log, EACH);
        log_close(log);
        store_close(f.store);
        loop_free(f.loop);
        _exit(0);
    }
    close(gate[0]), close(gate[1]);
    for (int i = 0; i < STARTERS; i++)
        assert_int_equal(join(children[i]), 0);
    fixture_open(&f);
    assert_ok(store_list(f.store, S(""), count_row, &sessions, &err), err);
    assert_int_equal(sessions, STARTERS);
    for (int i = 0; i < STARTERS; i++) {
        uint64_t events;
        assert_ok(store_verify(f.store, ids[i], &events, &err), err);
        assert_int_equal(events, 3 * EACH);
    }
    fixture_close(&f);
    *strstr(f.folder, "/not") = '\0';
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* A child that holds a session until the pipe is closed; says when it does. */
static pid_t start_brain(struct fixture *f, struct id id, int gate[2], int ready)
{
    pid_t child = fork();
    struct error err = {0};
    struct log *log;

    assert_true(child >= 0);
    if (child > 0)
        return child;
    child_opens(f);
    if (log_open(f->store, id, &log, &err) != REIN_OK)
        child_fails("open session", &err);
    child_appends(f, log, 1);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    child_waits_at(gate);
    log_close(log);
    store_close(f->store);
    loop_free(f->loop);
    _exit(0);
}

static void a_second_brain_is_refused_until_the_first_ends(void **state)
{
    (void)state;

    for (int killed = 0; killed < 2; killed++) {
        struct fixture f;
        struct error err = {0};
        struct log *log;
        int gate[2], ready[2];
        char byte, owner[32];
        fixture_init(&f);
        struct id id = id_new();
        log = fixture_session(&f, id);
        put(log, 2);
        log_close(log);
        fixture_close(&f);

        assert_int_equal(pipe(gate), 0);
        assert_int_equal(pipe(ready), 0);
        pid_t child = start_brain(&f, id, gate, ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        fixture_open(&f);
        assert_int_equal(log_open(f.store, id, &log, &err), REIN_CONFLICT);
        snprintf(owner, sizeof owner, "process %d on ", (int)child);
        if (!strstr(err.text, owner))
            test_fail("the owner is not named: %s", err.text);
        assert_int_equal(events_of(&f, id), 5); /* reading is for everybody */
        struct log *mine = fixture_session(&f, id_new());
        f.stored = 0;
        wait_for(&f, mine, put(mine, 1)); /* and so is another session */
        log_close(mine);

        if (killed)
            kill(child, SIGKILL);
        close(gate[0]), close(gate[1]);
        join(child);
        assert_ok(log_open(f.store, id, &log, &err), err);
        assert_int_equal(log_head(log), 5);
        log_close(log);
        close(ready[0]), close(ready[1]);
        fixture_fini(&f);
    }
}

static void each_claim_raises_the_epoch(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct log *log;
    fixture_init(&f);
    struct id id = id_new();

    put(log = fixture_session(&f, id), 1);
    log_close(log);
    for (int i = 0; i < 3; i++) {
        assert_ok(log_open(f.store, id, &log, &err), err);
        log_close(log);
    }
    raw(&f, "CREATE TABLE check_epoch(n CHECK(n = 4));"
            "INSERT INTO check_epoch SELECT epoch FROM session");
    fixture_fini(&f);
}

/* Somebody took the session although we hold its lock (a copied lock file, another kernel): the
 * epoch tells, and nothing of ours is written any more. */
static void a_raised_epoch_fences_us_off(void **state)
{
    (void)state;
    static const char *const theirs[] = {
        "UPDATE session SET epoch = epoch + 1",
        "INSERT INTO event(session, seq, id, type, v, at, cause, leaf, hash)"
        " SELECT session, 3, zeroblob(16), type, v, at, cause, leaf, hash FROM event WHERE seq = 2",
    };

    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        struct error err = {0};
        fixture_init(&f);
        struct id id = id_new();
        struct log *log = fixture_session(&f, id);
        wait_for(&f, log, put(log, 2));
        raw(&f, theirs[i]);
        wait_for(&f, log, put(log, 1));
        assert_int_equal(f.failed.status, REIN_CONFLICT);
        assert_int_equal(f.stored, 2);
        assert_ok(store_failure(f.store, &err), err);
        log_close(log);
        raw(&f, "CREATE TABLE check_head(n CHECK(n = 2));"
                "INSERT INTO check_head SELECT head FROM session");
        fixture_fini(&f);
    }
}

/* ---- kill -9 -------------------------------------------------------------------------------- */

/* Appends for ever and says every number that it was told is stored. */
static void child_writes(struct fixture *f, struct id id, bool first, int acks)
{
    struct error err = {0};
    struct log *log;
    char large[70000];

    child_opens(f);
    rein_status status =
        first ? log_new(f->store, id, S("/"), &log, &err) : log_open(f->store, id, &log, &err);
    if (status != REIN_OK)
        child_fails("open session", &err);
    for (unsigned i = 0;; i++) {
        struct digest sha;
        memset(large, (int)(i + log_head(log)), sizeof large);
        if (i % 4 == 3 &&
            log_blob(log, str_make(large, i % 8 == 3 ? 100 : sizeof large), &sha, &err))
            child_fails("blob", &err);
        child_appends(f, log, 1);
        uint64_t seq = log_stored(log);
        if (write(acks, &seq, sizeof seq) != sizeof seq)
            _exit(0);
    }
}

static void nothing_acknowledged_is_lost_by_kill_9(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    int rounds = getenv("REIN_SOAK") ? 500 : 25;
    unsigned random = 12345;
    fixture_folder(&f);
    struct id id = id_new();
    uint64_t told = 0, events = 0;

    for (int i = 0; i < rounds; i++) {
        int acks[2];
        assert_int_equal(pipe(acks), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(acks[0]);
            child_writes(&f, id, told == 0, acks[1]);
        }
        close(acks[1]);
        random = random * 1664525u + 1013904223u;
        uint64_t seq;
        for (unsigned k = 0; k <= random >> 29; k++)
            if (read(acks[0], &seq, sizeof seq) == sizeof seq)
                told = seq;
        kill(child, SIGKILL);
        while (read(acks[0], &seq, sizeof seq) == sizeof seq) /* said before it died */
            told = seq;
        close(acks[0]);
        assert_int_equal(WTERMSIG(join(child)), SIGKILL);
        fixture_open(&f);
        assert_ok(store_verify(f.store, id, &events, &err), err);
        assert_true(events >= told);
        assert_true(events <= told + 3); /* one more group at most */
        assert_int_equal(events % 3, 0); /* never a part of one */
        fixture_close(&f);
    }
    assert_ok(file_remove_tree(f.folder, &err), err);
}

/* Killed while it makes the store: the next one finds none or a whole one. */
static void a_store_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    int rounds = getenv("REIN_SOAK") ? 1000 : 20;

    for (int i = 0; i < rounds; i++) {
        struct fixture f;
        int gate[2];
        fixture_folder(&f);
        assert_int_equal(pipe(gate), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(gate[0]);
            if (write(gate[1], "g", 1) != 1)
                _exit(1);
            child_opens(&f);
            _exit(0);
        }
        char byte;
        assert_int_equal(read(gate[0], &byte, 1), 1);
        for (volatile int spin = 0; spin < i * 30000; spin++)
            ;
        kill(child, SIGKILL);
        join(child);
        close(gate[0]), close(gate[1]);
        fixture_open(&f);
        struct log *log = fixture_session(&f, id_new());
        wait_for(&f, log, put(log, 1));
        log_close(log);
        fixture_fini(&f);
    }
}

const struct CMUnitTest process_tests[] = {
    cmocka_unit_test(sixty_four_start_together_on_a_missing_store),
    cmocka_unit_test(a_second_brain_is_refused_until_the_first_ends),
    cmocka_unit_test(each_claim_raises_the_epoch),
    cmocka_unit_test(a_raised_epoch_fences_us_off),
    cmocka_unit_test(nothing_acknowledged_is_lost_by_kill_9),
    cmocka_unit_test(a_store_is_made_whole_or_not_at_all),
};
const size_t process_tests_n = sizeof process_tests / sizeof *process_tests;
