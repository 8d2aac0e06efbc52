/*
 * walk.h - the files below a folder, as a stream of paths. Symlinks are not followed.
 */
#ifndef PLATFORM_WALK_H
#define PLATFORM_WALK_H

#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"

/* `path` is relative to the root. Return false to stop. For a folder, *enter may be set false. All
 * entries of a folder come before anything below them, in no order; folders that cannot be read are
 * passed over. */
typedef bool walk_fn(void *data, str path, const struct stat *st, bool *enter);
rein_status walk(int root_fd, walk_fn *fn, void *data, struct error *err);

#endif
