/*
 * walk.c - a folder's entries, then those of its folders: one descriptor at a time however deep the
 * tree, and a folder's ignore file is seen before what lies below it.
 */
#include "platform/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"

/* Paths of folders still to be read, each ended by NUL; the last one is next. */
struct walk_state {
    int root_fd;
    struct buf pending, path;
    walk_fn *fn;
    void *data;
};

/* No link on the way: what was a folder when it was seen may have been swapped since. */
static DIR *open_folder(int root_fd, const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct open_how how = {.flags = (uint64_t)flags,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);

    if (fd < 0 && errno == ENOSYS)
        fd = openat(root_fd, path, flags);
    if (fd < 0)
        return NULL;
    DIR *folder = fdopendir((int)fd);
    if (!folder)
        close((int)fd);
    return folder;
}

/* Takes the last pending path into w->path. */
static void next_folder(struct walk_state *w)
{
    size_t start = w->pending.n - 1;

    while (start > 0 && w->pending.p[start - 1] != '\0')
        start--;
    buf_clear(&w->path);
    buf_add(&w->path, str_make(w->pending.p + start, w->pending.n - 1 - start));
    w->pending.n = start;
}

/* False when fn wants no more. */
static bool tell_entry(struct walk_state *w, int folder_fd, const char *name)
{
    size_t before = w->path.n;
    struct stat st;
    bool more = true;

    if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return true; /* it went away */
    if (before)
        buf_byte(&w->path, '/');
    buf_add(&w->path, str_of(name));
    bool enter = S_ISDIR(st.st_mode);
    more = w->fn(w->data, buf_str(&w->path), &st, &enter);
    if (more && enter && S_ISDIR(st.st_mode) && w->path.n < PATH_MAX) {
        buf_add(&w->pending, buf_str(&w->path));
        buf_byte(&w->pending, '\0');
    }
    w->path.n = before;
    return more;
}

static bool tell_folder(struct walk_state *w, DIR *folder)
{
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (!tell_entry(w, dirfd(folder), name))
            return false;
    }
    return true;
}

rein_status walk(int root_fd, walk_fn *fn, void *data, struct error *err)
{
    struct walk_state w = {.root_fd = root_fd, .fn = fn, .data = data};
    DIR *folder = open_folder(root_fd, ".");
    bool more = true;

    if (!folder)
        return fail_errno(err, errno, "read the folder");
    buf_init(&w.pending, BUF_NO_MAX);
    buf_init(&w.path, BUF_NO_MAX);
    more = tell_folder(&w, folder);
    closedir(folder);
    while (more && w.pending.n) {
        next_folder(&w);
        folder = open_folder(root_fd, w.path.p); /* not ours to read: passed over */
        if (!folder)
            continue;
        more = tell_folder(&w, folder);
        closedir(folder);
    }
    buf_fini(&w.pending);
    buf_fini(&w.path);
    return REIN_OK;
}
