/* soak_kill.c - the long form of the kill sweep: 200 sessions, from a seed in the first argument. */
#include <stdio.h>
#include <stdlib.h>

#include "support/kill_sweep.h"

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
    struct kill_report r;

    kill_sweep(seed, rounds, &r);
    printf(
        "%zu sessions, %zu kills, %zu resumes: all finished and verified; %zu acknowledged uses and "
        "results, none lost; %zu changes of unknown outcome, none ran twice\n",
        rounds, r.kills, r.resumes, r.acknowledged, r.unknown);
    return 0;
}
