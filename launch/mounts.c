/*
 * mounts.c - the sandbox's view of the file system, made by init in its own mount namespace.
 *
 * The namespace began as a copy of the host's mounts. All of them become read-only in one call;
 * what shall stay writable was cloned before and is put back on its place, private folders and
 * masks are bound from one tmpfs, and protected names are bound onto themselves. Nothing is looked
 * up by a path through a symlink: a row's place is opened once and then used by its descriptor.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The tmpfs from which everything private comes, and the two empty things in it. */
struct stock {
    int root, folder, file;
    unsigned count;
};

static int resolve(const char *path, uint64_t how)
{
    struct open_how open_how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW, .resolve = how};

    return (int)syscall(SYS_openat2, AT_FDCWD, path, &open_how, sizeof open_how);
}

/* A detached copy of the mount at `fd` and, recursively, of those below. */
static int tree_clone(int fd, bool recursive, const char *what)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;

    if (recursive)
        flags |= AT_RECURSIVE;
    return (int)launch_must(open_tree(fd, "", flags), STEP_MOUNT, what);
}

static void tree_restrict(int tree, uint64_t flags, bool recursive, const char *what)
{
    struct mount_attr attr = {.attr_set = flags, .propagation = MS_PRIVATE};
    unsigned how = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);

    launch_must(mount_setattr(tree, "", how, &attr, sizeof attr), STEP_MOUNT, what);
}

static void tree_attach(int tree, int place, const char *what)
{
    launch_must(move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
                STEP_MOUNT, what);
}

static bool is_folder(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder of a writable or readable row, cloned while the host's view is still uncovered. It
 * must be the one that the harness meant, not what took its name since. */
static int source_clone(const struct plan_row *row, const char *path)
{
    int fd = (int)launch_must(resolve(path, RESOLVE_NO_SYMLINKS), STEP_MOUNT, path), tree;
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

/* The tmpfs stands on /tmp until the private /tmp covers it; its root is then out of reach. */
static void stock_make(struct stock *s, const struct plan *plan)
{
    char options[64] = "mode=0755,nr_inodes=262144,size=", digits[24];
    char *end = digits + sizeof digits - 1;
    uint64_t n = plan->max_private;
    int file;

    *end = 0;
    do {
        *--end = (char)('0' + n % 10);
    } while (n /= 10);
    strcat(options, end);
    launch_must(mount("rein", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options), STEP_MOUNT, "tmpfs");
    s->root = (int)launch_must(open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC), STEP_MOUNT, "tmpfs");
    launch_must(mkdirat(s->root, "empty", 0555), STEP_MOUNT, "tmpfs");
    file = (int)launch_must(openat(s->root, "void", O_CREAT | O_EXCL | O_CLOEXEC, 0444), STEP_MOUNT,
                            "tmpfs");
    close(file);
    s->folder = (int)launch_must(openat(s->root, "empty", O_PATH | O_CLOEXEC), STEP_MOUNT, "tmpfs");
    s->file = (int)launch_must(openat(s->root, "void", O_PATH | O_CLOEXEC), STEP_MOUNT, "tmpfs");
}

/* A new folder of the stock, as a detached mount. */
static int stock_folder(struct stock *s, mode_t mode)
{
    char name[] = "000";
    int fd, tree;

    name[0] = (char)('0' + s->count / 100 % 10);
    name[1] = (char)('0' + s->count / 10 % 10);
    name[2] = (char)('0' + s->count % 10);
    s->count++;
    launch_must(mkdirat(s->root, name, mode), STEP_MOUNT, "tmpfs");
    fd = (int)launch_must(openat(s->root, name, O_PATH | O_CLOEXEC), STEP_MOUNT, "tmpfs");
    tree = tree_clone(fd, false, "tmpfs");
    close(fd);
    return tree;
}

/* Something empty that can't be changed, over `place`. */
static void cover(struct stock *s, int place, const char *path)
{
    int tree = tree_clone(is_folder(place) ? s->folder : s->file, false, path);

    tree_restrict(tree, MOUNT_ATTR_RDONLY, false, path);
    tree_attach(tree, place, path);
    close(tree);
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

/* The place of a folder that comes back: inside something private its parents may be missing. */
static int place_make(const char *path)
{
    int place = resolve(path, RESOLVE_NO_SYMLINKS);
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
    return (int)launch_must(resolve(path, RESOLVE_NO_SYMLINKS), STEP_MOUNT, path);
}

/* One row; `tree` is its clone from before. Returns a mount that must become read-only when all
 * rows are done, since later ones need mount points in it, or -1. */
static int row_do(struct launch *l, struct stock *s, uint32_t i, int tree)
{
    const struct plan_row *row = &l->rows[i];
    const char *path = plan_string(l->plan, row->path);
    enum plan_kind kind = (enum plan_kind)row->kind;
    int place = tree >= 0 ? place_make(path) : resolve(path, RESOLVE_NO_SYMLINKS), own = -1;

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
            cover(s, place, path);
        }
        break;
    case PLAN_PIN: bind_itself(place, false, path); break;
    case PLAN_GUARD: guard(s, place, path); break;
    case PLAN_PLACE_FILE:
    case PLAN_PLACE_FOLDER:
        if (l->placed[i])
            cover(s, place, path);
        else
            guard(s, place, path);
        break;
    case PLAN_KINDS: break;
    }
    close(place);
    return own;
}

static const char *const device_names[] = {"null", "zero", "full", "random", "urandom", "tty"};
enum { DEVICES = sizeof device_names / sizeof *device_names };

static void devices_clone(int trees[DEVICES])
{
    char path[32];

    for (int i = 0; i < DEVICES; i++) {
        int fd;

        strcpy(path, "/dev/");
        strcat(path, device_names[i]);
        fd = (int)launch_must(open(path, O_PATH | O_CLOEXEC), STEP_MOUNT, path);
        trees[i] = tree_clone(fd, false, path);
        tree_restrict(trees[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false, path);
        close(fd);
    }
}

/* A folder with a handful of devices, a terminal family and shared memory of its own. */
static void devices_make(struct stock *s, int trees[DEVICES])
{
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"},
                                           {"pts/ptmx", "ptmx"}};
    int dev = stock_folder(s, 0755), place, shm;

    for (int i = 0; i < DEVICES; i++)
        close((int)launch_must(openat(dev, device_names[i], O_CREAT | O_CLOEXEC, 0666), STEP_MOUNT,
                               device_names[i]));
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        launch_must(symlinkat(links[i][0], dev, links[i][1]), STEP_MOUNT, links[i][1]);
    launch_must(mkdirat(dev, "pts", 0755) | mkdirat(dev, "shm", 01777), STEP_MOUNT, "/dev");
    place = (int)launch_must(open("/dev", O_PATH | O_CLOEXEC), STEP_MOUNT, "/dev");
    tree_attach(dev, place, "/dev");
    close(place);
    for (int i = 0; i < DEVICES; i++) {
        place = (int)launch_must(openat(dev, device_names[i], O_PATH | O_CLOEXEC), STEP_MOUNT,
                                 device_names[i]);
        tree_attach(trees[i], place, device_names[i]);
        close(place);
        close(trees[i]);
    }
    launch_must(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                      "newinstance,ptmxmode=0666,mode=0620"),
                STEP_MOUNT, "/dev/pts");
    shm = stock_folder(s, 01777);
    place = (int)launch_must(open("/dev/shm", O_PATH | O_CLOEXEC), STEP_MOUNT, "/dev/shm");
    tree_attach(shm, place, "/dev/shm");
    close(place);
    close(shm);
    tree_restrict(dev, MOUNT_ATTR_RDONLY, false, "/dev");
    close(dev);
}

/* The sandbox's own processes. Read-only as a whole: for uid 0 the owner's bit alone would open
 * sysctls and the rest, with no capability asked. */
static void proc_make(struct stock *s)
{
    static const char *const hidden[] = {"/proc/kcore", "/proc/keys", "/proc/kallsyms",
                                         "/proc/key-users", "/proc/sysrq-trigger"};
    static const char *const roots[] = {
        "/proc/kmsg",        "/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup",
        "/proc/vmallocinfo", "/proc/slabinfo",   "/proc/timer_list", "/proc/iomem"};
    bool is_root = geteuid() == 0;

    launch_must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL),
                STEP_PROC, "/proc");
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden + sizeof roots / sizeof *roots; i++) {
        bool first = i < sizeof hidden / sizeof *hidden;
        const char *path = first ? hidden[i] : roots[i - sizeof hidden / sizeof *hidden];
        int place = first || is_root ? open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW) : -1;

        if (place >= 0) {
            cover(s, place, path);
            close(place);
        }
    }
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
