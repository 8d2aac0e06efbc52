/*
 * clock.c - the two clocks of the kernel, or those that a test set.
 */
#include "platform/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t fixed_wall = -1, fixed_monotonic = -1;

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t); /* cannot fail with these clocks */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_wall(void)
{
    int64_t fixed = fixed_wall;

    return fixed >= 0 ? fixed : nanoseconds(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic(void)
{
    int64_t fixed = fixed_monotonic;

    return fixed >= 0 ? fixed : nanoseconds(CLOCK_MONOTONIC);
}

void clock_fix(int64_t wall, int64_t monotonic)
{
    fixed_wall = wall;
    fixed_monotonic = monotonic;
}
