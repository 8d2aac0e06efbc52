/*
 * spill.h - shared by result.c and result_stream.c: the file that a long result goes to, and what
 * stands in the context instead.
 */
#ifndef TOOL_SPILL_H
#define TOOL_SPILL_H

#include "tool/tool.h"

enum {
    SPILL_PATH_SIZE = sizeof(((struct tool_result *)0)->spilled),
    SPILL_HEAD = RESULT_PREVIEW * 2 / 5, /* of a command's preview; the rest is from the end */
    SPILL_FILE_MAX = 10 << 20
};

struct spill {
    const char *path;
    uint64_t characters, between; /* in all; bytes between head and tail */
    str head, tail;               /* whole characters */
    bool lost;                    /* more came than the file was to hold */
};

/* A new file, 0600; its path is filled in. */
rein_status spill_open(const char *folder, str call_id, char path[SPILL_PATH_SIZE], int *fd,
                       struct error *err);

void spill_preview(struct buf *out, const struct spill *spill);

#endif
