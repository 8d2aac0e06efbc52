/*
 * json_unescape.c - the text of a string that was checked, with its escapes undone.
 */
#include "base/hex.h"
#include "base/json_scan.h"
#include "base/utf8.h"

int32_t json_hex_four(const char *p, const char *end)
{
    int32_t code = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);

        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* `p` stands behind the "\u" of a checked escape; a surrogate comes with its other half. */
static const char *decode_unicode(const char *p, const char *end, char **to)
{
    uint32_t code = (uint32_t)json_hex_four(p, end);

    p += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {
        uint32_t low = (uint32_t)json_hex_four(p + 2, end);

        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    *to += utf8_encode(*to, code);
    return p;
}

/* No escape is shorter than what it stands for, so that the room is enough. */
str json_unescape(struct arena *arena, str raw)
{
    static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
    char *text = arena_alloc(arena, raw.n), *to = text;
    const char *p = raw.p, *end = raw.p + raw.n;

    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);

        memcpy(to, p, plain);
        to += plain;
        if (!slash)
            break;
        p = slash + 2;
        if (slash[1] == 'u') {
            p = decode_unicode(p, end, &to);
        } else {
            const char *name = strchr(names, slash[1]);

            *to++ = name ? codes[name - names] : slash[1];
        }
    }
    return (str){text, (size_t)(to - text)};
}
