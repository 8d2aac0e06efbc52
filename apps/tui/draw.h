/*
 * draw.h - single things as lines of text: a call and what came of it, a difference, a list of
 * things to do, a question, the end of a turn. From values to bytes; nothing is remembered.
 */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include "tui/calls.h"
#include "tui/theme.h"

/* The text of a result: its `content`, a string or a list of blocks. */
void draw_content_text(const struct json *content, struct buf *out);

/* "● Read src/a.c … 120 lines" and what belongs below it. `result`: payload of agent.tool_result;
 * `call` may be NULL. */
void draw_result(const struct theme *theme, int columns, const struct call_shown *call,
                 const struct json *result, struct buf *out);

/* "› " and what a person said. */
void draw_prompt(const struct theme *theme, str text, struct buf *out);

/* Hunks with their colours. */
void draw_diff(const struct theme *theme, str hunks, int columns, struct buf *out);

/* [{"content","status"}]: a line each. */
void draw_todos(const struct theme *theme, const struct json *todos, int columns, struct buf *out);

/* The whole question: the complete command or what a file would become, escaped, long blanks as
 * counted markers, and what may be answered. "always" is offered only with the rule that it stores. */
void draw_question(const struct theme *theme, const struct question *question, struct buf *out);

/* One line: how the turn ended, requests, tokens, cost, time. `result` is the turn result. */
void draw_turn_end(const struct theme *theme, const struct json *result, str stop_reason,
                   struct buf *out);

/* "12.3k"; "4.2 s", "3 min 20 s". */
void draw_count(int64_t n, struct buf *out);
void draw_duration(int64_t microseconds, struct buf *out);

#endif
