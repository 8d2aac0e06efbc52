/* json_write_test.c - the writer: commas, escapes, numbers, splices; the compact form. */
#include "test.h"

#include <float.h>
#include <math.h>

#include "base/json.h"
#include "base/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void writes_nested_values(void **state)
{
    struct json_writer w;
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    json_object(&w);
    json_put(&w, "s", S("x"));
    json_put_int(&w, "i", INT64_MIN);
    json_put_bool(&w, "b", false);
    json_key(&w, "list");
    json_array(&w);
    json_array(&w);
    json_array_end(&w);
    json_null(&w);
    json_object(&w);
    json_key_str(&w, S("k\"\0"));
    json_raw(&w, S("[ 1 ]"));
    json_object_end(&w);
    json_number(&w, 0.5);
    json_integer(&w, 0);
    json_array_end(&w);
    json_put_raw(&w, "raw", S("1.0"));
    json_object_end(&w);
    assert_string_equal(out.p, "{\"s\":\"x\",\"i\":-9223372036854775808,\"b\":false,"
                               "\"list\":[[],null,{\"k\\\"\\u0000\":[ 1 ]},0.5,0],\"raw\":1.0}");
    buf_fini(&out);
}

static void nests_to_the_limit(void **state)
{
    struct json_writer w;
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    for (int i = 0; i < JSON_DEPTH - 1; i++)
        json_array(&w);
    json_null(&w);
    json_null(&w);
    for (int i = 0; i < JSON_DEPTH - 1; i++)
        json_array_end(&w);
    assert_int_equal(out.n, 2 * (JSON_DEPTH - 1) + 9);
    buf_fini(&out);
}

static void escapes_what_must_be(void **state)
{
    static const struct {
        str text, expected;
    } cases[] = {
        {S_INIT(""), S_INIT("")},
        {S_INIT("a/b<>&'"), S_INIT("a/b<>&'")},
        {S_INIT("\"\\\b\f\n\r\t"), S_INIT("\\\"\\\\\\b\\f\\n\\r\\t")},
        {S_INIT("\0\x01\x1F\x7F"), S_INIT("\\u0000\\u0001\\u001f\x7F")},
        {S_INIT("12345678\n12345678"), S_INIT("12345678\\n12345678")},
        {S_INIT("\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80"),
         S_INIT("\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80")},
        {S_INIT("a\xFFz"), S_INIT("a\xEF\xBF\xBDz")},
        {S_INIT("\xE2\x82"), S_INIT("\xEF\xBF\xBD\xEF\xBF\xBD")},
        {S_INIT("\xED\xA0\x80"), S_INIT("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        json_escape(&out, cases[i].text);
        if (!str_eq(buf_str(&out), cases[i].expected))
            test_fail("%zu: %.*s", i, FS(buf_str(&out)));
        buf_fini(&out);
    }
}

/* Every byte at every place within two words: what goes out is valid and reads back. */
static void any_byte_anywhere_reads_back(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 17; at++) {
            struct error err = {0};
            struct json_writer w;
            struct json *node;
            struct buf out, clean;
            char text[17];

            memset(text, 'x', sizeof(text));
            text[at] = (char)byte;
            buf_init(&out, BUF_NO_MAX);
            buf_init(&clean, BUF_NO_MAX);
            json_begin(&w, &out);
            json_string(&w, (str){text, sizeof(text)});
            assert_ok(json_parse(buf_str(&out), 0, &a, &node, &err), err);
            utf8_clean(&clean, (str){text, sizeof(text)});
            assert_true(byte == 0 || str_eq(node->text, buf_str(&clean)));
            assert_int_equal(node->escaped, byte < 0x20 || byte == '"' || byte == '\\');
            buf_fini(&out);
            buf_fini(&clean);
        }
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void write_number(struct buf *out, double n)
{
    struct json_writer w;

    buf_clear(out);
    json_begin(&w, out);
    json_number(&w, n);
}

static void numbers_are_short(void **state)
{
    static const struct {
        double n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {100, "100"},
        {123456789, "123456789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e21"},
        {1.5e300, "1.5e300"},
        {1e-6, "0.000001"},
        {1e-7, "1e-7"},
        {1.25e-9, "1.25e-9"},
        {9007199254740993.0, "9007199254740992"},
        {DBL_MAX, "1.7976931348623157e308"},
        {4.9e-324, "4.94065645841247e-324"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_number(&out, cases[i].n);
        assert_string_equal(out.p, cases[i].text);
    }
    buf_fini(&out);
}

static void numbers_read_back_the_same(void **state)
{
    uint64_t random = 88172645463325252;
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    for (int i = 0; i < 20000; i++) {
        struct json node = {.kind = JSON_NUMBER};
        double n;

        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        memcpy(&n, &random, sizeof(n));
        if (i % 2)
            n = (double)(int64_t)random / 1000.0;
        if (!isfinite(n))
            continue;
        write_number(&out, n);
        node.text = buf_str(&out);
        if (json_to_real(&node) != n)
            test_fail("%a: %s", n, out.p);
    }
    buf_fini(&out);
}

static void compact_takes_only_space_away(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {" 1 ", "1"},
        {"\t[ 1 ,\r\n 2 ] ", "[1,2]"},
        {"{ \"a b\" : \" c \\\" d \" }", "{\"a b\":\" c \\\" d \"}"},
        {"[\"\\\\\" , \" \"]", "[\"\\\\\",\" \"]"},
        {"[ \"\xC3\xA9 \xE2\x82\xAC\" , 1.0 ]", "[\"\xC3\xA9 \xE2\x82\xAC\",1.0]"},
        {"{}", "{}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        json_compact_text(str_of(cases[i].text), &out);
        assert_string_equal(out.p, cases[i].expected);
        buf_fini(&out);
    }
}

static void a_full_buffer_is_told(void **state)
{
    struct json_writer w;
    struct buf out;

    (void)state;
    buf_init(&out, 8);
    json_begin(&w, &out);
    json_object(&w);
    json_put(&w, "key", S("a long value"));
    json_object_end(&w);
    assert_false(buf_ok(&out));
    buf_fini(&out);
}

const struct CMUnitTest json_write_tests[] = {
    cmocka_unit_test(writes_nested_values),
    cmocka_unit_test(nests_to_the_limit),
    cmocka_unit_test(escapes_what_must_be),
    cmocka_unit_test(any_byte_anywhere_reads_back),
    cmocka_unit_test(numbers_are_short),
    cmocka_unit_test(numbers_read_back_the_same),
    cmocka_unit_test(compact_takes_only_space_away),
    cmocka_unit_test(a_full_buffer_is_told),
};
const size_t json_write_tests_n = sizeof(json_write_tests) / sizeof(json_write_tests[0]);
