/* doors_test.c - recorded turns through each protocol: the bytes and the exit code. */
#include "test.h"

#include <stdio.h>

#include "base/json.h"
#include "story.h"

#define STARTED \
    { \
        "rein.session_started", \
            "{\"folder\":\"/w\",\"model\":{\"name\":\"anthropic/m\",\"id\":\"m\"},\"tools\":[\"Bash\"," \
            "\"Read\"],\"policy\":{\"mode\":\"acceptEdits\"}}", \
            NULL \
    }
#define RUNNING \
    { \
        "session.status_running", "{}", NULL \
    }
#define REQUEST \
    { \
        "span.model_request_start", "{\"model\":\"m\",\"number\":1}", NULL \
    }
#define REQUEST_END(stop) \
    { \
        "span.model_request_end", \
            "{\"stop_reason\":\"" stop "\",\"stop_raw\":\"" stop \
            "\",\"model\":\"m\",\"model_usage\":" \
            "{\"input_tokens\":10,\"output_tokens\":4,\"cache_read_input_tokens\":100," \
            "\"cache_creation_input_tokens\":7},\"cost_usd\":0.25}", \
            NULL \
    }
#define IDLE(stop, result) \
    { \
        "session.status_idle", "{\"stop_reason\":{\"type\":\"" stop "\"},\"result\":" result "}", \
            NULL \
    }
#define DONE_RESULT \
    "{\"stop_reason\":\"end_turn\",\"terminal_reason\":\"completed\",\"is_error\":false," \
    "\"text\":\"All done.\",\"num_turns\":2,\"duration_us\":1234567,\"duration_api_us\":2000," \
    "\"usage\":{\"input_tokens\":20,\"output_tokens\":8},\"permission_denials\":[]}"

static const struct told two_rounds[] = {
    STARTED,
    {"user.message", "{\"content\":[{\"type\":\"text\",\"text\":\"go\"}]}", NULL},
    RUNNING,
    REQUEST,
    {"agent.thinking", "{\"thinking\":\"hm\",\"signature\":\"sig\"}", NULL},
    {"agent.message",
     "{\"content\":[{\"type\":\"text\",\"text\":\"Looking.\"}],\"message_id\":\"msg_1\",\"model\":"
     "\"m\"}",
     NULL},
    {"agent.tool_use",
     "{\"name\":\"Read\",\"input\":{\"file_path\":\"/w/a\"},\"call\":\"toolu_1\"}", NULL},
    {"rein.permission_decided",
     "{\"tool_use_id\":\"01900000-0000-7000-8000-000000070000\",\"decision\":\"allow\"}", NULL},
    {"rein.tool_started", "{\"class\":\"read\"}", NULL},
    REQUEST_END("tool_use"),
    {"agent.tool_result",
     "{\"call\":\"toolu_1\",\"content\":[{\"type\":\"text\",\"text\":\"1\\tx\"}],\"is_error\":false,"
     "\"outcome\":\"ok\",\"details\":{\"file\":1}}",
     NULL},
    REQUEST,
    {"agent.message",
     "{\"content\":[{\"type\":\"text\",\"text\":\"All done.\"}],\"message_id\":\"msg_2\"}", NULL},
    REQUEST_END("end_turn"),
    IDLE("end_turn", DONE_RESULT),
    {0},
};

/* "type/subtype" of each line, and the whole must be JSON. */
static void course_of(str lines, char *out, size_t room)
{
    struct arena a;
    size_t n = 0;

    arena_init(&a);
    out[0] = 0;
    while (lines.n) {
        struct json *line;
        struct error err;
        assert_ok(json_parse(str_cut(&lines, '\n'), JSON_DEPTH, &a, &line, &err), err);
        str subtype = json_text(line, "subtype", S(""));
        const struct json *content = json_get(json_get(line, "message"), "content");
        if (content)
            subtype = json_text(content->first, "type", S(""));
        if (json_get(line, "event"))
            subtype = json_text(json_get(line, "event"), "type", S(""));
        n += (size_t)snprintf(out + n, room - n, "%s%.*s/%.*s", n ? " " : "",
                              FS(json_text(line, "type", S("?"))), FS(subtype));
        assert_true(str_eq(json_text(line, "session_id", S("")),
                           S("01900000-0000-7000-8000-ffffffffffff")));
        assert_int_equal(json_text(line, "uuid", S("")).n, 36);
    }
    arena_fini(&a);
}

/* Line `i`, from 0. */
static str line_of(const struct buf *out, size_t i)
{
    str lines = buf_str(out), line = {0};

    for (size_t k = 0; k <= i; k++)
        line = str_cut(&lines, '\n');
    return line;
}

static void assert_has(str text, const char *part)
{
    if (str_search(text, str_of(part)) == SIZE_MAX)
        test_fail("'%.*s' lacks '%s'", FS(text), part);
}

static void text_is_the_answer_alone(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    assert_int_equal(story_show("text", two_rounds, &out), DOOR_DONE);
    assert_string_equal(out.p, "All done.\n");
    buf_fini(&out);
}

static void json_is_one_result_object(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    assert_int_equal(story_show("json", two_rounds, &out), DOOR_DONE);
    assert_string_equal(
        out.p,
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"All "
        "done.\",\"duration_ms\":1234,\"duration_api_ms\":2,\"num_turns\":2,\"stop_reason\":"
        "\"end_turn\",\"session_id\":\"01900000-0000-7000-8000-ffffffffffff\","
        "\"total_cost_usd\":0.5,\"usage\":{\"input_tokens\":20,\"output_tokens\":8},"
        "\"modelUsage\":{\"m\":{\"inputTokens\":20,\"outputTokens\":8,\"cacheReadInputTokens\":200,"
        "\"cacheCreationInputTokens\":14,\"webSearchRequests\":0,\"costUSD\":0.5}},"
        "\"permission_denials\":[],\"terminal_reason\":\"completed\",\"uuid\":"
        "\"01900000-0000-7000-8000-0000000f0000\"}\n");
    buf_fini(&out);
}

static void P034_stream_json_tells_the_turn_line_by_line(void **state)
{
    struct buf out;
    char course[1024];

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    assert_int_equal(story_show("stream-json", two_rounds, &out), DOOR_DONE);
    course_of(buf_str(&out), course, sizeof course);
    assert_string_equal(course, "system/init assistant/thinking assistant/text assistant/tool_use "
                                "user/tool_result assistant/text result/success");
    assert_has(
        line_of(&out, 0),
        "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/w\",\"tools\":[\"Bash\",\"Read\"],"
        "\"model\":\"m\",\"permissionMode\":\"acceptEdits\",\"apiKeySource\":\"none\",\"version\":"
        "\"9.9.9\",\"claude_code_version\":\"9.9.9\",\"output_style\":\"default\",\"mcp_servers\":"
        "[],\"slash_commands\":[],\"agents\":[],\"skills\":[],\"plugins\":[],\"session_id\":"
        "\"01900000-0000-7000-8000-ffffffffffff\",\"uuid\":"
        "\"01900000-0000-7000-8000-000000030000\"}");
    assert_has(line_of(&out, 3), "\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":"
                                 "\"Read\",\"input\":{\"file_path\":\"/w/a\"}}]");
    assert_has(line_of(&out, 3), "\"message\":{\"id\":\"msg_1\"");
    assert_has(line_of(&out, 4),
               "\"tool_use_id\":\"toolu_1\",\"content\":\"1\\tx\"}]},\"parent_tool_use_id\":null,"
               "\"tool_use_result\":{\"file\":1}");
    buf_fini(&out);
}

/* A reply while it is written. */
static const struct told pieces[] = {
    STARTED,
    RUNNING,
    REQUEST,
    {"event_start",
     "{\"event\":{\"type\":\"agent.thinking\",\"id\":\"aaaaaaaa-0000-7000-8000-000000000001\","
     "\"message_id\":\"msg_7\"}}",
     NULL},
    {"event_delta",
     "{\"event_id\":\"aaaaaaaa-0000-7000-8000-000000000001\",\"delta\":{\"content\":{\"type\":"
     "\"text\",\"text\":\"hm\"}}}",
     NULL},
    {"event_start",
     "{\"event\":{\"type\":\"agent.tool_use\",\"id\":\"aaaaaaaa-0000-7000-8000-000000000002\","
     "\"name\":\"Read\",\"call\":\"toolu_9\"}}",
     NULL},
    {"agent.thinking", "{\"thinking\":\"hm\",\"signature\":\"s\",\"message_id\":\"msg_7\"}",
     "aaaaaaaa-0000-7000-8000-000000000001"},
    {"event_start",
     "{\"event\":{\"type\":\"agent.message\",\"id\":\"aaaaaaaa-0000-7000-8000-000000000003\"}}",
     NULL},
    {"event_delta",
     "{\"event_id\":\"aaaaaaaa-0000-7000-8000-000000000003\",\"delta\":{\"content\":{\"type\":"
     "\"text\",\"text\":\"Hi\"}}}",
     NULL},
    {"event_delta",
     "{\"event_id\":\"aaaaaaaa-0000-7000-8000-00000000dead\",\"delta\":{\"content\":{\"type\":"
     "\"text\",\"text\":\"of nobody\"}}}",
     NULL},
    {"agent.tool_use", "{\"name\":\"Read\",\"input\":{\"a\":1},\"call\":\"toolu_9\"}",
     "aaaaaaaa-0000-7000-8000-000000000002"},
    REQUEST_END("tool_use"), /* the text was cut off: its block is closed */
    {0},
};

static void no_two_lines_share_a_uuid(void **state)
{
    struct buf out;
    str uuids[64];
    size_t n = 0;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    story_show("stream-json-partial", pieces, &out);
    str rest = buf_str(&out);
    while (rest.n && n < 64) {
        str line = str_cut(&rest, '\n');
        uuids[n] = str_take(str_skip(line, str_search(line, S("\"uuid\":\"")) + 8), 36);
        for (size_t i = 0; i < n; i++)
            assert_false(str_eq(uuids[i], uuids[n]));
        n++;
    }
    assert_true(n > 8);
    buf_fini(&out);
}

/* Blocks while they are written: told with the index that they have in the reply, and a call's input
 * when it is complete, though the next block may have begun. */
static void partial_messages_are_the_models_stream(void **state)
{
    static const char *const wanted[] = {
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_7\",",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\"",
        "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}",
        "\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_9\",\"name\":\"Read\","
        "\"input\":{}}",
        "\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"s\"}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "\"index\":2,\"content_block\":{\"type\":\"text\",\"text\":\"\"}",
        "\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}",
        "\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}",
        "{\"type\":\"content_block_stop\",\"index\":1}",
        "{\"type\":\"content_block_stop\",\"index\":2}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":"
        "null},\"usage\":{\"input_tokens\":10",
        "{\"type\":\"message_stop\"}",
    };
    struct buf out;
    size_t n = 0;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    story_show("stream-json-partial", pieces, &out);
    str rest = buf_str(&out);
    while (rest.n) {
        str line = str_cut(&rest, '\n');
        if (!str_starts(line, S("{\"type\":\"stream_event\"")))
            continue;
        assert_true(n < sizeof wanted / sizeof *wanted);
        assert_has(line, wanted[n++]);
    }
    assert_int_equal(n, sizeof wanted / sizeof *wanted);
    buf_fini(&out);
}

static const struct {
    const char *what;
    struct told events[8];
    enum door_exit text, json;
    const char *subtype; /* parts of the result */
    const char *says;
} ends[] = {
    {"limit",
     {STARTED, RUNNING,
      IDLE("max_turns", "{\"is_error\":true,\"text\":\"half\",\"num_turns\":2,\"terminal_reason\":"
                        "\"max_turns\"}")},
     DOOR_LIMIT,
     DOOR_FAILED,
     "\"subtype\":\"error_max_turns\",\"is_error\":true",
     "\"errors\":[\"Reached the maximum number of turns\"]"},
    {"interrupted",
     {STARTED, RUNNING,
      IDLE("interrupted", "{\"is_error\":true,\"terminal_reason\":\"aborted_streaming\"}")},
     DOOR_INTERRUPTED,
     DOOR_DONE,
     "\"subtype\":\"error_during_execution\",\"is_error\":true",
     "\"terminal_reason\":\"aborted_streaming\""},
    {"api error",
     {STARTED,
      RUNNING,
      {"session.error",
       "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad thing\",\"retryable\":"
       "false}}",
       NULL},
      IDLE("error", "{\"is_error\":true,\"terminal_reason\":\"api_error\",\"api_error_status\":400,"
                    "\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad thing\"}}")},
     DOOR_FAILED,
     DOOR_FAILED,
     "\"subtype\":\"success\",\"is_error\":true,\"result\":\"bad thing\"",
     "\"api_error_status\":400"},
    {"refused",
     {STARTED,
      RUNNING,
      {"agent.tool_use", "{\"name\":\"Bash\",\"input\":{},\"call\":\"toolu_3\"}", NULL},
      {"agent.tool_result",
       "{\"tool_use_id\":\"01900000-0000-7000-8000-000000030000\",\"call\":\"toolu_3\",\"content\":"
       "\"no\",\"is_error\":true,\"outcome\":\"denied\"}",
       NULL},
      IDLE("end_turn", "{\"is_error\":false,\"text\":\"I may not.\",\"permission_denials\":[{"
                       "\"tool_name\":\"Bash\",\"tool_use_id\":\"01900000-0000-7000-8000-"
                       "000000030000\",\"tool_input\":{\"command\":\"x\"},\"reason\":\"r\"}]}")},
     DOOR_REFUSED,
     DOOR_DONE,
     "\"subtype\":\"success\",\"is_error\":false",
     "\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"toolu_3\",\"tool_input\":{"
     "\"command\":\"x\"}}]"},
    {"the session itself failed",
     {STARTED,
      RUNNING,
      {"session.error",
       "{\"error\":{\"type\":\"no_space\",\"message\":\"disk full\",\"retryable\":false}}", NULL}},
     DOOR_FAILED,
     DOOR_FAILED,
     "\"subtype\":\"error_during_execution\",\"is_error\":true",
     "\"errors\":[\"disk full\"]"},
};

static void every_end_has_its_codes_and_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct buf out;

        print_message("%s\n", ends[i].what);
        buf_init(&out, BUF_NO_MAX);
        assert_int_equal(story_show("text", ends[i].events, &out), ends[i].text);
        assert_string_equal(out.p ? out.p : "", ends[i].text == DOOR_REFUSED ? "I may not.\n" : "");
        buf_clear(&out);
        assert_int_equal(story_show("json", ends[i].events, &out), ends[i].json);
        assert_has(buf_str(&out), ends[i].subtype);
        assert_has(buf_str(&out), ends[i].says);
        buf_clear(&out);
        assert_int_equal(story_show("stream-json", ends[i].events, &out), ends[i].json);
        assert_has(buf_str(&out), ends[i].says);
        buf_fini(&out);
    }
}

static void a_turn_that_never_ended_is_a_failure_without_words(void **state)
{
    static const struct told events[] = {STARTED, RUNNING, REQUEST, {0}};
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    assert_int_equal(story_show("json", events, &out), DOOR_FAILED);
    assert_int_equal(out.n, 0);
    buf_fini(&out);
}

static void S101_a_denial_has_a_line_of_its_own(void **state)
{
    static const struct told events[] = {
        STARTED,
        RUNNING,
        {"agent.tool_use", "{\"name\":\"Bash\",\"input\":{},\"call\":\"toolu_3\"}", NULL},
        {"rein.permission_decided",
         "{\"tool_use_id\":\"01900000-0000-7000-8000-000000030000\",\"decision\":\"deny\",\"rule\":"
         "\"Bash(rm *)\",\"reason\":\"it says so\",\"by\":\"policy\"}",
         NULL},
        {0},
    };
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    story_show("stream-json", events, &out);
    assert_has(line_of(&out, 2),
               "{\"type\":\"system\",\"subtype\":\"permission_denied\",\"tool_name\":\"Bash\","
               "\"tool_use_id\":\"toolu_3\",\"decision_reason\":\"Bash(rm *)\",\"message\":\"it "
               "says so\"");
    buf_fini(&out);
}

static void a_retry_has_a_line_of_its_own(void **state)
{
    static const struct told events[] = {
        STARTED,
        RUNNING,
        {"rein.request_retry",
         "{\"attempt\":1,\"max\":10,\"delay_ms\":500,\"error\":{\"message\":\"Overloaded\","
         "\"status\":529}}",
         NULL},
        {0},
    };
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    story_show("stream-json", events, &out);
    assert_has(line_of(&out, 1), "\"subtype\":\"api_retry\",\"attempt\":1,\"max_retries\":10,"
                                 "\"retry_delay_ms\":500,\"error_status\":529,\"error\":"
                                 "\"Overloaded\"");
    buf_fini(&out);
}

/* Two turns in one process: an init each, costs add up, usage is the turn's. */
static void each_turn_has_its_init_and_costs_add_up(void **state)
{
    static const struct told events[] = {
        STARTED,
        RUNNING,
        REQUEST,
        REQUEST_END("end_turn"),
        IDLE("end_turn", DONE_RESULT),
        RUNNING,
        REQUEST,
        REQUEST_END("end_turn"),
        IDLE("end_turn", DONE_RESULT),
        {0},
    };
    struct buf out;
    char course[512];

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    story_show("stream-json", events, &out);
    course_of(buf_str(&out), course, sizeof course);
    assert_string_equal(course, "system/init result/success system/init result/success");
    assert_has(line_of(&out, 1), "\"total_cost_usd\":0.25,");
    assert_has(line_of(&out, 3), "\"total_cost_usd\":0.5,");
    buf_fini(&out);
}

static void odd_events_are_survived(void **state)
{
    static const struct told events[] = {
        {"agent.tool_result", "null", NULL},
        {"session.status_idle", "[]", NULL},
        {"agent.message", "{\"content\":7}", NULL},
        {"agent.tool_use", "{}", NULL},
        {"event_start", "{\"event\":{\"type\":\"agent.message\",\"id\":\"short\"}}", NULL},
        {"event_delta", "{}", NULL},
        {"agent.message", "not json", NULL},
        {"span.model_request_end", "{}", NULL},
        {0},
    };
    static const char *const protocols[] = {"text", "json", "stream-json", "stream-json-partial"};
    struct buf out;
    char course[512];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        buf_init(&out, BUF_NO_MAX);
        story_show(protocols[i], events, &out);
        if (i)
            course_of(buf_str(&out), course, sizeof course);
        buf_fini(&out);
    }
}

static void an_unknown_protocol_names_those_that_there_are(void **state)
{
    struct door_info info = {"", "", "", ""};
    struct door *door;
    rein_error err;

    (void)state;
    assert_int_equal(door_open(S("xml"), &info, NULL, NULL, &door, &err), REIN_NOT_FOUND);
    assert_string_equal(
        err.text, "no protocol 'xml'; there are text, json, stream-json, stream-json-partial");
    assert_int_equal(door_close(NULL), DOOR_FAILED);
}

const struct CMUnitTest doors_tests[] = {
    cmocka_unit_test(text_is_the_answer_alone),
    cmocka_unit_test(json_is_one_result_object),
    cmocka_unit_test(P034_stream_json_tells_the_turn_line_by_line),
    cmocka_unit_test(no_two_lines_share_a_uuid),
    cmocka_unit_test(partial_messages_are_the_models_stream),
    cmocka_unit_test(every_end_has_its_codes_and_result),
    cmocka_unit_test(a_turn_that_never_ended_is_a_failure_without_words),
    cmocka_unit_test(S101_a_denial_has_a_line_of_its_own),
    cmocka_unit_test(a_retry_has_a_line_of_its_own),
    cmocka_unit_test(each_turn_has_its_init_and_costs_add_up),
    cmocka_unit_test(odd_events_are_survived),
    cmocka_unit_test(an_unknown_protocol_names_those_that_there_are),
};
const size_t doors_tests_n = sizeof doors_tests / sizeof *doors_tests;
