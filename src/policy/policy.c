/*
 * policy.c - a policy from the JSON that the log recorded, and the simple questions about it. What it
 * decides is decide.c's.
 */
#include "policy/path.h"
#include "policy/question.h"

static const char *const list_names[RULE_LISTS] = {"deny", "ask", "allow"};

static rein_status read_list_name(str name, enum rule_list *out, struct error *err)
{
    for (int i = 0; i < RULE_LISTS; i++)
        if (str_eq(name, str_of(list_names[i]))) {
            *out = (enum rule_list)i;
            return REIN_OK;
        }
    return fail(err, REIN_INVALID, "a permission rule's list is deny, ask or allow, not '%.*s'",
                FS(str_take(name, 60)));
}

static rein_status check_allow(const struct rule *rule, struct error *err)
{
    if (str_find(rule->tool, '*') == SIZE_MAX && str_find(rule->tool, '?') == SIZE_MAX)
        return REIN_OK;
    if (str_starts(rule->tool, S("mcp__")) && str_search(str_skip(rule->tool, 5), S("__")) < 256)
        return REIN_OK;
    return fail(err, REIN_INVALID,
                "allow rule '%.*s': only mcp__server__* may have a '*' in the "
                "tool's name; to allow everything choose --permission-mode",
                FS(rule->text));
}

static rein_status read_rules(const struct json *rules, struct arena *a, struct policy *p,
                              struct error *err)
{
    size_t n = rules ? rules->count : 0;

    for (int i = 0; i < RULE_LISTS; i++)
        p->rules[i] = arena_array(a, struct rule, n);
    json_each (item, rules) {
        enum rule_list list = RULES_DENY;
        struct rule *rule;

        if (read_list_name(json_text(item, "list", S("")), &list, err) != REIN_OK)
            return REIN_INVALID;
        rule = &p->rules[list][p->rules_n[list]++];
        if (rule_parse(arena_str(a, json_text(item, "rule", S(""))), a, rule, err) != REIN_OK)
            return err ? err->status : REIN_INVALID;
        rule->from = arena_str(a, json_text(item, "from", S("")));
        if (list == RULES_ALLOW && check_allow(rule, err) != REIN_OK)
            return REIN_INVALID;
    }
    return REIN_OK;
}

static str read_path(const struct json *object, const char *key, struct arena *a)
{
    str path = json_text(object, key, S(""));

    return path.n ? path_normal(a, S("/"), path) : path;
}

static void read_readable(const struct json *list, struct arena *a, struct policy *p)
{
    p->readable = arena_array(a, str, list ? list->count : 0);
    json_each (item, list)
        if (item->kind == JSON_STRING && str_starts(item->text, S("/")))
            p->readable[p->readable_n++] = path_normal(a, S("/"), item->text);
}

rein_status policy_read(const struct json *object, struct arena *a, struct policy **out,
                        struct error *err)
{
    struct policy *p = arena_new(a, struct policy);

    if (mode_parse(json_text(object, "mode", S("default")), &p->mode, err) != REIN_OK)
        return REIN_INVALID;
    p->can_ask = json_bool(object, "can_ask", false);
    p->sandbox = arena_str(a, json_text(object, "sandbox", S("workspace-write")));
    p->folder = read_path(object, "folder", a);
    p->home = read_path(object, "home", a);
    if (!p->folder.n)
        return fail(err, REIN_INVALID, "the policy names no folder");
    read_readable(json_get(object, "readable"), a, p);
    if (read_rules(json_get(object, "rules"), a, p, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    *out = p;
    return REIN_OK;
}

enum permission_mode policy_mode(const struct policy *policy) { return policy->mode; }

bool policy_hides(const struct policy *policy, str tool)
{
    for (size_t i = 0; i < policy->rules_n[RULES_DENY]; i++) {
        const struct rule *rule = &policy->rules[RULES_DENY][i];
        if (rule->kind == RULE_TOOL && rule_names(rule, RULES_DENY, tool))
            return true;
    }
    return false;
}
