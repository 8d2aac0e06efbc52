/*
 * result_stream.c - output of any size as a result of bounded size: in memory while it is short, in
 * a file from there on, then only counted. It knows no tool.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "platform/file.h"
#include "tool/clean_stream.h"
#include "tool/spill.h"

enum { TAIL_ROOM = 1 << 15 };

struct result_stream {
    struct tool_result *result;
    const char *folder;
    str call_id;
    bool command;
    struct clean_stream clean;
    struct buf piece;      /* the last one, clean */
    struct buf head, tail; /* once it spilled */
    uint64_t raw, bytes;   /* as they came; after cleaning */
    uint64_t characters;
    uint64_t in_file;
    int fd; /* -1: not spilled */
    bool spilled, lost;
    rein_status status; /* of the file; what came is previewed all the same */
    struct error error;
};

struct result_stream *result_stream_new(struct tool_result *r, const char *folder, str call_id,
                                        bool command)
{
    struct result_stream *s = memory_new(sizeof *s);

    s->result = r;
    s->folder = folder;
    s->call_id = call_id;
    s->command = command;
    s->fd = -1;
    clean_stream_init(&s->clean);
    buf_init(&s->piece, BUF_NO_MAX);
    buf_init(&s->head, RESULT_PREVIEW);
    buf_init(&s->tail, BUF_NO_MAX);
    return s;
}

uint64_t result_stream_bytes(const struct result_stream *s) { return s->raw; }

static void fail_file(struct result_stream *s, rein_status status)
{
    s->status = status;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->lost = true;
}

static void add_to_file(struct result_stream *s, str text)
{
    uint64_t room = SPILL_FILE_MAX - s->in_file;
    rein_status status;

    if (text.n > room) {
        text = utf8_head(text, (size_t)room);
        s->lost = true;
    }
    if (s->fd < 0 || text.n == 0)
        return;
    status = file_write_all(s->fd, text, &s->error);
    if (status != REIN_OK)
        fail_file(s, status);
    s->in_file += text.n;
}

static void add_to_tail(struct result_stream *s, str text)
{
    if (!s->command)
        return;
    buf_add(&s->tail, utf8_tail(text, TAIL_ROOM));
    if (s->tail.n > 2 * TAIL_ROOM)
        buf_drop(&s->tail, s->tail.n - TAIL_ROOM);
}

static void start_spilling(struct result_stream *s)
{
    struct tool_result *r = s->result;
    str text = buf_str(&r->text);
    rein_status status;

    s->spilled = true;
    status = spill_open(s->folder, s->call_id, r->spilled, &s->fd, &s->error);
    if (status != REIN_OK) {
        r->spilled[0] = 0;
        fail_file(s, status);
    }
    buf_add(&s->head, utf8_head(text, s->command ? SPILL_HEAD : RESULT_PREVIEW));
    add_to_file(s, text);
    add_to_tail(s, str_skip(text, s->head.n));
    buf_clear(&r->text);
}

static void take(struct result_stream *s, str text)
{
    s->bytes += text.n;
    s->characters += utf8_count(text);
    if (s->spilled) {
        add_to_file(s, text);
        add_to_tail(s, text);
        return;
    }
    buf_add(&s->result->text, text);
    if (s->characters > RESULT_CHARACTERS)
        start_spilling(s);
}

void result_stream_add(struct result_stream *s, str bytes)
{
    s->raw += bytes.n;
    buf_clear(&s->piece);
    clean_stream_add(&s->clean, bytes, &s->piece);
    take(s, buf_str(&s->piece));
}

str result_stream_piece(const struct result_stream *s) { return buf_str(&s->piece); }

static void write_preview(struct result_stream *s)
{
    struct tool_result *r = s->result;
    struct spill spill = {.path = r->spilled,
                          .characters = s->characters,
                          .head = buf_str(&s->head),
                          .lost = s->lost};

    if (s->command)
        spill.tail = utf8_tail(buf_str(&s->tail), RESULT_PREVIEW - SPILL_HEAD);
    spill.between = s->bytes - spill.head.n - spill.tail.n;
    if (r->spilled[0])
        spill_preview(&r->text, &spill);
    else
        buf_printf(&r->text,
                   "[%llu characters, which could not be kept: %s. It begins:]\n%.*s\n"
                   "[... %llu bytes left out; it ends:]\n%.*s",
                   (unsigned long long)s->characters, s->error.text, FS(spill.head),
                   (unsigned long long)spill.between, FS(spill.tail));
}

rein_status result_stream_end(struct result_stream *s, struct error *err)
{
    rein_status status;

    buf_clear(&s->piece);
    clean_stream_end(&s->clean, &s->piece);
    take(s, buf_str(&s->piece));
    if (s->spilled)
        write_preview(s);
    if (s->fd >= 0)
        close(s->fd);
    status = s->status;
    if (status != REIN_OK && err)
        *err = s->error;
    clean_stream_fini(&s->clean);
    buf_fini(&s->piece);
    buf_fini(&s->head);
    buf_fini(&s->tail);
    free(s);
    return status;
}
