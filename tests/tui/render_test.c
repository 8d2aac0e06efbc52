/* render_test.c - events as a person sees them, on a terminal and in a file. */
#include "test.h"

#include <stdio.h>

#include "base/buf.h"
#include "tui/render.h"

struct told {
    const char *type, *id, *payload;
};

static void append(void *data, const char *bytes, size_t size)
{
    buf_add(data, str_make(bytes, size));
}

static struct render *begin(bool live, struct buf *out)
{
    const struct render_options options = {.live = live, .columns = 60, .folder = "/w"};

    buf_init(out, BUF_NO_MAX);
    return render_new(&options, append, out);
}

static void tell(struct render *r, const struct told *events)
{
    for (; events->type; events++) {
        rein_event event = {.type = events->type, .payload = events->payload};
        event.payload_size = strlen(events->payload);
        snprintf(event.id, sizeof event.id, "%s", events->id ? events->id : "");
        render_event(r, &event);
    }
}

#define A "aaaaaaaa-0000-7000-8000-000000000001"
#define B "aaaaaaaa-0000-7000-8000-000000000002"
#define C "aaaaaaaa-0000-7000-8000-000000000003"

#define START(id, type) \
    { \
        "event_start", NULL, "{\"event\":{\"type\":\"" type "\",\"id\":\"" id "\"}}" \
    }
#define DELTA(id, text) \
    { \
        "event_delta", NULL, \
            "{\"event_id\":\"" id "\",\"delta\":{\"content\":{\"type\":\"text\",\"text\":\"" text \
            "\"}}}" \
    }
#define TEXT(id, text) \
    { \
        "agent.message", id, "{\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}" \
    }
#define IDLE \
    { \
        "session.status_idle", NULL, \
            "{\"stop_reason\":{\"type\":\"end_turn\"},\"result\":{\"requests\":1,\"duration_us\":0}}" \
    }
#define RUNNING \
    { \
        "session.status_running", NULL, "{}" \
    }
#define END_LINE "done · 1 request · 0 tokens in, 0 out · 0.0 s\n"

static void a_turn_in_a_file_is_plain(void **state)
{
    static const struct told events[] = {
        RUNNING,
        TEXT(A, "Looking."),
        {"agent.tool_use", B, "{\"name\":\"Read\",\"input\":{\"file_path\":\"/w/src/a.c\"}}"},
        {"rein.tool_started", NULL, "{\"tool_use_id\":\"" B "\",\"class\":\"read\"}"},
        {"agent.tool_result", NULL, "{\"tool_use_id\":\"" B "\",\"content\":\"x\\n\"}"},
        {"agent.tool_use", C, "{\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}"},
        {"rein.tool_started", NULL, "{\"tool_use_id\":\"" C "\",\"class\":\"change\"}"},
        {"agent.tool_result", NULL, "{\"tool_use_id\":\"" C "\",\"content\":\"f\\n\"}"},
        TEXT(A, "**Done.**"),
        IDLE,
        {0},
    };
    struct buf out;
    struct render *r = begin(false, &out);

    (void)state;
    tell(r, events);
    render_tick(r, 1000000); /* nothing moves in a file */
    assert_string_equal(out.p, "Looking.\n\n● Read src/a.c … 1 line\n● Bash ls … 1 line\n    f\n\n"
                               "Done.\n\n" END_LINE);
    render_free(r);
    buf_fini(&out);
}

/* Blocks appear when they are whole; what comes later as a stored event is not shown twice, also
 * when the next block has begun by then. */
static void text_appears_while_it_is_written(void **state)
{
    static const struct told first[] = {
        RUNNING, START(A, "agent.message"), DELTA(A, "One"), DELTA(A, " block.\\n\\nTwo"), {0}};
    static const struct told then[] = {DELTA(A, " more"),
                                       START(B, "agent.message"),
                                       TEXT(A, "One block.\\n\\nTwo more"),
                                       DELTA(B, "Three"),
                                       TEXT(B, "Three"),
                                       IDLE,
                                       {0}};
    struct buf out;
    struct render *r = begin(true, &out);

    (void)state;
    tell(r, first);
    assert_string_equal(out.p, "One block.\n");
    tell(r, then);
    assert_string_equal(out.p, "One block.\n\nTwo more\n\nThree\n\n" END_LINE);
    render_free(r);
    buf_fini(&out);
}

static void a_block_without_pieces_is_shown_whole(void **state)
{
    static const struct told events[] = {
        RUNNING, START(A, "agent.thinking"), DELTA(A, "hidden"), TEXT(B, "Shown."), IDLE, {0}};
    struct buf out;
    struct render *r = begin(true, &out);

    (void)state;
    tell(r, events);
    assert_string_equal(out.p, "Shown.\n\n" END_LINE);
    render_free(r);
    buf_fini(&out);
}

static void the_status_line_says_what_goes_on_and_gives_way(void **state)
{
    static const struct told running[] = {
        RUNNING,
        {"agent.tool_use", C, "{\"name\":\"Bash\",\"input\":{\"command\":\"make\"}}"},
        {"rein.tool_started", NULL, "{\"tool_use_id\":\"" C "\",\"class\":\"change\"}"},
        {"rein.tool_progress", NULL, "{\"tool_use_id\":\"" C "\",\"text\":\"cc a.c\\ncc b.c\\n\"}"},
        {0},
    };
    static const struct told done[] = {
        {"agent.tool_result", NULL, "{\"tool_use_id\":\"" C "\",\"content\":\"\"}"}, {0}};
    struct buf out;
    struct render *r = begin(true, &out);

    (void)state;
    tell(r, running);
    render_tick(r, 5000000);
    buf_clear(&out);
    render_tick(r, 7500000);
    assert_string_equal(out.p, "\r\x1b[K⠙ Bash make · cc b.c · 2.5 s · 0 in, 0 out");
    buf_clear(&out);
    tell(r, done);
    assert_string_equal(out.p, "\r\x1b[K● Bash make … 0 lines\n");
    buf_clear(&out);
    render_tick(r, 8000000);
    assert_non_null(strstr(out.p, "thinking"));
    render_clear(r);
    assert_true(str_ends(buf_str(&out), S("\r\x1b[K")));
    buf_clear(&out);
    render_clear(r); /* already gone */
    assert_int_equal(out.n, 0);
    render_free(r);
    buf_fini(&out);
}

static void questions_wait_in_order_until_they_are_decided(void **state)
{
    static const struct told asked[] = {
        RUNNING,
        {"agent.tool_use", B, "{\"name\":\"Bash\",\"input\":{\"command\":\"make\"}}"},
        {"rein.permission_decided", NULL,
         "{\"tool_use_id\":\"" B "\",\"decision\":\"ask\",\"always\":\"Bash(make)\",\"subject\":"
         "\"make\",\"reason\":\"why\"}"},
        {"agent.tool_use", C,
         "{\"name\":\"Edit\",\"input\":{\"file_path\":\"/w/a\",\"old_string\":\"x\\ny\\n\","
         "\"new_string\":\"x\\nz\",\"replace_all\":true}}"},
        {"rein.permission_decided", NULL, "{\"tool_use_id\":\"" C "\",\"decision\":\"ask\"}"},
        {"rein.permission_decided", NULL, /* its call was before we listened */
         "{\"tool_use_id\":\"" A "\",\"decision\":\"ask\",\"name\":\"Write\"}"},
        {0},
    };
    static const struct told decided[] = {{"rein.permission_decided", NULL,
                                           "{\"tool_use_id\":\"" B
                                           "\",\"decision\":\"allow\",\"by\":\"user\"}"},
                                          {0}};
    static const struct told interrupted[] = {{"agent.tool_result", NULL,
                                               "{\"tool_use_id\":\"" C
                                               "\",\"content\":\"\",\"outcome\":\"interrupted\"}"},
                                              {0}};
    static const struct told closed[] = {
        {"agent.tool_result", NULL, "{\"tool_use_id\":\"" A "\",\"content\":\"\"}"}, {0}};
    struct buf out;
    struct render *r = begin(true, &out);

    (void)state;
    assert_null(render_question(r));
    tell(r, asked);
    assert_string_equal(render_question(r)->id, B);
    assert_string_equal(render_question(r)->always, "Bash(make)");
    buf_clear(&out);
    render_tick(r, 1000000); /* the line below belongs to the question */
    assert_int_equal(out.n, 0);
    tell(r, decided);
    assert_string_equal(render_question(r)->id, C);
    assert_string_equal(render_question(r)->subject, "a");
    assert_string_equal(render_question(r)->change, "@ every occurrence\n x\n-y\n+z\n");
    tell(r, interrupted);
    assert_string_equal(render_question(r)->name, "Write");
    tell(r, closed);
    assert_null(render_question(r));
    render_free(r);
    buf_fini(&out);
}

static void errors_are_said_and_made_safe(void **state)
{
    static const struct told events[] = {
        {"session.error", NULL,
         "{\"error\":{\"message\":\"bad \\u001b[2Jthing that does not stand in one line of sixty\"}}"},
        {"agent.tool_result", NULL, "not json"},
        {"agent.tool_result", NULL, "[]"},
        {"event_delta", NULL, "{}"},
        {"session.status_idle", NULL, "null"},
        {0}};
    struct buf out;
    struct render *r = begin(true, &out);

    (void)state;
    render_columns(r, 50);
    tell(r, events);
    assert_true(
        str_starts(buf_str(&out), S("✗ bad thing that does not stand in one line of\nsixty")));
    assert_null(strstr(out.p, "\x1b[2J"));
    render_free(r);
    render_free(NULL);
    buf_fini(&out);
}

const struct CMUnitTest render_tests[] = {
    cmocka_unit_test(a_turn_in_a_file_is_plain),
    cmocka_unit_test(text_appears_while_it_is_written),
    cmocka_unit_test(a_block_without_pieces_is_shown_whole),
    cmocka_unit_test(the_status_line_says_what_goes_on_and_gives_way),
    cmocka_unit_test(questions_wait_in_order_until_they_are_decided),
    cmocka_unit_test(errors_are_said_and_made_safe),
};
const size_t render_tests_n = sizeof render_tests / sizeof *render_tests;
