/*
 * file.c - files and folders as verbs that finish or say why. Every mode is the one that was asked
 * for, whatever the process's umask.
 */
#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/clock.h"

/* ---- whole files ---------------------------------------------------------------------------- */

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "is a folder" : "is a device, pipe or socket, not a file";
}

static rein_status read_all(int fd, const char *path, size_t expected, struct buf *out,
                            struct error *err)
{
    for (;;) {
        size_t want = expected > 4096 ? expected + 1 : 4096; /* one more sees the end at once */
        size_t left = out->max - out->n;
        char *room = buf_room(out, want < left ? want : left);
        char beyond;
        ssize_t got = read(fd, left ? room : &beyond, left ? (want < left ? want : left) : 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, errno, "read '%s'", path);
        if (got == 0)
            return REIN_OK;
        if (left == 0)
            return fail(err, REIN_LIMIT, "'%s' is larger than %zu bytes", path, out->max);
        buf_grown(out, (size_t)got);
        expected = (size_t)got < expected ? expected - (size_t)got : 0;
    }
}

rein_status file_read(const char *path, struct buf *out, struct error *err)
{
    struct stat st;
    rein_status status;
    /* O_NONBLOCK: a pipe that somebody put here must not hang us; it says nothing on files. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return fail_errno(err, errno, "open '%s'", path);
    if (fstat(fd, &st) < 0)
        status = fail_errno(err, errno, "look at '%s'", path);
    else if (!S_ISREG(st.st_mode))
        status = fail(err, REIN_INVALID, "'%s' %s", path, kind_of(st.st_mode));
    else if (st.st_size > 0 && (uint64_t)st.st_size > out->max - out->n)
        status = fail(err, REIN_LIMIT, "'%s' has %lld bytes; at most %zu are read", path,
                      (long long)st.st_size, out->max - out->n);
    else
        status = read_all(fd, path, (size_t)st.st_size, out, err);
    close(fd);
    return status;
}

rein_status file_write_all(int fd, str bytes, struct error *err)
{
    while (bytes.n) {
        ssize_t put = write(fd, bytes.p, bytes.n);

        if (put >= 0) {
            bytes = str_skip(bytes, (size_t)put);
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno == EFBIG) { /* a limit on the size of files is a full disk to us */
            return fail_errno(err, ENOSPC, "write");
        } else if (errno != EINTR) {
            return fail_errno(err, errno, "write");
        }
    }
    return REIN_OK;
}

/* A name beside `path` that nobody has, opened. */
static int open_beside(const char *path, char name[PATH_MAX])
{
    for (int attempt = 0; attempt < 8; attempt++) {
        unsigned char random[8];
        const char *slash = strrchr(path, '/');
        int folder = slash ? (int)(slash - path) + 1 : 0;

        random_bytes(random, sizeof random);
        uint64_t n;
        memcpy(&n, random, sizeof n);
        if (snprintf(name, PATH_MAX, "%.*s.rein-%016llx", folder, path, (unsigned long long)n) >=
            PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static rein_status sync_folder_of(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) : 0;

    snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : n, slash ? path : "");
    int fd = open(n || slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rein_status status = REIN_OK;
    if (fd < 0 || fsync(fd) < 0)
        status = fail_errno(err, errno, "sync the folder of '%s'", path);
    if (fd >= 0)
        close(fd);
    return status;
}

rein_status file_write_atomic(const char *path, str bytes, mode_t mode, struct error *err)
{
    char name[PATH_MAX];
    int fd = open_beside(path, name);
    rein_status status;

    if (fd < 0)
        return fail_errno(err, errno, "write '%s'", path);
    status = file_write_all(fd, bytes, err);
    if (status != REIN_OK)
        error_context(err, "'%s'", path);
    else if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        status = fail_errno(err, errno, "write '%s'", path);
    if (close(fd) < 0 && status == REIN_OK)
        status = fail_errno(err, errno, "write '%s'", path);
    if (status == REIN_OK && rename(name, path) < 0)
        status = fail_errno(err, errno, "put '%s' in place", path);
    if (status != REIN_OK) {
        unlink(name);
        return status;
    }
    return sync_folder_of(path, err);
}

/* ---- folders -------------------------------------------------------------------------------- */

static rein_status make_one(const char *path, mode_t mode, struct error *err)
{
    struct stat st;

    if (mkdir(path, mode) == 0) /* chmod: the umask may have taken bits away */
        return chmod(path, mode) == 0 ? REIN_OK : fail_errno(err, errno, "make '%s'", path);
    int why = errno;
    if (stat(path, &st) < 0)
        return fail_errno(err, why, "make the folder '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return fail(err, REIN_INVALID, "cannot make the folder '%s': a file is in its place", path);
    return REIN_OK;
}

rein_status file_make_folder(const char *path, mode_t mode, struct error *err)
{
    char part[PATH_MAX];
    struct stat st;
    size_t n = strlen(path);

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return REIN_OK;
    if (n == 0 || n >= sizeof part)
        return fail(err, REIN_INVALID, "cannot make a folder: the path is %s",
                    n ? "too long" : "empty");
    memcpy(part, path, n + 1);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        rein_status status = make_one(part, mode, err);
        if (status != REIN_OK)
            return status;
        *at = '/';
    }
    return make_one(part, mode, err);
}

rein_status file_canonical(const char *path, struct arena *a, const char **out, struct error *err)
{
    char *real = realpath(path, NULL);

    if (!real && errno == ENOTDIR)
        return fail(err, REIN_NOT_FOUND, "'%s' is not there: a part of it is a file", path);
    if (!real)
        return fail_errno(err, errno, "'%s'", path);
    *out = arena_cstr(a, str_of(real));
    free(real);
    return REIN_OK;
}

rein_status file_current_folder(struct arena *a, const char **out, struct error *err)
{
    return file_canonical(".", a, out, err);
}

/* ---- beneath a root ------------------------------------------------------------------------- */

/* `path` as seen from the root: relative as it is, absolute only when the root is its start. */
static bool relative_to(const char *root, str path, str *out)
{
    str r = str_of(root);

    if (path.n == 0 || path.p[0] != '/') {
        *out = path;
        return path.n > 0;
    }
    while (r.n > 0 && r.p[r.n - 1] == '/')
        r.n--;
    if (!str_starts(path, r) || (path.n > r.n && path.p[r.n] != '/'))
        return false;
    *out = str_skip(path, r.n);
    while (out->n && out->p[0] == '/')
        *out = str_skip(*out, 1);
    if (out->n == 0)
        *out = S(".");
    return true;
}

/* Where the kernel has no openat2: name by name, and stricter, since a link's target cannot be
 * followed safely: no links and no "..". Sets errno to EXDEV for both. */
static int walk_beneath(int root_fd, str path, int flags, mode_t mode)
{
    int folder = root_fd;

    for (;;) {
        char name[NAME_MAX + 1];
        str part = str_cut(&path, '/');
        bool last = !path.p;
        int fd = -1;

        if (part.n > NAME_MAX) {
            errno = ENAMETOOLONG;
        } else if (str_eq(part, S(".."))) {
            errno = EXDEV;
        } else {
            memcpy(name, part.n ? part.p : ".", part.n ? part.n : 1);
            name[part.n ? part.n : 1] = '\0';
            fd = openat(folder, name,
                        last ? flags | O_NOFOLLOW | O_CLOEXEC
                             : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                        mode);
            struct stat st;
            if (fd < 0 && (errno == ELOOP || errno == ENOTDIR) &&
                fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
                errno = EXDEV;
        }
        int why = errno;
        if (folder != root_fd)
            close(folder);
        errno = why;
        if (fd < 0 || last)
            return fd;
        folder = fd;
    }
}

static int kernel_beneath(int root_fd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    do /* EAGAIN: something was renamed while the kernel looked */
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return (int)fd;
}

rein_status file_open_beneath(int root_fd, const char *root, str path, int flags, mode_t mode,
                              int *fd, struct error *err)
{
    char relative[PATH_MAX];
    str inside;

    if (!relative_to(root, path, &inside))
        return fail(err, REIN_DENIED, "'%.*s' is outside of '%s'", FS(path), root);
    if (inside.n >= sizeof relative || memchr(inside.p, 0, inside.n))
        return fail(err, REIN_INVALID, "'%.*s' is no path", FS(str_take(path, 100)));
    memcpy(relative, inside.p, inside.n);
    relative[inside.n] = '\0';
    *fd = kernel_beneath(root_fd, relative, flags, mode);
    if (*fd < 0 && errno == ENOSYS)
        *fd = walk_beneath(root_fd, inside, flags, mode);
    if (*fd >= 0)
        return REIN_OK;
    if (errno == EXDEV)
        return fail(err, REIN_DENIED, "'%.*s' leads outside of '%s'", FS(path), root);
    if (errno == ENOTDIR)
        return fail(err, REIN_NOT_FOUND, "'%.*s' is not there: a part of it is no folder",
                    FS(path));
    return fail_errno(err, errno, "open '%.*s'", FS(path));
}
