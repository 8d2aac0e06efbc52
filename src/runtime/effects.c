/*
 * effects.c - the small effects, which only record: inputs that join, a request that died with its
 * process, an answer without a run, the end of a turn. The large ones have a file each.
 */
#include "runtime/session.h"

#include <stdio.h>

#include "platform/clock.h"

static effect_fn *const starts[] = {
#define EFFECT(kind, fn) [EFFECT_##kind] = fn,
#include "runtime/effects.def"
#undef EFFECT
};

bool effect_start(struct session *s, const struct effect *effect)
{
    return starts[effect->kind](s, effect);
}

static void say(struct session *s, enum event_type type, uint64_t cause, struct buf *payload)
{
    struct error err;

    if (session_say(s, type, cause, payload, &err) != REIN_OK)
        session_fail(s, &err);
    buf_clear(payload);
}

bool effect_take(struct session *s, const struct effect *effect)
{
    struct buf payload;
    struct json_writer w;
    bool begins = !s->turn.running;

    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_key(&w, "inputs");
    json_array(&w);
    for (size_t i = 0; i < s->turn.n_inputs; i++)
        if (turn_joins(&s->turn, i))
            json_integer(&w, (int64_t)s->turn.inputs[i].seq);
    json_array_end(&w);
    json_object_end(&w);
    if (begins)
        s->turn_began = clock_monotonic();
    struct event evs[] = {
        {.type = EV_SESSION_STATUS_RUNNING, .cause = effect->cause, .payload = S("{}")},
        {.type = EV_INPUT_TAKEN, .cause = effect->cause, .payload = buf_str(&payload)},
    };
    struct error err;
    session_take(s, begins ? evs : evs + 1, begins ? 2 : 1, &err);
    buf_fini(&payload);
    return true;
}

/* The request was out when its process died. What it cost is not known: the estimate is booked, so
 * that money spent is never under-reported. */
bool effect_settle(struct session *s, const struct effect *effect)
{
    struct usage usage = {.input = tokens_estimate(s->context.bytes),
                          .output = tokens_estimate(context_reply_bytes(&s->context))};
    struct buf payload;
    struct json_writer w;
    char id[ID_UUID_SIZE], cost[32];

    id_uuid(s->turn.request_id, id);
    snprintf(cost, sizeof cost, "%.6f", usage_cost(&s->setup.prices, &usage));
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "model_request_start_id", str_of(id));
    json_put_bool(&w, "is_error", true);
    json_put(&w, "stop_reason", S("none"));
    json_key(&w, "model_usage");
    usage_write(&usage, &w);
    json_put_bool(&w, "estimated", true);
    json_put_raw(&w, "cost_usd", str_of(cost));
    json_put_bool(&w, "kept", turn_keeps(&s->turn, true, STOP_NONE));
    json_put_raw(&w, "error",
                 S("{\"type\":\"process_died\",\"message\":\"The process ended while the reply "
                   "streamed.\"}"));
    json_object_end(&w);
    say(s, EV_MODEL_REQUEST_END, effect->cause, &payload);
    buf_fini(&payload);
    return true;
}

bool effect_answer(struct session *s, const struct effect *effect)
{
    const struct call *call = &s->turn.calls[effect->call];
    struct buf payload;
    struct json_writer w;
    char id[ID_UUID_SIZE];

    if (effect_tool_is_running(s,
                               call)) /* a read was begun again meanwhile: its result is the one */
        return effect_cancel(s, effect);
    id_uuid(call->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "tool_use_id", str_of(id));
    json_put(&w, "call", call->call);
    json_put(&w, "name", call->class ? call->class->name : call->name);
    json_key(&w, "content");
    json_array(&w);
    json_object(&w);
    json_put(&w, "type", S("text"));
    json_put(&w, "text", effect->text);
    json_object_end(&w);
    json_array_end(&w);
    json_put_bool(&w, "is_error", true);
    json_put(&w, "outcome", str_of(effect->outcome));
    if (call->step == CALL_DENIED)
        json_put(&w, "reason", effect->text);
    json_put_int(&w, "duration_us", 0);
    json_object_end(&w);
    say(s, EV_AGENT_TOOL_RESULT, effect->cause, &payload);
    buf_fini(&payload);
    return true;
}

static void write_usage(struct session *s, struct buf *payload)
{
    struct json_writer w;
    char cost[32];

    snprintf(cost, sizeof cost, "\"%.6f\"", s->views.result.total_cost);
    json_begin(&w, payload);
    json_object(&w);
    json_key(&w, "usage");
    usage_write(&s->views.result.total, &w);
    json_key(&w, "list_cost");
    json_object(&w);
    json_put_raw(&w, "amount", str_of(cost));
    json_put(&w, "currency", S("USD"));
    json_object_end(&w);
    json_object_end(&w);
}

static void write_idle(struct session *s, struct buf *payload)
{
    enum turn_end end = s->turn.end;
    int64_t took = s->turn_began ? (clock_monotonic() - s->turn_began) / 1000 : 0;
    struct json_writer w;

    json_begin(&w, payload);
    json_object(&w);
    json_key(&w, "stop_reason");
    json_object(&w);
    json_put(&w, "type", str_of(turn_end_name(end)));
    json_object_end(&w);
    json_key(&w, "result");
    views_turn_result(&s->views, turn_end_name(end), turn_end_terminal(end),
                      end != END_DONE && end != END_REFUSED, took, &w);
    json_object_end(&w);
}

/* What went wrong, for whoever listens to events and not to results. */
static void write_error(struct session *s, struct buf *payload)
{
    const struct result_view *v = &s->views.result;
    struct json_writer w;

    json_begin(&w, payload);
    json_object(&w);
    json_key(&w, "error");
    json_object(&w);
    json_put(&w, "type", v->error_type);
    json_put(&w, "message", v->error_message);
    json_put_bool(&w, "retryable", v->error_status == 429 || v->error_status >= 500);
    json_object_end(&w);
    json_object_end(&w);
}

bool effect_idle(struct session *s, const struct effect *effect)
{
    struct log_summary summary = {.status = "idle", .cost_usd = s->views.result.total_cost};
    bool failed = s->turn.end == END_ERROR;
    struct buf error, usage, idle;
    struct error err;

    buf_init(&error, BUF_NO_MAX);
    buf_init(&usage, BUF_NO_MAX);
    buf_init(&idle, BUF_NO_MAX);
    write_error(s, &error);
    write_usage(s, &usage);
    write_idle(s, &idle);
    struct event evs[] = {
        {.type = EV_SESSION_ERROR, .cause = effect->cause, .payload = buf_str(&error)},
        {.type = EV_SESSION_USAGE, .cause = effect->cause, .payload = buf_str(&usage)},
        {.type = EV_SESSION_STATUS_IDLE, .cause = effect->cause, .payload = buf_str(&idle)},
    };
    log_summarise(s->log, &summary);
    if (session_take(s, failed ? evs : evs + 1, failed ? 3 : 2, &err) == REIN_OK)
        log_want(s->log, log_head(s->log));
    buf_fini(&error);
    buf_fini(&usage);
    buf_fini(&idle);
    return true;
}
