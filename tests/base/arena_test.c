/* arena_test.c - allocation by lifetime: zeroed, aligned, rewound, and bounded while it is. */
#include "test.h"

#include <malloc.h>
#include <stdalign.h>

#include "base/arena.h"

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

static void is_zeroed_and_aligned(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    assert_null(a.head);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 70000; size = size * 3 / 2 + 1) {
            char *p = arena_alloc(&a, size);

            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
            assert_true(is_zero(p, size));
            memset(p, 0xEE, size);
            arena_str(&a, S("x")); /* brings the next one out of step */
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    arena_fini(&a);
    arena_fini(&a);
    arena_fini(&(struct arena){0});
}

static void copies_and_prints(void **state)
{
    struct arena a;
    char bytes[300];

    (void)state;
    arena_init(&a);
    memset(bytes, 'y', sizeof(bytes));
    str s = arena_str(&a, S("a\0b"));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    assert_string_equal(arena_cstr(&a, (str){NULL, 0}), "");
    assert_memory_equal(arena_copy(&a, bytes, sizeof(bytes)), bytes, sizeof(bytes));
    assert_non_null(arena_copy(&a, NULL, 0));
    s = arena_printf(&a, "%d-%s", 42, "x");
    assert_string_equal(s.p, "42-x");
    assert_int_equal(s.n, 4);
    for (int width = 250; width < 260; width++) {
        s = arena_printf(&a, "%*d", width, 7);
        assert_int_equal(s.n, width);
        assert_true(s.p[width] == 0 && s.p[width - 1] == '7' && s.p[0] == ' ');
    }
    arena_fini(&a);
}

/* What stood before the mark stays, and scratch work over and over takes no more memory: neither
 * small nor large requests, nor both in turn. */
static void rewinds(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    for (int first = 0; first < 2; first++) {
        char *kept_large = arena_copy(&a, arena_alloc(&a, 50000), 50000);
        str kept = arena_str(&a, S("kept"));
        struct arena_mark mark = arena_mark(&a);
        size_t in_use = 0;

        kept_large[49999] = 'k';
        for (int i = 0; i < 100; i++) {
            memset(arena_alloc(&a, 100000), 1, 100000);
            for (int j = 0; j < 50; j++)
                memset(arena_alloc(&a, 3000), 1, 3000);
            memset(arena_alloc(&a, 20000), 1, 20000);
            assert_true(a.used > mark.used);
            arena_rewind(&a, mark);
            assert_int_equal(a.used, mark.used);
            if (i == 0)
                in_use = mallinfo2().uordblks + mallinfo2().hblkhd;
        }
        assert_true(mallinfo2().uordblks + mallinfo2().hblkhd <= in_use);
        assert_true(str_eq(kept, S("kept")));
        assert_int_equal(kept_large[49999], 'k');
        arena_reset(&a); /* the second time all happens in a block that was used before */
    }
    arena_fini(&a);
}

static void rewinds_to_nothing(void **state)
{
    struct arena a;
    struct arena_mark mark;

    (void)state;
    arena_init(&a);
    mark = arena_mark(&a);
    for (int i = 0; i < 3; i++) {
        memset(arena_alloc(&a, 20000), 1, 20000);
        memset(arena_alloc(&a, 10), 1, 10);
        arena_rewind(&a, mark);
        assert_int_equal(a.used, 0);
        assert_true(is_zero(arena_alloc(&a, 500), 500));
    }
    arena_fini(&a);
}

/* A large request must not throw away the room that is left in the block in use. */
static void large_ones_stand_apart(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    char *first = arena_alloc(&a, 16);
    arena_alloc(&a, 1 << 20);
    char *second = arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16);
    arena_fini(&a);
}

const struct CMUnitTest arena_tests[] = {
    cmocka_unit_test(is_zeroed_and_aligned),
    cmocka_unit_test(copies_and_prints),
    cmocka_unit_test(rewinds),
    cmocka_unit_test(rewinds_to_nothing),
    cmocka_unit_test(large_ones_stand_apart),
};
const size_t arena_tests_n = sizeof(arena_tests) / sizeof(arena_tests[0]);
