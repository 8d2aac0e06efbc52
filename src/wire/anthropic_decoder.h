/*
 * anthropic_decoder.h - the state of a reply that is being read, shared by the three files that do
 * it: anthropic_decode.c (framing), anthropic_delta.c (the usual frame, quickly), and
 * anthropic_message.c (what frames mean).
 */
#ifndef WIRE_ANTHROPIC_DECODER_H
#define WIRE_ANTHROPIC_DECODER_H

#include "wire/anthropic.h"
#include "wire/sse.h"

enum { DECODER_SHOWN_MAX = 120 }; /* of foreign text in events and errors */

enum shape { SHAPE_UNKNOWN, SHAPE_STREAM, SHAPE_WHOLE, SHAPE_OVER };

struct wire_decoder {
    enum shape shape;
    struct sse sse;
    struct buf whole;             /* a reply that is no stream */
    struct arena scratch;         /* of one frame */
    struct arena message;         /* ids and names of the message */
    struct partial **blocks;      /* all that began; freed ones are NULL */
    size_t n_blocks, room, given; /* those before `given` were handed out */
    struct partial *current;      /* where the last delta went */
    str *ids;                     /* tool ids given, to find doubles */
    size_t n_ids, room_ids;
    size_t total; /* bytes of content */
    str id, model, stop_raw;
    enum stop_reason stop;
    struct usage usage;
    bool started, has_delta, has_tools, ending;
    stream_fn *fn; /* of the feeding under way */
    void *data;
};

/* ---- anthropic_message.c --------------------------------------------------------------------- */

/* A frame's JSON; unknown ones mean nothing. */
rein_status decoder_frame(struct wire_decoder *d, const struct json *frame, struct error *err);

/* A whole message, or an error, that came without a stream. */
rein_status decoder_whole(struct wire_decoder *d, const struct json *reply, struct error *err);

/* The server says what went wrong; nothing comes after it. */
void decoder_error(struct wire_decoder *d, str type, str message);

rein_status decoder_too_large(const char *what, size_t max, struct error *err);

/* A text that was under way is worth keeping; a call or a thought without its end is not. */
void decoder_give_unfinished(struct wire_decoder *d);

/* The open block of the server's number, or NULL. */
struct partial *decoder_block(struct wire_decoder *d, int64_t key);

/* Tell what stands in the block's text from `from` on. */
void decoder_told(struct wire_decoder *d, const struct partial *p, size_t from);

/* ---- anthropic_delta.c ----------------------------------------------------------------------- */

/* The three deltas that are text, by type and member. */
struct delta_row {
    const char *type, *member;
    str opening; /* of the delta's object, up to the text */
};
extern const struct delta_row anthropic_deltas[];
enum { ANTHROPIC_DELTAS = DELTA_INPUT + 1 };

/* Take the frame if it is one of these in its usual shape, to the byte. False: nothing happened. */
bool decoder_fast_delta(struct wire_decoder *d, str frame);

/* ---- anthropic_decode.c ---------------------------------------------------------------------- */

/* REIN_PROTOCOL: `what`, and the beginning of the bytes that were not understood. */
rein_status decoder_not_understood(const char *what, str bytes, struct error *err);

#endif
