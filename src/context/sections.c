/* sections.c - the fixed part of the prompt as recorded at a session's start. */
#include "base/embed.h"
#include "context/context.h"

static const char *const names[] = {
#define SECTION(name) #name,
#include "context/sections.def"
#undef SECTION
};

void context_static_sections(struct json_writer *w)
{
    size_t n = sizeof names / sizeof *names;

    for (size_t i = 0; i < n; i++) {
        char path[64] = "context/";

        strcat(strcat(path, names[i]), ".md"); /* names are ours and short */
        json_object(w);
        json_put(w, "name", str_of(names[i]));
        json_put(w, "text", str_trim(embedded_file(path)));
        if (i + 1 == n)
            json_put_bool(w, "boundary", true);
        json_object_end(w);
    }
}
