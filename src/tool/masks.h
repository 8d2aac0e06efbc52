/*
 * masks.h - what no file tool opens, whatever policy says: the kernel's own trees, rein's folders,
 * and, where there is a sandbox, the user's keys and histories, which its commands don't see either.
 */
#ifndef TOOL_MASKS_H
#define TOOL_MASKS_H

#include "tool/tool.h"

/* Why the (absolute, normal) path is masked, in words; NULL when it is not. */
const char *mask_of(const struct tool_run *run, str path);

#endif
