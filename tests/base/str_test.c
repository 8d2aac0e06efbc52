/* str_test.c - slices: clamping, searching, cutting, whole numbers. */
#include "test.h"

#include "base/str.h"

static void clamps_at_both_ends(void **state)
{
    (void)state;
    assert_true(str_eq(str_skip(S("abc"), 1), S("bc")));
    assert_int_equal(str_skip(S("abc"), 9).n, 0);
    assert_int_equal(str_skip((str){NULL, 0}, 9).n, 0);
    assert_true(str_eq(str_take(S("abc"), 2), S("ab")));
    assert_true(str_eq(str_take(S("abc"), 9), S("abc")));
    assert_int_equal(str_of(NULL).n, 0);
    assert_true(str_starts(S("abc"), S("")) && str_starts(S("abc"), S("ab")));
    assert_false(str_starts(S("ab"), S("abc")));
    assert_true(str_ends(S("abc"), S("bc")));
    assert_false(str_ends(S("bc"), S("abc")));
}

static void finds_first(void **state)
{
    (void)state;
    assert_int_equal(str_find(S("abcb"), 'b'), 1);
    assert_true(str_find(S("abc"), 'x') == SIZE_MAX);
    assert_true(str_find((str){NULL, 0}, 'x') == SIZE_MAX);
    assert_int_equal(str_search(S("aaab"), S("ab")), 2);
    assert_int_equal(str_search(S("a"), S("")), 0);
    assert_true(str_search(S("ab"), S("abc")) == SIZE_MAX);
    assert_true(str_search((str){NULL, 0}, S("a")) == SIZE_MAX);
}

static void cuts_until_nothing_is_left(void **state)
{
    (void)state;
    str rest = S("a,,b");

    assert_true(str_eq(str_cut(&rest, ','), S("a")));
    assert_true(str_eq(str_cut(&rest, ','), S("")) && rest.p);
    assert_true(str_eq(str_cut(&rest, ','), S("b")));
    assert_null(rest.p);
    rest = S("a,");
    str_cut(&rest, ',');
    assert_true(rest.p && rest.n == 0); /* there is one more, and it is empty */
}

static void trims_and_orders(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(S(" \t\r\na b\n ")), S("a b")));
    assert_int_equal(str_trim(S("  ")).n, 0);
    assert_true(str_cmp(S("a"), S("b")) < 0 && str_cmp(S("ab"), S("a")) > 0);
    assert_true(str_cmp(S("\xFF"), S("a")) > 0 && str_cmp(S(""), (str){NULL, 0}) == 0);
}

static void reads_whole_numbers(void **state)
{
    static const struct {
        str text;
        bool ok;
        int64_t value;
    } cases[] = {
        {S_INIT("0"), true, 0},
        {S_INIT("-0"), true, 0},
        {S_INIT("007"), true, 7},
        {S_INIT("9223372036854775807"), true, INT64_MAX},
        {S_INIT("-9223372036854775808"), true, INT64_MIN},
        {S_INIT("9223372036854775808"), false, 0},
        {S_INIT("-9223372036854775809"), false, 0},
        {S_INIT("99999999999999999999"), false, 0},
        {S_INIT(""), false, 0},
        {S_INIT("-"), false, 0},
        {S_INIT("+1"), false, 0},
        {S_INIT("1 "), false, 0},
        {S_INIT("1.0"), false, 0},
        {S_INIT("0x1"), false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = -77;

        if (str_to_i64(cases[i].text, &value) != cases[i].ok)
            test_fail("%.*s", FS(cases[i].text));
        assert_true(value == (cases[i].ok ? cases[i].value : -77));
    }
}

const struct CMUnitTest str_tests[] = {
    cmocka_unit_test(clamps_at_both_ends),        cmocka_unit_test(finds_first),
    cmocka_unit_test(cuts_until_nothing_is_left), cmocka_unit_test(trims_and_orders),
    cmocka_unit_test(reads_whole_numbers),
};
const size_t str_tests_n = sizeof(str_tests) / sizeof(str_tests[0]);
