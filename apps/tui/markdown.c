/*
 * markdown.c - md4c's callbacks into wrapped lines.
 *
 * A leaf block (a paragraph, a heading, an item's text) collects its words with their styles in
 * `words` and is wrapped when it ends. Around it stand the prefixes of the lists and quotes that
 * enclose it, kept as a stack of levels.
 */
#include "tui/markdown.h"

#include <md4c.h>
#include <stdio.h>

#include "base/utf8.h"

enum { LEVELS = 16, SPANS = 16, CELLS = 32, MARKER = 16 };

struct level {
    bool is_quote;
    bool is_ordered;
    unsigned number;        /* of the next item                            */
    char marker[MARKER];    /* of the item whose first line is not yet out */
    int indent;
};

struct markdown {
    const struct theme *theme;
    struct buf *out;
    int columns;
    struct buf words;
    struct level levels[LEVELS];
    size_t depth;
    enum style spans[SPANS];
    size_t n_spans;
    enum style base;        /* of the block: a heading's                   */
    size_t link_at;         /* where the open link's text began            */
    bool begun;             /* something stands above: a blank line parts  */
    bool tight;             /* inside an item: no blank line               */
    /* a table: its cells as text, row by row */
    struct buf cells;
    size_t cell_ends[1024];
    size_t n_cells, n_columns, n_head;
};

/* ---- styles ------------------------------------------------------------------------------------ */

static void put_styles(struct markdown *m)
{
    buf_add(&m->words, str_of(theme_off(m->theme)));
    buf_add(&m->words, str_of(theme_on(m->theme, m->base)));
    for (size_t i = 0; i < m->n_spans && i < SPANS; i++)
        buf_add(&m->words, str_of(theme_on(m->theme, m->spans[i])));
}

static void push_style(struct markdown *m, enum style style)
{
    if (m->n_spans < SPANS)
        m->spans[m->n_spans] = style;
    m->n_spans++;
    put_styles(m);
}

static void pop_style(struct markdown *m)
{
    m->n_spans--;
    put_styles(m);
}

/* ---- lines ------------------------------------------------------------------------------------- */

static void put_blanks(struct buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_byte(out, ' ');
}

/* What stands left of a line: quotes' bars, items' markers on their first line, blanks after. */
static int put_prefix(struct markdown *m)
{
    int width = 0;

    for (size_t i = 0; i < m->depth && i < LEVELS; i++) {
        struct level *level = &m->levels[i];
        if (level->is_quote) {
            theme_put(m->theme, STYLE_DIM, S("│ "), m->out);
        } else if (level->marker[0]) {
            put_blanks(m->out, level->indent - utf8_width(str_of(level->marker)));
            buf_add(m->out, str_of(level->marker));
            level->marker[0] = 0;
        } else {
            put_blanks(m->out, level->indent);
        }
        width += level->indent;
    }
    return width;
}

static void part(struct markdown *m)
{
    if (m->begun && !m->tight) {
        put_prefix(m);
        while (m->out->n && m->out->p[m->out->n - 1] == ' ')
            m->out->n--;
        buf_byte(m->out, '\n');
    }
    m->begun = true;
    m->tight = m->depth > 0;
}

/* The collected words as lines; a line feed among them breaks. */
static void put_wrapped(struct markdown *m)
{
    str lines = buf_str(&m->words);

    while (lines.p) {
        str line = str_cut(&lines, '\n');
        int left = put_prefix(m), used = left;
        while (line.p) {
            str word = str_cut(&line, ' ');
            int width = theme_width(word);
            if (width == 0 && used == left) {
                buf_add(m->out, word); /* a style alone, or blanks at the line's begin */
                continue;
            }
            if (used > left && used + 1 + width > m->columns) {
                buf_byte(m->out, '\n');
                used = put_prefix(m);
            } else if (used > left) {
                buf_byte(m->out, ' ');
                used++;
            }
            buf_add(m->out, word);
            used += width;
        }
        buf_byte(m->out, '\n');
    }
    buf_clear(&m->words);
}

static void leaf_end(struct markdown *m)
{
    if (m->words.n == 0)
        return;
    part(m);
    buf_add(&m->words, str_of(theme_off(m->theme)));
    put_wrapped(m);
}

static void put_code(struct markdown *m)
{
    str code = buf_str(&m->words);

    part(m);
    if (str_ends(code, S("\n")))
        code.n--;
    while (code.p) {
        str line = str_cut(&code, '\n');
        put_prefix(m);
        buf_add(m->out, S("    "));
        theme_put(m->theme, STYLE_CODE, line, m->out);
        buf_byte(m->out, '\n');
    }
    buf_clear(&m->words);
}

/* ---- tables ------------------------------------------------------------------------------------ */

static str table_cell(const struct markdown *m, size_t i)
{
    size_t from = i ? m->cell_ends[i - 1] : 0;

    return str_make(m->cells.p + from, m->cell_ends[i] - from);
}

static void cell_end(struct markdown *m)
{
    if (m->n_cells < sizeof m->cell_ends / sizeof m->cell_ends[0]) {
        buf_add(&m->words, str_of(theme_off(m->theme)));
        buf_add(&m->cells, buf_str(&m->words));
        m->cell_ends[m->n_cells++] = m->cells.n;
    }
    buf_clear(&m->words);
}

static void put_table(struct markdown *m)
{
    int widths[CELLS] = {0};
    size_t n = m->n_columns < CELLS ? m->n_columns : CELLS;

    if (n == 0 || m->n_cells == 0)
        return;
    for (size_t i = 0; i < m->n_cells; i++) {
        int width = theme_width(table_cell(m, i));
        if (i % m->n_columns < n && width > widths[i % m->n_columns])
            widths[i % m->n_columns] = width;
    }
    part(m);
    for (size_t i = 0; i < m->n_cells; i++) {
        size_t column = i % m->n_columns;
        if (column >= n)
            continue;
        if (column == 0)
            put_prefix(m);
        buf_add(m->out, table_cell(m, i));
        if (column + 1 < n)
            put_blanks(m->out, widths[column] - theme_width(table_cell(m, i)) + 2);
        else
            buf_byte(m->out, '\n');
        if (i + 1 != m->n_head)
            continue;
        put_prefix(m);
        buf_add(m->out, str_of(theme_on(m->theme, STYLE_DIM)));
        for (size_t k = 0; k < n; k++) {
            for (int c = 0; c < widths[k]; c++)
                buf_add(m->out, S("─"));
            buf_add(m->out, k + 1 < n ? S("  ") : str_of(theme_off(m->theme)));
        }
        buf_byte(m->out, '\n');
    }
    if (m->n_cells % m->n_columns)
        buf_byte(m->out, '\n');
}

/* ---- md4c -------------------------------------------------------------------------------------- */

static struct level *push_level(struct markdown *m)
{
    static struct level spare; /* deeper than anybody writes: drawn as if it were not there */
    struct level *level = m->depth < LEVELS ? &m->levels[m->depth] : &spare;

    m->depth++;
    *level = (struct level){0};
    return level;
}

static void begin_item(struct markdown *m, const MD_BLOCK_LI_DETAIL *detail)
{
    struct level *level = m->depth && m->depth <= LEVELS ? &m->levels[m->depth - 1] : NULL;

    if (!level)
        return;
    if (detail->is_task)
        snprintf(level->marker, MARKER, "%s ", detail->task_mark == ' ' ? "☐" : "☑");
    else if (level->is_ordered)
        snprintf(level->marker, MARKER, "%u. ", level->number++);
    else
        snprintf(level->marker, MARKER, "• ");
    int width = utf8_width(str_of(level->marker));
    level->indent = width > 2 ? width : 2;
    m->tight = m->begun;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    struct level *level;

    switch (type) {
    case MD_BLOCK_QUOTE:
        leaf_end(m);
        if (m->depth == 0)
            m->tight = false;
        level = push_level(m);
        level->is_quote = true;
        level->indent = 2;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        leaf_end(m);
        if (m->depth == 0) {
            m->tight = false;
            part(m);
        }
        level = push_level(m);
        level->is_ordered = type == MD_BLOCK_OL;
        level->number = level->is_ordered ? ((MD_BLOCK_OL_DETAIL *)detail)->start : 0;
        break;
    case MD_BLOCK_LI:
        begin_item(m, detail);
        break;
    case MD_BLOCK_HR:
        leaf_end(m);
        part(m);
        put_prefix(m);
        theme_put(m->theme, STYLE_DIM, S("────────"), m->out);
        buf_byte(m->out, '\n');
        break;
    case MD_BLOCK_H:
        leaf_end(m);
        m->base = STYLE_HEADING;
        put_styles(m);
        break;
    case MD_BLOCK_CODE:
    case MD_BLOCK_P:
        leaf_end(m); /* of an item, whose text has no paragraph of its own */
        break;
    case MD_BLOCK_TABLE:
        leaf_end(m);
        m->n_columns = ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count;
        m->n_cells = m->n_head = 0;
        buf_clear(&m->cells);
        break;
    case MD_BLOCK_TH:
        m->base = STYLE_BOLD;
        put_styles(m);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
    case MD_BLOCK_TD:
        break;
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct markdown *m = data;

    (void)detail;
    switch (type) {
    case MD_BLOCK_QUOTE:
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        leaf_end(m);
        m->depth--;
        m->tight = m->depth > 0;
        break;
    case MD_BLOCK_CODE:
        put_code(m);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        cell_end(m);
        m->base = STYLE_PLAIN;
        break;
    case MD_BLOCK_THEAD:
        m->n_head = m->n_cells;
        break;
    case MD_BLOCK_TABLE:
        put_table(m);
        break;
    case MD_BLOCK_LI:
    case MD_BLOCK_P:
    case MD_BLOCK_H:
    case MD_BLOCK_HTML:
        leaf_end(m);
        m->base = STYLE_PLAIN;
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
        break;
    }
    return 0;
}

static const enum style span_styles[] = {
    [MD_SPAN_EM] = STYLE_ITALIC,   [MD_SPAN_STRONG] = STYLE_BOLD, [MD_SPAN_A] = STYLE_LINK,
    [MD_SPAN_IMG] = STYLE_LINK,    [MD_SPAN_CODE] = STYLE_CODE,   [MD_SPAN_DEL] = STYLE_STRUCK,
    [MD_SPAN_LATEXMATH] = STYLE_CODE, [MD_SPAN_LATEXMATH_DISPLAY] = STYLE_CODE,
    [MD_SPAN_WIKILINK] = STYLE_LINK,  [MD_SPAN_U] = STYLE_ITALIC,
};

static int enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct markdown *m = data;

    (void)detail;
    push_style(m, span_styles[type]);
    m->link_at = m->words.n;
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct markdown *m = data;
    str target = {0};

    if (type == MD_SPAN_A)
        target = str_make(((MD_SPAN_A_DETAIL *)detail)->href.text,
                          ((MD_SPAN_A_DETAIL *)detail)->href.size);
    if (type == MD_SPAN_IMG)
        target = str_make(((MD_SPAN_IMG_DETAIL *)detail)->src.text,
                          ((MD_SPAN_IMG_DETAIL *)detail)->src.size);
    bool is_shown = m->words.n - m->link_at >= target.n &&
                    str_ends(buf_str(&m->words), target);
    pop_style(m);
    if (target.n && !is_shown) {
        buf_add(&m->words, S(" ("));
        buf_add(&m->words, target);
        buf_byte(&m->words, ')');
    }
    return 0;
}

static void put_entity(struct markdown *m, str text)
{
    static const struct {
        str name, value;
    } entities[] = {
        {S_INIT("&lt;"), S_INIT("<")},    {S_INIT("&gt;"), S_INIT(">")},
        {S_INIT("&amp;"), S_INIT("&")},   {S_INIT("&quot;"), S_INIT("\"")},
        {S_INIT("&nbsp;"), S_INIT(" ")}, {S_INIT("&#39;"), S_INIT("'")},
    };

    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (str_eq(text, entities[i].name))
            text = entities[i].value;
    }
    buf_add(&m->words, text);
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
    struct markdown *m = data;
    str s = str_make(text, size);

    switch (type) {
    case MD_TEXT_NULLCHAR:
        buf_add(&m->words, S("\xef\xbf\xbd"));
        break;
    case MD_TEXT_BR:
        buf_byte(&m->words, '\n');
        break;
    case MD_TEXT_SOFTBR:
        buf_byte(&m->words, ' ');
        break;
    case MD_TEXT_ENTITY:
        put_entity(m, s);
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        buf_add(&m->words, s);
        break;
    }
    return 0;
}

void markdown_render(str text, const struct theme *theme, int columns, struct buf *out)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML |
                 MD_FLAG_PERMISSIVEURLAUTOLINKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = put_text,
    };
    struct markdown m = {.theme = theme, .out = out, .columns = columns};
    struct buf safe;

    buf_init(&safe, BUF_NO_MAX);
    buf_init(&m.words, BUF_NO_MAX);
    buf_init(&m.cells, BUF_NO_MAX);
    utf8_sanitise(&safe, text, false);
    if (safe.n && safe.n <= UINT32_MAX)
        md_parse(safe.p, (MD_SIZE)safe.n, &parser, &m);
    buf_fini(&safe);
    buf_fini(&m.words);
    buf_fini(&m.cells);
}

/* Three or more of the same, ` or ~, after at most three blanks. */
static str fence_of(str line)
{
    size_t i = 0, n = 0;

    while (i < line.n && i < 3 && line.p[i] == ' ')
        i++;
    line = str_skip(line, i);
    while (n < line.n && (line.p[0] == '`' || line.p[0] == '~') && line.p[n] == line.p[0])
        n++;
    return n >= 3 ? str_take(line, n) : (str){0};
}

size_t markdown_whole(str text)
{
    str fence = {0}, rest = text;
    size_t whole = 0;

    while (rest.p) {
        size_t end = str_find(rest, '\n');
        if (end == SIZE_MAX)
            break; /* the last line may go on */
        str line = str_take(rest, end), mark = fence_of(line);
        rest = str_skip(rest, end + 1);
        if (!fence.n)
            fence = mark;
        else if (mark.n >= fence.n && mark.p[0] == fence.p[0])
            fence = (str){0};
        if (!fence.n && str_trim(line).n == 0)
            whole = text.n - rest.n;
    }
    return whole;
}
