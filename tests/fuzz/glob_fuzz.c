/*
 * glob_fuzz.c - a pattern and a path, a line each, to the glob matcher, beside one that tries and
 * goes back, as short as can be written. Braces, which that one has not, are compared by what they mean:
 * {a,b} fits what a fits or b fits.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

static int steps; /* the slow one gives up after so many */

static bool slow_match(str pattern, size_t p, str path, size_t t);

static bool slow_set(str set, uint32_t code)
{
    size_t at = set.n && (set.p[0] == '!' || set.p[0] == '^');
    bool negated = at, found = false;

    while (at < set.n) {
        uint32_t ends[2];

        for (int i = 0; i < 2; i++) {
            at += set.p[at] == '\\' && at + 1 < set.n;
            ends[i] = utf8_next(set, &at);
            if (i == 0 && (at + 1 >= set.n || set.p[at] != '-')) {
                ends[1] = ends[0];
                break;
            }
            at += i == 0;
        }
        found |= code >= ends[0] && code <= ends[1];
    }
    return found != negated;
}

static size_t slow_set_end(str pattern, size_t p)
{
    size_t i = p + 1;

    i += i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^');
    i += i < pattern.n && pattern.p[i] == ']';
    while (i < pattern.n && pattern.p[i] != ']')
        i += pattern.p[i] == '\\' && i + 1 < pattern.n ? 2 : 1;
    return i;
}

static bool slow_stars(str pattern, size_t p, str path, size_t t)
{
    size_t end = p;

    while (end < pattern.n && pattern.p[end] == '*')
        end++;
    bool whole = end - p > 1 && (p == 0 || pattern.p[p - 1] == '/' || pattern.p[p - 1] == ',') &&
                 (end == pattern.n || pattern.p[end] == '/' || pattern.p[end] == ',');

    if (whole && end < pattern.n && pattern.p[end] == '/') {
        if (slow_match(pattern, end + 1, path, t))
            return true;
        for (; t < path.n; t++) {
            if (path.p[t] == '/' && slow_match(pattern, end + 1, path, t + 1))
                return true;
        }
        return false;
    }
    for (;;) {
        if (slow_match(pattern, end, path, t))
            return true;
        if (t >= path.n || (path.p[t] == '/' && !whole))
            return false;
        utf8_next(path, &t);
    }
}

static bool slow_match(str pattern, size_t p, str path, size_t t)
{
    size_t start = t;

    if (steps-- <= 0)
        return false;
    if (p == pattern.n)
        return t == path.n;
    if (pattern.p[p] == '*')
        return slow_stars(pattern, p, path, t);
    if (t == path.n)
        return false;
    uint32_t code = utf8_next(path, &t);

    if (pattern.p[p] == '?')
        return code != '/' && slow_match(pattern, p + 1, path, t);
    size_t end = pattern.p[p] == '[' ? slow_set_end(pattern, p) : pattern.n;

    if (end < pattern.n)
        return code != '/' && slow_set((str){pattern.p + p + 1, end - p - 1}, code) &&
               slow_match(pattern, end + 1, path, t);
    p += pattern.p[p] == '\\' && p + 1 < pattern.n;
    size_t literal = p;

    utf8_next(pattern, &p);
    return str_eq((str){pattern.p + literal, p - literal}, (str){path.p + start, t - start}) &&
           slow_match(pattern, p, path, t);
}

static bool has_any(str s, const char *bytes)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == 0 || strchr(bytes, s.p[i]))
            return true;
    }
    return false;
}

static void check_braces(str pattern, str path)
{
    str right = pattern, left = str_cut(&right, ',');
    struct buf braces;

    if (!right.p || has_any(left, "{}\\[,") || has_any(right, "{}\\[,"))
        return;
    buf_init(&braces, BUF_NO_MAX);
    buf_printf(&braces, "{%.*s,%.*s}", FS(left), FS(right));
    FUZZ_CHECK(glob_match(buf_str(&braces), path) ==
               (glob_match(left, path) || glob_match(right, path)));
    buf_fini(&braces);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str path = {(const char *)bytes, n}, pattern = str_cut(&path, '\n');
    bool fits = glob_match(pattern, path);

    check_braces(pattern, path);
    steps = 20000;
    if (!has_any(pattern, "{}") && n < 2000) {
        bool slow = slow_match(pattern, 0, path, 0);

        FUZZ_CHECK(steps <= 0 || fits == slow);
    }
    if (!glob_is_pattern(pattern) && !has_any(pattern, "\\"))
        FUZZ_CHECK(fits == str_eq(pattern, path));
    return 0;
}
