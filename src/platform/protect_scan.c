/*
 * protect_scan.c - finding the protected names of a workspace, in a bounded walk.
 *
 * The root has the whole table; below it, to a limit of depth and folders, only what acts wherever
 * it stands (repositories, settings of harnesses) is looked for. Each folder's finding is kept with
 * the folder's times, so that the next scan reads only what changed.
 */
#include "platform/protect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "platform/protect_impl.h"

enum { DEPTH_MAX = 5, FOLDERS_MAX = 300, ENTRIES_MAX = 5000, NAMES_MAX = 600 };

/* Not worth a look: others' code, of which nothing acts from where it lies. */
static const char *const skipped[] = {"node_modules", ".venv", "venv", "__pycache__", ".cache"};

struct protect_folder {
    const char *path;
    struct protect_state state;
    const char **below; /* folders to go on with */
    size_t below_n;
    const char **found; /* paths of protected names */
    size_t found_n;
};

static struct protect_state state_of(const struct stat *st)
{
    return (struct protect_state){st->st_dev,  st->st_ino,  st->st_mode,
                                  st->st_size, st->st_mtim, st->st_ctim};
}

static bool state_eq(const struct protect_state *a, const struct protect_state *b)
{
    return a->device == b->device && a->inode == b->inode && a->mode == b->mode &&
           a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

const char *protect_join(struct scan *s, const char *folder, const char *name)
{
    return arena_printf(&s->p->arena, "%s/%s", folder, name).p;
}

/* What stands there; a placeholder counts as nothing, but is told apart. */
static struct protect_state look(const char *path, struct stat *st, bool *held)
{
    bool there = lstat(path, st) == 0;

    *held = there && protect_is_placeholder(st);
    if (there && !*held)
        return state_of(st);
    memset(st, 0, sizeof *st);
    return (struct protect_state){0};
}

/* Note a name. Where it is missing, `place` says what is to hold it, or that nothing can. */
void protect_note(struct scan *s, const char *path, enum plan_kind place)
{
    struct protect *p = s->p;
    struct stat st;
    struct protect_name name = {.path = path, .kind = place};

    name.state = look(path, &st, &name.held);
    if (p->n == NAMES_MAX) {
        p->cut = true;
        return;
    }
    if (p->n == p->room) {
        struct protect_name *more;

        p->room = p->room ? 2 * p->room : 64;
        more = arena_array(&p->arena, struct protect_name, p->room);
        if (p->n)
            memcpy(more, p->names, p->n * sizeof *more);
        p->names = more;
    }
    if (st.st_mode && place == PLAN_KINDS)
        name.kind = PLAN_GUARD;
    p->names[p->n++] = name;
}

/* ---- folders ------------------------------------------------------------------------------- */

static bool is_skipped(const char *name)
{
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
        if (strcmp(name, skipped[i]) == 0)
            return true;
    }
    return false;
}

static void push(struct scan *s, const char ***list, size_t *n, const char *text)
{
    if ((*n & (*n - 1)) == 0) { /* a power of two, or none: full */
        const char **more = arena_array(&s->p->arena, const char *, *n ? 2 * *n : 1);

        if (*n)
            memcpy(more, *list, *n * sizeof *more);
        *list = more;
    }
    (*list)[(*n)++] = text;
}

/* Read a folder: what is protected in it, and the folders below. */
static void folder_read(struct scan *s, struct protect_folder *f, bool is_root)
{
    DIR *dir = opendir(f->path);
    struct dirent *entry;
    struct stat st;

    /* What the root's table names is looked up by name too, so a cut misses none of those. */
    for (int n = 0; dir && (entry = readdir(dir)); n++) {
        const char *name = entry->d_name;
        bool is_folder = entry->d_type == DT_DIR;
        const struct protect_rule *rule;

        if (n == ENTRIES_MAX) {
            s->p->cut = true;
            break;
        }

        if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
            continue;
        if (entry->d_type == DT_UNKNOWN)
            is_folder = lstat(protect_join(s, f->path, name), &st) == 0 && S_ISDIR(st.st_mode);
        rule = name[0] == '.' || is_root ? protect_rule_of(name) : NULL;
        if (protect_name_is(name, ".git") || protect_name_is(name, ".cargo") ||
            (rule && (is_root || rule->need & DEEP))) {
            /* What a sandbox that runs or waits now put there is not there. */
            if (lstat(protect_join(s, f->path, name), &st) == 0 && protect_is_placeholder(&st))
                continue;
            push(s, &f->found, &f->found_n, arena_cstr(&s->p->arena, str_of(name)));
        } else if (is_folder && !is_skipped(name)) {
            push(s, &f->below, &f->below_n, arena_cstr(&s->p->arena, str_of(name)));
        }
    }
    if (dir)
        closedir(dir);
}

static const struct protect_folder *folder_before(const struct protect *before, size_t i,
                                                  const char *path)
{
    /* Most trees are as they were, and then the order is too. */
    if (before && i < before->folders_n && strcmp(before->folders[i].path, path) == 0)
        return &before->folders[i];
    for (size_t k = 0; before && k < before->folders_n; k++) {
        if (strcmp(before->folders[k].path, path) == 0)
            return &before->folders[k];
    }
    return NULL;
}

static void strings_copy(struct scan *s, const char ***to, size_t *n, const char **from, size_t m)
{
    for (size_t i = 0; i < m; i++)
        push(s, to, n, arena_cstr(&s->p->arena, str_of(from[i])));
}

static struct protect_folder *folder_scan(struct scan *s, const char *path, bool is_root)
{
    struct protect *p = s->p;
    struct protect_folder *f = &p->folders[p->folders_n];
    const struct protect_folder *old = folder_before(s->before, p->folders_n, path);
    struct stat st;

    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return NULL;
    p->folders_n++;
    *f = (struct protect_folder){.path = path, .state = state_of(&st)};
    if (old && state_eq(&old->state, &f->state)) {
        strings_copy(s, &f->below, &f->below_n, old->below, old->below_n);
        strings_copy(s, &f->found, &f->found_n, old->found, old->found_n);
    } else {
        folder_read(s, f, is_root);
    }
    return f;
}

static void scan_cargo(struct scan *s, const char *folder, const char *name, bool is_root)
{
    const char *path = protect_join(s, folder, name);
    struct stat st;
    bool is_folder = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);

    if (is_folder) {
        enum plan_kind place = is_root ? PLAN_PLACE_FILE : PLAN_KINDS;

        protect_note(s, protect_join(s, path, "config"), place);
        protect_note(s, protect_join(s, path, "config.toml"), place);
    } else {
        protect_note(s, path, PLAN_GUARD);
    }
}

/* The names that were found in a folder, as guards. */
static void found_note(struct scan *s, const struct protect_folder *f, bool is_root)
{
    for (size_t i = 0; i < f->found_n; i++) {
        const char *name = f->found[i];

        if (protect_name_is(name, ".git"))
            protect_git(s, f->path, name);
        else if (protect_name_is(name, ".cargo"))
            scan_cargo(s, f->path, name, is_root);
        else
            protect_note(s, protect_join(s, f->path, name), PLAN_GUARD);
    }
}

static bool has_found(const struct protect_folder *f, const char *name)
{
    for (size_t i = 0; i < f->found_n; i++) {
        if (strcmp(f->found[i], name) == 0)
            return true;
    }
    return false;
}

/* The names that the root should have none of: placeholders. A missing .git is none of them, since
 * a folder of that name changes which repository git finds: `git init` stays possible, what it made
 * is reported. */
static void missing_note(struct scan *s, const struct protect_folder *f)
{
    bool is_home = s->home && strcmp(s->home, f->path) == 0;

    for (const struct protect_rule *rule = protect_rules; rule->name; rule++) {
        bool wanted = rule->need & PLACE || (is_home && rule->need & HOME);

        if (wanted && !has_found(f, rule->place))
            protect_note(s, protect_join(s, f->path, rule->place),
                         rule->need & FOLDER ? PLAN_PLACE_FOLDER : PLAN_PLACE_FILE);
    }
    if (!has_found(f, ".cargo"))
        protect_note(s, protect_join(s, f->path, ".cargo"), PLAN_PLACE_FOLDER);
    if (!has_found(f, ".git"))
        protect_note(s, protect_join(s, f->path, ".git"), PLAN_KINDS);
}

/* Breadth first, so that a limit cuts off what lies deepest. */
static void root_scan(struct scan *s, const char *root)
{
    struct protect *p = s->p;
    size_t first = p->folders_n, level_end, at = first;
    struct stat st;

    s->root = root;
    if (!folder_scan(s, root, true))
        return;
    if (lstat(protect_join(s, root, "HEAD"), &st) == 0 &&
        lstat(protect_join(s, root, "objects"), &st) == 0)
        protect_git_folder(s, root); /* a bare repository */
    missing_note(s, &p->folders[first]);
    for (int depth = 0; at < p->folders_n; depth++) {
        for (level_end = p->folders_n; at < level_end; at++) {
            struct protect_folder *f = &p->folders[at];

            found_note(s, f, at == first);
            for (size_t i = 0; i < f->below_n && depth < DEPTH_MAX; i++) {
                if (p->folders_n == FOLDERS_MAX)
                    p->cut = true;
                else
                    folder_scan(s, protect_join(s, f->path, f->below[i]), false);
            }
        }
    }
}

static int by_path(const void *a, const void *b)
{
    const struct protect_name *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static struct protect *protect_new(void)
{
    struct protect *p = memory_new(sizeof *p);

    arena_init(&p->arena);
    p->folders = arena_array(&p->arena, struct protect_folder, FOLDERS_MAX);
    return p;
}

struct protect *protect_scan(const struct sandbox_spec *spec, const struct protect *before)
{
    struct protect *p = protect_new();
    struct scan s = {.p = p, .before = before, .home = spec->home};
    size_t unique = 0;

    if (spec->level != SANDBOX_WORKSPACE_WRITE)
        return p;
    root_scan(&s, spec->workspace);
    for (const char *const *root = spec->writable; root && *root; root++)
        root_scan(&s, *root);
    if (p->n)
        qsort(p->names, p->n, sizeof *p->names, by_path);
    for (size_t i = 0; i < p->n; i++) { /* roots may overlap */
        if (unique == 0 || strcmp(p->names[unique - 1].path, p->names[i].path) != 0)
            p->names[unique++] = p->names[i];
    }
    p->n = unique;
    return p;
}

void protect_free(struct protect *p)
{
    if (!p)
        return;
    arena_fini(&p->arena);
    free(p);
}
