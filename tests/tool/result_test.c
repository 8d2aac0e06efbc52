/* result_test.c - long results: when they go to a file, what is left of them, and streams of output. */
#include "tool_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "tool/clean_stream.h"

extern const struct tool tool_todo;

/* The preview between the marks, of a result that was cut at its end. */
static str preview_of(str text)
{
    size_t from = str_search(text, S("It begins:]\n")) + strlen("It begins:]\n");
    size_t to = str_search(text, S("\n[...]"));

    assert_true(from < to && to < text.n);
    return str_make(text.p + from, to - from);
}

static void fill(struct room *r, const char *unit, size_t times)
{
    tool_result_fini(&r->run.result);
    tool_result_init(&r->run.result);
    for (size_t i = 0; i < times; i++)
        buf_add(&r->run.result.text, str_of(unit));
}

static void S132_only_longer_ones_are_stored(void **state)
{
    static const struct {
        const char *unit;
        size_t times;
        bool stored;
    } rows[] = {
        {"x", 49999, false},
        {"x", 50000, false},
        {"x", 50001, true},
        {"\xe2\x82\xac", 50000, false},
        {"\xe2\x82\xac", 50001, true},
        {"\xff", 50001, true},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tool_result *result = &r->run.result;
        struct stat st;
        str whole, kept;

        fill(r, rows[i].unit, rows[i].times);
        whole = arena_str(&r->arena, buf_str(&result->text));
        assert_ok(tool_result_limit(result, r->results, S("toolu_x"), false, &r->err), r->err);
        assert_int_equal(result->spilled[0] != 0, rows[i].stored);
        if (!rows[i].stored) {
            assert_true(str_eq(buf_str(&result->text), whole));
            continue;
        }
        assert_true(str_starts(str_of(result->spilled), str_of(r->results)));
        kept = get_file(r, result->spilled + strlen(r->base) + 1);
        assert_true(str_eq(kept, whole));
        assert_int_equal(stat(result->spilled, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        str preview = preview_of(buf_str(&result->text));
        assert_true(preview.n <= RESULT_PREVIEW && preview.n > RESULT_PREVIEW - 4);
        assert_true(str_starts(whole, preview));
        assert_true((unsigned char)preview.p[0] == 0xff || utf8_is_valid(preview));
        assert_true(str_search(buf_str(&result->text), str_of(result->spilled)) != SIZE_MAX);
    }
}

static void S132_commands_show_head_and_tail(void **state)
{
    struct room *r = *state;
    struct tool_result *result = &r->run.result;
    str text, whole;

    fill(r, "0123456789", 6000);
    memcpy(result->text.p, "HEAD", 4);
    memcpy(result->text.p + result->text.n - 4, "TAIL", 4);
    whole = arena_str(&r->arena, buf_str(&result->text));
    assert_ok(tool_result_limit(result, r->results, S("toolu_y"), true, &r->err), r->err);
    text = buf_str(&result->text);
    assert_true(str_search(text, str_take(whole, 800)) != SIZE_MAX);
    assert_true(str_search(text, str_take(whole, 801)) == SIZE_MAX);
    assert_true(str_ends(text, str_skip(whole, whole.n - 1200)));
    assert_false(str_ends(text, str_skip(whole, whole.n - 1201)));
    assert_true(str_search(text, S("[... 58000 bytes left out; it ends:]")) != SIZE_MAX);
}

static void S133_any_size_can_be_stored(void **state)
{
    struct room *r = *state;
    struct tool_result *result = &r->run.result;
    char first[sizeof result->spilled];

    fill(r, "0123456789", 4500);
    assert_ok(tool_result_spill(result, r->results, S("toolu_z"), false, &r->err), r->err);
    assert_true(result->spilled[0] != 0 && result->text.n < 2300);
    memcpy(first, result->spilled, sizeof first);
    assert_ok(tool_result_spill(result, r->results, S("toolu_z"), false, &r->err), r->err);
    assert_string_equal(first, result->spilled); /* once */
    fill(r, "other", 1);
    assert_ok(tool_result_spill(result, r->results, S("toolu_z"), false, &r->err), r->err);
    assert_string_not_equal(first, result->spilled); /* an id that comes again keeps the old file */
    assert_int_equal(get_file(r, first + strlen(r->base) + 1).n, 45000);
}

/* An id is a stranger's: it never becomes a path. */
static void S132_ids_are_no_paths(void **state)
{
    static const char *const ids[] = {"../../etc/x", "a/b", "", "-x", ".", "..", "a b", "a\n"};
    struct room *r = *state;

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct tool_result *result = &r->run.result;

        fill(r, "x", 10);
        assert_ok(tool_result_spill(result, r->results, str_of(ids[i]), false, &r->err), r->err);
        str name = str_skip(str_of(result->spilled), strlen(r->results) + 1);
        assert_int_equal(name.n, 64 + 4);
        assert_true(str_find(name, '/') == SIZE_MAX);
    }
}

static void S132_a_folder_that_cannot_be_written(void **state)
{
    struct room *r = *state;

    put_text(r, "file", "");
    fill(r, "x", 60000);
    assert_int_not_equal(tool_result_limit(&r->run.result, at(r, "file"), S("t"), false, &r->err),
                         REIN_OK);
    assert_int_equal(r->run.result.text.n, 60000); /* nothing is lost */
    assert_int_equal(r->run.result.spilled[0], 0);
}

/* ---- streams --------------------------------------------------------------------------------- */

static struct result_stream *stream_of(struct room *r, bool command)
{
    fill(r, "", 0);
    return result_stream_new(&r->run.result, r->results, S("toolu_s"), command);
}

static void S132_streams_keep_short_output(void **state)
{
    struct room *r = *state;
    struct result_stream *s = stream_of(r, true);

    for (int i = 0; i < 5000; i++)
        result_stream_add(s, S("0123456789"));
    assert_int_equal(result_stream_bytes(s), 50000);
    assert_ok(result_stream_end(s, &r->err), r->err);
    assert_int_equal(r->run.result.text.n, 50000);
    assert_int_equal(r->run.result.spilled[0], 0);
}

static void S132_streams_spill_long_output(void **state)
{
    struct room *r = *state;
    struct result_stream *s = stream_of(r, true);
    struct buf whole;

    buf_init(&whole, BUF_NO_MAX);
    for (int i = 0; i < 30000; i++) {
        char line[32];
        int n = snprintf(line, sizeof line, "line %d \xc3\xa9\n", i);
        buf_add(&whole, str_make(line, (size_t)n));
        result_stream_add(s, str_make(line, (size_t)n - 2)); /* cuts the character in two */
        result_stream_add(s, str_make(line + n - 2, 2));
    }
    assert_ok(result_stream_end(s, &r->err), r->err);
    str text = buf_str(&r->run.result.text), kept;
    assert_true(text.n < 2400);
    assert_true(str_ends(text, S("line 29999 \xc3\xa9\n")));
    assert_true(str_search(text, S("It begins:]\nline 0 \xc3\xa9\nline 1")) != SIZE_MAX);
    kept = get_file(r, r->run.result.spilled + strlen(r->base) + 1);
    assert_true(str_eq(kept, buf_str(&whole)));
    buf_fini(&whole);
}

static void S132_streams_stop_the_file_at_10_mib(void **state)
{
    struct room *r = *state;
    struct result_stream *s = stream_of(r, true);
    char *block = malloc(1 << 20);

    assert_non_null(block);
    memset(block, 'x', 1 << 20);
    for (int i = 0; i < 40; i++)
        result_stream_add(s, str_make(block, 1 << 20));
    result_stream_add(s, S("the end"));
    free(block);
    assert_int_equal(result_stream_bytes(s), (40 << 20) + 7);
    assert_ok(result_stream_end(s, &r->err), r->err);
    assert_int_equal(get_file(r, r->run.result.spilled + strlen(r->base) + 1).n, 10 << 20);
    assert_true(str_ends(buf_str(&r->run.result.text), S("xthe end")));
    assert_true(str_search(buf_str(&r->run.result.text), S("The first 10 MiB are in")) != SIZE_MAX);
}

static void S132_streams_without_a_folder_say_so(void **state)
{
    struct room *r = *state;
    struct result_stream *s;

    put_text(r, "file", "");
    fill(r, "", 0);
    s = result_stream_new(&r->run.result, at(r, "file"), S("t"), true);
    for (int i = 0; i < 6000; i++)
        result_stream_add(s, S("0123456789"));
    assert_int_not_equal(result_stream_end(s, &r->err), REIN_OK);
    str text = buf_str(&r->run.result.text);
    assert_true(str_search(text, S("could not be kept")) != SIZE_MAX);
    assert_true(str_ends(text, S("0123456789")));
}

/* Whatever the pieces, what comes out is what comes out of the whole. */
static void pieces_are_cleaned_like_the_whole(void **state)
{
    static const char *const texts[] = {
        "plain\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 end",
        "a\x1b[31mred\x1b[0m b\x1b]0;title\x07"
        "c\x1b]8;;http://x\x1b\\d",
        "x\r\ny\rz\r\r\n",
        "a\xff"
        "b\xe2\x82"
        "c\xf0\x9f",
        "\x9b"
        "31mraw\x9d"
        "t\x9cx",
        "\xc2\x9b"
        "31mc1\xc2\x9dt\xc2\x9c.",
        "\x1bPdcs\x07still\x1b\\out",
        "\x1b(B\x1b=\x1b#8end",
        "\x1b[1;2",
        "tail\x1b",
        "bell\x07 back\x08 del\x7f",
        "\x1b[31\x1b[32mtwo",
        "\x1b_apc\x18no",
        "\xe2\x80\xae"
        "bidi",
        "\x1b]52;c;aGk=\x07p",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        str text = str_of(texts[i]);
        struct buf whole;

        buf_init(&whole, BUF_NO_MAX);
        utf8_sanitise(&whole, text, false);
        for (size_t cut = 0; cut <= text.n; cut++)
            for (size_t size = 1; size <= 3; size++) {
                struct clean_stream s;
                struct buf out;

                buf_init(&out, BUF_NO_MAX);
                clean_stream_init(&s);
                clean_stream_add(&s, str_take(text, cut), &out);
                for (size_t k = cut; k < text.n; k += size)
                    clean_stream_add(&s, str_take(str_skip(text, k), size), &out);
                clean_stream_end(&s, &out);
                clean_stream_fini(&s);
                if (!str_eq(buf_str(&out), buf_str(&whole)))
                    test_fail("text %zu cut at %zu by %zu: '%.*s', not '%.*s'", i, cut, size,
                              FS(buf_str(&out)), FS(buf_str(&whole)));
                buf_fini(&out);
            }
        buf_fini(&whole);
    }
}

static void endless_sequences_are_dropped(void **state)
{
    struct clean_stream s;
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    clean_stream_init(&s);
    clean_stream_add(&s, S("a\x1b]0;"), &out);
    for (int i = 0; i < 100000; i++) {
        clean_stream_add(&s, S("xxxxxxxx"), &out);
        assert_true(s.held.n <= 4096);
    }
    clean_stream_end(&s, &out);
    clean_stream_fini(&s);
    assert_int_equal(out.p[0], 'a');
    buf_fini(&out);
}

/* ---- TodoWrite ------------------------------------------------------------------------------- */

static void S064_the_list_is_a_fact(void **state)
{
    struct room *r = *state;

    r->todos = S("[1]");
    call(r, &tool_todo,
         "{ 'todos': [ {'content':'a','status':'completed','activeForm':'A'},\n"
         "{'content':'b','status':'in_progress','activeForm':'B'},"
         "{'content':'c','status':'pending','activeForm':'C'}]}");
    assert_text(r, "The list is set: 1 done, 1 in progress, 1 to come.");
    assert_string_equal(r->run.result.facts.p,
                        "\"todos\":[{\"content\":\"a\",\"status\":\"completed\",\"activeForm\":"
                        "\"A\"},{\"content\":\"b\",\"status\":\"in_progress\",\"activeForm\":"
                        "\"B\"},{\"content\":\"c\",\"status\":\"pending\",\"activeForm\":\"C\"}]");
    assert_true(
        str_starts(buf_str(&r->run.result.details), S("{\"oldTodos\":[1],\"newTodos\":[{")));
    call(r, &tool_todo,
         "{'todos':[{'content':'a','status':'in_progress','activeForm':'A'},"
         "{'content':'b','status':'in_progress','activeForm':'B'}]}");
    assert_false(failed(r));
    assert_says(r, "Better have one in progress");
    call(r, &tool_todo, "{'todos':[]}");
    assert_text(r, "The list is set: 0 done, 0 in progress, 0 to come.");
    assert_string_equal(r->run.result.facts.p, "\"todos\":[]");
}

static void S084_todo_checks(void **state)
{
    struct room *r = *state;

    call(r, &tool_todo, "{'todos':[{'content':' ','status':'pending','activeForm':'A'}]}");
    assert_says(r, "todos[0].content is empty");
    call(r, &tool_todo, "{'todos':[{'content':'x','status':'done','activeForm':'A'}]}");
    assert_true(failed(r));
    assert_says(r, "todos[0].status");
    call(r, &tool_todo, "{'todos':'[]'}");
    assert_true(failed(r));
}

const struct CMUnitTest result_tests[] = {
    cmocka_unit_test_setup_teardown(S132_only_longer_ones_are_stored, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_commands_show_head_and_tail, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S133_any_size_can_be_stored, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_ids_are_no_paths, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_a_folder_that_cannot_be_written, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S132_streams_keep_short_output, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_streams_spill_long_output, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_streams_stop_the_file_at_10_mib, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S132_streams_without_a_folder_say_so, setup_room,
                                    teardown_room),
    cmocka_unit_test(pieces_are_cleaned_like_the_whole),
    cmocka_unit_test(endless_sequences_are_dropped),
    cmocka_unit_test_setup_teardown(S064_the_list_is_a_fact, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S084_todo_checks, setup_room, teardown_room),
};
const size_t result_tests_n = sizeof result_tests / sizeof *result_tests;
