/*
 * anthropic_decode.c - the bytes of a reply to frames, and what else a body may be. Knows nothing
 * of sockets, and of what frames mean only how the last one is called.
 *
 * Tolerant of what servers and gateways really send: events that nobody knows, names that disagree
 * with the JSON, whole messages instead of a stream. Strict in one thing: only message_stop proves
 * that a reply is complete.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "wire/anthropic_decoder.h"

struct wire_decoder *anthropic_decoder_new(void)
{
    struct wire_decoder *d = memory_new(sizeof *d);

    sse_init(&d->sse, ANTHROPIC_MESSAGE_MAX);
    buf_init(&d->whole, ANTHROPIC_MESSAGE_MAX);
    arena_init(&d->scratch);
    arena_init(&d->message);
    return d;
}

void anthropic_decoder_free(struct wire_decoder *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_blocks; i++)
        partial_free(d->blocks[i]);
    free(d->blocks);
    free(d->ids);
    sse_fini(&d->sse);
    buf_fini(&d->whole);
    arena_fini(&d->scratch);
    arena_fini(&d->message);
    free(d);
}

/* ---- framing --------------------------------------------------------------------------------- */

/* The beginning of what was not understood, in one line that is fit to be shown. */
rein_status decoder_not_understood(const char *what, str bytes, struct error *err)
{
    struct buf shown;

    buf_init(&shown, BUF_NO_MAX);
    utf8_sanitise(&shown, str_take(bytes, DECODER_SHOWN_MAX), false);
    for (size_t i = 0; i < shown.n; i++)
        if (shown.p[i] == '\n' || shown.p[i] == '\t')
            shown.p[i] = ' ';
    rein_status status = fail(err, REIN_PROTOCOL, "%s: %.*s", what, FS(buf_str(&shown)));

    buf_fini(&shown);
    return status;
}

/* A frame's tree in the scratch arena; text that is not UTF-8 is mended once. */
static struct json *parse_frame(struct wire_decoder *d, str bytes)
{
    struct json *frame = NULL;
    struct buf clean;

    arena_reset(&d->scratch);
    if (json_parse(bytes, ANTHROPIC_FRAME_DEPTH, &d->scratch, &frame, NULL) == REIN_OK)
        return frame;
    if (utf8_is_valid(bytes))
        return NULL;
    buf_init(&clean, BUF_NO_MAX);
    utf8_clean(&clean, bytes);
    str mended = arena_str(&d->scratch, buf_str(&clean));

    buf_fini(&clean);
    if (json_parse(mended, ANTHROPIC_FRAME_DEPTH, &d->scratch, &frame, NULL) != REIN_OK)
        return NULL;
    return frame;
}

static rein_status on_frame(void *data, str event, str bytes, struct error *err)
{
    struct wire_decoder *d = data;
    bool is_error = str_eq(event, S("error"));

    if (d->shape == SHAPE_OVER || (!is_error && !d->ending && decoder_fast_delta(d, bytes)))
        return REIN_OK;
    struct json *frame = parse_frame(d, bytes);

    if (is_error) {
        const struct json *error = json_get(frame, "error");

        decoder_error(d, json_text(error, "type", S("api_error")),
                      json_text(error, "message", str_take(bytes, DECODER_SHOWN_MAX)));
        return REIN_OK;
    }
    if (!frame && str_eq(bytes, S("[DONE]")))
        return REIN_OK;
    if (!frame && !d->ending)
        return decoder_not_understood("the reply has an event that is no JSON", bytes, err);
    /* Of a frame without its closing empty line only the end itself is believed. */
    if (d->ending && !str_eq(json_text(frame, "type", S("")), S("message_stop")))
        return REIN_OK;
    return decoder_frame(d, frame, err);
}

static rein_status take_whole(struct wire_decoder *d, struct error *err)
{
    struct json *reply = parse_frame(d, str_trim(buf_str(&d->whole)));

    if (!reply || reply->kind != JSON_OBJECT)
        return decoder_not_understood("the server answered neither with a stream nor with JSON",
                                      buf_str(&d->whole), err);
    return decoder_whole(d, reply, err);
}

/* What kind of body this is, by its first byte that is no blank (nor of a byte order mark). */
static rein_status sniff(struct wire_decoder *d, str *bytes, struct error *err)
{
    static const char blanks[] = "\xEF\xBB\xBF \t\r\n";

    while (bytes->n && memchr(blanks, bytes->p[0], sizeof blanks - 1))
        *bytes = str_skip(*bytes, 1);
    if (bytes->n == 0)
        return REIN_OK;
    if (bytes->p[0] == '<')
        return decoder_not_understood("a web page came instead of a model's reply (is the address "
                                      "right?)",
                                      *bytes, err);
    d->shape = bytes->p[0] == '{' || bytes->p[0] == '[' ? SHAPE_WHOLE : SHAPE_STREAM;
    return REIN_OK;
}

rein_status anthropic_feed(struct wire_decoder *d, str bytes, stream_fn *fn, void *data,
                           struct error *err)
{
    rein_status status = REIN_OK;

    d->fn = fn;
    d->data = data;
    if (d->shape == SHAPE_UNKNOWN)
        status = sniff(d, &bytes, err);
    if (status != REIN_OK)
        d->shape = SHAPE_OVER;
    if (d->shape == SHAPE_STREAM)
        status = sse_feed(&d->sse, bytes, on_frame, d, err);
    if (d->shape == SHAPE_WHOLE) {
        buf_add(&d->whole, bytes);
        if (!buf_ok(&d->whole))
            status = decoder_too_large("message", ANTHROPIC_MESSAGE_MAX, err);
    }
    return status;
}

rein_status anthropic_end(struct wire_decoder *d, stream_fn *fn, void *data, struct error *err)
{
    rein_status status = REIN_OK;

    d->fn = fn;
    d->data = data;
    d->ending = true;
    if (d->shape == SHAPE_WHOLE)
        status = take_whole(d, err);
    else if (d->shape == SHAPE_STREAM)
        status = sse_end(&d->sse, on_frame, d, err);
    if (d->shape == SHAPE_OVER && status == REIN_OK)
        return REIN_OK;
    decoder_give_unfinished(d);
    d->shape = SHAPE_OVER;
    if (status != REIN_OK)
        return status;
    if (!d->started)
        return fail(err, REIN_PROTOCOL, "the server closed the connection without a reply");
    return fail(err, REIN_PROTOCOL, "the reply ended before it was complete");
}

void anthropic_error_body(str body, struct arena *a, str *type, str *message)
{
    struct json *tree;

    *type = *message = (str){0};
    if (json_parse(str_trim(body), ANTHROPIC_FRAME_DEPTH, a, &tree, NULL) != REIN_OK) {
        if (str_find(str_take(str_trim(body), 1), '<') == SIZE_MAX)
            *message = str_trim(body);
        return;
    }
    const struct json *error = json_get(tree, "error");

    *type = json_text(error, "type", S(""));
    *message = json_text(error, "message", S(""));
    /* Shapes of gateways: "error" as a text, or "message" or "detail" on the top level. */
    if (message->n == 0 && error && error->kind == JSON_STRING)
        *message = error->text;
    if (message->n == 0)
        *message = json_text(tree, "message", json_text(tree, "detail", S("")));
}
