/*
 * file.h - files and folders as verbs that finish or say why: whole reads with a limit, atomic
 * writes, beneath-a-root opening, private folders. Blocking; on the loop's thread only for small
 * local files, else on the pool.
 */
#ifndef PLATFORM_FILE_H
#define PLATFORM_FILE_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* All bytes of a regular file into `out` (appended); REIN_LIMIT past out's maximum. Opens with
 * O_NONBLOCK and refuses what is no regular file. */
rein_status file_read(const char *path, struct buf *out, struct error *err);

/* A temporary file in the same folder, written, synced, renamed over `path`, folder synced. */
rein_status file_write_atomic(const char *path, str bytes, mode_t mode, struct error *err);

/* A folder and its parents, each made with `mode` when missing. */
rein_status file_make_folder(const char *path, mode_t mode, struct error *err);

/* Absolute, symlinks resolved; in the arena. REIN_NOT_FOUND when it isn't there. */
rein_status file_canonical(const char *path, struct arena *a, const char **out, struct error *err);

/* The current folder, canonical. */
rein_status file_current_folder(struct arena *a, const char **out, struct error *err);

/* Remove a tree; symlinks are not followed; missing is fine. */
rein_status file_remove_tree(const char *path, struct error *err);

/* Open `path` (absolute, or relative to the root) beneath the folder `root_fd` whose canonical path
 * is `root`: openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, a component walk where the
 * kernel lacks it. REIN_DENIED when it would leave the root, REIN_NOT_FOUND when absent. `flags` as
 * open(2); O_CLOEXEC is added. */
rein_status file_open_beneath(int root_fd, const char *root, str path, int flags, mode_t mode,
                              int *fd, struct error *err);

/* Every byte out, or an error; EINTR and short writes are handled. */
rein_status file_write_all(int fd, str bytes, struct error *err);

#endif
