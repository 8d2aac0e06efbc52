/*
 * embed.h - texts that stand beside the code (tool prose, prompt sections, the demo's project) and
 * are part of the binary. The build makes the table; the names are paths below src/ or examples/.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/str.h"

struct embedded {
    const char *name; /* "tool/read.md", "demo/src/ledger.c" */
    str bytes;
    unsigned mode; /* permission bits of the file */
};

/* All, sorted by name; the row with an empty name ends it. */
extern const struct embedded embedded_files[];

/* The file of that name; p is NULL when there is none. */
str embedded_file(const char *name);

#endif
