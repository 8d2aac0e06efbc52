/*
 * cgroup.c - a cgroup of its own for a sandbox, where the host lets us make one.
 *
 * The harness has found the folder (delegated v2, or v1 as root) and named it in the plan. What is
 * made here is removed here. That none can be made is no fault: the limits of init's watch and of
 * RLIMIT_NPROC hold without it, so the plan's folder is an offer.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *put_number(char *at, uint64_t n)
{
    char digits[24], *end = digits + sizeof digits;
    size_t size;

    do {
        *--end = (char)('0' + n % 10);
    } while (n /= 10);
    size = (size_t)(digits + sizeof digits - end);
    memcpy(at, end, size);
    at[size] = 0;
    return at + size;
}

static bool put(const char *folder, const char *file, uint64_t n)
{
    char path[600], text[24];
    int fd;
    bool done;

    strcpy(path, folder);
    strcat(path, "/");
    strcat(path, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    put_number(text, n);
    done = write(fd, text, strlen(text)) > 0;
    close(fd);
    return done;
}

/* `base`/rein-PID, remembered in l->cgroups[i]. */
static bool make(struct launch *l, int i, uint32_t base)
{
    const char *folder = plan_string(l->plan, base);
    char *path = l->cgroups[i];

    if (base == 0 || strlen(folder) > 400)
        return false;
    strcpy(path, folder);
    strcat(path, "/rein-");
    put_number(path + strlen(path), (uint64_t)getpid());
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        *path = 0;
        return false;
    }
    return true;
}

void cgroup_make(struct launch *l)
{
    const struct plan *plan = l->plan;

    if (plan->cgroup_version == 2 && make(l, 0, plan->cgroup_process)) {
        put(l->cgroups[0], "pids.max", plan->max_processes);
        put(l->cgroups[0], "memory.max", plan->max_memory);
        put(l->cgroups[0], "memory.swap.max", 0);
        put(l->cgroups[0], "memory.oom.group", 1);
    }
    if (plan->cgroup_version == 1 && make(l, 0, plan->cgroup_process))
        put(l->cgroups[0], "pids.max", plan->max_processes);
    if (plan->cgroup_version == 1 && make(l, 1, plan->cgroup_memory))
        put(l->cgroups[1], "memory.limit_in_bytes", plan->max_memory);
}

void cgroup_join(struct launch *l, pid_t pid)
{
    for (int i = 0; i < 2; i++) {
        if (*l->cgroups[i])
            put(l->cgroups[i], "cgroup.procs", (uint64_t)pid);
    }
}

void cgroup_remove(struct launch *l)
{
    for (int i = 0; i < 2; i++) {
        if (*l->cgroups[i])
            rmdir(l->cgroups[i]);
        *l->cgroups[i] = 0;
    }
}
