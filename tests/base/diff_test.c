/* diff_test.c - unified diffs: their text, that they apply, that they are the shortest. */
#include "test.h"

#include <stdlib.h>

#include "base/apply_diff.h"
#include "base/text.h"

static const struct {
    const char *before, *after;
    int context;
    const char *diff;
    size_t added, removed;
} cases[] = {
    {"", "", 3, "", 0, 0},
    {"a\n", "a\n", 3, "", 0, 0},
    {"", "a\n", 3, "@@ -0,0 +1,1 @@\n+a\n", 1, 0},
    {"a\n", "", 3, "@@ -1,1 +0,0 @@\n-a\n", 0, 1},
    {"a\nb\nc\n", "a\nx\nc\n", 3, "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", 1, 1},
    {"a\nb\nc\n", "a\nx\nc\n", 0, "@@ -2,1 +2,1 @@\n-b\n+x\n", 1, 1},
    {"a\nb\nc\n", "a\nb\nx\nc\n", 0, "@@ -2,0 +3,1 @@\n+x\n", 1, 0},
    {"a\nb\nc\n", "a\nc\n", 0, "@@ -2,1 +1,0 @@\n-b\n", 0, 1},
    {"a\nb\nc\n", "a\nx\nc\n", -5, "@@ -2,1 +2,1 @@\n-b\n+x\n", 1, 1},
    {"a", "a\n", 3, "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n", 1, 1},
    {"a\nb", "x\nb", 3, "@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n", 1, 1},
    {"a\n", "a\nb", 3, "@@ -1,1 +1,2 @@\n a\n+b\n\\ No newline at end of file\n", 1, 0},
    {"a\r\n", "a\n", 3, "@@ -1,1 +1,1 @@\n-a\r\n+a\n", 1, 1},
    /* changes with twice the context between them are one hunk, with a line more they are two */
    {"1\na\nb\n2\n", "x\na\nb\ny\n", 1, "@@ -1,4 +1,4 @@\n-1\n+x\n a\n b\n-2\n+y\n", 2, 2},
    {"1\na\nb\nc\n2\n", "x\na\nb\nc\ny\n", 1,
     "@@ -1,2 +1,2 @@\n-1\n+x\n a\n@@ -4,2 +4,2 @@\n c\n-2\n+y\n", 2, 2},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", 3,
     "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n", 1, 1},
    {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 9, NULL, 2,
     3}, /* Myers' own example: 5 edits */
};

static void says_what_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str before = str_of(cases[i].before), after = str_of(cases[i].after);
        struct buf diff, out;
        size_t added = 77, removed = 77;

        buf_init(&diff, BUF_NO_MAX);
        buf_init(&out, BUF_NO_MAX);
        diff_unified(before, after, cases[i].context, &diff, &added, &removed);
        if (cases[i].diff)
            assert_string_equal(buf_str(&diff).p, cases[i].diff);
        assert_int_equal(added, cases[i].added);
        assert_int_equal(removed, cases[i].removed);
        assert_true(apply_diff(before, buf_str(&diff), &out));
        assert_true(str_eq(buf_str(&out), after));
        buf_fini(&diff);
        buf_fini(&out);
    }
}

/* The length of the longest common subsequence, the slow way. */
static size_t common_lines(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[64] = {0};

    for (size_t i = 0; i < n; i++) {
        size_t corner = 0;

        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];

            row[j] = a[i] == b[j - 1] ? corner + 1 : above > row[j - 1] ? above : row[j - 1];
            corner = above;
        }
    }
    return row[m];
}

static void spell(const char *letters, size_t n, bool ended, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%c%s", letters[i], i + 1 < n || ended ? "\n" : "");
}

/* Small alphabets, so that lines repeat: where a greedy way would go wrong. */
static void random_texts_apply_and_are_shortest(void **state)
{
    uint32_t random = 4711;
    char a[60], b[60];

    (void)state;
    for (int round = 0; round < 5000; round++) {
        struct buf before, after, diff, out;
        size_t n = (random >> 8) % 60, m = (random >> 16) % 60, added, removed;

        buf_init(&before, BUF_NO_MAX), buf_init(&after, BUF_NO_MAX);
        buf_init(&diff, BUF_NO_MAX), buf_init(&out, BUF_NO_MAX);
        for (size_t i = 0; i < 60; i++) {
            random = random * 1664525 + 1013904223;
            a[i] = (char)('a' + (random >> 12) % (2 + (unsigned)round % 8));
            b[i] = (random >> 20) % 4 ? a[i] : (char)('a' + (random >> 24) % 8);
        }
        spell(a, n, true, &before);
        spell(b, m, true, &after);
        diff_unified(buf_str(&before), buf_str(&after), round % 4, &diff, &added, &removed);
        assert_int_equal(added + removed, n + m - 2 * common_lines(a, n, b, m));
        assert_true(apply_diff(buf_str(&before), buf_str(&diff), &out));
        assert_true(str_eq(buf_str(&out), buf_str(&after)));
        buf_fini(&before), buf_fini(&after), buf_fini(&diff), buf_fini(&out);
    }
}

/* More edits than are worth looking for: all is replaced, and it still applies. */
static void far_apart_is_replaced(void **state)
{
    struct buf before, after, diff, out;
    size_t added, removed;

    (void)state;
    buf_init(&before, BUF_NO_MAX), buf_init(&after, BUF_NO_MAX);
    buf_init(&diff, BUF_NO_MAX), buf_init(&out, BUF_NO_MAX);
    buf_add(&before, S("same\n")), buf_add(&after, S("same\n"));
    for (int i = 0; i < 12000; i++) {
        buf_printf(&before, "b%d\n%s", i, i == 6000 ? "middle\n" : "");
        buf_printf(&after, "a%d\n%s", i, i == 6000 ? "middle\n" : "");
    }
    diff_unified(buf_str(&before), buf_str(&after), 3, &diff, &added, &removed);
    assert_int_equal(added, 12001);
    assert_int_equal(removed, 12001);
    assert_true(apply_diff(buf_str(&before), buf_str(&diff), &out));
    assert_true(str_eq(buf_str(&out), buf_str(&after)));
    buf_fini(&before), buf_fini(&after), buf_fini(&diff), buf_fini(&out);
}

const struct CMUnitTest diff_tests[] = {
    cmocka_unit_test(says_what_changed),
    cmocka_unit_test(random_texts_apply_and_are_shortest),
    cmocka_unit_test(far_apart_is_replaced),
};
const size_t diff_tests_n = sizeof(diff_tests) / sizeof(diff_tests[0]);
