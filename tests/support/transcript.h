/*
 * transcript.h - what a decoder says, as text: a line an event, so that a test compares whole
 * replies and a failure is a difference of lines.
 *
 *     start msg_1 claude-x in=12 out=1
 *     begin 0 text
 *     delta 0 Hello.
 *     block 0 text Hello.
 *     stop end_turn (end_turn) in=12 out=5
 *     end ok
 */
#ifndef SUPPORT_TRANSCRIPT_H
#define SUPPORT_TRANSCRIPT_H

#include "wire/format.h"

void transcript_event(struct buf *out, const struct stream_event *ev);

/* Decode `bytes` in pieces of `step` (0: all at once), with the end. The last line is "end ok" or
 * "end STATUS: text". */
void transcript_of(const struct wire_format *wire, str bytes, size_t step, struct buf *out);

/* The same, cut in two at `at`. */
void transcript_cut(const struct wire_format *wire, str bytes, size_t at, struct buf *out);

#endif
