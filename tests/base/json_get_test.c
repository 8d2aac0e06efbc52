/* json_get_test.c - asking a tree; the exact value of numbers; equality. */
#include "test.h"

#include <locale.h>
#include <math.h>

#include "base/json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;

static const struct json *tree(const char *text)
{
    struct error err = {0};
    struct json *out;

    assert_ok(json_parse(str_of(text), JSON_DEPTH, &arena, &out, &err), err);
    return out;
}

static void gives_members_or_the_fallback(void **state)
{
    const struct json *o =
        tree("{\"s\":\"x\",\"i\":7,\"r\":-2.9,\"t\":true,\"n\":null,\"big\":1e30,"
             "\"low\":-1e30,\"s\":\"last\"}");

    (void)state;
    assert_true(str_eq(json_text(o, "s", S("none")), S("last")));
    assert_true(str_eq(json_text(o, "i", S("none")), S("none")));
    assert_true(str_eq(json_text(NULL, "i", S("none")), S("none")));
    assert_int_equal(json_int(o, "i", 1), 7);
    assert_int_equal(json_int(o, "r", 1), -2);
    assert_int_equal(json_int(o, "s", 1), 1);
    assert_int_equal(json_int(o, "missing", 1), 1);
    assert_true(json_int(o, "big", 1) == INT64_MAX && json_int(o, "low", 1) == INT64_MIN);
    assert_true(json_real(o, "r", 0) == -2.9 && json_real(o, "n", 5) == 5);
    assert_true(json_bool(o, "t", false) && json_bool(o, "n", true) && !json_bool(o, "i", false));
    assert_null(json_get(tree("[1]"), "0"));
    assert_null(json_get(NULL, "x"));
    arena_fini(&arena);
}

static void integers_are_exact(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-0.000e99", true, 0},
        {"0e99999999999999999999", true, 0},
        {"1.0", true, 1},
        {"1e2", true, 100},
        {"-1.50e1", true, -15},
        {"0.00012e5", true, 12},
        {"12000e-3", true, 12},
        {"1200e-3", false, 0},
        {"1.5", false, 0},
        {"1e-1", false, 0},
        {"1e18", true, 1000000000000000000},
        {"1e19", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775807.000", true, INT64_MAX},
        {"9.223372036854775807e18", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"9223372036854775808.0", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775808.0", true, INT64_MIN},
        {"-922337203685477580.8e1", true, INT64_MIN},
        {"-9223372036854775809.0", false, 0},
        {"12345678901234567890123", false, 0},
        {"1e999999999999999999999999", false, 0},
        {"1e-999999999999999999999999", false, 0},
        {"100000000000000000000000000000e-27", true, 100},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 0;

        if (json_to_i64(tree(cases[i].text), &value) != cases[i].ok ||
            (cases[i].ok && value != cases[i].value))
            test_fail("%s: %lld", cases[i].text, (long long)value);
    }
    assert_false(json_to_i64(tree("\"1\""), &(int64_t){0}));
    assert_false(json_to_i64(NULL, &(int64_t){0}));
    arena_fini(&arena);
}

static void check_reals(void)
{
    char digits[400];

    memset(digits, '1', sizeof(digits));
    memcpy(digits, "0.", 2);
    digits[sizeof(digits) - 1] = 0;
    assert_true(json_to_real(tree("0.1")) == 0.1);
    assert_true(json_to_real(tree("-12.5e-1")) == -1.25);
    assert_true(json_to_real(tree("0.30000000000000004")) == 0.1 + 0.2);
    assert_true(json_to_real(tree("1.7976931348623157e308")) == 1.7976931348623157e308);
    assert_true(json_to_real(tree("4.9e-324")) == 4.9e-324);
    assert_true(json_to_real(tree("1e-400")) == 0);
    assert_true(isinf(json_to_real(tree("1e400"))));
    assert_true(signbit(json_to_real(tree("-0"))));
    assert_true(json_to_real(tree(digits)) == 1.0 / 9.0);
}

static void reals_do_not_depend_on_the_locale(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF"};

    (void)state;
    check_reals();
    for (size_t i = 0; i < COUNT(locales); i++) {
        if (setlocale(LC_NUMERIC, locales[i]))
            check_reals(); /* where the machine has one with another point */
    }
    setlocale(LC_NUMERIC, "C");
    arena_fini(&arena);
}

static void equality_is_of_values(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1.0", true},
        {"1", "1.5", false},
        {"0.5", "5e-1", true},
        {"9007199254740993", "9007199254740992", false},
        {"12345678901234567890123", "12345678901234567890123", true},
        {"\"\\u0041\"", "\"A\"", true},
        {"{\"a\":1,\"b\":[2]}", "{ \"b\" : [ 2.0 ], \"a\" : 1 }", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"[1,2]", "[2,1]", false},
        {"[]", "{}", false},
        {"true", "false", false},
        {"null", "null", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (json_is_equal(tree(cases[i].a), tree(cases[i].b)) != cases[i].same)
            test_fail("%s and %s", cases[i].a, cases[i].b);
    }
    assert_true(json_compare(tree("9007199254740993"), tree("9007199254740992")) > 0);
    assert_true(json_compare(tree("1"), tree("1.5")) < 0);
    assert_true(json_compare(tree("1e2"), tree("100")) == 0);
    arena_fini(&arena);
}

const struct CMUnitTest json_get_tests[] = {
    cmocka_unit_test(gives_members_or_the_fallback),
    cmocka_unit_test(integers_are_exact),
    cmocka_unit_test(reals_do_not_depend_on_the_locale),
    cmocka_unit_test(equality_is_of_values),
};
const size_t json_get_tests_n = sizeof(json_get_tests) / sizeof(json_get_tests[0]);
