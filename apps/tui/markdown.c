/*
 * markdown.c - md4c's callbacks: a leaf block (a paragraph, a heading, an item's text) collects its
 * words with their styles in the flow, which sets them when it ends.
 */
#include "tui/markdown.h"

#include <md4c.h>
#include <stdio.h>

#include "base/utf8.h"
#include "tui/table.h"

enum { SPANS = 16 };

struct markdown {
    struct flow flow;
    struct table table;
    enum style spans[SPANS];
    size_t n_spans;
    enum style base; /* of the block: a heading's */
    size_t link_at;  /* where the open link's text began */
};

/* ---- styles ------------------------------------------------------------------------------------ */

static void put_styles(struct markdown *m)
{
    buf_add(&m->flow.words, str_of(theme_off(m->flow.theme)));
    buf_add(&m->flow.words, str_of(theme_on(m->flow.theme, m->base)));
    for (size_t i = 0; i < m->n_spans && i < SPANS; i++)
        buf_add(&m->flow.words, str_of(theme_on(m->flow.theme, m->spans[i])));
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

/* ---- blocks ------------------------------------------------------------------------------------ */

static void begin_item(struct markdown *m, const MD_BLOCK_LI_DETAIL *detail)
{
    struct flow_level *level = flow_level(&m->flow);
    char mark[FLOW_MARK] = "• ";

    if (detail->is_task)
        snprintf(mark, sizeof mark, "%s ", detail->task_mark == ' ' ? "☐" : "☑");
    else if (level && level->is_ordered)
        snprintf(mark, sizeof mark, "%u. ", level->number++);
    flow_item(&m->flow, mark);
}

static void begin_list(struct markdown *m, const MD_BLOCK_OL_DETAIL *ordered)
{
    struct flow_level *level;

    flow_end(&m->flow);
    if (m->flow.depth == 0) {
        m->flow.tight = false;
        flow_part(&m->flow);
    }
    level = flow_enter(&m->flow);
    if (level && ordered) {
        level->is_ordered = true;
        level->number = ordered->start;
    }
}

static void begin_quote(struct markdown *m)
{
    struct flow_level *level;

    flow_end(&m->flow);
    if (m->flow.depth == 0) { /* the blank line stands outside, without a bar */
        m->flow.tight = false;
        flow_part(&m->flow);
        m->flow.tight = true;
    }
    level = flow_enter(&m->flow);
    if (level) {
        level->is_quote = true;
        level->indent = 2;
    }
}

static void put_rule(struct markdown *m)
{
    flow_end(&m->flow);
    flow_part(&m->flow);
    flow_prefix(&m->flow);
    theme_put(m->flow.theme, STYLE_DIM, S("────────"), m->flow.out);
    buf_byte(m->flow.out, '\n');
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    struct markdown *m = data;

    switch (type) {
    case MD_BLOCK_QUOTE: begin_quote(m); break;
    case MD_BLOCK_UL: begin_list(m, NULL); break;
    case MD_BLOCK_OL: begin_list(m, detail); break;
    case MD_BLOCK_LI: begin_item(m, detail); break;
    case MD_BLOCK_HR: put_rule(m); break;
    case MD_BLOCK_H:
        flow_end(&m->flow);
        m->base = STYLE_HEADING;
        put_styles(m);
        break;
    case MD_BLOCK_CODE:
    case MD_BLOCK_P:
        flow_end(&m->flow); /* of an item, whose text has no paragraph of its own */
        break;
    case MD_BLOCK_TABLE:
        flow_end(&m->flow);
        table_begin(&m->table, ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count);
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
    case MD_BLOCK_TD: break;
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
        flow_end(&m->flow);
        flow_leave(&m->flow);
        break;
    case MD_BLOCK_CODE: flow_code(&m->flow); break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        table_cell(&m->table, &m->flow);
        m->base = STYLE_PLAIN;
        break;
    case MD_BLOCK_THEAD: table_head(&m->table); break;
    case MD_BLOCK_TABLE: table_end(&m->table, &m->flow); break;
    case MD_BLOCK_LI:
    case MD_BLOCK_P:
    case MD_BLOCK_H:
    case MD_BLOCK_HTML:
        flow_end(&m->flow);
        m->base = STYLE_PLAIN;
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR: break;
    }
    return 0;
}

static const enum style span_styles[] = {
    [MD_SPAN_EM] = STYLE_ITALIC,      [MD_SPAN_STRONG] = STYLE_BOLD,
    [MD_SPAN_A] = STYLE_LINK,         [MD_SPAN_IMG] = STYLE_LINK,
    [MD_SPAN_CODE] = STYLE_CODE,      [MD_SPAN_DEL] = STYLE_STRUCK,
    [MD_SPAN_LATEXMATH] = STYLE_CODE, [MD_SPAN_LATEXMATH_DISPLAY] = STYLE_CODE,
    [MD_SPAN_WIKILINK] = STYLE_LINK,  [MD_SPAN_U] = STYLE_ITALIC,
};

static int enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    struct markdown *m = data;

    (void)detail;
    push_style(m, span_styles[type]);
    m->link_at = m->flow.words.n;
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
    bool is_shown =
        m->flow.words.n - m->link_at >= target.n && str_ends(buf_str(&m->flow.words), target);
    pop_style(m);
    if (target.n && !is_shown) {
        buf_add(&m->flow.words, S(" ("));
        buf_add(&m->flow.words, target);
        buf_byte(&m->flow.words, ')');
    }
    return 0;
}

static void put_entity(struct markdown *m, str text)
{
    static const struct {
        str name, value;
    } entities[] = {
        {S_INIT("&lt;"), S_INIT("<")},   {S_INIT("&gt;"), S_INIT(">")},
        {S_INIT("&amp;"), S_INIT("&")},  {S_INIT("&quot;"), S_INIT("\"")},
        {S_INIT("&nbsp;"), S_INIT(" ")}, {S_INIT("&#39;"), S_INIT("'")},
    };

    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (str_eq(text, entities[i].name))
            text = entities[i].value;
    }
    buf_add(&m->flow.words, text);
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
    struct markdown *m = data;
    str s = str_make(text, size);

    switch (type) {
    case MD_TEXT_NULLCHAR: buf_add(&m->flow.words, S("\xef\xbf\xbd")); break;
    case MD_TEXT_BR: buf_byte(&m->flow.words, '\n'); break;
    case MD_TEXT_SOFTBR: buf_byte(&m->flow.words, ' '); break;
    case MD_TEXT_ENTITY: put_entity(m, s); break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH: buf_add(&m->flow.words, s); break;
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
    struct markdown m = {0};
    struct buf safe;

    buf_init(&safe, BUF_NO_MAX);
    flow_init(&m.flow, theme, columns, out);
    table_init(&m.table);
    utf8_sanitise(&safe, text, false);
    if (safe.n && safe.n <= UINT32_MAX)
        md_parse(safe.p, (MD_SIZE)safe.n, &parser, &m);
    buf_fini(&safe);
    flow_fini(&m.flow);
    table_fini(&m.table);
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
