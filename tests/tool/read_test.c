/* read_test.c - the tool Read. */
#include "tool_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"

extern const struct tool tool_read;

static void S053_lines_are_numbered(void **state)
{
    struct room *r = *state;

    put_text(r, "w/a.c", "one\n\n\tthree\nfour");
    call(r, &tool_read, "{'file_path':'a.c'}");
    assert_text(r, "     1\tone\n     2\t\n     3\t\tthree\n     4\tfour");
    assert_false(failed(r));
    assert_int_equal(json_int(fact(r, "file"), "total_lines", 0), 4);
    assert_int_equal(json_int(fact(r, "file"), "size", 0), 16);
    assert_int_equal(json_int(fact(r, "file"), "limit", -1), 0);
    assert_true(str_eq(json_text(fact(r, "file"), "path", S("")), str_of(at(r, "w/a.c"))));
    call_json(r, &tool_read, arena_printf(&r->arena, "{\"file_path\":\"%s\"}", at(r, "w/a.c")));
    assert_says(r, "     4\tfour");
}

static void S053_read_ranges(void **state)
{
    static const struct {
        const char *input, *text;
        bool is_error;
    } rows[] = {
        {"{'file_path':'n','offset':2,'limit':2}",
         "     2\tl2\n     3\tl3\n[lines 2 to 3 of 5; offset 4 goes on from here]", false},
        {"{'file_path':'n','offset':4}", "     4\tl4\n     5\tl5", false},
        {"{'file_path':'n','offset':5,'limit':1}", "     5\tl5", false},
        {"{'file_path':'n','offset':0,'limit':1}",
         "     1\tl1\n[lines 1 to 1 of 5; offset 2 goes on from here]", false},
        {"{'file_path':'n','limit':0}",
         "     1\tl1\n     2\tl2\n     3\tl3\n     4\tl4\n     5\tl5", false},
        {"{'file_path':'n','offset':6}", "the file has only 5 lines; offset 6 is behind its end",
         true},
        {"{'file_path':'n','offset':4611686018427387903,'limit':4611686018427387903}",
         "the file has only 5 lines; offset 4611686018427387903 is behind its end", true},
    };
    struct room *r = *state;

    put_text(r, "w/n", "l1\nl2\nl3\nl4\nl5\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, &tool_read, rows[i].input);
        if (!str_eq(said(r), str_of(rows[i].text)) || failed(r) != rows[i].is_error)
            test_fail("%s gives '%.*s'", rows[i].input, FS(said(r)));
    }
}

static void S053_default_is_2000_lines(void **state)
{
    struct room *r = *state;
    struct buf text;

    buf_init(&text, BUF_NO_MAX);
    for (int i = 1; i <= 2500; i++)
        buf_printf(&text, "x\n");
    put_file(r, "w/n", text.p, text.n);
    buf_fini(&text);
    call(r, &tool_read, "{'file_path':'n'}");
    assert_says(r, "  2000\tx\n[lines 1 to 2000 of 2500; offset 2001 goes on from here]");
    assert_int_equal(json_int(fact(r, "file"), "offset", 0), 1);
    assert_int_equal(json_int(fact(r, "file"), "limit", 0), 2000);
}

/* A result never has more than 50,000 characters, and says where to go on. */
static void S053_long_files_stop_at_a_line(void **state)
{
    struct room *r = *state;
    struct buf text;

    buf_init(&text, BUF_NO_MAX);
    for (int i = 1; i <= 1500; i++)
        buf_printf(&text, "%0100d\n", i);
    put_file(r, "w/n", text.p, text.n);
    buf_fini(&text);
    call(r, &tool_read, "{'file_path':'n'}");
    assert_true(utf8_count(said(r)) <= RESULT_CHARACTERS);
    assert_true(utf8_count(said(r)) > RESULT_CHARACTERS - 500);
    assert_says(r, "of 1500; offset ");
}

static void S053_long_lines_are_cut(void **state)
{
    struct room *r = *state;
    struct buf text;

    buf_init(&text, BUF_NO_MAX);
    for (int i = 0; i < 2000; i++)
        buf_add(&text, S("\xc3\xa9"));
    buf_add(&text, S("\n"));
    for (int i = 0; i < 2001; i++)
        buf_add(&text, S("\xc3\xa9"));
    buf_add(&text, S("\n"));
    for (int i = 0; i < 100000; i++)
        buf_add(&text, S("y"));
    buf_add(&text, S("\nend\n"));
    put_file(r, "w/n", text.p, text.n);
    buf_fini(&text);
    call(r, &tool_read, "{'file_path':'n','limit':1}");
    assert_true(str_search(said(r), S("not shown")) == SIZE_MAX);
    call(r, &tool_read, "{'file_path':'n','offset':2,'limit':1}");
    assert_says(r, "\xc3\xa9 [... 2 bytes of this line are not shown]");
    call(r, &tool_read, "{'file_path':'n','offset':3}");
    assert_says(r, "y [... 98000 bytes of this line are not shown]\n     4\tend");
}

static void S053_empty_and_missing(void **state)
{
    struct room *r = *state;

    put_text(r, "w/empty", "");
    put_text(r, "w/src/parser.c", "x");
    call(r, &tool_read, "{'file_path':'empty'}");
    assert_text(r, "(the file is empty)");
    assert_false(failed(r));
    call(r, &tool_read, "{'file_path':'src/praser.c'}");
    assert_true(failed(r));
    assert_says(r, "did you mean '");
    assert_says(r, "/src/parser.c'?");
    call(r, &tool_read, "{'file_path':'src/parser.h'}");
    assert_says(r, "/src/parser.c'?");
    call(r, &tool_read, "{'file_path':'src/zzzzzzzz.q'}");
    assert_says(r, "there is no 'zzzzzzzz.q'");
    call(r, &tool_read, "{'file_path':'scr/parser.c'}");
    assert_says(r, "did you mean '");
    assert_says(r, "/w/src'?");
    call(r, &tool_read, "{'file_path':'src'}");
    assert_says(r, "is a folder");
    call(r, &tool_read, "{'file_path':'src/parser.c/x'}");
    assert_true(failed(r));
}

static void S053_binary_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"a\0b", 3, "it looks like no text"},
        {"\x89PNG\r\n\x1a\n\0\0", 10, "a PNG image"},
        {"\x7f"
         "ELF\0",
         5, "a program"},
        {"\xff\xfe"
         "a\0",
         4, "UTF-16"},
        {"%PDF-1.4\n", 9, "a PDF"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_file(r, "w/b", rows[i].bytes, rows[i].n);
        call(r, &tool_read, "{'file_path':'b'}");
        assert_true(failed(r));
        if (str_search(said(r), str_of(rows[i].says)) == SIZE_MAX)
            test_fail("%s: %.*s", rows[i].says, FS(said(r)));
    }
}

static void S053_invalid_utf8_and_line_ends(void **state)
{
    struct room *r = *state;

    put_text(r, "w/a",
             "\xef\xbb\xbf"
             "one\r\ntw\xffo\r\n\xe2\x82\r\nx\ry\n");
    call(r, &tool_read, "{'file_path':'a'}");
    assert_true(utf8_is_valid(said(r)));
    assert_says(r, "     1\tone\n     2\ttw\xef\xbf\xbdo\n     3\t\xef\xbf\xbd");
    assert_says(r, "     4\tx\ry");
}

static void S053_ten_megabytes_stream(void **state)
{
    struct room *r = *state;
    char *bytes = malloc(10 << 20);
    struct digest sha;

    assert_non_null(bytes);
    for (int i = 0; i < 10 << 20; i++)
        bytes[i] = (char)(i % 64 == 63 ? '\n' : 'a' + i % 23);
    put_file(r, "w/big", bytes, 10 << 20);
    sha = sha256_of(str_make(bytes, 10 << 20));
    call(r, &tool_read, "{'file_path':'big','offset':100000,'limit':2}");
    assert_false(failed(r));
    assert_true(str_starts(
        said(r), str_of(arena_printf(&r->arena, "100000\t%.63s\n", bytes + 99999 * 64).p)));
    assert_says(r, "[lines 100000 to 100001 of 163840;");
    learn(r);
    assert_true(digest_eq(sha, r->known.sha));
    free(bytes);
}

static void S053_fifty_megabytes_are_the_end(void **state)
{
    struct room *r = *state;

    put_text(r, "w/big", "x");
    assert_int_equal(truncate(at(r, "w/big"), (50 << 20) + 1), 0);
    call(r, &tool_read, "{'file_path':'big'}");
    assert_true(failed(r));
    assert_says(r, "at most 52428800 are read");
}

static void S079_unchanged_files_are_not_sent_again(void **state)
{
    struct room *r = *state;
    struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    put_text(r, "w/a", "one\ntwo\nthree\n");
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "     1\tone");
    learn(r);
    for (int i = 0; i < 4; i++) {
        call(r, &tool_read, "{'file_path':'a'}");
        assert_says(r, "a is unchanged since it was read");
        assert_true(said(r).n < 100);
        assert_int_equal(r->run.result.facts.n, 0);
    }
    /* a range of what was sent whole is known, too; touched it is read but not sent */
    call(r, &tool_read, "{'file_path':'a','offset':2,'limit':1}");
    assert_says(r, "unchanged");
    assert_int_equal(utimensat(AT_FDCWD, at(r, "w/a"), times, 0), 0);
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "unchanged");
    /* changed, with the same size and time: the kernel's change time tells */
    r->known.known = false;
    call(r, &tool_read, "{'file_path':'a'}");
    learn(r);
    put_text(r, "w/a", "ONE\ntwo\nthree\n");
    assert_int_equal(utimensat(AT_FDCWD, at(r, "w/a"), times, 0), 0);
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "     1\tONE");
    /* what is no longer in the context is sent again */
    learn(r);
    r->known.in_context = false;
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "     1\tONE");
}

static void S079_another_range_is_sent(void **state)
{
    struct room *r = *state;

    put_text(r, "w/a", "one\ntwo\nthree\n");
    call(r, &tool_read, "{'file_path':'a','limit':1}");
    learn(r);
    call(r, &tool_read, "{'file_path':'a','limit':1}");
    assert_says(r, "unchanged");
    call(r, &tool_read, "{'file_path':'a','limit':2}");
    assert_says(r, "     2\ttwo");
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "     3\tthree");
}

static void S084_read_checks(void **state)
{
    struct room *r = *state;

    call(r, &tool_read, "{'file_path':''}");
    assert_says(r, "file_path is empty");
    call(r, &tool_read, "{'file_path':'a\\u0000b'}");
    assert_says(r, "NUL");
    call(r, &tool_read, "{'file_path':'a','offset':-1}");
    assert_true(failed(r));
    call(r, &tool_read, "{'path':'a'}");
    assert_true(failed(r));
}

/* Links: beneath the workspace they are followed, elsewhere they are named. */
static void S053_links_and_walls(void **state)
{
    struct room *r = *state;

    put_text(r, "w/a", "inside\n");
    put_text(r, "w/.env", "secret\n");
    put_text(r, "out/o", "outside\n");
    put_text(r, "home/.ssh/id", "key\n");
    assert_int_equal(symlink("a", at(r, "w/in")), 0);
    assert_int_equal(symlink("../out/o", at(r, "w/out")), 0);
    assert_int_equal(symlink(at(r, "out"), at(r, "w/dir")), 0);
    assert_int_equal(symlink(".env", at(r, "w/env")), 0);
    assert_int_equal(symlink("o", at(r, "out/link")), 0);
    assert_int_equal(mkfifo(at(r, "w/pipe"), 0600), 0);
    call(r, &tool_read, "{'file_path':'in'}");
    assert_says(r, "inside");
    call(r, &tool_read, "{'file_path':'out'}");
    assert_true(failed(r));
    call(r, &tool_read, "{'file_path':'dir/o'}");
    assert_true(failed(r));
    call(r, &tool_read, "{'file_path':'sub/../a'}"); /* folded as text, as policy saw it */
    assert_says(r, "inside");
    call(r, &tool_read, "{'file_path':'../out/o'}"); /* policy allowed that path */
    assert_says(r, "outside");
    call(r, &tool_read, "{'file_path':'../out/link'}");
    assert_says(r, "leads to");
    call(r, &tool_read, "{'file_path':'pipe'}");
    assert_says(r, "is a device, pipe or socket");
    call(r, &tool_read, "{'file_path':'/proc/self/environ'}");
    assert_says(r, "belongs to the kernel");
    call(r, &tool_read, "{'file_path':'/dev/null'}");
    assert_says(r, "not a file");
    call(r, &tool_read, "{'file_path':'../home/.ssh/id'}");
    assert_says(r, "masks");
    put_text(r, "w/.ssh/id", "key\n"); /* a home that is the workspace */
    assert_int_equal(symlink(".ssh/id", at(r, "w/key")), 0);
    memcpy(r->home, r->folder, sizeof r->home);
    call(r, &tool_read, "{'file_path':'.ssh/id'}");
    assert_says(r, "masks");
    call(r, &tool_read, "{'file_path':'key'}");
    assert_says(r, "masks");
    call(r, &tool_read, "{'file_path':'a'}");
    assert_says(r, "inside");
    room_rules(r, "deny Read(./.env)");
    call(r, &tool_read, "{'file_path':'env'}");
    assert_says(r, "a permission rule keeps");
}

/* What was spilled is readable, though rein's other folders are not. */
static void S132_S134_spilled_results_are_readable(void **state)
{
    struct room *r = *state;
    const char *own[] = {r->base, NULL};

    put_text(r, "results/toolu_1.txt", "all of it\n");
    put_text(r, "other/toolu_2.txt", "of another\n");
    assert_int_equal(symlink("results", at(r, "link")), 0);
    assert_int_equal(symlink("../other/toolu_2.txt", at(r, "results/sly")), 0);
    r->masked = own;
    call_json(r, &tool_read,
              arena_printf(&r->arena, "{\"file_path\":\"%s\"}", at(r, "results/toolu_1.txt")));
    assert_text(r, "     1\tall of it");
    call_json(r, &tool_read,
              arena_printf(&r->arena, "{\"file_path\":\"%s\"}", at(r, "other/toolu_2.txt")));
    assert_says(r, "belongs to rein itself");
    call_json(r, &tool_read,
              arena_printf(&r->arena, "{\"file_path\":\"%s\"}", at(r, "results/sly")));
    assert_true(failed(r));
    snprintf(r->results, sizeof r->results, "%s/link", r->base);
    call_json(r, &tool_read,
              arena_printf(&r->arena, "{\"file_path\":\"%s\"}", at(r, "link/toolu_1.txt")));
    assert_text(r, "     1\tall of it");
}

const struct CMUnitTest read_tests[] = {
    cmocka_unit_test_setup_teardown(S053_lines_are_numbered, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_read_ranges, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_default_is_2000_lines, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_long_files_stop_at_a_line, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_long_lines_are_cut, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_empty_and_missing, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_binary_is_refused, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_invalid_utf8_and_line_ends, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_ten_megabytes_stream, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_fifty_megabytes_are_the_end, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S079_unchanged_files_are_not_sent_again, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S079_another_range_is_sent, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S084_read_checks, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S053_links_and_walls, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S132_S134_spilled_results_are_readable, setup_room,
                                    teardown_room),
};
const size_t read_tests_n = sizeof read_tests / sizeof *read_tests;
