/* kill_sweep.c - see kill_sweep.h. Acknowledgements are the lines of stream-json, read by us. */
#include "support/kill_sweep.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "platform/clock.h"
#include "support/world.h"

enum { TURNS = 30 };

struct sweep {
    struct world w;
    unsigned seed, random;
    size_t round;
    const char *id;   /* of the session */
    struct map seen;  /* ids of calls whose use or result was acknowledged */
    int64_t whole_us; /* how long a run takes that nobody kills */
    struct kill_report *report;
};

#define broken(s, ...) \
    do { \
        fprintf(stderr, "kill sweep, seed %u round %zu, session %s: ", (s)->seed, (s)->round, \
                (s)->id); \
        fprintf(stderr, __VA_ARGS__); \
        fprintf(stderr, "\n%s\n", (s)->w.err.n ? (s)->w.err.p : ""); \
        abort(); \
    } while (0)

static unsigned next_random(struct sweep *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 8;
}

/* Reads, writes and commands; every command leaves its number in the ledger. */
static void write_scenario(struct buf *out)
{
    for (int i = 0; i < TURNS - 1; i++)
        switch (i % 3) {
        case 0:
            buf_printf(out,
                       "model text \"Step %d.\"\n"
                       "      tool_use Read {\"file_path\":\"a.txt\",\"offset\":%d} id c%d\n",
                       i, i + 1, i);
            break;
        case 1:
            buf_printf(out,
                       "model tool_use Write {\"file_path\":\"f%d.txt\",\"content\":\"%d\\n\"} "
                       "id c%d\n",
                       i, i, i);
            break;
        default:
            buf_printf(out, "model tool_use Bash {\"command\":\"echo c%d >> ledger\"} id c%d\n", i,
                       i);
        }
    buf_add(out, S("model text \"Finished.\"\n"));
}

/* What the lines so far acknowledged: a call's use, a call's result. A last line may be cut. */
static void note_acknowledged(struct sweep *s)
{
    str text = buf_str(&s->w.out);
    struct arena a;

    arena_init(&a);
    while (text.p && str_find(text, '\n') != SIZE_MAX) {
        struct json *line;
        if (json_parse(str_cut(&text, '\n'), JSON_DEPTH, &a, &line, NULL) != REIN_OK)
            broken(s, "a whole line is not JSON");
        json_each (block, json_get(json_get(line, "message"), "content")) {
            str use = json_text(block, "id", S("")),
                result = json_text(block, "tool_use_id", S(""));
            if (use.n)
                map_set(&s->seen, arena_printf(&a, "use %.*s", FS(use)), s);
            if (result.n)
                map_set(&s->seen, arena_printf(&a, "result %.*s", FS(result)), s);
        }
    }
    arena_fini(&a);
}

/* Wait for the moment while reading what it says, so that it never waits for us. */
static void kill_after(struct sweep *s, int64_t us)
{
    int64_t until = clock_monotonic() + us * 1000;
    struct pollfd fd = {.fd = s->w.out_fd, .events = POLLIN};

    for (int64_t left; (left = until - clock_monotonic()) > 0;) {
        struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        char *room;
        ssize_t n;

        if (ppoll(&fd, 1, &wait, NULL) <= 0)
            continue;
        room = buf_room(&s->w.out, 65536);
        n = read(fd.fd, room, 65536);
        if (n <= 0)
            break; /* it ended by itself */
        buf_grown(&s->w.out, (size_t)n);
    }
    kill(s->w.pid, SIGKILL);
    s->report->kills++;
}

static bool run(struct sweep *s, bool first, bool to_be_killed)
{
    const char *begin[] = {"-p",        "Do all thirty.",    "--session-id",
                           s->id,       "--output-format",   "stream-json",
                           "--verbose", "--permission-mode", "workspace-write",
                           NULL};
    const char *again[] = {"-p",          "--resume",  s->id, "--output-format",
                           "stream-json", "--verbose", NULL};

    int64_t began = clock_monotonic();

    world_start(&s->w, first ? begin : again);
    if (to_be_killed)
        kill_after(s, (int64_t)(next_random(s) % (unsigned)s->whole_us));
    world_finish(&s->w);
    note_acknowledged(s);
    if (s->w.err.n && strstr(s->w.err.p, "nothing left to do"))
        return true; /* the end was stored and the kill came after it */
    if (!to_be_killed && s->w.code != 0)
        broken(s, "ended with %d", s->w.code);
    if (first && !to_be_killed)
        s->whole_us = (clock_monotonic() - began) / 1000;
    return s->w.code == 0;
}

/* ---- what must hold ------------------------------------------------------------------------------ */

struct found {
    struct map have;     /* "use c1", "result c1": in the log */
    struct map doubtful; /* calls whose outcome is not plainly ok */
};

static void look_at_log(struct sweep *s, struct found *found)
{
    size_t n;
    const struct json **events;

    world_run(&s->w, (const char *[]){"session", "show", s->id, "--json", NULL});
    if (s->w.code != 0)
        broken(s, "session show ended with %d", s->w.code);
    events = world_lines(&s->w, &n);
    for (size_t i = 0; i < n; i++) {
        const struct json *payload = json_get(events[i], "payload");
        str type = json_text(events[i], "type", S("")), call = json_text(payload, "call", S(""));
        str outcome = json_text(payload, "outcome", S(""));

        if (json_int(events[i], "seq", 0) != (int64_t)i + 1)
            broken(s, "event %zu has number %lld", i + 1, (long long)json_int(events[i], "seq", 0));
        if (str_eq(type, S("agent.tool_use")))
            map_set(&found->have, arena_printf(&s->w.arena, "use %.*s", FS(call)), s);
        if (!str_eq(type, S("agent.tool_result")))
            continue;
        if (map_set(&found->have, arena_printf(&s->w.arena, "result %.*s", FS(call)), s))
            broken(s, "two results for %.*s", FS(call));
        if (!str_eq(outcome, S("ok")))
            map_set(&found->doubtful, call, s);
        s->report->unknown += str_eq(outcome, S("unknown"));
    }
}

static size_t times_in_ledger(const char *ledger, int i)
{
    char line[16];
    size_t n = 0, length = (size_t)snprintf(line, sizeof line, "c%d\n", i);

    for (const char *p = ledger; p && *p; p = strchr(p, '\n') + 1)
        n += strncmp(p, line, length) == 0;
    return n;
}

static void check(struct sweep *s)
{
    struct found found = {0};
    const char *ledger = world_read(&s->w, "ledger");

    map_init(&found.have);
    map_init(&found.doubtful);
    look_at_log(s, &found);
    map_each (entry, &s->seen) {
        if (!map_get(&found.have, entry->key))
            broken(s, "acknowledged and lost: %.*s", FS(entry->key));
        s->report->acknowledged++;
    }
    for (int i = 2; i < TURNS - 1; i += 3) {
        size_t times = times_in_ledger(ledger, i);
        char call[16];

        snprintf(call, sizeof call, "c%d", i);
        if (times > 1)
            broken(s, "%s ran %zu times", call, times);
        if (times == 0 && !map_get(&found.doubtful, str_of(call)))
            broken(s, "%s did not run and its result says that it did", call);
    }
    map_fini(&found.have);
    map_fini(&found.doubtful);
    world_run(&s->w, (const char *[]){"session", "verify", s->id, NULL});
    if (s->w.code != 0)
        broken(s, "does not verify");
}

static void one_round(struct sweep *s, bool killed)
{
    char id[ID_UUID_SIZE];
    bool first = true, done = false;

    id_uuid(id_new(), id);
    s->id = id;
    map_init(&s->seen);
    unlink(arena_printf(&s->w.arena, "%s/ledger", s->w.workspace).p);
    for (int i = 1; i < TURNS; i += 3)
        unlink(arena_printf(&s->w.arena, "%s/f%d.txt", s->w.workspace, i).p);
    while (!done) {
        /* Killed at once, nothing may have been stored: then there is nothing to resume. */
        done = run(s, first, killed);
        first = first && s->w.out.n == 0 && !done;
        if (first && killed) {
            id_uuid(id_new(), id);
        }
        killed = killed && next_random(s) % 3 == 0;
        s->report->resumes += !done;
    }
    check(s);
    map_fini(&s->seen);
}

void kill_sweep(unsigned seed, size_t rounds, struct kill_report *report)
{
    struct sweep s = {.seed = seed, .random = seed, .report = report};
    struct buf scenario;

    *report = (struct kill_report){0};
    buf_init(&scenario, BUF_NO_MAX);
    write_scenario(&scenario);
    world_begin(&s.w, scenario.p);
    buf_fini(&scenario);
    world_file(&s.w, "a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    one_round(&s, false); /* how long it takes when nobody kills it */
    for (s.round = 0; s.round < rounds; s.round++)
        one_round(&s, true);
    world_end(&s.w);
}
