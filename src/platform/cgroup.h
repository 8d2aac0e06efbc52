/*
 * cgroup.h - where this process may make cgroups for its children. Found once a process, by
 * looking; the launcher tries, and goes on without.
 */
#ifndef PLATFORM_CGROUP_H
#define PLATFORM_CGROUP_H

#include <stdint.h>

struct cgroup_place {
    uint32_t version;  /* 0: none; 1: v1 as root; 2: a delegated subtree */
    char process[400]; /* folder: v2, or v1's pids */
    char memory[400];  /* v1's memory */
};
const struct cgroup_place *cgroup_place(void);

#endif
