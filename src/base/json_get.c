/*
 * json_get.c - asking a tree: members, scalars, and the exact value of a number's text.
 */
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

const struct json *json_get(const struct json *object, const char *key)
{
    const struct json *found = NULL;
    str name = str_of(key);

    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    json_each (item, object)
        if (str_eq(item->key, name))
            found = item;
    return found;
}

str json_text(const struct json *object, const char *key, str fallback)
{
    const struct json *node = json_get(object, key);

    return node && node->kind == JSON_STRING ? node->text : fallback;
}

bool json_bool(const struct json *object, const char *key, bool fallback)
{
    const struct json *node = json_get(object, key);

    if (!node || (node->kind != JSON_TRUE && node->kind != JSON_FALSE))
        return fallback;
    return node->kind == JSON_TRUE;
}

int64_t json_int(const struct json *object, const char *key, int64_t fallback)
{
    const struct json *node = json_get(object, key);
    int64_t exact;

    if (!node || node->kind != JSON_NUMBER)
        return fallback;
    if (json_to_i64(node, &exact))
        return exact;
    double real = json_to_real(node);

    if (real >= 0x1p63)
        return INT64_MAX;
    return real <= -0x1p63 ? INT64_MIN : (int64_t)real;
}

double json_real(const struct json *object, const char *key, double fallback)
{
    const struct json *node = json_get(object, key);

    return node && node->kind == JSON_NUMBER ? json_to_real(node) : fallback;
}

/* ---- numbers ------------------------------------------------------------------------------- */

/* A number's text, taken apart: the digits without the point, and by how much the point is to be
 * moved to the right of where the digits end (negative: to the left). */
struct decimal {
    bool negative;
    str whole, fraction;
    int64_t exponent;
};

#define EXPONENT_MAX INT64_C(1000000000000000) /* far beyond any text that fits in memory */

static struct decimal take_apart(str text)
{
    struct decimal d = {.negative = text.n && text.p[0] == '-'};
    size_t i = d.negative, from = i;

    while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
        i++;
    d.whole = (str){text.p + from, i - from};
    if (i < text.n && text.p[i] == '.') {
        from = ++i;
        while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
            i++;
        d.fraction = (str){text.p + from, i - from};
    }
    if (i >= text.n)
        return d;
    i++; /* the e */
    bool down = text.p[i] == '-';

    if (down || text.p[i] == '+')
        i++;
    for (; i < text.n && d.exponent < EXPONENT_MAX; i++)
        d.exponent = d.exponent * 10 + (text.p[i] - '0');
    if (down)
        d.exponent = -d.exponent;
    return d;
}

static char digit_at(const struct decimal *d, size_t i)
{
    return i < d->whole.n ? d->whole.p[i] : d->fraction.p[i - d->whole.n];
}

bool json_to_i64(const struct json *node, int64_t *out)
{
    if (!node || node->kind != JSON_NUMBER)
        return false;
    if (str_to_i64(node->text, out))
        return true;
    struct decimal d = take_apart(node->text);
    size_t n = d.whole.n + d.fraction.n, first = 0;

    while (first < n && digit_at(&d, first) == '0')
        first++;
    while (n > first && digit_at(&d, n - 1) == '0')
        n--;
    if (first == n)
        return *out = 0, true;
    /* The digits from `first` to `n`, then as many zeros as the point lies behind them. */
    int64_t zeros = (int64_t)d.whole.n + d.exponent - (int64_t)n;
    int64_t value = 0;

    if (zeros < 0 || zeros > 18 || n - first > 19)
        return false;
    for (size_t i = first; i < n + (size_t)zeros; i++) {
        int digit = i < n ? digit_at(&d, i) - '0' : 0;

        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!d.negative && value == INT64_MIN)
        return false;
    *out = d.negative ? value : -value;
    return true;
}

/* Given to strtod() without a point, which a host's locale may have made a comma. */
double json_to_real(const struct json *node)
{
    if (!node || node->kind != JSON_NUMBER)
        return 0;
    struct decimal d = take_apart(node->text);
    char brief[128], *text = brief;
    size_t digits = d.whole.n + d.fraction.n, size = digits + 32;

    if (size > sizeof(brief))
        text = memory_new(size);
    text[0] = d.negative ? '-' : '+';
    memcpy(text + 1, d.whole.p, d.whole.n);
    if (d.fraction.n)
        memcpy(text + 1 + d.whole.n, d.fraction.p, d.fraction.n);
    snprintf(text + 1 + digits, size - 1 - digits, "e%lld",
             (long long)d.exponent - (long long)d.fraction.n);
    double value = strtod(text, NULL);

    if (text != brief)
        free(text);
    return value;
}
