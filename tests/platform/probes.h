/*
 * probes.h - small attempts to get out of the sandbox, run by the test binary when it is started as
 * `BINARY --probe NAME`. They exit with 0 when the attempt succeeded, with 1 when it was refused.
 */
#ifndef TESTS_PLATFORM_PROBES_H
#define TESTS_PLATFORM_PROBES_H

enum { PROBE_ESCAPED = 0, PROBE_BLOCKED = 1, PROBE_UNKNOWN = 2 };

/* What the probes find in their environment: PROBE_BASE (a folder with home, home/ws, outside,
 * state), PROBE_PORT and PROBE_PID (the harness's listener and process), PROBE_ABSTRACT, PROBE_KEY
 * (names of its abstract socket and System V memory). */

#endif
