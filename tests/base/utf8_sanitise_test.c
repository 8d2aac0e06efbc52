/* utf8_sanitise_test.c - what a stranger's bytes may do to a terminal: nothing. */
#include "test.h"

#include "base/utf8.h"

static const struct {
    str text;
    const char *plain, *coloured; /* NULL: the same as plain */
} cases[] = {
    {S_INIT("plain\ttext\n"), "plain\ttext\n", NULL},
    {S_INIT("a\0b\x07\x08\x0B\x0C\x7F"
            "c"),
     "abc", NULL},
    {S_INIT("a\r\nb\rc\r\r\nd\r"), "a\nb\nc\nd\n", NULL},
    {S_INIT("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", NULL},
    {S_INIT("a\xFF\xC3z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz", NULL},
    /* CSI: cursor, erase, scroll, mouse, keyboard modes, reports, a final byte that is missing */
    {S_INIT("a\033[2Jb\033[10;10Hc\033[?1049hd\033[6ne\033[!pf\033[1 qg"), "abcdefg", NULL},
    {S_INIT("a\033[>4;2mb\033[?4mc\033[0%md"), "abcd", NULL},
    {S_INIT("a\033[31"), "a", NULL},
    {S_INIT("a\033[3\nb"), "a\nb", NULL},
    {S_INIT("a\033[3\033[31mb"), "ab", "a\033[31mb\033[0m"},
    {S_INIT("a\033[31\xC3\xA9"), "a\xC3\xA9", NULL},
    /* colour */
    {S_INIT("\033[1;31mred\033[0m."), "red.", "\033[1;31mred\033[0m."},
    {S_INIT("\033[38;2;1;2;3mx\033[m"), "x", "\033[38;2;1;2;3mx\033[m"},
    {S_INIT("\033[4:3mx"), "x", "\033[4:3mx\033[0m"},
    {S_INIT("\x9B"
            "31mx"),
     "x", "\033[31mx\033[0m"},
    {S_INIT("\xC2\x9B"
            "31mx"),
     "x", "\033[31mx\033[0m"},
    {S_INIT("a\033[8mhidden\033[0m"), "ahidden", "ahidden\033[0m"},
    {S_INIT("a\033[1;8mhidden"), "ahidden", NULL},
    {S_INIT("a\033[38;5;8mgrey\033[48;5;8;8mx"), "agreyx", "a\033[38;5;8mgreyx\033[0m"},
    {S_INIT("\033[1111111111111111111111111111111111111111111111111111111111111111111mx"), "x",
     NULL},
    /* strings: titles, links, clipboard, images, and their ends */
    {S_INIT("a\033]0;title\007b\033]8;;http://x\033\\c\033]52;c;AAAA\xC2\x9C"
            "d"),
     "abcd", NULL},
    {S_INIT("a\033Pq#0;2\033\\b\033_Ga=T\033\\c\033^pm\033\\d\033Xsos\033\\e"), "abcde", NULL},
    {S_INIT("a\x9D"
            "0;t\007b\x90q\x9C"
            "c\x9F"
            "apc\x9C"
            "d\x9Epm\x9C"
            "e\x98s\x9C"
            "f"),
     "abcdef", NULL},
    {S_INIT("a\xC2\x9D"
            "0;t\007b"),
     "ab", NULL},
    {S_INIT("a\033Pq\007still\033\\b"), "ab", NULL},         /* BEL ends OSC only */
    {S_INIT("a\033]0;\xE2\x9C\x93 check\007b"), "ab", NULL}, /* 0x9C inside a character */
    {S_INIT("a\033]0;title\030b\033]0;title\032c"), "abc", NULL},
    {S_INIT("a\033]0;title\033[31mb"), "ab", "a\033[31mb\033[0m"},
    {S_INIT("a\033]0;never ended"), "a", NULL},
    /* other escapes */
    {S_INIT("a\033cb\0337c\033(0d\033#8e\033=f\033 Fg\033Dh\033Mi"), "abcdefghi", NULL},
    {S_INIT("a\033"), "a", NULL},
    {S_INIT("a\033\033[31mb"), "ab", "a\033[31mb\033[0m"},
    {S_INIT("a\033\nb"), "a\nb", NULL},
    {S_INIT("a\033\xC3\xA9"
            "b"),
     "a\xC3\xA9"
     "b",
     NULL},
    {S_INIT("a\x84\x85\xC2\x85"
            "b"),
     "ab", NULL},
    /* what shows nothing or turns text around */
    {S_INIT("a\xE2\x80\xAE"
            "b\xE2\x81\xA6"
            "c\xD8\x9C"
            "d"),
     "a\\u{202E}b\\u{2066}c\\u{61C}d", NULL},
    {S_INIT("a\xE2\x80\x8B\xE2\x80\x8D\xEF\xBB\xBF\xE2\x81\xA0"
            "b"),
     "a\\u{200B}\\u{200D}\\u{FEFF}\\u{2060}b", NULL},
    {S_INIT("\xF3\xA0\x80\x81\xF3\xA0\x81\x81\xF3\xA0\x84\x80"), "\\u{E0001}\\u{E0041}\\u{E0100}",
     NULL},
    {S_INIT("\xE2\x80\xA8\xE2\x80\xA9\xC2\xAD\xE3\x85\xA4"), "\\u{2028}\\u{2029}\\u{AD}\\u{3164}",
     NULL},
    {S_INIT("\xE2\x9D\xA4\xEF\xB8\x8F\xEF\xB8\x8F!"), "\xE2\x9D\xA4\xEF\xB8\x8F\\u{FE0F}!", NULL},
    {S_INIT("\xEF\xB8\x8F"), "\\u{FE0F}", NULL},
};

static void neutralises(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        utf8_sanitise(&out, cases[i].text, false);
        if (strcmp(buf_str(&out).p, cases[i].plain) != 0)
            test_fail("case %zu plain: %s", i, buf_str(&out).p);
        buf_clear(&out);
        utf8_sanitise(&out, cases[i].text, true);
        if (strcmp(buf_str(&out).p, cases[i].coloured ? cases[i].coloured : cases[i].plain) != 0)
            test_fail("case %zu coloured: %s", i, buf_str(&out).p);
        buf_fini(&out);
    }
}

/* A sequence that never ends hides no more than 4 KiB of what follows. */
static void an_open_sequence_does_not_swallow_all(void **state)
{
    static const char *const introducers[] = {"\033]0;", "\033P", "\033["};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf text, out;

        buf_init(&text, BUF_NO_MAX);
        buf_init(&out, BUF_NO_MAX);
        buf_add(&text, str_of(introducers[i]));
        for (int j = 0; j < 5000; j++)
            buf_byte(&text, '1');
        buf_add(&text, S(" seen"));
        utf8_sanitise(&out, buf_str(&text), true);
        assert_true(str_ends(buf_str(&out), S(" seen")));
        assert_in_range(out.n, 5000 - 4096, 5005);
        buf_fini(&text);
        buf_fini(&out);
    }
}

const struct CMUnitTest utf8_sanitise_tests[] = {
    cmocka_unit_test(neutralises),
    cmocka_unit_test(an_open_sequence_does_not_swallow_all),
};
const size_t utf8_sanitise_tests_n = sizeof(utf8_sanitise_tests) / sizeof(utf8_sanitise_tests[0]);
