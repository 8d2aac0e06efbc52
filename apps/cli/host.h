/*
 * host.h - what a program around the library does: let things happen while looking at signals and
 * the keyboard, write, and turn errors into words and exit codes.
 */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "cli/cli.h"

enum { EXIT_INTERRUPTED = 130, EXIT_TERMINATED = 143 };

/* SIGINT, SIGTERM and SIGHUP are counted from now on, and end any wait of this header. A third SIGINT
 * that nobody took notice of ends the process at once; the log makes that safe. */
void host_signals(void);
bool host_is_terminated(void);

/* Whether a SIGINT came that this did not tell of yet. */
bool host_was_interrupted(void);

/* Let things happen for one round: at most `milliseconds` (-1: as long as it takes), until a signal,
 * or until `fd` (-1: none) can be read. Returns whether it can. */
bool host_turn(rein *r, int fd, int milliseconds);

/* Run a turn in which nobody is asked to its end. The first SIGINT interrupts it, the second gives
 * up; `tick` (may be NULL) is called some ten times a second. Returns 0, or the exit code of a
 * process that gives up. */
int host_run(rein *r, rein_session *s, void (*tick)(void *data), void *data);

/* What a terminal in its usual mode has for us: a line without its end, NUL-ended, valid until the
 * next call; its end; or nothing (a signal came first). */
enum host_line { LINE_READ, LINE_END, LINE_NOTHING };
enum host_line host_read_line(char **line);

/* Whether a further line is there, or comes within the moment that a paste takes. */
bool host_has_line(void);

/* To standard output, as rein_write_fn; `data` is not looked at. The first failure is told on
 * standard error, but not that a reader like `head` had enough; after it nothing more is written,
 * and host_output_failed(). */
void host_write(void *data, const char *bytes, size_t size);
bool host_output_failed(void);

/* Microseconds of a clock that only goes forward. */
int64_t host_now(void);

/* The words of an error for a person; returns 1. */
int host_fail(const rein_error *err);

#endif
