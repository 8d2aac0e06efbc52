/*
 * protect_names.c - comparing names as file systems do that fold case.
 *
 * Only names that are ASCII in the table matter. Two letters outside of ASCII become ASCII ones
 * when a file system normalises and folds: the long s and the Kelvin sign.
 */
#include "platform/protect.h"

static unsigned fold_next(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    unsigned c = *p;

    if (c == 0xC5 && p[1] == 0xBF) {
        *at += 2;
        return 's';
    }
    if (c == 0xE2 && p[1] == 0x84 && p[2] == 0xAA) {
        *at += 3;
        return 'k';
    }
    *at += c ? 1 : 0;
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool protect_name_is(const char *name, const char *pattern)
{
    for (;;) {
        unsigned c;

        if (*pattern == '*')
            return true;
        c = fold_next(&name);
        if (c != (unsigned char)*pattern)
            return false;
        if (c == 0)
            return true;
        pattern++;
    }
}
