/*
 * render.h - a session's events as a person sees them, from top to bottom: text as it is written,
 * calls folded to a line, differences, lists, the end of the turn; and one status line below while
 * the agent works.
 *
 * A fold from events and clock readings to bytes. It does not know the session, the clock or the
 * terminal: the host tells it the time and what the terminal can do.
 */
#ifndef TUI_RENDER_H
#define TUI_RENDER_H

#include <rein.h>

#include "tui/calls.h"
#include "tui/theme.h"

struct render;

struct render_options {
    bool colour;
    bool live; /* a terminal: text appears while it is written, the status line moves */
    int columns;
    const char *folder; /* paths below it are shown from it */
};

struct render *render_new(const struct render_options *options, rein_write_fn *write, void *data);
void render_free(struct render *r);

void render_event(struct render *r, const rein_event *event);

/* Draw the status line anew; `now` in microseconds. Call some ten times a second. */
void render_tick(struct render *r, int64_t now);

/* Take the status line away, for others who write to the terminal. */
void render_clear(struct render *r);

/* The terminal became this wide. */
void render_columns(struct render *r, int columns);

/* The oldest open question, or NULL. */
const struct question *render_question(const struct render *r);

const struct theme *render_theme(const struct render *r);

#endif
