/*
 * protect.h - protected names: what a command must not change in a writable folder, though it may
 * write there, because it would be run or believed later outside of the sandbox: git's hooks and
 * configuration, the harness's own settings, start-up files of shells, editors and package tools.
 *
 * A scan finds them, those that are missing too; from it come the plan's guards, whether a sandbox
 * that was prepared still fits, and after a command what changed all the same. A scan given the one
 * before it looks again only into folders that changed. Linux only; used from the loop's thread.
 */
#ifndef PLATFORM_PROTECT_H
#define PLATFORM_PROTECT_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "platform/sandbox.h"

/* What stands at a name now; all zero when nothing does. */
struct protect_state {
    dev_t device;
    ino_t inode;
    mode_t mode;
    off_t size;
    struct timespec modified, changed;
};

struct protect_name {
    const char *path;
    enum plan_kind kind; /* PLAN_GUARD, PLAN_PIN, PLAN_PLACE_*; PLAN_KINDS: only watched, since */
                         /* no mount can hold it */
    bool held;           /* a placeholder stands there now */
    struct protect_state state;
};

struct protect {
    struct arena arena;
    struct protect_name *names; /* sorted by path */
    size_t n, room;
    struct protect_folder *folders;
    size_t folders_n;
    bool cut; /* the tree was larger than a scan goes */
};

/* Look at the writable roots of `spec`; nothing for other levels than workspace-write. `before` may
 * be NULL. Owned: protect_free(). Never fails: what can't be read has no names. */
struct protect *protect_scan(const struct sandbox_spec *spec, const struct protect *before);
void protect_free(struct protect *p);

/* Whether a sandbox made for `a` protects what `b` found. */
bool protect_same(const struct protect *a, const struct protect *b);

/* Whether every missing name that should be held by a placeholder is: one that was removed has
 * taken the guards of all sandboxes along that were made before. */
bool protect_is_held(const struct protect *p);

/* Before the harness itself writes to `path` (absolute), by a tool that was permitted to: remove a
 * placeholder that stands there or on the way. */
void protect_give_way(const char *path);

/* A line for each protected name that is not as it was: appended to `out`. Names that no mount
 * could guard and that redirect git (a new .git/commondir) are moved out of the way. */
void protect_compare(const struct protect *before, const struct protect *after, struct buf *out);

/* Whether a placeholder stands at `path`: for a command inside it is an empty file or folder. Cheap
 * for names that are none of ours. */
bool protect_holds(const char *path);

/* Whether this is a placeholder of a running sandbox (plan format, sandbox.h). */
bool protect_is_placeholder(const struct stat *st);

/* Whether `name` is `pattern` (lower case ASCII; may end in '*'), whatever its case, and with the
 * letters that file systems fold to ASCII ones. */
bool protect_name_is(const char *name, const char *pattern);

/* Remove placeholders that a crash left, by the journals in `state`/guards. */
void protect_clean(const char *state);

/* Hold a share in the journal of the workspace's placeholders, so that they stay from one command
 * to the next instead of being made and removed for each. -1 when there is no journal. Close it to
 * give it up: whoever is the last then removes them, a launcher at its end or protect_clean(). */
int protect_hold(const struct sandbox_spec *spec);

#endif
