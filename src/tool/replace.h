/*
 * replace.h - new bytes for a file in one step: whoever looks sees the old file or the new one, and
 * what somebody else wrote in between is never lost.
 */
#ifndef TOOL_REPLACE_H
#define TOOL_REPLACE_H

#include "tool/place.h"

/* Put `bytes` where target_open() said. The file that goes must be the one that `before` was read
 * from (its digest; NULL for a new file), else REIN_CONFLICT and nothing has changed. Mode, owner
 * and extended attributes stay; a new file gets 0644 less the umask. `*st` is the new file's. */
rein_status target_replace(struct target *target, str bytes, const struct digest *before,
                           struct stat *st, struct error *err);

#endif
