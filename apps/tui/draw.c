/* draw.c - single things as lines of text. All foreign bytes pass utf8_sanitise() on their way. */
#include "tui/draw.h"

#include "base/utf8.h"

enum { OUTPUT_LINES = 7, FAILED_LINES = 16, DIFF_LINES = 60 };

void draw_content_text(const struct json *content, struct buf *out)
{
    if (content && content->kind == JSON_STRING)
        buf_add(out, content->text);
    if (!content || content->kind != JSON_ARRAY)
        return;
    json_each (block, content)
        buf_add(out, json_text(block, "text", S("")));
}

static size_t count_lines(str text)
{
    size_t n = text.n && text.p[text.n - 1] != '\n';

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void put_below(const struct theme *theme, str line, int columns, struct buf *out)
{
    buf_add(out, S("    "));
    buf_add(out, str_of(theme_on(theme, STYLE_DIM)));
    theme_line(line, columns - 4, out);
    buf_add(out, str_of(theme_off(theme)));
    buf_byte(out, '\n');
}

/* The first and last lines of what a command wrote, `most` in all; more of the end, where failures
 * are told. */
static void put_output(const struct theme *theme, str text, size_t most, int columns,
                       struct buf *out)
{
    size_t n, head = (most - 1) / 3;

    while (str_ends(text, S("\n")))
        text.n--;
    n = count_lines(text);
    size_t hidden = n > most ? n - most + 1 : 0;
    for (size_t at = 0; text.p && n; at++) {
        str line = str_cut(&text, '\n');
        if (at < head || at >= head + hidden) {
            put_below(theme, line, columns, out);
        } else if (at == head) {
            buf_add(out, S("    "));
            buf_add(out, str_of(theme_on(theme, STYLE_DIM)));
            buf_printf(out, "… %zu lines", hidden);
            buf_add(out, str_of(theme_off(theme)));
            buf_byte(out, '\n');
        }
    }
}

static enum style style_of(str line)
{
    if (str_starts(line, S("+")))
        return STYLE_ADDED;
    if (str_starts(line, S("-")))
        return STYLE_REMOVED;
    return str_starts(line, S("@")) ? STYLE_HUNK : STYLE_DIM;
}

void draw_diff(const struct theme *theme, str hunks, int columns, struct buf *out)
{
    for (int n = 0; hunks.n; n++) {
        str line = str_cut(&hunks, '\n');
        if (n == DIFF_LINES) {
            buf_printf(out, "    … %zu lines more\n", count_lines(hunks) + 1);
            return;
        }
        buf_add(out, S("    "));
        buf_add(out, str_of(theme_on(theme, style_of(line))));
        theme_line(line, columns - 4, out);
        buf_add(out, str_of(theme_off(theme)));
        buf_byte(out, '\n');
    }
}

void draw_todos(const struct theme *theme, const struct json *todos, int columns, struct buf *out)
{
    static const struct {
        str status, mark;
        enum style style;
    } marks[] = {
        {S_INIT("completed"), S_INIT("☑ "), STYLE_GOOD},
        {S_INIT("in_progress"), S_INIT("▸ "), STYLE_BOLD},
        {S_INIT("pending"), S_INIT("☐ "), STYLE_PLAIN},
    };

    json_each (todo, todos) {
        str status = json_text(todo, "status", S("pending"));
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            if (!str_eq(status, marks[i].status))
                continue;
            buf_add(out, S("    "));
            buf_add(out, str_of(theme_on(theme, marks[i].style)));
            buf_add(out, marks[i].mark);
            theme_line(json_text(todo, "content", S("")), columns - 6, out);
            buf_add(out, str_of(theme_off(theme)));
            buf_byte(out, '\n');
        }
    }
}

static const struct json *todos_of(const struct json *result)
{
    const struct json *todos = json_get(json_get(result, "facts"), "todos");

    return todos && todos->kind == JSON_ARRAY ? todos : NULL;
}

/* "+3 -1"; "2 of 3 done"; "120 lines". */
static void put_success(const struct json *result, str text, struct buf *out)
{
    const struct json *todos = todos_of(result);
    str diff = json_text(result, "diff", S(""));
    size_t added = 0, removed = 0, done = 0, lines = count_lines(text);

    json_each (todo, todos)
        done += str_eq(json_text(todo, "status", S("")), S("completed"));
    while (diff.n) {
        str line = str_cut(&diff, '\n');
        added += line.n && line.p[0] == '+';
        removed += line.n && line.p[0] == '-';
    }
    if (todos)
        buf_printf(out, "%zu of %zu done", done, todos->count);
    else if (added + removed)
        buf_printf(out, "+%zu -%zu", added, removed);
    else
        buf_printf(out, "%zu line%s", lines, lines == 1 ? "" : "s");
}

/* How a call came out, in a few words behind its name. */
static void put_outcome(const struct json *result, str text, struct buf *out)
{
    str outcome = json_text(result, "outcome", S("ok"));

    if (!str_eq(outcome, S("error")) && !str_eq(outcome, S("ok"))) {
        for (size_t i = 0; i < outcome.n; i++)
            buf_byte(out, outcome.p[i] == '_' ? ' ' : outcome.p[i]);
    } else if (json_bool(result, "is_error", false)) {
        buf_add(out, S("failed"));
    } else {
        put_success(result, text, out);
    }
}

static void put_head(const struct theme *theme, int columns, const struct call_shown *call,
                     const struct json *result, str text, struct buf *out)
{
    bool is_error = json_bool(result, "is_error", false);
    str name = call ? str_of(call->name) : json_text(result, "name", S("tool"));
    struct buf tail;

    buf_init(&tail, 256);
    put_outcome(result, text, &tail);
    theme_put(theme, is_error ? STYLE_BAD : STYLE_GOOD, S("● "), out);
    buf_add(out, str_of(theme_on(theme, STYLE_BOLD)));
    theme_line(name, 40, out);
    buf_add(out, str_of(theme_off(theme)));
    if (call && call->subject[0]) {
        int room = columns - 2 - utf8_width(name) - 1 - 3 - utf8_width(buf_str(&tail));
        buf_byte(out, ' ');
        theme_line(str_of(call->subject), room > 20 ? room : 20, out);
    }
    buf_add(out, str_of(theme_on(theme, is_error ? STYLE_BAD : STYLE_DIM)));
    buf_add(out, S(" … "));
    buf_add(out, buf_str(&tail));
    buf_add(out, str_of(theme_off(theme)));
    buf_byte(out, '\n');
    buf_fini(&tail);
}

void draw_result(const struct theme *theme, int columns, const struct call_shown *call,
                 const struct json *result, struct buf *out)
{
    const struct json *todos = todos_of(result);
    str diff = json_text(result, "diff", S(""));
    struct buf text;

    buf_init(&text, BUF_NO_MAX);
    draw_content_text(json_get(result, "content"), &text);
    put_head(theme, columns, call, result, buf_str(&text), out);
    if (todos)
        draw_todos(theme, todos, columns, out);
    else if (diff.n)
        draw_diff(theme, diff, columns, out);
    else if (json_bool(result, "is_error", false))
        put_output(theme, buf_str(&text), FAILED_LINES, columns, out);
    else if (call && call->changes)
        put_output(theme, buf_str(&text), OUTPUT_LINES, columns, out);
    buf_fini(&text);
}

/* ---- questions --------------------------------------------------------------------------------- */

static size_t run_of(str s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && s.p[at + n] == s.p[at])
        n++;
    return n;
}

/* Nothing may hide behind white space: runs of eight or more are counted, tabs are shown. */
static void put_plainly(str text, struct buf *out)
{
    struct buf safe;

    buf_init(&safe, BUF_NO_MAX);
    utf8_sanitise(&safe, text, false);
    str s = buf_str(&safe);
    for (size_t i = 0; i < s.n;) {
        bool is_blank = s.p[i] == ' ', is_end = s.p[i] == '\n';
        size_t run = is_blank || is_end ? run_of(s, i) : 1;
        if (run >= 8)
            buf_printf(out, "[%zu %s]", run, is_blank ? "blanks" : "line ends");
        else
            run = 1;
        if (is_end)
            buf_add(out, S("\n  │ "));
        else if (s.p[i] == '\t')
            buf_add(out, S("\\t"));
        else if (run == 1)
            buf_byte(out, s.p[i]);
        i += run;
    }
    buf_fini(&safe);
}

/* Lines are never cut here: what stands behind a terminal's edge would be agreed to unseen. */
static void put_change(const struct theme *theme, str change, struct buf *out)
{
    for (int n = 0; change.n; n++) {
        if (n == DIFF_LINES) {
            buf_printf(out, "  │ … %zu lines more\n", count_lines(change));
            return;
        }
        str line = str_cut(&change, '\n');
        buf_add(out, S("  │ "));
        buf_add(out, str_of(theme_on(theme, style_of(line))));
        put_plainly(line, out);
        buf_add(out, str_of(theme_off(theme)));
        buf_byte(out, '\n');
    }
}

void draw_prompt(const struct theme *theme, str text, struct buf *out)
{
    theme_put(theme, STYLE_ACCENT, S("› "), out);
    utf8_sanitise(out, str_trim(text), false);
    buf_byte(out, '\n');
}

void draw_question(const struct theme *theme, const struct question *question, struct buf *out)
{
    buf_add(out, str_of(theme_on(theme, STYLE_WARN)));
    buf_add(out, S("? May it use "));
    put_plainly(str_of(question->name), out);
    buf_add(out, str_of(theme_off(theme)));
    buf_add(out, S("\n  │ "));
    put_plainly(str_of(question->subject), out);
    buf_byte(out, '\n');
    put_change(theme, str_of(question->change), out);
    if (question->reason[0]) {
        buf_add(out, str_of(theme_on(theme, STYLE_DIM)));
        buf_add(out, S("  because: "));
        put_plainly(str_of(question->reason), out);
        buf_add(out, str_of(theme_off(theme)));
        buf_byte(out, '\n');
    }
    buf_add(out, S("  [y]es  [n]o, or what to do instead"));
    if (question->always[0]) {
        buf_add(out, S("  [a]lways in this session: "));
        put_plainly(str_of(question->always), out);
    }
    buf_byte(out, '\n');
}

/* ---- the end of a turn ------------------------------------------------------------------------- */

void draw_count(int64_t n, struct buf *out)
{
    if (n < 1000)
        buf_printf(out, "%lld", (long long)n);
    else if (n < 1000000)
        buf_printf(out, "%.1fk", (double)n / 1e3);
    else
        buf_printf(out, "%.1fM", (double)n / 1e6);
}

void draw_duration(int64_t microseconds, struct buf *out)
{
    int64_t seconds = microseconds / 1000000;

    if (seconds < 60)
        buf_printf(out, "%.1f s", (double)microseconds / 1e6);
    else
        buf_printf(out, "%lld min %lld s", (long long)(seconds / 60), (long long)(seconds % 60));
}

static const struct {
    str stop, words;
    enum style style;
} ends[] = {
    {S_INIT("end_turn"), S_INIT("done"), STYLE_GOOD},
    {S_INIT("max_turns"), S_INIT("the limit of turns was reached"), STYLE_WARN},
    {S_INIT("budget_reached"), S_INIT("the budget was reached"), STYLE_WARN},
    {S_INIT("interrupted"), S_INIT("interrupted"), STYLE_WARN},
    {S_INIT("refusal"), S_INIT("the model declined to answer"), STYLE_WARN},
};

void draw_turn_end(const struct theme *theme, const struct json *result, str stop_reason,
                   struct buf *out)
{
    const struct json *usage = json_get(result, "usage");
    int64_t in = json_int(usage, "input_tokens", 0) +
                 json_int(usage, "cache_read_input_tokens", 0) +
                 json_int(usage, "cache_creation_input_tokens", 0);
    int64_t requests = json_int(result, "requests", 0);
    double cost = json_real(result, "cost_usd", json_real(result, "total_cost_usd", 0));
    str words = S("ended with an error");
    enum style style = STYLE_BAD;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (str_eq(stop_reason, ends[i].stop))
            words = ends[i].words, style = ends[i].style;
    }
    theme_put(theme, style, words, out);
    buf_add(out, str_of(theme_on(theme, STYLE_DIM)));
    buf_printf(out, " · %lld request%s · ", (long long)requests, requests == 1 ? "" : "s");
    draw_count(in, out);
    buf_add(out, S(" tokens in, "));
    draw_count(json_int(usage, "output_tokens", 0), out);
    buf_add(out, S(" out · "));
    if (cost > 0)
        buf_printf(out, "$%.4f · ", cost);
    draw_duration(json_int(result, "duration_us", 0), out);
    buf_add(out, str_of(theme_off(theme)));
    buf_byte(out, '\n');
}
