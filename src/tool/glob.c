/*
 * glob.c - the tool Glob: files by their names. rg lists what is not ignored; the pattern is
 * compared here, since a pattern given to rg would bring ignored files back.
 */
#include "base/text.h"
#include "platform/protect.h"
#include "policy/path.h"
#include "tool/search.h"

enum { SHOWN_MAX = 1000 };

struct glob_args {
    str pattern, path;
};

static const struct field glob_fields[] = {
    FIELD(struct glob_args, pattern, FIELD_STR, REQUIRED,
          "Pattern of paths below the folder: \"*.c\", \"**/*.c\", \"src/**/test_*.{h,c}\"."),
    FIELD(struct glob_args, path, FIELD_STR, OPTIONAL,
          "The folder to look in; the workspace when not given."),
    {0},
};

struct glob {
    struct search search;
    struct found found;
    str pattern;
};

static rein_status glob_check(const void *p, struct arena *a, struct error *err)
{
    const struct glob_args *args = p;
    str rest = args->pattern;

    (void)a;
    if (args->pattern.n == 0)
        return fail(err, REIN_INVALID, "pattern is empty; '**' matches every file");
    if (args->pattern.n > 4096 || memchr(args->pattern.p, 0, args->pattern.n))
        return fail(err, REIN_INVALID, "pattern is longer than 4,096 bytes or has a NUL in it");
    if (str_starts(args->pattern, S("/")) || str_starts(args->pattern, S("~")))
        return fail(err, REIN_INVALID,
                    "pattern is relative to the folder: give the folder in path, "
                    "and the rest as pattern");
    while (rest.n)
        if (str_eq(str_cut(&rest, '/'), S("..")))
            return fail(err, REIN_INVALID, "pattern has '..' in it: give the folder in path");
    if (args->path.n && memchr(args->path.p, 0, args->path.n))
        return fail(err, REIN_INVALID, "path has a NUL character in it");
    return REIN_OK;
}

static void glob_record(struct search *s, str path, str text)
{
    struct glob *g = s->data;

    (void)text;
    /* In the sandbox, what holds the name of a missing file looks like one. */
    if (glob_match(g->pattern, path_below(s->root, path)) &&
        !protect_holds(arena_cstr(s->run->arena, path)) &&
        !found_add(&g->found, s->run->arena, path, 0)) {
        s->too_many = true;
        search_stop(s);
    }
}

static void glob_finish(struct search *s)
{
    struct glob *g = s->data;
    struct buf *out = &s->run->result.text;
    size_t shown = g->found.n < SHOWN_MAX ? g->found.n : SHOWN_MAX;

    found_sort(&g->found);
    for (size_t i = 0; i < shown; i++) {
        if (i)
            buf_byte(out, '\n');
        search_show_path(s, out, g->found.items[i].path);
    }
    if (g->found.n > shown)
        buf_printf(out, "\n[the first %zu of %s%zu files; narrow the pattern or the path]", shown,
                   s->too_many ? "more than " : "", g->found.n);
    if (g->found.n == 0) {
        buf_printf(out, "No file matches '%.*s'.", FS(str_take(g->pattern, 200)));
        if (str_find(g->pattern, '/') == SIZE_MAX && !str_eq(g->pattern, S("**")))
            buf_printf(out, " Only the folder itself was looked at; '**/%.*s' looks at all depths.",
                       FS(str_take(g->pattern, 200)));
    }
}

static rein_status glob_start(struct tool_run *run, struct error *err)
{
    const struct glob_args *args = run->args;
    struct glob *g = arena_new(run->arena, struct glob);
    rein_status status;

    g->pattern = str_starts(args->pattern, S("./")) ? str_skip(args->pattern, 2) : args->pattern;
    g->search.data = g;
    g->search.record = glob_record;
    g->search.finish = glob_finish;
    status = search_init(&g->search, run, args->path, err);
    if (status != REIN_OK)
        return status;
    search_argument(&g->search, "--files");
    return search_start(&g->search, err);
}

const struct tool tool_glob = {
    .name = "Glob",
    .aliases = (const char *const[]){"GlobTool", NULL},
    .prose = "tool/glob.md",
    .args = glob_fields,
    .args_size = sizeof(struct glob_args),
    .flags = TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT,
    .check = glob_check,
    .subject = "path",
    .start = glob_start,
    .cancel = search_cancel,
};
