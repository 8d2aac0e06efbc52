/*
 * format.h - a model's wire format: neutral blocks to a request body and a response's bytes to
 * neutral blocks. Pure; every implementation is one file and one row of formats.def, and a fuzzer.
 *
 * A body is built by appending only. What was appended never changes: the bytes of turn n are the
 * first bytes of turn n + 1. Only the tail (the rolling cache marker and the closing brackets) is
 * made anew for each request. So a turn encodes, hashes and copies what is new.
 */
#ifndef WIRE_FORMAT_H
#define WIRE_FORMAT_H

#include "base/buf.h"
#include "event/message.h"

/* What stands before the messages. `tools` is a JSON array of {"name","description",
 * "input_schema"} as recorded in the log. */
struct wire_section {
    str text;
    bool boundary; /* the cache boundary stands behind this section */
};
struct wire_prefix {
    str model;
    int64_t max_tokens;
    const struct wire_section *sections;
    size_t n_sections;
    str tools;
    str thinking; /* the value of "thinking" as JSON, or empty */
    str effort;   /* output_config.effort, or empty */
};

struct wire_encoder {
    enum role role;        /* of the message that is open */
    bool open_block;       /* the last block's closing is not written yet */
    bool can_mark;         /* that block may carry a cache marker */
    unsigned since_marker; /* blocks since the last marker that stays */
    unsigned markers;      /* of the four that are allowed, how many stand in stable bytes */
};

/* One event of a response. Blocks arrive complete in STREAM_BLOCK; the deltas before are for
 * showing. Slices are borrowed for the callback. */
enum stream_kind {
    STREAM_START,       /* the message began: `id`, `model`, usage so far */
    STREAM_BLOCK_START, /* block `index` of `block.kind` began (tool use: id and name are set) */
    STREAM_DELTA,       /* `delta` of text or thinking for `index` */
    STREAM_BLOCK,       /* block `index` is complete */
    STREAM_STOP,        /* the reply is complete: `stop`, `stop_raw`, usage */
    STREAM_ERROR        /* the server says what went wrong: error_type, error_message */
};
struct stream_event {
    enum stream_kind kind;
    unsigned index;
    struct block block;
    str delta;
    str id, model;
    enum stop_reason stop;
    str stop_raw;
    struct usage usage; /* START and STOP: all known so far, not an increment */
    str error_type, error_message;
};
typedef void stream_fn(void *data, const struct stream_event *ev);

struct wire_decoder; /* made by decoder_new */

/* What the script provider and tests look at in a request. */
struct wire_request {
    str model;
    str system;               /* all system text, sections joined by line feeds */
    size_t replies;           /* assistant messages in it */
    const struct block *last; /* text and tool results of the last message, if the user's */
    size_t n_last;
};

struct wire_format {
    const char *name;
    const char *path; /* below the base URL: "/v1/messages" */

    /* Encoding. prefix: everything up to the first message. block: append one block of `role`,
     * opening a message when the role changes. tail: what closes the body now, with the rolling
     * marker; `e` is not changed. */
    void (*prefix)(struct wire_encoder *e, const struct wire_prefix *prefix, struct buf *out);
    void (*block)(struct wire_encoder *e, enum role role, const struct block *block,
                  struct buf *out);
    void (*tail)(const struct wire_encoder *e, struct buf *out);

    /* Decoding. feed: any chunk of the response body; events come from inside. end: the body is
     * over; REIN_PROTOCOL ("the reply ended before ...") unless STREAM_STOP or STREAM_ERROR was
     * given; a text that was under way is given as STREAM_BLOCK first. A chunk that can't be
     * understood: REIN_PROTOCOL, with the first bytes in the text; REIN_LIMIT when a block or the
     * message is too large. A body that is one whole JSON reply instead of a stream is accepted
     * too. Indexes count blocks from 0 in the order in which they began, and STREAM_BLOCK comes in
     * that order, whatever the server's numbers are. */
    struct wire_decoder *(*decoder_new)(void);
    void (*decoder_free)(struct wire_decoder *d);
    rein_status (*feed)(struct wire_decoder *d, str bytes, stream_fn *fn, void *data,
                        struct error *err);
    rein_status (*end)(struct wire_decoder *d, stream_fn *fn, void *data, struct error *err);

    /* An error body of a status that is not 2xx: fills type and message (borrowed from `body` or
     * the arena). */
    void (*error_body)(str body, struct arena *a, str *type, str *message);

    /* The other way round, for the script provider and tests: a reply as this format's stream.
     * `pieces` cuts text into that many deltas (0: one). With STOP_NONE it breaks off after the
     * blocks: those bytes are the beginning of any longer reply of the same id, model and usage.
     * `stop_raw` is the word for the reason, or empty for the usual one. */
    void (*render)(str id, str model, const struct block *blocks, size_t n, enum stop_reason stop,
                   str stop_raw, const struct usage *usage, unsigned pieces, struct buf *out);
    /* An error: as an event of a stream that has begun, or as a whole body. */
    void (*render_error)(str type, str message, bool in_stream, struct buf *out);
    /* Read a request body again. REIN_INVALID when it is none of this format. */
    rein_status (*read_request)(str body, struct arena *a, struct wire_request *out,
                                struct error *err);
};

/* The row of that name, or NULL. */
const struct wire_format *wire_format_find(str name);

#endif
