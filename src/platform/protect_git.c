/*
 * protect_git.c - what git runs or believes of a repository: hooks and configuration, in its folder
 * and in those of its modules and worktrees.
 *
 * The rest (objects, refs, index) stays writable, so that commit, add and checkout work. A
 * `commondir` is read by git wherever it stands, and any content, none too, breaks a repository
 * that has none: so nothing can hold its place, and it is looked for afterwards.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/protect_impl.h"

enum { MODULES_DEPTH = 4 };

void protect_git_folder(struct scan *s, const char *folder)
{
    protect_note(s, protect_join(s, folder, "hooks"), PLAN_PLACE_FOLDER);
    protect_note(s, protect_join(s, folder, "info"), PLAN_PLACE_FOLDER);
    protect_note(s, protect_join(s, folder, "config"), PLAN_PLACE_FILE);
    protect_note(s, protect_join(s, folder, "config.worktree"), PLAN_PLACE_FILE);
    protect_note(s, protect_join(s, folder, "commondir"), PLAN_KINDS);
}

/* Below .git/modules and .git/worktrees: a folder with a HEAD is a repository. */
static void git_folders(struct scan *s, const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;

    while (dir && (entry = readdir(dir))) {
        const char *path;

        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        path = protect_join(s, folder, entry->d_name);
        if (lstat(protect_join(s, path, "HEAD"), &st) == 0) {
            protect_git_folder(s, path);
            protect_note(s, protect_join(s, path, "gitdir"), PLAN_KINDS);
        } else if (depth < MODULES_DEPTH) {
            git_folders(s, path, depth + 1);
        }
    }
    if (dir)
        closedir(dir);
}

/* The folder that a `.git` file points to, when it lies below a writable root; else it is read-only
 * anyway. */
static void git_pointer(struct scan *s, const char *folder, const char *file)
{
    char text[4096 + 16], real[4096];
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    size_t root = strlen(s->root);
    const char *target;

    if (fd >= 0)
        close(fd);
    if (n <= 8)
        return;
    text[n] = 0;
    text[strcspn(text, "\r\n")] = 0;
    if (strncmp(text, "gitdir: ", 8) != 0)
        return;
    target = text[8] == '/' ? text + 8 : protect_join(s, folder, text + 8);
    if (realpath(target, real) && strncmp(real, s->root, root) == 0 && real[root] == '/')
        protect_git_folder(s, arena_cstr(&s->p->arena, str_of(real)));
}

void protect_git(struct scan *s, const char *folder, const char *name)
{
    const char *path = protect_join(s, folder, name);
    struct stat st;

    if (lstat(path, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        protect_note(s, path, PLAN_PIN);
        protect_git_folder(s, path);
        git_folders(s, protect_join(s, path, "modules"), 0);
        git_folders(s, protect_join(s, path, "worktrees"), 0);
        return;
    }
    protect_note(s, path, PLAN_GUARD);
    if (S_ISREG(st.st_mode))
        git_pointer(s, folder, path);
}
