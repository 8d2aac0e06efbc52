/*
 * json_read_test.c - the reader: what it takes, what it refuses and where, and that every byte of
 * the source can be had back. The cases follow the kinds of malformed text that JSONTestSuite has.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;

static rein_status parse(str text, struct json **out, struct error *err)
{
    return json_parse(text, JSON_DEPTH, &arena, out, err);
}

/* Each text stands in memory of its own size, so that a byte read too far is seen. */
static rein_status parse_exact(str text, struct error *err)
{
    char *copy = malloc(text.n ? text.n : 1);
    struct json *out;

    if (text.n)
        memcpy(copy, text.p, text.n);
    rein_status status = parse((str){copy, text.n}, &out, err);

    free(copy);
    arena_reset(&arena);
    return status;
}

static void takes_what_is_valid(void **state)
{
    static const str cases[] = {
        S_INIT("null"),
        S_INIT(" \t\r\n true \n"),
        S_INIT("[]"),
        S_INIT("{}"),
        S_INIT("[ ]"),
        S_INIT("{ }"),
        S_INIT("[[],[[]],{}]"),
        S_INIT(
            "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
            "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
            "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"), /* wide is not deep */
        S_INIT("{\"a\":{\"b\":[{\"c\":null}]}}"),
        S_INIT("\"\""),
        S_INIT("[\"a\",1,-0,0.5,1e5,1E+5,1e-5,-1.25e+10,true,false,null]"),
        S_INIT("{\"\":0}"),
        S_INIT("{\"a\":1,\"a\":2}"),
        S_INIT("\"\\u0000\\b\\f\\n\\r\\t\\\\\\/\\\"\""),
        S_INIT("\"\\uD834\\uDd1e\""),
        S_INIT("\"\\uFFFF\\uDBFF\\uDFFF\""),
        S_INIT("\"\x7F\""),
        S_INIT("\"\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF\""),
        S_INIT("\"\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF\""),
        S_INIT("\"\xE2\x80\xA8\xE2\x80\xA9\""),
        S_INIT("123456789012345678901234567890.000000000000000000001e-99999999999"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};

        if (parse_exact(cases[i], &err) != REIN_OK)
            test_fail("%.*s: %s", FS(cases[i]), err.text);
    }
}

/* A text and where its fault is. */
struct refused {
    str text;
    int line, column;
};

static const struct refused structure_cases[] = {
    {S_INIT(""), 1, 1},
    {S_INIT(" \n "), 2, 2},
    {S_INIT("["), 1, 2},
    {S_INIT("[1"), 1, 3},
    {S_INIT("[1,"), 1, 4},
    {S_INIT("[1,]"), 1, 4},
    {S_INIT("[,1]"), 1, 2},
    {S_INIT("[,]"), 1, 2},
    {S_INIT("[1,,2]"), 1, 4},
    {S_INIT("[1 2]"), 1, 4},
    {S_INIT("[1:2]"), 1, 3},
    {S_INIT("[1}"), 1, 3},
    {S_INIT("[1]]"), 1, 4},
    {S_INIT("]"), 1, 1},
    {S_INIT("[\n1\n,\n"), 4, 1},
    {S_INIT("{"), 1, 2},
    {S_INIT("{]"), 1, 2},
    {S_INIT("{\"a\""), 1, 5},
    {S_INIT("{\"a\":"), 1, 6},
    {S_INIT("{\"a\":}"), 1, 6},
    {S_INIT("{\"a\" 1}"), 1, 6},
    {S_INIT("{\"a\",1}"), 1, 5},
    {S_INIT("{\"a\"}"), 1, 5},
    {S_INIT("{\"a\":1,}"), 1, 8},
    {S_INIT("{,\"a\":1}"), 1, 2},
    {S_INIT("{\"a\":1,,\"b\":2}"), 1, 8},
    {S_INIT("{\"a\":1 \"b\":2}"), 1, 8},
    {S_INIT("{\"a\"::1}"), 1, 6},
    {S_INIT("{a:1}"), 1, 2},
    {S_INIT("{1:1}"), 1, 2},
    {S_INIT("{'a':1}"), 1, 2},
    {S_INIT("{null:1}"), 1, 2},
    {S_INIT("{\"a\":1]"), 1, 7},
    {S_INIT("{\"a\":1}}"), 1, 8},
    {S_INIT("{\"\xC3\xA9\":1}x"), 1, 8}, /* columns are characters */
    {S_INIT("1 2"), 1, 3},
    {S_INIT("null x"), 1, 6},
    {S_INIT("\"a\"\"b\""), 1, 4},
    {S_INIT("{}\0"), 1, 3},
    {S_INIT("[] // comment"), 1, 4},
    {S_INIT("/* comment */ []"), 1, 1},
    {S_INIT("[1,#\n2]"), 1, 4},
    {S_INIT("\xEF\xBB\xBF[]"), 1, 1}, /* byte order mark */
    {S_INIT("\v[]"), 1, 1},
    {S_INIT("\f[]"), 1, 1},
    {S_INIT("\xC2\xA0[]"), 1, 1},
    {S_INIT("[\0]"), 1, 2},
};

static const struct refused scalar_cases[] = {
    {S_INIT("nul"), 1, 1},
    {S_INIT("nulll"), 1, 5},
    {S_INIT("True"), 1, 1},
    {S_INIT("tru"), 1, 1},
    {S_INIT("[fals]"), 1, 2},
    {S_INIT("[true1]"), 1, 6},
    {S_INIT("NaN"), 1, 1},
    {S_INIT("Infinity"), 1, 1},
    {S_INIT("-Infinity"), 1, 2},
    {S_INIT("undefined"), 1, 1},
    {S_INIT("'a'"), 1, 1},
    {S_INIT("+1"), 1, 1},
    {S_INIT("-"), 1, 2},
    {S_INIT("--1"), 1, 2},
    {S_INIT("- 1"), 1, 2},
    {S_INIT(".5"), 1, 1},
    {S_INIT("1."), 1, 3},
    {S_INIT("[1.]"), 1, 4},
    {S_INIT("-.5"), 1, 2},
    {S_INIT("1.e5"), 1, 3},
    {S_INIT("01"), 1, 2},
    {S_INIT("-012"), 1, 3},
    {S_INIT("00"), 1, 2},
    {S_INIT("1e"), 1, 3},
    {S_INIT("1e+"), 1, 4},
    {S_INIT("1e5.5"), 1, 4},
    {S_INIT("1ee5"), 1, 3},
    {S_INIT("0x1"), 1, 2},
    {S_INIT("1_000"), 1, 2},
    {S_INIT("1 000"), 1, 3},
    {S_INIT("1,5"), 1, 2},
    {S_INIT("0e"), 1, 3},
    {S_INIT("\xEF\xBC\x91"), 1, 1}, /* a digit of full width */
};

static const struct refused string_cases[] = {
    {S_INIT("\""), 1, 2},
    {S_INIT("\"abc"), 1, 5},
    {S_INIT("\"a\\"), 1, 4},
    {S_INIT("\"a\\\""), 1, 5},
    {S_INIT("\"a\nb\""), 1, 3},
    {S_INIT("\"a\tb\""), 1, 3},
    {S_INIT("\"a\0b\""), 1, 3},
    {S_INIT("\"12345678\x1F\""), 1, 10},
    {S_INIT("\"\\x41\""), 1, 3},
    {S_INIT("\"\\a\""), 1, 3},
    {S_INIT("\"\\'\""), 1, 3},
    {S_INIT("\"\\0\""), 1, 3},
    {S_INIT("\"\\\0\""), 1, 3},
    {S_INIT("\"\\U0041\""), 1, 3},
    {S_INIT("\"\\u\""), 1, 4},
    {S_INIT("\"\\u12\""), 1, 4},
    {S_INIT("\"\\u12G4\""), 1, 4},
    {S_INIT("\"\\u+123\""), 1, 4},
    {S_INIT("\"\\u 123\""), 1, 4},
    {S_INIT("\"\\u123"), 1, 4},
    {S_INIT("\"\\uD800\""), 1, 8},
    {S_INIT("\"\\uD800"), 1, 8},
    {S_INIT("\"\\uD800\\"), 1, 8},
    {S_INIT("\"\\uD800\\u"), 1, 8},
    {S_INIT("\"\\uD800\\n\""), 1, 8},
    {S_INIT("\"\\uD800x\""), 1, 8},
    {S_INIT("\"\\uD800\\uD800\""), 1, 8},
    {S_INIT("\"\\uD800\\u0041\""), 1, 8},
    {S_INIT("\"\\uD800\\u12\""), 1, 8},
    {S_INIT("\"\\uD800\\uE000\""), 1, 8},
    {S_INIT("\"\\uDC00\""), 1, 3},
    {S_INIT("\"\\uDFFF\\uD800\""), 1, 3},
    {S_INIT("\"\x80\""), 1, 2},
    {S_INIT("\"\xFF\""), 1, 2},
    {S_INIT("\"\xC0\x80\""), 1, 2}, /* overlong */
    {S_INIT("\"\xC1\xBF\""), 1, 2},
    {S_INIT("\"\xE0\x9F\xBF\""), 1, 2},
    {S_INIT("\"\xF0\x8F\xBF\xBF\""), 1, 2},
    {S_INIT("\"\xED\xA0\x80\""), 1, 2},     /* a surrogate */
    {S_INIT("\"\xF4\x90\x80\x80\""), 1, 2}, /* above U+10FFFF */
    {S_INIT("\"\xF5\x80\x80\x80\""), 1, 2},
    {S_INIT("\"\xF8\x88\x80\x80\x80\""), 1, 2},
    {S_INIT("\"\xE2\x82\""), 1, 2}, /* cut short */
    {S_INIT("\"\xE2\x82"), 1, 2},
    {S_INIT("\"\xC3"), 1, 2},
    {S_INIT("\"\xF0\x9F\x98"), 1, 2},
    {S_INIT("\"abcdefgh\xE2(\xA1\""), 1, 10},
    {S_INIT("{\"\xE9\":1}"), 1, 3},
    {S_INIT("{\"a\nb\":1}"), 1, 4},
};

static void refuse(const struct refused *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error err = {0};
        char where[64];

        if (parse_exact(cases[i].text, &err) != REIN_INVALID)
            test_fail("taken: %.*s", FS(cases[i].text));
        snprintf(where, sizeof(where), "JSON line %d, column %d: expected ", cases[i].line,
                 cases[i].column);
        if (strncmp(err.text, where, strlen(where)) != 0)
            test_fail("%.*s: %s", FS(cases[i].text), err.text);
    }
}

static void refuses_broken_structure(void **state)
{
    (void)state;
    refuse(structure_cases, COUNT(structure_cases));
}

static void refuses_broken_scalars(void **state)
{
    (void)state;
    refuse(scalar_cases, COUNT(scalar_cases));
}

static void refuses_broken_strings(void **state)
{
    (void)state;
    refuse(string_cases, COUNT(string_cases));
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"[1 2]", "JSON line 1, column 4: expected ',' or ']', got '2'"},
        {"{\"a\":1\n\"b\"}", "JSON line 2, column 1: expected ',' or '}', got '\"'"},
        {"{\"a\"", "JSON line 1, column 5: expected ':' after a key, got the end of the text"},
        {"\"a\nb\"", "JSON line 1, column 3: expected control characters in a string to be "
                     "escaped, got byte 0x0a"},
        {"01", "JSON line 1, column 2: expected no digit after a leading 0, got '1'"},
        {"[] x", "JSON line 1, column 4: expected nothing after the value, got 'x'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};

        parse_exact(str_of(cases[i].text), &err);
        assert_string_equal(err.text, cases[i].fault);
    }
    assert_int_equal(parse_exact(S("["), NULL), REIN_INVALID);
}

/* A million levels end at the limit, not on the stack; and with the limit out of the way they are
 * read, since the reader has no recursion. */
static void levels_are_limited(void **state)
{
    enum { LEVELS = 1000000 };
    char *text = malloc(2 * LEVELS);
    struct error err = {0};
    struct json *out;

    (void)state;
    memset(text, '[', LEVELS);
    memset(text + LEVELS, ']', LEVELS);
    assert_int_equal(parse((str){text, 2 * LEVELS}, &out, &err), REIN_LIMIT);
    assert_string_equal(err.text,
                        "JSON line 1, column 65: expected fewer levels of nesting, got '['");
    str middle = {text + LEVELS - JSON_DEPTH, 2 * JSON_DEPTH};
    assert_ok(parse(middle, &out, &err), err);
    assert_ok(json_parse((str){text, 2 * LEVELS}, LEVELS, &arena, &out, &err), err);
    assert_int_equal(json_parse(S("[]"), 0, &arena, &out, &err), REIN_LIMIT);
    assert_ok(json_parse(S("1"), 0, &arena, &out, &err), err);
    arena_fini(&arena);
    free(text);
}

static void every_node_knows_its_source(void **state)
{
    str text = S(" { \"a\\u00e9\\/\" : [ 1.0 , -0 ,\"x\\n\" , { } ] , \"b\":true,\"b\" : null } ");
    static const char *const sources[] = {"1.0", "-0", "\"x\\n\"", "{ }"};
    struct error err = {0};
    struct json *root;
    size_t i = 0;

    (void)state;
    assert_ok(parse(text, &root, &err), err);
    assert_true(str_eq(root->source, str_trim(text)));
    assert_int_equal(root->count, 3);
    assert_null(root->next);
    const struct json *list = root->first;
    assert_true(str_eq(list->key, S("a\xC3\xA9/")));
    assert_true(str_eq(list->source, S("[ 1.0 , -0 ,\"x\\n\" , { } ]")));
    assert_int_equal(list->count, 4);
    json_each (item, list)
        assert_true(str_eq(item->source, str_of(sources[i++])));
    assert_int_equal(i, 4);
    assert_true(list->first->next->next->escaped);
    assert_true(str_eq(list->first->next->next->text, S("x\n")));
    assert_int_equal(list->next->kind, JSON_TRUE);
    assert_int_equal(list->next->next->kind, JSON_NULL);
    assert_null(list->next->next->next);
    assert_ptr_equal(json_get(root, "b"), list->next->next); /* the last one wins */
    arena_fini(&arena);
}

/* The rows of the table in our notes on libraries: what others change or lose stays as it is. */
static void changes_no_byte(void **state)
{
    static const char *const cases[] = {
        "[9223372036854775807,18446744073709551615]",
        "[12345678901234567890123]",
        "[0.1,0.30000000000000004]",
        "[1.0,1e5,-0,1E400,-0.0e-0]",
        "{\"z\":1,\"a\":2,\"m\":3}",
        "{\"a\":1,\"a\":2}",
        "{\"a\\u0000b\":1}",
        "[\"\\u00e9\",\"\xC3\xA9\",\"\\/\",\"/\",\"\\u002F\",\"\\ud83d\\ude00\"]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};
        struct json *root;
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        assert_ok(parse(str_of(cases[i]), &root, &err), err);
        json_compact(root, &out);
        assert_string_equal(out.p, cases[i]);
        buf_fini(&out);
    }
    arena_fini(&arena);
}

static void plain_strings_are_not_copied(void **state)
{
    str text = S("[\"plain text that is long enough\",\"with \\n escape\"]");
    struct error err = {0};
    struct json *root;

    (void)state;
    assert_ok(parse(text, &root, &err), err);
    assert_ptr_equal(root->first->text.p, text.p + 2);
    assert_false(root->first->escaped);
    assert_true(root->first->next->escaped);
    arena_fini(&arena);
}

static void decodes_escapes(void **state)
{
    static const struct {
        str text, value;
    } cases[] = {
        {S_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), S_INIT("\"\\/\b\f\n\r\t")},
        {S_INIT("\"a\\u0000b\""), S_INIT("a\0b")},
        {S_INIT("\"\\u007f\\u0080\\u07FF\\u0800\\uffff\""),
         S_INIT("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF")},
        {S_INIT("\"x\\uD800\\uDC00y\\uDBFF\\uDFFF\""),
         S_INIT("x\xF0\x90\x80\x80y\xF4\x8F\xBF\xBF")},
        {S_INIT("\"\\\\u0041\""), S_INIT("\\u0041")},
        {S_INIT("\"\\n\""), S_INIT("\n")},
        {S_INIT("\"long plain text before\\nand after\""),
         S_INIT("long plain text before\nand after")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};
        struct json *root;

        assert_ok(parse(cases[i].text, &root, &err), err);
        if (!str_eq(root->text, cases[i].value))
            test_fail("%.*s", FS(cases[i].text));
    }
    arena_fini(&arena);
}

const struct CMUnitTest json_read_tests[] = {
    cmocka_unit_test(takes_what_is_valid),          cmocka_unit_test(refuses_broken_structure),
    cmocka_unit_test(refuses_broken_scalars),       cmocka_unit_test(refuses_broken_strings),
    cmocka_unit_test(says_what_is_wrong),           cmocka_unit_test(levels_are_limited),
    cmocka_unit_test(every_node_knows_its_source),  cmocka_unit_test(changes_no_byte),
    cmocka_unit_test(plain_strings_are_not_copied), cmocka_unit_test(decodes_escapes),
};
const size_t json_read_tests_n = sizeof(json_read_tests) / sizeof(json_read_tests[0]);
