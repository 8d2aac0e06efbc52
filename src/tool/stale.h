/*
 * stale.h - what is about to be changed must be what the session knows.
 */
#ifndef TOOL_STALE_H
#define TOOL_STALE_H

#include "tool/place.h"

/* All bytes of an existing file into `out` and their digest; REIN_CONFLICT when the file was not
 * read in this session or is another one since, with a text that says what to do. */
rein_status stale_read(struct tool_run *run, const struct place *place, struct buf *out,
                       struct digest *sha, struct error *err);

/* A line in the result when the file had more names, which keep the old bytes. */
void stale_note_links(struct tool_run *run, const struct target *target);

#endif
