/*
 * session.c - the one way in and the one way out of a session. Whoever has read session_take() and
 * session_stored() has read the architecture.
 */
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "config/vault.h"
#include "platform/clock.h"
#include "tool/tool.h"

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

/* Fold one event into everything that is computed from the log. */
static rein_status fold(struct session *s, const struct event *ev, struct error *err)
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
        if (fold(s, &evs[i], &inner) != REIN_OK) {
            session_fail(s, &inner);
            return fail(err, inner.status, "%s", inner.text);
        }
    }
    session_pump(s);
    return REIN_OK;
}

rein_status session_say(struct session *s, enum event_type type, uint64_t cause, struct buf *payload,
                        struct error *err)
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
    list_each(link, &s->waiters) {
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
static void session_stored(void *data, uint64_t seq)
{
    struct session *s = data;

    effects_release(s, seq);   /* those that change something waited for this      */
    subscribers_tell(s, seq);  /* terminal, editor, HTTP, parent agent: all alike  */
}

static void session_log_failed(void *data, const struct error *err) { session_fail(data, err); }

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

/* ---- beginning and end --------------------------------------------------------------------------- */

static struct session *session_alloc(struct brain *brain, const struct session_spec *spec)
{
    struct session *s = memory_new(sizeof *s);

    s->brain = brain;
    arena_init(&s->life);
    arena_init(&s->parse);
    arena_init(&s->scratch);
    turn_init(&s->turn);
    context_init(&s->context);
    views_init(&s->views);
    buf_init(&s->result_bytes, BUF_NO_MAX);
    list_init(&s->runs);
    list_init(&s->waiters);
    list_init(&s->untold);
    list_init(&s->public_listeners);
    list_add(&brain->sessions, &s->link);
    s->id = id_is_zero(spec->id) ? id_new() : spec->id;
    id_uuid(s->id, s->uuid);
    s->folder = arena_cstr(&s->life, str_of(spec->folder));
    return s;
}

static void drop_untold(struct session *s)
{
    list_each(link, &s->untold) {
        list_remove(link);
        free(list_of(link, struct untold, link));
    }
}

static void session_free(struct session *s)
{
    hands_release(s->hands);
    list_remove(&s->link);
    turn_fini(&s->turn);
    context_fini(&s->context);
    views_fini(&s->views);
    wanted_fini(&s->wanted);
    buf_fini(&s->result_bytes);
    arena_fini(&s->life);
    arena_fini(&s->parse);
    arena_fini(&s->scratch);
    free(s->listeners);
    free(s);
}

void session_let_go(struct session *s)
{
    s->dropped--;
    if (s->closing && !s->log && !s->dropped)
        session_free(s);
}

/* Give the log up; the rest when nothing uses it any more. */
static void end(struct session *s)
{
    log_close(s->log);
    s->log = NULL;
    drop_untold(s);
    if (!s->dropped)
        session_free(s);
}

static void on_told(struct timer *timer) { end(list_of(timer, struct session, kick)); }

void session_close(struct session *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    s->n_listeners = 0;
    timer_stop(&s->kick);
    effect_request_drop(s);
    effect_tool_drop(s);
    list_remove(&s->link);
    list_add(&s->brain->closing, &s->link);
    if (s->telling)
        timer_start(s->brain->loop, &s->kick, 0, on_told); /* our callers still use it */
    else
        end(s);
}

void brain_settle(struct brain *brain)
{
    int64_t until = clock_monotonic() + INT64_C(5000000000);

    while (!list_is_empty(&brain->closing) && clock_monotonic() < until)
        if (!loop_turn(brain->loop, 100))
            break;
}

/* The setup blob, new or recorded, as the tables that the folds read. */
static rein_status use_setup(struct session *s, str text, struct error *err)
{
    str kept = arena_str(&s->life, text);

    if (setup_read(kept, &s->life, &s->setup, err) != REIN_OK ||
        context_setup(&s->context, &s->setup, err) != REIN_OK)
        return err->status;
    turn_setup(&s->turn, &s->setup);
    return REIN_OK;
}

/* The address may come from the environment, by the variable that the provider's row names. */
static rein_status use_model(struct session *s, str name, struct error *err)
{
    str address;

    if (model_resolve(name, (str){0}, &s->life, &s->model, err) != REIN_OK)
        return err->status;
    address = vault_get(s->model.provider->base_url_variable);
    return address.n ? model_resolve(name, address, &s->life, &s->model, err) : REIN_OK;
}

static void write_started(struct session *s, struct digest setup, const struct buf *policy,
                          struct buf *out)
{
    int64_t max_turns = config_count(s->brain->config, SETTING_MAX_TURNS);
    char sha[DIGEST_HEX_SIZE];
    struct json_writer w;

    digest_hex(setup, sha);
    json_begin(&w, out);
    json_object(&w);
    json_put_int(&w, "engine", ENGINE_NUMBER);
    json_put(&w, "rein", str_of(rein_version()));
    json_put(&w, "folder", str_of(s->folder));
    json_key(&w, "model");
    json_object(&w);
    json_put(&w, "name", s->setup.name);
    json_put(&w, "id", s->setup.model);
    json_put(&w, "provider", s->setup.provider);
    json_put(&w, "wire", s->setup.wire);
    json_object_end(&w);
    json_put(&w, "setup", str_of(sha));
    json_put_raw(&w, "policy", buf_str(policy));
    json_key(&w, "tools");
    json_array(&w);
    for (size_t i = 0; i < s->setup.n_classes; i++)
        json_string(&w, s->setup.classes[i].name);
    json_array_end(&w);
    json_key(&w, "limits");
    json_object(&w);
    json_put_int(&w, "max_turns", max_turns);
    json_object_end(&w);
    json_object_end(&w);
}

/* Everything that decides is recorded before anything happens. */
static rein_status record_start(struct session *s, bool can_ask, struct error *err)
{
    struct buf setup, policy, payload;
    struct policy *parsed = NULL;
    struct json *tree;
    struct digest sha;
    rein_status status;

    buf_init(&setup, BUF_NO_MAX);
    buf_init(&policy, BUF_NO_MAX);
    buf_init(&payload, BUF_NO_MAX);
    if ((status = gather_policy(s, can_ask, &policy, err)) != REIN_OK ||
        (status = json_parse(buf_str(&policy), JSON_DEPTH, &s->scratch, &tree, err)) != REIN_OK ||
        (status = policy_read(tree, &s->scratch, &parsed, err)) != REIN_OK ||
        (status = gather_setup(s, parsed, &setup, err)) != REIN_OK ||
        (status = use_setup(s, buf_str(&setup), err)) != REIN_OK ||
        (status = log_blob(s->log, buf_str(&setup), &sha, err)) != REIN_OK)
        goto done;
    write_started(s, sha, &policy, &payload);
    status = session_say(s, EV_SESSION_STARTED, 0, &payload, err);
    buf_clear(&payload);
    if (status == REIN_OK && (status = gather_context(s, &payload, err)) == REIN_OK)
        status = session_say(s, EV_CONTEXT_GATHERED, 1, &payload, err);
done:
    buf_fini(&setup);
    buf_fini(&policy);
    buf_fini(&payload);
    return status;
}

rein_status session_new(struct brain *brain, const struct session_spec *spec, struct session **out,
                        struct error *err)
{
    struct session *s = session_alloc(brain, spec);
    const char *name = config_text(brain->config, SETTING_MODEL);
    rein_status status;

    if ((status = gather_level(brain->config, &s->level, err)) != REIN_OK ||
        (status = use_model(s, str_of(name), err)) != REIN_OK ||
        (status = log_new(brain->store, s->id, str_of(s->folder), &s->log, err)) != REIN_OK)
        goto failed;
    log_listen(s->log, session_stored, session_log_failed, s);
    if ((status = record_start(s, spec->can_ask, err)) != REIN_OK)
        goto failed;
    s->started = true;
    *out = s;
    return REIN_OK;
failed:
    session_close(s);
    return status;
}

/* ---- waking --------------------------------------------------------------------------------------- */

struct waking {
    struct session *s;
    rein_status status;
    struct error *err;
};

static rein_status wake_started(struct session *s, const struct event *ev, struct error *err)
{
    struct json *body;
    struct digest sha;
    struct buf setup;
    rein_status status;

    if ((status = json_parse(ev->payload, JSON_DEPTH, &s->scratch, &body, err)) != REIN_OK)
        return status;
    if (json_int(body, "engine", 0) > ENGINE_NUMBER)
        return fail(err, REIN_UNSUPPORTED,
                    "session %s was begun by a newer rein (%.*s); use that version to go on",
                    s->uuid, FS(json_text(body, "rein", S("?"))));
    s->folder = arena_cstr(&s->life, json_text(body, "folder", S("")));
    if (!digest_parse(json_text(body, "setup", S("")), &sha))
        return fail(err, REIN_CORRUPT, "session %s event 1 names no setup", s->uuid);
    buf_init(&setup, BUF_NO_MAX);
    status = store_blob(s->brain->store, sha, &setup, err);
    if (status == REIN_OK)
        status = use_setup(s, buf_str(&setup), err);
    buf_fini(&setup);
    return status;
}

static bool wake_fold(void *data, const struct event *ev)
{
    struct waking *w = data;

    arena_reset(&w->s->scratch);
    if (ev->type == EV_SESSION_STARTED)
        w->status = wake_started(w->s, ev, w->err);
    if (w->status == REIN_OK)
        w->status = fold(w->s, ev, w->err);
    return w->status == REIN_OK;
}

/* A policy that the caller names by flags counts from now on; else the recorded one stands. */
static bool is_policy_named(const struct config *config)
{
    size_t rules;

    return !config_is_default(config, SETTING_PERMISSION_MODE) ||
           !config_is_default(config, SETTING_SANDBOX) ||
           config_list(config, SETTING_ALLOWED_TOOLS, &rules) || rules ||
           config_list(config, SETTING_DISALLOWED_TOOLS, &rules) || rules;
}

static rein_status say_woken(struct session *s, bool can_ask, struct error *err)
{
    int64_t max_turns = config_count(s->brain->config, SETTING_MAX_TURNS);
    struct buf payload, policy;
    struct json_writer w;
    rein_status status = REIN_OK;

    buf_init(&payload, BUF_NO_MAX);
    buf_init(&policy, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "rein", str_of(rein_version()));
    json_put_bool(&w, "can_ask", can_ask);
    if (is_policy_named(s->brain->config)) {
        status = gather_policy(s, can_ask, &policy, err);
        json_put_raw(&w, "policy", buf_str(&policy));
    }
    json_key(&w, "limits");
    json_object(&w);
    json_put_int(&w, "max_turns", max_turns);
    json_object_end(&w);
    json_object_end(&w);
    if (status == REIN_OK)
        status = session_say(s, EV_SESSION_WOKEN, log_head(s->log), &payload, err);
    buf_fini(&payload);
    buf_fini(&policy);
    return status;
}

static rein_status check_model(struct session *s, struct error *err)
{
    const char *asked = config_text(s->brain->config, SETTING_MODEL);

    if (!config_is_default(s->brain->config, SETTING_MODEL) &&
        !str_eq(str_of(asked), s->setup.name))
        return fail(err, REIN_INVALID,
                    "session %s speaks with %.*s, not %s; leave --model out to go on with it",
                    s->uuid, FS(s->setup.name), asked);
    return use_model(s, s->setup.name, err);
}

static rein_status check_policy(struct session *s, struct error *err)
{
    return s->turn.policy ? REIN_OK
                          : fail(err, REIN_CORRUPT, "session %s event 1 has no policy", s->uuid);
}

/* What was broken off goes on from the loop: an input that comes first takes its place. */
static void kick(struct timer *timer)
{
    struct session *s = list_of(timer, struct session, kick);

    s->started = true;
    session_pump(s);
}

rein_status session_wake(struct brain *brain, const struct session_spec *spec, struct session **out,
                         struct error *err)
{
    struct session *s = session_alloc(brain, spec);
    struct waking waking = {.s = s, .err = err};
    rein_status status = log_open(brain->store, spec->id, &s->log, err);

    if (status != REIN_OK)
        goto failed;
    log_listen(s->log, session_stored, session_log_failed, s);
    status = store_read(brain->store, spec->id, 1, 0, wake_fold, &waking, err);
    if (waking.status != REIN_OK)
        status = waking.status;
    if (status != REIN_OK || (status = gather_level(brain->config, &s->level, err)) != REIN_OK ||
        (status = check_model(s, err)) != REIN_OK || (status = check_policy(s, err)) != REIN_OK ||
        (status = say_woken(s, spec->can_ask, err)) != REIN_OK)
        goto failed;
    s->level = level_of(policy_sandbox(s->turn.policy));
    s->turn_began = clock_monotonic();
    timer_start(brain->loop, &s->kick, 0, kick);
    *out = s;
    return REIN_OK;
failed:
    session_close(s);
    return status;
}
