/*
 * path.h - paths as text: made absolute and normal, compared, and the names that nobody edits
 * unasked. Nothing here looks at a disk; where a link leads, tools see when they open it.
 */
#ifndef POLICY_PATH_H
#define POLICY_PATH_H

#include "base/arena.h"

/* Absolute and without ".", "..", "//" or a slash at the end; a relative path starts at `folder`,
 * an empty one is the folder. ".." is folded as text, so that what was decided on is what is opened.
 * In the arena, ended by NUL. */
str path_normal(struct arena *a, str folder, str path);

/* Whether a normal path is `folder` or below it. */
bool path_is_beneath(str folder, str path);

/* `path` relative to the folder that it is beneath; "" for the folder itself. */
str path_below(str folder, str path);

/* What is before the last slash ("/" for "/a"); the name behind it. */
str path_parent(str path);
str path_name(str path);

/* Whether writing needs a person's word whatever mode and rules say: what is run, trusted or read as
 * instruction later (.git, .mcp.json, shell start-up files, ...). Names count in any case of letters
 * and at any depth below `folder`; outside of it at any depth at all. */
bool path_is_protected(str folder, str path);

#endif
