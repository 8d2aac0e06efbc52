/* table.c - cells to columns. */
#include "tui/table.h"

void table_init(struct table *t)
{
    *t = (struct table){0};
    buf_init(&t->cells, BUF_NO_MAX);
}

void table_fini(struct table *t) { buf_fini(&t->cells); }

void table_begin(struct table *t, size_t columns)
{
    buf_clear(&t->cells);
    t->n = t->head = 0;
    t->columns = columns;
}

void table_cell(struct table *t, struct flow *f)
{
    if (t->n < TABLE_CELLS) {
        buf_add(&f->words, str_of(theme_off(f->theme)));
        buf_add(&t->cells, buf_str(&f->words));
        t->ends[t->n++] = t->cells.n;
    }
    buf_clear(&f->words);
}

void table_head(struct table *t) { t->head = t->n; }

static str text_of(const struct table *t, size_t i)
{
    size_t from = i ? t->ends[i - 1] : 0;

    return str_take(str_skip(buf_str(&t->cells), from), t->ends[i] - from);
}

static void put_rule(struct flow *f, const int *widths, size_t columns)
{
    flow_prefix(f);
    buf_add(f->out, str_of(theme_on(f->theme, STYLE_DIM)));
    for (size_t i = 0; i < columns; i++) {
        for (int c = 0; c < widths[i]; c++)
            buf_add(f->out, S("─"));
        buf_add(f->out, i + 1 < columns ? S("  ") : str_of(theme_off(f->theme)));
    }
    buf_byte(f->out, '\n');
}

static void put_row(struct flow *f, const struct table *t, size_t first, const int *widths,
                    size_t columns)
{
    flow_prefix(f);
    for (size_t i = 0; i < columns && first + i < t->n; i++) {
        str text = text_of(t, first + i);
        buf_add(f->out, text);
        if (i + 1 < columns)
            flow_blanks(f->out, widths[i] - theme_width(text) + 2);
    }
    buf_byte(f->out, '\n');
}

void table_end(struct table *t, struct flow *f)
{
    int widths[TABLE_COLUMNS] = {0};
    size_t columns = t->columns < TABLE_COLUMNS ? t->columns : TABLE_COLUMNS;

    if (columns == 0 || t->n == 0)
        return;
    for (size_t i = 0; i < t->n; i++) {
        int width = theme_width(text_of(t, i));
        if (i % t->columns < columns && width > widths[i % t->columns])
            widths[i % t->columns] = width;
    }
    flow_part(f);
    for (size_t i = 0; i < t->n; i += t->columns) {
        put_row(f, t, i, widths, columns);
        if (i + t->columns == t->head)
            put_rule(f, widths, columns);
    }
}
