/*
 * tree.c - mounts as detached trees: taken, restricted, put back; and the tmpfs that private things
 * come from. By descriptors alone; a path is resolved once, and never through a symlink.
 */
#include "tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int tree_place(const char *path)
{
    struct open_how open_how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
                                .resolve = RESOLVE_NO_SYMLINKS};

    return (int)syscall(SYS_openat2, AT_FDCWD, path, &open_how, sizeof open_how);
}

int tree_clone(int fd, bool recursive, const char *what)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;

    if (recursive)
        flags |= AT_RECURSIVE;
    return (int)launch_must(open_tree(fd, "", flags), STEP_MOUNT, what);
}

void tree_restrict(int tree, uint64_t flags, bool recursive, const char *what)
{
    struct mount_attr attr = {.attr_set = flags, .propagation = MS_PRIVATE};
    unsigned how = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);

    launch_must(mount_setattr(tree, "", how, &attr, sizeof attr), STEP_MOUNT, what);
}

void tree_attach(int tree, int place, const char *what)
{
    launch_must(move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
                STEP_MOUNT, what);
}

bool is_folder(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

void stock_make(struct stock *s, const struct plan *plan)
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

void stock_name(struct stock *s, char name[4])
{
    name[0] = (char)('0' + s->count / 100 % 10);
    name[1] = (char)('0' + s->count / 10 % 10);
    name[2] = (char)('0' + s->count % 10);
    name[3] = 0;
    s->count++;
}

int stock_folder(struct stock *s, mode_t mode)
{
    char name[4];
    int fd, tree;

    stock_name(s, name);
    launch_must(mkdirat(s->root, name, mode), STEP_MOUNT, "tmpfs");
    fd = (int)launch_must(openat(s->root, name, O_PATH | O_CLOEXEC), STEP_MOUNT, "tmpfs");
    tree = tree_clone(fd, false, "tmpfs");
    close(fd);
    return tree;
}

void stock_cover(struct stock *s, int place, const char *path)
{
    int tree = tree_clone(is_folder(place) ? s->folder : s->file, false, path);

    tree_restrict(tree, MOUNT_ATTR_RDONLY, false, path);
    tree_attach(tree, place, path);
    close(tree);
}
