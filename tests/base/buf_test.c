/* buf_test.c - growable bytes: the maximum to the byte, the NUL behind, what a fault leaves. */
#include "test.h"

#include <stdlib.h>

#include "base/buf.h"

static void grows_to_the_maximum_and_not_beyond(void **state)
{
    (void)state;
    for (size_t max = 0; max < 200; max++) {
        struct buf b;

        buf_init(&b, max);
        for (size_t i = 0; i < max; i++)
            buf_byte(&b, 'x');
        assert_true(buf_ok(&b) && b.n == max);
        buf_byte(&b, 'y');
        assert_false(buf_ok(&b));
        assert_int_equal(b.n, max);
        assert_true(strlen(buf_str(&b).p) == max && b.room <= max + 64);
        buf_fini(&b);
    }
}

static void appends_all_or_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    buf_add(&b, S("123456"));
    buf_add(&b, S("78901"));
    assert_string_equal(b.p, "123456");
    assert_false(buf_ok(&b));
    buf_clear(&b);
    assert_true(buf_ok(&b) && b.n == 0);
    buf_printf(&b, "%s", "1234567890");
    assert_true(buf_ok(&b) && b.n == 10);
    buf_printf(&b, "%s", "");
    assert_true(buf_ok(&b));
    buf_printf(&b, "%s", "1");
    assert_false(buf_ok(&b));
    assert_string_equal(b.p, "1234567890");
    assert_null(buf_room(&b, 1));
    buf_fini(&b);
    buf_fini(&b);
    assert_string_equal(buf_str(&(struct buf){0}).p, "");
}

static void printf_grows(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, BUF_NO_MAX);
    for (int i = 0; i < 300; i++)
        buf_printf(&b, "%*d", i, 1);
    assert_int_equal(b.n, 299 * 300 / 2 + 1);
    assert_int_equal(b.p[b.n], 0);
    buf_fini(&b);
}

static void room_is_counted_when_used(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5000);
    char *room = buf_room(&b, 4000);
    assert_non_null(room);
    assert_int_equal(b.n, 0);
    memset(room, 'z', 1000);
    buf_grown(&b, 1000);
    assert_int_equal(strlen(b.p), 1000);
    assert_null(buf_room(&b, 4001));
    assert_null(buf_room(&b, SIZE_MAX));
    buf_fini(&b);
}

static void drops_from_the_front(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    buf_drop(&b, 3);
    buf_add(&b, S("abcdef"));
    buf_drop(&b, 2);
    assert_string_equal(b.p, "cdef");
    buf_drop(&b, 9);
    assert_true(b.n == 0 && b.p[0] == 0);
    buf_fini(&b);
}

static void gives_its_memory_away(void **state)
{
    struct buf b;
    size_t n = 77;

    (void)state;
    buf_init(&b, 100);
    char *p = buf_detach(&b, &n);
    assert_true(n == 0 && p[0] == 0);
    free(p);
    buf_add(&b, S("abc"));
    p = buf_detach(&b, NULL);
    assert_string_equal(p, "abc");
    assert_true(b.n == 0 && b.max == 100);
    free(p);
    buf_fini(&b);
}

const struct CMUnitTest buf_tests[] = {
    cmocka_unit_test(grows_to_the_maximum_and_not_beyond),
    cmocka_unit_test(appends_all_or_nothing),
    cmocka_unit_test(printf_grows),
    cmocka_unit_test(room_is_counted_when_used),
    cmocka_unit_test(drops_from_the_front),
    cmocka_unit_test(gives_its_memory_away),
};
const size_t buf_tests_n = sizeof(buf_tests) / sizeof(buf_tests[0]);
