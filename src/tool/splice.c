/*
 * splice.c - exact replacement in text with any line ends. It knows no file system.
 */
#include "tool/splice.h"

#include "base/utf8.h"
#include "tool/file_facts.h"

/* Without the CR of each CR LF; the text itself when it has none. */
static str without_cr(str text, struct buf *out)
{
    if (str_search(text, S("\r\n")) == SIZE_MAX)
        return text;
    while (text.n) {
        size_t cr = str_search(text, S("\r\n"));

        buf_add(out, str_take(text, cr));
        text = str_skip(text, cr == SIZE_MAX ? text.n : cr + 1);
    }
    return buf_str(out);
}

/* Both texts move on together; `*real` is where `*plain` is in the original. */
static void move_to(str file, size_t target, size_t *plain, size_t *real)
{
    while (*plain < target) {
        if (file.p[*real] == '\r' && *real + 1 < file.n && file.p[*real + 1] == '\n')
            ++*real;
        ++*real;
        ++*plain;
    }
}

static void add_new(struct buf *out, str text, bool crlf)
{
    if (!crlf) {
        buf_add(out, text);
        return;
    }
    while (text.p && text.n) {
        size_t end = str_find(text, '\n');

        buf_add(out, str_take(text, end));
        if (end == SIZE_MAX)
            return;
        buf_add(out, S("\r\n"));
        text = str_skip(text, end + 1);
    }
}

static bool has_crlf(str text) { return str_search(text, S("\r\n")) != SIZE_MAX; }

/* The line ends that replacing `old_bytes` asks for. */
static bool wants_crlf(str file, str old_bytes)
{
    size_t first = str_find(file, '\n');

    if (str_find(old_bytes, '\n') != SIZE_MAX)
        return has_crlf(old_bytes);
    return first != SIZE_MAX && first > 0 && file.p[first - 1] == '\r';
}

static void count(struct splice *s, str plain, str old)
{
    size_t line = 1, at = 0;

    s->count = 0;
    for (;;) {
        size_t found = str_search(str_skip(plain, at), old);

        if (found == SIZE_MAX)
            return;
        for (str gap = str_make(plain.p + at, found); str_find(gap, '\n') != SIZE_MAX; line++)
            str_cut(&gap, '\n');
        if (s->count < sizeof s->lines / sizeof *s->lines)
            s->lines[s->count] = line;
        s->count++;
        at += found + old.n;
        for (str gap = old; str_find(gap, '\n') != SIZE_MAX; line++)
            str_cut(&gap, '\n');
    }
}

static void build(struct splice *s, str file, str plain, str old, str new)
{
    size_t at = 0, real = 0;
    bool is_first = true;

    for (size_t i = 0; i < s->count; i++) {
        size_t start = at + str_search(str_skip(plain, at), old), from = real;

        move_to(file, start, &at, &real);
        buf_add(&s->out, str_make(file.p + from, real - from));
        from = real;
        move_to(file, start + old.n, &at, &real);
        if (is_first)
            s->first = s->out.n;
        add_new(&s->out, new, wants_crlf(file, str_make(file.p + from, real - from)));
        if (is_first)
            s->first_end = s->out.n;
        is_first = false;
    }
    buf_add(&s->out, str_skip(file, real));
}

bool splice_apply(struct splice *s, str file)
{
    struct buf file_buf, old_buf, new_buf;
    str bom = S("\xef\xbb\xbf"), plain, old = s->old, new = s->new;
    bool done;

    buf_init(&file_buf, BUF_NO_MAX);
    buf_init(&old_buf, BUF_NO_MAX);
    buf_init(&new_buf, BUF_NO_MAX);
    plain = without_cr(file, &file_buf);
    if (plain.p != file.p) { /* what the model writes as CR LF means the same there */
        old = without_cr(old, &old_buf);
        new = without_cr(new, &new_buf);
    }
    count(s, plain, old);
    done = s->count == 1 || (s->count > 1 && s->all);
    /* The mark at the start is no text: never taken away by an edit of the first line. */
    if (done && str_starts(file, bom) && str_starts(old, bom) && !str_starts(new, bom))
        old = str_skip(old, bom.n);
    if (done)
        build(s, file, plain, old, new);
    buf_fini(&file_buf);
    buf_fini(&old_buf);
    buf_fini(&new_buf);
    return done;
}

/* ---- what went wrong ------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Whether two lines are the same but for blanks. */
static bool is_like(str a, str b)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a.n && is_blank(a.p[i]))
            i++;
        while (j < b.n && is_blank(b.p[j]))
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (a.p[i++] != b.p[j++])
            return false;
    }
}

/* "    12\ttext" as Read shows it. */
static str without_number(str line)
{
    size_t i = 0, digits;

    while (i < line.n && line.p[i] == ' ')
        i++;
    digits = i;
    while (i < line.n && line.p[i] >= '0' && line.p[i] <= '9')
        i++;
    return i > digits && i < line.n && line.p[i] == '\t' ? str_skip(line, i + 1) : line;
}

static bool lines_are_like(str file, str old, bool numbered)
{
    while (old.p && old.n) {
        str line = str_cut(&old, '\n');

        if (!file.p || !file.n)
            return false;
        if (!is_like(str_cut(&file, '\n'), numbered ? without_number(line) : line))
            return false;
    }
    return true;
}

/* The first line of the file from which all lines of `old` are alike, or 0. */
static int64_t find_like(str file, str old, bool numbered)
{
    int64_t line = 1;
    size_t budget = 200000; /* lines looked at: a hint is not worth more */

    for (; file.p && file.n && budget; line++, budget--) {
        if (lines_are_like(file, old, numbered))
            return line;
        str_cut(&file, '\n');
    }
    return 0;
}

static void explain_missing(const struct splice *s, str file, struct buf *out)
{
    str old = s->old;
    int64_t lines = count_lines(old), line;

    while (old.n && (old.p[0] == '\n' || is_blank(old.p[0])) && str_find(old, '\n') != SIZE_MAX &&
           str_trim(str_take(old, str_find(old, '\n'))).n == 0)
        old = str_skip(old, str_find(old, '\n') + 1);
    if (str_trim(old).n == 0)
        return;
    if ((line = find_like(file, old, false))) {
        buf_printf(out, " From line %lld on there is the same but for blanks and tabs; exactly:\n",
                   (long long)line);
        number_lines(out, file, line, line + (lines > 20 ? 20 : lines) - 1);
    } else if (find_like(file, old, true)) {
        buf_add(out, S(" It is there without the line numbers, which are not part of the file: "
                       "leave them out."));
    } else if (str_search(s->old, S("\xef\xbf\xbd")) != SIZE_MAX) {
        buf_add(out,
                S(" It has U+FFFD in it, which stands for bytes that are no UTF-8: leave these "
                  "out of old_string."));
    } else {
        str first = str_trim(str_take(old, str_find(old, '\n')));
        size_t at = first.n > 7 ? str_search(file, first) : SIZE_MAX;
        if (at != SIZE_MAX)
            buf_printf(out, " Its first line is there, in line %lld; what follows differs.",
                       (long long)count_lines(str_take(file, at + 1)));
        else
            buf_add(out, S(" Read the file again, and copy the text from it."));
    }
}

void splice_explain(const struct splice *s, str file, str name, struct tool_result *result)
{
    struct buf *out = &result->text;

    result->is_error = true;
    if (s->count == 0) {
        buf_printf(out, "old_string occurs 0 times in %.*s.", FS(name));
        explain_missing(s, file, out);
        return;
    }
    buf_printf(out, "old_string occurs %zu times in %.*s (lines", s->count, FS(name));
    for (size_t i = 0; i < s->count && i < sizeof s->lines / sizeof *s->lines; i++)
        buf_printf(out, "%s %zu", i ? "," : "", s->lines[i]);
    buf_printf(out, "%s): give more lines around it so that it occurs once, or set replace_all.",
               s->count > sizeof s->lines / sizeof *s->lines ? ", ..." : "");
}
