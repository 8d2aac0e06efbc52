/* draw_test.c - single things as lines. */
#include "test.h"

#include "tui/draw.h"

static const struct theme plain = {.colour = false};

static const struct {
    const char *what;
    const char *name, *subject; /* NULL: a call that is not known */
    bool changes;
    const char *result, *out;
} results[] = {
    {"a read is one line", "Read", "src/a.c", false,
     "{\"content\":[{\"type\":\"text\",\"text\":\"1\\n2\\n3\"}],\"outcome\":\"ok\"}",
     "● Read src/a.c … 3 lines\n"},
    {"one line", "Read", "a", false, "{\"content\":\"x\\n\",\"outcome\":\"ok\"}",
     "● Read a … 1 line\n"},
    {"a command shows what it wrote", "Bash", "make", true,
     "{\"content\":\"a\\nb\\n\",\"outcome\":\"ok\"}", "● Bash make … 2 lines\n    a\n    b\n"},
    {"much is folded, more of its end is shown", "Bash", "make", true,
     "{\"content\":\"1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\",\"outcome\":\"ok\"}",
     "● Bash make … 9 lines\n    1\n    2\n    … 3 lines\n    6\n    7\n    8\n    9\n"},
    {"a failure shows even a read's text", "Read", "a", false,
     "{\"content\":\"no such file\",\"is_error\":true,\"outcome\":\"error\"}",
     "● Read a … failed\n    no such file\n"},
    {"an outcome in words", "Bash", "x", true,
     "{\"content\":\"\",\"is_error\":true,\"outcome\":\"not_executed\"}",
     "● Bash x … not executed\n"},
    {"a difference", "Edit", "a.c", true,
     "{\"content\":\"ok\",\"outcome\":\"ok\",\"diff\":\"@@ -1 +1,2 @@\\n-a\\n+b\\n+c\\n\"}",
     "● Edit a.c … +2 -1\n    @@ -1 +1,2 @@\n    -a\n    +b\n    +c\n"},
    {"things to do", "TodoWrite", "", true,
     "{\"content\":\"ok\",\"outcome\":\"ok\",\"facts\":{\"todos\":[{\"content\":\"a\",\"status\":"
     "\"completed\"},{\"content\":\"b\",\"status\":\"in_progress\"},{\"content\":\"c\",\"status\":"
     "\"pending\"}]}}",
     "● TodoWrite … 1 of 3 done\n    ☑ a\n    ▸ b\n    ☐ c\n"},
    {"a call that nobody heard of", NULL, NULL, false, "{\"name\":\"Grep\",\"content\":\"\"}",
     "● Grep … 0 lines\n"},
    {"only the first line of a subject, and safe", "Bash", "a\x1b[2J\nb", true,
     "{\"content\":\"\x1b]0;t\\u0007x\",\"outcome\":\"ok\"}", NULL},
};

static void results_are_folded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct arena a;
        struct json *body;
        struct buf out;
        struct call_shown call = {(char *)results[i].name, (char *)results[i].subject, NULL,
                                  results[i].changes, true};

        arena_init(&a);
        buf_init(&out, BUF_NO_MAX);
        if (json_parse(str_of(results[i].result), JSON_DEPTH, &a, &body, NULL) == REIN_OK) {
            draw_result(&plain, 80, results[i].name ? &call : NULL, body, &out);
            if (results[i].out && strcmp(out.p, results[i].out) != 0)
                test_fail("%s: got\n%s, wanted\n%s", results[i].what, out.p, results[i].out);
            assert_null(memchr(out.p, '\x1b', out.n));
        } else {
            assert_null(results[i].out); /* a raw control character: no JSON, nothing to draw */
        }
        buf_fini(&out);
        arena_fini(&a);
    }
}

static void long_subjects_are_cut_to_the_line(void **state)
{
    char subject[300];
    struct call_shown call = {(char *)"Bash", subject, NULL, true, true};
    struct arena a;
    struct json *body;
    struct buf out;

    (void)state;
    memset(subject, 'x', sizeof subject - 1);
    subject[sizeof subject - 1] = 0;
    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    json_parse(S("{\"content\":\"\",\"outcome\":\"ok\"}"), JSON_DEPTH, &a, &body, NULL);
    draw_result(&plain, 60, &call, body, &out);
    assert_true(theme_width(str_take(buf_str(&out), out.n - 1)) <= 60);
    assert_non_null(strstr(out.p, "x … … 0 lines\n"));
    buf_fini(&out);
    arena_fini(&a);
}

static void a_long_difference_is_folded(void **state)
{
    struct buf hunks, out;

    (void)state;
    buf_init(&hunks, BUF_NO_MAX);
    buf_init(&out, BUF_NO_MAX);
    for (int i = 0; i < 100; i++)
        buf_printf(&hunks, "+%d\n", i);
    draw_diff(&plain, buf_str(&hunks), 80, &out);
    assert_non_null(strstr(out.p, "    +59\n    … 40 lines more\n"));
    buf_fini(&hunks);
    buf_fini(&out);
}

#define BECAUSE "  because: it runs a command\n  [y]es  [n]o, or what to do instead"

static void S100_a_question_hides_nothing(void **state)
{
    static const struct {
        const char *subject, *change, *always;
        const char *out;
    } rows[] = {
        {"make test", "", "Bash(make test)",
         "? May it use Bash\n  │ make test\n" BECAUSE
         "  [a]lways in this session: Bash(make test)\n"},
        {"a\nb", "", "", "? May it use Bash\n  │ a\n  │ b\n" BECAUSE "\n"},
        {"true                    ; rm -rf x", "", "",
         "? May it use Bash\n  │ true[20 blanks]; rm -rf x\n" BECAUSE "\n"},
        {"a\tb\x1b[8mc\xe2\x80\xae", "", "",
         "? May it use Bash\n  │ a\\tbc\\u{202E}\n" BECAUSE "\n"},
        {"a\n\n\n\n\n\n\n\n\n\nb", "", "",
         "? May it use Bash\n  │ a[10 line ends]\n  │ b\n" BECAUSE "\n"},
        {"a.c", " x\n-\ty\n+z\x1b[8m         z\n", "",
         "? May it use Bash\n  │ a.c\n  │  x\n  │ -\\ty\n  │ +z[9 blanks]z\n" BECAUSE "\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct question q = {.id = (char *)"i",
                             .name = (char *)"Bash",
                             .subject = (char *)rows[i].subject,
                             .reason = (char *)"it runs a command",
                             .change = (char *)rows[i].change,
                             .always = (char *)rows[i].always};
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        draw_question(&plain, &q, &out);
        assert_string_equal(out.p, rows[i].out);
        buf_fini(&out);
    }
}

static void numbers_are_short(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    draw_count(999, &out), buf_byte(&out, ' ');
    draw_count(12345, &out), buf_byte(&out, ' ');
    draw_count(2500000, &out), buf_byte(&out, ' ');
    draw_duration(4230000, &out), buf_byte(&out, ' ');
    draw_duration(200 * INT64_C(1000000), &out);
    assert_string_equal(out.p, "999 12.3k 2.5M 4.2 s 3 min 20 s");
    buf_fini(&out);
}

static void the_end_of_a_turn_is_a_line(void **state)
{
    static const struct {
        const char *stop, *result, *out;
    } rows[] = {
        {"end_turn",
         "{\"requests\":3,\"usage\":{\"input_tokens\":100,\"cache_read_input_tokens\":900,"
         "\"output_tokens\":50},\"cost_usd\":0.0123,\"duration_us\":1500000}",
         "done · 3 requests · 1.0k tokens in, 50 out · $0.0123 · 1.5 s\n"},
        {"interrupted", "{\"requests\":1,\"duration_us\":0}",
         "interrupted · 1 request · 0 tokens in, 0 out · 0.0 s\n"},
        {"error", "{}", "ended with an error · 0 requests · 0 tokens in, 0 out · 0.0 s\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct json *result;
        struct buf out;

        arena_init(&a);
        buf_init(&out, BUF_NO_MAX);
        json_parse(str_of(rows[i].result), JSON_DEPTH, &a, &result, NULL);
        draw_turn_end(&plain, result, str_of(rows[i].stop), &out);
        assert_string_equal(out.p, rows[i].out);
        buf_fini(&out);
        arena_fini(&a);
    }
}

static void a_line_is_cut_by_columns(void **state)
{
    static const struct {
        const char *text;
        int columns;
        const char *out;
    } rows[] = {
        {"exact", 5, "exact"},     {"longer", 5, "lon …"},    {"世界世界", 8, "世界世界"},
        {"世界世界", 7, "世界 …"}, {"a\nb", 10, "a …"},       {"a\n", 10, "a"},
        {"a\tb", 10, "a b"},       {"\x1b[31mred", 5, "red"}, {"", 5, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        theme_line(str_of(rows[i].text), rows[i].columns, &out);
        if (!str_eq(buf_str(&out), str_of(rows[i].out)))
            test_fail("'%s' in %d: '%.*s'", rows[i].text, rows[i].columns, FS(buf_str(&out)));
        buf_fini(&out);
    }
}

const struct CMUnitTest draw_tests[] = {
    cmocka_unit_test(results_are_folded),
    cmocka_unit_test(long_subjects_are_cut_to_the_line),
    cmocka_unit_test(a_long_difference_is_folded),
    cmocka_unit_test(S100_a_question_hides_nothing),
    cmocka_unit_test(numbers_are_short),
    cmocka_unit_test(the_end_of_a_turn_is_a_line),
    cmocka_unit_test(a_line_is_cut_by_columns),
};
const size_t draw_tests_n = sizeof draw_tests / sizeof *draw_tests;
