/*
 * splice_fuzz.c - edits of any text in any file: three parts with a NUL between, the file, the old
 * text, the new one; the first byte says whether all are replaced.
 *
 * What must hold: with LF throughout it is what the simplest replacing gives; with CRLF it is that
 * once both are looked at with LF alone; a refused edit leaves nothing.
 */
#include "fuzz/fuzz.h"

#include "tool/splice.h"

static void add_lf(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
            buf_byte(out, text.p[i]);
}

/* The simplest way to do it; returns how many there were. */
static size_t replace(struct buf *out, str text, str old, str new)
{
    size_t count = 0;

    for (size_t i = 0; i < text.n;) {
        if (str_starts(str_skip(text, i), old)) {
            buf_add(out, new);
            i += old.n;
            count++;
        } else {
            buf_byte(out, text.p[i++]);
        }
    }
    return count;
}

static bool has_cr(str text) { return str_find(text, '\r') != SIZE_MAX; }

static void compare(const struct splice *s, str file, bool done)
{
    struct buf plain, old, new, expected, got;
    bool crlf = str_search(file, S("\r\n")) != SIZE_MAX;
    size_t count;

    buf_init(&plain, BUF_NO_MAX), buf_init(&old, BUF_NO_MAX), buf_init(&new, BUF_NO_MAX);
    buf_init(&expected, BUF_NO_MAX), buf_init(&got, BUF_NO_MAX);
    add_lf(&plain, file);
    if (crlf) {
        add_lf(&old, s->old);
        add_lf(&new, s->new);
    } else {
        buf_add(&old, s->old);
        buf_add(&new, s->new);
    }
    /* A CR at the edge of a piece may meet a line feed there: only without such is it so simple. */
    if (old.n && !has_cr(buf_str(&plain)) && !has_cr(buf_str(&old)) && !has_cr(buf_str(&new))) {
        count = replace(&expected, buf_str(&plain), buf_str(&old), buf_str(&new));
        FUZZ_CHECK(count == s->count);
        FUZZ_CHECK(done == (count == 1 || (count > 1 && s->all)));
        add_lf(&got, buf_str(&s->out));
        FUZZ_CHECK(!done || str_eq(buf_str(&got), buf_str(&expected)));
    }
    buf_fini(&plain), buf_fini(&old), buf_fini(&new), buf_fini(&expected), buf_fini(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str rest = str_make((const char *)bytes, n), file;
    struct splice s = {0};
    struct tool_result result;
    bool done;

    if (n < 1 || n > 4096)
        return 0;
    s.all = bytes[0] & 1;
    rest = str_skip(rest, 1);
    file = str_cut(&rest, 0);
    s.old = str_cut(&rest, 0);
    s.new = rest.p ? rest : S("");
    if (s.old.n == 0 || str_starts(file, S("\xef\xbb\xbf")))
        return 0; /* the tool never asks for the first; the mark is tested by hand */
    buf_init(&s.out, BUF_NO_MAX);
    done = splice_apply(&s, file);
    FUZZ_CHECK(done || s.out.n == 0);
    compare(&s, file, done);
    if (!done) {
        tool_result_init(&result);
        splice_explain(&s, file, S("f"), &result);
        FUZZ_CHECK(result.is_error && result.text.n > 0);
        tool_result_fini(&result);
    }
    buf_fini(&s.out);
    return 0;
}
