/*
 * anthropic_render.c - the server's side of the format: a reply as a stream, an error, a request
 * read again. For the script provider and for tests; it goes through the same bytes as a real
 * server's, so that there is one way.
 */
#include "wire/anthropic.h"
#include "base/utf8.h"

/* ---- frames ---------------------------------------------------------------------------------- */

/* A frame's data begins as {"type":"<name>", and ends with what the caller writes behind. */
static void begin_frame(struct json_writer *w, const char *name, struct buf *out)
{
    buf_printf(out, "event: %s\ndata: ", name);
    json_begin(w, out);
    json_object(w);
    json_put(w, "type", str_of(name));
}

static void end_frame(struct json_writer *w)
{
    json_object_end(w);
    buf_add(w->out, S("\n\n"));
}

static void put_start(str id, str model, const struct usage *usage, struct buf *out)
{
    struct json_writer w;

    begin_frame(&w, "message_start", out);
    json_key(&w, "message");
    json_object(&w);
    json_put(&w, "id", id);
    json_put(&w, "type", S("message"));
    json_put(&w, "role", S("assistant"));
    json_put(&w, "model", model);
    json_put_raw(&w, "content", S("[]"));
    json_put_raw(&w, "stop_reason", S("null"));
    json_put_raw(&w, "stop_sequence", S("null"));
    json_key(&w, "usage");
    usage_write(usage, &w);
    json_object_end(&w);
    end_frame(&w);
}

static void put_block_start(const struct block *block, size_t index, struct buf *out)
{
    struct json_writer w;

    begin_frame(&w, "content_block_start", out);
    json_put_int(&w, "index", (int64_t)index);
    json_key(&w, "content_block");
    if (block->kind == BLOCK_OPAQUE || block->kind == BLOCK_TOOL_RESULT) {
        json_raw(&w, block->native.n ? block->native : S("{}"));
        end_frame(&w);
        return;
    }
    json_object(&w);
    if (block->kind == BLOCK_TEXT) {
        json_put(&w, "type", S("text"));
        json_put(&w, "text", S(""));
    } else if (block->kind == BLOCK_THINKING) {
        json_put(&w, "type", S("thinking"));
        json_put(&w, "thinking", S(""));
        json_put(&w, "signature", S(""));
    } else if (block->kind == BLOCK_REDACTED) {
        json_put(&w, "type", S("redacted_thinking"));
        json_put(&w, "data", block->signature);
    } else {
        json_put(&w, "type", S("tool_use"));
        json_put(&w, "id", block->id);
        json_put(&w, "name", block->name);
        json_put_raw(&w, "input", S("{}"));
    }
    json_object_end(&w);
    end_frame(&w);
}

static void put_delta(size_t index, const char *type, const char *member, str value, bool is_json,
                      struct buf *out)
{
    struct json_writer w;

    begin_frame(&w, "content_block_delta", out);
    json_put_int(&w, "index", (int64_t)index);
    json_key(&w, "delta");
    json_object(&w);
    json_put(&w, "type", str_of(type));
    if (is_json)
        json_put_raw(&w, member, value);
    else
        json_put(&w, member, value);
    json_object_end(&w);
    end_frame(&w);
}

/* `text` in `pieces` of about the same size, cut between characters. */
static void put_pieces(size_t index, const char *type, const char *member, str text,
                       unsigned pieces, struct buf *out)
{
    size_t size = pieces > 1 ? text.n / pieces : text.n;

    for (unsigned left = pieces > 1 ? pieces : 1; text.n; left--) {
        str piece = left <= 1 ? text : utf8_head(text, size);

        if (piece.n == 0) /* the next character alone is larger than that */
            piece = str_take(text, utf8_length(text.p, text.n) ? utf8_length(text.p, text.n) : 1);
        put_delta(index, type, member, piece, false, out);
        text = str_skip(text, piece.n);
        if (left <= 1)
            break;
    }
}

static void put_block(const struct block *block, size_t index, unsigned pieces, struct buf *out)
{
    struct json_writer w;

    put_block_start(block, index, out);
    switch (block->kind) {
    case BLOCK_TEXT:
        put_pieces(index, "text_delta", "text", block->text, pieces, out);
        if (block->native.n) {
            struct arena a;
            struct json *list = NULL;

            arena_init(&a);
            (void)json_parse(block->native, ANTHROPIC_FRAME_DEPTH, &a, &list, NULL);
            json_each (citation, list)
                put_delta(index, "citations_delta", "citation", citation->source, true, out);
            arena_fini(&a);
        }
        break;
    case BLOCK_THINKING:
        put_pieces(index, "thinking_delta", "thinking", block->text, pieces, out);
        if (block->signature.n)
            put_delta(index, "signature_delta", "signature", block->signature, false, out);
        break;
    case BLOCK_TOOL_USE:
        put_delta(index, "input_json_delta", "partial_json", S(""), false, out);
        put_pieces(index, "input_json_delta", "partial_json",
                   block->invalid ? block->text : block->input, pieces, out);
        break;
    case BLOCK_REDACTED:
    case BLOCK_TOOL_RESULT:
    case BLOCK_OPAQUE: break;
    }
    begin_frame(&w, "content_block_stop", out);
    json_put_int(&w, "index", (int64_t)index);
    end_frame(&w);
}

static void put_stop(str reason, const struct usage *usage, struct buf *out)
{
    struct json_writer w;

    begin_frame(&w, "message_delta", out);
    json_key(&w, "delta");
    json_object(&w);
    json_put(&w, "stop_reason", reason);
    json_put_raw(&w, "stop_sequence", S("null"));
    json_object_end(&w);
    json_key(&w, "usage");
    usage_write(usage, &w);
    end_frame(&w);
    begin_frame(&w, "message_stop", out);
    end_frame(&w);
}

void anthropic_render(str id, str model, const struct block *blocks, size_t n,
                      enum stop_reason stop, str stop_raw, const struct usage *usage,
                      unsigned pieces, struct buf *out)
{
    struct usage before = *usage;

    before.output = before.thinking = before.web_searches = 0;
    put_start(id, model, &before, out);
    for (size_t i = 0; i < n; i++)
        put_block(&blocks[i], i, pieces, out);
    if (stop != STOP_NONE)
        put_stop(stop_raw.n ? stop_raw : str_of(stop_reason_name(stop)), usage, out);
}

void anthropic_render_error(str type, str message, bool in_stream, struct buf *out)
{
    struct json_writer w;

    if (in_stream)
        buf_add(out, S("event: error\ndata: "));
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "type", S("error"));
    json_key(&w, "error");
    json_object(&w);
    json_put(&w, "type", type);
    json_put(&w, "message", message);
    json_object_end(&w);
    json_object_end(&w);
    if (in_stream)
        buf_add(out, S("\n\n"));
}

/* ---- reading a request ----------------------------------------------------------------------- */

static str joined_text(const struct json *value, struct arena *a)
{
    struct buf out;

    if (!value || value->kind == JSON_STRING)
        return value ? value->text : (str){0};
    buf_init(&out, BUF_NO_MAX);
    json_each (part, value) {
        if (out.n)
            buf_byte(&out, '\n');
        buf_add(&out, json_text(part, "text", S("")));
    }
    str text = arena_str(a, buf_str(&out));

    buf_fini(&out);
    return text;
}

/* The text and the results of a user's message. */
static size_t read_last(const struct json *message, struct arena *a, struct block **out)
{
    const struct json *content = json_get(message, "content");
    size_t n = 0;

    if (!content || !str_eq(json_text(message, "role", S("")), S("user")))
        return 0;
    *out = arena_array(a, struct block, content->count + 1);
    if (content->kind == JSON_STRING)
        (*out)[n++] = (struct block){.kind = BLOCK_TEXT, .text = content->text};
    json_each (part, content) {
        str type = json_text(part, "type", S(""));

        if (str_eq(type, S("text")))
            (*out)[n++] =
                (struct block){.kind = BLOCK_TEXT, .text = json_text(part, "text", S(""))};
        else if (str_eq(type, S("tool_result")))
            (*out)[n++] = (struct block){.kind = BLOCK_TOOL_RESULT,
                                         .id = json_text(part, "tool_use_id", S("")),
                                         .text = joined_text(json_get(part, "content"), a),
                                         .is_error = json_bool(part, "is_error", false)};
    }
    return n;
}

rein_status anthropic_read_request(str body, struct arena *a, struct wire_request *out,
                                   struct error *err)
{
    const struct json *messages, *last = NULL;
    struct block *blocks = NULL;
    struct json *tree;

    *out = (struct wire_request){0};
    if (json_parse(body, ANTHROPIC_FRAME_DEPTH, a, &tree, err) != REIN_OK)
        return error_context(err, "the request");
    messages = json_get(tree, "messages");
    if (!messages || messages->kind != JSON_ARRAY)
        return fail(err, REIN_INVALID, "the request has no messages");
    out->model = json_text(tree, "model", S(""));
    out->system = joined_text(json_get(tree, "system"), a);
    json_each (message, messages) {
        out->replies += str_eq(json_text(message, "role", S("")), S("assistant"));
        last = message;
    }
    out->n_last = read_last(last, a, &blocks);
    out->last = blocks;
    return REIN_OK;
}
