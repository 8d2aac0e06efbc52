/*
 * message.h - the neutral form of what a model reads and says: blocks in messages. Every wire format
 * encodes from it and decodes to it. Slices are borrowed. Pure.
 */
#ifndef EVENT_MESSAGE_H
#define EVENT_MESSAGE_H

#include "base/json.h"

enum role { ROLE_NONE, ROLE_USER, ROLE_ASSISTANT };

enum block_kind {
    BLOCK_TEXT,
    BLOCK_THINKING, /* text may be empty with a signature; sent back byte for byte */
    BLOCK_REDACTED, /* redacted thinking: data alone */
    BLOCK_TOOL_USE,
    BLOCK_TOOL_RESULT,
    BLOCK_OPAQUE /* anything else, as it came (images, server tools): native */
};

struct block {
    enum block_kind kind;
    str text;      /* text, thinking */
    str signature; /* thinking: opaque; redacted: its data */
    str id;        /* tool use and result: the model's id of the call */
    str name;      /* tool use */
    str input;     /* tool use: JSON object as text; "{}" when none or not valid */
    bool invalid;  /* tool use: what arrived was no JSON object; `text` holds it */
    str content;   /* tool result: JSON array of content blocks, or empty: `text` is all */
    bool is_error; /* tool result */
    str native;    /* opaque: the block's JSON; text: citations as a JSON array, or empty */
};

/* Why a model stopped, in our words; the wire's own word is kept beside it. */
enum stop_reason {
    STOP_NONE,   /* the stream broke before it said */
    STOP_DONE,   /* end_turn, stop_sequence, unknown ones */
    STOP_TOOLS,  /* tool_use */
    STOP_LENGTH, /* max_tokens */
    STOP_WINDOW, /* model_context_window_exceeded */
    STOP_PAUSE,  /* pause_turn: send again as it is */
    STOP_REFUSED /* refusal */
};
const char *stop_reason_name(enum stop_reason reason);
enum stop_reason stop_reason_of(str name);

struct usage {
    int64_t input, output, cache_read, cache_write_5m, cache_write_1h, thinking, web_searches;
};

/* USD per million tokens. Where a request reads more than `tier_above` tokens, cached ones included, all
 * its prices are times `tier_factor`; 0: one tier. */
struct prices {
    double input, output, cache_read, cache_write_5m, cache_write_1h;
    int64_t tier_above;
    double tier_factor;
};

/* What a request cost in USD. */
double usage_cost(const struct prices *prices, const struct usage *usage);

/* a += b */
void usage_add(struct usage *a, const struct usage *b);

/* {"input_tokens":..,"output_tokens":..,"cache_creation_input_tokens":..,
 * "cache_read_input_tokens":..,"cache_creation":{..},...} and back. */
void usage_write(const struct usage *u, struct json_writer *w);
void usage_read(const struct json *object, struct usage *out);

#endif
