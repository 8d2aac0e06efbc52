/*
 * question.c - what a call is about, and which rule matches it. It knows no tool by what it does,
 * only by the flags that the call was recorded with.
 */
#include "policy/question.h"

#include "policy/path.h"
#include "policy/wildcard.h"

static bool is_readable(const struct policy *p, str path)
{
    for (size_t i = 0; i < p->readable_n; i++)
        if (path_is_beneath(p->readable[i], path))
            return true;
    return path_is_beneath(p->folder, path);
}

static enum call_kind kind_of(const struct question *q)
{
    const struct policy *p = q->policy;
    unsigned flags = q->call->flags;

    if (q->is_command)
        return q->call->sandboxed ? CALL_SANDBOXED_COMMAND : CALL_COMMAND;
    if (flags & CALL_EDITS) {
        if (!path_is_beneath(p->folder, q->path))
            return CALL_EDIT_OUTSIDE;
        return path_is_protected(p->folder, q->path) ? CALL_EDIT_PROTECTED : CALL_EDIT_INSIDE;
    }
    if ((flags & CALL_READ_ONLY) && (flags & CALL_HANDS))
        return is_readable(p, q->path) ? CALL_READ_INSIDE : CALL_READ_OUTSIDE;
    return CALL_OTHER;
}

void question_look(struct question *q)
{
    const struct policy_call *call = q->call;

    q->is_command = call->flags & CALL_COMMAND_FLAG;
    if (q->is_command) {
        q->is_unscanned = call->subject.n > COMMAND_SCANNED;
        if (!q->is_unscanned)
            scan_command(call->subject, q->a, &q->scan);
    } else {
        q->path = path_normal(q->a, q->policy->folder, call->subject);
    }
    q->kind = kind_of(q);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static bool word_is_path_of(const struct question *q, const struct rule *rule, enum rule_list list,
                            str word)
{
    return rule_matches_path(rule, list, q->policy->folder, q->policy->home,
                             path_normal(q->a, q->policy->folder, word));
}

static bool matches_scanned(const struct rule *rule, const struct scanned_command *command)
{
    struct rule rest = *rule;

    if (!command->is_git)
        return rule_matches_text(rule, command->text);
    /* Patterns that only begin like "git" match the words before the options were left out. */
    rest.pattern = str_skip(rule->pattern, 4);
    return str_starts(rule->pattern, S("git ")) && rule_matches_text(&rest, command->text);
}

/* Generous: each thing that may be run. Where the first star stands, anything may follow: if the
 * longest tail that begins like the pattern does not match, no tail of it does. So the time is
 * proportional to the text, whatever a stranger writes. */
static bool deny_matches_command(const struct question *q, const struct rule *rule)
{
    size_t star = str_find(rule->pattern, '*');
    str beginnings[2] = {str_take(rule->pattern, star), str_skip(str_take(rule->pattern, star), 4)};
    const char *settled[2] = {NULL, NULL}; /* the end of tails that can't match; of git's ones */

    if (q->is_unscanned || rule_matches_text(rule, q->call->subject))
        return true;
    for (size_t i = 0; i < q->scan.n; i++) {
        const struct scanned_command *command = &q->scan.commands[i];
        str text = command->text;

        if (settled[command->is_git] == text.p + text.n)
            continue;
        if (matches_scanned(rule, command))
            return true;
        if (star != SIZE_MAX && str_starts(text, beginnings[command->is_git]))
            settled[command->is_git] = text.p + text.n;
    }
    return false;
}

/* A denied read holds for the words of a command as far as they can be seen to be that file; a
 * denied edit for what it redirects into. */
static bool deny_matches_words(const struct question *q, const struct rule *rule)
{
    const struct scan *s = &q->scan;

    if (q->is_unscanned)
        return true;
    for (size_t i = 0; i < s->targets_n; i++)
        if (word_is_path_of(q, rule, RULES_DENY, s->targets[i]))
            return true;
    if (!str_eq(rule->tool, S("Read")))
        return false;
    for (size_t i = 0; i < s->words_n; i++) {
        str word = s->words[i], value = str_skip(word, str_find(word, '=') + 1);

        if (word_is_path_of(q, rule, RULES_DENY, word) ||
            (str_find(word, '=') != SIZE_MAX && word_is_path_of(q, rule, RULES_DENY, value)) ||
            (str_starts(word, S("@")) && word_is_path_of(q, rule, RULES_DENY, str_skip(word, 1))))
            return true;
    }
    return false;
}

static bool deny_matches(const struct question *q, const struct rule *rule)
{
    const struct policy_call *call = q->call;

    switch (rule->kind) {
    case RULE_TOOL: return rule_names(rule, RULES_DENY, call->tool);
    case RULE_COMMAND:
        return q->is_command && rule_names(rule, RULES_DENY, call->tool) &&
               deny_matches_command(q, rule);
    case RULE_PATH:
        if (q->is_command)
            return deny_matches_words(q, rule);
        return rule_covers_paths_of(rule, RULES_DENY, call->tool, call->flags) &&
               rule_matches_path(rule, RULES_DENY, q->policy->folder, q->policy->home, q->path);
    case RULE_TEXT:
        return rule_names(rule, RULES_DENY, call->tool) && rule_matches_text(rule, call->subject);
    }
    return true;
}

bool policy_has_command_rules(const struct policy *p)
{
    for (int list = RULES_DENY; list <= RULES_ASK; list++)
        for (size_t i = 0; i < p->rules_n[list]; i++)
            if (p->rules[list][i].kind == RULE_COMMAND)
                return true;
    return false;
}

/* Strict: a command of plain words; by a wildcard only what its words don't make risky. Whoever
 * allowed all of Bash meant these, too, unless there are rules that they would get around. */
static bool allow_matches_command(const struct question *q, const struct rule *rule)
{
    str text = q->call->subject, core;

    if (!command_is_plain(text) || text.n > COMMAND_READABLE)
        return false;
    if (rule->kind == RULE_COMMAND && str_eq(rule->pattern, text))
        return true;
    core = command_core(text);
    if (rule->kind == RULE_TOOL)
        return !command_is_risky(core) || !policy_has_command_rules(q->policy);
    return !command_is_risky(core) && rule_matches_text(rule, core);
}

static bool allow_matches(const struct question *q, const struct rule *rule)
{
    const struct policy_call *call = q->call;

    switch (rule->kind) {
    case RULE_TOOL:
    case RULE_COMMAND:
        if (!rule_names(rule, RULES_ALLOW, call->tool))
            return false;
        return q->is_command ? allow_matches_command(q, rule) : rule->kind == RULE_TOOL;
    case RULE_PATH:
        return rule_covers_paths_of(rule, RULES_ALLOW, call->tool, call->flags) &&
               rule_matches_path(rule, RULES_ALLOW, q->policy->folder, q->policy->home, q->path);
    case RULE_TEXT:
        return rule_names(rule, RULES_ALLOW, call->tool) && rule_matches_text(rule, call->subject);
    }
    return false;
}

const struct rule *question_rule(const struct question *q, enum rule_list list)
{
    const struct policy *p = q->policy;

    for (size_t i = 0; i < p->rules_n[list]; i++) {
        const struct rule *rule = &p->rules[list][i];
        if (list == RULES_ALLOW ? allow_matches(q, rule) : deny_matches(q, rule))
            return rule;
    }
    return NULL;
}

static str escape_glob(struct arena *a, str path)
{
    char *out = arena_alloc(a, path.n * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; i < path.n; i++) {
        if (strchr("*?[]{}\\,", path.p[i]))
            out[n++] = '\\';
        out[n++] = path.p[i];
    }
    return str_make(out, n);
}

str question_path_rule(const struct question *q, const char *tool)
{
    str folder = path_parent(q->path);

    if (folder.n <= 1)
        return arena_printf(q->a, "%s(/%.*s)", tool, FS(escape_glob(q->a, q->path)));
    return arena_printf(q->a, "%s(/%.*s/**)", tool, FS(escape_glob(q->a, folder)));
}

bool policy_forbids(const struct policy *policy, bool writing, str path)
{
    for (int list = RULES_DENY; list <= RULES_ASK; list++)
        for (size_t i = 0; i < policy->rules_n[list]; i++) {
            const struct rule *rule = &policy->rules[list][i];
            bool speaks =
                rule->kind == RULE_PATH && (str_eq(rule->tool, S("Read")) ||
                                            (writing && !word_is_in(rule->tool, "Glob Grep LSP")));
            if (speaks && rule_matches_path(rule, RULES_DENY, policy->folder, policy->home, path))
                return true;
        }
    return false;
}
