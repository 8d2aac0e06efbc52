/*
 * session_rules.c - what a session adds to the policy it began with: who answers questions now, and
 * the rules that a person's "always" made.
 */
#include "policy/path.h"
#include "policy/question.h"

void policy_can_ask(struct policy *policy, bool can_ask) { policy->can_ask = can_ask; }

str policy_sandbox(const struct policy *policy) { return policy->sandbox; }

bool policy_is_sandboxed(const struct policy *policy)
{
    return !str_eq(policy->sandbox, S("danger-full-access"));
}

rein_status policy_add(struct policy *policy, str rule, struct arena *a, struct error *err)
{
    size_t n = policy->rules_n[RULES_ALLOW];
    struct rule *rules = arena_array(a, struct rule, n + 1);
    rein_status status = rule_parse(rule, a, &rules[n], err);

    if (status != REIN_OK)
        return status;
    if (n)
        memcpy(rules, policy->rules[RULES_ALLOW], n * sizeof *rules);
    rules[n].from = S("session");
    policy->rules[RULES_ALLOW] = rules;
    policy->rules_n[RULES_ALLOW] = n + 1;
    return REIN_OK;
}

/* Only what the rule would then really allow is offered: the same words again, edits in the folder. */
str policy_always(const struct policy *policy, const struct policy_call *call, struct arena *a)
{
    struct question q = {.policy = policy, .call = call, .a = a};

    question_look(&q);
    switch (q.kind) {
    case CALL_SANDBOXED_COMMAND:
    case CALL_COMMAND:
        if (!command_is_plain(call->subject) ||
            command_is_critical(&q.scan, a, policy->folder, policy->home))
            return S("");
        return arena_printf(a, "%.*s(%.*s)", FS(call->tool), FS(call->subject));
    case CALL_EDIT_INSIDE: return S("Edit(/**)");
    case CALL_READ_OUTSIDE: return question_path_rule(&q, "Read");
    case CALL_OTHER: return arena_str(a, call->tool);
    case CALL_READ_INSIDE:
    case CALL_EDIT_PROTECTED:
    case CALL_EDIT_OUTSIDE:
    case CALL_KINDS: break;
    }
    return S("");
}
