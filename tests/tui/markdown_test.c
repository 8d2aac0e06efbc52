/* markdown_test.c - Markdown in, lines out. */
#include "test.h"

#include "tui/markdown.h"

static const struct theme plain = {.colour = false}, coloured = {.colour = true};

static const struct {
    const char *what, *in, *out;
    int columns;
} cases[] = {
    {"words are wrapped", "one two three four\nfive", "one two\nthree four\nfive\n", 10},
    {"wide characters count two", "世界 世界 世界", "世界 世界\n世界\n", 9},
    {"a long word stands alone", "a aaaaaaaaaaaaaaa b", "a\naaaaaaaaaaaaaaa\nb\n", 8},
    {"paragraphs", "a\n\nb", "a\n\nb\n", 80},
    {"a hard break", "a  \nb", "a\nb\n", 80},
    {"headings and emphasis", "# Title\n\n**b** *i* `c` ~~s~~", "Title\n\nb i c s\n", 80},
    {"a list", "- one\n- two\n  three", "• one\n• two three\n", 80},
    {"a loose list", "- one\n\n- two", "• one\n• two\n", 80},
    {"a list is wrapped below its text", "- one two three", "• one two\n  three\n", 9},
    {"an ordered list keeps its number", "3. a\n4. b", "3. a\n4. b\n", 80},
    {"a nested list", "- a\n  - b\n    - c\n- d", "• a\n  • b\n    • c\n• d\n", 80},
    {"tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b\n", 80},
    {"text, a list, text", "a\n- b\n\nc", "a\n\n• b\n\nc\n", 80},
    {"a quote below text", "x\n\n> a\n\ny", "x\n\n│ a\n\ny\n", 20},
    {"a quote", "> a b c\n>\n> d", "│ a\n│ b\n│ c\n│ d\n", 4},
    {"code keeps its blanks", "```c\nif (a)\n    b;\n```", "    if (a)\n        b;\n", 10},
    {"code is not wrapped", "```\na b c d e f g\n```", "    a b c d e f g\n", 6},
    {"code in a list", "- a\n  ```\n  x\n  ```", "• a\n      x\n", 80},
    {"a rule", "a\n\n---\n\nb", "a\n\n────────\n\nb\n", 80},
    {"a link shows where it goes", "[text](http://x.y/z)", "text (http://x.y/z)\n", 80},
    {"an address stands once", "http://x.y/z", "http://x.y/z\n", 80},
    {"an image is never fetched", "![alt](http://x.y/z.png)", "alt (http://x.y/z.png)\n", 80},
    {"a table", "| a | bb |\n|---|---|\n| ccc | d |", "a    bb\n───  ──\nccc  d\n", 80},
    {"entities", "a &lt; b &amp;&amp; c &copy;", "a < b && c &copy;\n", 80},
    {"HTML is text", "<b>x</b>", "<b>x</b>\n", 80},
    {"escape sequences are gone", "a\x1b]0;title\a\x1b[31mb", "ab\n", 80},
    {"nothing", "", "", 80},
    {"only blanks", "  \n\n", "", 80},
};

static void blocks_become_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        markdown_render(str_of(cases[i].in), &plain, cases[i].columns, &out);
        if (!str_eq(buf_str(&out), str_of(cases[i].out)))
            test_fail("%s: got\n%.*s, wanted\n%s", cases[i].what, FS(buf_str(&out)), cases[i].out);
        buf_fini(&out);
    }
}

/* Styles nest, and none is left on at the end of a line that ends a block. */
static void styles_nest_and_end(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, BUF_NO_MAX);
    markdown_render(S("**a *b* c**"), &coloured, 80, &out);
    assert_string_equal(out.p, "\x1b[0m\x1b[1ma \x1b[0m\x1b[1m\x1b[3mb\x1b[0m\x1b[1m c"
                               "\x1b[0m\x1b[0m\n");
    assert_int_equal(theme_width(str_take(buf_str(&out), out.n - 1)), 5);
    buf_fini(&out);
}

static void whole_blocks_are_found_while_text_is_written(void **state)
{
    static const struct {
        const char *text;
        size_t whole;
    } rows[] = {
        {"", 0},
        {"a", 0},
        {"a\n", 0},
        {"a\n\n", 3},
        {"a\n\nb\n", 3},
        {"a\n \nb\n\nc", 7},
        {"```\na\n\nb\n", 0}, /* a blank line of code is not the end */
        {"```\na\n\n```\n\nb", 12},
        {"~~~~\n```\n\n~~~~\n\n", 16}, /* the other fence, or a shorter one, does not close it */
        {"````\n```\n\n", 0},
        {"    ```\n\n", 9}, /* indented: no fence */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(markdown_whole(str_of(rows[i].text)), rows[i].whole);
}

const struct CMUnitTest markdown_tests[] = {
    cmocka_unit_test(blocks_become_lines),
    cmocka_unit_test(styles_nest_and_end),
    cmocka_unit_test(whole_blocks_are_found_while_text_is_written),
};
const size_t markdown_tests_n = sizeof markdown_tests / sizeof *markdown_tests;
