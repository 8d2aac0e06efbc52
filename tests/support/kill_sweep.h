/*
 * kill_sweep.h - kill -9 at random moments of a session, and what must hold afterwards: it resumes,
 * finishes and verifies, nothing that was acknowledged is missing, no change ran twice.
 */
#ifndef SUPPORT_KILL_SWEEP_H
#define SUPPORT_KILL_SWEEP_H

#include <stddef.h>

struct kill_report {
    size_t kills, resumes, acknowledged, unknown;
};

/* `rounds` sessions, each killed once or several times, from a seed. A broken promise ends the
 * program with a message that names seed and round. */
void kill_sweep(unsigned seed, size_t rounds, struct kill_report *report);

#endif
