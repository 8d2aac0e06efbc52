/*
 * session.c - the one way in and the one way out of a session. Whoever has read session_take() and
 * session_stored() has read the architecture.
 */
#include <stdlib.h>

#include "base/grow.h"
#include "base/memory.h"
#include "platform/clock.h"
#include "runtime/session_life.h"

/* An event on its way to listeners: told once it is stored. */
struct untold {
    struct list link;
    struct event ev;
    char payload[];
};

/* ---- in ----------------------------------------------------------------------------------------- */

/* Listeners hear of it later, when the log has it: keep a copy. */
static void remember(struct session *s, const struct event *ev)
{
    struct untold *u;

    if (!s->n_listeners)
        return;
    u = memory_new(sizeof *u + ev->payload.n + 1);
    u->ev = *ev;
    if (ev->payload.n)
        memcpy(u->payload, ev->payload.p, ev->payload.n);
    u->ev.payload.p = u->payload;
    list_add(&s->untold, &u->link);
}

static void summarise(struct session *s, const struct event *ev)
{
    struct log_summary summary = {.status = "running", .cost_usd = -1};
    const char *title;

    if (ev->type != EV_USER_MESSAGE)
        return;
    title = arena_cstr(&s->parse, s->views.title);
    summary.title = title;
    summary.model = arena_cstr(&s->parse, s->setup.name);
    log_summarise(s->log, &summary);
}

/* How the turn went, for whoever asks after it ended. */
static void keep_result(struct session *s, const struct entry *entry)
{
    const struct json *result = json_get(entry->body, "result");

    if (entry->ev->type != EV_SESSION_STATUS_IDLE || !result)
        return;
    buf_clear(&s->result_bytes);
    buf_add(&s->result_bytes, result->source);
}

rein_status session_fold(struct session *s, const struct event *ev, struct error *err)
{
    struct arena_mark mark = arena_mark(&s->parse);
    struct entry entry = {.ev = ev};
    struct json *body = NULL;
    rein_status status = REIN_OK;

    if (ev->payload.p)
        status = json_parse(ev->payload, JSON_DEPTH, &s->parse, &body, err);
    entry.body = body;
    if (status == REIN_OK)
        status = turn_apply(&s->turn, &entry, err);
    if (status == REIN_OK) {
        views_apply(&s->views, &entry);
        context_apply(&s->context, &entry);
        summarise(s, ev);
        keep_result(s, &entry);
    }
    arena_rewind(&s->parse, mark);
    return status;
}

/* Whatever happens to a session, a person's word or a tool's answer, happens by this call. */
rein_status session_take(struct session *s, struct event *evs, size_t n, struct error *err)
{
    struct error inner;

    if (s->failure.status != REIN_OK)
        return fail(err, s->failure.status, "%s", s->failure.text);
    if (s->closing)
        return fail(err, REIN_CANCELED, "session %s is closed", s->uuid);
    if (log_append(s->log, evs, n, &inner) != REIN_OK) {
        session_fail(s, &inner);
        return fail(err, inner.status, "%s", inner.text);
    }
    for (size_t i = 0; i < n; i++) { /* numbered now, and stored soon */
        remember(s, &evs[i]);
        if (session_fold(s, &evs[i], &inner) != REIN_OK) {
            session_fail(s, &inner);
            return fail(err, inner.status, "%s", inner.text);
        }
    }
    session_pump(s);
    return REIN_OK;
}

rein_status session_say(struct session *s, enum event_type type, uint64_t cause,
                        struct buf *payload, struct error *err)
{
    struct event ev = {.type = type, .cause = cause, .payload = buf_str(payload)};

    if (!buf_ok(payload))
        return fail(err, REIN_LIMIT, "event %.*s is too large", FS(event_name(type)));
    return session_take(s, &ev, 1, err);
}

rein_status session_input(struct session *s, enum event_type type, struct buf *payload,
                          struct error *err)
{
    rein_status status = session_say(s, type, 0, payload, err);

    if (status == REIN_OK && !s->started) {
        timer_stop(&s->kick);
        s->started = true;
        session_pump(s);
    }
    return status;
}

/* Start what is wanted until nothing new is. An effect that records something changes what is
 * wanted, so the question is asked again after each. */
void session_pump(struct session *s)
{
    bool again = !s->pumping && s->started && !s->closing && s->failure.status == REIN_OK;

    if (s->pumping)
        return;
    s->pumping = true;
    while (again) {
        arena_reset(&s->scratch);
        turn_next(&s->turn, &s->scratch, &s->wanted);
        again = false;
        for (size_t i = 0; i < s->wanted.n && !again; i++)
            again = effect_start(s, &s->wanted.items[i]);
        if (!again)
            again = effect_tool_results(s);
        again = again && s->failure.status == REIN_OK && !s->closing;
    }
    s->pumping = false;
}

/* ---- out ---------------------------------------------------------------------------------------- */

/* Those that were removed while somebody was told only lost their function. */
static void sweep_listeners(struct session *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].fn)
            s->listeners[kept++] = s->listeners[i];
    s->n_listeners = kept;
}

static void tell(struct session *s, const struct event *ev)
{
    bool outer = !s->telling;

    s->telling = true;
    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].fn)
            s->listeners[i].fn(s->listeners[i].data, s, ev);
    if (!outer)
        return;
    s->telling = false;
    sweep_listeners(s);
}

static void subscribers_tell(struct session *s, uint64_t seq)
{
    while (!list_is_empty(&s->untold)) {
        struct untold *u = list_of(s->untold.next, struct untold, link);

        if (u->ev.seq > seq)
            return;
        list_remove(&u->link);
        tell(s, &u->ev);
        free(u);
    }
}

/* In order of waiting; whoever is released may add and take away others, so the search begins anew. */
static struct waiter *first_due(struct session *s, uint64_t seq)
{
    list_each (link, &s->waiters) {
        struct waiter *w = list_of(link, struct waiter, link);

        if (w->seq <= seq)
            return w;
    }
    return NULL;
}

static void effects_release(struct session *s, uint64_t seq)
{
    struct waiter *w;

    while ((w = first_due(s, seq)) != NULL) {
        list_remove(&w->link);
        w->fn(w);
    }
}

/* The log has all events up to this one: now they are true for everybody. */
void session_stored(void *data, uint64_t seq)
{
    struct session *s = data;

    effects_release(s, seq);  /* those that change something waited for this */
    subscribers_tell(s, seq); /* terminal, editor, HTTP, parent agent: all alike */
}

void session_log_failed(void *data, const struct error *err) { session_fail(data, err); }

void session_wait(struct session *s, struct waiter *waiter, uint64_t seq,
                  void (*fn)(struct waiter *waiter))
{
    waiter->seq = seq;
    waiter->fn = fn;
    if (log_stored(s->log) >= seq) {
        list_init(&waiter->link);
        fn(waiter);
        return;
    }
    list_add(&s->waiters, &waiter->link);
    log_want(s->log, seq);
}

void session_pass(struct session *s, enum event_type type, str payload)
{
    struct event ev = {.type = type, .name = event_name(type), .payload = payload};

    if (!s->n_listeners)
        return;
    ev.at = clock_wall();
    tell(s, &ev);
}

rein_status session_listen(struct session *s, session_listener *fn, void *data)
{
    s->listeners = grown(s->listeners, s->n_listeners, &s->room_listeners, sizeof *s->listeners);
    s->listeners[s->n_listeners++] = (struct listener){fn, data};
    return REIN_OK;
}

void session_unlisten(struct session *s, session_listener *fn, void *data)
{
    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].fn == fn && s->listeners[i].data == data)
            s->listeners[i].fn = NULL;
    if (!s->telling)
        sweep_listeners(s);
}

bool session_is_idle(const struct session *s)
{
    if (s->failure.status != REIN_OK)
        return true;
    return s->started && s->turn.state == TURN_IDLE && list_is_empty(&s->runs) && !s->request &&
           log_stored(s->log) == log_head(s->log) && list_is_empty(&s->untold);
}

void session_fail(struct session *s, const struct error *err)
{
    struct buf payload;
    struct json_writer w;

    if (s->failure.status != REIN_OK)
        return;
    s->failure = *err;
    effect_request_drop(s);
    effect_tool_drop(s);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_key(&w, "error");
    json_object(&w);
    json_put(&w, "type", str_of(status_name(err->status)));
    json_put(&w, "message", str_of(err->text));
    json_put_bool(&w, "retryable", status_is_retryable(err->status));
    json_object_end(&w);
    json_object_end(&w);
    session_pass(s, EV_SESSION_ERROR, buf_str(&payload));
    buf_fini(&payload);
}

void session_forget(struct session *s)
{
    list_each (link, &s->untold) {
        list_remove(link);
        free(list_of(link, struct untold, link));
    }
}
