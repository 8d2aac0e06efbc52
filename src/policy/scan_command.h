/*
 * scan_command.h - every simple command that a shell text may run, and more: for deny and ask rules,
 * which must not miss one. Over-approximates; never to be used to allow.
 *
 * The text is read three times: with quotes as the shell has them; with quotes, commas and braces
 * gone; and, where something takes a text to run it, with quotes as borders. So a quoted script is
 * seen, and a commit message that begins with the name of a command is none.
 */
#ifndef POLICY_SCAN_COMMAND_H
#define POLICY_SCAN_COMMAND_H

#include "base/arena.h"

/* The tails of one command follow each other, longest first, and end at the same byte; so that a
 * test which holds for a tail whenever it holds for a tail of it need only look at the first. */
struct scanned_command {
    str text;    /* words without quotes, one blank between each */
    bool is_git; /* the text stands behind "git " and its options */
};

struct scan {
    struct scanned_command *commands;
    size_t n;
    str *words; /* each word and read redirection: what may name a file that is read */
    size_t words_n;
    str *targets; /* targets of output redirections */
    size_t targets_n;
    bool runs_text;   /* something in it runs what its words say (sh -c, eval, env, xargs, ...) */
    bool is_computed; /* a command word comes from a variable, glob or substitution */
    /* how much room the arrays have */
    size_t room, words_room, targets_room;
};

/* All in the arena. */
void scan_command(str text, struct arena *a, struct scan *out);

#endif
