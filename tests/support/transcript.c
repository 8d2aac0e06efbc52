/*
 * transcript.c - stream events as lines of text.
 */
#include "support/transcript.h"

static void put_usage(struct buf *out, const struct usage *u)
{
    const struct {
        const char *name;
        int64_t n;
    } counters[] = {
        {"in", u->input},
        {"out", u->output},
        {"read", u->cache_read},
        {"5m", u->cache_write_5m},
        {"1h", u->cache_write_1h},
        {"thinking", u->thinking},
        {"searches", u->web_searches},
    };

    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        if (counters[i].n)
            buf_printf(out, " %s=%lld", counters[i].name, (long long)counters[i].n);
}

/* One line: line feeds are shown as such. */
static void put_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n')
            buf_add(out, (str){"\\n", 2});
        else
            buf_byte(out, text.p[i]);
    }
}

static void put_block(struct buf *out, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_TEXT:
        buf_printf(out, "text ");
        put_text(out, b->text);
        if (b->native.n)
            buf_printf(out, " citations %.*s", FS(b->native));
        break;
    case BLOCK_THINKING:
        buf_printf(out, "thinking ");
        put_text(out, b->text);
        buf_printf(out, " signature %.*s", FS(b->signature));
        break;
    case BLOCK_REDACTED: buf_printf(out, "redacted %.*s", FS(b->signature)); break;
    case BLOCK_TOOL_USE:
        buf_printf(out, "tool_use %.*s %.*s %.*s", FS(b->id), FS(b->name), FS(b->input));
        if (b->invalid) {
            buf_printf(out, " invalid ");
            put_text(out, b->text);
        }
        break;
    case BLOCK_TOOL_RESULT: buf_printf(out, "tool_result"); break;
    case BLOCK_OPAQUE:
        buf_printf(out, "opaque ");
        put_text(out, b->native);
        break;
    }
}

void transcript_event(struct buf *out, const struct stream_event *ev)
{
    static const char *const kinds[] = {"text",     "thinking",    "redacted",
                                        "tool_use", "tool_result", "opaque"};

    switch (ev->kind) {
    case STREAM_START:
        buf_printf(out, "start %.*s %.*s", FS(ev->id), FS(ev->model));
        put_usage(out, &ev->usage);
        break;
    case STREAM_BLOCK_START:
        buf_printf(out, "begin %u %s", ev->index, kinds[ev->block.kind]);
        if (ev->block.kind == BLOCK_TOOL_USE)
            buf_printf(out, " %.*s %.*s", FS(ev->block.id), FS(ev->block.name));
        break;
    case STREAM_DELTA:
        buf_printf(out, "delta %u ", ev->index);
        put_text(out, ev->delta);
        break;
    case STREAM_BLOCK:
        buf_printf(out, "block %u ", ev->index);
        put_block(out, &ev->block);
        break;
    case STREAM_STOP:
        buf_printf(out, "stop %s (%.*s)", stop_reason_name(ev->stop), FS(ev->stop_raw));
        put_usage(out, &ev->usage);
        break;
    case STREAM_ERROR:
        buf_printf(out, "error %.*s: ", FS(ev->error_type));
        put_text(out, ev->error_message);
        break;
    }
    buf_byte(out, '\n');
}

static void on_event(void *data, const struct stream_event *ev) { transcript_event(data, ev); }

static void finish(const struct wire_format *wire, struct wire_decoder *d, rein_status status,
                   struct error *err, struct buf *out)
{
    if (status == REIN_OK)
        status = wire->end(d, on_event, out, err);
    wire->decoder_free(d);
    if (status == REIN_OK)
        buf_printf(out, "end ok\n");
    else
        buf_printf(out, "end %s: %s\n", status_name(status), err->text);
}

void transcript_of(const struct wire_format *wire, str bytes, size_t step, struct buf *out)
{
    struct wire_decoder *d = wire->decoder_new();
    struct error err = {0};
    rein_status status = REIN_OK;

    for (size_t at = 0; at < bytes.n && status == REIN_OK; at += step ? step : bytes.n)
        status =
            wire->feed(d, step ? str_take(str_skip(bytes, at), step) : bytes, on_event, out, &err);
    finish(wire, d, status, &err, out);
}

void transcript_cut(const struct wire_format *wire, str bytes, size_t at, struct buf *out)
{
    struct wire_decoder *d = wire->decoder_new();
    struct error err = {0};
    rein_status status = wire->feed(d, str_take(bytes, at), on_event, out, &err);

    if (status == REIN_OK)
        status = wire->feed(d, str_skip(bytes, at), on_event, out, &err);
    finish(wire, d, status, &err, out);
}
