/*
 * doctor.c - what this machine can do: looks, tries, and says so, a JSON line a finding. It changes
 * nothing: what it writes has no name and is gone at once. Keys are named, never shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/json.h"
#include "config/vault.h"
#include "lib/config_api.h"
#include "model/model.h"
#include "platform/clock.h"
#include "platform/proc.h"

enum { SYNCS = 16, LINE_BYTES = 64 };

struct doctor {
    const struct config *config;
    rein_write_fn *write;
    void *data;
    struct arena arena;
    struct buf line;
};

__attribute__((format(printf, 5, 6))) static void finding(struct doctor *d, const char *area,
                                                          const char *name, const char *state,
                                                          const char *format, ...)
{
    struct json_writer w;
    char detail[512];
    va_list list;

    va_start(list, format);
    vsnprintf(detail, sizeof detail, format, list);
    va_end(list);
    buf_clear(&d->line);
    json_begin(&w, &d->line);
    json_object(&w);
    json_put(&w, "area", str_of(area));
    json_put(&w, "name", str_of(name));
    json_put(&w, "state", str_of(state));
    json_put(&w, "detail", str_of(detail));
    json_object_end(&w);
    buf_byte(&d->line, '\n');
    d->write(d->data, d->line.p, d->line.n);
}

static const char *state_of(bool is_there, const char *otherwise)
{
    return is_there ? "ok" : otherwise;
}

/* ---- the model --------------------------------------------------------------------------------- */

static void look_at_model(struct doctor *d)
{
    const char *name = config_text(d->config, SETTING_MODEL);
    struct model model;
    struct error err;

    if (model_resolve(str_of(name), vault_get("ANTHROPIC_BASE_URL"), &d->arena, &model, &err) ==
        REIN_OK)
        finding(d, "model", name, "ok", "from %s", config_origin(d->config, SETTING_MODEL));
    else
        finding(d, "model", name, "missing", "%s", err.text);
    for (size_t i = 0; vault_names[i]; i++) {
        bool is_set = vault_get(vault_names[i]).n > 0;
        bool is_address = strstr(vault_names[i], "_URL") != NULL;
        finding(d, "model", vault_names[i], is_set || is_address ? "ok" : "degraded", "%s",
                is_set       ? "set"
                : is_address ? "not set: the provider's own address is used"
                             : "not set");
    }
}

/* ---- the sandbox ------------------------------------------------------------------------------- */

static void look_at_sandbox(struct doctor *d)
{
    const struct sandbox_features *f = sandbox_probe();
    const struct {
        const char *name;
        bool is_there;
        const char *what;
    } features[] = {
        {"user namespace", f->user_namespace, "needed by the others for users that are not root"},
        {"mount namespace", f->mount_namespace, "what commands see of the disk"},
        {"process namespace", f->pid_namespace, "no process is left behind"},
        {"network namespace", f->net_namespace, "no network"},
        {"seccomp", f->seccomp, "which system calls commands may make"},
        {"pidfd", f->pidfd, "exact ends of children"},
    };

    finding(d, "sandbox", "tier",
            f->tier == 1  ? "ok"
            : f->tier < 4 ? "degraded"
                          : "missing",
            "%d, where 1 has all walls and 4 none%s%s", f->tier, f->detail[0] ? ": " : "",
            f->detail);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        finding(d, "sandbox", features[i].name, state_of(features[i].is_there, "missing"), "%s",
                features[i].what);
    finding(d, "sandbox", "Landlock", state_of(f->landlock_abi > 0, "missing"),
            f->landlock_abi ? "ABI %d" : "not in this kernel", f->landlock_abi);
}

/* ---- programs ---------------------------------------------------------------------------------- */

static bool find_program(const char *name, char *out, size_t room)
{
    str folders = str_of(getenv("PATH"));
    struct stat st;

    while (folders.p) {
        str folder = str_cut(&folders, ':');
        if (folder.n == 0 || folder.p[0] != '/')
            continue;
        snprintf(out, room, "%.*s/%s", FS(folder), name);
        if (stat(out, &st) == 0 && S_ISREG(st.st_mode) && access(out, X_OK) == 0)
            return true;
    }
    return false;
}

static void look_at_programs(struct doctor *d)
{
    static const struct {
        const char *name, *otherwise, *why;
    } programs[] = {
        {"bash", "missing", "commands run in it: apt install bash"},
        {"rg", "missing", "searches run with it: apt install ripgrep"},
        {"git", "degraded", "not needed by rein itself: apt install git"},
    };
    char path[4096];

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (find_program(programs[i].name, path, sizeof path))
            finding(d, "programs", programs[i].name, "ok", "%s", path);
        else
            finding(d, "programs", programs[i].name, programs[i].otherwise, "not found; %s",
                    programs[i].why);
    }
}

/* ---- the store --------------------------------------------------------------------------------- */

/* The folder, or the nearest one above it that is there. */
static const char *nearest_folder(struct doctor *d, const char *folder)
{
    char *path = arena_copy(&d->arena, folder, strlen(folder) + 1);
    char *slash;

    while (access(path, F_OK) != 0 && (slash = strrchr(path, '/')) != NULL && slash != path)
        *slash = 0;
    return access(path, F_OK) == 0 ? path : "/";
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* What a durable write costs there: the median of a few, in a file without a name. */
static void try_sync(struct doctor *d, const char *folder)
{
    static const char line[LINE_BYTES];
    int64_t taken[SYNCS];
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0) {
        finding(d, "store", "durable write", "degraded", "not tried: no unnamed file in '%s': %s",
                folder, strerror(errno));
        return;
    }
    for (int i = 0; i < SYNCS; i++) {
        int64_t before = clock_monotonic();
        if (write(fd, line, sizeof line) != (ssize_t)sizeof line || fdatasync(fd) != 0) {
            finding(d, "store", "durable write", "missing", "%s", strerror(errno));
            close(fd);
            return;
        }
        taken[i] = clock_monotonic() - before;
    }
    close(fd);
    qsort(taken, SYNCS, sizeof taken[0], by_number);
    double median = (double)taken[SYNCS / 2];
    finding(d, "store", "durable write", "ok", "%.3f ms, the median of %d", median / 1e6, SYNCS);
}

static void look_at_store(struct doctor *d)
{
    struct config_paths paths;
    struct statvfs fs;
    struct error err;

    if (config_paths(d->config, &d->arena, &paths, &err) != REIN_OK) {
        finding(d, "store", "folder", "missing", "%s", err.text);
        return;
    }
    const char *there = nearest_folder(d, paths.data);
    bool is_made = strcmp(there, paths.data) == 0;
    if (access(there, W_OK | X_OK) == 0)
        finding(d, "store", "folder", "ok", "%s%s", paths.data,
                is_made ? "" : " (made when it is first needed)");
    else
        finding(d, "store", "folder", "missing", "%s: cannot write in '%s': %s; see --home",
                paths.data, there, strerror(errno));
    if (statvfs(there, &fs) == 0) {
        double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
        finding(d, "store", "free space", free_bytes > 256e6 ? "ok" : "degraded", "%.1f GB",
                free_bytes / 1e9);
    }
    try_sync(d, there);
}

rein_status rein_doctor(const rein_config *config, rein_write_fn *write, void *data,
                        rein_error *err)
{
    rein_config *own = config ? NULL : rein_config_new();
    struct doctor d = {
        .config = config_of_const(config ? config : own), .write = write, .data = data};

    (void)err;
    arena_init(&d.arena);
    buf_init(&d.line, BUF_NO_MAX);
    look_at_model(&d);
    look_at_sandbox(&d);
    look_at_programs(&d);
    look_at_store(&d);
    buf_fini(&d.line);
    arena_fini(&d.arena);
    rein_config_free(own);
    return REIN_OK;
}
