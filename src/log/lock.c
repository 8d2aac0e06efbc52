/*
 * lock.c - open-file-description locks on single bytes.
 */
#include "log/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

rein_status lock_open(const char *folder, int *fd, struct error *err)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/lock", folder) >= (int)sizeof path)
        return fail(err, REIN_INVALID, "the store's path is too long");
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return fail_errno(err, errno, "open the lock '%s'", path);
    fchmod(*fd, 0600); /* the umask may have taken bits; not ours to change is caught before */
    return REIN_OK;
}

static int lock_byte(int fd, int command, short type, int64_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int failed;

    do
        failed = fcntl(fd, command, &lock);
    while (failed < 0 && errno == EINTR);
    return failed;
}

rein_status lock_writing(int fd, struct error *err)
{
    if (lock_byte(fd, F_OFD_SETLKW, F_WRLCK, 0) == 0)
        return REIN_OK;
    return fail_errno(err, errno, "lock the store for writing");
}

void unlock_writing(int fd) { lock_byte(fd, F_OFD_SETLK, F_UNLCK, 0); }

rein_status lock_session(int fd, int64_t n, struct error *err)
{
    if (lock_byte(fd, F_OFD_SETLK, F_WRLCK, n) == 0)
        return REIN_OK;
    if (errno == EAGAIN || errno == EACCES)
        return fail(err, REIN_CONFLICT, "another process works on this session");
    return fail_errno(err, errno, "lock the session");
}

void unlock_session(int fd, int64_t n) { lock_byte(fd, F_OFD_SETLK, F_UNLCK, n); }
