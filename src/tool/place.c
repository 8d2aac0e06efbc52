/*
 * place.c - opens what a model named. It knows the walls (workspace, masks, rules), not what the
 * file is opened for.
 */
#include "tool/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "platform/file.h"
#include "platform/protect.h"
#include "policy/path.h"
#include "tool/masks.h"

str place_shown(const struct tool_run *run, str path)
{
    str folder = str_of(run->folder), below = path_below(folder, path);

    return path_is_beneath(folder, path) && below.n ? below : path;
}

static bool is_inside(const struct tool_run *run, str path)
{
    return path_is_beneath(str_of(run->folder), path);
}

/* Where the descriptor is, as the kernel says it. */
static rein_status resolve(struct tool_run *run, int fd, str *out, struct error *err)
{
    char link[64], real[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, real, sizeof real);
    if (n <= 0 || (size_t)n >= sizeof real || real[0] != '/')
        return fail(err, REIN_IO, "cannot tell where the file is; is /proc mounted?");
    *out = arena_str(run->arena, str_make(real, (size_t)n));
    return REIN_OK;
}

static rein_status check_mask(const struct tool_run *run, str path, struct error *err)
{
    const char *mask = mask_of(run, path);

    if (!mask)
        return REIN_OK;
    return fail(err, REIN_DENIED, "%.*s is not for tools: %s", FS(str_take(path, 140)), mask);
}

/* Spilled output of this session, in a folder that may have a link on its way: it is ours. */
static bool is_result(const struct tool_run *run, const struct place *place)
{
    str results = str_of(run->results);
    const char *real;

    return results.n && path_is_beneath(results, place->path) &&
           file_canonical(run->results, run->arena, &real, NULL) == REIN_OK &&
           path_is_beneath(str_of(real), place->real) &&
           str_eq(path_below(results, place->path), path_below(str_of(real), place->real));
}

/* Somewhere else than policy was asked about: only what would have been allowed, too. */
static rein_status check_real(const struct tool_run *run, const struct place *place, bool writing,
                              struct error *err)
{
    str path = place->path, real = place->real, folder = str_of(run->folder);
    str shown = str_take(real, 90);

    if (str_eq(path, real) || (!writing && is_result(run, place)))
        return REIN_OK;
    if (check_mask(run, real, err) != REIN_OK)
        return REIN_DENIED;
    if (run->policy && policy_forbids(run->policy, writing, real))
        return fail(err, REIN_DENIED, "it leads to %.*s, which a permission rule keeps", FS(shown));
    if (is_inside(run, path) ? !is_inside(run, real) : run->level != SANDBOX_FULL_ACCESS)
        return fail(err, REIN_DENIED, "it is a link that leads to %.*s; name that path itself",
                    FS(shown));
    if (writing && path_is_protected(folder, real) && !path_is_protected(folder, path))
        return fail(err, REIN_DENIED, "it leads to the protected %.*s; name that path itself",
                    FS(shown));
    return REIN_OK;
}

static rein_status open_path(struct tool_run *run, str path, int flags, int *fd, struct error *err)
{
    flags |= O_CLOEXEC;
    if (!(flags & O_PATH)) /* openat2 refuses any other flag beside O_PATH */
        flags |= O_NONBLOCK | O_NOCTTY;
    if (is_inside(run, path))
        return file_open_beneath(run->root, run->folder, path, flags, 0, fd, err);
    *fd = open(path.p, flags);
    if (*fd < 0)
        return fail_errno(err, errno, "open '%.*s'", FS(str_take(path, 150)));
    return REIN_OK;
}

rein_status place_open(struct tool_run *run, str path, int flags, struct place *out,
                       struct error *err)
{
    *out = (struct place){.fd = -1};
    out->path = path_normal(run->arena, str_of(run->folder), path);
    if (check_mask(run, out->path, err) != REIN_OK)
        return REIN_DENIED;
    rein_status status = open_path(run, out->path, flags, &out->fd, err);
    if (status == REIN_OK && fstat(out->fd, &out->st) < 0)
        status = fail_errno(err, errno, "look at '%.*s'", FS(str_take(path, 150)));
    if (status == REIN_OK)
        status = resolve(run, out->fd, &out->real, err);
    if (status == REIN_OK)
        status = check_real(run, out, false, err);
    if (status != REIN_OK)
        place_close(out);
    return status;
}

void place_close(struct place *place)
{
    if (place->fd >= 0)
        close(place->fd);
    place->fd = -1;
}

/* ---- what is missing ------------------------------------------------------------------------- */

enum { NAMES_MAX = 5000 };

/* "parser" of "parser.c". */
static str stem_of(str name)
{
    size_t n = name.n;

    while (n > 1 && name.p[n - 1] != '.')
        n--;
    return n > 1 ? str_take(name, n - 1) : name;
}

/* The name in the folder that was meant, or NULL: nearly the same, or with another ending. */
static const char *near_name(struct tool_run *run, int folder, str name)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    const char **names = arena_array(run->arena, const char *, NAMES_MAX);
    const char *same_stem = NULL;
    struct dirent *entry;
    size_t n = 0;
    int found;

    if (!stream) {
        if (copy >= 0)
            close(copy);
        return NULL;
    }
    while (n < NAMES_MAX && (entry = readdir(stream))) {
        str other = str_of(entry->d_name);
        if (str_eq(other, S(".")) || str_eq(other, S("..")) || str_eq(other, name))
            continue; /* the name itself stands there as a placeholder only */
        names[n++] = arena_cstr(run->arena, other);
        if (str_eq(stem_of(other), stem_of(name)))
            same_stem = names[n - 1];
    }
    closedir(stream);
    found = nearest_word(name, names, n);
    return found >= 0 ? names[found] : same_stem;
}

/* The deepest folder on the way that is there, and what would be beside the name that is not. */
static rein_status fail_missing(struct tool_run *run, str path, struct error *err)
{
    str folder = path_parent(path), name = path_name(path), shown = str_take(path, 100);
    struct place place;
    const char *near;
    rein_status status;

    while ((status = place_open(run, folder, O_RDONLY | O_DIRECTORY, &place, NULL)) != REIN_OK &&
           folder.n > 1) {
        name = path_name(folder);
        folder = path_parent(folder);
    }
    if (status != REIN_OK)
        return fail(err, REIN_NOT_FOUND, "there is no file '%.*s'", FS(shown));
    near = near_name(run, place.fd, name);
    place_close(&place);
    if (near)
        return fail(err, REIN_NOT_FOUND, "there is no file '%.*s'; did you mean '%.*s%s%.80s'?",
                    FS(shown), FS(folder.n > 1 && folder.n < 60 ? folder : S("")),
                    folder.n < 60 ? "/" : "", near);
    return fail(err, REIN_NOT_FOUND, "there is no file '%.*s' (in '%.*s' there is no '%.*s')",
                FS(shown), FS(str_take(folder, 60)), FS(str_take(name, 40)));
}

static rein_status check_regular(const struct place *place, struct error *err)
{
    str path = str_take(place->path, 120);

    if (S_ISDIR(place->st.st_mode))
        return fail(err, REIN_INVALID,
                    "'%.*s' is a folder; Glob with the pattern '*' and this path "
                    "lists it",
                    FS(path));
    if (!S_ISREG(place->st.st_mode))
        return fail(err, REIN_INVALID, "'%.*s' is a device, pipe or socket, not a file", FS(path));
    if (place->st.st_size > (off_t)FILE_BYTES_MAX)
        return fail(err, REIN_LIMIT,
                    "'%.*s' has %lld bytes; at most %u are read. Use Grep, or head "
                    "and tail by Bash",
                    FS(path), (long long)place->st.st_size, FILE_BYTES_MAX);
    return REIN_OK;
}

rein_status place_open_file(struct tool_run *run, str path, struct place *out, struct error *err)
{
    rein_status status = place_open(run, path, O_RDONLY, out, err);

    if (status == REIN_NOT_FOUND || (status != REIN_OK && protect_holds(out->path.p)))
        return fail_missing(run, out->path, err);
    if (status == REIN_OK)
        status = check_regular(out, err);
    if (status != REIN_OK)
        place_close(out);
    return status;
}

rein_status place_read(const struct place *place, struct buf *out, struct error *err)
{
    for (;;) {
        size_t want =
            out->n < (size_t)place->st.st_size ? (size_t)place->st.st_size - out->n + 1 : 4096;
        char *room = buf_room(out, want);
        ssize_t got;

        if (!room)
            return fail(err, REIN_LIMIT, "'%.*s' grew over %u bytes while it was read",
                        FS(str_take(place->path, 120)), FILE_BYTES_MAX);
        got = pread(place->fd, room, want, (off_t)out->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, errno, "read '%.*s'", FS(str_take(place->path, 120)));
        if (got == 0)
            return REIN_OK;
        buf_grown(out, (size_t)got);
    }
}

/* ---- targets of writing ---------------------------------------------------------------------- */

static rein_status check_writable(const struct tool_run *run, str path, struct error *err)
{
    if (run->level == SANDBOX_READ_ONLY)
        return fail(err, REIN_DENIED, "the sandbox is read-only: nothing can be written");
    if (!is_inside(run, path) && run->level != SANDBOX_FULL_ACCESS)
        return fail(err, REIN_DENIED, "'%.*s' is outside of the workspace '%.100s'",
                    FS(str_take(path, 100)), run->folder);
    if (path_name(path).n == 0 || str_eq(path, str_of(run->folder)))
        return fail(err, REIN_INVALID, "'%.*s' is a folder, not a file", FS(str_take(path, 150)));
    return check_mask(run, path, err);
}

/* A folder on the way to the file; made when it is missing. */
static rein_status open_folder(struct tool_run *run, str path, int *fd, struct error *err)
{
    rein_status status = open_path(run, path, O_RDONLY | O_DIRECTORY, fd, err);
    const char *name;
    int parent;

    if (status != REIN_NOT_FOUND || path.n <= 1)
        return status;
    status = open_folder(run, arena_str(run->arena, path_parent(path)), &parent, err);
    if (status != REIN_OK)
        return status;
    name = arena_cstr(run->arena, path_name(path));
    if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
        status = fail_errno(err, errno, "make the folder '%.*s'", FS(str_take(path, 150)));
    close(parent);
    return status == REIN_OK ? open_path(run, path, O_RDONLY | O_DIRECTORY, fd, err) : status;
}

/* The file is there: its real folder, and that the name in it is what is open. */
static rein_status find_existing(struct tool_run *run, struct target *t, struct error *err)
{
    struct stat st;
    rein_status status = check_regular(&t->now, err);

    if (status != REIN_OK || (status = resolve(run, t->now.fd, &t->now.real, err)) != REIN_OK ||
        (status = check_real(run, &t->now, true, err)) != REIN_OK)
        return status;
    status = open_folder(run, arena_str(run->arena, path_parent(t->now.real)), &t->folder, err);
    if (status != REIN_OK)
        return status;
    t->name = arena_cstr(run->arena, path_name(t->now.real));
    if (fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        st.st_ino != t->now.st.st_ino || st.st_dev != t->now.st.st_dev)
        return fail(err, REIN_CONFLICT, "'%.*s' is being changed by something else; try again",
                    FS(str_take(t->now.path, 150)));
    return REIN_OK;
}

static rein_status find_new(struct tool_run *run, struct target *t, struct error *err)
{
    str parent = arena_str(run->arena, path_parent(t->now.path)), real = S("");
    struct stat st;
    rein_status status = open_folder(run, parent, &t->folder, err);

    if (status != REIN_OK || (status = resolve(run, t->folder, &real, err)) != REIN_OK)
        return status;
    t->name = arena_cstr(run->arena, path_name(t->now.path));
    t->now.real =
        arena_printf(run->arena, "%.*s/%s", FS(str_eq(real, S("/")) ? S("") : real), t->name);
    status = check_real(run, &t->now, true, err);
    if (status == REIN_OK && fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return fail(err, REIN_DENIED, "'%.*s' is a link to something that is not there",
                    FS(str_take(t->now.path, 150)));
    return status;
}

rein_status target_open(struct tool_run *run, str path, struct target *out, struct error *err)
{
    rein_status status;

    *out = (struct target){.now.fd = -1, .folder = -1};
    out->now.path = path_normal(run->arena, str_of(run->folder), path);
    status = check_writable(run, out->now.path, err);
    if (status == REIN_OK) {
        /* A protected name that is missing may be held for a sandbox; the tool was permitted. */
        protect_give_way(out->now.path.p);
        status = open_path(run, out->now.path, O_RDONLY, &out->now.fd, err);
        out->exists = status == REIN_OK;
        if (status == REIN_OK && fstat(out->now.fd, &out->now.st) < 0)
            status = fail_errno(err, errno, "look at '%.*s'", FS(str_take(path, 150)));
        else if (status == REIN_OK)
            status = find_existing(run, out, err);
        else if (status == REIN_NOT_FOUND)
            status = find_new(run, out, err);
    }
    if (status != REIN_OK)
        target_close(out);
    return status;
}

void target_close(struct target *target)
{
    place_close(&target->now);
    if (target->folder >= 0)
        close(target->folder);
    target->folder = -1;
}
