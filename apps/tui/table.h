/* table.h - a table's cells, collected row by row and drawn in columns that fit. */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include "tui/flow.h"

enum { TABLE_CELLS = 1024, TABLE_COLUMNS = 32 }; /* what goes beyond is left out */

struct table {
    struct buf cells; /* their text with its styles, one behind the other */
    size_t ends[TABLE_CELLS];
    size_t n, columns, head; /* cells, cells a row, cells of the heading */
};

void table_init(struct table *t);
void table_fini(struct table *t);

/* Begin a table of so many columns; add the words that were collected as a cell; what was added so
 * far is the heading; draw. */
void table_begin(struct table *t, size_t columns);
void table_cell(struct table *t, struct flow *f);
void table_head(struct table *t);
void table_end(struct table *t, struct flow *f);

#endif
