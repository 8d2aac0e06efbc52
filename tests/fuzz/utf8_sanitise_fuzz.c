/*
 * utf8_sanitise_fuzz.c - any bytes to the terminal's sanitiser: what comes out is of its alphabet
 * and nothing else, and sanitising it again changes nothing. Written without a look at how it is done.
 */
#include "base/utf8.h"
#include "fuzz/fuzz.h"

/* ESC [ digits and ; and : up to the m, from *at on; moves behind it. */
static bool is_colour(str s, size_t *at)
{
    if (s.n - *at < 3 || s.p[*at + 1] != '[')
        return false;
    for (*at += 2; *at < s.n; ++*at) {
        if (s.p[*at] == 'm')
            return ++*at, true;
        if (s.p[*at] < '0' || s.p[*at] > ';')
            return false;
    }
    return false;
}

static bool is_forbidden(uint32_t code)
{
    return (code < ' ' && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0) ||
           code == 0xAD || code == 0x34F || code == 0x115F || code == 0x3164 || code == 0x61C ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF);
}

static void check_alphabet(str s, bool colour)
{
    FUZZ_CHECK(utf8_is_valid(s));
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '\033') {
            FUZZ_CHECK(colour && is_colour(s, &at));
            continue;
        }
        FUZZ_CHECK(!is_forbidden(utf8_next(s, &at)));
    }
}

static void check_other_calls(str s)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    utf8_clean(&out, s);
    FUZZ_CHECK(utf8_is_valid(buf_str(&out)));
    FUZZ_CHECK(utf8_count(buf_str(&out)) == utf8_count(s));
    FUZZ_CHECK(utf8_width(s) >= 0);
    for (size_t cut = 0; utf8_is_valid(s) && cut <= s.n && cut < 64; cut++) {
        FUZZ_CHECK(utf8_is_valid(utf8_head(s, cut)) && utf8_head(s, cut).n <= cut);
        FUZZ_CHECK(utf8_is_valid(utf8_tail(s, cut)) && utf8_tail(s, cut).n <= cut);
    }
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str text = {(const char *)bytes, n};

    check_other_calls(text);
    for (int colour = 0; colour < 2; colour++) {
        struct buf once, twice;

        buf_init(&once, BUF_NO_MAX);
        buf_init(&twice, BUF_NO_MAX);
        utf8_sanitise(&once, text, colour);
        check_alphabet(buf_str(&once), colour);
        utf8_sanitise(&twice, buf_str(&once), colour);
        FUZZ_CHECK(str_eq(buf_str(&once), buf_str(&twice)));
        buf_fini(&once);
        buf_fini(&twice);
    }
    return 0;
}
