/* schema_test.c - values against schemas: each keyword both ways, and the wording for a model. */
#include "test.h"

#include "base/schema.h"

static struct arena arena;

static const struct json *tree(const char *text)
{
    struct error err = {0};
    struct json *out;

    assert_ok(json_parse(str_of(text), JSON_DEPTH, &arena, &out, &err), err);
    return out;
}

/* A schema, a value, and the faults; NULL when it fits. */
struct schema_case {
    const char *schema, *value, *faults;
};

static void run(const struct schema_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *schema = tree(cases[i].schema), *value = tree(cases[i].value);
        struct buf faults;

        buf_init(&faults, 1 << 16);
        bool fits = schema_check(schema, value, &faults);

        if (fits != !cases[i].faults ||
            strcmp(buf_str(&faults).p, fits ? "" : cases[i].faults) != 0)
            test_fail("%s with %s: %s", cases[i].schema, cases[i].value, buf_str(&faults).p);
        assert_int_equal(schema_check(schema, value, NULL), fits);
        buf_fini(&faults);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

#define RUN(cases) run(cases, sizeof(cases) / sizeof((cases)[0]))

static void checks_types(void **state)
{
    static const struct schema_case cases[] = {
        {"{}", "1", NULL},
        {"true", "1", NULL},
        {"false", "1", "the input: not allowed here\n"},
        {"{\"type\":\"string\"}", "\"x\"", NULL},
        {"{\"type\":\"string\"}", "7", "the input: expected string, got number 7\n"},
        {"{\"type\":\"boolean\"}", "false", NULL},
        {"{\"type\":\"null\"}", "null", NULL},
        {"{\"type\":\"number\"}", "1.5", NULL},
        {"{\"type\":\"integer\"}", "1.0", NULL},
        {"{\"type\":\"integer\"}", "123456789012345678901234567890", NULL},
        {"{\"type\":\"integer\"}", "1.5", "the input: expected integer, got number 1.5\n"},
        {"{\"type\":\"integer\"}", "\"1\"", "the input: expected integer, got string\n"},
        {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
        {"{\"type\":[\"string\",\"null\"]}", "true",
         "the input: expected string or null, got boolean\n"},
        {"{\"type\":\"array\"}", "\"[1]\"",
         "the input: expected array, got string: give it as JSON itself, it must not be quoted\n"},
        {"{\"type\":[\"object\",\"array\"]}", "\" {}\"",
         "the input: expected object or array, got string: give it as JSON itself, it must not be "
         "quoted\n"},
        {"{\"type\":\"array\"}", "\"{}\"", "the input: expected array, got string\n"},
        {"{\"unheard\":1}", "1", NULL},
    };

    (void)state;
    RUN(cases);
}

static void checks_members(void **state)
{
    static const char read[] =
        "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
        "\"limit\":{\"type\":\"integer\",\"minimum\":1}},"
        "\"required\":[\"path\"],\"additionalProperties\":false}";
    static const char edits[] =
        "{\"properties\":{\"edits\":{\"type\":\"array\",\"items\":{"
        "\"type\":\"object\",\"properties\":{\"old\":{\"type\":\"string\"}},"
        "\"required\":[\"old\"]}}}}";
    static const struct schema_case cases[] = {
        {read, "{\"path\":\"/a\"}", NULL},
        {read, "{}", "`path`: required but missing\n"},
        {read, "{\"paht\":\"/a\"}",
         "`path`: required but missing\n`paht`: unknown parameter (did you mean `path`?)\n"},
        {read, "{\"path\":\"x\",\"zebra\":1}", "`zebra`: unknown parameter\n"},
        {read, "{\"path\":1,\"limit\":0}",
         "`path`: expected string, got number 1\n`limit`: expected at least 1, got 0\n"},
        {read, "[]", "the input: expected object, got array\n"},
        {edits, "{\"edits\":[{\"old\":\"a\"}],\"more\":1}", NULL},
        {edits, "{\"edits\":[{\"old\":\"a\"},{},{\"old\":3}]}",
         "`edits[1].old`: required but missing\n`edits[2].old`: expected string, got number 3\n"},
        {edits, "{\"edits\":\"[{}]\"}",
         "`edits`: expected array, got string: give it as JSON itself, it must not be quoted\n"},
        {"{\"additionalProperties\":{\"type\":\"number\"}}", "{\"a\":1}", NULL},
        {"{\"additionalProperties\":{\"type\":\"number\"}}", "{\"a\":\"1\"}",
         "`a`: expected number, got string\n"},
        {"{\"properties\":{\"a\":false}}", "{\"a\":1}", "`a`: not allowed here\n"},
    };

    (void)state;
    RUN(cases);
}

static void checks_choices_and_ranges(void **state)
{
    static const struct schema_case cases[] = {
        {"{\"enum\":[\"a\",1,{\"b\":[2]}]}", "{\"b\":[2.0]}", NULL},
        {"{\"enum\":[\"a\",1,null]}", "\"b\"",
         "the input: expected one of \"a\", 1, null, got \"b\"\n"},
        {"{\"const\":7}", "7.0", NULL},
        {"{\"const\":7}", "8", "the input: expected 7, got 8\n"},
        {"{\"minimum\":1,\"maximum\":3}", "3", NULL},
        {"{\"minimum\":1,\"maximum\":3}", "3.5", "the input: expected at most 3, got 3.5\n"},
        {"{\"minimum\":9007199254740993}", "9007199254740992",
         "the input: expected at least 9007199254740993, got 9007199254740992\n"},
        {"{\"exclusiveMinimum\":0}", "0", "the input: expected more than 0, got 0\n"},
        {"{\"exclusiveMaximum\":1}", "1", "the input: expected less than 1, got 1\n"},
        {"{\"exclusiveMaximum\":1}", "0.9", NULL},
        {"{\"minLength\":2,\"maxLength\":2}", "\"\xC3\xA9\xE2\x82\xAC\"", NULL},
        {"{\"minLength\":1}", "\"\"", "the input: expected at least 1 characters, got 0\n"},
        {"{\"maxLength\":1}", "\"ab\"", "the input: expected at most 1 characters, got 2\n"},
        {"{\"minItems\":1,\"maxItems\":2}", "[1,2]", NULL},
        {"{\"minItems\":1}", "[]", "the input: expected at least 1 items, got 0\n"},
        {"{\"maxItems\":1}", "[1,2]", "the input: expected at most 1 items, got 2\n"},
        {"{\"maxItems\":0}", "[1]", "the input: expected at most 0 items, got 1\n"},
        {"{\"minimum\":5,\"minLength\":5,\"minItems\":5}", "null", NULL},
    };

    (void)state;
    RUN(cases);
}

static void checks_combinations(void **state)
{
    static const char forms[] = "{\"anyOf\":[{\"type\":\"object\",\"required\":[\"a\"]},"
                                "{\"type\":\"null\"}]}";
    static const struct schema_case cases[] = {
        {forms, "null", NULL},
        {forms, "{\"a\":1}", NULL},
        {forms, "{}", "`a`: required but missing\n"},
        {forms, "5", "the input: expected object or null, got number\n"},
        {"{\"anyOf\":[{\"const\":1},{\"const\":2}]}", "3",
         "the input: fits none of the 2 forms that are allowed\n"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "3", NULL},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "7",
         "the input: fits 2 of the allowed forms, expected exactly one\n"},
        {"{\"allOf\":[{\"type\":\"number\"},{\"maximum\":5}]}", "4", NULL},
        {"{\"allOf\":[{\"type\":\"number\"},{\"maximum\":5}]}", "7",
         "the input: expected at most 5, got 7\n"},
        {"{\"anyOf\":[{\"anyOf\":[{\"type\":\"string\"}]}]}", "\"x\"", NULL},
        {"{\"anyOf\":[]}", "1", NULL},
    };

    (void)state;
    RUN(cases);
}

/* Schemas come from servers: what is no schema does no harm. */
static void bears_broken_schemas(void **state)
{
    static const struct schema_case cases[] = {
        {"{\"type\":7}", "1", NULL},
        {"{\"type\":{}}", "1", NULL},
        {"{\"type\":\"nonsense\"}", "1", "the input: expected nonsense, got number 1\n"},
        {"{\"properties\":[1],\"required\":\"x\",\"items\":3,\"enum\":{},\"anyOf\":{}}",
         "{\"a\":1}", NULL},
        {"{\"required\":[1,null]}", "{}", NULL},
        {"{\"minimum\":\"x\",\"minLength\":-5,\"maxLength\":-1,\"maxItems\":\"3\"}", "\"abc\"",
         NULL},
        {"7", "1", NULL},
        {"{\"allOf\":[1,true,{}]}", "1", NULL},
    };

    (void)state;
    RUN(cases);
}

static void lists_twenty_at_most(void **state)
{
    struct buf text, faults;
    size_t lines = 0;

    (void)state;
    buf_init(&text, BUF_NO_MAX);
    buf_init(&faults, BUF_NO_MAX);
    buf_add(&text, S("[0"));
    for (int i = 0; i < 1000; i++)
        buf_add(&text, S(",0"));
    buf_byte(&text, ']');
    assert_false(schema_check(tree("{\"items\":{\"type\":\"string\"}}"), tree(text.p), &faults));
    for (str rest = buf_str(&faults); rest.n; lines++)
        str_cut(&rest, '\n');
    assert_int_equal(lines, 20);
    buf_fini(&text);
    buf_fini(&faults);
    arena_fini(&arena);
}

const struct CMUnitTest schema_tests[] = {
    cmocka_unit_test(checks_types),
    cmocka_unit_test(checks_members),
    cmocka_unit_test(checks_choices_and_ranges),
    cmocka_unit_test(checks_combinations),
    cmocka_unit_test(bears_broken_schemas),
    cmocka_unit_test(lists_twenty_at_most),
};
const size_t schema_tests_n = sizeof(schema_tests) / sizeof(schema_tests[0]);
