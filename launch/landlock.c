/*
 * landlock.c - the second wall: what files may be used for, by inode, beneath the mounts.
 *
 * Reading and executing everywhere, writing only below the plan's writable and private folders and
 * the few devices. It closes what a read-only mount leaves open: FIFOs, sockets and devices of the
 * host. Rights that the running kernel does not know are left out; that it has none is a fault.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12 (ABI 2). */
#define RIGHT_REFER (1ULL << 13)                      /* ABI 2 */
#define RIGHT_TRUNCATE (1ULL << 14)                   /* ABI 3 */
#define RIGHT_IOCTL_DEV (1ULL << 15)                  /* ABI 5 */
enum { SCOPE_ABSTRACT_SOCKET = 1, SCOPE_SIGNAL = 2 }; /* ABI 6 */

struct ruleset {
    uint64_t handled_files, handled_network, scoped;
};

#define RIGHTS_READ \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_ALL ((1ULL << 16) - 1)
#define RIGHTS_WRITABLE \
    (RIGHTS_ALL & ~(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | RIGHT_IOCTL_DEV))
#define RIGHTS_FILE \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
     RIGHT_TRUNCATE | RIGHT_IOCTL_DEV)

static void allow(int rules, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {0};
    struct stat st;

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (beneath.parent_fd < 0 && errno == ENOENT)
        return; /* a private folder that this host does not have */
    launch_must(beneath.parent_fd, STEP_LANDLOCK, path);
    launch_must(fstat(beneath.parent_fd, &st), STEP_LANDLOCK, path);
    beneath.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & RIGHTS_FILE;
    launch_must(syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0),
                STEP_LANDLOCK, path);
    close(beneath.parent_fd);
}

void landlock_enter(struct launch *l)
{
    static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                          "/dev/random", "/dev/urandom", "/dev/tty"};
    long abi =
        launch_must(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION),
                    STEP_LANDLOCK, "version");
    uint64_t known = abi >= 5   ? RIGHTS_ALL
                     : abi >= 3 ? RIGHTS_ALL & ~RIGHT_IOCTL_DEV
                     : abi == 2 ? RIGHTS_ALL & ~(RIGHT_IOCTL_DEV | RIGHT_TRUNCATE)
                                : (1ULL << 13) - 1;
    struct ruleset set = {.handled_files = known,
                          .scoped = abi >= 6 ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : 0};
    size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 16 : 8;
    int rules = (int)launch_must(syscall(SYS_landlock_create_ruleset, &set, size, 0), STEP_LANDLOCK,
                                 "ruleset");

    allow(rules, "/", RIGHTS_READ & known);
    for (uint32_t i = 0; i < l->plan->rows; i++) {
        if (l->rows[i].kind == PLAN_WRITABLE || l->rows[i].kind == PLAN_PRIVATE)
            allow(rules, plan_string(l->plan, l->rows[i].path), RIGHTS_WRITABLE & known);
    }
    allow(rules, "/dev/shm", RIGHTS_WRITABLE & known);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        allow(rules, devices[i], (RIGHTS_FILE & ~LANDLOCK_ACCESS_FS_EXECUTE) & known);
    /* Terminals of its own: opening one means to read, write and set it. */
    allow(rules, "/dev/pts",
          (RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_IOCTL_DEV) & known);
    launch_must(syscall(SYS_landlock_restrict_self, rules, 0), STEP_LANDLOCK, "restrict");
    close(rules);
}
