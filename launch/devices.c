/*
 * devices.c - /dev and /proc of the sandbox.
 */
#include "tree.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const device_names[] = {"null", "zero", "full", "random", "urandom", "tty"};
static_assert(sizeof device_names / sizeof *device_names == DEVICES, "one name a device");

void devices_clone(int trees[DEVICES])
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
void devices_make(struct stock *s, int trees[DEVICES])
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
void proc_make(struct stock *s)
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
            stock_cover(s, place, path);
            close(place);
        }
    }
}
