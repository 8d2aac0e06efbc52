/*
 * tree.h - what mounts.c, devices.c and tree.c share: mounts as descriptors. Init's, all of it;
 * what fails ends in a fault.
 */
#ifndef LAUNCH_TREE_H
#define LAUNCH_TREE_H

#include "launch.h"

/* The tmpfs from which everything private comes, and the two empty things in it. */
struct stock {
    int root, folder, file;
    unsigned count;
};

/* `path` as a descriptor, itself a symlink or not, but through none; -1 with errno. */
int tree_place(const char *path);
bool is_folder(int fd);

/* A detached copy of the mount at `fd` and, recursively, of those below. `what` is for the
 * fault. */
int tree_clone(int fd, bool recursive, const char *what);
void tree_restrict(int tree, uint64_t flags, bool recursive, const char *what);
void tree_attach(int tree, int place, const char *what);

/* The tmpfs stands on /tmp until the private /tmp covers it; its root is then out of reach. */
void stock_make(struct stock *s, const struct plan *plan);
/* A name in it that was not used yet. */
void stock_name(struct stock *s, char name[4]);
/* A new folder of it, as a detached mount. */
int stock_folder(struct stock *s, mode_t mode);
/* Something empty that can't be changed, over `place`. */
void stock_cover(struct stock *s, int place, const char *path);

/* devices.c: the host's devices are cloned before its view is restricted. */
enum { DEVICES = 6 };
void devices_clone(int trees[DEVICES]);
void devices_make(struct stock *s, int trees[DEVICES]);
void proc_make(struct stock *s);

#endif
