/*
 * clock.h - time and chance, the two inputs that the pure middle never reads. A test may set both.
 */
#ifndef PLATFORM_CLOCK_H
#define PLATFORM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/id.h"

int64_t clock_wall(void);      /* microseconds since the epoch, UTC */
int64_t clock_monotonic(void); /* nanoseconds since some start, never back */

/* From the kernel, buffered; never fails (a machine without getrandom ends the process). */
void random_bytes(void *out, size_t n);

/* A new UUIDv7 from both. */
struct id id_new(void);

/* For tests: what the clocks say from now on (negative: the kernel's again), and the seed of a
 * sequence that replaces chance (0: the kernel's again). */
void clock_fix(int64_t wall, int64_t monotonic);
void random_fix(uint64_t seed);

#endif
