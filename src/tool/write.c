/*
 * write.c - the tool Write: a whole file, put in place in one step. A file that is there is only
 * replaced when the session knows what it replaces.
 */
#include <sys/stat.h>

#include "base/text.h"
#include "base/utf8.h"
#include "tool/file_facts.h"
#include "tool/replace.h"
#include "tool/stale.h"

struct write_args {
    str file_path, content;
};

static const struct field write_fields[] = {
    FIELD(struct write_args, file_path, FIELD_STR, REQUIRED,
          "Path of the file, absolute or relative to the workspace."),
    FIELD(struct write_args, content, FIELD_STR, REQUIRED, "All that the file shall contain."),
    {0},
};

static rein_status write_check(const void *p, struct arena *a, struct error *err)
{
    const struct write_args *args = p;

    (void)a;
    if (args->file_path.n == 0)
        return fail(err, REIN_INVALID, "file_path is empty: name the file to write");
    if (memchr(args->file_path.p, 0, args->file_path.n))
        return fail(err, REIN_INVALID, "file_path has a NUL character in it");
    if (str_ends(args->file_path, S("/")))
        return fail(err, REIN_INVALID,
                    "file_path ends with '/', so it is a folder; Write makes the "
                    "folders of a file by itself");
    if (args->content.n > FILE_BYTES_MAX)
        return fail(err, REIN_LIMIT, "content has more than %u bytes", FILE_BYTES_MAX);
    return REIN_OK;
}

static rein_status write_target(struct tool_run *run, struct target *target, struct buf *old,
                                struct error *err)
{
    const struct write_args *args = run->args;
    struct tool_result *r = &run->result;
    struct digest before;
    struct stat st;
    size_t added, removed;
    rein_status status = REIN_OK;

    if (target->exists) {
        status = stale_read(run, &target->now, old, &before, err);
        if (status != REIN_OK)
            return status;
    }
    status = target_replace(target, args->content, target->exists ? &before : NULL, &st, err);
    if (status != REIN_OK)
        return status;
    diff_unified(buf_str(old), args->content, 3, &r->diff, &added, &removed);
    str shown = place_shown(run, target->now.path);
    if (target->exists)
        buf_printf(&r->text, "%.*s was replaced: %zu lines added, %zu removed.", FS(shown), added,
                   removed);
    else
        buf_printf(&r->text, "%.*s was created with %zu lines.", FS(shown), added);
    stale_note_links(run, target);
    file_facts_write(&r->facts, &(struct file_facts){.path = target->now.path,
                                                     .sha = sha256_of(args->content),
                                                     .st = &st,
                                                     .lines = count_lines(args->content)});
    return REIN_OK;
}

static rein_status write_run(struct tool_run *run, struct error *err)
{
    const struct write_args *args = run->args;
    struct target target;
    struct buf old;
    rein_status status = target_open(run, args->file_path, &target, err);

    if (status != REIN_OK)
        return status;
    buf_init(&old, FILE_BYTES_MAX);
    status = write_target(run, &target, &old, err);
    buf_fini(&old);
    target_close(&target);
    return status;
}

const struct tool tool_write = {
    .name = "Write",
    .aliases = (const char *const[]){"Replace", NULL},
    .prose = "tool/write.md",
    .args = write_fields,
    .args_size = sizeof(struct write_args),
    .flags = TOOL_HANDS | TOOL_EDITS | TOOL_DESTRUCTIVE,
    .check = write_check,
    .subject = "file_path",
    .run = write_run,
};
