/*
 * mounts.c - the sandbox's view of the file system, made by init in its own mount namespace.
 *
 * The namespace began as a copy of the host's mounts. All of them become read-only in one call;
 * what shall stay writable was cloned before and is put back on its place, private folders and
 * masks are bound from one tmpfs, and protected names are bound onto themselves. Nothing is looked
 * up by a path through a symlink: a row's place is opened once and then used by its descriptor.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a writable or readable row, cloned while the host's view is still uncovered. It
 * must be the one that the harness meant, not what took its name since. */
static int source_clone(const struct plan_row *row, const char *path)
{
    int fd = (int)launch_must(tree_place(path), STEP_MOUNT, path), tree;
    struct stat st;

    launch_must(fstat(fd, &st), STEP_MOUNT, path);
    if (row->inode && (st.st_ino != row->inode || st.st_dev != row->device))
        launch_fault(STEP_MOUNT, ESTALE, path);
    tree = tree_clone(fd, true, path);
    tree_restrict(tree,
                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                      (row->kind == PLAN_READABLE ? MOUNT_ATTR_RDONLY : 0),
                  true, path);
    close(fd);
    return tree;
}

static void all_read_only(void)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                              .propagation = MS_PRIVATE};

    launch_must(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof attr), STEP_MOUNT,
                "read-only root");
}

static void bind_itself(int place, bool read_only, const char *path)
{
    int tree = tree_clone(place, is_folder(place), path);

    if (read_only)
        tree_restrict(tree, MOUNT_ATTR_RDONLY, true, path);
    tree_attach(tree, place, path);
    close(tree);
}

/* A symlink is mounted over itself, else it could be replaced: with the file that it leads to, so
 * that reading goes on to work, or with an empty one when it leads elsewhere. */
static void guard_link(struct stock *s, int place, const char *path)
{
    int target = open(path, O_PATH | O_CLOEXEC), tree;
    struct stat st;
    bool is_file = target >= 0 && fstat(target, &st) == 0 && S_ISREG(st.st_mode);

    tree = tree_clone(is_file ? target : s->file, false, path);
    tree_restrict(tree, MOUNT_ATTR_RDONLY, false, path);
    tree_attach(tree, place, path);
    close(tree);
    if (target >= 0)
        close(target);
}

static void guard(struct stock *s, int place, const char *path)
{
    struct stat st;

    if (fstat(place, &st) == 0 && S_ISLNK(st.st_mode))
        guard_link(s, place, path);
    else
        bind_itself(place, true, path);
}

/* ---- git's list ---------------------------------------------------------------------------- */

static void put(int fd, const char *bytes, size_t n)
{
    if (n)
        launch_must(write(fd, bytes, n) == (ssize_t)n ? 0 : -1, STEP_MOUNT, "exclude");
}

/* A pattern that means this path below the repository's root, and nothing else. */
static void put_pattern(int fd, const char *path)
{
    put(fd, "\n", 1);
    for (; *path; path++) {
        if (strchr("\\*?[", *path))
            put(fd, "\\", 1);
        put(fd, path, 1);
    }
}

static void put_placeholders(struct launch *l, int fd, const char *root)
{
    size_t n = strlen(root);

    for (uint32_t i = 0; i < l->plan->rows; i++) {
        const char *path = plan_string(l->plan, l->rows[i].path);

        if (l->placed[i] && strncmp(path, root, n) == 0 && path[n] == '/')
            put_pattern(fd, path + n);
    }
    put(fd, "\n", 1);
}

/* What the list says, then our names; a list that is too long for a person's stays as it is. */
static void exclude(struct launch *l, struct stock *s, const struct plan_row *row, int place)
{
    enum { LIST_MAX = 1 << 18 };
    const char *path = plan_string(l->plan, row->path);
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), to, tree;
    char *bytes = malloc(LIST_MAX), name[4];
    ssize_t n = from >= 0 && bytes ? read(from, bytes, LIST_MAX) : -1;

    if (from >= 0)
        close(from);
    if (n < 0 || n == LIST_MAX) {
        free(bytes);
        return;
    }
    stock_name(s, name);
    to = (int)launch_must(openat(s->root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444),
                          STEP_MOUNT, "exclude");
    put(to, bytes, (size_t)n);
    put_placeholders(l, to, plan_string(l->plan, row->root));
    free(bytes);
    tree = tree_clone(to, false, path);
    close(to);
    tree_restrict(tree, MOUNT_ATTR_RDONLY, false, path);
    tree_attach(tree, place, path);
    close(tree);
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The place of a folder that comes back: inside something private its parents may be missing. */
static int place_make(const char *path)
{
    int place = tree_place(path);
    char copy[4096];

    if (place >= 0 || errno != ENOENT || strlen(path) >= sizeof copy)
        return (int)launch_must(place, STEP_MOUNT, path);
    strcpy(copy, path);
    for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            launch_fault(STEP_MOUNT, errno, copy);
        *at = '/';
    }
    if (mkdir(copy, 0755) != 0 && errno != EEXIST)
        launch_fault(STEP_MOUNT, errno, copy);
    return (int)launch_must(tree_place(path), STEP_MOUNT, path);
}

/* One row; `tree` is its clone from before. Returns a mount that must become read-only when all
 * rows are done, since later ones need mount points in it, or -1. */
static int row_do(struct launch *l, struct stock *s, uint32_t i, int tree)
{
    const struct plan_row *row = &l->rows[i];
    const char *path = plan_string(l->plan, row->path);
    enum plan_kind kind = (enum plan_kind)row->kind;
    int place = tree >= 0 ? place_make(path) : tree_place(path), own = -1;

    /* A place is missing by right where something above it is masked or private, or where it was
     * removed since the plan was made; what can't be there can't be changed. */
    if (place < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return -1;
    launch_must(place, STEP_MOUNT, path);
    switch (kind) {
    case PLAN_WRITABLE:
    case PLAN_READABLE: tree_attach(tree, place, path); break;
    case PLAN_PRIVATE:
        own = stock_folder(s, strcmp(path, "/run") == 0 ? 0755 : 01777);
        tree_attach(own, place, path);
        close(own);
        own = -1;
        break;
    case PLAN_MASK:
        if (row->holds && is_folder(place)) {
            own = stock_folder(s, 0755);
            tree_attach(own, place, path);
        } else {
            stock_cover(s, place, path);
        }
        break;
    case PLAN_PIN: bind_itself(place, false, path); break;
    case PLAN_GUARD: guard(s, place, path); break;
    case PLAN_PLACE_FILE:
    case PLAN_PLACE_FOLDER:
        if (l->placed[i])
            stock_cover(s, place, path);
        else
            guard(s, place, path);
        break;
    case PLAN_EXCLUDE: exclude(l, s, row, place); break;
    case PLAN_KINDS: break;
    }
    close(place);
    return own;
}

void mounts_make(struct launch *l)
{
    uint32_t n = l->plan->rows;
    int *trees = calloc(2 * (size_t)n + 2, sizeof *trees), *late = trees + n + 1;
    int devices[DEVICES];
    struct stock stock = {0};

    if (!trees)
        launch_fault(STEP_MOUNT, ENOMEM, "memory");
    umask(0);
    for (uint32_t i = 0; i < n; i++) {
        const struct plan_row *row = &l->rows[i];

        trees[i] = row->kind == PLAN_WRITABLE || row->kind == PLAN_READABLE
                       ? source_clone(row, plan_string(l->plan, row->path))
                       : -1;
    }
    devices_clone(devices);
    all_read_only();
    stock_make(&stock, l->plan);
    devices_make(&stock, devices);
    for (uint32_t i = 0; i < n; i++) {
        late[i] = row_do(l, &stock, i, trees[i]);
        if (trees[i] >= 0)
            close(trees[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (late[i] >= 0) {
            tree_restrict(late[i], MOUNT_ATTR_RDONLY, false, "mask");
            close(late[i]);
        }
    }
    proc_make(&stock);
    close(stock.root);
    close(stock.folder);
    close(stock.file);
    free(trees);
    launch_must(chdir("/"), STEP_MOUNT, "/");
}
