/*
 * effect_model.c - asks the model: the intent is recorded with the body's hash, the request leaves
 * once that is stored, finished blocks become events as they come, and the end is recorded whatever
 * it was. Deltas only pass.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/vault.h"
#include "platform/clock.h"
#include "runtime/session.h"

struct block_run { /* a block that streams: the event to come has its id already */
    struct id id;
    bool announced;
};

struct request_run {
    struct session *s;
    bool dropped;  /* of no interest any more, only waits for the client's done */
    bool canceled; /* was asked to end */
    struct waiter waiter;
    struct model_call *call;
    struct context_body body;
    struct id start;
    uint64_t seq;
    struct block_run *blocks;
    size_t n_blocks;
    char message_id[128], model[128], stop_raw[64];
    enum stop_reason stop;
    bool stopped; /* the reply said that it is complete */
    struct usage usage;
    size_t streamed; /* bytes of the reply, for an estimate when it breaks off */
    char error_type[64], error_message[512];
};

static void copy_text(char *out, size_t room, str s)
{
    snprintf(out, room, "%.*s", FS(str_take(s, room - 1)));
}

static struct block_run *block_at(struct request_run *r, unsigned index)
{
    if (index >= r->n_blocks) {
        size_t n = (size_t)index + 8;

        if (index > 100000)
            return NULL;
        r->blocks = memory_grow(r->blocks, n * sizeof *r->blocks);
        memset(r->blocks + r->n_blocks, 0, (n - r->n_blocks) * sizeof *r->blocks);
        r->n_blocks = n;
    }
    if (id_is_zero(r->blocks[index].id))
        r->blocks[index].id = id_new();
    return &r->blocks[index];
}

static enum event_type type_of(enum block_kind kind)
{
    static const enum event_type types[] = {
        [BLOCK_TEXT] = EV_AGENT_MESSAGE,      [BLOCK_THINKING] = EV_AGENT_THINKING,
        [BLOCK_REDACTED] = EV_AGENT_THINKING, [BLOCK_TOOL_USE] = EV_AGENT_TOOL_USE,
        [BLOCK_TOOL_RESULT] = EV_BLOCK_KEPT,  [BLOCK_OPAQUE] = EV_BLOCK_KEPT,
    };
    return types[kind];
}

/* ---- what passes -------------------------------------------------------------------------------- */

static void announce(struct request_run *r, const struct stream_event *ev)
{
    struct block_run *b = block_at(r, ev->index);
    struct json_writer w;
    struct buf payload;
    char id[ID_UUID_SIZE];

    if (!b || !r->s->n_listeners)
        return;
    id_uuid(b->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_key(&w, "event");
    json_object(&w);
    json_put(&w, "type", event_name(type_of(ev->block.kind)));
    json_put(&w, "id", str_of(id));
    json_put(&w, "message_id", str_of(r->message_id));
    if (ev->block.kind == BLOCK_TOOL_USE) {
        json_put(&w, "name", ev->block.name);
        json_put(&w, "call", ev->block.id);
    }
    json_object_end(&w);
    json_object_end(&w);
    session_pass(r->s, EV_EVENT_START, buf_str(&payload));
    buf_fini(&payload);
    b->announced = true;
}

static void pass_delta(struct request_run *r, const struct stream_event *ev)
{
    struct block_run *b = block_at(r, ev->index);
    struct json_writer w;
    struct buf payload;
    char id[ID_UUID_SIZE];

    r->streamed += ev->delta.n;
    if (!b || !b->announced || !r->s->n_listeners)
        return;
    id_uuid(b->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "event_id", str_of(id));
    json_key(&w, "delta");
    json_object(&w);
    json_put(&w, "type", S("content_delta"));
    json_put_int(&w, "index", 0);
    json_key(&w, "content");
    json_object(&w);
    json_put(&w, "type", S("text"));
    json_put(&w, "text", ev->delta);
    json_object_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    session_pass(r->s, EV_EVENT_DELTA, buf_str(&payload));
    buf_fini(&payload);
}

/* ---- what stays --------------------------------------------------------------------------------- */

static void write_text(struct json_writer *w, const struct request_run *r, const struct block *b)
{
    json_key(w, "content");
    json_array(w);
    json_object(w);
    json_put(w, "type", S("text"));
    json_put(w, "text", b->text);
    if (b->native.n)
        json_put_raw(w, "citations", b->native);
    json_object_end(w);
    json_array_end(w);
    json_put(w, "model", str_of(r->model));
}

/* Some servers number the calls of each reply anew, or leave the id out; no provider takes one twice. */
static str unique_id(const struct request_run *r, str id, char *out, size_t room)
{
    unsigned n = 1;

    if (id.n && !context_has_call(&r->s->context, id))
        return id;
    do
        snprintf(out, room, "%.*s_%u", FS(str_take(id.n ? id : S("call"), 100)), ++n);
    while (context_has_call(&r->s->context, str_of(out)));
    return str_of(out);
}

static void write_call(struct json_writer *w, const struct request_run *r, const struct block *b)
{
    char id[128];

    json_put(w, "name", b->name);
    json_put_raw(w, "input", b->input);
    json_put(w, "call", unique_id(r, b->id, id, sizeof id));
    if (b->invalid)
        json_put(w, "invalid", b->text);
    json_put(w, "message_id", str_of(r->message_id));
}

static void write_block(struct json_writer *w, const struct request_run *r, const struct block *b)
{
    json_object(w);
    switch (b->kind) {
    case BLOCK_TEXT: write_text(w, r, b); break;
    case BLOCK_THINKING:
        json_put(w, "thinking", b->text);
        json_put(w, "signature", b->signature);
        break;
    case BLOCK_REDACTED: json_put(w, "redacted", b->signature); break;
    case BLOCK_TOOL_USE: write_call(w, r, b); break;
    case BLOCK_TOOL_RESULT:
    case BLOCK_OPAQUE: json_put_raw(w, "native", b->native); break;
    }
    json_put(w, "message_id", str_of(r->message_id));
    json_object_end(w);
}

static void record_block(struct request_run *r, const struct stream_event *ev)
{
    struct block_run *b = block_at(r, ev->index);
    struct event event = {.type = type_of(ev->block.kind), .cause = r->seq};
    struct json_writer w;
    struct buf payload;
    struct error err;

    if (!b || (ev->block.kind == BLOCK_TEXT && str_trim(ev->block.text).n == 0))
        return; /* an empty text can't be sent back and says nothing */
    event.id = b->id;
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    write_block(&w, r, &ev->block);
    event.payload = buf_str(&payload);
    session_take(r->s, &event, 1, &err);
    buf_fini(&payload);
}

static void on_start(struct request_run *r, const struct stream_event *ev)
{
    copy_text(r->message_id, sizeof r->message_id, ev->id);
    copy_text(r->model, sizeof r->model, ev->model);
    r->usage = ev->usage;
}

static void on_event(void *data, const struct stream_event *ev)
{
    struct request_run *r = data;

    if (r->dropped)
        return;
    switch (ev->kind) {
    case STREAM_START: on_start(r, ev); break;
    case STREAM_BLOCK_START: announce(r, ev); break;
    case STREAM_DELTA: pass_delta(r, ev); break;
    case STREAM_BLOCK: record_block(r, ev); break;
    case STREAM_STOP:
        r->stop = ev->stop;
        r->stopped = true;
        r->usage = ev->usage;
        copy_text(r->stop_raw, sizeof r->stop_raw, ev->stop_raw);
        break;
    case STREAM_ERROR:
        copy_text(r->error_type, sizeof r->error_type, ev->error_type);
        copy_text(r->error_message, sizeof r->error_message, ev->error_message);
        break;
    }
}

/* ---- the end ------------------------------------------------------------------------------------ */

static void write_error(struct json_writer *w, struct request_run *r, const struct model_outcome *o)
{
    const char *type = r->error_type[0]   ? r->error_type
                       : o->error_type[0] ? o->error_type
                                          : status_name(o->status);

    json_key(w, "error");
    json_object(w);
    json_put(w, "type", str_of(type));
    json_put(w, "message", str_of(o->error.text[0] ? o->error.text : r->error_message));
    json_put(w, "kind", str_of(status_name(o->status)));
    json_put_int(w, "status", o->http_status);
    json_object_end(w);
}

static void write_end(struct request_run *r, const struct model_outcome *o, struct buf *out)
{
    bool is_error = o->status != REIN_OK;
    enum stop_reason stop = is_error ? STOP_NONE : r->stop;
    char id[ID_UUID_SIZE], cost[32];
    struct json_writer w;
    bool is_estimate = is_error && tokens_estimate(r->streamed) > r->usage.output;

    id_uuid(r->start, id);
    if (is_estimate)
        r->usage.output = tokens_estimate(r->streamed); /* it never said: not less than what came */
    snprintf(cost, sizeof cost, "%.6f", usage_cost(&r->s->setup.prices, &r->usage));
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "model_request_start_id", str_of(id));
    json_put_bool(&w, "is_error", is_error);
    json_put(&w, "stop_reason", str_of(stop_reason_name(stop)));
    json_put(&w, "stop_raw", str_of(r->stop_raw));
    json_key(&w, "model_usage");
    usage_write(&r->usage, &w);
    if (is_estimate)
        json_put_bool(&w, "estimated", true);
    json_put_raw(&w, "cost_usd", str_of(cost));
    json_put(&w, "message_id", str_of(r->message_id));
    json_put(&w, "model", str_of(r->model));
    if (o->request_id[0])
        json_put(&w, "request_id", str_of(o->request_id));
    json_put_int(&w, "first_byte_us", o->first_byte_us);
    json_put_int(&w, "duration_us", o->total_us);
    json_put_bool(&w, "kept", turn_keeps(&r->s->turn, is_error, stop));
    if (is_error)
        write_error(&w, r, o);
    json_object_end(&w);
}

static void on_done(void *data, const struct model_outcome *outcome)
{
    struct request_run *r = data;
    struct session *s = r->s;
    struct buf payload;
    struct error err;

    if (r->dropped) {
        session_let_go(s);
    } else {
        s->request = NULL;
        buf_init(&payload, BUF_NO_MAX);
        write_end(r, outcome, &payload);
        session_say(s, EV_MODEL_REQUEST_END, r->seq, &payload, &err);
        buf_fini(&payload);
    }
    free(r->blocks);
    free(r);
}

static const struct model_events events = {.event = on_event, .done = on_done};

/* ---- the beginning ------------------------------------------------------------------------------ */

static struct model_keys keys_of(const struct model_provider *provider)
{
    return (struct model_keys){.api_key = vault_get(provider->key_variable),
                               .auth_token = vault_get(provider->token_variable)};
}

/* A request that could not even be sent ends like one that failed. */
static void fail_unsent(struct request_run *r, const struct error *err)
{
    struct model_outcome outcome = {.status = err->status, .error = *err, .retry_after_ms = -1};

    on_done(r, &outcome);
}

static void on_stored(struct waiter *waiter)
{
    struct request_run *r = list_of(waiter, struct request_run, waiter);

    model_begin(r->call);
}

/* Made ready while the log stores the intent; it leaves once that is stored. */
static rein_status prepare(struct request_run *r, struct error *err)
{
    struct brain *brain = r->s->brain;
    struct model_keys keys = keys_of(r->s->model.provider);

    if (!brain->client && model_client_new(brain->loop, &brain->client, err) != REIN_OK)
        return err->status;
    return model_prepare(brain->client, &r->s->model, &keys, r->body.segments, r->body.n, &events,
                         r, &r->call, err);
}

static void write_start(struct session *s, const struct request_run *r, struct buf *out)
{
    char sha[DIGEST_HEX_SIZE];
    struct json_writer w;

    digest_hex(r->body.sha, sha);
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "model", s->setup.model);
    json_put_int(&w, "number", s->turn.number + 1);
    json_put(&w, "body_sha", str_of(sha));
    json_put_int(&w, "body_bytes", (int64_t)r->body.size);
    json_object_end(&w);
}

bool effect_request(struct session *s, const struct effect *effect)
{
    struct request_run *r;
    struct event ev = {.type = EV_MODEL_REQUEST_START};
    struct buf payload;
    struct error err;

    (void)effect;
    if (s->request)
        return false;
    r = memory_new(sizeof *r);
    r->s = s;
    context_request(&s->context, &r->body);
    buf_init(&payload, BUF_NO_MAX);
    write_start(s, r, &payload);
    ev.payload = buf_str(&payload);
    s->request = r;
    list_init(&r->waiter.link);
    if (session_take(s, &ev, 1, &err) == REIN_OK) {
        r->seq = ev.seq;
        r->start = ev.id;
        log_want(s->log, ev.seq);
        if (prepare(r, &err) == REIN_OK)
            session_wait(s, &r->waiter, ev.seq, on_stored);
        else
            fail_unsent(r, &err);
    }
    buf_fini(&payload);
    return true;
}

bool effect_stop(struct session *s, const struct effect *effect)
{
    struct request_run *r = s->request;

    (void)effect;
    if (!r || r->canceled)
        return false;
    r->canceled = true; /* once: what it had so far still comes, and wants this effect again */
    list_remove(&r->waiter.link);
    model_cancel(r->call);
    return false; /* its end comes by on_done, also when it was not sent */
}

void effect_request_drop(struct session *s)
{
    struct request_run *r = s->request;

    if (!r)
        return;
    s->request = NULL;
    list_remove(&r->waiter.link);
    if (r->call) {
        r->dropped = true; /* done frees it; until then the body is borrowed from the session */
        s->dropped++;
        model_cancel(r->call);
        return;
    }
    free(r->blocks);
    free(r);
}
