/*
 * cgroup.c - reading /proc for the cgroup folders that are ours to use.
 */
#include "platform/cgroup.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct cgroup_place place;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Whether `word` is one of those that `list` has between separators. */
static bool has_word(const char *list, const char *word, const char *separators)
{
    size_t n = strlen(word);

    while (*list) {
        size_t m = strcspn(list, separators);

        if (m == n && memcmp(list, word, n) == 0)
            return true;
        list += m + (list[m] != 0);
    }
    return false;
}

/* The cgroup of this process in the hierarchy of `controller`; "" is v2's. */
static bool own_path(const char *controller, char *out, size_t room)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char line[600];
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f)) {
        char *controllers = strchr(line, ':'),
             *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        found = *controller ? has_word(controllers + 1, controller, ",") : controllers[1] == 0;
        if (found && snprintf(out, room, "%s", path) >= (int)room)
            found = false;
    }
    if (f)
        fclose(f);
    return found;
}

/* Where a hierarchy is mounted: type "cgroup2", or "cgroup" with the controller as an option. */
static bool mounted_at(const char *controller, char *out, size_t room)
{
    FILE *f = fopen("/proc/self/mounts", "re");
    char line[1200], at[400], type[32], options[400];
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%*s %399s %31s %399s", at, type, options) != 3)
            continue;
        found = *controller ? strcmp(type, "cgroup") == 0 && has_word(options, controller, ",")
                            : strcmp(type, "cgroup2") == 0;
        if (found && snprintf(out, room, "%s", at) >= (int)room)
            found = false;
    }
    if (f)
        fclose(f);
    return found;
}

static bool folder_of(const char *controller, char *out, size_t room)
{
    char mount[200], own[200];

    if (!mounted_at(controller, mount, sizeof mount) || !own_path(controller, own, sizeof own))
        return false;
    return snprintf(out, room, "%s%s", mount, strcmp(own, "/") == 0 ? "" : own) < (int)room;
}

/* A v2 folder in which we may make children that have limits. */
static bool is_delegated(const char *folder)
{
    char path[500], text[256] = "";
    FILE *f;

    snprintf(path, sizeof path, "%s/cgroup.subtree_control", folder);
    f = fopen(path, "re");
    if (!f)
        return false;
    if (!fgets(text, sizeof text, f))
        text[0] = 0;
    fclose(f);
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    return has_word(text, "pids", " \n") && has_word(text, "memory", " \n") &&
           access(folder, W_OK) == 0 && access(path, W_OK) == 0;
}

/* Our own group has processes and so, but for the root, no controllers for children: then a sibling
 * is made beside it. */
static void find(void)
{
    char *folder = place.process;

    if (folder_of("", folder, sizeof place.process)) {
        char *slash;

        if (is_delegated(folder)) {
            place.version = 2;
            return;
        }
        slash = strrchr(folder, '/');
        if (slash && slash != folder) {
            *slash = 0;
            if (is_delegated(folder)) {
                place.version = 2;
                return;
            }
        }
    }
    if (geteuid() == 0 && folder_of("pids", folder, sizeof place.process) &&
        folder_of("memory", place.memory, sizeof place.memory) && access(folder, W_OK) == 0 &&
        access(place.memory, W_OK) == 0) {
        place.version = 1;
        return;
    }
    memset(&place, 0, sizeof place);
}

const struct cgroup_place *cgroup_place(void)
{
    pthread_once(&once, find);
    return &place;
}
