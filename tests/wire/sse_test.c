/*
 * sse_test.c - frames out of lines, whatever the line ends and wherever a read ends.
 */
#include "test.h"

#include "wire/sse.h"

/* Frames as text: "event|data" each, between brackets. */
static rein_status note(void *data, str event, str bytes, struct error *err)
{
    (void)err;
    buf_printf(data, "[%.*s|%.*s]", FS(event), FS(bytes));
    return REIN_OK;
}

static void feed(str text, size_t step, bool with_end, struct buf *out)
{
    struct sse s;

    sse_init(&s, 1 << 20);
    for (size_t at = 0; at < text.n; at += step)
        assert_int_equal(sse_feed(&s, str_take(str_skip(text, at), step), note, out, NULL),
                         REIN_OK);
    if (with_end)
        assert_int_equal(sse_end(&s, note, out, NULL), REIN_OK);
    sse_fini(&s);
}

/* Whole, one byte at a time, and cut in two at every place. */
static void check(const char *name, str text, const char *expected, bool with_end)
{
    for (size_t step = 1; step <= text.n + 1; step++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        feed(text, step, with_end, &out);
        if (strcmp(out.p ? out.p : "", expected) != 0)
            test_fail("%s, in pieces of %zu: got %s", name, step, out.p ? out.p : "nothing");
        buf_fini(&out);
    }
}

#define CASE(id, text, expected) \
    { \
        id, S_INIT(text), expected, false \
    }
#define AT_END(id, text, expected) \
    { \
        id, S_INIT(text), expected, true \
    }

static void frames(void **state)
{
    static const struct {
        const char *name;
        str text;
        const char *expected;
        bool with_end;
    } cases[] = {
        CASE("one frame", "event: ping\ndata: {}\n\n", "[ping|{}]"),
        CASE("F01 CR LF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", "[a|1][|2]"),
        CASE("F01 lone CR", "event: a\rdata: 1\r\rdata: 2\r\r", "[a|1][|2]"),
        CASE("F01 mixed", "event: a\rdata: 1\n\r\ndata: 2\r\n\n", "[a|1][|2]"),
        CASE("F02 byte order mark",
             "\xEF\xBB\xBF"
             "data: 1\n\n",
             "[|1]"),
        CASE("F02 only the first line",
             "data: 1\n\n\xEF\xBB\xBF"
             "data: 2\n\n",
             "[|1]"),
        CASE("F03 comments", ": hi\n:\ndata: 1\n: OPENROUTER PROCESSING\n\n: x\n\n", "[|1]"),
        CASE("F04 several data lines", "data: a\ndata: b\ndata:\ndata: c\n\n", "[|a\nb\n\nc]"),
        CASE("F05 no blank, two blanks", "data:{}\n\ndata:  {}\n\n", "[|{}][| {}]"),
        CASE("F06 wide characters", "data: \xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\n\n",
             "[|\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80]"),
        CASE("F07 other fields", "id: 7\nretry: 9\nfoo: x\nbar\ndata: 1\nid\n\n", "[|1]"),
        CASE("F08 not closed", "data: 1\n\ndata: 2\n", "[|1]"),
        AT_END("F08 told at the end", "data: 1\n\ndata: 2\n", "[|1][|2]"),
        AT_END("F08 without a line end", "data: 1\n\nevent: x\ndata: 2", "[|1][x|2]"),
        CASE("F10 no data", "event: a\n\nevent: b\ndata:\n\ndata: 1\n\n", "[|1]"),
        CASE("the name does not stay", "event: a\n\ndata: 1\n\n", "[|1]"),
        CASE("the last name counts", "event: a\nevent: b\ndata: 1\n\n", "[b|1]"),
        AT_END("nothing", "", ""),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i].name, cases[i].text, cases[i].expected, cases[i].with_end);
}

static void F09_large_frames(void **state)
{
    struct error err = {0};
    struct sse s;
    struct buf text, out;

    (void)state;
    buf_init(&text, BUF_NO_MAX);
    buf_init(&out, BUF_NO_MAX);
    buf_add(&text, S("data: "));
    for (int i = 0; i < 300000; i++)
        buf_add(&text, S("0123456789"));
    buf_add(&text, S("\n\n"));
    sse_init(&s, 4 << 20);
    for (size_t at = 0; at < text.n; at += 4096)
        assert_int_equal(
            sse_feed(&s, str_take(str_skip(buf_str(&text), at), 4096), note, &out, &err), REIN_OK);
    assert_int_equal(out.n, 3000000 + 3);
    sse_fini(&s);

    sse_init(&s, 1 << 20);
    rein_status status = REIN_OK;
    for (size_t at = 0; at < text.n && status == REIN_OK; at += 4096)
        status = sse_feed(&s, str_take(str_skip(buf_str(&text), at), 4096), note, &out, &err);
    assert_int_equal(status, REIN_LIMIT);
    sse_fini(&s);
    buf_fini(&text);
    buf_fini(&out);
}

static rein_status refuse(void *data, str event, str bytes, struct error *err)
{
    (void)event, (void)bytes;
    ++*(int *)data;
    return fail(err, REIN_PROTOCOL, "no");
}

static void a_refusal_ends_the_feeding(void **state)
{
    struct sse s;
    int calls = 0;

    (void)state;
    sse_init(&s, 100);
    assert_int_equal(sse_feed(&s, S("data: 1\n\ndata: 2\n\n"), refuse, &calls, NULL),
                     REIN_PROTOCOL);
    assert_int_equal(calls, 1);
    sse_fini(&s);
}

const struct CMUnitTest sse_tests[] = {
    cmocka_unit_test(frames),
    cmocka_unit_test(F09_large_frames),
    cmocka_unit_test(a_refusal_ends_the_feeding),
};
const size_t sse_tests_n = sizeof sse_tests / sizeof *sse_tests;
