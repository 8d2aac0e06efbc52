/*
 * policy_fuzz.c - rules and commands of strangers. The first line is a rule, the rest a subject.
 *
 * What must hold whatever they are: nothing crashes; what an allow rule allows, the same rule as a
 * deny rule denies; an allowed command is of plain words; no rule allows a critical removal.
 */
#include "fuzz/fuzz.h"

#include "policy/plain_command.h"
#include "policy/policy.h"
#include "policy/question.h"
#include "tool/tool.h"

enum { INPUT_MAX = 4096 };

static struct policy *policy_of(struct arena *a, str rule, enum rule_list list,
                                enum permission_mode mode)
{
    struct policy *p = arena_new(a, struct policy);

    *p = (struct policy){.mode = mode,
                         .can_ask = true,
                         .sandbox = S("workspace-write"),
                         .folder = S("/w"),
                         .home = S("/home/u")};
    for (int i = 0; i < RULE_LISTS; i++)
        p->rules[i] = arena_array(a, struct rule, 1);
    if (rule_parse(rule, a, &p->rules[list][0], NULL) != REIN_OK)
        return NULL;
    p->rules_n[list] = 1;
    return p;
}

static enum decision decide(struct arena *a, str rule, enum rule_list list,
                            enum permission_mode mode, const struct policy_call *call)
{
    const struct policy *p = policy_of(a, rule, list, mode);
    struct verdict verdict;

    if (!p)
        return DECIDE_ASK;
    policy_decide(p, call, &verdict);
    return verdict.decision;
}

static void check_command(struct arena *a, str rule, str subject)
{
    struct policy_call call = {.tool = S("Bash"),
                               .flags = TOOL_HANDS | TOOL_COMMAND,
                               .subject = subject,
                               .sandboxed = true};
    bool allowed = decide(a, rule, RULES_ALLOW, MODE_DEFAULT, &call) == DECIDE_ALLOW;
    struct scan scan;

    if (allowed) {
        FUZZ_CHECK(command_is_plain(subject));
        scan_command(subject, a, &scan);
        FUZZ_CHECK(!command_is_critical(&scan, a, S("/w"), S("/home/u")));
        FUZZ_CHECK(decide(a, rule, RULES_DENY, MODE_DEFAULT, &call) == DECIDE_DENY);
        FUZZ_CHECK(decide(a, rule, RULES_DENY, MODE_BYPASS, &call) == DECIDE_DENY);
    }
    decide(a, rule, RULES_ASK, MODE_SANDBOX_AUTO, &call);
}

static void check_path(struct arena *a, str rule, str subject)
{
    struct policy_call read = {
        .tool = S("Read"), .flags = TOOL_HANDS | TOOL_READ_ONLY, .subject = subject};
    struct policy_call edit = {
        .tool = S("Edit"), .flags = TOOL_HANDS | TOOL_EDITS, .subject = subject};

    if (decide(a, rule, RULES_ALLOW, MODE_DEFAULT, &edit) == DECIDE_ALLOW)
        FUZZ_CHECK(decide(a, rule, RULES_DENY, MODE_DEFAULT, &edit) == DECIDE_DENY);
    if (decide(a, rule, RULES_DENY, MODE_BYPASS, &read) == DECIDE_DENY)
        FUZZ_CHECK(decide(a, rule, RULES_ASK, MODE_BYPASS, &read) == DECIDE_ASK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str subject = str_make((const char *)bytes, n < INPUT_MAX ? n : INPUT_MAX);
    str rule = str_cut(&subject, '\n');
    struct arena a;

    arena_init(&a);
    check_command(&a, rule, subject);
    check_path(&a, rule, subject);
    arena_fini(&a);
    return 0;
}
