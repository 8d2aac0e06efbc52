/*
 * plain_command.h - what may be allowed by a rule until there is a shell parser: a command of plain
 * words, which every shell reads alike. And the few removals that nothing allows unasked.
 */
#ifndef POLICY_PLAIN_COMMAND_H
#define POLICY_PLAIN_COMMAND_H

#include "policy/scan_command.h"

/* Letters, digits, `_-./=:,+@%` and single blanks between words; not empty. */
bool command_is_plain(str text);

/* The command less what only surrounds it: assignments of a short harmless list (CI=1), and time,
 * nohup, command, builtin, nice and timeout without options of their own. Of plain text. */
str command_core(str text);

/* Whether a plain command is one that only an exact rule may allow: it starts another program from
 * its words, changes the shell, or has an option that runs or writes something. */
bool command_is_risky(str text);

/* Control characters but tab and line feed, invalid UTF-8, and invisible or misleading ones. */
bool command_has_hidden_text(str text);

/* rm or rmdir of /, a top-level folder, the home, the workspace, what is above them, ., .., *. */
bool command_is_critical(const struct scan *scan, struct arena *a, str folder, str home);

#endif
