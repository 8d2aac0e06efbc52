/*
 * context.h - what the model sees: a projection of the log into the bytes of a request.
 *
 * The conversation is kept once, as wire bytes in chunks that only grow: turn n's body is the first
 * bytes of turn n + 1's. So a request encodes, hashes and copies what is new, and only the tail (the
 * rolling cache marker and the closing brackets) is made anew. What came of a reply waits in neutral
 * form until the reply's end says whether it stays; results and messages wait until a request
 * begins. Pure.
 */
#ifndef CONTEXT_CONTEXT_H
#define CONTEXT_CONTEXT_H

#include "base/arena.h"
#include "base/map.h"
#include "context/setup.h"
#include "event/entry.h"
#include "wire/format.h"

struct chunk;
struct waiting {
    uint64_t seq;
    struct block block;
};

struct context {
    const struct setup *setup;
    const struct wire_format *wire;
    struct wire_encoder encoder;
    struct wire_section *sections; /* what stands before the messages */
    size_t n_sections, room_sections;
    struct arena life, pending;
    struct block *assistant, *user; /* in `pending`: not in the bytes yet */
    size_t n_assistant, room_assistant, n_user, room_user;
    struct waiting *waiting; /* messages that no rein.input_taken named yet */
    size_t n_waiting, room_waiting;
    struct map calls;           /* ids of calls: no provider takes one twice */
    bool begun;                 /* the prefix is written */
    struct chunk *first, *last; /* stable bytes */
    size_t n_chunks, bytes;
    struct sha256 hash; /* of the stable bytes */
    struct buf scratch, tail;
    str *segments; /* of the last context_request */
    size_t room_segments;
};

void context_init(struct context *c);
void context_fini(struct context *c);

/* The session's setup, before the first event; borrowed for the context's life. REIN_UNSUPPORTED when
 * this build has not its wire format. */
rein_status context_setup(struct context *c, const struct setup *setup, struct error *err);

/* Fold one event. Same events, same bytes. */
void context_apply(struct context *c, const struct entry *entry);

/* About how much of the open reply is recorded, for an estimate of what it cost. */
size_t context_reply_bytes(const struct context *c);

/* Whether a call of that id was made in this session already. */
bool context_has_call(const struct context *c, str call);

/* The body of the request that would be sent now: segments (borrowed until the next request), their
 * total size and SHA-256. Moves what waits into the stable bytes, as the event
 * span.model_request_start then does again to no effect. */
struct context_body {
    const str *segments;
    size_t n;
    size_t size;
    struct digest sha;
};
void context_request(struct context *c, struct context_body *out);

/* The sections of a new session that do not depend on user, folder or machine, as JSON array items
 * {"name","text","boundary"} (rows of sections.def); the boundary stands behind the last. */
void context_static_sections(struct json_writer *w);

/* ---- what is taken from outside, rendered (environment.c, instructions.c) ----------------------- */

struct environment {
    str folder, platform, shell, sandbox, date;
    bool is_repository;
};
void environment_render(const struct environment *e, struct buf *out);

/* One instruction file as a labelled block. `level`: "project", "parent folder". */
void instructions_render(str path, str level, str text, struct buf *out);

#endif
