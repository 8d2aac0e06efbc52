/* kill_test.c - a short slice of the kill sweep; soak_kill.c is the long one. */
#include "test.h"

#include "support/kill_sweep.h"

static void N06_N07_killed_at_random_moments_it_resumes_finishes_and_verifies(void **state)
{
    struct kill_report report;

    (void)state;
    kill_sweep(7, 8, &report);
    assert_true(report.kills >= 8);
    assert_true(report.acknowledged > 0);
}

const struct CMUnitTest kill_tests[] = {
    cmocka_unit_test(N06_N07_killed_at_random_moments_it_resumes_finishes_and_verifies),
};
const size_t kill_tests_n = sizeof kill_tests / sizeof *kill_tests;
