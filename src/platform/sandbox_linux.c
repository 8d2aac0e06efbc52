/*
 * sandbox_linux.c - from what a session may touch to the rows of a plan.
 *
 * The rows say what of the host's file system a command sees and how; the launcher does them in
 * order. Here is decided what is masked (secrets of the user, rein's own folders), what is private,
 * and which folders must not be renamed so that a guard below them stays where it is. It knows
 * nothing of processes; sandbox_plan.c makes bytes of the rows.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/sandbox_rows.h"

/* clang-format off: words, as many as fit a line */
/* Below the user's home: keys, tokens, sessions, histories. A name that ends in '/' is a folder;
 * that matters only where one is missing and could be made. */
static const char *const home_masks[] = {
    ".ssh/", ".aws/", ".azure/", ".config/gcloud/", ".kube/", ".docker/", ".gnupg/", ".netrc",
    ".git-credentials", ".npmrc", ".pypirc", ".config/gh/", ".config/glab-cli/", ".config/hub",
    ".config/git/credentials", ".password-store/", ".config/op/", ".config/rclone/",
    ".config/doctl/", ".config/heroku/", ".config/netlify/", ".config/configstore/", ".oci/",
    ".terraform.d/", ".terraformrc", ".vault-token", ".s3cfg", ".boto", ".pgpass", ".my.cnf",
    ".mylogin.cnf", ".m2/settings.xml", ".gem/credentials", ".cargo/credentials",
    ".cargo/credentials.toml", ".gradle/gradle.properties", ".yarnrc.yml", ".composer/auth.json",
    ".config/composer/auth.json", ".claude/.credentials.json", ".claude.json", ".codex/auth.json",
    ".gemini/", ".local/share/keyrings/", ".config/sops/", ".age/",
    /* browsers and mail */
    ".mozilla/", ".thunderbird/", ".config/google-chrome/", ".config/chromium/",
    ".config/BraveSoftware/", ".config/microsoft-edge/", ".config/vivaldi/", ".config/opera/",
    "snap/firefox/", "snap/chromium/", ".config/Slack/", ".config/discord/", ".config/Signal/",
    /* histories */
    ".bash_history", ".zsh_history", ".sh_history", ".ash_history", ".python_history",
    ".node_repl_history", ".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history",
    ".lesshst", ".viminfo", ".local/share/fish/fish_history", ".irb_history", ".wget-hsts"};
/* Of the machine. An ordinary user can't read them; uid 0 in the sandbox is still their owner. */
static const char *const root_masks[] = {"/etc/shadow",      "/etc/shadow-",    "/etc/gshadow",
                                         "/etc/gshadow-",    "/etc/sudoers",    "/etc/sudoers.d",
                                         "/etc/ssl/private", "/etc/krb5.keytab"};
static const char *const host_keys[] = {"rsa", "ecdsa", "ed25519", "dsa"};
/* clang-format on */
static const char *const private_folders[] = {"/tmp", "/var/tmp", "/run"};

static struct row *add(struct rows *r, enum plan_kind kind, const char *path)
{
    if (r->n == r->room) {
        struct row *more;

        r->room = r->room ? 2 * r->room : 128;
        more = arena_array(&r->arena, struct row, r->room);
        if (r->n)
            memcpy(more, r->row, r->n * sizeof *more);
        r->row = more;
    }
    r->row[r->n] = (struct row){.kind = kind, .path = path};
    return &r->row[r->n++];
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (n == 1) /* "/" */
        return path[1] != 0;
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static bool is_writable(const struct rows *r, const char *path)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->row[i].kind == PLAN_WRITABLE &&
            (is_below(path, r->row[i].path) || strcmp(path, r->row[i].path) == 0))
            return true;
    }
    return false;
}

/* Mask `path`, and what a symlink of that name leads to. A name that is missing but could be made
 * by the command is held by a placeholder. */
static void add_mask(struct rows *r, const char *path, bool is_folder)
{
    struct stat st;
    char real[PATH_MAX];

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT && is_writable(r, path))
            add(r, is_folder ? PLAN_PLACE_FOLDER : PLAN_PLACE_FILE, path);
        return;
    }
    if (!realpath(path, real))
        return;
    if (S_ISLNK(st.st_mode) && is_writable(r, path))
        add(r, PLAN_GUARD, path);
    /* What leads to a writable root or above it is masked in vain: the root wins. */
    add(r, PLAN_MASK, arena_cstr(&r->arena, str_of(real)));
}

static void add_home_masks(struct rows *r, const char *home)
{
    if (!home || *home != '/' || home[1] == 0)
        return;
    for (size_t i = 0; i < sizeof home_masks / sizeof *home_masks; i++) {
        str name = str_of(home_masks[i]);
        bool is_folder = name.p[name.n - 1] == '/';

        add_mask(r, arena_printf(&r->arena, "%s/%.*s", home, (int)(name.n - is_folder), name.p).p,
                 is_folder);
    }
}

static void add_root_masks(struct rows *r)
{
    if (geteuid() != 0)
        return;
    for (size_t i = 0; i < sizeof root_masks / sizeof *root_masks; i++)
        add_mask(r, root_masks[i], false);
    for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
        add_mask(r, arena_printf(&r->arena, "/etc/ssh/ssh_host_%s_key", host_keys[i]).p, false);
}

static rein_status add_folder(struct rows *r, enum plan_kind kind, const char *path,
                              struct error *err)
{
    struct stat st;
    struct row *row;

    if (!path || *path != '/' || path[1] == 0)
        return fail(err, REIN_INVALID,
                    "the folder '%s' can't be worked in with a sandbox: choose "
                    "a folder below the root",
                    path ? path : "");
    if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0)
        return fail(err, REIN_INVALID, "'%s' is no folder of files: choose another one", path);
    if (stat(path, &st) != 0)
        return fail_errno(err, errno, "the folder '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return fail(err, REIN_INVALID, "'%s' is not a folder", path);
    row = add(r, kind, path);
    row->device = st.st_dev;
    row->inode = st.st_ino;
    return REIN_OK;
}

static void add_private(struct rows *r)
{
    char real[PATH_MAX];

    for (size_t i = 0; i < sizeof private_folders / sizeof *private_folders; i++) {
        if (realpath(private_folders[i], real))
            add(r, PLAN_PRIVATE, arena_cstr(&r->arena, str_of(real)));
    }
    add(r, PLAN_MASK, "/sys");
}

/* The folders. In read-only the workspace has a row too: it may lie below what is private. */
static rein_status add_roots(struct rows *r, const struct sandbox_spec *spec, struct error *err)
{
    bool writes = spec->level == SANDBOX_WORKSPACE_WRITE;
    rein_status status =
        add_folder(r, writes ? PLAN_WRITABLE : PLAN_READABLE, spec->workspace, err);

    for (const char *const *w = writes ? spec->writable : NULL; !status && w && *w; w++)
        status = add_folder(r, PLAN_WRITABLE, *w, err);
    if (!status && spec->readable_results && access(spec->readable_results, F_OK) == 0)
        status = add_folder(r, PLAN_READABLE, spec->readable_results, err);
    return status;
}

static void add_protected(struct rows *r, const struct protect *protect)
{
    for (size_t i = 0; protect && i < protect->n; i++) {
        if (protect->names[i].kind != PLAN_KINDS)
            add(r, protect->names[i].kind, protect->names[i].path);
    }
}

/* git shall not take placeholders for new files: its list of what to leave alone, in the repository
 * that `folder` is or lies in, gets them added, inside the sandbox. */
static void add_exclude(struct rows *r, const char *folder)
{
    str at = str_of(folder);
    struct stat st;

    while (at.n > 1) {
        const char *git = arena_printf(&r->arena, "%.*s/.git", FS(at)).p;
        const char *list = arena_printf(&r->arena, "%s/info/exclude", git).p;

        if (lstat(git, &st) == 0) {
            if (S_ISDIR(st.st_mode) && lstat(list, &st) == 0 && S_ISREG(st.st_mode))
                add(r, PLAN_EXCLUDE, list)->root = arena_cstr(&r->arena, at);
            return;
        }
        while (at.n > 0 && at.p[at.n - 1] != '/')
            at.n--;
        at.n--;
    }
}

/* '/' before every other character: parents before what is below them. */
static int path_order(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (*a == '/' ? 1 : (unsigned char)*a + (*a != 0)) -
           (*b == '/' ? 1 : (unsigned char)*b + (*b != 0));
}

static int by_path_and_kind(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = path_order(x->path, y->path);

    return order ? order : (int)x->kind - (int)y->kind;
}

/* Sorted; of equal rows one stays, and a name that is masked needs no guard. */
static void sort(struct rows *r)
{
    size_t n = 0;

    qsort(r->row, r->n, sizeof *r->row, by_path_and_kind);
    for (size_t i = 0; i < r->n; i++) {
        struct row *last = n ? &r->row[n - 1] : NULL;
        bool same = last && strcmp(last->path, r->row[i].path) == 0;

        if (same && (last->kind == r->row[i].kind || last->kind == PLAN_MASK) &&
            r->row[i].kind != PLAN_WRITABLE && r->row[i].kind != PLAN_READABLE)
            continue;
        r->row[n++] = r->row[i];
    }
    r->n = n;
}

/* Every folder between a writable root and a row below it: renamed away, it would take the guard
 * along, and another could be made in its place. */
static void add_pins(struct rows *r)
{
    size_t n = r->n;

    for (size_t i = 0; i < n; i++) {
        const char *path = r->row[i].path, *root = NULL;

        if (r->row[i].kind == PLAN_WRITABLE)
            continue;
        for (size_t k = 0; k < n; k++) { /* the nearest one above */
            if (r->row[k].kind == PLAN_WRITABLE && is_below(path, r->row[k].path) &&
                (!root || strlen(r->row[k].path) > strlen(root)))
                root = r->row[k].path;
        }
        for (const char *at = root ? strchr(path + strlen(root) + 1, '/') : NULL; at;
             at = strchr(at + 1, '/'))
            add(r, PLAN_PIN, arena_cstr(&r->arena, str_make(path, (size_t)(at - path))));
    }
}

static void mark_holding(struct rows *r)
{
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = i + 1; k < r->n && r->row[i].kind == PLAN_MASK; k++) {
            if ((r->row[k].kind == PLAN_WRITABLE || r->row[k].kind == PLAN_READABLE) &&
                is_below(r->row[k].path, r->row[i].path))
                r->row[i].holds = true;
        }
    }
}

rein_status rows_make(struct rows *r, const struct sandbox_spec *spec,
                      const struct protect *protect, struct error *err)
{
    if (spec->level == SANDBOX_FULL_ACCESS)
        return REIN_OK;
    if (add_roots(r, spec, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    add_private(r);
    add_home_masks(r, spec->home);
    add_root_masks(r);
    for (const char *const *m = spec->masked; m && *m; m++)
        add_mask(r, *m, true);
    add_protected(r, protect);
    for (size_t i = 0, n = protect && spec->state ? r->n : 0; i < n; i++) {
        if (r->row[i].kind == PLAN_WRITABLE)
            add_exclude(r, r->row[i].path);
    }
    sort(r);
    add_pins(r);
    sort(r);
    mark_holding(r);
    if (r->n > PLAN_ROWS_MAX)
        return fail(err, REIN_LIMIT, "the folder has too many protected names (%zu)", r->n);
    return REIN_OK;
}
