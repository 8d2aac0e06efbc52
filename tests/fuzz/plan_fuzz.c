/*
 * plan_fuzz.c - the launcher's reading of plans and commands: what it takes, it must be able to
 * walk without leaving the bytes.
 */
#include "launch/plan.c"

#include "fuzz/fuzz.h"

static void walk_plan(const struct plan *plan)
{
    const struct plan_row *rows = (const struct plan_row *)(plan + 1);
    size_t sum = 0;

    for (uint32_t i = 0; i < plan->rows; i++)
        sum += strlen(plan_string(plan, rows[i].path));
    sum += strlen(plan_string(plan, plan->journal)) * (plan->journal != 0);
    FUZZ_CHECK(sum < SIZE_MAX);
}

static void walk_command(struct launch_command *c)
{
    char *at = (char *)(c + 1);
    uint64_t n = 1 + (uint64_t)c->arguments + c->variables;

    while (n-- > 0)
        FUZZ_CHECK(command_string(c, &at));
    FUZZ_CHECK(!command_string(c, &at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *bytes = malloc(size + 1); /* exactly as large, and aligned as in the launcher */

    if (size)
        memcpy(bytes, data, size);
    bytes = realloc(bytes, size ? size : 1);
    if (!plan_fault(bytes, size))
        walk_plan(bytes);
    if (!command_fault(bytes, size))
        walk_command(bytes);
    free(bytes);
    return 0;
}
