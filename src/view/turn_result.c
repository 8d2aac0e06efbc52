/*
 * turn_result.c - how a turn went: requests, usage, cost, tools, commands, denials (S013), and what
 * the session cost so far.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "view/view.h"

static void begin(struct result_view *v, const struct entry *entry)
{
    map_fini(&v->calls);
    map_init(&v->calls);
    arena_reset(&v->turn);
    v->usage = (struct usage){0};
    v->cost = 0;
    v->requests = v->api_us = v->error_status = 0;
    v->text = v->error_type = v->error_message = (str){0};
    v->n_denials = v->n_tools = v->n_commands = 0;
    v->started_at = entry->ev->at;
}

void result_fini(struct result_view *v)
{
    map_fini(&v->calls);
    free(v->denials);
    free(v->tools);
    free(v->commands);
    arena_fini(&v->turn);
}

static void on_message(struct result_view *v, const struct entry *entry)
{
    json_each (part, json_get(entry->body, "content"))
        v->text = arena_str(&v->turn, json_text(part, "text", S("")));
}

static void on_tool_use(struct result_view *v, const struct entry *entry)
{
    struct denial *d = arena_new(&v->turn, struct denial);
    const struct json *input = json_get(entry->body, "input");
    char id[ID_UUID_SIZE];

    d->tool = arena_str(&v->turn, json_text(entry->body, "name", S("")));
    d->call_id = arena_str(&v->turn, json_text(entry->body, "call", S("")));
    d->input = arena_str(&v->turn, input ? input->source : S("{}"));
    d->command = arena_str(&v->turn, json_text(input, "command", S("")));
    id_uuid(entry->ev->id, id);
    map_set(&v->calls, str_of(id), d);
}

/* A command counts once it ran, not when it was wished for. */
static void on_tool_started(struct result_view *v, const struct entry *entry)
{
    const struct denial *d = map_get(&v->calls, json_text(entry->body, "tool_use_id", S("")));

    if (!d || !d->command.n)
        return;
    v->commands = grown(v->commands, v->n_commands, &v->room_commands, sizeof *v->commands);
    v->commands[v->n_commands++] = d->command;
}

static void count_tool(struct result_view *v, str name)
{
    for (size_t i = 0; i < v->n_tools; i++)
        if (str_eq(v->tools[i].name, name)) {
            v->tools[i].n++;
            return;
        }
    v->tools = grown(v->tools, v->n_tools, &v->room_tools, sizeof *v->tools);
    v->tools[v->n_tools++] = (struct tool_count){arena_str(&v->turn, name), 1};
}

static void on_tool_result(struct result_view *v, const struct entry *entry)
{
    str outcome = json_text(entry->body, "outcome", S(""));
    struct denial *d = map_get(&v->calls, json_text(entry->body, "tool_use_id", S("")));

    if (!d)
        return;
    count_tool(v, d->tool);
    if (!str_eq(outcome, S("denied")))
        return;
    v->denials = grown(v->denials, v->n_denials, &v->room_denials, sizeof *v->denials);
    v->denials[v->n_denials++] = *d;
    v->denials[v->n_denials - 1].reason =
        arena_str(&v->turn, json_text(entry->body, "reason", S("")));
}

static void on_request_end(struct result_view *v, const struct entry *entry)
{
    const struct json *error = json_get(entry->body, "error");
    struct usage usage;

    usage_read(json_get(entry->body, "model_usage"), &usage);
    usage_add(&v->usage, &usage);
    usage_add(&v->total, &usage);
    v->cost += json_real(entry->body, "cost_usd", 0);
    v->total_cost += json_real(entry->body, "cost_usd", 0);
    v->api_us += json_int(entry->body, "duration_us", 0);
    v->requests++;
    v->error_type = arena_str(&v->turn, json_text(error, "type", S("")));
    v->error_message = arena_str(&v->turn, json_text(error, "message", S("")));
    v->error_status = json_int(error, "status", 0);
}

typedef void fold_fn(struct result_view *v, const struct entry *entry);

static fold_fn *const folds[EV_COUNT + 1] = {
    [EV_SESSION_STATUS_RUNNING] = begin,     [EV_AGENT_MESSAGE] = on_message,
    [EV_AGENT_TOOL_USE] = on_tool_use,       [EV_TOOL_STARTED] = on_tool_started,
    [EV_AGENT_TOOL_RESULT] = on_tool_result, [EV_MODEL_REQUEST_END] = on_request_end,
};

void result_apply(struct result_view *v, const struct entry *entry)
{
    if (folds[entry->ev->type])
        folds[entry->ev->type](v, entry);
}

static void write_lists(const struct result_view *v, struct json_writer *w)
{
    json_key(w, "permission_denials");
    json_array(w);
    for (size_t i = 0; i < v->n_denials; i++) {
        json_object(w);
        json_put(w, "tool_name", v->denials[i].tool);
        json_put(w, "tool_use_id", v->denials[i].call_id);
        json_put_raw(w, "tool_input", v->denials[i].input);
        json_put(w, "reason", v->denials[i].reason);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "tools");
    json_object(w);
    for (size_t i = 0; i < v->n_tools; i++) {
        json_key_str(w, v->tools[i].name);
        json_integer(w, v->tools[i].n);
    }
    json_object_end(w);
    json_key(w, "commands");
    json_array(w);
    for (size_t i = 0; i < v->n_commands; i++)
        json_string(w, v->commands[i]);
    json_array_end(w);
}

static void write_money(struct json_writer *w, const char *key, double usd)
{
    char text[32];

    snprintf(text, sizeof text, "%.6f", usd);
    json_put_raw(w, key, str_of(text));
}

void views_turn_result(const struct views *views, const char *stop_reason, const char *terminal,
                       bool is_error, int64_t duration_us, struct json_writer *w)
{
    const struct result_view *v = &views->result;
    bool at_limit = strcmp(terminal, "max_turns") == 0;

    json_object(w);
    json_put(w, "stop_reason", str_of(stop_reason));
    json_put(w, "terminal_reason", str_of(terminal));
    json_put_bool(w, "is_error", is_error);
    json_put(w, "text", v->text);
    /* As published: a turn that the limit stopped counts the round that it was not given. */
    json_put_int(w, "num_turns", v->requests + at_limit);
    json_put_int(w, "requests", v->requests);
    json_key(w, "usage");
    usage_write(&v->usage, w);
    write_money(w, "cost_usd", v->cost);
    write_money(w, "total_cost_usd", v->total_cost);
    json_put_int(w, "duration_us", duration_us);
    json_put_int(w, "duration_api_us", v->api_us);
    write_lists(v, w);
    if (v->error_type.n) {
        json_key(w, "error");
        json_object(w);
        json_put(w, "type", v->error_type);
        json_put(w, "message", v->error_message);
        json_object_end(w);
        json_put_int(w, "api_error_status", v->error_status);
    }
    json_object_end(w);
}
