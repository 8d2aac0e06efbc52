/*
 * format.c - the table of wire formats. Knows their names only.
 */
#include "wire/format.h"

#define FORMAT(name) extern const struct wire_format wire_##name;
#include "wire/formats.def"
#undef FORMAT

static const struct wire_format *const formats[] = {
#define FORMAT(name) &wire_##name,
#include "wire/formats.def"
#undef FORMAT
};

const struct wire_format *wire_format_find(str name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (str_eq(str_of(formats[i]->name), name))
            return formats[i];
    return NULL;
}
