/* message.c - names of stop reasons, and usage as JSON in the published field names. */
#include "event/message.h"

static const char *const stop_names[] = {
    [STOP_NONE] = "none",
    [STOP_DONE] = "end_turn",
    [STOP_TOOLS] = "tool_use",
    [STOP_LENGTH] = "max_tokens",
    [STOP_WINDOW] = "model_context_window_exceeded",
    [STOP_PAUSE] = "pause_turn",
    [STOP_REFUSED] = "refusal",
};

const char *stop_reason_name(enum stop_reason reason) { return stop_names[reason]; }

enum stop_reason stop_reason_of(str name)
{
    for (unsigned i = 0; i < sizeof stop_names / sizeof *stop_names; i++)
        if (str_eq(str_of(stop_names[i]), name))
            return (enum stop_reason)i;
    return STOP_DONE;
}

double usage_cost(const struct prices *prices, const struct usage *usage)
{
    int64_t read = usage->input + usage->cache_read + usage->cache_write_5m + usage->cache_write_1h;
    bool dearer = prices->tier_factor > 0 && read > prices->tier_above;

    return (dearer ? prices->tier_factor : 1) *
           ((double)usage->input * prices->input + (double)usage->output * prices->output +
            (double)usage->cache_read * prices->cache_read +
            (double)usage->cache_write_5m * prices->cache_write_5m +
            (double)usage->cache_write_1h * prices->cache_write_1h) /
           1e6;
}

void usage_add(struct usage *a, const struct usage *b)
{
    a->input += b->input;
    a->output += b->output;
    a->cache_read += b->cache_read;
    a->cache_write_5m += b->cache_write_5m;
    a->cache_write_1h += b->cache_write_1h;
    a->thinking += b->thinking;
    a->web_searches += b->web_searches;
}

void usage_write(const struct usage *u, struct json_writer *w)
{
    json_object(w);
    json_put_int(w, "input_tokens", u->input);
    json_put_int(w, "output_tokens", u->output);
    json_put_int(w, "cache_creation_input_tokens", u->cache_write_5m + u->cache_write_1h);
    json_put_int(w, "cache_read_input_tokens", u->cache_read);
    json_key(w, "cache_creation");
    json_object(w);
    json_put_int(w, "ephemeral_5m_input_tokens", u->cache_write_5m);
    json_put_int(w, "ephemeral_1h_input_tokens", u->cache_write_1h);
    json_object_end(w);
    json_key(w, "output_tokens_details");
    json_object(w);
    json_put_int(w, "thinking_tokens", u->thinking);
    json_object_end(w);
    json_key(w, "server_tool_use");
    json_object(w);
    json_put_int(w, "web_search_requests", u->web_searches);
    json_object_end(w);
    json_object_end(w);
}

void usage_read(const struct json *object, struct usage *out)
{
    const struct json *creation = json_get(object, "cache_creation");
    int64_t written = json_int(object, "cache_creation_input_tokens", 0);

    *out = (struct usage){
        .input = json_int(object, "input_tokens", 0),
        .output = json_int(object, "output_tokens", 0),
        .cache_read = json_int(object, "cache_read_input_tokens", 0),
        .cache_write_1h = json_int(creation, "ephemeral_1h_input_tokens", 0),
        .thinking = json_int(json_get(object, "output_tokens_details"), "thinking_tokens", 0),
        .web_searches = json_int(json_get(object, "server_tool_use"), "web_search_requests", 0),
    };
    /* Without the split, all of it counts at the five-minute rate. */
    out->cache_write_5m =
        json_int(creation, "ephemeral_5m_input_tokens", written - out->cache_write_1h);
}
