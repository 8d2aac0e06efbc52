/*
 * edit.c - the tool Edit: one exact text of a file for another. Finding and splicing are
 * splice.c's; here is what stands around them.
 */
#include "base/text.h"
#include "tool/file_facts.h"
#include "tool/replace.h"
#include "tool/splice.h"
#include "tool/stale.h"

enum { SNIPPET_AROUND = 4, SNIPPET_LINES = 40 };

struct edit_args {
    str file_path, old_string, new_string;
    bool replace_all;
};

static const struct field edit_fields[] = {
    FIELD(struct edit_args, file_path, FIELD_STR, REQUIRED,
          "Path of the file, absolute or relative to the workspace."),
    FIELD(struct edit_args, old_string, FIELD_STR, REQUIRED,
          "The text to be replaced, exactly as it stands in the file; once, unless replace_all."),
    FIELD(struct edit_args, new_string, FIELD_STR, REQUIRED, "The text to stand there instead."),
    FIELD(struct edit_args, replace_all, FIELD_BOOL, OPTIONAL,
          "Replace every occurrence (false when not given)."),
    {0},
};

static rein_status edit_check(const void *p, struct arena *a, struct error *err)
{
    const struct edit_args *args = p;

    (void)a;
    if (args->file_path.n == 0)
        return fail(err, REIN_INVALID, "file_path is empty: name the file to edit");
    if (memchr(args->file_path.p, 0, args->file_path.n))
        return fail(err, REIN_INVALID, "file_path has a NUL character in it");
    if (str_eq(args->old_string, args->new_string))
        return fail(err, REIN_INVALID,
                    "old_string and new_string are the same: nothing would "
                    "change");
    return REIN_OK;
}

/* The changed lines with some around them. */
static void write_snippet(struct tool_run *run, str text, size_t from, size_t to)
{
    int64_t first = count_lines(str_take(text, from)) - SNIPPET_AROUND;
    int64_t last = count_lines(str_take(text, to)) + SNIPPET_AROUND;

    first = first < 1 ? 1 : first;
    last = last - first >= SNIPPET_LINES ? first + SNIPPET_LINES - 1 : last;
    buf_byte(&run->result.text, '\n');
    number_lines(&run->result.text, text, first, last);
    if (str_ends(buf_str(&run->result.text), S("\n")))
        run->result.text.p[--run->result.text.n] = 0;
}

static void write_details(struct tool_run *run, const struct edit_args *args, str path)
{
    struct json_writer w;

    json_begin(&w, &run->result.details);
    json_object(&w);
    json_put(&w, "filePath", path);
    json_put(&w, "oldString", args->old_string);
    json_put(&w, "newString", args->new_string);
    json_put_bool(&w, "replaceAll", args->replace_all);
    json_object_end(&w);
}

/* Write what the splice made, and say so. */
static rein_status finish(struct tool_run *run, struct target *target, str before,
                          const struct digest *sha, const struct splice *splice, struct error *err)
{
    struct tool_result *r = &run->result;
    str after = buf_str(&splice->out);
    struct stat st;
    rein_status status = target_replace(target, after, sha, &st, err);

    if (status != REIN_OK)
        return status;
    diff_unified(before, after, 3, &r->diff, NULL, NULL);
    buf_printf(&r->text, "%.*s: ", FS(place_shown(run, target->now.path)));
    if (splice->count > 1)
        buf_printf(&r->text, "%zu places were replaced; the first:", splice->count);
    else
        buf_add(&r->text, target->exists ? S("done; now there is:") : S("created:"));
    write_snippet(run, after, splice->first, splice->first_end);
    stale_note_links(run, target);
    write_details(run, run->args, target->now.path);
    file_facts_write(&r->facts, &(struct file_facts){.path = target->now.path,
                                                     .sha = sha256_of(after),
                                                     .st = &st,
                                                     .lines = count_lines(after)});
    return REIN_OK;
}

/* An empty old_string: the whole of a file that is new or empty. */
static rein_status edit_empty(struct tool_run *run, struct target *target, struct error *err)
{
    const struct edit_args *args = run->args;
    struct splice splice = {.count = 1, .first_end = args->new_string.n};
    struct digest sha = sha256_of(S(""));
    rein_status status;

    if (target->exists && target->now.st.st_size > 0)
        return fail(err, REIN_INVALID,
                    "old_string is empty, but %.*s is not: give the text that is "
                    "to be replaced",
                    FS(str_take(place_shown(run, target->now.path), 150)));
    buf_init(&splice.out, FILE_BYTES_MAX);
    buf_add(&splice.out, args->new_string);
    status = finish(run, target, S(""), target->exists ? &sha : NULL, &splice, err);
    buf_fini(&splice.out);
    return status;
}

static rein_status edit_target(struct tool_run *run, struct target *target, struct error *err)
{
    const struct edit_args *args = run->args;
    str shown = str_take(place_shown(run, target->now.path), 150);
    struct splice splice = {
        .old = args->old_string, .new = args->new_string, .all = args->replace_all};
    struct buf old;
    struct digest sha;
    rein_status status;

    if (args->old_string.n == 0)
        return edit_empty(run, target, err);
    if (!target->exists)
        return fail(err, REIN_NOT_FOUND, "there is no file '%.*s'; an empty old_string creates it",
                    FS(shown));
    buf_init(&old, FILE_BYTES_MAX);
    buf_init(&splice.out, FILE_BYTES_MAX);
    status = stale_read(run, &target->now, &old, &sha, err);
    if (status == REIN_OK && !splice_apply(&splice, buf_str(&old)))
        splice_explain(&splice, buf_str(&old), shown, &run->result);
    else if (status == REIN_OK && !buf_ok(&splice.out))
        status =
            fail(err, REIN_LIMIT, "%.*s would have more than %u bytes", FS(shown), FILE_BYTES_MAX);
    else if (status == REIN_OK)
        status = finish(run, target, buf_str(&old), &sha, &splice, err);
    buf_fini(&old);
    buf_fini(&splice.out);
    return status;
}

static rein_status edit_run(struct tool_run *run, struct error *err)
{
    const struct edit_args *args = run->args;
    struct target target;
    rein_status status;

    if (args->old_string.n) { /* no folders are made for a file that must be there */
        struct place place;
        status = place_open_file(run, args->file_path, &place, err);
        place_close(&place);
        if (status != REIN_OK)
            return status;
    }
    status = target_open(run, args->file_path, &target, err);
    if (status != REIN_OK)
        return status;
    status = edit_target(run, &target, err);
    target_close(&target);
    return status;
}

const struct tool tool_edit = {
    .name = "Edit",
    .prose = "tool/edit.md",
    .args = edit_fields,
    .args_size = sizeof(struct edit_args),
    .flags = TOOL_HANDS | TOOL_EDITS,
    .check = edit_check,
    .subject = "file_path",
    .run = edit_run,
};
