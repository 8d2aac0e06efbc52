/*
 * preview.h - replies while they are written, as the events of the model's own stream: what
 * stream-json shows as stream_event. A fold of passing events; blocks are told apart by the id of
 * the event that they will become.
 */
#ifndef SERVE_PREVIEW_H
#define SERVE_PREVIEW_H

#include "base/json.h"

struct preview;

/* The caller's line writer: `event` is one stream event as a JSON object. */
typedef void preview_fn(void *data, str event);

struct preview *preview_new(preview_fn *fn, void *data);
void preview_free(struct preview *p);

/* A block begins, a piece of it, its end with what it became (`body`: the stored event's payload). */
void preview_block_start(struct preview *p, str message_id, str model, const struct json *event);
void preview_delta(struct preview *p, const struct json *body);
void preview_block_end(struct preview *p, str event_id, const struct json *body);

/* The reply is over: closes what is open. */
void preview_reply_end(struct preview *p, str stop_reason, const struct json *usage);

#endif
