/*
 * embed.c - looks a name up in the table that the build made. Knows nothing about the texts.
 */
#include "base/embed.h"

#include <stdlib.h>

static bool is_end(const struct embedded *row) { return !row->name || !row->name[0]; }

static int by_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct embedded *)row)->name);
}

str embedded_file(const char *name)
{
    size_t n = 0;

    while (!is_end(&embedded_files[n]))
        n++;
    const struct embedded *row = bsearch(name, embedded_files, n, sizeof(*row), by_name);

    return row ? row->bytes : (str){NULL, 0};
}
