/* flow.c - words to lines. */
#include "tui/flow.h"

#include <stdio.h>

#include "base/utf8.h"

void flow_init(struct flow *f, const struct theme *theme, int columns, struct buf *out)
{
    *f = (struct flow){.theme = theme, .out = out, .columns = columns};
    buf_init(&f->words, BUF_NO_MAX);
}

void flow_fini(struct flow *f) { buf_fini(&f->words); }

void flow_blanks(struct buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_byte(out, ' ');
}

struct flow_level *flow_level(struct flow *f)
{
    return f->depth && f->depth <= FLOW_LEVELS ? &f->levels[f->depth - 1] : NULL;
}

struct flow_level *flow_enter(struct flow *f)
{
    struct flow_level *level;

    f->depth++;
    level = flow_level(f);
    if (level)
        *level = (struct flow_level){0};
    return level;
}

void flow_item(struct flow *f, const char *mark)
{
    struct flow_level *level = flow_level(f);
    int width = utf8_width(str_of(mark));

    f->tight = f->begun;
    if (!level)
        return;
    snprintf(level->mark, sizeof level->mark, "%s", mark);
    level->indent = width > 2 ? width : 2;
}

void flow_leave(struct flow *f)
{
    f->depth--;
    f->tight = f->depth > 0;
}

int flow_prefix(struct flow *f)
{
    int width = 0;

    for (size_t i = 0; i < f->depth && i < FLOW_LEVELS; i++) {
        struct flow_level *level = &f->levels[i];
        if (level->is_quote) {
            theme_put(f->theme, STYLE_DIM, S("│ "), f->out);
        } else if (level->mark[0]) {
            flow_blanks(f->out, level->indent - utf8_width(str_of(level->mark)));
            buf_add(f->out, str_of(level->mark));
            level->mark[0] = 0;
        } else {
            flow_blanks(f->out, level->indent);
        }
        width += level->indent;
    }
    return width;
}

void flow_part(struct flow *f)
{
    if (f->begun && !f->tight) {
        flow_prefix(f);
        while (f->out->n && f->out->p[f->out->n - 1] == ' ')
            f->out->n--;
        buf_byte(f->out, '\n');
    }
    f->begun = true;
    f->tight = f->depth > 0;
}

static void put_line(struct flow *f, str line)
{
    int left = flow_prefix(f), used = left;

    while (line.p) {
        str word = str_cut(&line, ' ');
        int width = theme_width(word);
        if (width == 0 && used == left) {
            buf_add(f->out, word); /* a style alone, or blanks at the line's begin */
            continue;
        }
        if (used > left && used + 1 + width > f->columns) {
            buf_byte(f->out, '\n');
            used = flow_prefix(f);
        } else if (used > left) {
            buf_byte(f->out, ' ');
            used++;
        }
        buf_add(f->out, word);
        used += width;
    }
    buf_byte(f->out, '\n');
}

void flow_end(struct flow *f)
{
    str lines;

    if (f->words.n == 0)
        return;
    flow_part(f);
    buf_add(&f->words, str_of(theme_off(f->theme)));
    for (lines = buf_str(&f->words); lines.p;)
        put_line(f, str_cut(&lines, '\n')); /* a line feed among the words breaks */
    buf_clear(&f->words);
}

void flow_code(struct flow *f)
{
    str code = buf_str(&f->words);

    flow_part(f);
    if (str_ends(code, S("\n")))
        code.n--;
    while (code.p) {
        str line = str_cut(&code, '\n');
        flow_prefix(f);
        buf_add(f->out, S("    "));
        theme_put(f->theme, STYLE_CODE, line, f->out);
        buf_byte(f->out, '\n');
    }
    buf_clear(&f->words);
}
