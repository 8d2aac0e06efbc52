/*
 * call_script.c - a request that a scenario answers, in real time. The bytes go the way that a
 * server's go.
 */
#include <stdio.h>

#include "model/call.h"
#include "platform/clock.h"

static void on_step(struct timer *timer);

static void next_step(struct model_call *call)
{
    timer_start(call->client->loop, &call->timer, call->reply.steps[call->at_step].pause_ms,
                on_step);
}

static void on_step(struct timer *timer)
{
    struct model_call *call = list_of(timer, struct model_call, timer);
    struct error err = {0};

    call->outcome.http_status = call->reply.http_status;
    if (call->outcome.first_byte_us == 0)
        call->outcome.first_byte_us = (clock_monotonic() - call->started) / 1000 + 1;
    rein_status status = call_bytes(call, call->reply.steps[call->at_step++].bytes, &err);

    /* A listener may have canceled the call from inside: then its end is on its way. */
    if (call->canceled)
        return;
    if (status == REIN_OK && call->at_step < call->reply.n_steps) {
        next_step(call);
        return;
    }
    if (status == REIN_OK && call->reply.cut)
        status = fail(&err, REIN_NETWORK, "the scenario cuts the connection here");
    call_done(call, status, &err);
}

/* How often a request of that number was asked, this time included. */
static unsigned count_attempt(struct model_client *client, str script, size_t number)
{
    char key[512];
    int n = snprintf(key, sizeof key, "%zu %.*s", number, FS(str_take(script, 400)));
    str name = {key, (size_t)n};
    uintptr_t times = (uintptr_t)map_get(&client->attempts, name) + 1;

    map_set(&client->attempts, name, (void *)times);
    return (unsigned)times;
}

rein_status call_script(struct model_call *call, const str *segments, size_t n, struct error *err)
{
    struct model_client *client = call->client;
    struct buf body;
    rein_status status = script_open(call->model.script, &call->script, err);

    if (status != REIN_OK)
        return status;
    buf_init(&body, BUF_NO_MAX);
    for (size_t i = 0; i < n; i++)
        buf_add(&body, segments[i]);
    size_t number = script_number(call->model.wire, buf_str(&body));
    unsigned attempt = count_attempt(client, call->model.script, number);

    script_answer(call->script, call->model.wire, buf_str(&body), attempt, &call->arena,
                  &call->reply);
    buf_fini(&body);
    if (call->reply.retry_after_s >= 0)
        call->outcome.retry_after_ms = call->reply.retry_after_s * 1000;
    return REIN_OK;
}

void call_script_begin(struct model_call *call) { next_step(call); }
