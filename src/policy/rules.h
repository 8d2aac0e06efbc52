/*
 * rules.h - one permission rule: `Tool`, `Tool(*)`, `Bash(npm *)`, `Read(~/notes)`, `mcp__server`.
 * Reading the text, and whether it says something about a call. Which list it stands in, and what
 * that means, is policy.c's.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy/policy.h"

/* The bits of tool/tool.h that a decision looks at, as the log has them. */
enum call_flags {
    CALL_HANDS = 1,
    CALL_READ_ONLY = 2,
    CALL_EDITS = 16,
    CALL_COMMAND_FLAG = 32,
    CALL_FREE = 64
};

enum rule_list { RULES_DENY, RULES_ASK, RULES_ALLOW, RULE_LISTS };

enum rule_kind {
    RULE_TOOL,    /* every call of the tool */
    RULE_COMMAND, /* Bash(pattern): `*` is any run of characters */
    RULE_PATH,    /* Read(pattern), Edit(pattern) and the like: a gitignore pattern */
    RULE_TEXT     /* another tool's subject, `*` as in commands */
};

enum rule_anchor { ANCHOR_ROOT, ANCHOR_HOME, ANCHOR_FOLDER, ANCHOR_ANY };

struct rule {
    str text;    /* as it was written */
    str from;    /* where it was written */
    str tool;    /* its name; in deny and ask rules a glob */
    str pattern; /* what stands in the parentheses, less anchor and ":*" */
    bool prefix; /* the only star is a trailing " *": the bare words match, too */
    enum rule_kind kind;
    enum rule_anchor anchor; /* RULE_PATH */
};

/* Slices point into `text`, but for a pattern that had to be rewritten, which is in `a`. */
rein_status rule_parse(str text, struct arena *a, struct rule *out, struct error *err);

/* Whether the name part speaks of this tool. An allow rule's name is no glob, but for mcp__s__*. */
bool rule_names(const struct rule *rule, enum rule_list list, str tool);

/* RULE_COMMAND and RULE_TEXT against one simple command's words, joined by single blanks. */
bool rule_matches_text(const struct rule *rule, str text);

/* RULE_PATH against a normal absolute path. A folder's match covers what is below it. */
bool rule_matches_path(const struct rule *rule, enum rule_list list, str folder, str home,
                       str path);

/* Whether the family of tools that a path rule speaks of has this call: Read(...) is about all that
 * read, Edit(...) about all that write; a denied read forbids writing, too. */
bool rule_covers_paths_of(const struct rule *rule, enum rule_list list, str tool, unsigned flags);

#endif
