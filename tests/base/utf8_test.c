/* utf8_test.c - characters: what is valid, cutting, widths. */
#include "test.h"

#include <stdlib.h>

#include "base/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All four-byte texts over a choice of telling bytes, against the rules written the slow way. */
static size_t slow_length(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80       ? 1
                    : p[0] >> 5 == 6  ? 2
                    : p[0] >> 4 == 14 ? 3
                    : p[0] >> 3 == 30 ? 4
                                      : 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7FU >> length);

    if (length == 0 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 63);
    }
    return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0
                                                                                        : length;
}

static void knows_what_is_valid(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                          0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                          0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF};
    size_t n = COUNT(bytes);

    (void)state;
    for (size_t i = 0; i < n * n * n * n; i++) {
        unsigned char p[4] = {bytes[i % n], bytes[i / n % n], bytes[i / n / n % n],
                              bytes[i / n / n / n]};

        for (size_t size = 1; size <= 4; size++)
            assert_int_equal(utf8_length((const char *)p, size), slow_length(p, size));
    }
    assert_int_equal(utf8_length("", 0), 0);
}

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110100; code++) {
        bool is_character = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
        char text[4];
        size_t at = 0, n = utf8_encode(text, code);

        assert_int_equal(utf8_next((str){text, n}, &at), is_character ? code : 0xFFFD);
        assert_int_equal(at, n);
    }
}

static void counts_invalid_bytes_one_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(S("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
    assert_int_equal(utf8_count(S("\xE2\x82")), 2);
    assert_int_equal(utf8_count((str){NULL, 0}), 0);
    assert_true(utf8_is_valid(S("a\xC3\xA9\0")));
    assert_false(utf8_is_valid(S("a\xC3")));
}

static void cuts_on_boundaries(void **state)
{
    str s = S("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"); /* 1 2 3 4 1 */
    static const size_t heads[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    static const size_t tails[] = {0, 1, 1, 1, 1, 5, 5, 5, 8, 8, 10, 11, 11};

    (void)state;
    for (size_t n = 0; n < COUNT(heads); n++) {
        assert_int_equal(utf8_head(s, n).n, heads[n]);
        assert_int_equal(utf8_tail(s, n).n, tails[n]);
        assert_ptr_equal(utf8_tail(s, n).p + utf8_tail(s, n).n, s.p + s.n);
    }
    assert_int_equal(utf8_head(S("\x80\x80\x80\x80\x80"), 3).n, 3); /* nothing to keep whole */
    assert_int_equal(utf8_tail(S("\x80\x80\x80\x80\x80"), 3).n, 3);
    assert_int_equal(utf8_head(S("\xC3\xA9\x80"), 2).n, 2);
    assert_int_equal(utf8_head((str){NULL, 0}, 3).n, 0);
    assert_int_equal(utf8_tail((str){NULL, 0}, 3).n, 0);
}

static void cleans(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    utf8_clean(&out, S("a\0b\xFF\xC3\xA9\xE2\x82"));
    assert_string_equal(out.p, "a\xEF\xBF\xBD"
                               "b\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD");
    buf_fini(&out);
}

static void knows_columns(void **state)
{
    static const struct {
        const char *text;
        int columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\t\n\x1B", 0},
        {"\xC3\xA9", 1},                             /* e acute */
        {"e\xCC\x81", 1},                            /* e and a combining acute */
        {"\xE6\xBC\xA2\xE5\xAD\x97", 4},             /* two ideographs */
        {"\xEF\xBC\xA1", 2},                         /* full-width A */
        {"\xED\x95\x9C", 2},                         /* a Hangul syllable */
        {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", 2}, /* the same of three letters */
        {"\xF0\x9F\x98\x80", 2},
        {"\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA", 2}, /* a flag */
        {"\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7", 4},
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", 2}, /* two faces joined */
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"
         "a",
         3},
        {"\xE2\x80\x8B", 0},
        {"a\xFFz", 3},
        {"\xEF\xBF\xBD", 1},
        {"\xE2\x94\x80", 1}, /* a line of a box */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int columns = utf8_width(str_of(cases[i].text));

        if (columns != cases[i].columns)
            test_fail("%s: %d instead of %d", cases[i].text, columns, cases[i].columns);
    }
    for (uint32_t code = 0; code < 0x110010; code++)
        assert_in_range(utf8_columns(code), 0, 2);
}

const struct CMUnitTest utf8_tests[] = {
    cmocka_unit_test(knows_what_is_valid),
    cmocka_unit_test(every_character_comes_back),
    cmocka_unit_test(counts_invalid_bytes_one_at_a_time),
    cmocka_unit_test(cuts_on_boundaries),
    cmocka_unit_test(cleans),
    cmocka_unit_test(knows_columns),
};
const size_t utf8_tests_n = sizeof(utf8_tests) / sizeof(utf8_tests[0]);
