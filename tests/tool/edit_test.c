/* edit_test.c - the tools Edit and Write: what stands in the file afterwards, and what is said. */
#include "tool_help.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

extern const struct tool tool_read, tool_edit, tool_write;

static void know(struct room *r, const char *name)
{
    r->known = (struct file_known){0};
    call_json(r, &tool_read, arena_printf(&r->arena, "{\"file_path\":\"%s\"}", name));
    assert_false(failed(r));
    learn(r);
}

/* No temporary file is left anywhere in the workspace. */
static void assert_clean(struct room *r)
{
    DIR *folder = opendir(r->folder);
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        if (strncmp(entry->d_name, ".rein-", 6) == 0)
            test_fail("left behind: %s", entry->d_name);
    closedir(folder);
}

static void S054_exact_edits(void **state)
{
    static const struct {
        const char *before, *input, *after; /* after NULL: refused */
        const char *says;
    } rows[] = {
        {"a\nb\nc\n", "'old_string':'b','new_string':'B'", "a\nB\nc\n", "     2\tB"},
        {"a\nb\nc", "'old_string':'c','new_string':'C'", "a\nb\nC", "     3\tC"},
        {"a\nb\nc\n", "'old_string':'b\\n','new_string':''", "a\nc\n", "done"},
        {"a\nb\n", "'old_string':'a\\nb','new_string':'x\\ny\\nz'", "x\ny\nz\n", "     3\tz"},
        {"aXbXc", "'old_string':'X','new_string':'Y'", NULL, "occurs 2 times in f (lines 1, 1)"},
        {"X\nb\nX\n", "'old_string':'X','new_string':'Y'", NULL, "(lines 1, 3)"},
        {"aXbXc", "'old_string':'X','new_string':'YY','replace_all':true", "aYYbYYc",
         "2 places were replaced"},
        {"aaa", "'old_string':'aa','new_string':'b','replace_all':true", "ba", "done"},
        {"abc", "'old_string':'x','new_string':'y'", NULL, "occurs 0 times in f"},
        {"  if (x)\n\treturn;\n", "'old_string':'if (x)\\n    return;','new_string':'y'", NULL,
         "From line 1 on there is the same but for blanks and tabs; exactly:\n     1\t  if (x)\n"
         "     2\t\treturn;"},
        {"one\ntwo\n", "'old_string':'     2\\ttwo','new_string':'y'", NULL, "line numbers"},
        {"first line\nsecond\n", "'old_string':'first line\\nother','new_string':'y'", NULL,
         "Its first line is there, in line 1"},
        {"abc\n", "'old_string':'nothing like it','new_string':'y'", NULL, "Read the file again"},
        /* line ends, mark and the rest stay as they are */
        {"a\r\nb\r\nc\r\n", "'old_string':'a\\nb','new_string':'x\\ny\\nz'", "x\r\ny\r\nz\r\nc\r\n",
         "done"},
        {"a\r\nb\r\nc\r\n", "'old_string':'b','new_string':'x\\ny'", "a\r\nx\r\ny\r\nc\r\n",
         "done"},
        {"a\r\nb\r\n", "'old_string':'a\\r\\nb','new_string':'x\\r\\ny'", "x\r\ny\r\n", "done"},
        {"a\r\nb\nc\r\nd\n", "'old_string':'b\\nc','new_string':'x\\ny'", "a\r\nx\ny\r\nd\n",
         "done"},
        {"a\r\nb\nc\n", "'old_string':'b\\nc','new_string':'x\\ny'", "a\r\nx\ny\n", "done"},
        {"a\rb\n", "'old_string':'b','new_string':'x\\ny'", "a\rx\ny\n", "done"},
        {"a\r\nb", "'old_string':'b','new_string':'c'", "a\r\nc", "done"},
        {"a\r\n\r\nb\r\n", "'old_string':'\\n\\n','new_string':'\\n'", "a\r\nb\r\n", "done"},
        {"\xef\xbb\xbf"
         "a\nb\n",
         "'old_string':'a','new_string':'x'",
         "\xef\xbb\xbf"
         "x\nb\n",
         "done"},
        {"\xef\xbb\xbf"
         "a\r\nb",
         "'old_string':'a\\nb','new_string':''", "\xef\xbb\xbf", "done"},
        {"a\nb \xff c\n", "'old_string':'a','new_string':'x'", "x\nb \xff c\n", "done"},
        {"a\nb \xff c\n", "'old_string':'b \xef\xbf\xbd c','new_string':'x'", NULL, "U+FFFD"},
        {"", "'old_string':'','new_string':'x\\n'", "x\n", "     1\tx"},
        {"a", "'old_string':'','new_string':'x'", NULL, "old_string is empty, but f is not"},
        {"a", "'old_string':'a','new_string':'a'", NULL, "are the same"},
        {"a", "'old_string':'a','new_string':''", "", "done"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *expected = rows[i].after ? rows[i].after : rows[i].before;

        put_text(r, "w/f", rows[i].before);
        know(r, "f");
        call(r, &tool_edit, arena_printf(&r->arena, "{'file_path':'f',%s}", rows[i].input).p);
        str now = get_file(r, "w/f");
        if (!str_eq(now, str_of(expected)))
            test_fail("row %zu %s: the file is '%.*s'", i, rows[i].input, FS(now));
        if (str_search(said(r), str_of(rows[i].says)) == SIZE_MAX)
            test_fail("row %zu: '%.*s' does not say '%s'", i, FS(said(r)), rows[i].says);
        assert_int_equal(failed(r), rows[i].after == NULL);
    }
    assert_clean(r);
}

static void S054_what_was_not_read_is_refused(void **state)
{
    struct room *r = *state;

    put_text(r, "w/f", "a\n");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'b'}");
    assert_says(r, "was not read in this session: Read it first");
    call(r, &tool_write, "{'file_path':'f','content':'b'}");
    assert_says(r, "was not read in this session: Read it first");
    know(r, "f");
    put_text(r, "w/f", "a\nmore\n");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'b'}");
    assert_says(r, "has changed since it was read (2 bytes then, 7 now)");
    call(r, &tool_write, "{'file_path':'f','content':'b'}");
    assert_says(r, "has changed since it was read");
    assert_file(r, "w/f", "a\nmore\n");
    /* the same bytes again are no change */
    put_text(r, "w/f", "a\n");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'b'}");
    assert_file(r, "w/f", "b\n");
}

/* The facts of an edit make the next edit possible, without the file being in the context. */
static void S054_edits_follow_each_other(void **state)
{
    struct room *r = *state;

    put_text(r, "w/f", "a\nb\n");
    know(r, "f");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'A'}");
    learn(r);
    assert_false(r->known.in_context);
    call(r, &tool_edit, "{'file_path':'f','old_string':'b','new_string':'B'}");
    assert_file(r, "w/f", "A\nB\n");
    learn(r);
    call(r, &tool_read, "{'file_path':'f'}");
    assert_says(r, "     1\tA\n     2\tB");
}

static void S054_mode_and_attributes_stay(void **state)
{
    struct room *r = *state;
    struct stat st;
    char value[8] = "";

    put_text(r, "w/f", "a\n");
    assert_int_equal(chmod(at(r, "w/f"), 0751), 0);
    bool has_attributes = setxattr(at(r, "w/f"), "user.note", "kept", 4, 0) == 0;
    know(r, "f");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'b'}");
    assert_int_equal(stat(at(r, "w/f"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0751);
    if (has_attributes) {
        assert_int_equal(getxattr(at(r, "w/f"), "user.note", value, sizeof value), 4);
        assert_memory_equal(value, "kept", 4);
    }
    if (getuid() == 0) {
        assert_int_equal(chown(at(r, "w/f"), 1000, 1000), 0);
        know(r, "f");
        call(r, &tool_edit, "{'file_path':'f','old_string':'b','new_string':'c'}");
        assert_int_equal(stat(at(r, "w/f"), &st), 0);
        assert_int_equal(st.st_uid, 1000);
        assert_int_equal(st.st_mode & 07777, 0751);
    }
}

static void S054_the_diff_is_for_people(void **state)
{
    struct room *r = *state;

    put_text(r, "w/f", "a\nb\nc\n");
    know(r, "f");
    call(r, &tool_edit, "{'file_path':'f','old_string':'b','new_string':'B'}");
    assert_string_equal(r->run.result.diff.p, "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    assert_int_equal(
        str_search(buf_str(&r->run.result.details), S("\"oldString\":\"b\"")) == SIZE_MAX, false);
}

static void S054_hard_links_are_not_written_through(void **state)
{
    struct room *r = *state;

    put_text(r, "w/f", "a\n");
    assert_int_equal(link(at(r, "w/f"), at(r, "out/same")), 0);
    know(r, "f");
    call(r, &tool_edit, "{'file_path':'f','old_string':'a','new_string':'b'}");
    assert_says(r, "the file had 2 names");
    assert_file(r, "w/f", "b\n");
    assert_file(r, "out/same", "a\n");
}

static void S054_links_are_resolved_and_asked_about(void **state)
{
    struct room *r = *state;
    struct stat st;

    put_text(r, "w/real", "a\n");
    put_text(r, "w/.git/config", "a\n");
    put_text(r, "out/o", "a\n");
    assert_int_equal(symlink("real", at(r, "w/link")), 0);
    assert_int_equal(symlink(".git/config", at(r, "w/sly")), 0);
    assert_int_equal(symlink(".git", at(r, "w/slydir")), 0);
    assert_int_equal(symlink("../out/o", at(r, "w/away")), 0);
    assert_int_equal(symlink("../out/new", at(r, "w/dangling")), 0);
    know(r, "real");
    call(r, &tool_edit, "{'file_path':'link','old_string':'a','new_string':'b'}");
    assert_file(r, "w/real", "b\n"); /* the real file, and the link is still one */
    assert_int_equal(lstat(at(r, "w/link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    know(r, ".git/config");
    call(r, &tool_edit, "{'file_path':'sly','old_string':'a','new_string':'b'}");
    assert_says(r, "protected");
    call(r, &tool_write, "{'file_path':'slydir/hooks','content':'b'}");
    assert_says(r, "protected");
    call(r, &tool_write, "{'file_path':'away','content':'b'}");
    assert_true(failed(r));
    call(r, &tool_write, "{'file_path':'dangling','content':'b'}");
    assert_true(failed(r));
    assert_file(r, "w/.git/config", "a\n");
    assert_file(r, "out/o", "a\n");
    assert_null(get_file(r, "out/new").p);
    room_rules(r, "deny Edit(real)");
    know(r, "real");
    call(r, &tool_edit, "{'file_path':'link','old_string':'b','new_string':'c'}");
    assert_says(r, "a permission rule keeps");
}

static void S054_walls_of_writing(void **state)
{
    struct room *r = *state;

    call(r, &tool_write, "{'file_path':'../out/x','content':'b'}");
    assert_says(r, "is outside of the workspace");
    call(r, &tool_write, "{'file_path':'.','content':'b'}");
    assert_says(r, "is a folder");
    put_text(r, "w/sub/x", "");
    call(r, &tool_write, "{'file_path':'sub','content':'b'}");
    assert_says(r, "is a folder");
    call(r, &tool_write, "{'file_path':'sub/x/y','content':'b'}");
    assert_true(failed(r));
    r->level = SANDBOX_READ_ONLY;
    call(r, &tool_write, "{'file_path':'x','content':'b'}");
    assert_says(r, "read-only");
    r->level = SANDBOX_FULL_ACCESS;
    call(r, &tool_write, "{'file_path':'../out/x','content':'b'}");
    assert_false(failed(r));
    assert_file(r, "out/x", "b");
}

static void S084_edit_and_write_check(void **state)
{
    static const struct {
        const struct tool *tool;
        const char *input, *says;
    } rows[] = {
        {&tool_edit, "{'file_path':'','old_string':'a','new_string':'b'}", "file_path is empty"},
        {&tool_edit, "{'file_path':'a\\u0000','old_string':'a','new_string':'b'}", "NUL"},
        {&tool_edit, "{'file_path':'f','old_string':'a','new_string':'a'}", "are the same"},
        {&tool_edit, "{'file_path':'f','old_string':'a'}", "new_string"},
        {&tool_write, "{'file_path':'','content':''}", "file_path is empty"},
        {&tool_write, "{'file_path':'x/','content':''}", "so it is a folder"},
        {&tool_write, "{'file_path':'x\\u0000y','content':''}", "NUL"},
        {&tool_write, "{'file_path':'x'}", "content"},
    };
    struct room *r = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        call(r, rows[i].tool, rows[i].input);
        assert_int_not_equal(r->status, REIN_OK);
        if (str_search(said(r), str_of(rows[i].says)) == SIZE_MAX)
            test_fail("%s: '%.*s'", rows[i].input, FS(said(r)));
    }
}

/* ---- Write ----------------------------------------------------------------------------------- */

static void S055_whole_files(void **state)
{
    struct room *r = *state;
    struct stat st;
    mode_t mask = umask(022);

    call(r, &tool_write, "{'file_path':'deep/er/new.c','content':'one\\ntwo'}");
    assert_text(r, "deep/er/new.c was created with 2 lines.");
    assert_file(r, "w/deep/er/new.c", "one\ntwo");
    assert_int_equal(stat(at(r, "w/deep/er/new.c"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    learn(r);
    call(r, &tool_write, "{'file_path':'deep/er/new.c','content':'one\\n'}");
    assert_text(r, "deep/er/new.c was replaced: 0 lines added, 1 removed.");
    assert_file(r, "w/deep/er/new.c", "one\n");
    umask(077);
    call(r, &tool_write, "{'file_path':'private','content':''}");
    assert_int_equal(stat(at(r, "w/private"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    umask(mask);
    assert_clean(r);
}

static void S055_content_is_kept_byte_for_byte(void **state)
{
    struct room *r = *state;

    call(r, &tool_write, "{'file_path':'f','content':'\\u0000\\r\\n\\t\xc3\xa9\\ud83d\\ude00'}");
    assert_false(failed(r));
    str now = get_file(r, "w/f");
    assert_int_equal(now.n, 10);
    assert_memory_equal(now.p, "\0\r\n\t\xc3\xa9\xf0\x9f\x98\x80", 10);
}

static void S055_missing_edit_makes_nothing(void **state)
{
    struct room *r = *state;
    struct stat st;

    call(r, &tool_edit, "{'file_path':'no/such/f','old_string':'a','new_string':'b'}");
    assert_true(failed(r));
    assert_int_equal(stat(at(r, "w/no"), &st), -1);
    call(r, &tool_edit, "{'file_path':'no/such/f','old_string':'','new_string':'b\\n'}");
    assert_false(failed(r));
    assert_says(r, "created:");
    assert_file(r, "w/no/such/f", "b\n");
}

const struct CMUnitTest edit_tests[] = {
    cmocka_unit_test_setup_teardown(S054_exact_edits, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S054_what_was_not_read_is_refused, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S054_edits_follow_each_other, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S054_mode_and_attributes_stay, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S054_the_diff_is_for_people, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S054_hard_links_are_not_written_through, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S054_links_are_resolved_and_asked_about, setup_room,
                                    teardown_room),
    cmocka_unit_test_setup_teardown(S054_walls_of_writing, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S084_edit_and_write_check, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S055_whole_files, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S055_content_is_kept_byte_for_byte, setup_room, teardown_room),
    cmocka_unit_test_setup_teardown(S055_missing_edit_makes_nothing, setup_room, teardown_room),
};
const size_t edit_tests_n = sizeof edit_tests / sizeof *edit_tests;
