/*
 * anthropic.h - the parts of the Anthropic Messages format, for anthropic.c's row alone. Pure.
 *
 * anthropic_encode.c writes request bodies, anthropic_decode.c reads streams and replies by way of
 * anthropic_block.c, anthropic_render.c is the server's side.
 */
#ifndef WIRE_ANTHROPIC_H
#define WIRE_ANTHROPIC_H

#include "wire/format.h"

/* ---- anthropic_encode.c ---------------------------------------------------------------------- */

void anthropic_prefix(struct wire_encoder *e, const struct wire_prefix *prefix, struct buf *out);
void anthropic_block(struct wire_encoder *e, enum role role, const struct block *block,
                     struct buf *out);
void anthropic_tail(const struct wire_encoder *e, struct buf *out);

/* ---- anthropic_decode.c ---------------------------------------------------------------------- */

struct wire_decoder *anthropic_decoder_new(void);
void anthropic_decoder_free(struct wire_decoder *d);
rein_status anthropic_feed(struct wire_decoder *d, str bytes, stream_fn *fn, void *data,
                           struct error *err);
rein_status anthropic_end(struct wire_decoder *d, stream_fn *fn, void *data, struct error *err);
void anthropic_error_body(str body, struct arena *a, str *type, str *message);

/* ---- anthropic_block.c: one block that is arriving ------------------------------------------- */

#define ANTHROPIC_BLOCK_MAX ((size_t)32 << 20)
#define ANTHROPIC_MESSAGE_MAX ((size_t)64 << 20)
#define ANTHROPIC_FRAME_DEPTH 256

struct partial {
    struct arena arena; /* id, name, the start's JSON */
    struct buf text;    /* text, thinking, or the pieces of a tool's input */
    struct buf signature;
    struct buf citations; /* of a text: the items of the array, each behind a comma */
    struct block block;   /* kind, id, name */
    str start;            /* the block as it began, for opaque ones */
    str start_input;      /* "input" of the start, or empty */
    str compaction;       /* the last compaction_delta */
    int64_t key;          /* the server's index */
    unsigned index;       /* ours */
    bool done;
};

/* `object` is the content block as it began, or a whole one; what it holds already is taken. */
struct partial *partial_new(const struct json *object, int64_t key, unsigned index);
void partial_free(struct partial *p);

/* Where a delta of that kind goes when it is text; NULL when this block has no such thing. */
enum delta_kind { DELTA_TEXT, DELTA_THINKING, DELTA_INPUT };
struct buf *partial_text(struct partial *p, enum delta_kind kind);

/* Any other delta: signature, citation, compaction. Unknown ones are ignored. */
void partial_delta(struct partial *p, const struct json *delta);

size_t partial_size(const struct partial *p);

/* The finished block; slices in `p` and `a`. Input is parsed here, once. */
void partial_finish(struct partial *p, struct arena *a, struct block *out);

/* ---- anthropic_render.c ---------------------------------------------------------------------- */

void anthropic_render(str id, str model, const struct block *blocks, size_t n,
                      enum stop_reason stop, str stop_raw, const struct usage *usage,
                      unsigned pieces, struct buf *out);
void anthropic_render_error(str type, str message, bool in_stream, struct buf *out);
rein_status anthropic_read_request(str body, struct arena *a, struct wire_request *out,
                                   struct error *err);

#endif
