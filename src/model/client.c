/*
 * client.c - a request's life: start, decode what comes, tell how it ended. Knows nothing of what
 * the bytes come from.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/call.h"
#include "model/failure.h"
#include "platform/clock.h"

enum { REFUSAL_MAX = 64 << 10, PATIENCE_MS = 200 };

rein_status model_client_new(struct loop *loop, struct model_client **out, struct error *err)
{
    struct model_client *client = memory_new(sizeof *client);

    client->loop = loop;
    list_init(&client->calls);
    map_init(&client->attempts);
    rein_status status = http_client_new(loop, &client->http, err);

    if (status != REIN_OK) {
        free(client);
        return status;
    }
    *out = client;
    return REIN_OK;
}

/* Calls under way end as canceled. */
void model_client_free(struct model_client *client)
{
    if (!client)
        return;
    list_each (link, &client->calls) {
        struct model_call *call = list_of(link, struct model_call, link);

        call->canceled = true;
        if (!call->http)
            call_done(call, REIN_CANCELED, NULL);
    }
    http_client_free(client->http);
    map_fini(&client->attempts);
    free(client);
}

/* ---- what comes ------------------------------------------------------------------------------ */

/* After the last event a good server ends the response at once; for another we don't wait. */
static void on_patience(struct timer *timer)
{
    struct model_call *call = list_of(timer, struct model_call, timer);

    if (call->http)
        http_cancel(call->http);
}

static void on_event(void *data, const struct stream_event *ev)
{
    struct model_call *call = data;

    call->stopped = call->stopped || ev->kind == STREAM_STOP;
    if (ev->kind == STREAM_ERROR) {
        call->failed = true;
        snprintf(call->outcome.error_type, sizeof call->outcome.error_type, "%.*s",
                 FS(ev->error_type));
        model_failure(&call->model, 200, ev->error_type, ev->error_message, &call->outcome.error);
    }
    if ((call->stopped || call->failed) && call->http)
        timer_start(call->client->loop, &call->timer, PATIENCE_MS, on_patience);
    if (call->events.event)
        call->events.event(call->data, ev);
}

static bool is_reply(const struct model_call *call)
{
    return call->outcome.http_status >= 200 && call->outcome.http_status < 300;
}

rein_status call_bytes(struct model_call *call, str bytes, struct error *err)
{
    if (is_reply(call))
        return call->model.wire->feed(call->decoder, bytes, on_event, call, err);
    size_t room = REFUSAL_MAX - call->refusal.n;

    buf_add(&call->refusal, str_take(bytes, room));
    return REIN_OK;
}

/* ---- how it ended ---------------------------------------------------------------------------- */

static void refused(struct model_call *call)
{
    struct model_outcome *outcome = &call->outcome;
    str type, message;

    if (outcome->http_status >= 300 && outcome->http_status < 400) {
        model_redirect(&call->model, outcome->http_status, call->location, &outcome->error);
        return;
    }
    call->model.wire->error_body(buf_str(&call->refusal), &call->arena, &type, &message);
    snprintf(outcome->error_type, sizeof outcome->error_type, "%.*s", FS(type));
    model_failure(&call->model, outcome->http_status, type, message, &outcome->error);
}

/* Fill the outcome's error: REIN_OK only when the reply is proved complete. */
static void judge(struct model_call *call, rein_status status, const struct error *error)
{
    struct error *out = &call->outcome.error, ended = {0};

    if (is_reply(call) && !call->stopped && !call->failed)
        (void)call->model.wire->end(call->decoder, on_event, call, &ended);
    if (call->canceled)
        fail(out, REIN_CANCELED, "the request was canceled");
    else if (call->stopped || call->failed)
        return; /* whatever became of the connection afterwards */
    else if (call->outcome.http_status && !is_reply(call))
        refused(call);
    else if (status != REIN_OK && error)
        *out = *error;
    else
        *out = ended;
    model_unreachable(&call->model, out);
}

void call_done(struct model_call *call, rein_status status, const struct error *error)
{
    call->http = NULL; /* the last events may make a listener cancel it: nothing is left to do */
    judge(call, status, error);
    timer_stop(&call->timer);
    list_remove(&call->link);
    call->outcome.status = call->outcome.error.status;
    if (call->outcome.total_us == 0)
        call->outcome.total_us = (clock_monotonic() - call->started) / 1000;
    call->events.done(call->data, &call->outcome);
    call->model.wire->decoder_free(call->decoder);
    script_free(call->script);
    buf_fini(&call->refusal);
    arena_fini(&call->arena);
    free(call);
}

/* ---- starting and ending --------------------------------------------------------------------- */

rein_status model_prepare(struct model_client *client, const struct model *model,
                          const struct model_keys *keys, const str *segments, size_t n,
                          const struct model_events *events, void *data, struct model_call **out,
                          struct error *err)
{
    struct model_call *call = memory_new(sizeof *call);

    call->client = client;
    call->model = *model;
    call->events = *events;
    call->data = data;
    call->outcome.retry_after_ms = -1;
    call->started = clock_monotonic();
    list_init(&call->link);
    arena_init(&call->arena);
    buf_init(&call->refusal, REFUSAL_MAX);
    call->decoder = model->wire->decoder_new();
    rein_status status = model->script.n ? call_script(call, segments, n, err)
                                         : call_http(call, keys, segments, n, err);

    if (status != REIN_OK) {
        model->wire->decoder_free(call->decoder);
        arena_fini(&call->arena);
        free(call);
        return status;
    }
    list_add(&client->calls, &call->link);
    *out = call;
    return REIN_OK;
}

void model_begin(struct model_call *call)
{
    if (call->canceled)
        return; /* its end is on its way */
    call->started = clock_monotonic();
    if (call->http)
        http_begin(call->http);
    else
        call_script_begin(call);
}

static void on_canceled(struct timer *timer)
{
    call_done(list_of(timer, struct model_call, timer), REIN_CANCELED, NULL);
}

void model_cancel(struct model_call *call)
{
    call->canceled = true;
    if (call->http)
        http_cancel(call->http);
    else
        timer_start(call->client->loop, &call->timer, 0, on_canceled);
}
