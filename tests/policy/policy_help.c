/* policy_help.c - see policy_help.h */
#include "policy_help.h"

unsigned flags_of(str tool)
{
    static const struct {
        const char *name;
        unsigned flags;
    } rows[] = {
        {"Read", TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT},
        {"Glob", TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT},
        {"Grep", TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT},
        {"Write", TOOL_HANDS | TOOL_EDITS | TOOL_DESTRUCTIVE},
        {"Edit", TOOL_HANDS | TOOL_EDITS},
        {"Bash", TOOL_HANDS | TOOL_COMMAND | TOOL_DESTRUCTIVE},
        {"TodoWrite", TOOL_READ_ONLY | TOOL_FREE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq(tool, str_of(rows[i].name)))
            return rows[i].flags;
    return 0;
}

static void write_policy(struct buf *out, const char *mode, const char *sandbox, bool can_ask,
                         const char *rules)
{
    struct json_writer w;
    str rest = str_of(rules);

    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "mode", str_of(mode));
    if (sandbox)
        json_put(&w, "sandbox", str_of(sandbox));
    json_put_bool(&w, "can_ask", can_ask);
    json_put(&w, "folder", S("/w"));
    json_put(&w, "home", S("/home/u"));
    json_key(&w, "readable");
    json_array(&w);
    json_string(&w, S("/results/1"));
    json_array_end(&w);
    json_key(&w, "rules");
    json_array(&w);
    while (rest.n) {
        str line = str_cut(&rest, '\n'), list = str_cut(&line, ' ');

        json_object(&w);
        json_put(&w, "list", list);
        json_put(&w, "rule", line);
        json_put(&w, "from", S("test"));
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
}

static rein_status read_policy(struct arena *a, const char *mode, const char *sandbox, bool can_ask,
                               const char *rules, struct policy **out, struct error *err)
{
    struct buf text;
    struct json *tree;
    rein_status status;

    buf_init(&text, BUF_NO_MAX);
    write_policy(&text, mode, sandbox, can_ask, rules);
    assert_ok(json_parse(arena_str(a, buf_str(&text)), JSON_DEPTH, a, &tree, err), *err);
    status = policy_read(tree, a, out, err);
    buf_fini(&text);
    return status;
}

struct policy *policy_make(struct arena *a, const char *mode, const char *sandbox, bool can_ask,
                           const char *rules)
{
    struct policy *policy;
    struct error err;

    assert_ok(read_policy(a, mode, sandbox, can_ask, rules, &policy, &err), err);
    return policy;
}

rein_status policy_try(struct arena *a, const char *mode, const char *rules, struct error *err)
{
    struct policy *policy;

    return read_policy(a, mode, NULL, true, rules, &policy, err);
}

struct verdict decide(const struct policy *policy, const char *tool, const char *subject)
{
    struct policy_call call = {
        .tool = str_of(tool), .flags = flags_of(str_of(tool)), .subject = str_of(subject)};
    struct verdict verdict;

    call.sandboxed = (call.flags & TOOL_COMMAND) && policy_mode(policy) != MODE_FULL_ACCESS;
    policy_decide(policy, &call, &verdict);
    return verdict;
}

char decision_letter(enum decision decision)
{
    return decision == DECIDE_ALLOW ? 'A' : decision == DECIDE_ASK ? 'K' : 'D';
}
