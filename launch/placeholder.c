/*
 * placeholder.c - protected names that are missing: something must stand there to be mounted over.
 *
 * Made by the launcher in the host's view, since a mount needs a place that exists, and removed
 * when the last sandbox that uses the workspace ends. Who uses them holds a shared lock on the
 * journal; who gets it alone removes what the journal lists. The journal is durable before the
 * first name appears, so that a machine's crash leaves nothing unknown behind; the harness cleans
 * at its start.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { JOURNAL_MAX = 1 << 20 };

static bool is_place(const struct plan_row *row)
{
    return row->kind == PLAN_PLACE_FILE || row->kind == PLAN_PLACE_FOLDER;
}

static bool is_placeholder(const struct stat *st)
{
    return (S_ISSOCK(st->st_mode) || S_ISDIR(st->st_mode)) &&
           (st->st_mode & 07777) == PLACEHOLDER_MODE && st->st_mtim.tv_sec == PLACEHOLDER_TIME &&
           st->st_mtim.tv_nsec == 0;
}

/* The folder of `path`, not led astray by a symlink on the way, and the name in it. */
static int open_parent(const char *path, const char **name)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    const char *slash = strrchr(path, '/');
    char parent[4096];
    size_t n = (size_t)(slash - path);

    *name = slash + 1;
    if (n >= sizeof parent)
        return errno = ENAMETOOLONG, -1;
    memcpy(parent, path, n);
    parent[n] = 0;
    return (int)syscall(SYS_openat2, AT_FDCWD, n ? parent : "/", &how, sizeof how);
}

/* The journal's lock, held until the launcher ends. Cleaning removes the file under its lock, so
 * what we locked must still be what the path names. */
static int journal_open(const char *path)
{
    for (;;) {
        int fd =
            (int)launch_must(open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600),
                             STEP_PLACEHOLDER, path);
        struct stat st;

        launch_must(flock(fd, LOCK_SH), STEP_PLACEHOLDER, path);
        launch_must(fstat(fd, &st), STEP_PLACEHOLDER, path);
        if (st.st_nlink > 0)
            return fd;
        close(fd);
    }
}

/* All bytes, with a NUL behind them. */
static char *journal_read(int fd, size_t *n)
{
    struct stat st;
    char *bytes;

    if (fstat(fd, &st) != 0 || st.st_size > JOURNAL_MAX)
        return NULL;
    bytes = calloc(1, (size_t)st.st_size + 1);
    if (bytes && pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size) {
        free(bytes);
        return NULL;
    }
    *n = (size_t)st.st_size;
    return bytes;
}

static bool journal_has(const char *bytes, size_t n, const char *path)
{
    for (const char *at = bytes; at < bytes + n; at += strlen(at) + 1) {
        if (strcmp(at, path) == 0)
            return true;
    }
    return false;
}

/* Write down every name that may be made: one write and one sync for all that are new. */
static void journal_add(struct launch *l)
{
    size_t n = 0, used = 0;
    char *known = journal_read(l->journal, &n), *more = malloc(l->plan->size);

    if (!known || !more)
        launch_fault(STEP_PLACEHOLDER, EFBIG, plan_string(l->plan, l->plan->journal));
    for (uint32_t i = 0; i < l->plan->rows; i++) {
        const char *path = plan_string(l->plan, l->rows[i].path);

        if (is_place(&l->rows[i]) && !journal_has(known, n, path) &&
            used + strlen(path) < l->plan->size) {
            strcpy(more + used, path);
            used += strlen(path) + 1;
        }
    }
    if (used > 0 && (write(l->journal, more, used) != (ssize_t)used || fdatasync(l->journal) != 0))
        launch_fault(STEP_PLACEHOLDER, errno, plan_string(l->plan, l->plan->journal));
    free(known);
    free(more);
}

/* Whether `path` is a placeholder now: one that was there, or a new one. A name that somebody made
 * meanwhile is a guard's matter. */
static bool place(const struct plan_row *row, const char *path)
{
    static const struct timespec times[2] = {{PLACEHOLDER_TIME, 0}, {PLACEHOLDER_TIME, 0}};
    const char *name;
    int parent = open_parent(path, &name), made;
    struct stat st;
    bool yes = false;

    if (parent < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return false; /* not there, or a symlink on the way, which has a guard of its own */
    launch_must(parent, STEP_PLACEHOLDER, path);
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        yes = is_placeholder(&st);
    } else {
        made = row->kind == PLAN_PLACE_FOLDER
                   ? mkdirat(parent, name, PLACEHOLDER_MODE)
                   : mknodat(parent, name, S_IFSOCK | PLACEHOLDER_MODE, 0);
        if (made == 0)
            made = utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW);
        /* Where the user may not write, the command can't either. */
        if (made != 0 && errno != EACCES && errno != EROFS && errno != EEXIST)
            launch_fault(STEP_PLACEHOLDER, errno, path);
        yes = made == 0;
    }
    close(parent);
    return yes;
}

void placeholders_make(struct launch *l)
{
    mode_t before;
    bool any = false;

    for (uint32_t i = 0; i < l->plan->rows; i++)
        any = any || is_place(&l->rows[i]);
    if (!any || l->plan->journal == 0)
        return;
    l->journal = journal_open(plan_string(l->plan, l->plan->journal));
    journal_add(l);
    before = umask(0);
    for (uint32_t i = 0; i < l->plan->rows; i++) {
        if (is_place(&l->rows[i]))
            l->placed[i] = place(&l->rows[i], plan_string(l->plan, l->rows[i].path));
    }
    umask(before);
}

static void place_remove(const char *path)
{
    const char *name;
    int parent = open_parent(path, &name);
    struct stat st;

    if (parent < 0)
        return;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_placeholder(&st))
        unlinkat(parent, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
    close(parent);
}

/* Giving up the shared lock and asking for it alone is not atomic: of two that end together at
 * least the later gets it, and the journal has both their names. */
void placeholders_remove(struct launch *l)
{
    size_t n = 0;
    char *names;

    if (l->journal < 0 || flock(l->journal, LOCK_EX | LOCK_NB) != 0)
        return;
    names = journal_read(l->journal, &n);
    for (char *at = names; at && at < names + n; at += strlen(at) + 1)
        place_remove(at);
    free(names);
    close(l->journal);
    l->journal = -1;
}
