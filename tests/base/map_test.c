/* map_test.c - the map against a plain array that does the same slowly; order; odd keys. */
#include "test.h"

#include <stdio.h>

#include "base/list.h"
#include "base/map.h"

enum { KEYS = 500, ROUNDS = 20000 };

static char values[KEYS];

static void does_what_an_array_does(void **state)
{
    void *model[KEYS] = {0};
    uint32_t random = 7;
    struct map m;

    (void)state;
    map_init(&m);
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525 + 1013904223;
        unsigned at = (random >> 8) % KEYS;
        char text[16];
        str key = {text, (size_t)snprintf(text, sizeof(text), "key %u", at)};

        assert_ptr_equal(map_get(&m, key), model[at]);
        if (random >> 30) {
            assert_ptr_equal(map_set(&m, key, &values[round % KEYS]), model[at]);
            model[at] = &values[round % KEYS];
        } else {
            assert_ptr_equal(map_remove(&m, key), model[at]);
            model[at] = NULL;
        }
    }
    size_t expected = 0, walked = 0;

    for (size_t i = 0; i < KEYS; i++)
        expected += model[i] != NULL;
    map_each (entry, &m)
        walked++;
    assert_int_equal(walked, expected);
    assert_int_equal(m.n, expected);
    assert_true(m.room <= 4 * KEYS); /* gaps are used again */
    map_fini(&m);
    map_fini(&m);
}

static void keeps_the_order_of_insertion(void **state)
{
    static const char *const keys[] = {"z", "", "a\0b", "m", "a"};
    static const size_t lengths[] = {1, 0, 3, 1, 1};
    struct map m;
    size_t i = 0;

    (void)state;
    map_init(&m);
    assert_null(map_get(&m, S("z")));
    assert_null(map_remove(&m, S("z")));
    for (i = 0; i < 5; i++)
        map_set(&m, (str){keys[i], lengths[i]}, &values[i]);
    map_set(&m, S("z"), &values[9]); /* replacing does not move it */
    map_remove(&m, S("m"));
    i = 0;
    map_each (entry, &m) {
        i += i == 3;
        assert_true(str_eq(entry->key, (str){keys[i], lengths[i]}));
        i++;
    }
    assert_int_equal(i, 5);
    assert_ptr_equal(map_get(&m, (str){NULL, 0}), &values[1]);
    map_remove(&m, S("")); /* what is left of it must not look like an empty key */
    assert_null(map_set(&m, S(""), &values[1]));
    assert_true(m.entries[m.used - 1].key.p && m.n == 4);
    map_set(&m, S("m"), &values[3]);
    assert_true(str_eq(m.entries[m.used - 1].key, S("m")));
    map_fini(&m);
}

struct item {
    int n;
    struct list link;
};

static void list_walks_while_items_leave(void **state)
{
    struct item items[4];
    struct list head;
    int sum = 0;

    (void)state;
    list_init(&head);
    assert_true(list_is_empty(&head));
    for (int i = 0; i < 4; i++) {
        items[i].n = i;
        list_add(&head, &items[i].link);
    }
    list_each (link, &head) {
        struct item *item = list_of(link, struct item, link);

        sum = sum * 10 + item->n;
        list_remove(&item->link);
        list_remove(&item->link);
    }
    assert_int_equal(sum, 123);
    assert_true(list_is_empty(&head));
}

const struct CMUnitTest map_tests[] = {
    cmocka_unit_test(does_what_an_array_does),
    cmocka_unit_test(keeps_the_order_of_insertion),
    cmocka_unit_test(list_walks_while_items_leave),
};
const size_t map_tests_n = sizeof(map_tests) / sizeof(map_tests[0]);
