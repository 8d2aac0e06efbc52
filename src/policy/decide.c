/*
 * decide.c - the decision on one call: deny rules, what is possible, the mode's bounds, what is
 * always asked about, ask rules, allow rules, the mode's default; the first that speaks decides. An
 * ask that nobody can answer becomes a denial which names the flag that would have allowed the call.
 */
#include <stdarg.h>
#include <stdio.h>

#include "policy/path.h"
#include "policy/question.h"
#include "policy/wildcard.h"

__attribute__((format(printf, 3, 4))) static void set(struct verdict *v, enum decision decision,
                                                      const char *format, ...)
{
    va_list args;

    v->decision = decision;
    va_start(args, format);
    vsnprintf(v->reason, sizeof v->reason, format, args);
    va_end(args);
}

static void set_by_rule(struct verdict *v, enum decision decision, const struct rule *rule)
{
    static const char *const words[] = {
        [DECIDE_ALLOW] = "allowed", [DECIDE_ASK] = "to be asked about", [DECIDE_DENY] = "denied"};

    v->rule = rule->text;
    set(v, decision, "%s by the rule %.*s%s%.*s", words[decision], FS(str_take(rule->text, 100)),
        rule->from.n ? " of " : "", FS(str_take(rule->from, 40)));
}

/* What no answer could make possible: the sandbox would refuse it. True when it decided. */
static bool decide_possible(const struct question *q, struct verdict *v)
{
    const struct policy *p = q->policy;

    if (!(q->call->flags & CALL_EDITS) || str_eq(p->sandbox, S("danger-full-access")))
        return false;
    if (str_eq(p->sandbox, S("read-only"))) {
        set(v, DECIDE_DENY,
            "the sandbox is read-only, so nothing can be written; the user may "
            "start rein with --sandbox workspace-write");
        return true;
    }
    if (q->kind != CALL_EDIT_OUTSIDE)
        return false;
    set(v, DECIDE_DENY,
        "%.*s is outside of the workspace %.*s, where the sandbox lets nothing be "
        "written; work inside of it",
        FS(str_take(q->path, 80)), FS(str_take(p->folder, 60)));
    return true;
}

static bool decide_bounds(const struct question *q, struct verdict *v)
{
    enum permission_mode mode = q->policy->mode;

    if (mode_decides(mode, q->kind) != DECIDE_DENY)
        return false;
    set(v, DECIDE_DENY, "mode %s only reads, and this call may change something%s", mode_name(mode),
        mode == MODE_PLAN ? "; say what you would change instead" : "");
    return true;
}

/* Why a command is asked about whatever allow rules and mode say; or NULL. */
static const char *command_doubt(const struct question *q)
{
    const struct policy *p = q->policy;
    str text = q->call->subject;
    bool unasked = mode_decides(p->mode, CALL_COMMAND) == DECIDE_ALLOW;

    if (!q->is_command)
        return NULL;
    if (q->is_unscanned)
        return "the command is too long to be looked through";
    if (command_is_critical(&q->scan, q->a, p->folder, p->home))
        return "it removes a folder that everything depends on";
    if (q->scan.is_computed && policy_has_command_rules(p))
        return "the name of what it runs is computed, so that deny and ask rules can't see it";
    if (!unasked && text.n > COMMAND_READABLE)
        return "the command has more than 10,000 characters";
    if (!unasked && command_has_hidden_text(text))
        return "the command has control or invisible characters";
    return NULL;
}

static const char *why_asked(const struct question *q)
{
    static const char *const whys[CALL_KINDS] = {
        [CALL_READ_INSIDE] = "it reads a file",
        [CALL_READ_OUTSIDE] = "it reads outside of the workspace",
        [CALL_EDIT_INSIDE] = "it changes a file",
        [CALL_EDIT_PROTECTED] = "it changes a file that is run, trusted or obeyed later",
        [CALL_EDIT_OUTSIDE] = "it changes a file outside of the workspace",
        [CALL_SANDBOXED_COMMAND] = "it runs a command",
        [CALL_COMMAND] = "it runs a command without a sandbox",
        [CALL_OTHER] = "no rule allows it",
    };

    return whys[q->kind];
}

/* The rules, the names and the mode's default. `*final` is set when no flag would allow it. */
static void decide_open(const struct question *q, struct verdict *v, bool *final)
{
    enum permission_mode mode = q->policy->mode;
    enum decision otherwise = mode_decides(mode, q->kind);
    const char *doubt = command_doubt(q);
    const struct rule *rule;

    *final = true;
    if ((rule = question_rule(q, RULES_ASK))) {
        set_by_rule(v, DECIDE_ASK, rule);
        return;
    }
    if (doubt) {
        set(v, DECIDE_ASK, "%s", doubt);
        return;
    }
    *final = false;
    if ((q->call->flags & CALL_FREE)) {
        set(v, DECIDE_ALLOW, "it touches nothing outside of the session");
    } else if (otherwise == DECIDE_ALLOW) {
        set(v, DECIDE_ALLOW, "mode %s allows it", mode_name(mode));
    } else if (q->kind != CALL_EDIT_PROTECTED && (rule = question_rule(q, RULES_ALLOW))) {
        set_by_rule(v, DECIDE_ALLOW, rule);
    } else {
        set(v, DECIDE_ASK, "%s%s", why_asked(q),
            mode == MODE_AUTO ? " (mode auto has no classifier yet and asks like default)" : "");
    }
}

/* ---- where nobody answers -------------------------------------------------------------------- */

/* The flag that would have allowed it. */
static str hint(const struct question *q)
{
    str subject = q->call->subject, core;

    switch (q->kind) {
    case CALL_READ_INSIDE:
    case CALL_READ_OUTSIDE:
        return arena_printf(q->a, "--allowedTools \"%.*s\"", FS(question_path_rule(q, "Read")));
    case CALL_EDIT_INSIDE: return S("--permission-mode acceptEdits");
    case CALL_EDIT_PROTECTED: return S("--permission-mode bypassPermissions");
    case CALL_EDIT_OUTSIDE:
        return arena_printf(q->a, "--allowedTools \"%.*s\"", FS(question_path_rule(q, "Edit")));
    case CALL_SANDBOXED_COMMAND:
    case CALL_COMMAND:
        if (!command_is_plain(subject))
            return q->kind == CALL_COMMAND
                       ? S("--permission-mode bypassPermissions")
                       : S("--permission-mode workspace-write (a rule counts only for a command of "
                           "plain words)");
        core = command_core(subject);
        if (command_is_risky(core))
            return arena_printf(q->a, "--allowedTools \"Bash(%.*s)\"", FS(str_take(subject, 80)));
        return arena_printf(q->a, "--allowedTools \"Bash(%.*s *)\"",
                            FS(str_take(core, str_find(str_take(core, 80), ' '))));
    case CALL_OTHER:
    case CALL_KINDS: break;
    }
    return arena_printf(q->a, "--allowedTools \"%.*s\"", FS(str_take(q->call->tool, 100)));
}

static void deny_unanswered(const struct question *q, struct verdict *v, bool final)
{
    char why[sizeof v->reason];
    bool dont_ask = q->policy->mode == MODE_DONT_ASK;

    memcpy(why, v->reason, sizeof why);
    if (final)
        set(v, DECIDE_DENY, "%.150s; %s", why,
            dont_ask ? "mode dontAsk denies what it would ask" : "nobody is there to be asked");
    else
        set(v, DECIDE_DENY, "%.90s; %s. Allowed by %.*s", why,
            dont_ask ? "mode dontAsk denies that" : "nobody can be asked",
            FS(str_take(hint(q), 120)));
}

void policy_decide(const struct policy *policy, const struct policy_call *call, struct verdict *out)
{
    struct arena scratch;
    struct question q = {.policy = policy, .call = call, .a = &scratch};
    const struct rule *rule;
    bool final;

    memset(out, 0, sizeof *out);
    arena_init(&scratch);
    question_look(&q);
    if ((rule = question_rule(&q, RULES_DENY))) {
        set_by_rule(out, DECIDE_DENY, rule);
    } else if ((call->flags & CALL_FREE) ||
               (!decide_possible(&q, out) && !decide_bounds(&q, out))) {
        decide_open(&q, out, &final);
        if (out->decision == DECIDE_ASK && (policy->mode == MODE_DONT_ASK || !policy->can_ask))
            deny_unanswered(&q, out, final);
    }
    arena_fini(&scratch);
}
