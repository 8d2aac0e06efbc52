/*
 * commits_test.c - how often a turn waits for the disk: once for a turn of reads, twice for a turn of
 * commands. The store's own delay is set so long that only what somebody waits for commits, so the
 * count does not depend on the machine's speed.
 */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "platform/file.h"
#include "runtime/session.h"

struct place {
    struct brain brain;
    char root[64];
};

static void place_begin(struct place *p, const char *script)
{
    struct store_options options = {.delay_us = 60 * 1000000};
    struct error err;

    *p = (struct place){.root = "/tmp/rein-commits-XXXXXX"};
    assert_non_null(mkdtemp(p->root));
    arena_init(&p->brain.arena);
    list_init(&p->brain.sessions);
    p->brain.config = config_new(NULL);
    assert_ok(config_set(p->brain.config, SETTING_HOME, str_of(p->root), "test", &err), err);
    assert_ok(config_set(p->brain.config, SETTING_PERMISSION_MODE, S("workspace-write"), "test", &err),
              err);
    assert_ok(config_paths(p->brain.config, &p->brain.arena, &p->brain.paths, &err), err);
    str path = arena_printf(&p->brain.arena, "%s/s.script", p->root);
    assert_ok(file_write_atomic(path.p, str_of(script), 0600, &err), err);
    assert_ok(file_write_atomic(arena_printf(&p->brain.arena, "%s/a.txt", p->root).p, S("alpha\n"),
                                0600, &err), err);
    str model = arena_printf(&p->brain.arena, "script:%s", path.p);
    assert_ok(config_set(p->brain.config, SETTING_MODEL, model, "test", &err), err);
    assert_ok(loop_new(&p->brain.loop, &err), err);
    options.folder = p->brain.paths.data;
    assert_ok(store_open(p->brain.loop, &options, &p->brain.store, &err), err);
}

static void place_end(struct place *p)
{
    while (!list_is_empty(&p->brain.sessions))
        session_close(list_of(p->brain.sessions.next, struct session, link));
    model_client_free(p->brain.client);
    store_close(p->brain.store);
    loop_free(p->brain.loop);
    config_free(p->brain.config);
    arena_fini(&p->brain.arena);
    assert_ok(file_remove_tree(p->root, &(struct error){0}), (struct error){0});
}

/* One turn; the commits that were made by the time each request left. */
struct counts {
    struct place *place;
    uint64_t at[16];
    size_t n;
};

static void count(void *data, struct session *s, const struct event *ev)
{
    struct counts *c = data;

    (void)s;
    if (ev->type == EV_MODEL_REQUEST_START && c->n < 16)
        c->at[c->n++] = store_commits(c->place->brain.store);
}

static struct session *run(struct place *p, struct counts *c)
{
    struct session_spec spec = {.folder = p->root};
    struct session *s;
    struct error err;
    struct buf payload;

    *c = (struct counts){.place = p};
    assert_ok(session_new(&p->brain, &spec, &s, &err), err);
    session_listen(s, count, c);
    buf_init(&payload, BUF_NO_MAX);
    buf_add(&payload, S("{\"content\":[{\"type\":\"text\",\"text\":\"go\"}]}"));
    assert_ok(session_input(s, EV_USER_MESSAGE, &payload, &err), err);
    buf_fini(&payload);
    while (!session_is_idle(s))
        loop_turn(p->brain.loop, 1000);
    return s;
}

static void a_turn_of_reads_waits_for_one_commit_and_one_of_commands_for_two(void **state)
{
    struct place p;
    struct counts c;

    (void)state;
    place_begin(&p, "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "      tool_use Read {\"file_path\":\"a.txt\",\"offset\":1}\n"
                    "model tool_use Bash {\"command\":\"true\"}\n"
                    "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model text \"done\"\n");
    run(&p, &c);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.at[0], 1);           /* everything that starts a session, and its request  */
    assert_int_equal(c.at[1] - c.at[0], 1); /* two reads                                          */
    assert_int_equal(c.at[2] - c.at[1], 2); /* a command: its intent, then its result             */
    assert_int_equal(c.at[3] - c.at[2], 1);
    assert_int_equal(store_commits(p.brain.store) - c.at[3], 1); /* the end */
    place_end(&p);
}

static void P001_a_session_woken_in_another_process_folds_to_the_same_state(void **state)
{
    struct place p;
    struct counts c;
    struct session *s;
    struct session_spec spec;
    struct context_body before, after;
    struct digest sha;
    struct error err;
    int64_t number;

    (void)state;
    place_begin(&p, "model thinking \"hm\" signature \"c2ln\"\n"
                    "      tool_use Read {\"file_path\":\"a.txt\"}\n"
                    "model tool_use TodoWrite {\"todos\":[{\"content\":\"x\",\"status\":\"pending\","
                    "\"activeForm\":\"x\"}]}\n"
                    "model text \"done\"\n");
    s = run(&p, &c);
    context_request(&s->context, &before);
    sha = before.sha;
    number = s->turn.number;
    spec = (struct session_spec){.id = s->id, .folder = p.root};
    session_close(s);
    assert_ok(session_wake(&p.brain, &spec, &s, &err), err);
    context_request(&s->context, &after);
    assert_true(digest_eq(sha, after.sha));
    assert_int_equal(s->turn.number, number);
    assert_int_equal(s->turn.state, TURN_IDLE);
    assert_int_not_equal(str_search(buf_str(&s->views.todos.list), S("pending")), SIZE_MAX);
    assert_non_null(views_file(&s->views, arena_printf(&p.brain.arena, "%s/a.txt", p.root)));
    while (!session_is_idle(s))
        loop_turn(p.brain.loop, 1000);
    place_end(&p);
}

const struct CMUnitTest commits_tests[] = {
    cmocka_unit_test(a_turn_of_reads_waits_for_one_commit_and_one_of_commands_for_two),
    cmocka_unit_test(P001_a_session_woken_in_another_process_folds_to_the_same_state),
};
const size_t commits_tests_n = sizeof commits_tests / sizeof *commits_tests;
