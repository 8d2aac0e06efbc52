/* turn_test.c - the turn's table, told as stories: each line an event, then what is wanted. */
#include "engine/story.h"

#define ASK "user.message", "{\"content\":[{\"type\":\"text\",\"text\":\"go\"}]}"
#define RUNNING "session.status_running", "{}"
#define START "span.model_request_start", "{}"
#define END(stop) "span.model_request_end", "{\"stop_reason\":\"" stop "\",\"kept\":true}"
#define READ(call) \
    "agent.tool_use", "{\"name\":\"Read\",\"call\":\"" call "\",\"input\":{\"file_path\":\"/w/a\"}}"
#define BASH(call) \
    "agent.tool_use", "{\"name\":\"Bash\",\"call\":\"" call "\",\"input\":{\"command\":\"make\"}}"
#define ALLOWED(i) "rein.permission_decided", "{\"tool_use_id\":\"$" i "\",\"decision\":\"allow\"}"
#define BEGUN(i) "rein.tool_started", "{\"tool_use_id\":\"$" i "\"}"
#define RESULT(i) "agent.tool_result", "{\"tool_use_id\":\"$" i "\",\"outcome\":\"ok\"}"
#define IDLE "session.status_idle", "{}"
#define WOKEN "rein.session_woken", "{\"can_ask\":true}"

static void tell(const char *policy, int max_turns, const struct line *lines)
{
    struct story s;

    story_begin(&s, policy, max_turns);
    story_tell(&s, lines);
    story_end(&s);
}

static void S001_S003_one_round_and_an_answer(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, "preparing: take"},
             {RUNNING, "preparing: take"},
             {"rein.input_taken", "{\"inputs\":[2]}", "requesting: request"},
             {START, "streaming:"},
             {READ("c1"), "streaming: decide#0"},
             {ALLOWED("0"), "streaming: tool#0"},
             {BEGUN("0"), "streaming:"},
             {RESULT("0"), "streaming:"},
             {END("tool_use"), "requesting: request"},
             {START, "streaming:"},
             {"agent.message", "{\"content\":[]}", "streaming:"},
             {END("end_turn"), "stopping: idle"},
             {IDLE, "idle:"},
             {0},
         });
}

static void S005_a_call_starts_while_the_reply_streams(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {BASH("c1"), "streaming: decide#0"},
             {ALLOWED("0"), "streaming: tool#0"},
             {BEGUN("0"), "streaming:"},
             {END("tool_use"), "executing:"},
             {RESULT("0"), "requesting: request"},
             {0},
         });
}

static void S091_batches_are_RR_W_RR_B(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {READ("a"), NULL},
             {READ("b"), NULL},
             {BASH("c"), NULL},
             {READ("d"), NULL},
             {READ("e"), NULL},
             {BASH("f"), NULL},
             {END("tool_use"), NULL},
             {ALLOWED("0"), NULL},
             {ALLOWED("1"), NULL},
             {ALLOWED("2"), NULL},
             {ALLOWED("3"), NULL},
             {ALLOWED("4"), NULL},
             {ALLOWED("5"), "executing: tool#0 tool#1"},
             {BEGUN("0"), "executing: tool#1"},
             {BEGUN("1"), "executing:"},
             {RESULT("0"), "executing:"},
             {RESULT("1"), "executing: tool#2"},
             {BEGUN("2"), "executing:"},
             {RESULT("2"), "executing: tool#3 tool#4"},
             {BEGUN("3"), NULL},
             {BEGUN("4"), "executing:"},
             {RESULT("3"), "executing:"},
             {RESULT("4"), "executing: tool#5"},
             {0},
         });
}

static void S010_max_turns_ends_after_the_results(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 1);
    story_tell(&s, (struct line[]){
                       {ASK, NULL},
                       {RUNNING, NULL},
                       {"rein.input_taken", "{\"inputs\":[2]}", NULL},
                       {START, NULL},
                       {READ("a"), NULL},
                       {ALLOWED("0"), NULL},
                       {BEGUN("0"), NULL},
                       {END("tool_use"), "executing:"},
                       {RESULT("0"), "stopping: idle"},
                       {0},
                   });
    assert_int_equal(s.turn.end, END_MAX_TURNS);
    story_end(&s);
}

static void S082_S083_unknown_and_misshapen_calls_are_refused(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {"agent.tool_use", "{\"name\":\"Nope\",\"call\":\"a\",\"input\":{}}",
              "streaming: decide#0=invalid"},
             {"rein.permission_decided",
              "{\"tool_use_id\":\"$0\",\"decision\":\"deny\",\"by\":\"check\",\"reason\":\"no\"}",
              "streaming: answer#0=invalid"},
             {"agent.tool_use", "{\"name\":\"Read\",\"call\":\"b\",\"input\":{\"file_path\":[1]}}",
              "streaming: answer#0=invalid decide#1=invalid"},
             {"agent.tool_use", "{\"name\":\"Read\",\"call\":\"c\",\"input\":{},\"invalid\":\"{\"}",
              NULL},
             {"agent.tool_use",
              "{\"name\":\"Old\",\"call\":\"d\",\"input\":{\"file_path\":\"/w/a\"}}",
              "streaming: answer#0=invalid decide#1=invalid decide#2=invalid decide#3"},
             {0},
         });
}

static void S100_a_question_waits_and_its_answer_counts_once(void **state)
{
    (void)state;
    tell(POLICY_ASK, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {BASH("a"), "streaming: decide#0"},
             {"rein.permission_decided", "{\"tool_use_id\":\"$0\",\"decision\":\"ask\"}",
              "streaming:"},
             {END("tool_use"), "deciding:"},
             {"user.tool_confirmation", "{\"tool_use_id\":\"$0\",\"result\":\"allow\"}",
              "executing: tool#0"},
             {"user.tool_confirmation", "{\"tool_use_id\":\"$0\",\"result\":\"deny\"}",
              "executing: tool#0"},
             {BEGUN("0"), "executing:"},
             {RESULT("0"), "requesting: request"},
             {0},
         });
}

static void S014_a_refusal_is_told_to_the_model(void **state)
{
    struct story s;
    struct arena scratch;
    struct wanted wanted = {0};

    (void)state;
    story_begin(&s, POLICY_HEADLESS, 0);
    story_tell(&s, (struct line[]){
                       {ASK, NULL},
                       {RUNNING, NULL},
                       {"rein.input_taken", "{\"inputs\":[2]}", NULL},
                       {START, NULL},
                       {BASH("a"), "streaming: decide#0"},
                       {0},
                   });
    arena_init(&scratch);
    turn_next(&s.turn, &scratch, &wanted);
    assert_int_equal(wanted.items[0].verdict.decision, DECIDE_DENY);
    assert_true(strlen(wanted.items[0].verdict.reason) > 10);
    arena_fini(&scratch);
    wanted_fini(&wanted);
    story_end(&s);
}

static void N07_a_lost_change_is_unknown_and_a_lost_read_runs_again(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {END("tool_use"), "executing:"},
             {WOKEN, "executing: tool#0"},
             {RESULT("0"), "requesting: request"},
             {START, NULL},
             {BASH("b"), NULL},
             {ALLOWED("1"), NULL},
             {BEGUN("1"), NULL},
             {END("tool_use"), "executing:"},
             {WOKEN, "executing: answer#0=unknown"},
             {RESULT("1"), "requesting: request"},
             {0},
         });
}

static void N06_a_request_that_died_is_settled_and_asked_again(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {"agent.message", "{\"content\":[]}", "streaming:"},
             {WOKEN, "streaming: settle"},
             {"span.model_request_end",
              "{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":false,"
              "\"error\":{\"type\":\"process_died\"}}",
              "requesting: request"},
             {0},
         });
}

static void N06_a_kept_broken_reply_answers_what_had_not_begun(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {RESULT("0"), NULL},
             {BASH("b"), "streaming: decide#1"},
             {WOKEN, NULL},
             {"span.model_request_end",
              "{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":true,"
              "\"error\":{\"type\":\"process_died\"}}",
              "deciding: answer#1=not_executed"},
             {RESULT("1"), "requesting: request"},
             {0},
         });
}

static void N06_a_prompt_takes_the_place_of_the_broken_turn(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {END("tool_use"), "executing:"},
             {WOKEN, "executing: tool#0"},
             {ASK, "executing: answer#0=interrupted"},
             {RESULT("0"), "preparing: take"},
             {"rein.input_taken", "{\"inputs\":[11]}", "requesting: request"},
             {0},
         });
}

static void S094_an_interrupt_leaves_no_call_without_a_result(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(
        &s, (struct line[]){
                {ASK, NULL},
                {RUNNING, NULL},
                {"rein.input_taken", "{\"inputs\":[2]}", NULL},
                {START, NULL},
                {BASH("a"), NULL},
                {ALLOWED("0"), NULL},
                {BEGUN("0"), NULL},
                {READ("b"), NULL},
                {"user.interrupt", "{}", "streaming: stop cancel"},
                {"span.model_request_end",
                 "{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":true}", "deciding: cancel"},
                {RESULT("0"), "deciding: answer#1=interrupted"},
                {RESULT("1"), "stopping: idle"},
                {0},
            });
    assert_int_equal(s.turn.end, END_INTERRUPTED);
    story_tell(&s, (struct line[]){{IDLE, "idle:"}, {"user.interrupt", "{}", "idle:"}, {0}});
    story_end(&s);
}

static void S002_a_second_input_waits_and_joins(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", NULL},
             {START, NULL},
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {ASK, "streaming:"},
             {RESULT("0"), NULL},
             {END("tool_use"), "preparing: take"},
             {"rein.input_taken", "{\"inputs\":[9]}", "requesting: request"},
             {START, NULL},
             {"user.message", "{\"content\":[],\"priority\":\"later\"}", "streaming:"},
             {END("end_turn"), "stopping: idle"},
             {IDLE, "preparing: take"},
             {0},
         });
}

static void S009_ends_are_named(void **state)
{
    static const struct {
        const char *end;
        enum turn_end expected;
    } cases[] = {
        {"{\"stop_reason\":\"end_turn\",\"kept\":true}", END_DONE},
        {"{\"stop_reason\":\"refusal\",\"kept\":false}", END_REFUSED},
        {"{\"stop_reason\":\"max_tokens\",\"kept\":true}", END_LENGTH},
        {"{\"stop_reason\":\"model_context_window_exceeded\",\"kept\":true}", END_WINDOW},
        {"{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":false,\"error\":{\"type\":\"x\"}}",
         END_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct story s;

        story_begin(&s, POLICY_ALLOW, 0);
        story_tell(&s, (struct line[]){{ASK, NULL},
                                       {RUNNING, NULL},
                                       {"rein.input_taken", "{\"inputs\":[2]}", NULL},
                                       {START, NULL},
                                       {"span.model_request_end", cases[i].end, "stopping: idle"},
                                       {0}});
        assert_int_equal(s.turn.end, cases[i].expected);
        story_end(&s);
    }
}

static void an_event_about_no_call_is_refused_and_changes_nothing(void **state)
{
    struct story s;
    struct error err;
    char before[256], after[256];

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(&s, (struct line[]){{ASK, NULL}, {0}});
    story_show(&s, before, sizeof before);
    assert_int_equal(story_event(&s, "agent.tool_result",
                                 "{\"tool_use_id\":\"00000000-0000-0000-0000-000000000009\"}",
                                 &err),
                     REIN_CORRUPT);
    assert_non_null(strstr(err.text, "agent.tool_result"));
    story_show(&s, after, sizeof after);
    assert_string_equal(before, after);
    story_end(&s);
}

#define GO \
    {ASK, NULL}, {RUNNING, NULL}, {"rein.input_taken", "{\"inputs\":[2]}", NULL}, { START, NULL }
#define LATER "user.message", "{\"content\":[],\"priority\":\"later\"}"
#define DIED(kept) \
    "span.model_request_end", "{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":" kept "," \
                              "\"error\":{\"type\":\"process_died\"}}"
#define BROKE \
    "span.model_request_end", "{\"is_error\":true,\"stop_reason\":\"none\",\"kept\":true," \
                              "\"error\":{\"type\":\"network\"}}"

static void N06_a_prompt_joins_the_request_that_is_asked_again(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             GO,
             {WOKEN, "streaming: settle"},
             {ASK, "streaming: settle"},
             {DIED("false"), "preparing: take"},
             {"rein.input_taken", "{\"inputs\":[7]}", "requesting: request"},
             {0},
         });
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             {ASK, NULL},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[2]}", "requesting: request"},
             {WOKEN, "requesting: request"},
             {ASK, "preparing: take"},
             {"rein.input_taken", "{\"inputs\":[6]}", "requesting: request"},
             {0},
         });
}

static void N06_a_prompt_closes_calls_that_had_not_begun(void **state)
{
    (void)state;
    tell(POLICY_ASK, 0,
         (struct line[]){
             GO,
             {BASH("a"), NULL},
             {"rein.permission_decided", "{\"tool_use_id\":\"$0\",\"decision\":\"ask\"}", NULL},
             {END("tool_use"), "deciding:"},
             {WOKEN, "deciding: decide#0"},
             {ASK, "deciding: answer#0=interrupted"},
             {RESULT("0"), "preparing: take"},
             {0},
         });
}

static void N06_a_request_that_died_counts_for_no_limit(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 2,
         (struct line[]){
             GO,
             {WOKEN, NULL},
             {DIED("false"), "requesting: request"},
             {START, "streaming:"},
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {RESULT("0"), NULL},
             {END("tool_use"), "requesting: request"},
             {START, "streaming:"},
             {READ("b"), NULL},
             {ALLOWED("1"), NULL},
             {BEGUN("1"), NULL},
             {RESULT("1"), NULL},
             {END("tool_use"), "stopping: idle"},
             {0},
         });
}

static void S094_an_interrupt_ends_a_read_that_runs_again(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             GO,
             {READ("a"), NULL},
             {ALLOWED("0"), NULL},
             {BEGUN("0"), NULL},
             {END("tool_use"), NULL},
             {WOKEN, "executing: tool#0"},
             {"user.interrupt", "{}", "executing: answer#0=interrupted"},
             {RESULT("0"), "stopping: idle"},
             {0},
         });
}

static void an_interrupt_before_the_request_leaves_no_input_behind(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(&s, (struct line[]){
                       {ASK, "preparing: take"},
                       {WOKEN, NULL},
                       {"user.interrupt", "{}", "preparing: take"},
                       {RUNNING, "preparing: take"},
                       {"rein.input_taken", "{\"inputs\":[2]}", "stopping: idle"},
                       {0},
                   });
    assert_int_equal(s.turn.end, END_INTERRUPTED);
    story_tell(&s, (struct line[]){{IDLE, "idle:"}, {0}});
    story_end(&s);
}

static void an_interrupt_says_whether_it_met_the_reply_or_its_calls(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(&s, (struct line[]){
                       GO,
                       {BASH("a"), NULL},
                       {ALLOWED("0"), NULL},
                       {BEGUN("0"), NULL},
                       {END("tool_use"), "executing:"},
                       {"user.interrupt", "{}", "executing: cancel"},
                       {RESULT("0"), "stopping: idle"},
                       {0},
                   });
    assert_string_equal(turn_end_terminal(s.turn.end), "aborted_tools");
    story_end(&s);
}

static void inputs_for_later_get_a_turn_each(void **state)
{
    (void)state;
    tell(POLICY_ALLOW, 0,
         (struct line[]){
             GO,
             {LATER, NULL}, /* 6 */
             {LATER, NULL}, /* 7 */
             {ASK, NULL},   /* 8 */
             {END("end_turn"), "stopping: idle"},
             {IDLE, "preparing: take"},
             {RUNNING, NULL},
             {"rein.input_taken", "{\"inputs\":[6,8]}", "requesting: request"},
             {START, NULL},
             {END("end_turn"), "stopping: idle"},
             {IDLE, "preparing: take"},
             {0},
         });
}

static void an_input_for_now_does_not_wait_behind_one_for_later(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(&s, (struct line[]){GO, {LATER, NULL}, {ASK, NULL}, {0}});
    assert_false(turn_joins(&s.turn, 0));
    assert_true(turn_joins(&s.turn, 1));
    story_end(&s);
}

static void A34_a_refused_reply_runs_nothing_more_and_ends_the_turn(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ASK, 0);
    story_tell(&s, (struct line[]){
                       GO,
                       {BASH("a"), NULL},
                       {"rein.permission_decided", "{\"tool_use_id\":\"$0\",\"decision\":\"ask\"}",
                        "streaming:"},
                       {END("refusal"), "deciding: answer#0=not_executed"},
                       {RESULT("0"), "stopping: idle"},
                       {0},
                   });
    assert_int_equal(s.turn.end, END_REFUSED);
    story_end(&s);
}

static void a_question_of_a_reply_that_broke_off_is_closed(void **state)
{
    (void)state;
    tell(POLICY_ASK, 0,
         (struct line[]){
             GO,
             {BASH("a"), NULL},
             {"rein.permission_decided", "{\"tool_use_id\":\"$0\",\"decision\":\"ask\"}", NULL},
             {BROKE, "deciding: answer#0=not_executed"},
             {RESULT("0"), "stopping: idle"},
             {0},
         });
}

static void A32_a_turn_that_is_handed_back_for_ever_ends(void **state)
{
    struct story s;

    (void)state;
    story_begin(&s, POLICY_ALLOW, 0);
    story_tell(&s, (struct line[]){GO, {0}});
    for (int i = 0; i < 9; i++)
        story_tell(&s,
                   (struct line[]){{END("pause_turn"), "requesting: request"}, {START, NULL}, {0}});
    story_tell(&s, (struct line[]){{END("pause_turn"), "stopping: idle"}, {0}});
    assert_int_equal(s.turn.end, END_MAX_TURNS);
    story_end(&s);
}

const struct CMUnitTest turn_tests[] = {
    cmocka_unit_test(S001_S003_one_round_and_an_answer),
    cmocka_unit_test(S005_a_call_starts_while_the_reply_streams),
    cmocka_unit_test(S091_batches_are_RR_W_RR_B),
    cmocka_unit_test(S010_max_turns_ends_after_the_results),
    cmocka_unit_test(S082_S083_unknown_and_misshapen_calls_are_refused),
    cmocka_unit_test(S100_a_question_waits_and_its_answer_counts_once),
    cmocka_unit_test(S014_a_refusal_is_told_to_the_model),
    cmocka_unit_test(N07_a_lost_change_is_unknown_and_a_lost_read_runs_again),
    cmocka_unit_test(N06_a_request_that_died_is_settled_and_asked_again),
    cmocka_unit_test(N06_a_kept_broken_reply_answers_what_had_not_begun),
    cmocka_unit_test(N06_a_prompt_takes_the_place_of_the_broken_turn),
    cmocka_unit_test(S094_an_interrupt_leaves_no_call_without_a_result),
    cmocka_unit_test(S002_a_second_input_waits_and_joins),
    cmocka_unit_test(S009_ends_are_named),
    cmocka_unit_test(an_event_about_no_call_is_refused_and_changes_nothing),
    cmocka_unit_test(N06_a_prompt_joins_the_request_that_is_asked_again),
    cmocka_unit_test(N06_a_prompt_closes_calls_that_had_not_begun),
    cmocka_unit_test(N06_a_request_that_died_counts_for_no_limit),
    cmocka_unit_test(S094_an_interrupt_ends_a_read_that_runs_again),
    cmocka_unit_test(an_interrupt_before_the_request_leaves_no_input_behind),
    cmocka_unit_test(an_interrupt_says_whether_it_met_the_reply_or_its_calls),
    cmocka_unit_test(inputs_for_later_get_a_turn_each),
    cmocka_unit_test(an_input_for_now_does_not_wait_behind_one_for_later),
    cmocka_unit_test(A34_a_refused_reply_runs_nothing_more_and_ends_the_turn),
    cmocka_unit_test(a_question_of_a_reply_that_broke_off_is_closed),
    cmocka_unit_test(A32_a_turn_that_is_handed_back_for_ever_ends),
};
const size_t turn_tests_n = sizeof turn_tests / sizeof *turn_tests;
