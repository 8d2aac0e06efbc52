/*
 * markdown.h - a model's Markdown as lines for a terminal: headings, emphasis, code, lists, quotes,
 * tables; links show their target, nothing is ever fetched.
 */
#ifndef TUI_MARKDOWN_H
#define TUI_MARKDOWN_H

#include "tui/theme.h"

/* Render whole blocks; ends with a line end when there was anything. Foreign bytes are made safe. */
void markdown_render(str text, const struct theme *theme, int columns, struct buf *out);

/* How much of `text`, which is still being written, is whole blocks: up to the last blank line that
 * is not inside a code fence. */
size_t markdown_whole(str text);

#endif
