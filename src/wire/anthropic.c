/*
 * anthropic.c - the row of the Anthropic Messages format.
 */
#include "wire/anthropic.h"

extern const struct wire_format wire_anthropic;

const struct wire_format wire_anthropic = {
    .name = "anthropic",
    .path = "/v1/messages",
    .prefix = anthropic_prefix,
    .block = anthropic_block,
    .tail = anthropic_tail,
    .decoder_new = anthropic_decoder_new,
    .decoder_free = anthropic_decoder_free,
    .feed = anthropic_feed,
    .end = anthropic_end,
    .error_body = anthropic_error_body,
    .render = anthropic_render,
    .render_error = anthropic_render_error,
    .read_request = anthropic_read_request,
};
