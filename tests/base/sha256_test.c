/* sha256_test.c - the digest: published values, going on from a copied state, hexadecimal. */
#include "test.h"

#include "base/sha256.h"

static void gives_the_published_values(void **state)
{
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    digest_hex(sha256_of(S("")), hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_hex(sha256_of(S("abc")), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void goes_on_from_a_copy(void **state)
{
    struct sha256 s, copy;

    (void)state;
    sha256_init(&s);
    sha256_add(&s, S("a"));
    copy = s;
    assert_true(digest_eq(sha256_done(&s), sha256_of(S("a"))));
    sha256_add(&s, S("bc"));
    sha256_add(&s, (str){NULL, 0});
    assert_true(digest_eq(sha256_done(&s), sha256_of(S("abc"))));
    assert_true(digest_eq(sha256_done(&s), sha256_of(S("abc"))));
    sha256_add(&copy, S("x"));
    assert_true(digest_eq(sha256_done(&copy), sha256_of(S("ax"))));
}

static void numbers_are_little_endian(void **state)
{
    struct sha256 s;

    (void)state;
    sha256_init(&s);
    sha256_add_u64(&s, UINT64_C(0x0102030405060708));
    assert_true(digest_eq(sha256_done(&s), sha256_of(S("\x08\x07\x06\x05\x04\x03\x02\x01"))));
}

static void hexadecimal_comes_back(void **state)
{
    char hex[DIGEST_HEX_SIZE];
    struct digest d = sha256_of(S("x")), back;

    (void)state;
    digest_hex(d, hex);
    assert_true(digest_parse(str_of(hex), &back) && digest_eq(d, back));
    assert_false(digest_parse(str_take(str_of(hex), 63), &back));
    hex[7] = 'g';
    assert_false(digest_parse(str_of(hex), &back));
}

const struct CMUnitTest sha256_tests[] = {
    cmocka_unit_test(gives_the_published_values),
    cmocka_unit_test(goes_on_from_a_copy),
    cmocka_unit_test(numbers_are_little_endian),
    cmocka_unit_test(hexadecimal_comes_back),
};
const size_t sha256_tests_n = sizeof(sha256_tests) / sizeof(sha256_tests[0]);
