/*
 * sandbox_plan.c - the plan's bytes, from the rows and what else the launcher has to know. It
 * decides nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "platform/cgroup.h"
#include "platform/file.h"
#include "platform/proc_launch.h"
#include "platform/sandbox_rows.h"

/* The journal of a workspace's placeholders; its folder is made. Offset 0: none. */
static rein_status put_journal(const struct sandbox_spec *spec, struct buf *strings, size_t base,
                               uint32_t *offset, struct error *err)
{
    char folder[PATH_MAX], hex[DIGEST_HEX_SIZE];

    *offset = 0;
    if (!spec->state || spec->level != SANDBOX_WORKSPACE_WRITE)
        return REIN_OK;
    if (snprintf(folder, sizeof folder, "%s/guards", spec->state) >= (int)sizeof folder)
        return fail(err, REIN_INVALID, "the path of the state folder is too long");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST &&
        file_make_folder(folder, 0700, err) != REIN_OK)
        return error_context(err, "the journal of protected names");
    digest_hex(sha256_of(str_of(spec->workspace)), hex);
    *offset = (uint32_t)(base + strings->n);
    buf_printf(strings, "%s/%.32s", folder, hex);
    buf_byte(strings, 0);
    return REIN_OK;
}

static uint32_t put_string(struct buf *strings, size_t base, const char *text)
{
    uint32_t at = (uint32_t)(base + strings->n);

    if (!text || !*text)
        return 0;
    buf_add(strings, str_make(text, strlen(text) + 1));
    return at;
}

static uint64_t default_memory(void)
{
    uint64_t half = (uint64_t)sysconf(_SC_PHYS_PAGES) / 2 * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t most = 4ULL << 30;

    return half < most ? half : most;
}

static rein_status put_plan(const struct rows *r, const struct sandbox_spec *spec, uint32_t wait_ms,
                            struct buf *out, struct error *err)
{
    size_t base = sizeof(struct plan) + r->n * sizeof(struct plan_row);
    const struct cgroup_place *groups =
        spec->level == SANDBOX_FULL_ACCESS ? &(struct cgroup_place){0} : cgroup_place();
    struct buf strings;
    struct plan head = {.magic = PLAN_MAGIC,
                        .version = PLAN_VERSION,
                        .level = spec->level,
                        .parent = (uint32_t)getpid(),
                        .rows = (uint32_t)r->n,
                        .wait_ms = wait_ms,
                        .cgroup_version = groups->version,
                        .max_processes = spec->max_processes ? spec->max_processes : 512,
                        .max_memory = spec->max_memory ? spec->max_memory : default_memory(),
                        .max_file_size = spec->max_file_size ? spec->max_file_size : 2ULL << 30,
                        .max_private = 512ULL << 20};
    rein_status status;

    buf_init(&strings, PLAN_SIZE_MAX);
    buf_byte(&strings, 0); /* never empty, and no string has the offset of another's end */
    head.cgroup_process = put_string(&strings, base, groups->process);
    head.cgroup_memory = put_string(&strings, base, groups->memory);
    status = put_journal(spec, &strings, base, &head.journal, err);
    buf_add(out, str_make((const char *)&head, sizeof head));
    for (size_t i = 0; i < r->n; i++) {
        struct plan_row row = {.kind = r->row[i].kind,
                               .holds = r->row[i].holds,
                               .device = r->row[i].device,
                               .inode = r->row[i].inode,
                               .path = put_string(&strings, base, r->row[i].path),
                               .root = put_string(&strings, base, r->row[i].root)};

        buf_add(out, str_make((const char *)&row, sizeof row));
    }
    buf_add(out, buf_str(&strings));
    if (status == REIN_OK && (!buf_ok(out) || !buf_ok(&strings)))
        status = fail(err, REIN_LIMIT,
                      "the sandbox's plan is too large: paths of the folder are "
                      "too long or too many");
    if (status == REIN_OK)
        ((struct plan *)(void *)out->p)->size = (uint32_t)out->n;
    buf_fini(&strings);
    return status;
}

rein_status sandbox_plan(const struct sandbox_spec *spec, const struct protect *protect,
                         uint32_t wait_ms, struct buf *out, struct error *err)
{
    struct rows rows = {0};
    struct error local;
    rein_status status;

    arena_init(&rows.arena);
    status = rows_make(&rows, spec, protect, err ? err : &local);
    if (status == REIN_OK)
        status = put_plan(&rows, spec, wait_ms, out, err);
    arena_fini(&rows.arena);
    return status;
}
