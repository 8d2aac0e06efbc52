/*
 * result.c - what came of a call, and what of it stands in the context when it is long. It knows no
 * tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/utf8.h"
#include "platform/file.h"
#include "tool/spill.h"

void tool_result_init(struct tool_result *r)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->text, RESULT_MAX);
    buf_init(&r->blocks, RESULT_MAX);
    buf_init(&r->facts, RESULT_MAX);
    buf_init(&r->details, RESULT_MAX);
    buf_init(&r->diff, RESULT_MAX);
}

void tool_result_fini(struct tool_result *r)
{
    buf_fini(&r->text);
    buf_fini(&r->blocks);
    buf_fini(&r->facts);
    buf_fini(&r->details);
    buf_fini(&r->diff);
}

void tool_result_error(struct tool_result *r, const char *format, ...)
{
    char text[2048];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->is_error = true;
    buf_clear(&r->text);
    utf8_clean(&r->text, str_make(text, n < 0                     ? 0
                                        : (size_t)n < sizeof text ? (size_t)n
                                                                  : sizeof text - 1));
}

/* ---- files of spilled results ---------------------------------------------------------------- */

/* A name from a stranger's id: as it is when it is a plain word, else its digest. */
static void spill_name(str call_id, char out[DIGEST_HEX_SIZE])
{
    bool plain = call_id.n > 0 && call_id.n < 60 && call_id.p[0] != '-';

    for (size_t i = 0; i < call_id.n && plain; i++) {
        char c = call_id.p[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-';
    }
    if (plain)
        snprintf(out, DIGEST_HEX_SIZE, "%.*s", FS(call_id));
    else
        digest_hex(sha256_of(call_id), out);
}

rein_status spill_open(const char *folder, str call_id, char path[SPILL_PATH_SIZE], int *fd,
                       struct error *err)
{
    char name[DIGEST_HEX_SIZE];

    if (!folder)
        return fail(err, REIN_INVALID, "there is no folder for long results");
    if (file_make_folder(folder, 0700, err) != REIN_OK)
        return err ? err->status : REIN_IO;
    spill_name(call_id, name);
    for (int i = 1; i <= 100; i++) { /* an id that came before keeps its file */
        int n =
            snprintf(path, SPILL_PATH_SIZE, i == 1 ? "%s/%s.txt" : "%s/%s-%d.txt", folder, name, i);
        if (n < 0 || n >= SPILL_PATH_SIZE)
            return fail(err, REIN_LIMIT, "the path of the results folder is too long");
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (*fd >= 0)
            return REIN_OK;
        if (errno != EEXIST)
            return fail_errno(err, errno, "make '%s'", path);
    }
    return fail(err, REIN_LIMIT, "'%s' exists a hundred times", path);
}

static rein_status spill_write(const char *folder, str call_id, str bytes,
                               char path[SPILL_PATH_SIZE], struct error *err)
{
    rein_status status;
    int fd = -1;

    status = spill_open(folder, call_id, path, &fd, err);
    if (status != REIN_OK)
        return status;
    status = file_write_all(fd, bytes, err);
    if (close(fd) < 0 && status == REIN_OK)
        status = fail_errno(err, errno, "write '%s'", path);
    if (status != REIN_OK)
        unlink(path);
    return status;
}

void spill_preview(struct buf *out, const struct spill *spill)
{
    buf_printf(out, "[%llu characters. ", (unsigned long long)spill->characters);
    if (spill->lost)
        buf_printf(out, "The first %u MiB are", SPILL_FILE_MAX >> 20);
    else
        buf_add(out, S("All of it is"));
    buf_printf(out, " in %s; use Read with offset and limit, or Grep. ", spill->path);
    if (!spill->tail.n) {
        buf_printf(out, "It begins:]\n%.*s\n[...]", FS(spill->head));
        return;
    }
    buf_printf(out, "It begins:]\n%.*s\n[... %llu bytes left out; it ends:]\n%.*s", FS(spill->head),
               (unsigned long long)spill->between, FS(spill->tail));
}

rein_status tool_result_spill(struct tool_result *r, const char *folder, str call_id, bool command,
                              struct error *err)
{
    str text = buf_str(&r->text);
    struct spill spill = {.path = r->spilled, .characters = utf8_count(text)};
    struct buf preview;
    rein_status status;

    if (r->blocks.n || r->spilled[0])
        return REIN_OK; /* no text to spill, or done before */
    status = spill_write(folder, call_id, text, r->spilled, err);
    if (status != REIN_OK) {
        r->spilled[0] = 0;
        return status;
    }
    spill.head = utf8_head(text, command ? SPILL_HEAD : RESULT_PREVIEW);
    if (command && text.n > spill.head.n)
        spill.tail = utf8_tail(str_skip(text, spill.head.n), RESULT_PREVIEW - SPILL_HEAD);
    spill.between = text.n - spill.head.n - spill.tail.n;
    buf_init(&preview, RESULT_MAX);
    spill_preview(&preview, &spill);
    buf_fini(&r->text);
    r->text = preview;
    return REIN_OK;
}

rein_status tool_result_limit(struct tool_result *r, const char *folder, str call_id, bool command,
                              struct error *err)
{
    str text = buf_str(&r->text);

    if (text.n <= RESULT_CHARACTERS || utf8_count(text) <= RESULT_CHARACTERS)
        return REIN_OK;
    return tool_result_spill(r, folder, call_id, command, err);
}
