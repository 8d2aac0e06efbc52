/*
 * replace.c - temporary file, sync, exchange, check, sync. It knows nothing of tools.
 *
 * The exchange of both names (renameat2) closes the last race: the file that came out is looked at
 * once more, and if it is not the one that was read, the names are exchanged back.
 */
#include "tool/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/file.h"

struct replacement {
    struct target *target;
    char name[40]; /* of the temporary file */
    int fd;
};

static rein_status make_temporary(struct replacement *r, struct error *err)
{
    mode_t mode = r->target->exists ? 0600 : 0644;

    for (int attempt = 0; attempt < 8; attempt++) {
        uint64_t n;

        random_bytes(&n, sizeof n);
        snprintf(r->name, sizeof r->name, ".rein-%016llx.tmp", (unsigned long long)n);
        r->fd = openat(r->target->folder, r->name,
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (r->fd >= 0 || errno != EEXIST)
            break;
    }
    if (r->fd < 0)
        return fail_errno(err, errno, "make a file beside '%s'", r->target->name);
    return REIN_OK;
}

/* What can't be copied (an attribute of another file system, an owner that only root may give) is
 * no reason to refuse the edit. */
static void copy_attributes(int from, int to)
{
    char names[4096], value[4096];
    ssize_t n = flistxattr(from, names, sizeof names);

    for (ssize_t at = 0; at < n;) {
        const char *name = names + at;
        ssize_t size = fgetxattr(from, name, value, sizeof value);

        if (size >= 0)
            (void)fsetxattr(to, name, value, (size_t)size, 0);
        at += (ssize_t)strlen(name) + 1;
    }
}

static rein_status copy_metadata(struct replacement *r, struct error *err)
{
    const struct stat *st = &r->target->now.st;
    struct stat now;

    copy_attributes(r->target->now.fd, r->fd);
    if (fstat(r->fd, &now) == 0 && (now.st_uid != st->st_uid || now.st_gid != st->st_gid) &&
        fchown(r->fd, st->st_uid, st->st_gid) < 0 && fchown(r->fd, (uid_t)-1, st->st_gid) < 0)
        (void)0; /* ours now; the mode below is the old one, and we can read it already */
    if (fchmod(r->fd, st->st_mode & 07777) < 0)
        return fail_errno(err, errno, "keep the mode of '%s'", r->target->name);
    return REIN_OK;
}

static rein_status digest_of(int folder, const char *name, struct digest *out, struct error *err)
{
    char bytes[1 << 15];
    struct sha256 sha;
    ssize_t n;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return fail_errno(err, errno, "open '%s'", name);
    sha256_init(&sha);
    while ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            sha256_add(&sha, str_make(bytes, (size_t)n));
    close(fd);
    if (n < 0)
        return fail_errno(err, errno, "read '%s'", name);
    *out = sha256_done(&sha);
    return REIN_OK;
}

static bool is_what_was_read(const struct target *t, const char *name, const struct digest *before)
{
    struct digest now;
    struct stat st;

    return fstatat(t->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_ino == t->now.st.st_ino && st.st_dev == t->now.st.st_dev &&
           digest_of(t->folder, name, &now, NULL) == REIN_OK && digest_eq(now, *before);
}

static rein_status fail_changed(const struct target *t, struct error *err)
{
    return fail(err, REIN_CONFLICT,
                "'%s' was changed by something else just now; read it again and "
                "repeat the edit",
                t->name);
}

/* A new file: whoever came first keeps the name. */
static rein_status put_new(struct replacement *r, struct error *err)
{
    const struct target *t = r->target;

    if (renameat2(t->folder, r->name, t->folder, t->name, RENAME_NOREPLACE) == 0)
        return REIN_OK;
    if (errno == EEXIST)
        return fail_changed(t, err);
    if (errno != EINVAL && errno != ENOSYS)
        return fail_errno(err, errno, "put '%s' in place", t->name);
    /* A file system without the flag: a hard link does not replace either. */
    if (linkat(t->folder, r->name, t->folder, t->name, 0) < 0)
        return errno == EEXIST ? fail_changed(t, err)
                               : fail_errno(err, errno, "put '%s' in place", t->name);
    unlinkat(t->folder, r->name, 0);
    return REIN_OK;
}

static rein_status put_over(struct replacement *r, const struct digest *before, struct error *err)
{
    const struct target *t = r->target;

    if (renameat2(t->folder, r->name, t->folder, t->name, RENAME_EXCHANGE) == 0) {
        if (is_what_was_read(t, r->name, before)) {
            unlinkat(t->folder, r->name, 0);
            return REIN_OK;
        }
        if (renameat2(t->folder, r->name, t->folder, t->name, RENAME_EXCHANGE) < 0)
            return fail_errno(err, errno, "'%s' was changed just now; its bytes are in '%s'",
                              t->name, r->name);
        return fail_changed(t, err);
    }
    if (errno != EINVAL && errno != ENOSYS)
        return fail_errno(err, errno, "put '%s' in place", t->name);
    if (!is_what_was_read(t, t->name, before))
        return fail_changed(t, err);
    if (renameat(t->folder, r->name, t->folder, t->name) < 0)
        return fail_errno(err, errno, "put '%s' in place", t->name);
    return REIN_OK;
}

rein_status target_replace(struct target *target, str bytes, const struct digest *before,
                           struct stat *st, struct error *err)
{
    struct replacement r = {.target = target, .fd = -1};
    rein_status status = make_temporary(&r, err);

    if (status != REIN_OK)
        return status;
    status = file_write_all(r.fd, bytes, err);
    if (status == REIN_OK && target->exists)
        status = copy_metadata(&r, err);
    if (status == REIN_OK && fsync(r.fd) < 0)
        status = fail_errno(err, errno, "write '%s'", target->name);
    if (status == REIN_OK)
        status = target->exists ? put_over(&r, before, err) : put_new(&r, err);
    if (status != REIN_OK) {
        struct stat left;
        /* Ours to remove only while it is the file that was made above. */
        if (fstat(r.fd, st) == 0 &&
            fstatat(target->folder, r.name, &left, AT_SYMLINK_NOFOLLOW) == 0 &&
            left.st_ino == st->st_ino)
            unlinkat(target->folder, r.name, 0);
    } else if (fstat(r.fd, st) < 0 || fsync(target->folder) < 0) {
        status = fail_errno(err, errno, "sync the folder of '%s'", target->name);
    }
    close(r.fd);
    return status;
}
