/*
 * grep.c - the tool Grep: what files contain, by rg. Lines come in the order of the paths, so that a
 * result is the same each time and stops as soon as enough was found.
 */
#include "base/text.h"
#include "base/utf8.h"
#include "policy/path.h"
#include "tool/search.h"

enum { LIMIT_DEFAULT = 250, CONTEXT_MAX = 1000 };

struct grep_args {
    str pattern, path, glob, type, mode;
    int64_t after, before, around, limit, offset;
    bool numbers, ignore_case, multiline;
};

static const struct field grep_fields[] = {
    FIELD(struct grep_args, pattern, FIELD_STR, REQUIRED,
          "Regular expression in Rust's syntax; a literal brace is \\{."),
    FIELD(struct grep_args, path, FIELD_STR, OPTIONAL,
          "File or folder to search; the workspace when not given."),
    FIELD(struct grep_args, glob, FIELD_STR, OPTIONAL,
          "Only files that match, by name (\"*.{c,h}\") or by path (\"src/**\"); \"!*.md\" leaves "
          "out. Several with blanks between."),
    FIELD(struct grep_args, type, FIELD_STR, OPTIONAL, "Only files of rg's type: c, py, js, rust."),
    FIELD_NAMED(struct grep_args, mode, "output_mode", FIELD_ENUM, OPTIONAL,
                "content: the lines; files_with_matches: the paths (when not given); count: "
                "matching lines a file.",
                .choices = "content|files_with_matches|count"),
    FIELD_NAMED(struct grep_args, after, "-A", FIELD_INT, OPTIONAL,
                "Lines to show after each match (content).", .min = 0, .max = CONTEXT_MAX),
    FIELD_NAMED(struct grep_args, before, "-B", FIELD_INT, OPTIONAL,
                "Lines to show before each match (content).", .min = 0, .max = CONTEXT_MAX),
    FIELD_NAMED(struct grep_args, around, "-C", FIELD_INT, OPTIONAL,
                "Lines to show before and after (content).", .min = 0, .max = CONTEXT_MAX),
    FIELD_NAMED(struct grep_args, numbers, "-n", FIELD_BOOL, OPTIONAL,
                "Line numbers (content); true when not given.", .fallback = 1),
    FIELD_NAMED(struct grep_args, ignore_case, "-i", FIELD_BOOL, OPTIONAL,
                "Upper and lower case are the same."),
    FIELD(struct grep_args, multiline, FIELD_BOOL, OPTIONAL,
          "A match may go over line ends, and . matches them."),
    FIELD_NAMED(struct grep_args, limit, "head_limit", FIELD_INT, OPTIONAL,
                "How many lines, paths or counts to show; 250 when not given, 0 for all.", .min = 0,
                .max = 1000000, .fallback = LIMIT_DEFAULT),
    FIELD(struct grep_args, offset, FIELD_INT, OPTIONAL, "How many of them to skip.", .min = 0,
          .max = 1000000),
    {0},
};

struct grep {
    struct search search;
    const struct grep_args *args;
    struct found found; /* files and counts */
    bool has_context;
    int64_t seen; /* lines, before offset and limit */
    str path;     /* of the line before */
    int64_t line; /* its number */
};

static rein_status grep_check(const void *p, struct arena *a, struct error *err)
{
    const struct grep_args *args = p;
    const str all[] = {args->pattern, args->path, args->glob, args->type};

    (void)a;
    if (args->pattern.n == 0)
        return fail(err, REIN_INVALID, "pattern is empty: it would match every line");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].n && memchr(all[i].p, 0, all[i].n))
            return fail(err, REIN_INVALID, "an argument of the search has a NUL character in it");
    for (size_t i = 0; i < args->type.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-+_", args->type.p[i]))
            return fail(err, REIN_INVALID,
                        "type is a word like c, py or js; for a pattern of names "
                        "use glob");
    return REIN_OK;
}

/* One pattern of `glob`: with a slash it is about the path below what is searched, else about the
 * name alone. */
static bool matches_glob(str glob, str below)
{
    return glob_match(glob, str_find(glob, '/') == SIZE_MAX ? path_name(below) : below);
}

/* At least one of those that ask for something, none of those that leave out. */
static bool is_wanted(const struct grep *g, str path)
{
    str rest = g->args->glob, below = path_below(g->search.root, path);
    bool wanted = true, found = false;

    if (below.n == 0)
        below = path_name(path); /* a single file was named */
    while (rest.n) {
        str glob = str_cut(&rest, ' ');
        bool leaves_out = str_starts(glob, S("!"));

        glob = str_skip(glob, leaves_out);
        glob = str_starts(glob, S("/")) ? str_skip(glob, 1) : glob;
        if (glob.n == 0)
            continue;
        if (leaves_out && matches_glob(glob, below))
            return false;
        wanted = wanted && leaves_out;
        found = found || (!leaves_out && matches_glob(glob, below));
    }
    return wanted || found;
}

/* ---- files and counts ------------------------------------------------------------------------ */

static void add_file(struct search *s, str path, str text)
{
    struct grep *g = s->data;
    int64_t count = 0;

    if (!is_wanted(g, path))
        return;
    str_to_i64(text, &count);
    if (!found_add(&g->found, s->run->arena, path, count)) {
        s->too_many = true;
        search_stop(s);
    }
}

static void say_rest(struct buf *out, int64_t from, int64_t to, const char *of)
{
    buf_printf(out, "\n[%lld to %lld of %s; offset %lld goes on]", (long long)from + 1,
               (long long)to, of, (long long)to);
}

static void write_files(struct search *s)
{
    struct grep *g = s->data;
    struct buf *out = &s->run->result.text;
    int64_t n = (int64_t)g->found.n, from = g->args->offset, to = n, total = 0;
    bool counts = str_eq(g->args->mode, S("count"));

    if (g->args->limit && from + g->args->limit < n)
        to = from + g->args->limit;
    found_sort(&g->found);
    for (int64_t i = from; i < to; i++) {
        if (i > from)
            buf_byte(out, '\n');
        search_show_path(s, out, g->found.items[i].path);
        if (counts)
            buf_printf(out, ":%lld", (long long)g->found.items[i].count);
    }
    for (int64_t i = 0; i < n; i++)
        total += g->found.items[i].count;
    if (counts && n)
        buf_printf(out, "\n[%lld matching lines in %lld files]", (long long)total, (long long)n);
    if (n == 0)
        buf_add(out, S("No matches found."));
    else if (from >= n)
        buf_printf(out, "There are only %lld.", (long long)n);
    else if (to < n)
        say_rest(
            out, from, to,
            arena_printf(s->run->arena, "%s%lld", s->too_many ? "more than " : "", (long long)n).p);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* "12:text" of a match, "12-text" of a line around one. */
static bool split_line(str text, int64_t *number, char *kind, str *line)
{
    size_t digits = 0;

    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    if (digits == 0 || digits == text.n || !str_to_i64(str_take(text, digits), number))
        return false;
    *kind = text.p[digits];
    *line = str_skip(text, digits + 1);
    if (str_ends(*line, S("\r")))
        line->n--;
    return true;
}

static void write_line(struct grep *g, str path, int64_t number, char kind, str line)
{
    struct buf *out = &g->search.run->result.text;
    bool is_new = !str_eq(path, g->path);

    if (g->has_context && g->path.n && (is_new || number != g->line + 1))
        buf_add(out, S("--\n"));
    if (is_new)
        g->path = arena_str(g->search.run->arena, path);
    g->line = number;
    search_show_path(&g->search, out, path);
    buf_byte(out, kind);
    if (g->args->numbers)
        buf_printf(out, "%lld%c", (long long)number, kind);
    utf8_sanitise(out, line, false);
    buf_byte(out, '\n');
}

static void add_line(struct search *s, str path, str text)
{
    struct grep *g = s->data;
    int64_t number;
    char kind;
    str line;

    if (!split_line(text, &number, &kind, &line) || !is_wanted(g, path))
        return;
    if (g->seen++ < g->args->offset)
        return;
    if ((g->args->limit && g->seen > g->args->offset + g->args->limit) ||
        s->run->result.text.n > RESULT_MAX / 2) {
        g->seen--;
        s->too_many = true;
        search_stop(s);
        return;
    }
    write_line(g, path, number, kind, line);
}

static void end_lines(struct search *s)
{
    struct grep *g = s->data;
    struct buf *out = &s->run->result.text;

    if (out->n)
        out->p[--out->n] = 0; /* the last line feed */
    if (s->too_many)
        say_rest(out, g->args->offset, g->seen, "more lines");
    else if (out->n == 0 && g->seen)
        buf_printf(out, "There are only %lld lines.", (long long)g->seen);
    else if (out->n == 0)
        buf_add(out, S("No matches found."));
}

/* ---- starting -------------------------------------------------------------------------------- */

static void add_context(struct grep *g, const char *flag, int64_t lines)
{
    if (lines <= 0)
        return;
    g->has_context = true;
    search_argument(&g->search,
                    arena_printf(g->search.run->arena, "%s=%lld", flag, (long long)lines).p);
}

static void add_mode(struct grep *g)
{
    const struct grep_args *args = g->args;
    struct search *s = &g->search;

    s->with_text = !str_eq(args->mode, S("files_with_matches")) && args->mode.n;
    s->record = add_file;
    s->finish = write_files;
    if (!s->with_text) {
        search_argument(s, "--files-with-matches");
    } else if (str_eq(args->mode, S("count"))) {
        search_argument(s, "--count");
        search_argument(s, "--with-filename");
    } else {
        s->record = add_line;
        s->finish = end_lines;
        search_argument(s, "--line-number");
        search_argument(s, "--with-filename");
        search_argument(s, "--no-heading");
        search_argument(s, "--no-context-separator");
        search_argument(s, "--sort=path");
        search_argument(s, "--max-columns=2000");
        search_argument(s, "--max-columns-preview");
        add_context(g, "--before-context", args->around ? args->around : args->before);
        add_context(g, "--after-context", args->around ? args->around : args->after);
    }
}

/* One pattern of names and no type: rg need not open the others. As a type of its own, since --glob
 * would bring ignored files back. */
static void add_prefilter(struct grep *g)
{
    str glob = str_trim(g->args->glob);
    struct arena *a = g->search.run->arena;

    if (g->args->type.n) {
        search_argument(&g->search, arena_printf(a, "--type=%.*s", FS(g->args->type)).p);
        return;
    }
    if (glob.n == 0 || str_find(glob, '/') != SIZE_MAX || str_find(glob, ' ') != SIZE_MAX ||
        str_find(glob, ':') != SIZE_MAX || str_starts(glob, S("!")))
        return;
    search_argument(&g->search, arena_printf(a, "--type-add=reinglob:%.*s", FS(glob)).p);
    search_argument(&g->search, "--type=reinglob");
}

static rein_status grep_start(struct tool_run *run, struct error *err)
{
    const struct grep_args *args = run->args;
    struct grep *g = arena_new(run->arena, struct grep);
    rein_status status;

    g->args = args;
    g->search.data = g;
    status = search_init(&g->search, run, args->path, err);
    if (status != REIN_OK)
        return status;
    add_mode(g);
    add_prefilter(g);
    if (args->ignore_case)
        search_argument(&g->search, "--ignore-case");
    if (args->multiline) {
        search_argument(&g->search, "--multiline");
        search_argument(&g->search, "--multiline-dotall");
    }
    search_argument(&g->search, arena_printf(run->arena, "--regexp=%.*s", FS(args->pattern)).p);
    return search_start(&g->search, err);
}

const struct tool tool_grep = {
    .name = "Grep",
    .aliases = (const char *const[]){"GrepTool", NULL},
    .prose = "tool/grep.md",
    .args = grep_fields,
    .args_size = sizeof(struct grep_args),
    .flags = TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT,
    .check = grep_check,
    .subject = "path",
    .start = grep_start,
    .cancel = search_cancel,
};
