/*
 * id.c - the two texts of an identity. Knows no clock and no chance: the caller brings both.
 */
#include "base/id.h"
#include "base/hex.h"

#include <assert.h>

enum { BASE58_LENGTH = 22 };

static const char hex_digits[] = "0123456789abcdef";
static const char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

struct id id_make(int64_t milliseconds, const unsigned char random[10])
{
    uint64_t time = (uint64_t)milliseconds;
    struct id id;

    for (int i = 0; i < 6; i++)
        id.b[i] = (unsigned char)(time >> (40 - 8 * i));
    memcpy(id.b + 6, random, 10);
    id.b[6] = (unsigned char)(0x70 | (id.b[6] & 0x0F)); /* version 7 */
    id.b[8] = (unsigned char)(0x80 | (id.b[8] & 0x3F)); /* variant of RFC 9562 */
    return id;
}

static bool is_dash(int i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void id_uuid(struct id id, char out[ID_UUID_SIZE])
{
    const unsigned char *b = id.b;

    for (int i = 0; i < ID_UUID_SIZE - 1;) {
        if (is_dash(i)) {
            out[i++] = '-';
            continue;
        }
        out[i++] = hex_digits[*b >> 4];
        out[i++] = hex_digits[*b++ & 15];
    }
    out[ID_UUID_SIZE - 1] = 0;
}

void id_prefixed(struct id id, const char *prefix, char out[ID_PREFIX_SIZE])
{
    size_t n = strlen(prefix);

    assert(n > 1 && n + BASE58_LENGTH < ID_PREFIX_SIZE && prefix[n - 1] == '_');
    memcpy(out, prefix, n);
    out[n + BASE58_LENGTH] = 0;
    /* Long division by 58, a digit a pass, the last first. */
    for (size_t at = n + BASE58_LENGTH; at > n; at--) {
        unsigned rest = 0;

        for (int i = 0; i < 16; i++) {
            rest = rest << 8 | id.b[i];
            id.b[i] = (unsigned char)(rest / 58);
            rest %= 58;
        }
        out[at - 1] = base58_digits[rest];
    }
}

static bool parse_uuid(str text, struct id *out)
{
    struct id id = {{0}};
    int nibble = 0;

    for (int i = 0; i < ID_UUID_SIZE - 1; i++) {
        int value = hex_value(text.p[i]);

        if (is_dash(i) != (text.p[i] == '-') || (!is_dash(i) && value < 0))
            return false;
        if (is_dash(i))
            continue;
        id.b[nibble / 2] = (unsigned char)(id.b[nibble / 2] << 4 | value);
        nibble++;
    }
    *out = id;
    return true;
}

/* Times 58 plus the digit, for each; what leaves at the top says that the number is too large. */
static bool parse_base58(str digits, struct id *out)
{
    struct id id = {{0}};

    for (size_t d = 0; d < digits.n; d++) {
        const char *digit = digits.p[d] ? strchr(base58_digits, digits.p[d]) : NULL;

        if (!digit)
            return false;
        unsigned carry = (unsigned)(digit - base58_digits);

        for (int i = 15; i >= 0; i--) {
            carry += id.b[i] * 58U;
            id.b[i] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry)
            return false;
    }
    *out = id;
    return true;
}

bool id_parse(str text, struct id *out)
{
    if (text.n == ID_UUID_SIZE - 1 && text.p[8] == '-')
        return parse_uuid(text, out);
    size_t low_line = str_find(text, '_');

    if (low_line == SIZE_MAX || low_line == 0 || text.n != low_line + 1 + BASE58_LENGTH)
        return false;
    for (size_t i = 0; i < low_line; i++) {
        if ((text.p[i] | 32) < 'a' || (text.p[i] | 32) > 'z')
            return false;
    }
    return parse_base58(str_skip(text, low_line + 1), out);
}
