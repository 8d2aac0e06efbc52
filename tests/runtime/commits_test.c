/*
 * commits_test.c - how often a turn waits for the disk: once for a turn of reads, twice for a turn of
 * commands. The store's own delay is set so long that only what somebody waits for commits, so the
 * count does not depend on the machine's speed.
 */
#include "runtime/place.h"

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
    struct session *s = place_new(p, false);

    *c = (struct counts){.place = p};
    session_listen(s, count, c);
    place_ask(s, "go");
    place_finish(p, s);
    return s;
}

static void a_turn_of_reads_waits_for_one_commit_and_one_of_commands_for_two(void **state)
{
    struct place p;
    struct counts c;

    (void)state;
    place_begin(&p,
                "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                "      tool_use Read {\"file_path\":\"a.txt\",\"offset\":1}\n"
                "model tool_use Bash {\"command\":\"true\"}\n"
                "model tool_use Read {\"file_path\":\"a.txt\"}\n"
                "model text \"done\"\n",
                "workspace-write");
    run(&p, &c);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.at[0], 1);           /* everything that starts a session, and its request */
    assert_int_equal(c.at[1] - c.at[0], 1); /* two reads */
    assert_int_equal(c.at[2] - c.at[1], 2); /* a command: its intent, then its result */
    assert_int_equal(c.at[3] - c.at[2], 1);
    assert_int_equal(store_commits(p.brain.store) - c.at[3], 1); /* the end */
    place_end(&p);
}

static void P001_a_session_woken_in_another_process_folds_to_the_same_state(void **state)
{
    struct place p;
    struct counts c;
    struct session *s;
    struct context_body before, after;
    struct digest sha;
    struct id id;
    int64_t number;

    (void)state;
    place_begin(&p,
                "model thinking \"hm\" signature \"c2ln\"\n"
                "      tool_use Read {\"file_path\":\"a.txt\"}\n"
                "model tool_use TodoWrite {\"todos\":[{\"content\":\"x\",\"status\":\"pending\","
                "\"activeForm\":\"x\"}]}\n"
                "model text \"done\"\n",
                "workspace-write");
    s = run(&p, &c);
    context_request(&s->context, &before);
    sha = before.sha;
    number = s->turn.number;
    id = s->id;
    session_close(s);
    s = place_wake(&p, id);
    context_request(&s->context, &after);
    assert_true(digest_eq(sha, after.sha));
    assert_int_equal(s->turn.number, number);
    assert_int_equal(s->turn.state, TURN_IDLE);
    assert_int_not_equal(str_search(buf_str(&s->views.todos.list), S("pending")), SIZE_MAX);
    assert_non_null(views_file(&s->views, arena_printf(&p.brain.arena, "%s/a.txt", p.root)));
    place_finish(&p, s);
    place_end(&p);
}

const struct CMUnitTest commits_tests[] = {
    cmocka_unit_test(a_turn_of_reads_waits_for_one_commit_and_one_of_commands_for_two),
    cmocka_unit_test(P001_a_session_woken_in_another_process_folds_to_the_same_state),
};
const size_t commits_tests_n = sizeof commits_tests / sizeof *commits_tests;
