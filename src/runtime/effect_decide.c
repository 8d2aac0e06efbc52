/*
 * effect_decide.c - may this call run? The tool's own check of its arguments, then the verdict that
 * the engine found; recorded, and asked about where somebody answers.
 */
#include <string.h>

#include "runtime/tool_call.h"

static void say_decided(struct session *s, const struct call *call, const char *decision,
                        const char *by, str rule, str reason, str always, str subject)
{
    struct json_writer w;
    struct buf payload;
    struct error err;
    char id[ID_UUID_SIZE];

    id_uuid(call->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "tool_use_id", str_of(id));
    json_put(&w, "decision", str_of(decision));
    json_put(&w, "by", str_of(by));
    json_put(&w, "rule", rule);
    json_put(&w, "reason", reason);
    if (strcmp(decision, "ask") == 0) {
        json_put(&w, "name", call->name);
        json_put(&w, "subject", subject);
        json_put(&w, "always", always);
    }
    json_object_end(&w);
    session_say(s, EV_PERMISSION_DECIDED, call->seq, &payload, &err);
    if (strcmp(decision, "ask") == 0)
        log_want(s->log, log_head(s->log)); /* nobody can answer what he has not seen */
    buf_fini(&payload);
}

rein_status call_decode(const struct tool *tool, str input, struct arena *a, void **args,
                        const struct json **tree, struct error *err)
{
    struct json *parsed;
    struct buf faults;
    rein_status status;

    if (json_parse(input, JSON_DEPTH, a, &parsed, err) != REIN_OK)
        return err->status;
    *tree = parsed;
    *args = arena_alloc(a, tool->args_size);
    buf_init(&faults, 4096);
    status = field_decode(tool->args, parsed, *args, tool->args_size, a, &faults, err);
    buf_fini(&faults);
    if (status == REIN_OK && tool->check)
        status = tool->check(*args, a, err);
    return status;
}

const struct tool *call_tool(const struct call *call)
{
    return call->class ? tool_find(call->class->name) : NULL;
}

bool effect_decide(struct session *s, const struct effect *effect)
{
    static const char *const words[] = {
        [DECIDE_ALLOW] = "allow", [DECIDE_ASK] = "ask", [DECIDE_DENY] = "deny"};
    const struct call *call = &s->turn.calls[effect->call];
    const struct tool *tool = call_tool(call);
    const struct verdict *v = &effect->verdict;
    const struct json *tree;
    struct policy_call asked = {0};
    struct error err;
    void *args;

    if (effect->outcome) {
        say_decided(s, call, "deny", "check", S(""), effect->text, S(""), S(""));
        return true;
    }
    if (!tool) {
        say_decided(s, call, "deny", "check", S(""),
                    arena_printf(&s->scratch, "This build of rein has no tool named '%.*s'.",
                                 FS(call->class->name)),
                    S(""), S(""));
        return true;
    }
    if (call_decode(tool, call->input, &s->scratch, &args, &tree, &err) != REIN_OK) {
        say_decided(s, call, "deny", "check", S(""), str_of(err.text), S(""), S(""));
        return true;
    }
    asked.tool = call->class->name;
    asked.flags = call->class->flags;
    if (tool->subject)
        asked.subject = json_text(tree, tool->subject, S(""));
    say_decided(s, call, words[v->decision], "policy", v->rule, str_of(v->reason),
                v->decision == DECIDE_ASK ? policy_always(s->turn.policy, &asked, &s->scratch)
                                          : S(""),
                asked.subject);
    return true;
}
