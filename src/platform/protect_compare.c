/*
 * protect_compare.c - what a command did to protected names, and what a crash left of ours.
 *
 * Mounts prevent most of it; the rest (a new repository, names below what a scan covers, changes
 * from outside while the command ran) is found by comparing two scans, and told.
 */
#include "base/sha256.h"
#include "platform/protect.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { JOURNAL_MAX = 1 << 20 };

static bool is_there(const struct protect_name *n) { return n->state.mode != 0; }

bool protect_same(const struct protect *a, const struct protect *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct protect_name *x = &a->names[i], *y = &b->names[i];

        /* Another inode too: a bind holds the old file, not the name. */
        if (strcmp(x->path, y->path) != 0 || x->kind != y->kind || is_there(x) != is_there(y) ||
            x->state.inode != y->state.inode || x->state.device != y->state.device)
            return false;
    }
    return true;
}

bool protect_is_held(const struct protect *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct protect_name *n = &p->names[i];

        if ((n->kind == PLAN_PLACE_FILE || n->kind == PLAN_PLACE_FOLDER) && !is_there(n) &&
            !n->held)
            return false;
    }
    return true;
}

static bool state_is(const struct protect_state *a, const struct protect_state *b)
{
    /* Not the change time: a mount or a link made by others is not a change of content. */
    return a->inode == b->inode && a->mode == b->mode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

/* The folder of `path`, whose way has no symlink, and the name in it. */
static int open_parent(const char *path, const char **name)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    const char *slash = strrchr(path, '/');
    char parent[4096];

    if (!slash || (size_t)(slash - path) >= sizeof parent)
        return -1;
    *name = slash + 1;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return (int)syscall(SYS_openat2, AT_FDCWD, *parent ? parent : "/", &how, sizeof how);
}

/* git would read its configuration from wherever this file says: out of the way, at once. */
static bool quarantine(const char *path)
{
    const char *name;
    int folder = open_parent(path, &name);
    bool done;

    if (folder < 0)
        return false;
    done = renameat(folder, name, folder, "commondir.quarantined-by-rein") == 0;
    close(folder);
    return done;
}

static bool is_named(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');

    return slash && strcmp(slash + 1, name) == 0;
}

/* One name that differs; either side may be missing from its scan. Whether it is new. */
static bool tell(const struct protect_name *before, const struct protect_name *after,
                 struct buf *out)
{
    const char *path = after ? after->path : before->path;
    bool was = before && is_there(before), is = after && is_there(after);

    if (!was && is && is_named(path, "commondir") && quarantine(path))
        buf_printf(out,
                   "%s was created, which redirects git: it was renamed to "
                   "commondir.quarantined-by-rein\n",
                   path);
    else if (!was && is)
        buf_printf(out,
                   "%s was created, a protected name: do not run git or tools that read it "
                   "before a person has looked at it\n",
                   path);
    else if (was && !is)
        buf_printf(out, "%s, a protected name, was removed\n", path);
    else if (was && is && after->kind != PLAN_PIN && !state_is(&before->state, &after->state))
        buf_printf(out, "%s, a protected name, was changed\n", path);
    return !was && is;
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = folder ? strlen(folder) : 0;

    return n && strncmp(path, folder, n) == 0 && path[n] == '/';
}

void protect_compare(const struct protect *before, const struct protect *after, struct buf *out)
{
    size_t i = 0, k = 0;
    const char *new = NULL; /* a new repository is one line */

    while (i < before->n || k < after->n) {
        int order = i == before->n  ? 1
                    : k == after->n ? -1
                                    : strcmp(before->names[i].path, after->names[k].path);
        const struct protect_name *x = order <= 0 ? &before->names[i] : NULL;
        const struct protect_name *y = order >= 0 ? &after->names[k] : NULL;

        if (!(y && is_below(y->path, new)) && tell(x, y, out))
            new = y->path;
        i += order <= 0;
        k += order >= 0;
    }
}

/* ---- after a crash ------------------------------------------------------------------------- */

static void stale_remove(const char *path)
{
    const char *name;
    int folder = open_parent(path, &name);
    struct stat st;

    if (folder < 0)
        return;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && protect_is_placeholder(&st))
        unlinkat(folder, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
    close(folder);
}

void protect_give_way(const char *path)
{
    char at[4096];
    struct stat st;

    if (strlen(path) >= sizeof at)
        return;
    strcpy(at, path);
    for (char *slash = at; (slash = strchr(slash + 1, '/')); *slash = '/') {
        *slash = 0;
        if (lstat(at, &st) == 0 && protect_is_placeholder(&st))
            stale_remove(at);
    }
    if (lstat(at, &st) == 0 && protect_is_placeholder(&st))
        stale_remove(at);
}

/* A journal that nobody holds: its names are nobody's. */
static void journal_clean(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    char *names = NULL;

    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_size <= JOURNAL_MAX &&
        (names = calloc(1, (size_t)st.st_size + 1)) &&
        pread(fd, names, (size_t)st.st_size, 0) == st.st_size) {
        for (char *at = names; at < names + st.st_size; at += strlen(at) + 1) {
            if (*at == '/')
                stale_remove(at);
        }
        unlinkat(folder, name, 0);
    }
    free(names);
    close(fd);
}

int protect_hold(const struct sandbox_spec *spec)
{
    char path[PATH_MAX], hex[DIGEST_HEX_SIZE];
    int fd;

    if (!spec->state || spec->level != SANDBOX_WORKSPACE_WRITE)
        return -1;
    digest_hex(sha256_of(str_of(spec->workspace)), hex); /* as sandbox_linux.c names it */
    if (snprintf(path, sizeof path, "%s/guards", spec->state) >= (int)sizeof path - 40)
        return -1;
    mkdir(path, 0700);
    snprintf(path + strlen(path), 40, "/%.32s", hex);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void protect_clean(const char *state)
{
    char path[4096];
    struct dirent *entry;
    DIR *dir;

    if (!state || snprintf(path, sizeof path, "%s/guards", state) >= (int)sizeof path)
        return;
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            journal_clean(dirfd(dir), entry->d_name);
    }
    if (dir)
        closedir(dir);
}
