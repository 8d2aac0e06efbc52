/*
 * remove.c - removing a tree: by descriptors, so that nobody can swap a folder for a link while we
 * descend.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/file.h"

/* A descriptor a level is held open; what lies deeper is moved up and removed from there. */
enum { DEEPEST = 64 };

static int empty_folder(int parent, const char *name, int top, int depth);

static int move_up(int parent, const char *name, int top)
{
    unsigned char random[8];
    uint64_t n;
    char up[40];

    random_bytes(random, sizeof random);
    memcpy(&n, random, sizeof n);
    snprintf(up, sizeof up, ".rein-%016llx", (unsigned long long)n);
    return renameat(parent, name, top, up);
}

/* 0, or -1 with errno. */
static int remove_entry(int parent, const char *name, int top, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno == ENOTDIR)
        errno = EPERM; /* it is a file after all, and not ours to remove */
    if (errno != ENOTEMPTY && errno != EEXIST)
        return -1;
    if (depth >= DEEPEST)
        return move_up(parent, name, top);
    if (empty_folder(parent, name, top, depth) < 0)
        return -1;
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

static int open_folder(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);

    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        fd = openat(parent, name, flags); /* a folder of ours that somebody closed */
    return fd;
}

static int empty_folder(int parent, const char *name, int top, int depth)
{
    int fd = open_folder(parent, name);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int failed = 0, removed;

    if (!folder) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    do { /* again while there was something: entries may be moved here from below */
        rewinddir(folder);
        removed = 0;
        for (struct dirent *entry; !failed && (entry = readdir(folder));) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            failed = remove_entry(fd, entry->d_name, depth == 0 ? fd : top, depth + 1);
            if (failed && errno == EACCES && fchmod(fd, 0700) == 0)
                failed = remove_entry(fd, entry->d_name, depth == 0 ? fd : top, depth + 1);
            removed++;
        }
    } while (!failed && removed);
    int why = errno;
    closedir(folder);
    errno = why;
    return failed;
}

rein_status file_remove_tree(const char *path, struct error *err)
{
    if (remove_entry(AT_FDCWD, path, -1, 0) == 0)
        return REIN_OK;
    return fail_errno(err, errno, "remove '%s'", path);
}
