/*
 * json_compare.c - equality of values and order of numbers, whatever their text: 1.0 is 1, and the
 * order of members does not count.
 */
#include "base/json.h"

enum { LEVELS_MAX = 4 * JSON_DEPTH };

int json_compare(const struct json *a, const struct json *b)
{
    int64_t x, y;

    if (json_to_i64(a, &x) && json_to_i64(b, &y))
        return (x > y) - (x < y);
    double p = json_to_real(a), q = json_to_real(b);

    return (p > q) - (p < q);
}

static bool is_equal(const struct json *a, const struct json *b, unsigned depth);

static bool is_equal_number(const struct json *a, const struct json *b)
{
    int64_t x, y;

    if (json_to_i64(a, &x) && json_to_i64(b, &y))
        return x == y;
    return str_eq(a->text, b->text) ||
           (!json_to_i64(a, &x) && !json_to_i64(b, &y) && json_to_real(a) == json_to_real(b));
}

static bool has_equal_member(const struct json *object, const struct json *member, unsigned depth)
{
    json_each (item, object) {
        if (str_eq(item->key, member->key))
            return is_equal(item, member, depth);
    }
    return false;
}

static bool is_equal_inside(const struct json *a, const struct json *b, unsigned depth)
{
    const struct json *other = b->first;

    if (a->count != b->count)
        return false;
    json_each (item, a) {
        if (a->kind == JSON_OBJECT ? !has_equal_member(b, item, depth)
                                   : !is_equal(item, other, depth))
            return false;
        other = other->next;
    }
    return true;
}

static bool is_equal(const struct json *a, const struct json *b, unsigned depth)
{
    if (a->kind != b->kind || depth > LEVELS_MAX)
        return false;
    switch (a->kind) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: return true;
    case JSON_NUMBER: return is_equal_number(a, b);
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_ARRAY:
    case JSON_OBJECT: return is_equal_inside(a, b, depth + 1);
    }
    return false;
}

bool json_is_equal(const struct json *a, const struct json *b) { return is_equal(a, b, 0); }
