/* policy_help.h - policies and calls in a line, for the tests of this folder. */
#ifndef TESTS_POLICY_HELP_H
#define TESTS_POLICY_HELP_H

#include "test.h"

#include "policy/policy.h"
#include "tool/tool.h"

/* The flags that the built-in tools are recorded with, by name. */
unsigned flags_of(str tool);

/* A policy for the folder /w and the home /home/u. `rules` is "deny Bash(rm *)\nallow Read", a rule a
 * line, or "". */
struct policy *policy_make(struct arena *a, const char *mode, const char *sandbox, bool can_ask,
                           const char *rules);

/* The same, when it must fail. */
rein_status policy_try(struct arena *a, const char *mode, const char *rules, struct error *err);

/* The decision on a call; commands are sandboxed unless the sandbox is danger-full-access. */
struct verdict decide(const struct policy *policy, const char *tool, const char *subject);
char decision_letter(enum decision decision); /* A, K (ask), D */

#endif
