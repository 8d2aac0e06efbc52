/*
 * plan.c - reading the plan and the command that the harness wrote: are they whole?
 *
 * They come from our own other half, yet every offset and count is checked before it is used: a
 * mistake there must end here, with a word, and not in a sandbox that is not one. No system calls.
 */
#include "launch.h"

#include <string.h>

/* The plan was checked: every offset is inside and the last byte is NUL. */
const char *plan_string(const struct plan *plan, uint32_t offset)
{
    return (const char *)plan + offset;
}

static bool has_string(const struct plan *plan, uint32_t offset, uint32_t first)
{
    return offset == 0 || (offset >= first && offset < plan->size);
}

static bool is_path(const struct plan *plan, uint32_t offset, uint32_t first)
{
    return offset != 0 && has_string(plan, offset, first) && *plan_string(plan, offset) == '/';
}

const char *plan_fault(const void *bytes, size_t size)
{
    const struct plan *plan = bytes;
    const struct plan_row *rows = (const struct plan_row *)(plan + 1);
    uint32_t first;

    if (size < sizeof *plan || plan->magic != PLAN_MAGIC || plan->version != PLAN_VERSION ||
        plan->size != size || plan->rows > PLAN_ROWS_MAX || plan->level > SANDBOX_FULL_ACCESS)
        return "head";
    first = (uint32_t)(sizeof *plan + plan->rows * sizeof *rows);
    if (first >= size || ((const char *)bytes)[size - 1] != 0)
        return "size";
    if (!has_string(plan, plan->journal, first) || !has_string(plan, plan->cgroup_process, first) ||
        !has_string(plan, plan->cgroup_memory, first))
        return "strings";
    for (uint32_t i = 0; i < plan->rows; i++) {
        if (rows[i].kind >= PLAN_KINDS || !is_path(plan, rows[i].path, first) ||
            (rows[i].kind == PLAN_EXCLUDE ? !is_path(plan, rows[i].root, first) : rows[i].root))
            return "row";
    }
    return NULL;
}

char *command_string(struct launch_command *command, char **at)
{
    char *end = (char *)command + command->size, *string = *at;

    if (string >= end)
        return NULL;
    *at += strlen(string) + 1;
    return string;
}

const char *command_fault(const void *bytes, size_t size)
{
    const struct launch_command *c = bytes;
    const char *at = (const char *)(c + 1), *end = (const char *)bytes + size;
    uint64_t count = 0;

    if (size <= sizeof *c || c->magic != PLAN_MAGIC || c->size != size || c->arguments == 0)
        return "head";
    if (end[-1] != 0)
        return "size";
    for (; at < end; at += strlen(at) + 1)
        count++;
    return count == 1 + (uint64_t)c->arguments + c->variables ? NULL : "strings";
}
