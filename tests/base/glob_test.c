/* glob_test.c - path patterns; and that none of them is slow. */
#include "test.h"

#include "base/text.h"

static const struct {
    const char *pattern, *path;
    bool fits;
} cases[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "a", true},
    {"a", "A", false},
    {"a", "ab", false},
    /* within a segment */
    {"*", "", true},
    {"*", "abc", true},
    {"*", ".hidden", true},
    {"*", "a/b", false},
    {"*.c", "a.c", true},
    {"*.c", ".c", true},
    {"*.c", "a.cc", false},
    {"*.c", "src/a.c", false},
    {"a*b*c", "axxbyyc", true},
    {"a*b*c", "axxbyy", false},
    {"?", "a", true},
    {"?", "", false},
    {"?", "/", false},
    {"?", "\xE2\x82\xAC", true}, /* a character, not a byte */
    {"??", "\xE2\x82\xAC", false},
    {"?", "\xFF", true},
    {"\xFF", "\xFE", false},
    /* over segments */
    {"**", "", true},
    {"**", "a", true},
    {"**", "a/b/.c", true},
    {"a/**", "a/b", true},
    {"a/**", "a/b/c", true},
    {"a/**", "a", false},
    {"a/**", "ab/c", false},
    {"**/x", "x", true},
    {"**/x", "a/x", true},
    {"**/x", "a/b/x", true},
    {"**/x", "/x", true},
    {"**/x", "ax", false},
    {"**/x", "a/bx", false},
    {"**/x", "x/y", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "ab", false},
    {"a/**/b", "a/xb", false},
    {"/w/**/*.c", "/w/a.c", true},
    {"/w/**/*.c", "/w/x/y/a.c", true},
    {"/w/**/*.c", "/w/x/y/a.h", false},
    {"**/a/**", "x/a/y", true},
    {"**/a/**", "x/b/y", false},
    {"**/**/x", "x", true},
    {"a/***/b", "a/x/b", true},
    {"a**", "ab", true}, /* no segment of its own: a star */
    {"a**", "ab/c", false},
    {"a**b", "a/b", false},
    {"**a", "xa", true},
    {"**a", "x/a", false},
    /* sets */
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[!a-c]", "d", true},
    {"[!a-c]", "b", false},
    {"[^a]", "b", true},
    {"[!a]", "/", false},
    {"[/]", "/", false},
    {"[]a]", "]", true},
    {"[!]a]", "]", false},
    {"[a-]", "-", true},
    {"[-a]", "-", true},
    {"[\\]]", "]", true},
    {"[\\a-c]", "b", true},
    {"[\xC3\xA0-\xC3\xBF]", "\xC3\xA9", true},
    {"[a", "[a", true}, /* never closed: what it looks like */
    {"[", "[", true},
    {"[]", "[]", true},
    {"[,]", ",", true},
    /* alternatives */
    {"{a,b}", "a", true},
    {"{a,b}", "b", true},
    {"{a,b}", "c", false},
    {"{a,b}", "ab", false},
    {"*.{c,h}", "x.h", true},
    {"*.{c,h}", "x.o", false},
    {"x{,y}z", "xz", true},
    {"x{,y}z", "xyz", true},
    {"{src/**,docs}/x", "src/a/b/x", true},
    {"{src,docs}/**/*.md", "docs/a/b.md", true},
    {"{a,{b,c}d}e", "ae", true},
    {"{a,{b,c}d}e", "cde", true},
    {"{a,{b,c}d}e", "ce", false},
    {"{**/,}x", "a/b/x", true},
    {"{a}", "a", true},
    {"{}", "", true},
    {"{[,],x}", ",", true},
    {"{a\\,b,c}", "a,b", true},
    {"{a,b", "{a,b", true},
    {"{a,b", "a", false},
    {"a,b}", "a,b}", true},
    {"{a,{b}", "{a,b", true},
    /* escapes */
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"a\\?", "a?", true},
    {"\\\\", "\\", true},
    {"a\\", "a\\", true},
    {"\\{a,b}", "{a,b}", true},
    {"\\a", "a", true},
};

static void matches_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (glob_match(str_of(cases[i].pattern), str_of(cases[i].path)) != cases[i].fits)
            test_fail("%s with %s", cases[i].pattern, cases[i].path);
    }
}

/* Each of these takes longer than the world has with a matcher that tries and goes back. */
static void hard_patterns_end(void **state)
{
    struct buf pattern, path;

    (void)state;
    buf_init(&pattern, BUF_NO_MAX);
    buf_init(&path, BUF_NO_MAX);
    for (int i = 0; i < 100; i++) {
        buf_add(&pattern, S("*a"));
        buf_add(&path, S("aaaa"));
    }
    buf_byte(&pattern, 'b');
    assert_false(glob_match(buf_str(&pattern), buf_str(&path)));
    buf_clear(&pattern);
    for (int i = 0; i < 60; i++)
        buf_add(&pattern, S("{a,aa}"));
    buf_byte(&pattern, 'b');
    assert_false(glob_match(buf_str(&pattern), buf_str(&path)));
    buf_clear(&pattern);
    for (int i = 0; i < 2000; i++)
        buf_add(&pattern, S("{"));
    assert_false(glob_match(buf_str(&pattern), buf_str(&path)));
    for (int i = 0; i < 2000; i++)
        buf_add(&pattern, S(",}"));
    assert_true(glob_match(buf_str(&pattern), S("")));
    buf_clear(&pattern);
    for (int i = 0; i < 50; i++)
        buf_add(&pattern, S("**/"));
    buf_byte(&pattern, 'b');
    assert_false(glob_match(buf_str(&pattern), buf_str(&path)));
    buf_fini(&pattern);
    buf_fini(&path);
}

static void sees_a_pattern(void **state)
{
    (void)state;
    assert_true(glob_is_pattern(S("a*")) && glob_is_pattern(S("?")) && glob_is_pattern(S("[a]")) &&
                glob_is_pattern(S("{a,b}")));
    assert_false(glob_is_pattern(S("src/a-b_c.h, (1)\0")) || glob_is_pattern((str){NULL, 0}));
}

const struct CMUnitTest glob_tests[] = {
    cmocka_unit_test(matches_paths),
    cmocka_unit_test(hard_patterns_end),
    cmocka_unit_test(sees_a_pattern),
};
const size_t glob_tests_n = sizeof(glob_tests) / sizeof(glob_tests[0]);
