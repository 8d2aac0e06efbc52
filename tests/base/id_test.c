/* id_test.c - identities: the bits of UUIDv7, both texts, what is refused. */
#include "test.h"

#include "base/id.h"

static void has_the_bits_of_version_7(void **state)
{
    static const unsigned char random[10] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                             0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    char text[ID_UUID_SIZE];

    (void)state;
    id_uuid(id_make(0x017F22E279B0, random), text); /* the time of RFC 9562's example */
    assert_string_equal(text, "017f22e2-79b0-7fff-bfff-ffffffffffff");
    id_uuid(id_make(0, (const unsigned char[10]){0}), text);
    assert_string_equal(text, "00000000-0000-7000-8000-000000000000");
}

static void later_is_greater(void **state)
{
    static const unsigned char high[10] = {0xFF, 0xFF}, low[10] = {0};
    char a[ID_PREFIX_SIZE], b[ID_PREFIX_SIZE];

    (void)state;
    for (int64_t at = 1; at < INT64_C(1) << 47; at *= 3) {
        struct id first = id_make(at, high), second = id_make(at + 1, low);

        assert_true(memcmp(first.b, second.b, 16) < 0);
        id_prefixed(first, "sevt_", a);
        id_prefixed(second, "sevt_", b);
        assert_true(strcmp(a, b) < 0); /* base58's digits are in the order of ASCII */
    }
}

static void both_texts_come_back(void **state)
{
    struct id id = {{0}}, back;
    char text[ID_PREFIX_SIZE], uuid[ID_UUID_SIZE];
    uint32_t random = 12345;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        id_prefixed(id, round % 2 ? "sesn_" : "sthr_", text);
        assert_int_equal(strlen(text), 5 + 22);
        assert_true(id_parse(str_of(text), &back) && id_eq(id, back));
        id_uuid(id, uuid);
        assert_true(id_parse(str_of(uuid), &back) && id_eq(id, back));
        for (int i = 0; i < 16; i++) {
            random = random * 1664525 + 1013904223;
            id.b[i] = round == 0 ? 0xFF : (unsigned char)(random >> 24);
        }
    }
    assert_true(id_is_zero((struct id){{0}}) && !id_is_zero(id));
}

static void reads_either_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"017F22E2-79B0-7cc3-98c4-dc0c0c07398f", true},
        {"sesn_1111111111111111111111", true},
        {"x_1111111111111111111112", true},
        {"sesn_YcVfxkQb6JRzqk5kF2tNLv", true}, /* 2 to the 128th less one */
        {"sesn_YcVfxkQb6JRzqk5kF2tNLw", false},
        {"sesn_zzzzzzzzzzzzzzzzzzzzzz", false},
        {"sesn_111111111111111111111", false},
        {"sesn_11111111111111111111111", false},
        {"sesn_111111111111111111111O", false},
        {"_1111111111111111111111", false},
        {"se5n_1111111111111111111111", false},
        {"1111111111111111111111", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
        {"017f22e2-79b0-7cc3-98c4_dc0c0c07398f", false},
        {"017f22e2-79b0-7cc3-98c40dc0c0c07398f", false},
        {"017f22e2-79b0-7cc3-98c4-dc0c0c0739-f", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct id id;

        if (id_parse(str_of(cases[i].text), &id) != cases[i].ok)
            test_fail("%s", cases[i].text);
    }
}

const struct CMUnitTest id_tests[] = {
    cmocka_unit_test(has_the_bits_of_version_7),
    cmocka_unit_test(later_is_greater),
    cmocka_unit_test(both_texts_come_back),
    cmocka_unit_test(reads_either_and_nothing_else),
};
const size_t id_tests_n = sizeof(id_tests) / sizeof(id_tests[0]);
