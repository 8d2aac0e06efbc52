/*
 * tty.h - the terminal: is it one, how wide, raw mode and back. Includes only base/, since apps see
 * it too.
 */
#ifndef PLATFORM_TTY_H
#define PLATFORM_TTY_H

#include <stdbool.h>

bool tty_is(int fd);
/* Columns and rows; 80 by 24 where unknown. */
void tty_size(int fd, int *columns, int *rows);
/* Whether to use colour on this descriptor: a terminal, NO_COLOR unset, TERM not "dumb". */
bool tty_has_colour(int fd);
/* Character at a time without echo (signals stay); false when fd is no terminal. tty_restore() also
 * runs at exit. */
bool tty_raw(int fd);
void tty_restore(void);

#endif
