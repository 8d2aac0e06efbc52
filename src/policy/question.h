/*
 * question.h - a policy as it was read, and one call with what was found out about it: what decide.c
 * asks of rules and modes.
 */
#ifndef POLICY_QUESTION_H
#define POLICY_QUESTION_H

#include "policy/modes.h"
#include "policy/plain_command.h"
#include "policy/rules.h"

struct policy {
    enum permission_mode mode;
    bool can_ask;
    str sandbox, folder, home;
    str *readable; /* folders outside of the workspace that are read like it */
    size_t readable_n;
    struct rule *rules[RULE_LISTS];
    size_t rules_n[RULE_LISTS];
};

enum {
    COMMAND_READABLE = 10000, /* longer ones no person reads: they are asked about */
    COMMAND_SCANNED = 1 << 17 /* longer ones are not held against rules: these count as broken */
};

struct question {
    const struct policy *policy;
    const struct policy_call *call;
    struct arena *a;
    enum call_kind kind;
    str path;         /* normal; of what is about files */
    struct scan scan; /* of a command; empty when it was too long for that */
    bool is_command, is_unscanned;
};

/* Fill in what policy, call and arena say. */
void question_look(struct question *q);

/* The first rule of the list that matches: deny and ask generously, allow strictly; or NULL. */
const struct rule *question_rule(const struct question *q, enum rule_list list);

/* A rule Tool(pattern) for the folder that the call's path is in, or for the path alone when that
 * folder is the root of everything. */
str question_path_rule(const struct question *q, const char *tool);

/* Whether deny or ask has rules on commands. */
bool policy_has_command_rules(const struct policy *policy);

#endif
