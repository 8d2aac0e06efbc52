/*
 * json_path.c - the text of a path. Names are a stranger's: cut, and made valid UTF-8.
 */
#include "base/json_path.h"
#include "base/utf8.h"

enum { NAME_SHOWN = 64 };

void json_path_text(const struct json_path *path, struct buf *out)
{
    if (!path)
        return;
    json_path_text(path->parent, out);
    if (!path->name.p) {
        buf_printf(out, "[%zu]", path->index);
        return;
    }
    if (out->n)
        buf_byte(out, '.');
    utf8_clean(out, utf8_head(path->name, NAME_SHOWN));
}
