/*
 * anthropic_message.c - what the frames of a stream mean: blocks that open, grow and close, usage,
 * the end. Knows nothing of how frames are cut from bytes.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "wire/anthropic_decoder.h"

enum { BLOCKS_MAX = 4096 };

/* ---- events out ------------------------------------------------------------------------------ */

static void emit(struct wire_decoder *d, const struct stream_event *ev) { d->fn(d->data, ev); }

/* Content may come before message_start, or without one. */
static void ensure_started(struct wire_decoder *d)
{
    if (d->started)
        return;
    d->started = true;
    emit(d, &(struct stream_event){
                .kind = STREAM_START, .id = d->id, .model = d->model, .usage = d->usage});
}

void decoder_told(struct wire_decoder *d, const struct partial *p, size_t from)
{
    str delta = str_skip(buf_str(&p->text), from);

    if (delta.n && (p->block.kind == BLOCK_TEXT || p->block.kind == BLOCK_THINKING))
        emit(d, &(struct stream_event){.kind = STREAM_DELTA,
                                       .index = p->index,
                                       .block = {.kind = p->block.kind},
                                       .delta = delta});
}

/* Finished blocks are handed out in the order in which they began. */
static void give_finished(struct wire_decoder *d)
{
    while (d->given < d->n_blocks && d->blocks[d->given]->done) {
        struct partial *p = d->blocks[d->given];
        struct stream_event ev = {.kind = STREAM_BLOCK, .index = p->index};
        struct arena a;

        arena_init(&a);
        partial_finish(p, &a, &ev.block);
        emit(d, &ev);
        arena_fini(&a);
        d->blocks[d->given++] = NULL;
        if (d->current == p)
            d->current = NULL;
        partial_free(p);
    }
}

static void finish_all(struct wire_decoder *d)
{
    for (size_t i = d->given; i < d->n_blocks; i++)
        d->blocks[i]->done = true;
    give_finished(d);
}

void decoder_give_unfinished(struct wire_decoder *d)
{
    for (size_t i = d->given; i < d->n_blocks; i++) {
        struct partial *p = d->blocks[i];

        if (!p->done && (p->block.kind != BLOCK_TEXT || str_trim(buf_str(&p->text)).n == 0))
            break;
        p->done = true;
    }
    give_finished(d);
}

void decoder_error(struct wire_decoder *d, str type, str message)
{
    decoder_give_unfinished(d);
    emit(d, &(struct stream_event){
                .kind = STREAM_ERROR, .error_type = type, .error_message = message});
    d->shape = SHAPE_OVER;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

struct partial *decoder_block(struct wire_decoder *d, int64_t key)
{
    if (d->current && d->current->key == key && !d->current->done)
        return d->current;
    for (size_t i = d->n_blocks; i-- > d->given;)
        if (d->blocks[i]->key == key && !d->blocks[i]->done)
            return d->current = d->blocks[i];
    return NULL;
}

static bool is_taken(const struct wire_decoder *d, str id)
{
    for (size_t i = 0; i < d->n_ids; i++)
        if (str_eq(d->ids[i], id))
            return true;
    return false;
}

/* A tool call needs an id of its own in the message: the server's, or one made from it. */
static void identify(struct wire_decoder *d, struct partial *p)
{
    str base = p->block.id, id = base;

    if (base.n == 0)
        id = base = arena_printf(&d->message, "call_%.*s_%u", FS(str_take(d->id, 40)), p->index);
    for (unsigned i = 2; is_taken(d, id); i++)
        id = arena_printf(&d->message, "%.*s_%u", FS(base), i);
    if (d->n_ids == d->room_ids) {
        d->room_ids = d->room_ids ? d->room_ids * 2 : 8;
        d->ids = memory_grow(d->ids, d->room_ids * sizeof *d->ids);
    }
    d->ids[d->n_ids++] = arena_str(&d->message, id);
    p->block.id = d->ids[d->n_ids - 1];
    d->has_tools = true;
}

rein_status decoder_too_large(const char *what, size_t max, struct error *err)
{
    return fail(err, REIN_LIMIT, "the reply has a %s larger than %zu MiB", what, max >> 20);
}

static rein_status grow(struct wire_decoder *d, size_t n, struct error *err)
{
    d->total += n;
    return d->total <= ANTHROPIC_MESSAGE_MAX
               ? REIN_OK
               : decoder_too_large("message", ANTHROPIC_MESSAGE_MAX, err);
}

static rein_status start_block(struct wire_decoder *d, const struct json *object, int64_t key,
                               struct error *err)
{
    struct partial *earlier = decoder_block(d, key);

    ensure_started(d);
    if (d->n_blocks == BLOCKS_MAX)
        return fail(err, REIN_LIMIT, "the reply has more than %d blocks", BLOCKS_MAX);
    if (earlier) {
        earlier->done = true;
        give_finished(d);
    }
    if (d->n_blocks == d->room) {
        d->room = d->room ? d->room * 2 : 8;
        d->blocks = memory_grow(d->blocks, d->room * sizeof(struct partial *));
    }
    struct partial *p = partial_new(object, key, (unsigned)d->n_blocks);

    d->blocks[d->n_blocks++] = p;
    d->current = p;
    if (p->block.kind == BLOCK_TOOL_USE)
        identify(d, p);
    emit(d,
         &(struct stream_event){.kind = STREAM_BLOCK_START, .index = p->index, .block = p->block});
    decoder_told(d, p, 0);
    return grow(d, partial_size(p), err);
}

/* ---- usage ----------------------------------------------------------------------------------- */

/* Counters are of the whole message: a number replaces, null or nothing leaves what was there. */
static void take_count(const struct json *object, const char *name, int64_t *out)
{
    const struct json *node = json_get(object, name);

    if (node && node->kind == JSON_NUMBER) {
        int64_t n = json_int(object, name, 0);

        *out = n > 0 ? n : 0;
    }
}

static void take_usage(struct wire_decoder *d, const struct json *usage)
{
    struct usage *u = &d->usage;
    const struct json *creation = json_get(usage, "cache_creation");
    int64_t known = u->cache_write_5m + u->cache_write_1h, written = known;

    take_count(usage, "input_tokens", &u->input);
    take_count(usage, "output_tokens", &u->output);
    take_count(usage, "cache_read_input_tokens", &u->cache_read);
    take_count(usage, "cache_creation_input_tokens", &written);
    if (creation && creation->kind == JSON_OBJECT && creation->count) {
        take_count(creation, "ephemeral_5m_input_tokens", &u->cache_write_5m);
        take_count(creation, "ephemeral_1h_input_tokens", &u->cache_write_1h);
    } else if (written != known) {
        u->cache_write_5m = written; /* without the split, at the five-minute rate */
        u->cache_write_1h = 0;
    }
    take_count(json_get(usage, "output_tokens_details"), "thinking_tokens", &u->thinking);
    take_count(json_get(usage, "server_tool_use"), "web_search_requests", &u->web_searches);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static rein_status on_message_start(struct wire_decoder *d, const struct json *frame,
                                    struct error *err)
{
    const struct json *message = json_get(frame, "message");

    (void)err;
    if (d->started)
        return REIN_OK;
    d->id = arena_str(&d->message, json_text(message, "id", S("")));
    d->model = arena_str(&d->message, json_text(message, "model", S("")));
    take_usage(d, json_get(message, "usage"));
    ensure_started(d);
    return REIN_OK;
}

static rein_status on_block_start(struct wire_decoder *d, const struct json *frame,
                                  struct error *err)
{
    return start_block(d, json_get(frame, "content_block"), json_int(frame, "index", 0), err);
}

static rein_status add_text(struct wire_decoder *d, struct partial *p, enum delta_kind kind,
                            str text, struct error *err)
{
    struct buf *to = partial_text(p, kind);
    size_t from = to ? to->n : 0;

    if (!to)
        return REIN_OK;
    buf_add(to, text);
    if (!buf_ok(to))
        return decoder_too_large("block", ANTHROPIC_BLOCK_MAX, err);
    decoder_told(d, p, from);
    return grow(d, text.n, err);
}

static rein_status on_block_delta(struct wire_decoder *d, const struct json *frame,
                                  struct error *err)
{
    const struct json *delta = json_get(frame, "delta");
    struct partial *p = decoder_block(d, json_int(frame, "index", 0));
    str type = json_text(delta, "type", S(""));

    if (!p)
        return REIN_OK; /* of a block that never began, or is over */
    for (unsigned i = 0; i < ANTHROPIC_DELTAS; i++)
        if (str_eq(type, str_of(anthropic_deltas[i].type)))
            return add_text(d, p, (enum delta_kind)i,
                            json_text(delta, anthropic_deltas[i].member, S("")), err);
    partial_delta(p, delta);
    if (!buf_ok(&p->signature) || !buf_ok(&p->citations))
        return decoder_too_large("block", ANTHROPIC_BLOCK_MAX, err);
    return grow(d, frame->source.n, err);
}

static rein_status on_block_stop(struct wire_decoder *d, const struct json *frame,
                                 struct error *err)
{
    struct partial *p = decoder_block(d, json_int(frame, "index", 0));

    (void)err;
    if (p)
        p->done = true;
    give_finished(d);
    return REIN_OK;
}

/* A word that the neutral form lacks ends the turn; "compaction" is the server's pause. */
static enum stop_reason reason_of(str word)
{
    if (str_eq(word, S("compaction")))
        return STOP_PAUSE;
    enum stop_reason reason = stop_reason_of(word);

    return reason == STOP_NONE ? STOP_DONE : reason;
}

static rein_status on_message_delta(struct wire_decoder *d, const struct json *frame,
                                    struct error *err)
{
    str word = json_text(json_get(frame, "delta"), "stop_reason", S(""));

    (void)err;
    d->has_delta = true;
    if (word.n) {
        d->stop_raw = arena_str(&d->message, str_take(word, DECODER_SHOWN_MAX));
        d->stop = reason_of(word);
    }
    take_usage(d, json_get(frame, "usage"));
    return REIN_OK;
}

static rein_status on_message_stop(struct wire_decoder *d, const struct json *frame,
                                   struct error *err)
{
    (void)frame;
    if (!d->has_delta)
        return fail(err, REIN_PROTOCOL, "the reply ended without saying why (no message_delta)");
    ensure_started(d);
    finish_all(d);
    enum stop_reason stop = d->stop == STOP_NONE ? STOP_DONE : d->stop;

    if (stop == STOP_TOOLS && !d->has_tools)
        stop = STOP_DONE;
    emit(d, &(struct stream_event){.kind = STREAM_STOP,
                                   .id = d->id,
                                   .model = d->model,
                                   .stop = stop,
                                   .stop_raw = d->stop_raw,
                                   .usage = d->usage});
    d->shape = SHAPE_OVER;
    return REIN_OK;
}

static rein_status on_error(struct wire_decoder *d, const struct json *frame, struct error *err)
{
    const struct json *error = json_get(frame, "error");

    (void)err;
    decoder_error(d, json_text(error, "type", S("api_error")),
                  json_text(error, "message", str_take(frame->source, DECODER_SHOWN_MAX)));
    return REIN_OK;
}

static const struct {
    const char *type;
    rein_status (*on)(struct wire_decoder *d, const struct json *frame, struct error *err);
} frames[] = {
    {"content_block_delta", on_block_delta},
    {"content_block_start", on_block_start},
    {"content_block_stop", on_block_stop},
    {"message_start", on_message_start},
    {"message_delta", on_message_delta},
    {"message_stop", on_message_stop},
    {"error", on_error},
};

rein_status decoder_frame(struct wire_decoder *d, const struct json *frame, struct error *err)
{
    str type = json_text(frame, "type", S(""));

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (str_eq(type, str_of(frames[i].type)))
            return frames[i].on(d, frame, err);
    return REIN_OK;
}

rein_status decoder_whole(struct wire_decoder *d, const struct json *reply, struct error *err)
{
    const struct json *content = json_get(reply, "content");
    int64_t key = 0;

    bool is_error = str_eq(json_text(reply, "type", S("")), S("error"));

    if (is_error || (!content && json_get(reply, "error")))
        return on_error(d, reply, err);
    if (!content || content->kind != JSON_ARRAY)
        return decoder_not_understood("the server's answer is no message", reply->source, err);
    d->id = arena_str(&d->message, json_text(reply, "id", S("")));
    d->model = arena_str(&d->message, json_text(reply, "model", S("")));
    take_usage(d, json_get(reply, "usage"));
    ensure_started(d);
    json_each (block, content) {
        rein_status status = start_block(d, block, key++, err);

        if (status != REIN_OK)
            return status;
    }
    str word = json_text(reply, "stop_reason", S(""));

    d->has_delta = true;
    d->stop_raw = arena_str(&d->message, str_take(word, DECODER_SHOWN_MAX));
    d->stop = word.n ? reason_of(word) : STOP_DONE;
    return on_message_stop(d, reply, err);
}
