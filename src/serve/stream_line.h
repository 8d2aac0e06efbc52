/* stream_line.h - what every line of stream-json is built with. */
#ifndef SERVE_STREAM_LINE_H
#define SERVE_STREAM_LINE_H

#include "serve/headless.h"

/* A line of that type, and of the type "system" with a subtype; the end adds session and uuid and
 * writes the line. */
struct json_writer stream_line(struct door *door, str type);
struct json_writer stream_system(struct door *door, str subtype);
void stream_line_end(struct door *door, struct json_writer *w);

/* The turn's line init, unless it is written. Every other line of a turn comes after it. */
void stream_init(struct door *door);

/* An assistant's line up to the opening of its content; `model` is who answered. The end takes what
 * is known of usage (NULL: nothing yet), the stop reason as JSON, and the published word for an error
 * (or empty). */
struct json_writer stream_assistant(struct door *door, str model);
void stream_assistant_end(struct door *door, struct json_writer *w, const struct json *usage,
                          str stop, str error);

#endif
