/*
 * theme.h - what kinds of text there are on the screen, and how each looks. Without colour every
 * style is nothing, so that whoever draws need not ask.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "base/buf.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_ITALIC,
    STYLE_STRUCK,
    STYLE_CODE,
    STYLE_HEADING,
    STYLE_LINK,
    STYLE_ACCENT,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_WARN,
    STYLE_ADDED,
    STYLE_REMOVED,
    STYLE_HUNK,
    STYLES
};

struct theme {
    bool colour;
};

/* The sequence that turns a style on, after all were off; that turns all off. "" without colour. */
const char *theme_on(const struct theme *theme, enum style style);
const char *theme_off(const struct theme *theme);

/* `text` in a style. */
void theme_put(const struct theme *theme, enum style style, str text, struct buf *out);

/* Columns that `text` takes: sequences of our own count nothing. */
int theme_width(str text);

/* Foreign text in at most `columns` columns of one line: made safe, cut with an ellipsis. */
void theme_line(str text, int columns, struct buf *out);

#endif
