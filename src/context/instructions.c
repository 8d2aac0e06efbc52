/*
 * instructions.c - an instruction file as a labelled block: the model sees whose words they are and
 * where they stand. The file's text is data; it is not interpreted here.
 */
#include "base/utf8.h"
#include "context/context.h"

void instructions_render(str path, str level, str text, struct buf *out)
{
    buf_printf(out, "# Instructions from %.*s (%.*s)\n", FS(path), FS(level));
    utf8_clean(out, str_trim(text));
}
