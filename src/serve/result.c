/*
 * result.c - the published result object: how a turn ended, in the words of the headless interface.
 * Costs and the shares of models are cumulative since the door was opened, as published; the rest is
 * of the turn.
 */
#include "serve/course.h"

/* How the idle event's stop reason is called there. An API error is a "success" with is_error. */
static const struct {
    str end, subtype, error;
} subtypes[] = {
    {S_INIT("max_turns"), S_INIT("error_max_turns"), S_INIT("Reached the maximum number of turns")},
    {S_INIT("budget_reached"), S_INIT("error_max_budget_usd"), S_INIT("Reached the budget")},
    {S_INIT("interrupted"), S_INIT("error_during_execution"), S_INIT("Interrupted")},
};

static void put_usage(struct json_writer *w, const struct json *usage)
{
    static const struct usage none;

    json_key(w, "usage");
    if (usage)
        json_raw(w, usage->source);
    else
        usage_write(&none, w);
}

static void put_shares(struct json_writer *w, const struct course *c)
{
    json_key(w, "modelUsage");
    json_object(w);
    map_each (entry, &c->shares) {
        const struct model_share *share = entry->value;
        const struct usage *u = &share->usage;
        json_key_str(w, entry->key);
        json_object(w);
        json_put_int(w, "inputTokens", u->input);
        json_put_int(w, "outputTokens", u->output);
        json_put_int(w, "cacheReadInputTokens", u->cache_read);
        json_put_int(w, "cacheCreationInputTokens", u->cache_write_5m + u->cache_write_1h);
        json_put_int(w, "webSearchRequests", u->web_searches);
        json_key(w, "costUSD");
        json_number(w, share->cost);
        json_object_end(w);
    }
    json_object_end(w);
}

static double total_cost(const struct course *c)
{
    double cost = 0;

    map_each (entry, &c->shares)
        cost += ((const struct model_share *)entry->value)->cost;
    return cost;
}

static void put_denials(struct json_writer *w, const struct course *c)
{
    json_key(w, "permission_denials");
    json_array(w);
    json_each (denial, json_get(c->result, "permission_denials")) {
        const struct json *input = json_get(denial, "tool_input");
        json_object(w);
        json_put(w, "tool_name", json_text(denial, "tool_name", S("")));
        json_put(w, "tool_use_id", course_call(c, json_text(denial, "tool_use_id", S(""))));
        json_put_raw(w, "tool_input", input ? input->source : S("{}"));
        json_object_end(w);
    }
    json_array_end(w);
}

static str error_text(const struct course *c, str usual)
{
    const struct json *error = json_get(c->result, "error");

    if (c->error_message.n)
        return c->error_message;
    if (error && error->kind == JSON_STRING && error->text.n)
        return error->text;
    return json_text(error, "message", usual);
}

/* A text, or the errors instead of it. */
static void put_outcome(struct json_writer *w, const struct course *c)
{
    str text = json_text(c->result, "text", S(""));

    str end = c->ended ? c->end : S("interrupted");

    for (size_t i = 0; i < sizeof subtypes / sizeof subtypes[0]; i++) {
        if (!str_eq(end, subtypes[i].end))
            continue;
        json_put(w, "subtype", subtypes[i].subtype);
        json_put_bool(w, "is_error", true);
        json_key(w, "errors");
        json_array(w);
        json_string(w, error_text(c, subtypes[i].error));
        json_array_end(w);
        return;
    }
    json_put(w, "subtype", S("success"));
    json_put_bool(w, "is_error", course_is_error(c));
    json_put(w, "result", course_is_error(c) ? error_text(c, text) : text);
}

static void put_text_or_null(struct json_writer *w, const char *key, str text)
{
    json_key(w, key);
    if (text.n)
        json_string(w, text);
    else
        json_null(w);
}

void course_result(struct course *c, struct buf *out)
{
    const struct json *status = json_get(c->result, "api_error_status");
    struct json_writer w;
    char uuid[ID_UUID_SIZE];

    course_uuid(c, uuid);
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "type", S("result"));
    put_outcome(&w, c);
    json_put_int(&w, "duration_ms", json_int(c->result, "duration_us", 0) / 1000);
    json_put_int(&w, "duration_api_ms", json_int(c->result, "duration_api_us", 0) / 1000);
    json_put_int(&w, "num_turns", json_int(c->result, "num_turns", 0));
    put_text_or_null(&w, "stop_reason", c->stop);
    json_put(&w, "session_id", c->session);
    json_key(&w, "total_cost_usd");
    json_number(&w, total_cost(c));
    put_usage(&w, json_get(c->result, "usage"));
    put_shares(&w, c);
    put_denials(&w, c);
    json_put(&w, "terminal_reason", json_text(c->result, "terminal_reason", S("api_error")));
    if (status && status->kind == JSON_NUMBER)
        json_put_raw(&w, "api_error_status", status->source);
    json_put(&w, "uuid", str_of(uuid));
    json_object_end(&w);
}
