/*
 * search.c - runs rg in the sandbox and takes its output apart. It knows neither what is looked for
 * nor how it is shown.
 *
 * rg obeys files in the tree that it searches only as far as ignoring goes: no configuration file,
 * no preprocessor, no colour. What permission rules keep from being read is left out here, since rg
 * does not know them.
 */
#include "tool/search.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "policy/path.h"
#include "tool/masks.h"
#include "tool/place.h"

enum { TIMEOUT = 60000, ERRORS_MAX = 2048, PARTIAL_MAX = 1 << 20 };

/* ---- which program --------------------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* An absolute path outside of the workspace, where a model or a repository may have put one. */
static const char *find_program(struct tool_run *run)
{
    const char *list = getenv("PATH");
    str rest = str_of(list ? list : "/usr/local/bin:/usr/bin:/bin");

    while (rest.p && rest.n) {
        str folder = str_cut(&rest, ':');
        char real[PATH_MAX];
        const char *path;

        if (!str_starts(folder, S("/")))
            continue;
        path = arena_printf(run->arena, "%.*s/rg", FS(folder)).p;
        if (is_program(path) && realpath(path, real) &&
            !path_is_beneath(str_of(run->folder), str_of(real)))
            return arena_cstr(run->arena, str_of(real));
    }
    return NULL;
}

static rein_status find_root(struct search *s, str path, struct error *err)
{
    struct place place;
    rein_status status = place_open(s->run, path, O_PATH, &place, err);

    if (status == REIN_NOT_FOUND)
        return fail(err, REIN_NOT_FOUND, "there is no folder or file '%.*s' to search in",
                    FS(str_take(path, 150)));
    if (status != REIN_OK)
        return status;
    s->root = place.real;
    place_close(&place);
    return REIN_OK;
}

rein_status search_init(struct search *s, struct tool_run *run, str path, struct error *err)
{
    static const char *const common[] = {"--no-config",   "--color=never",    "--hidden",
                                         "--no-messages", "--no-require-git", "--null",
                                         "--glob=!.git"};
    const char *program = find_program(run);

    s->run = run;
    run->state = s;
    if (!program)
        return fail(err, REIN_UNSUPPORTED,
                    "ripgrep (rg) is not installed, and searching needs it: "
                    "the user may run `apt install ripgrep`");
    if (find_root(s, path, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    search_argument(s, program);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        search_argument(s, common[i]);
    buf_init(&s->partial, PARTIAL_MAX);
    buf_init(&s->errors, ERRORS_MAX);
    buf_init(&s->last_path, PARTIAL_MAX);
    return REIN_OK;
}

void search_argument(struct search *s, const char *argument)
{
    if (s->n < SEARCH_ARGUMENTS - 3) /* room for "--", the root and NULL */
        s->argv[s->n++] = argument;
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* Whether the file may be shown. Masks: the sandbox has them, too, and rg sees no more than it. */
static bool may_show(const struct search *s, str path)
{
    return !(s->run->policy && policy_forbids(s->run->policy, false, path)) &&
           (s->run->level != SANDBOX_FULL_ACCESS || !mask_of(s->run, path));
}

/* The lines of one file follow each other: it is asked about once. */
static bool is_kept(struct search *s, str path)
{
    if (!s->with_text)
        return may_show(s, path);
    if (!str_eq(path, buf_str(&s->last_path))) {
        buf_clear(&s->last_path);
        buf_add(&s->last_path, path);
        s->last_kept = may_show(s, path);
    }
    return s->last_kept;
}

/* The length of the first record with its end, or 0. */
static size_t record_length(const struct search *s, str bytes)
{
    size_t path = str_find(bytes, 0), text;

    if (path == SIZE_MAX || !s->with_text)
        return path + 1; /* SIZE_MAX + 1 is 0 */
    text = str_find(str_skip(bytes, path + 1), '\n');
    return text == SIZE_MAX ? 0 : path + 1 + text + 1;
}

static void take_record(struct search *s, str record)
{
    str path = str_cut(&record, 0);

    if (s->with_text && record.n)
        record.n--;
    if (is_kept(s, path))
        s->record(s, path, record);
}

static void on_output(void *data, int number, str bytes)
{
    struct search *s = data;
    size_t n, done = 0;

    if (number == 2) {
        buf_add(&s->errors, str_take(bytes, ERRORS_MAX - s->errors.n));
        return;
    }
    if (s->enough)
        return;
    buf_add(&s->partial, bytes);
    if (!buf_ok(&s->partial)) {
        search_stop(s);
        return;
    }
    bytes = buf_str(&s->partial);
    while (!s->enough && (n = record_length(s, str_skip(bytes, done)))) {
        take_record(s, str_take(str_skip(bytes, done), n));
        done += n;
    }
    buf_drop(&s->partial, done);
}

void search_stop(struct search *s)
{
    s->enough = true;
    if (s->command)
        command_cancel(s->command);
}

static void say_errors(struct search *s)
{
    struct tool_result *r = &s->run->result;

    r->is_error = true;
    buf_clear(&r->text);
    buf_add(&r->text, S("The search failed: "));
    utf8_sanitise(&r->text, str_trim(buf_str(&s->errors)), false);
    if (str_search(buf_str(&s->errors), S("\\n")) != SIZE_MAX)
        buf_add(&r->text, S("\n(set multiline to search over line ends)"));
}

static void drop(struct search *s)
{
    buf_fini(&s->partial);
    buf_fini(&s->errors);
    buf_fini(&s->last_path);
}

static void on_exited(void *data, const struct command_result *c)
{
    struct search *s = data;
    struct tool_run *run = s->run;

    s->command = NULL;
    s->finish(s);
    if (c->proc.failed)
        tool_result_error(&run->result, "The search could not be started: %s", c->proc.error.text);
    else if (c->timed_out)
        tool_result_error(&run->result,
                          "The search took longer than %d s and was stopped: name a "
                          "smaller folder in path, or a narrower pattern.",
                          TIMEOUT / 1000);
    else if (c->canceled && !s->enough)
        tool_result_error(&run->result, "The search was interrupted.");
    /* 1 is "nothing found"; 2 with results is a file that could not be read. */
    if (!run->result.is_error && !s->enough && c->proc.code != 0 && c->proc.code != 1 &&
        s->errors.n)
        say_errors(s);
    drop(s);
    run->done(run);
}

rein_status search_start(struct search *s, struct error *err)
{
    static const struct command_events events = {.output = on_output, .exited = on_exited};
    rein_status status;

    s->argv[s->n++] = "--";
    s->argv[s->n++] = s->root.p;
    s->argv[s->n] = NULL;
    status = hands_run(s->run->hands, s->argv, TIMEOUT, &events, s, &s->command, err);
    if (status != REIN_OK)
        drop(s);
    return status;
}

void search_cancel(struct tool_run *run)
{
    struct search *s = run->state;

    if (s && s->command)
        command_cancel(s->command);
}

void search_show_path(const struct search *s, struct buf *out, str path)
{
    size_t from = out->n;

    utf8_sanitise(out, place_shown(s->run, path), false);
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\n' || out->p[i] == '\t')
            out->p[i] = '?'; /* a name with a line end must not look like two names */
}

/* ---- paths ----------------------------------------------------------------------------------- */

bool found_add(struct found *found, struct arena *a, str path, int64_t count)
{
    if (found->n == FOUND_MAX)
        return false;
    if (found->n == found->room) {
        struct found_item *grown;

        found->room = found->room ? found->room * 2 : 256;
        grown = arena_array(a, struct found_item, found->room);
        if (found->n)
            memcpy(grown, found->items, found->n * sizeof *grown);
        found->items = grown;
    }
    found->items[found->n++] = (struct found_item){arena_str(a, path), count};
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct found_item *x = a, *y = b;

    return strcmp(x->path.p, y->path.p);
}

void found_sort(struct found *found)
{
    if (found->n)
        qsort(found->items, found->n, sizeof *found->items, compare);
}
