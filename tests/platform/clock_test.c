/* clock_test.c - the clocks, chance and ids, real and fixed. */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/clock.h"

static void the_clocks_go_forward(void **state)
{
    (void)state;
    int64_t before = clock_monotonic();

    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();
        assert_true(now >= before);
        before = now;
    }
    assert_true(clock_wall() > (int64_t)1600000000 * 1000000); /* after 2020, in microseconds */
}

static void a_test_may_set_both(void **state)
{
    (void)state;
    unsigned char a[40], b[40], c[40];

    clock_fix(1234567890123456, 99);
    assert_int_equal(clock_wall(), 1234567890123456);
    assert_int_equal(clock_monotonic(), 99);
    random_fix(7);
    random_bytes(a, sizeof a);
    struct id first = id_new();
    random_fix(7);
    random_bytes(b, sizeof b);
    assert_memory_equal(a, b, sizeof a);
    assert_true(id_eq(first, id_new()));
    random_fix(8);
    random_bytes(c, sizeof c);
    assert_memory_not_equal(a, c, sizeof a);
    random_fix(0);
    clock_fix(-1, -1);
    assert_int_not_equal(clock_wall(), 1234567890123456);
    random_bytes(c, sizeof c);
    random_bytes(a, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

static void ids_are_of_version_7_and_of_now(void **state)
{
    (void)state;
    clock_fix((int64_t)0x0123456789ab * 1000, -1);
    struct id id = id_new();
    clock_fix(-1, -1);

    assert_memory_equal(id.b, "\x01\x23\x45\x67\x89\xab", 6);
    assert_int_equal(id.b[6] >> 4, 7);
    assert_int_equal(id.b[8] >> 6, 2);
}

enum { IDS = 2000, THREADS = 4 };

static void *make_ids(void *data)
{
    struct id *ids = data;

    for (int i = 0; i < IDS; i++)
        ids[i] = id_new();
    return NULL;
}

static int compare(const void *a, const void *b) { return memcmp(a, b, sizeof(struct id)); }

static void no_id_comes_twice(void **state)
{
    (void)state;
    static struct id ids[THREADS][IDS];
    pthread_t threads[THREADS];

    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_ids, ids[t]), 0);
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    struct id *all = &ids[0][0];
    qsort(all, IDS * THREADS, sizeof *all, compare);
    for (int i = 1; i < IDS * THREADS; i++)
        assert_false(id_eq(all[i - 1], all[i]));
}

/* A child has the parent's memory, and must not go on with its block. */
static void a_forked_child_has_chances_of_its_own(void **state)
{
    (void)state;
    unsigned char mine[32], theirs[32];
    int ends[2];

    random_bytes(mine, 8); /* a block is open */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        random_bytes(theirs, sizeof theirs);
        _exit(write(ends[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    random_bytes(mine, sizeof mine);
    assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
    assert_memory_not_equal(mine, theirs, sizeof mine);
    waitpid(child, NULL, 0);
    close(ends[0]), close(ends[1]);
}

static void large_requests_are_filled(void **state)
{
    (void)state;
    static unsigned char large[5000];
    int zeros = 0;

    random_bytes(large, sizeof large);
    for (size_t i = 0; i < sizeof large; i++)
        zeros += large[i] == 0;
    assert_true(zeros < 100);
}

const struct CMUnitTest clock_tests[] = {
    cmocka_unit_test(the_clocks_go_forward),
    cmocka_unit_test(a_test_may_set_both),
    cmocka_unit_test(ids_are_of_version_7_and_of_now),
    cmocka_unit_test(no_id_comes_twice),
    cmocka_unit_test(a_forked_child_has_chances_of_its_own),
    cmocka_unit_test(large_requests_are_filled),
};
const size_t clock_tests_n = sizeof clock_tests / sizeof *clock_tests;
