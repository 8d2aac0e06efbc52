/* field_test.c - tables of fields: what is decoded, the wording of faults, the schema's bytes. */
#include "test.h"

#include "base/field.h"
#include "base/schema.h"

struct edit {
    str old_string, new_string;
    bool replace_all;
};

struct args {
    str file_path;
    int64_t offset, limit;
    double factor;
    bool verbose, number_lines;
    str output_mode;
    struct field_list edits, names;
    const struct json *extra;
};

static const struct field edit_fields[] = {
    FIELD(struct edit, old_string, FIELD_STR, REQUIRED, "What to replace."),
    FIELD(struct edit, new_string, FIELD_STR, REQUIRED, "By what."),
    FIELD(struct edit, replace_all, FIELD_BOOL, OPTIONAL, "Every one."),
    {0},
};

static const struct field fields[] = {
    FIELD(struct args, file_path, FIELD_STR, REQUIRED, "Absolute path of the file."),
    FIELD(struct args, offset, FIELD_INT, OPTIONAL, "First line, from 1.", .min = 1,
          .max = INT64_MAX, .fallback = 1),
    FIELD(struct args, limit, FIELD_INT, OPTIONAL, "Lines.", .min = 1, .max = 2000),
    FIELD(struct args, factor, FIELD_REAL, OPTIONAL, NULL),
    FIELD_NAMED(struct args, verbose, "-v", FIELD_BOOL, OPTIONAL, "More."),
    FIELD(struct args, number_lines, FIELD_BOOL, OPTIONAL, "With numbers.", .fallback = true),
    FIELD(struct args, output_mode, FIELD_ENUM, OPTIONAL, "What.", .choices = "content|count"),
    FIELD(struct args, edits, FIELD_LIST, OPTIONAL, "Edits.", .sub = edit_fields,
          .sub_size = sizeof(struct edit), .min = 1),
    FIELD(struct args, names, FIELD_LIST, OPTIONAL, "Names.", .max = 3),
    FIELD(struct args, extra, FIELD_JSON, OPTIONAL, "Anything."),
    {0},
};

static struct arena arena;

static rein_status decode(const char *text, struct args *args, struct buf *faults,
                          struct error *err)
{
    struct json *tree;

    assert_ok(json_parse(str_of(text), JSON_DEPTH, &arena, &tree, err), *err);
    memset(args, 0xEE, sizeof(*args));
    return field_decode(fields, tree, args, sizeof(*args), &arena, faults, err);
}

static void decodes_every_type(void **state)
{
    struct args args;
    struct error err = {0};

    (void)state;
    assert_ok(decode("{\"file_path\":\"/a\\tb\",\"offset\":1e1,\"factor\":2,\"-v\":true,"
                     "\"number_lines\":false,\"output_mode\":\"count\","
                     "\"edits\":[{\"old_string\":\"x\",\"new_string\":\"y\",\"replace_all\":true},"
                     "{\"new_string\":\"q\",\"old_string\":\"p\"}],"
                     "\"names\":[\"m\",\"n\"],\"extra\":null}",
                     &args, NULL, &err),
              err);
    assert_true(str_eq(args.file_path, S("/a\tb")));
    assert_int_equal(args.offset, 10);
    assert_int_equal(args.limit, 0);
    assert_true(args.factor == 2 && args.verbose && !args.number_lines);
    assert_true(str_eq(args.output_mode, S("count")));
    const struct edit *edits = args.edits.items;
    assert_int_equal(args.edits.n, 2);
    assert_true(edits[0].replace_all && !edits[1].replace_all);
    assert_true(str_eq(edits[0].new_string, S("y")) && str_eq(edits[1].old_string, S("p")));
    const str *names = args.names.items;
    assert_true(args.names.n == 2 && str_eq(names[1], S("n")));
    assert_int_equal(args.extra->kind, JSON_NULL);
    arena_fini(&arena);
}

static void absent_ones_are_zero_or_the_fallback(void **state)
{
    struct args args;
    struct error err = {0};

    (void)state;
    assert_ok(decode("{\"file_path\":\"\",\"limit\":null,\"-v\":null}", &args, NULL, &err), err);
    assert_true(args.file_path.p && args.file_path.n == 0);
    assert_true(args.offset == 1 && args.limit == 0 && !args.verbose && args.number_lines);
    assert_true(!args.output_mode.p && !args.edits.items && !args.extra);
    arena_fini(&arena);
}

static void faults_name_the_path(void **state)
{
    static const struct {
        const char *text, *faults;
    } cases[] = {
        {"{}", "file_path: required but missing\n"},
        {"[]", "the input: expected object, got array\n"},
        {"{\"file_path\":null}", "file_path: expected string, got null\n"},
        {"{\"file_path\":\"x\",\"offset\":0}", "offset: expected at least 1, got 0\n"},
        {"{\"file_path\":\"x\",\"limit\":2001}", "limit: expected at most 2000, got 2001\n"},
        {"{\"file_path\":\"x\",\"limit\":1.5}", "limit: expected integer, got 1.5\n"},
        {"{\"file_path\":\"x\",\"limit\":\"7\"}", "limit: expected integer, got string\n"},
        {"{\"file_path\":\"x\",\"factor\":true}", "factor: expected number, got true\n"},
        {"{\"file_path\":\"x\",\"-v\":1}", "-v: expected boolean, got number\n"},
        {"{\"file_path\":\"x\",\"output_mode\":\"con\"}",
         "output_mode: expected one of content|count\n"},
        {"{\"file_path\":\"x\",\"output_mode\":3}", "output_mode: expected string, got number\n"},
        {"{\"file_path\":\"x\",\"names\":\"a\"}", "names: expected array, got string\n"},
        {"{\"file_path\":\"x\",\"names\":[\"a\",2]}", "names[1]: expected string, got number\n"},
        {"{\"file_path\":\"x\",\"names\":[\"\",\"\",\"\",\"\"]}",
         "names: expected at most 3 items, got 4\n"},
        {"{\"file_path\":\"x\",\"edits\":[]}", "edits: expected at least 1 items, got 0\n"},
        {"{\"file_path\":\"x\",\"edits\":[{\"old_string\":\"\",\"new_string\":\"\"},"
         "{\"old_string\":7,\"wrong\":1}]}",
         "edits[1].old_string: expected string, got number\n"
         "edits[1].new_string: required but missing\nedits[1].wrong: unknown parameter\n"},
        {"{\"file_path\":\"x\",\"\":1}", "the input: unknown parameter\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct args args;
        struct error err = {0};
        struct buf faults;

        buf_init(&faults, 1 << 16);
        assert_int_equal(decode(cases[i].text, &args, &faults, &err), REIN_INVALID);
        assert_string_equal(buf_str(&faults).p, cases[i].faults);
        str first = buf_str(&faults);
        assert_true(str_eq(str_cut(&first, '\n'), str_of(err.text)));
        assert_int_equal(err.status, REIN_INVALID);
        buf_fini(&faults);
    }
    arena_fini(&arena);
}

static void strangers_cannot_make_the_list_long(void **state)
{
    struct args args;
    struct error err = {0};
    struct buf text, faults;
    size_t lines = 0;

    (void)state;
    buf_init(&text, BUF_NO_MAX);
    buf_init(&faults, BUF_NO_MAX);
    buf_add(&text, S("{\"file_path\":\"x\""));
    for (int i = 0; i < 500; i++)
        buf_printf(&text, ",\"%0300d\":1", i);
    buf_byte(&text, '}');
    assert_int_equal(decode(text.p, &args, &faults, &err), REIN_INVALID);
    for (str rest = buf_str(&faults); rest.n; lines++)
        str_cut(&rest, '\n');
    assert_int_equal(lines, 20);
    assert_true(faults.n < 20 * 100);
    buf_fini(&text);
    buf_fini(&faults);
    arena_fini(&arena);
}

static const char expected_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"file_path\":{\"type\":\"string\",\"description\":\"Absolute path of the file.\"},"
    "\"offset\":{\"type\":\"integer\",\"minimum\":1,\"default\":1,"
    "\"description\":\"First line, from 1.\"},"
    "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":2000,\"description\":\"Lines.\"},"
    "\"factor\":{\"type\":\"number\"},"
    "\"-v\":{\"type\":\"boolean\",\"description\":\"More.\"},"
    "\"number_lines\":{\"type\":\"boolean\",\"default\":true,\"description\":\"With numbers.\"},"
    "\"output_mode\":{\"type\":\"string\",\"enum\":[\"content\",\"count\"],"
    "\"description\":\"What.\"},"
    "\"edits\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"old_string\":{\"type\":\"string\",\"description\":\"What to replace.\"},"
    "\"new_string\":{\"type\":\"string\",\"description\":\"By what.\"},"
    "\"replace_all\":{\"type\":\"boolean\",\"description\":\"Every one.\"}},"
    "\"required\":[\"old_string\",\"new_string\"],\"additionalProperties\":false},"
    "\"minItems\":1,\"description\":\"Edits.\"},"
    "\"names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":3,"
    "\"description\":\"Names.\"},"
    "\"extra\":{\"description\":\"Anything.\"}},"
    "\"required\":[\"file_path\"],\"additionalProperties\":false}";

static void the_schema_says_the_same(void **state)
{
    static const char *const inputs[] = {
        "{\"file_path\":\"x\"}",
        "{\"file_path\":\"x\",\"edits\":[{\"old_string\":\"a\",\"new_string\":\"b\"}]}",
        "{\"file_path\":1}",
        "{\"file_path\":\"x\",\"limit\":0}",
        "{\"file_path\":\"x\",\"edits\":[{}]}",
        "{\"file_path\":\"x\",\"other\":1}",
    };
    struct json_writer w;
    struct error err = {0};
    struct json *schema, *input;
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    field_schema(fields, &w);
    assert_string_equal(out.p, expected_schema);
    assert_ok(json_parse(buf_str(&out), JSON_DEPTH, &arena, &schema, &err), err);
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct args args;

        assert_ok(json_parse(str_of(inputs[i]), JSON_DEPTH, &arena, &input, &err), err);
        assert_int_equal(schema_check(schema, input, NULL),
                         field_decode(fields, input, &args, sizeof(args), &arena, NULL, NULL) ==
                             REIN_OK);
    }
    buf_fini(&out);
    arena_fini(&arena);
}

const struct CMUnitTest field_tests[] = {
    cmocka_unit_test(decodes_every_type),
    cmocka_unit_test(absent_ones_are_zero_or_the_fallback),
    cmocka_unit_test(faults_name_the_path),
    cmocka_unit_test(strangers_cannot_make_the_list_long),
    cmocka_unit_test(the_schema_says_the_same),
};
const size_t field_tests_n = sizeof(field_tests) / sizeof(field_tests[0]);
