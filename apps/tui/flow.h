/*
 * flow.h - text that flows: words are collected and set as lines, wrapped, below the bars of quotes
 * and the marks of lists that stand around them.
 */
#ifndef TUI_FLOW_H
#define TUI_FLOW_H

#include "tui/theme.h"

enum { FLOW_LEVELS = 16, FLOW_MARK = 16 };

/* A list or quote that stands around what comes. */
struct flow_level {
    bool is_quote;
    bool is_ordered;
    unsigned number;      /* of the next item */
    char mark[FLOW_MARK]; /* of the item whose first line is not yet out */
    int indent;
};

struct flow {
    const struct theme *theme;
    struct buf *out;
    int columns;
    struct buf words; /* of the block that is being collected, styles among them */
    struct flow_level levels[FLOW_LEVELS];
    size_t depth;
    bool begun; /* something stands above: a blank line parts */
    bool tight; /* inside an item: no blank line */
};

/* In the caller's storage; `out` and `theme` are borrowed until fini. */
void flow_init(struct flow *f, const struct theme *theme, int columns, struct buf *out);
void flow_fini(struct flow *f);

/* Go into a list or quote, begin an item with its mark ("• ", "3. "), and leave again. Deeper than
 * FLOW_LEVELS nothing more is drawn around. */
struct flow_level *flow_enter(struct flow *f);
void flow_item(struct flow *f, const char *mark);
void flow_leave(struct flow *f);

/* The level that is open, or NULL. */
struct flow_level *flow_level(struct flow *f);

/* What stands left of a line; returns its columns. */
int flow_prefix(struct flow *f);

/* A blank line before the next block, where there should be one. */
void flow_part(struct flow *f);

/* The block is over: its words as wrapped lines (nothing when there are none), or as code. */
void flow_end(struct flow *f);
void flow_code(struct flow *f);

void flow_blanks(struct buf *out, int n);

#endif
