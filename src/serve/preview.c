/*
 * preview.c - the model's stream, made again from passing events. The log keeps finished blocks, so
 * a tool's input comes in one piece, when its block is complete.
 */
#include "serve/preview.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/memory.h"

enum { PREVIEW_BLOCKS = 64 }; /* open at once; further ones are told when they are finished */

struct preview_block {
    char event_id[ID_UUID_SIZE]; /* empty: closed */
    int64_t index;
    bool is_thinking;
};

struct preview {
    preview_fn *fn;
    void *data;
    bool begun;
    int64_t next; /* index of the next block */
    struct preview_block blocks[PREVIEW_BLOCKS];
    struct buf out;
};

struct preview *preview_new(preview_fn *fn, void *data)
{
    struct preview *p = memory_new(sizeof *p);

    p->fn = fn;
    p->data = data;
    buf_init(&p->out, BUF_NO_MAX);
    return p;
}

void preview_free(struct preview *p)
{
    if (!p)
        return;
    buf_fini(&p->out);
    free(p);
}

static struct json_writer begin(struct preview *p, str type)
{
    struct json_writer w;

    buf_clear(&p->out);
    json_begin(&w, &p->out);
    json_object(&w);
    json_put(&w, "type", type);
    return w;
}

static void end(struct preview *p, struct json_writer *w)
{
    json_object_end(w);
    p->fn(p->data, buf_str(&p->out));
}

static struct preview_block *find(struct preview *p, str event_id)
{
    for (size_t i = 0; i < PREVIEW_BLOCKS; i++) {
        if (str_eq(str_of(p->blocks[i].event_id), event_id))
            return &p->blocks[i];
    }
    return NULL;
}

static void message_start(struct preview *p, str message_id, str model)
{
    struct json_writer w = begin(p, S("message_start"));

    json_key(&w, "message");
    json_object(&w);
    json_put(&w, "id", message_id);
    json_put(&w, "type", S("message"));
    json_put(&w, "role", S("assistant"));
    json_put(&w, "model", model);
    json_put_raw(&w, "content", S("[]"));
    json_put_raw(&w, "stop_reason", S("null"));
    json_put_raw(&w, "stop_sequence", S("null"));
    json_put_raw(&w, "usage", S("{\"input_tokens\":0,\"output_tokens\":0}"));
    json_object_end(&w);
    end(p, &w);
    p->begun = true;
    p->next = 0;
}

static void empty_block(struct json_writer *w, str type, const struct json *event)
{
    json_key(w, "content_block");
    json_object(w);
    if (str_eq(type, S("agent.tool_use"))) {
        json_put(w, "type", S("tool_use"));
        json_put(w, "id", json_text(event, "call", S("")));
        json_put(w, "name", json_text(event, "name", S("")));
        json_put_raw(w, "input", S("{}"));
    } else if (str_eq(type, S("agent.thinking"))) {
        json_put(w, "type", S("thinking"));
        json_put(w, "thinking", S(""));
        json_put(w, "signature", S(""));
    } else {
        json_put(w, "type", S("text"));
        json_put(w, "text", S(""));
    }
    json_object_end(w);
}

void preview_block_start(struct preview *p, str message_id, str model, const struct json *event)
{
    str type = json_text(event, "type", S(""));
    str id = json_text(event, "id", S(""));
    struct preview_block *block = find(p, S(""));
    bool is_call = str_eq(type, S("agent.tool_use"));

    /* A call without the model's id of it can't be told by that id later: it comes when finished. */
    if (!block || id.n != ID_UUID_SIZE - 1 || (is_call && !json_get(event, "call")))
        return;
    if (!p->begun)
        message_start(p, message_id, model);
    memcpy(block->event_id, id.p, id.n);
    block->index = p->next++;
    block->is_thinking = str_eq(type, S("agent.thinking"));
    struct json_writer w = begin(p, S("content_block_start"));
    json_put_int(&w, "index", block->index);
    empty_block(&w, type, event);
    end(p, &w);
}

static void put_delta(struct preview *p, int64_t index, str type, const char *key, str text)
{
    struct json_writer w = begin(p, S("content_block_delta"));

    json_put_int(&w, "index", index);
    json_key(&w, "delta");
    json_object(&w);
    json_put(&w, "type", type);
    json_put(&w, key, text);
    json_object_end(&w);
    end(p, &w);
}

void preview_delta(struct preview *p, const struct json *body)
{
    const struct json *content = json_get(json_get(body, "delta"), "content");
    str id = json_text(body, "event_id", S(""));
    struct preview_block *block = id.n ? find(p, id) : NULL;

    if (!block)
        return;
    if (block->is_thinking)
        put_delta(p, block->index, S("thinking_delta"), "thinking",
                  json_text(content, "text", S("")));
    else
        put_delta(p, block->index, S("text_delta"), "text", json_text(content, "text", S("")));
}

static void block_stop(struct preview *p, struct preview_block *block)
{
    struct json_writer w = begin(p, S("content_block_stop"));

    json_put_int(&w, "index", block->index);
    end(p, &w);
    block->event_id[0] = 0;
}

void preview_block_end(struct preview *p, str event_id, const struct json *body)
{
    struct preview_block *block = event_id.n ? find(p, event_id) : NULL;
    const struct json *input = json_get(body, "input");
    str signature = json_text(body, "signature", S(""));

    if (!block)
        return;
    if (input)
        put_delta(p, block->index, S("input_json_delta"), "partial_json", input->source);
    if (signature.n)
        put_delta(p, block->index, S("signature_delta"), "signature", signature);
    block_stop(p, block);
}

void preview_reply_end(struct preview *p, str stop_reason, const struct json *usage)
{
    if (!p->begun)
        return;
    for (size_t i = 0; i < PREVIEW_BLOCKS; i++) {
        if (p->blocks[i].event_id[0])
            block_stop(p, &p->blocks[i]);
    }
    struct json_writer w = begin(p, S("message_delta"));
    json_key(&w, "delta");
    json_object(&w);
    json_key(&w, "stop_reason");
    if (stop_reason.n)
        json_string(&w, stop_reason);
    else
        json_null(&w);
    json_put_raw(&w, "stop_sequence", S("null"));
    json_object_end(&w);
    json_put_raw(&w, "usage", usage ? usage->source : S("{\"output_tokens\":0}"));
    end(p, &w);
    w = begin(p, S("message_stop"));
    end(p, &w);
    p->begun = false;
}
