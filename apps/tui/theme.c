/* theme.c - the look of each style, a row. */
#include "tui/theme.h"

#include "base/utf8.h"

static const char *const looks[STYLES] = {
    [STYLE_PLAIN] = "",
    [STYLE_BOLD] = "\x1b[1m",
    [STYLE_DIM] = "\x1b[2m",
    [STYLE_ITALIC] = "\x1b[3m",
    [STYLE_STRUCK] = "\x1b[9m",
    [STYLE_CODE] = "\x1b[36m",
    [STYLE_HEADING] = "\x1b[1;35m",
    [STYLE_LINK] = "\x1b[4;34m",
    [STYLE_ACCENT] = "\x1b[35m",
    [STYLE_GOOD] = "\x1b[32m",
    [STYLE_BAD] = "\x1b[31m",
    [STYLE_WARN] = "\x1b[33m",
    [STYLE_ADDED] = "\x1b[32m",
    [STYLE_REMOVED] = "\x1b[31m",
    [STYLE_HUNK] = "\x1b[36m",
};

const char *theme_on(const struct theme *theme, enum style style)
{
    return theme->colour ? looks[style] : "";
}

const char *theme_off(const struct theme *theme) { return theme->colour ? "\x1b[0m" : ""; }

void theme_put(const struct theme *theme, enum style style, str text, struct buf *out)
{
    buf_add(out, str_of(theme_on(theme, style)));
    buf_add(out, text);
    if (style != STYLE_PLAIN)
        buf_add(out, str_of(theme_off(theme)));
}

int theme_width(str text)
{
    int width = 0;

    while (text.n) {
        size_t escape = str_find(text, '\x1b');
        width += utf8_width(str_take(text, escape));
        if (escape == SIZE_MAX)
            return width;
        text = str_skip(text, escape);
        size_t end = str_find(text, 'm');
        text = str_skip(text, end == SIZE_MAX ? text.n : end + 1);
    }
    return width;
}

void theme_line(str text, int columns, struct buf *out)
{
    struct buf safe;
    size_t at = 0;
    int used = 0;
    str line, rest;

    buf_init(&safe, BUF_NO_MAX);
    utf8_sanitise(&safe, str_take(text, 16384), false);
    rest = buf_str(&safe);
    line = str_cut(&rest, '\n');
    bool more = (rest.p && rest.n > 0) || utf8_width(line) > columns;
    int room = more ? columns - 2 : columns;
    while (at < line.n) {
        size_t before = at;
        uint32_t code = utf8_next(line, &at);
        int width = code == '\t' ? 1 : utf8_columns(code);
        if (used + width > room)
            break;
        used += width;
        if (code == '\t')
            buf_byte(out, ' ');
        else
            buf_add(out, str_make(line.p + before, at - before));
    }
    if (more)
        buf_add(out, S(" …"));
    buf_fini(&safe);
}
