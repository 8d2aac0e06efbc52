/* base64_test.c - RFC 4648: its examples, the way back, and what is no base64. */
#include "test.h"

#include "base/text.h"

static void encodes_as_the_standard_says(void **state)
{
    static const struct {
        str bytes;
        const char *text;
    } cases[] = {
        {S_INIT(""), ""},
        {S_INIT("f"), "Zg=="},
        {S_INIT("fo"), "Zm8="},
        {S_INIT("foo"), "Zm9v"},
        {S_INIT("foob"), "Zm9vYg=="},
        {S_INIT("fooba"), "Zm9vYmE="},
        {S_INIT("foobar"), "Zm9vYmFy"},
        {S_INIT("\xFB\xFF\xFE\0"), "+//+AA=="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, 100);
        base64_encode(&out, cases[i].bytes);
        assert_string_equal(buf_str(&out).p, cases[i].text);
        buf_clear(&out);
        buf_byte(&out, '!'); /* both append */
        assert_true(base64_decode(&out, str_of(cases[i].text)));
        assert_true(str_eq(str_skip(buf_str(&out), 1), cases[i].bytes));
        buf_fini(&out);
    }
}

static void refuses_what_is_not_valid(void **state)
{
    static const str cases[] = {
        S_INIT("Z"),    S_INIT("Zg"),       S_INIT("Zg="),   S_INIT("Zm9v="),   S_INIT("===="),
        S_INIT("Z==="), S_INIT("Zg==Zg=="), S_INIT("Zm8=x"), S_INIT("Zm9 "),    S_INIT("Zm9\n"),
        S_INIT("Zm9-"), S_INIT("Zm9_"),     S_INIT("Zh=="),  S_INIT("Zm9="),    S_INIT("Zm\0v"),
        S_INIT("=m9v"), S_INIT("Z=9v"),     S_INIT("Zm=v"),  S_INIT("Zm9\xFF"), S_INIT("Zm9vZm9-"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, 100);
        buf_add(&out, S("before"));
        if (base64_decode(&out, cases[i]))
            test_fail("taken: %.*s", FS(cases[i]));
        assert_string_equal(out.p, "before");
        buf_fini(&out);
    }
}

static void respects_the_maximum(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 7);
    base64_encode(&out, S("abcd"));
    assert_true(!buf_ok(&out) && out.n == 0);
    buf_fini(&out);
}

const struct CMUnitTest base64_tests[] = {
    cmocka_unit_test(encodes_as_the_standard_says),
    cmocka_unit_test(refuses_what_is_not_valid),
    cmocka_unit_test(respects_the_maximum),
};
const size_t base64_tests_n = sizeof(base64_tests) / sizeof(base64_tests[0]);
