/*
 * log.c - what the log costs: opening a store, one durable append, appends in groups of 16 beside a
 * bare SQLite loop with the same groups. Figures in medians; nothing is asserted.
 *
 *     build/bench/log [FOLDER]      (a folder on the disk to measure; default: the current one)
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "platform/clock.h"
#include "platform/file.h"

enum { GROUP = 16, GROUPS = 1500, APPENDS = 2000, OPENS = 40, PAYLOAD = 1000 };

static char payload[PAYLOAD];

static void check(rein_status status, const struct error *err)
{
    if (status == REIN_OK)
        return;
    fprintf(stderr, "bench/log: %s\n", err->text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double quantile(double *values, size_t n, double q)
{
    qsort(values, n, sizeof *values, compare);
    return values[(size_t)((double)(n - 1) * q)];
}

static double since(int64_t start) { return (double)(clock_monotonic() - start) / 1e3; }

/* ---- bare SQLite ---------------------------------------------------------------------------- */

static void sql(sqlite3 *db, const char *text)
{
    char *why = NULL;

    if (sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK)
        return;
    fprintf(stderr, "bench/log: %s\n", why);
    exit(1);
}

/* Events a second; with `indexes` it keeps the same two unique keys as ours. */
static double bare(const char *folder, bool indexes)
{
    char path[4300];
    sqlite3 *db;
    sqlite3_stmt *insert, *begin, *commit;

    snprintf(path, sizeof path, "%s/bare-%d.db", folder, indexes);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        exit(1);
    sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2000");
    sql(db, indexes ? "CREATE TABLE event(n INTEGER PRIMARY KEY, session INTEGER, seq INTEGER,"
                      " id BLOB UNIQUE, payload TEXT, UNIQUE(session, seq))"
                    : "CREATE TABLE event(n INTEGER PRIMARY KEY, session INTEGER, seq INTEGER,"
                      " id BLOB, payload TEXT)");
    sqlite3_prepare_v2(db, "INSERT INTO event VALUES(NULL, 1, ?1, ?2, ?3)", -1, &insert, NULL);
    sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &begin, NULL);
    sqlite3_prepare_v2(db, "COMMIT", -1, &commit, NULL);
    int64_t start = clock_monotonic();
    for (int g = 0; g < GROUPS; g++) {
        sqlite3_step(begin), sqlite3_reset(begin);
        for (int i = 0; i < GROUP; i++) {
            struct id id = id_new();
            sqlite3_bind_int(insert, 1, g * GROUP + i + 1);
            sqlite3_bind_blob(insert, 2, id.b, 16, SQLITE_TRANSIENT);
            sqlite3_bind_text(insert, 3, payload, PAYLOAD, SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE)
                exit(1);
            sqlite3_reset(insert);
        }
        sqlite3_step(commit), sqlite3_reset(commit);
    }
    double us = since(start);
    sqlite3_finalize(insert), sqlite3_finalize(begin), sqlite3_finalize(commit);
    sqlite3_close(db);
    return GROUP * GROUPS / us * 1e6;
}

/* ---- ours ----------------------------------------------------------------------------------- */

static struct store *open_store(struct loop *loop, const char *folder)
{
    struct store *store;
    struct error err = {0};

    check(store_open(loop, &(struct store_options){.folder = folder}, &store, &err), &err);
    return store;
}

static void append_and_wait(struct loop *loop, struct log *log, size_t n)
{
    struct event evs[GROUP];
    struct error err = {0};

    memset(evs, 0, sizeof evs);
    for (size_t i = 0; i < n; i++) {
        evs[i].type = EV_AGENT_MESSAGE;
        evs[i].payload = str_make(payload, PAYLOAD);
    }
    check(log_append(log, evs, n, &err), &err);
    log_want(log, log_head(log));
    while (log_stored(log) < log_head(log))
        loop_turn(loop, -1);
}

static struct log *new_session(struct store *store)
{
    struct log *log;
    struct error err = {0};

    check(log_new(store, id_new(), S("/"), &log, &err), &err);
    return log;
}

static double groups(struct loop *loop, const char *folder)
{
    struct store *store = open_store(loop, folder);
    struct log *log = new_session(store);
    int64_t start = clock_monotonic();

    for (int g = 0; g < GROUPS; g++)
        append_and_wait(loop, log, GROUP);
    double us = since(start);
    log_close(log);
    store_close(store);
    return GROUP * GROUPS / us * 1e6;
}

static void waits(struct loop *loop, const char *folder)
{
    struct store *store = open_store(loop, folder);
    struct log *log = new_session(store);
    static double us[APPENDS];

    for (int i = 0; i < APPENDS; i++) {
        int64_t start = clock_monotonic();
        append_and_wait(loop, log, 1);
        us[i] = since(start);
    }
    printf("one durable append            p50 %.0f us, p99 %.0f us\n", quantile(us, APPENDS, 0.5),
           quantile(us, APPENDS, 0.99));
    log_close(log);
    store_close(store);
}

static void opens(struct loop *loop, const char *folder)
{
    double made[OPENS], again[OPENS], first[OPENS];
    char path[4300];

    for (int i = 0; i < OPENS; i++) {
        snprintf(path, sizeof path, "%s/open-%d", folder, i);
        int64_t start = clock_monotonic();
        struct store *store = open_store(loop, path);
        made[i] = since(start);
        struct log *log = new_session(store);
        start = clock_monotonic();
        append_and_wait(loop, log, 3);
        first[i] = since(start);
        log_close(log);
        store_close(store);
        start = clock_monotonic();
        store = open_store(loop, path);
        again[i] = since(start);
        store_close(store);
    }
    printf("open a store: new             %.0f us\n", quantile(made, OPENS, 0.5));
    printf("first append in a new store   %.0f us\n", quantile(first, OPENS, 0.5));
    printf("open a store: existing        %.0f us\n", quantile(again, OPENS, 0.5));
}

/* A store whose WAL holds as much as is left there at most. */
static void open_large(struct loop *loop, const char *folder)
{
    double us[OPENS];
    struct error err = {0};
    struct id id = {{0}};

    struct store *store = open_store(loop, folder);
    struct log *log = new_session(store);
    id = log_session(log);
    for (int i = 0; i < 40; i++)
        append_and_wait(loop, log, GROUP);
    log_close(log);
    store_close(store);
    for (int i = 0; i < OPENS; i++) {
        int64_t start = clock_monotonic();
        store = open_store(loop, folder);
        check(log_open(store, id, &log, &err), &err);
        us[i] = since(start);
        log_close(log);
        store_close(store);
    }
    printf("open a store and a session    %.0f us\n", quantile(us, OPENS, 0.5));
}

static bool count(void *data, const struct event *ev)
{
    (void)ev;
    ++*(int *)data;
    return true;
}

static void reads(struct loop *loop, const char *folder)
{
    struct store *store = open_store(loop, folder);
    struct log *log = new_session(store);
    struct error err = {0};
    int n = 0;

    for (int g = 0; g < 625; g++)
        append_and_wait(loop, log, GROUP);
    int64_t start = clock_monotonic();
    check(store_read(store, log_session(log), 1, 0, count, &n, &err), &err);
    double us = since(start);
    printf("read and check 10,000 events  %.0f us (%.2f us each)\n", us, us / n);
    log_close(log);
    store_close(store);
}

/* Processes that each commit three events at a time on one store, a few milliseconds apart. */
static void processes(struct loop *loop, const char *folder)
{
    enum { N = 8, COMMITS = 40 };
    static double all[N * COMMITS];
    int ends[2];

    store_close(open_store(loop, folder));
    if (pipe(ends) != 0)
        exit(1);
    fflush(stdout);
    for (int p = 0; p < N; p++) {
        if (fork() != 0)
            continue;
        struct loop *own;
        struct error err = {0};
        double us[COMMITS];
        check(loop_new(&own, &err), &err);
        struct store *store = open_store(own, folder);
        struct log *log = new_session(store);
        for (int i = 0; i < COMMITS; i++) {
            int64_t start = clock_monotonic();
            append_and_wait(own, log, 3);
            us[i] = since(start);
            usleep(3000);
        }
        log_close(log);
        store_close(store);
        _exit(write(ends[1], us, sizeof us) == sizeof us ? 0 : 1);
    }
    for (size_t got = 0; got < sizeof all;) {
        ssize_t n = read(ends[0], (char *)all + got, sizeof all - got);
        if (n <= 0)
            exit(1);
        got += (size_t)n;
    }
    printf("8 processes on one store      p50 %.0f us, p99 %.0f us, worst %.0f us\n",
           quantile(all, N * COMMITS, 0.5), quantile(all, N * COMMITS, 0.99),
           quantile(all, N * COMMITS, 1));
}

int main(int argc, char **argv)
{
    char folder[4096], path[4300];
    struct error err = {0};
    struct loop *loop;

    snprintf(folder, sizeof folder, "%s/rein-bench-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(folder))
        return perror(folder), 1;
    memset(payload, 'x', sizeof payload);
    payload[0] = payload[PAYLOAD - 1] = '"';
    check(loop_new(&loop, &err), &err);
    snprintf(path, sizeof path, "%s/processes", folder); /* first: it forks */
    processes(loop, path);
    opens(loop, folder);
    snprintf(path, sizeof path, "%s/large", folder);
    open_large(loop, path);
    snprintf(path, sizeof path, "%s/waits", folder);
    waits(loop, path);
    snprintf(path, sizeof path, "%s/groups", folder);
    double plain = bare(folder, false), keyed = bare(folder, true), ours = groups(loop, path);
    printf("events/s in groups of %d      ours %.0f; bare SQLite %.0f (ratio %.2f), with the same "
           "keys %.0f (ratio %.2f)\n",
           GROUP, ours, plain, ours / plain, keyed, ours / keyed);
    snprintf(path, sizeof path, "%s/reads", folder);
    reads(loop, path);
    loop_free(loop);
    check(file_remove_tree(folder, &err), &err);
    return 0;
}
