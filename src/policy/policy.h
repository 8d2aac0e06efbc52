/*
 * policy.h - may this call run? Text in, decision out; pure, so that a replay decides the same.
 *
 * Two axes. What is asked: the permission mode and rules (deny, then ask, then allow, then the
 * mode's default; the first list with a match decides). What is possible: the sandbox, which the
 * kernel enforces and of which this folder only knows the level. Failing closed is the rule: what is
 * not understood with certainty is asked.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* Rows of policy/modes.def; the published names and, as presets of both axes, the sandbox's. */
enum permission_mode {
    MODE_DEFAULT,
    MODE_ACCEPT_EDITS,
    MODE_PLAN,
    MODE_AUTO,
    MODE_DONT_ASK,
    MODE_BYPASS,
    MODE_READ_ONLY,    /* preset: reads only, nothing asked */
    MODE_SANDBOX_AUTO, /* preset workspace-write: what the sandbox holds is not asked */
    MODE_FULL_ACCESS   /* preset: no sandbox, nothing asked */
};
/* By name or alias ("manual"); false with the nearest in err. */
rein_status mode_parse(str name, enum permission_mode *out, struct error *err);
const char *mode_name(enum permission_mode mode);
/* The sandbox that a preset brings ("read-only", ...), or NULL. */
const char *mode_sandbox(enum permission_mode mode);

enum decision { DECIDE_ALLOW, DECIDE_ASK, DECIDE_DENY };

/* Recorded at the session's start as JSON; another build reads the same. */
struct policy;

/* {"mode":"default","sandbox":"workspace-write","can_ask":true,"folder":"/w","home":"/home/u",
 *  "readable":["/home/u/.local/share/rein/results/ID"],
 *  "rules":[{"list":"deny|ask|allow","rule":"Bash(npm test)","from":"--allowedTools"}]}. What is
 * below a readable folder is read like the workspace (spilled results). Lives in the arena.
 * REIN_INVALID names the rule that can't be read. */
rein_status policy_read(const struct json *object, struct arena *a, struct policy **out,
                        struct error *err);

/* One rule's text, for options: REIN_INVALID says what is wrong with it. */
rein_status rule_check(str rule, struct error *err);

/* A list as the command line gives it, "Bash(git log *), Read Edit(src)" with commas or blanks
 * outside parentheses: calls fn for each. */
void rule_split(str list, void (*fn)(void *data, str rule), void *data);

struct policy_call {
    str tool;       /* its name now, not an alias */
    unsigned flags; /* enum tool_flags as recorded (numbers of tool/tool.h) */
    str subject;    /* path or command */
    bool sandboxed; /* a command that runs behind the sandbox */
};
struct verdict {
    enum decision decision;
    str rule;         /* the rule that decided, or empty */
    char reason[256]; /* for the model and people: why, and what would allow it */
};

/* Decide. An ask where nobody can answer is a denial that says so. */
void policy_decide(const struct policy *policy, const struct policy_call *call,
                   struct verdict *out);

/* Another process goes on with the session: whether somebody there answers questions. */
void policy_can_ask(struct policy *policy, bool can_ask);

/* Add an allow rule of the session itself: what a person answered "always" to. `always` is the rule
 * that such an answer makes for this call, shown verbatim beside the question ("Edit", "Bash(make
 * test)"); empty when none can be offered. */
rein_status policy_add(struct policy *policy, str rule, struct arena *a, struct error *err);
str policy_always(const struct policy *policy, const struct policy_call *call, struct arena *a);

/* Whether a deny rule takes the whole tool away: it is not offered to the model. */
bool policy_hides(const struct policy *policy, str tool);

/* Whether a deny or ask rule speaks against reading this file, or with `writing` against writing
 * it. For tools, which alone see where a link leads: `path` is absolute, normal and resolved. */
bool policy_forbids(const struct policy *policy, bool writing, str path);

enum permission_mode policy_mode(const struct policy *policy);

/* The sandbox's level as recorded: "workspace-write". */
str policy_sandbox(const struct policy *policy);

/* Whether commands run behind the sandbox (any level but danger-full-access). */
bool policy_is_sandboxed(const struct policy *policy);

#endif
