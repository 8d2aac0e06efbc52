/*
 * anthropic_render_test.c - the server's side: what is rendered is what is decoded again, and a
 * request that was encoded is read again.
 */
#include "test.h"

#include "support/transcript.h"

static const struct block said[] = {
    {.kind = BLOCK_THINKING, .text = S_INIT("Hm\n\"so\""), .signature = S_INIT("EqQ==")},
    {.kind = BLOCK_REDACTED, .signature = S_INIT("Xy==")},
    {.kind = BLOCK_TEXT,
     .text = S_INIT("H\xC3\xA9llo \xE4\xB8\xAD\xF0\x9F\x98\x80!"),
     .native = S_INIT("[{\"a\":1},{\"b\":[2]}]")},
    {.kind = BLOCK_TOOL_USE,
     .id = S_INIT("t"),
     .name = S_INIT("Read"),
     .input = S_INIT("{\"a\":\"x\\n\\u00e9\"}")},
    {.kind = BLOCK_TOOL_USE,
     .id = S_INIT("u"),
     .name = S_INIT("Read"),
     .input = S_INIT("{}"),
     .invalid = true,
     .text = S_INIT("{\"a\":")},
    {.kind = BLOCK_OPAQUE, .native = S_INIT("{\"type\":\"hologram\",\"x\":1}")},
};
enum { SAID = sizeof said / sizeof *said };

static const char said_blocks[] =
    "block 0 thinking Hm\\n\"so\" signature EqQ==\n"
    "block 1 redacted Xy==\n"
    "block 2 text H\xC3\xA9llo \xE4\xB8\xAD\xF0\x9F\x98\x80! citations [{\"a\":1},{\"b\":[2]}]\n"
    "block 3 tool_use t Read {\"a\":\"x\\n\\u00e9\"}\n"
    "block 4 tool_use u Read {} invalid {\"a\":\n"
    "block 5 opaque {\"type\":\"hologram\",\"x\":1}\n";

static const struct usage used = {.input = 5,
                                  .output = 7,
                                  .cache_read = 3,
                                  .cache_write_5m = 2,
                                  .cache_write_1h = 1,
                                  .thinking = 4};

/* The lines of a transcript that begin with `word`. */
static void lines_of(const char *word, str text, struct buf *out)
{
    while (text.n) {
        str line = str_cut(&text, '\n');

        if (str_starts(line, str_of(word)))
            buf_printf(out, "%.*s\n", FS(line));
    }
}

static void render(size_t n, enum stop_reason stop, const char *raw, unsigned pieces,
                   struct buf *out)
{
    buf_init(out, BUF_NO_MAX);
    wire_format_find(S("anthropic"))
        ->render(S("m"), S("c"), said, n, stop, str_of(raw), &used, pieces, out);
}

static void what_is_rendered_is_decoded(void **state)
{
    static const unsigned pieces[] = {0, 1, 2, 3, 7, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buf stream, transcript, blocks;

        render(SAID, STOP_TOOLS, "", pieces[i], &stream);
        buf_init(&transcript, BUF_NO_MAX);
        buf_init(&blocks, BUF_NO_MAX);
        transcript_of(wire_format_find(S("anthropic")), buf_str(&stream), 0, &transcript);
        lines_of("block", buf_str(&transcript), &blocks);
        assert_string_equal(blocks.p, said_blocks);
        assert_true(str_starts(buf_str(&transcript), S("start m c in=5 read=3 5m=2 1h=1\n")));
        assert_true(str_ends(buf_str(&transcript), S("stop tool_use (tool_use) in=5 out=7 read=3 "
                                                     "5m=2 1h=1 thinking=4\nend ok\n")));
        buf_fini(&stream);
        buf_fini(&transcript);
        buf_fini(&blocks);
    }
}

static void text_goes_in_that_many_pieces(void **state)
{
    struct buf stream, transcript, deltas;

    (void)state;
    render(3, STOP_DONE, "", 3, &stream);
    buf_init(&transcript, BUF_NO_MAX);
    buf_init(&deltas, BUF_NO_MAX);
    transcript_of(wire_format_find(S("anthropic")), buf_str(&stream), 0, &transcript);
    lines_of("delta 2", buf_str(&transcript), &deltas);
    assert_string_equal(deltas.p, "delta 2 H\xC3\xA9ll\ndelta 2 o \xE4\xB8\xAD\n"
                                  "delta 2 \xF0\x9F\x98\x80!\n");
    buf_fini(&stream);
    buf_fini(&transcript);
    buf_fini(&deltas);
}

/* On this the scenario's pauses and cuts stand. */
static void a_reply_that_breaks_off_is_a_beginning(void **state)
{
    struct buf whole;

    (void)state;
    render(SAID, STOP_TOOLS, "", 2, &whole);
    for (size_t n = 0; n <= SAID; n++) {
        struct buf part;

        render(n, STOP_NONE, "", 2, &part);
        assert_true(part.n < whole.n);
        assert_memory_equal(part.p, whole.p, part.n);
        buf_fini(&part);
    }
    buf_fini(&whole);
}

static void any_word_ends_it(void **state)
{
    struct buf stream, transcript;

    (void)state;
    render(0, STOP_DONE, "tired", 0, &stream);
    buf_init(&transcript, BUF_NO_MAX);
    transcript_of(wire_format_find(S("anthropic")), buf_str(&stream), 0, &transcript);
    assert_non_null(strstr(transcript.p, "stop end_turn (tired)"));
    buf_fini(&stream);
    buf_fini(&transcript);
}

static void errors(void **state)
{
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct buf body, transcript;
    struct arena a;
    str type, message;

    (void)state;
    buf_init(&body, BUF_NO_MAX);
    buf_init(&transcript, BUF_NO_MAX);
    arena_init(&a);
    wire->render_error(S("overloaded_error"), S("Over\"loaded"), false, &body);
    wire->error_body(buf_str(&body), &a, &type, &message);
    assert_true(str_eq(type, S("overloaded_error")));
    assert_true(str_eq(message, S("Over\"loaded")));
    buf_clear(&body);
    wire->render_error(S("overloaded_error"), S("Over\"loaded"), true, &body);
    transcript_of(wire, buf_str(&body), 1, &transcript);
    assert_string_equal(transcript.p, "error overloaded_error: Over\"loaded\nend ok\n");
    arena_fini(&a);
    buf_fini(&body);
    buf_fini(&transcript);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void a_request_is_read_again(void **state)
{
    static const struct wire_section sections[] = {{S_INIT("You."), true},
                                                   {S_INIT("Here."), false}};
    const struct wire_format *wire = wire_format_find(S("anthropic"));
    struct wire_request request;
    struct wire_encoder e;
    struct arena a;
    struct buf body;

    (void)state;
    arena_init(&a);
    buf_init(&body, BUF_NO_MAX);
    wire->prefix(&e, &(struct wire_prefix){.model = S("m"), .sections = sections, .n_sections = 2},
                 &body);
    wire->block(&e, ROLE_USER, &(struct block){.kind = BLOCK_TEXT, .text = S("Hi")}, &body);
    wire->block(&e, ROLE_ASSISTANT, &said[3], &body);
    wire->block(&e, ROLE_USER,
                &(struct block){
                    .kind = BLOCK_TOOL_RESULT,
                    .id = S("t"),
                    .content = S("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
                                 "\"b\"}]"),
                    .is_error = true},
                &body);
    wire->block(&e, ROLE_USER, &(struct block){.kind = BLOCK_TEXT, .text = S("Go on")}, &body);
    wire->tail(&e, &body);
    assert_int_equal(wire->read_request(buf_str(&body), &a, &request, NULL), REIN_OK);
    assert_true(str_eq(request.model, S("m")));
    assert_true(str_eq(request.system, S("You.\nHere.")));
    assert_int_equal(request.replies, 1);
    assert_int_equal(request.n_last, 2);
    assert_int_equal(request.last[0].kind, BLOCK_TOOL_RESULT);
    assert_true(str_eq(request.last[0].text, S("a\nb")));
    assert_true(request.last[0].is_error);
    assert_true(str_eq(request.last[1].text, S("Go on")));
    arena_fini(&a);
    buf_fini(&body);
}

static void other_shapes_of_requests(void **state)
{
    static const struct {
        const char *body;
        rein_status status;
        size_t replies, last;
    } cases[] = {
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}", REIN_OK, 0, 1},
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":\"Hi\"}]}", REIN_OK, 1, 0},
        {"{\"messages\":[]}", REIN_OK, 0, 0},
        {"{\"messages\":[1,{},{\"role\":\"user\"}]}", REIN_OK, 0, 0},
        {"{}", REIN_INVALID, 0, 0},
        {"[]", REIN_INVALID, 0, 0},
        {"{", REIN_INVALID, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_request request;
        struct error err = {0};
        struct arena a;

        arena_init(&a);
        assert_int_equal(wire_format_find(S("anthropic"))
                             ->read_request(str_of(cases[i].body), &a, &request, &err),
                         cases[i].status);
        assert_int_equal(request.replies, cases[i].replies);
        assert_int_equal(request.n_last, cases[i].last);
        arena_fini(&a);
    }
}

const struct CMUnitTest anthropic_render_tests[] = {
    cmocka_unit_test(what_is_rendered_is_decoded),
    cmocka_unit_test(text_goes_in_that_many_pieces),
    cmocka_unit_test(a_reply_that_breaks_off_is_a_beginning),
    cmocka_unit_test(any_word_ends_it),
    cmocka_unit_test(errors),
    cmocka_unit_test(a_request_is_read_again),
    cmocka_unit_test(other_shapes_of_requests),
};
const size_t anthropic_render_tests_n =
    sizeof anthropic_render_tests / sizeof *anthropic_render_tests;
