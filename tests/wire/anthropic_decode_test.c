/*
 * anthropic_decode_test.c - replies as servers and gateways really send them. Each case is read
 * whole, in single bytes, and cut in two at every place: the events must be the same.
 *
 * In the cases a frame is a line: "> JSON" becomes "event: TYPE" and "data: JSON", with the JSON's
 * type; other lines stand as they are.
 */
#include "test.h"

#include <stdio.h>

#include "support/transcript.h"

#define START \
    "> {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\",\"usage\":" \
    "{\"input_tokens\":12,\"cache_read_input_tokens\":8,\"output_tokens\":1}}}\n"
#define TEXT0 \
    "> {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" \
    "{\"type\":\"text\",\"text\":\"\"}}\n"
#define TOOL(i, id, name) \
    "> {\"type\":\"content_block_start\",\"index\":" #i ",\"content_block\":" \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}}\n"
#define SAY(i, text) \
    "> {\"type\":\"content_block_delta\",\"index\":" #i \
    ",\"delta\":{\"type\":\"text_delta\",\"text\":\"" text "\"}}\n"
#define JSON(i, text) \
    "> {\"type\":\"content_block_delta\",\"index\":" #i \
    ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"" text "\"}}\n"
#define CLOSE(i) "> {\"type\":\"content_block_stop\",\"index\":" #i "}\n"
#define STOP(word) \
    "> {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" word "}," \
    "\"usage\":{\"output_tokens\":57}}\n> {\"type\":\"message_stop\"}\n"
#define HI TEXT0 SAY(0, "Hi") CLOSE(0)

#define BEGUN "start m c in=12 out=1 read=8\n"
#define HI_SAID "begin 0 text\ndelta 0 Hi\nblock 0 text Hi\n"
#define DONE "stop end_turn (end_turn) in=12 out=57 read=8\nend ok\n"
#define CALLED "stop tool_use (tool_use) in=12 out=57 read=8\nend ok\n"

struct reply {
    const char *name, *stream, *expected;
};

/* The lines of a case to a stream's bytes. */
static void to_stream(str lines, struct buf *out)
{
    while (lines.n) {
        str line = str_cut(&lines, '\n');
        size_t type = str_search(line, S("\"type\":\""));

        if (!str_starts(line, S("> ")) || type == SIZE_MAX) {
            buf_printf(out, "%.*s\n", FS(line));
            continue;
        }
        str word = str_skip(line, type + 8);

        word = str_take(word, str_find(word, '"'));
        buf_printf(out, "event: %.*s\ndata: %.*s\n\n", FS(word), FS(str_skip(line, 2)));
    }
}

static void compare(const struct reply *reply, const struct buf *out, const char *how, size_t n)
{
    if (strcmp(out->p, reply->expected) != 0)
        test_fail("%s, %s %zu: got\n%s\nexpected\n%s", reply->name, how, n, out->p,
                  reply->expected);
}

static void check(const struct reply *reply)
{
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct buf stream, out;

    buf_init(&stream, BUF_NO_MAX);
    to_stream(str_of(reply->stream), &stream);
    for (size_t step = 0; step <= 3; step++) {
        buf_init(&out, BUF_NO_MAX);
        transcript_of(wire, buf_str(&stream), step, &out);
        compare(reply, &out, "in pieces of", step);
        buf_fini(&out);
    }
    for (size_t at = 1; at < stream.n; at++) {
        buf_init(&out, BUF_NO_MAX);
        transcript_cut(wire, buf_str(&stream), at, &out);
        compare(reply, &out, "cut at", at);
        buf_fini(&out);
    }
    buf_fini(&stream);
}

static void check_all(const struct reply *replies, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&replies[i]);
}

#define CHECK(replies) check_all(replies, sizeof(replies) / sizeof(replies)[0])

/* ---- framing --------------------------------------------------------------------------------- */

static void framing(void **state)
{
    static const struct reply replies[] = {
        {"a reply", START HI STOP("\"end_turn\""), BEGUN HI_SAID DONE},
        {"F03 A01 pings and comments",
         "> {\"type\":\"ping\"}\n" START ": x\n> {\"type\":\"ping\"}\n" HI
         "> {\"type\":\"ping\"}\n" STOP("\"end_turn\""),
         BEGUN HI_SAID DONE},
        {"F08 message_stop not closed",
         START HI
         "> {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
         "{\"output_tokens\":57}}\ndata: {\"type\":\"message_stop\"}",
         BEGUN HI_SAID DONE},
        {"F08 another frame not closed",
         START HI "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
                  "\"text\"}}",
         BEGUN HI_SAID "end protocol: the reply ended before it was complete\n"},
        {"F11 no event names",
         "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n"
         "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
         "data: {\"type\":\"message_stop\"}\n\n",
         "start m \nstop end_turn (end_turn)\nend ok\n"},
        {"F12 the JSON's type decides",
         START
         "event: ping\n"
         "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
         "\"text\":\"\"}}\n\n" SAY(0, "Hi") CLOSE(0) STOP("\"end_turn\""),
         BEGUN HI_SAID DONE},
        {"F12 but for errors",
         START "event: error\ndata: {\"type\":\"ping\",\"error\":{\"type\":"
               "\"api_error\",\"message\":\"x\"}}\n\n",
         BEGUN "error api_error: x\nend ok\n"},
        {"F13 no JSON", START HI "event: message_delta\ndata: {\"type\":\n\n",
         BEGUN HI_SAID "end protocol: the reply has an event that is no JSON: {\"type\":\n"},
        {"F13 something behind the JSON",
         START TEXT0
         "event: content_block_delta\n"
         "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
         "\"text\":\"x\"}}}\n\n",
         BEGUN
         "begin 0 text\n"
         "end protocol: the reply has an event that is no JSON: {\"type\":\"content_block_delta\","
         "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}}\n"},
        {"F14 a whole message",
         "{\"type\":\"message\",\"id\":\"m\",\"model\":\"c\",\"content\":["
         "{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
         "\"Read\","
         "\"input\":{\"a\": 1}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,"
         "\"output_tokens\":4}}",
         "start m c in=3 out=4\nbegin 0 text\ndelta 0 Hi\n"
         "begin 1 tool_use t Read\nblock 0 text Hi\nblock 1 tool_use t Read {\"a\":1}\n"
         "stop tool_use (tool_use) in=3 out=4\nend ok\n"},
        {"F18 lines of JSON", "{\"model\":\"x\",\"done\":false}\n{\"model\":\"x\",\"done\":true}\n",
         "end protocol: the server answered neither with a stream nor with JSON: "
         "{\"model\":\"x\",\"done\":false} {\"model\":\"x\",\"done\":true} \n"},
        {"F19 ends early", START TEXT0 SAY(0, "Hi"),
         BEGUN "begin 0 text\ndelta 0 Hi\n"
               "block 0 text Hi\nend protocol: the reply ended before it was complete\n"},
        {"F19 empty", "", "end protocol: the server closed the connection without a reply\n"},
        {"F23 bytes behind the end",
         START HI STOP("\"end_turn\"") START HI "data: [DONE]\n\n"
                                                "garbage\n\ndata: {\n\n",
         BEGUN HI_SAID DONE},
        {"[DONE] in between", START HI "data: [DONE]\n\n" STOP("\"end_turn\""), BEGUN HI_SAID DONE},
        {"blanks first", "\n\r\n  \n" START HI STOP("\"end_turn\""), BEGUN HI_SAID DONE},
        {"E25 an error as a whole",
         "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
         "\"message\":\"Overloaded\"}}",
         "error overloaded_error: Overloaded\nend ok\n"},
    };

    (void)state;
    CHECK(replies);
}

static void F15_a_web_page_is_no_reply(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    transcript_of(wire_format_find(S("anthropic")), S("\n<html><body>\x1b[31mSign in</body>"), 0,
                  &out);
    assert_string_equal(out.p, "end protocol: a web page came instead of a model's reply (is the "
                               "address right?): <html><body>Sign in</body>\n");
    buf_fini(&out);
}

/* ---- content --------------------------------------------------------------------------------- */

#define TOOL_SAID(input) "begin 0 tool_use t Read\nblock 0 tool_use t Read " input "\n"

static void tool_input(void **state)
{
    static const struct reply replies[] = {
        {"A13 no delta", START TOOL(0, "t", "Read") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{}") CALLED},
        {"A13 an empty one", START TOOL(0, "t", "Read") JSON(0, "") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{}") CALLED},
        {"pieces, blanks between tokens go",
         START TOOL(0, "t", "Read") JSON(0, "") JSON(0, "{\\\"a\\\" : ") JSON(0, "[1, 2]}") CLOSE(0)
             STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"a\":[1,2]}") CALLED},
        {"A14 in the start",
         START "> {\"type\":\"content_block_start\",\"index\":0,"
               "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Read\",\"input\":"
               "{\"a\": 1}}}\n" CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"a\":1}") CALLED},
        {"A15 pieces win",
         START "> {\"type\":\"content_block_start\",\"index\":0,"
               "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Read\",\"input\":"
               "{\"a\":1}}}\n" JSON(0, "{\\\"b\\\":2}") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"b\":2}") CALLED},
        {"A15 unless they are broken",
         START "> {\"type\":\"content_block_start\",\"index\":0,"
               "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Read\",\"input\":"
               "{\"a\":1}}}\n" JSON(0, "{\\\"b\\\":") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"a\":1}") CALLED},
        {"A16 cut inside of escapes",
         START TOOL(0, "t", "Read") JSON(0, "{\\\"a\\\":\\\"x\\\\") JSON(0, "\\\"\\\\u00")
             JSON(0, "e9\\\\ud83d") JSON(0, "\\\\ude00\\\",\\\"n\\\":1") JSON(0, "2}") CLOSE(0)
                 STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"a\":\"x\\\"\\u00e9\\ud83d\\ude00\",\"n\":12}") CALLED},
        {"A17 a comma too much",
         START TOOL(0, "t", "Read") JSON(0, "{\\\"a\\\":1,}") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid {\"a\":1,}") CALLED},
        {"A17 a raw line feed",
         START TOOL(0, "t", "Read") JSON(0, "{\\\"a\\\":\\\"\\n\\\"}") CLOSE(0)
             STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid {\"a\":\"\\n\"}") CALLED},
        {"A17 text behind",
         START TOOL(0, "t", "Read") JSON(0, "{} ok") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid {} ok") CALLED},
        {"A18 null", START TOOL(0, "t", "Read") JSON(0, "null") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid null") CALLED},
        {"A18 an array", START TOOL(0, "t", "Read") JSON(0, "[1]") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid [1]") CALLED},
        {"A18 a string",
         START TOOL(0, "t", "Read") JSON(0, "\\\"x\\\"") CLOSE(0) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{} invalid \"x\"") CALLED},
        {"A19 doubled keys and large numbers stay",
         START TOOL(0, "t", "Read")
             JSON(0, "{\\\"a\\\":1,\\\"a\\\":123456789012345678901234567890}") CLOSE(0)
                 STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{\"a\":1,\"a\":123456789012345678901234567890}") CALLED},
        {"A40 two calls with one id",
         START TOOL(0, "t", "Read") CLOSE(0) TOOL(1, "t", "Glob") CLOSE(1) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{}") "begin 1 tool_use t_2 Glob\n"
                               "block 1 tool_use t_2 Glob {}\n" CALLED},
        {"a call without an id",
         START "> {\"type\":\"content_block_start\",\"index\":0,"
               "\"content_block\":{\"type\":\"tool_use\",\"name\":\"Read\"}}\n" CLOSE(0)
                   STOP("\"tool_use\""),
         BEGUN "begin 0 tool_use call_m_0 Read\n"
               "block 0 tool_use call_m_0 Read {}\n" CALLED},
        {"A50 blocks that never stop",
         START TEXT0 SAY(0, "Hi") TOOL(1, "t", "Read") JSON(1, "{\\\"a\\\":1}")
             STOP("\"tool_use\""),
         BEGUN
         "begin 0 text\ndelta 0 Hi\n"
         "begin 1 tool_use t Read\nblock 0 text Hi\nblock 1 tool_use t Read {\"a\":1}\n" CALLED},
        {"an unfinished call is not given", START HI TOOL(1, "t", "Read") JSON(1, "{}"),
         BEGUN HI_SAID "begin 1 tool_use t Read\n"
                       "end protocol: the reply ended before it was complete\n"},
    };

    (void)state;
    CHECK(replies);
}

static void A19_deep_input_is_invalid(void **state)
{
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct buf text, stream, out;

    (void)state;
    buf_init(&text, BUF_NO_MAX);
    buf_init(&stream, BUF_NO_MAX);
    buf_init(&out, BUF_NO_MAX);
    buf_add(&text,
            S(START TOOL(0, "t",
                         "Read") "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                                 "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":"));
    for (int i = 0; i < 200; i++)
        buf_byte(&text, '[');
    for (int i = 0; i < 200; i++)
        buf_byte(&text, ']');
    buf_add(&text, S("}\"}}\n" CLOSE(0) STOP("\"tool_use\"")));
    to_stream(buf_str(&text), &stream);
    transcript_of(wire, buf_str(&stream), 0, &out);
    assert_non_null(strstr(out.p, "block 0 tool_use t Read {} invalid {\"a\":[[["));
    buf_fini(&text);
    buf_fini(&stream);
    buf_fini(&out);
}

static void blocks(void **state)
{
    static const struct reply replies[] = {
        {"A02 unknown things",
         START "> {\"type\":\"news\",\"x\":1}\n> {\"x\":1}\n" TEXT0
               "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"glow_delta\","
               "\"glow\":1}}\n" SAY(0, "Hi")
                   CLOSE(0) "> {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
                            "\"type\":\"hologram\","
                            "\"a\" : [1, 2]}}\n> {\"type\":\"content_block_delta\",\"index\":1,"
                            "\"delta\":{\"type\":"
                            "\"hologram_delta\",\"x\":1}}\n" SAY(1, "not mine") CLOSE(1)
                                STOP("\"end_turn\""),
         BEGUN HI_SAID "begin 1 opaque\nblock 1 opaque {\"type\":\"hologram\",\"a\":[1,2]}\n" DONE},
        {"A03 more fields and nulls",
         "> {\"type\":\"message_start\",\"message\":{\"id\":\"m\","
         "\"model\":\"c\",\"container\":null,\"usage\":{\"input_tokens\":12,"
         "\"cache_read_input_tokens\":8,\"output_tokens\":1,\"cache_creation\":null,"
         "\"server_tool_use\":null,\"service_tier\":\"x\"},\"new\":{}},\"trace\":\"t\"}\n"
         "> {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
         "\"text\":\"\",\"citations\":null,\"new\":1},\"n\":null}\n"
         "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
         "\"text\":\"Hi\",\"new\":1}}\n" CLOSE(0) STOP("\"end_turn\""),
         BEGUN HI_SAID DONE},
        {"A04 an error after some text",
         START TEXT0 SAY(0, "Hi") "> {\"type\":\"error\",\"error\":"
                                  "{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},"
                                  "\"request_id\":\"r\"}\n",
         BEGUN "begin 0 text\ndelta 0 Hi\nblock 0 text Hi\nerror overloaded_error: Overloaded\n"
               "end ok\n"},
        {"A05 only an error",
         "> {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
         "\"message\":\"slow\"}}\n",
         "error rate_limit_error: slow\nend ok\n"},
        {"A06 an error that is no JSON", START "event: error\ndata: upstream died\n\n",
         BEGUN "error api_error: upstream died\nend ok\n"},
        {"A06 an error without a type", START "event: error\ndata: {\"oops\":1}\n\n",
         BEGUN "error api_error: {\"oops\":1}\nend ok\n"},
        {"A09 blocks that interleave",
         START TEXT0 TOOL(1, "t", "Read") JSON(1, "{\\\"a\\\"") SAY(0, "H") JSON(1, ":1}") CLOSE(1)
             SAY(0, "i") CLOSE(0) STOP("\"tool_use\""),
         BEGUN "begin 0 text\nbegin 1 tool_use t Read\ndelta 0 H\ndelta 0 i\nblock 0 text Hi\n"
               "block 1 tool_use t Read {\"a\":1}\n" CALLED},
        {"A10 of a block that never began",
         START SAY(7, "x") CLOSE(7) HI SAY(0, "late") STOP("\"end_turn\""), BEGUN HI_SAID DONE},
        {"A11 begun twice", START TEXT0 SAY(0, "a") TEXT0 SAY(0, "b") CLOSE(0) STOP("\"end_turn\""),
         BEGUN
         "begin 0 text\ndelta 0 a\nblock 0 text a\nbegin 1 text\ndelta 1 b\nblock 1 text b\n" DONE},
        {"A12 numbers with holes",
         START TOOL(1, "t", "Read") CLOSE(1) TOOL(900, "u", "Glob") CLOSE(900) STOP("\"tool_use\""),
         BEGUN TOOL_SAID("{}") "begin 1 tool_use u Glob\n"
                               "block 1 tool_use u Glob {}\n" CALLED},
        {"content before message_start", HI START STOP("\"end_turn\""),
         "start  \n" HI_SAID "stop end_turn (end_turn) out=57\nend ok\n"},
        {"text in the start",
         START "> {\"type\":\"content_block_start\",\"index\":0,"
               "\"content_block\":{\"type\":\"text\",\"text\":\"H\"}}\n" SAY(0, "i") CLOSE(0)
                   STOP("\"end_turn\""),
         BEGUN "begin 0 text\ndelta 0 H\ndelta 0 i\nblock 0 text Hi\n" DONE},
        {"escapes",
         START TEXT0 SAY(0, "a\\n\\t\\\"\\\\\\/\\u00e9") SAY(0, "\\ud83d\\ude00 \xC3\xA9") CLOSE(0)
             STOP("\"end_turn\""),
         BEGUN "begin 0 text\ndelta 0 a\\n\t\"\\/\xC3\xA9\n"
               "delta 0 \xF0\x9F\x98\x80 \xC3\xA9\n"
               "block 0 text a\\n\t\"\\/\xC3\xA9\xF0\x9F\x98\x80 \xC3\xA9\n" DONE},
        {"bytes that are no UTF-8",
         START TEXT0 SAY(0, "a\xFF"
                            "b") CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 text\ndelta 0 a\xEF\xBF\xBD"
               "b\nblock 0 text a\xEF\xBF\xBD"
               "b\n" DONE},
    };

    (void)state;
    CHECK(replies);
}

#define THINK \
    "> {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" \
    "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n"
#define THOUGHT(text) \
    "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" \
    "{\"type\":\"thinking_delta\",\"thinking\":\"" text "\"}}\n"
#define SIGNED(text) \
    "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" \
    "{\"type\":\"signature_delta\",\"signature\":\"" text "\"}}\n"
#define CITE(i) \
    "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" \
    "{\"type\":\"citations_delta\",\"citation\":{\"url\":\"" #i "\"}}}\n"

static void thinking_and_other_kinds(void **state)
{
    static const struct reply replies[] = {
        {"thinking",
         START THINK THOUGHT("Hm") THOUGHT(".") SIGNED("EqQB==") CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 thinking\ndelta 0 Hm\ndelta 0 .\n"
               "block 0 thinking Hm. signature EqQB==\n" DONE},
        {"A22 empty, with a signature", START THINK SIGNED("E") CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 thinking\nblock 0 thinking  signature E\n" DONE},
        {"A23 the last signature counts",
         START THINK SIGNED("A") SIGNED("B") CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 thinking\nblock 0 thinking  signature B\n" DONE},
        {"A24 redacted",
         START "> {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
               "{\"type\":\"redacted_thinking\",\"data\":\"Xy==\"}}\n" CLOSE(0)
                   STOP("\"end_turn\""),
         BEGUN "begin 0 redacted\nblock 0 redacted Xy==\n" DONE},
        {"A25 without a signature", START THINK THOUGHT("Hm") CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 thinking\ndelta 0 Hm\nblock 0 thinking Hm signature \n" DONE},
        {"an unfinished thought is not given", START THINK THOUGHT("Hm"),
         BEGUN
         "begin 0 thinking\ndelta 0 Hm\nend protocol: the reply ended before it was complete\n"},
        {"A26 citations",
         START TEXT0 CITE(1) SAY(0, "H") CITE(2) SAY(0, "i") CITE(3) CLOSE(0) STOP("\"end_turn\""),
         BEGUN "begin 0 text\ndelta 0 H\ndelta 0 i\nblock 0 text Hi citations "
               "[{\"url\":\"1\"},{\"url\":\"2\"},{\"url\":\"3\"}]\n" DONE},
        {"A27 A28 a server's tool",
         START
         "> {\"type\":\"content_block_start\",\"index\":0,"
         "\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":"
         "\"web_search\",\"input\":{}}}\n" JSON(0, "{\\\"query\\\":") JSON(0, "\\\"x\\\"}") CLOSE(
             0) "> {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":"
                "\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":"
                "\"web_search_tool_result_error\",\"error_code\":\"max_uses_exceeded\"}}}\n" CLOSE(
                    1) STOP("\"end_turn\""),
         BEGUN
         "begin 0 opaque\nblock 0 opaque {\"type\":\"server_tool_use\","
         "\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"x\"}}\n"
         "begin 1 opaque\nblock 1 opaque {\"type\":\"web_search_tool_result\",\"tool_use_id\":"
         "\"srvtoolu_1\",\"content\":{\"type\":\"web_search_tool_result_error\",\"error_code\":"
         "\"max_uses_exceeded\"}}\n" DONE},
        {"A43 A44 a compaction",
         START
         "> {\"type\":\"content_block_start\",\"index\":0,"
         "\"content_block\":{\"type\":\"compaction\",\"content\":null,\"encrypted_content\":"
         "null}}\n"
         "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"compaction_delta\","
         "\"content\":\"a\",\"encrypted_content\":\"b\"}}\n"
         "> {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"compaction_delta\","
         "\"content\":\"c\",\"encrypted_content\":null}}\n" CLOSE(0) STOP("\"compaction\""),
         BEGUN
         "begin 0 opaque\nblock 0 opaque {\"type\":\"compaction\",\"content\":\"c\","
         "\"encrypted_content\":null}\nstop pause_turn (compaction) in=12 out=57 read=8\nend ok\n"},
    };

    (void)state;
    CHECK(replies);
}

/* ---- ends and usage -------------------------------------------------------------------------- */

#define STOPPED(reason, word) \
    BEGUN HI_SAID "stop " reason " (" word ") in=12 out=57 read=8\nend ok\n"

static void ends(void **state)
{
    static const struct reply replies[] = {
        {"A07 no message_stop",
         START HI "> {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n",
         BEGUN HI_SAID "end protocol: the reply ended before it was complete\n"},
        {"A08 no message_delta", START HI "> {\"type\":\"message_stop\"}\n",
         BEGUN HI_SAID "end protocol: the reply ended without saying why (no message_delta)\n"},
        {"A21 max_tokens", START HI STOP("\"max_tokens\""), STOPPED("max_tokens", "max_tokens")},
        {"stop_sequence", START HI STOP("\"stop_sequence\""), STOPPED("end_turn", "stop_sequence")},
        {"A32 pause_turn", START HI STOP("\"pause_turn\""), STOPPED("pause_turn", "pause_turn")},
        {"A34 refusal", START HI STOP("\"refusal\""), STOPPED("refusal", "refusal")},
        {"A35 window", START HI STOP("\"model_context_window_exceeded\""),
         STOPPED("model_context_window_exceeded", "model_context_window_exceeded")},
        {"A36 unknown", START HI STOP("\"tired\""), STOPPED("end_turn", "tired")},
        {"A36 null", START HI STOP("null"), STOPPED("end_turn", "")},
        {"A37 tool_use without a call", START HI STOP("\"tool_use\""),
         STOPPED("end_turn", "tool_use")},
        {"A38 a call and end_turn", START TOOL(0, "t", "Read") CLOSE(0) STOP("\"end_turn\""),
         BEGUN TOOL_SAID("{}") DONE},
        {"A39 nothing said", START STOP("\"end_turn\""), BEGUN DONE},
        {"\"none\" is a word like others", START HI STOP("\"none\""), STOPPED("end_turn", "none")},
    };

    (void)state;
    CHECK(replies);
}

#define USAGE(json) \
    "> {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}," \
    "\"usage\":" json "}\n"
#define OVER "> {\"type\":\"message_stop\"}\n"

static void usage(void **state)
{
    static const struct reply replies[] = {
        {"A29 nulls leave what was there",
         START USAGE("{\"input_tokens\":null,"
                     "\"cache_read_input_tokens\":null,\"output_tokens\":5}") OVER,
         BEGUN "stop end_turn (end_turn) in=12 out=5 read=8\nend ok\n"},
        {"A30 the last counts",
         START USAGE("{\"output_tokens\":5}") USAGE("{\"output_tokens\":9}") OVER,
         BEGUN "stop end_turn (end_turn) in=12 out=9 read=8\nend ok\n"},
        {"A31 input grows",
         START USAGE("{\"input_tokens\":9100,\"output_tokens\":5,"
                     "\"server_tool_use\":{\"web_search_requests\":2},\"output_tokens_details\":"
                     "{\"thinking_tokens\":3}}") OVER,
         BEGUN "stop end_turn (end_turn) in=9100 out=5 read=8 thinking=3 searches=2\nend ok\n"},
        {"no usage at all",
         "> {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":"
         "\"c\"}}\n" USAGE("null") OVER,
         "start m c\nstop end_turn (end_turn)\nend ok\n"},
        {"written, with the split",
         START USAGE("{\"cache_creation_input_tokens\":30,"
                     "\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,"
                     "\"ephemeral_1h_input_tokens\":20}}") OVER,
         BEGUN "stop end_turn (end_turn) in=12 out=1 read=8 5m=10 1h=20\nend ok\n"},
        {"written, without", START USAGE("{\"cache_creation_input_tokens\":30}") OVER,
         BEGUN "stop end_turn (end_turn) in=12 out=1 read=8 5m=30\nend ok\n"},
        {"the split stays when the sum is said again",
         "> {\"type\":\"message_start\",\"message\":"
         "{\"id\":\"m\",\"usage\":{\"cache_creation_input_tokens\":30,\"cache_creation\":"
         "{\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20}}}}\n" USAGE(
             "{\"cache_creation_input_tokens\":30}") OVER,
         "start m  5m=10 1h=20\nstop end_turn (end_turn) 5m=10 1h=20\nend ok\n"},
        {"numbers below zero", START USAGE("{\"output_tokens\":-5}") OVER,
         BEGUN "stop end_turn (end_turn) in=12 read=8\nend ok\n"},
    };

    (void)state;
    CHECK(replies);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void on_nothing(void *data, const struct stream_event *ev) { (void)data, (void)ev; }

/* Feed `frame` again and again, at most `times`. */
static rein_status flood(str first, str frame, size_t times, struct error *err)
{
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct wire_decoder *d = wire->decoder_new();
    rein_status status = wire->feed(d, first, on_nothing, NULL, err);

    for (size_t i = 0; i < times && status == REIN_OK; i++)
        status = wire->feed(d, frame, on_nothing, NULL, err);
    wire->decoder_free(d);
    return status;
}

static void sizes_have_limits(void **state)
{
    struct buf first, frame, blocks_of_text;
    struct error err = {0};

    (void)state;
    buf_init(&first, BUF_NO_MAX);
    buf_init(&frame, BUF_NO_MAX);
    buf_init(&blocks_of_text, BUF_NO_MAX);
    to_stream(S(START TEXT0), &first);
    buf_add(&frame, S("data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                      "\"text_delta\",\"text\":\""));
    for (size_t i = 0; i < 1 << 17; i++)
        buf_add(&frame, S("01234567"));
    buf_add(&frame, S("\"}}\n\n"));
    assert_int_equal(flood(buf_str(&first), buf_str(&frame), 31, &err), REIN_OK);
    assert_int_equal(flood(buf_str(&first), buf_str(&frame), 33, &err), REIN_LIMIT);
    assert_string_equal(err.text, "the reply has a block larger than 32 MiB");

    to_stream(S(HI), &blocks_of_text);
    assert_int_equal(flood(buf_str(&first), buf_str(&blocks_of_text), 5000, &err), REIN_LIMIT);
    assert_string_equal(err.text, "the reply has more than 4096 blocks");
    buf_fini(&first);
    buf_fini(&frame);
    buf_fini(&blocks_of_text);
}

static void error_bodies(void **state)
{
    static const struct {
        const char *body, *type, *message;
    } cases[] = {
        {"{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"model: x\"}}",
         "not_found_error", "model: x"},
        {"{\"error\":\"out of order\"}", "", "out of order"},
        {"{\"message\":\"no\"}", "", "no"},
        {"{\"detail\":\"Not Found\"}", "", "Not Found"},
        {"{\"error\":{\"message\":7}}", "", ""},
        {" slow down\n", "", "slow down"},
        {"<html>502</html>", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a;
        str type, message;

        arena_init(&a);
        wire_format_find(S("anthropic"))->error_body(str_of(cases[i].body), &a, &type, &message);
        if (!str_eq(type, str_of(cases[i].type)) || !str_eq(message, str_of(cases[i].message)))
            test_fail("%s: %.*s, %.*s", cases[i].body, FS(type), FS(message));
        arena_fini(&a);
    }
}

const struct CMUnitTest anthropic_decode_tests[] = {
    cmocka_unit_test(framing),
    cmocka_unit_test(F15_a_web_page_is_no_reply),
    cmocka_unit_test(tool_input),
    cmocka_unit_test(A19_deep_input_is_invalid),
    cmocka_unit_test(blocks),
    cmocka_unit_test(thinking_and_other_kinds),
    cmocka_unit_test(ends),
    cmocka_unit_test(usage),
    cmocka_unit_test(sizes_have_limits),
    cmocka_unit_test(error_bodies),
};
const size_t anthropic_decode_tests_n =
    sizeof anthropic_decode_tests / sizeof *anthropic_decode_tests;
