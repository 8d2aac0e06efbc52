/*
 * rein.c - the public calls, thin: each finds the inner one, and gives errors and events their public
 * shape.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/vault.h"
#include "lib/config_api.h"
#include "lib/rein_impl.h"
#include "platform/clock.h"
#include "platform/file.h"

#ifndef REIN_VERSION
#    define REIN_VERSION "0.1.0"
#endif

extern char **environ;

const char *rein_version(void) { return REIN_VERSION; }
const char *rein_status_name(rein_status status) { return status_name(status); }

rein_status give_error(rein_error *out, const struct error *err)
{
    if (out) {
        out->status = err->status;
        snprintf(out->text, sizeof out->text, "%s", err->text);
    }
    return err->status;
}

void give_event(const struct event *ev, rein_event *out)
{
    str name = ev->name.p ? ev->name : event_name(ev->type);

    *out = (rein_event){.seq = ev->seq,
                        .type = name.p,
                        .at = ev->at,
                        .payload = ev->payload.p ? ev->payload.p : "null",
                        .payload_size = ev->payload.p ? ev->payload.n : 4};
    id_uuid(ev->id, out->id);
}

/* ---- the engine ---------------------------------------------------------------------------------- */

static rein_status make_config(const rein_config *config, struct rein *r, struct error *err)
{
    r->brain.config =
        config ? config_copy(config_of_const(config)) : config_new((const char *const *)environ);
    vault_take();
    return config_paths(r->brain.config, &r->brain.arena, &r->brain.paths, err);
}

rein_status rein_open(const rein_config *config, rein **out, rein_error *error)
{
    struct rein *r = calloc(1, sizeof *r);
    struct store_options options = {0};
    struct error err;

    *out = NULL;
    if (!r)
        abort();
    list_init(&r->brain.sessions);
    list_init(&r->brain.closing);
    arena_init(&r->brain.arena);
    if (make_config(config, r, &err) != REIN_OK || loop_new(&r->brain.loop, &err) != REIN_OK)
        goto failed;
    options.folder = r->brain.paths.data;
    if (store_open(r->brain.loop, &options, &r->brain.store, &err) != REIN_OK)
        goto failed;
    *out = r;
    return REIN_OK;
failed:
    give_error(error, &err);
    rein_close(r);
    return err.status;
}

#define CLOSE_MS 5000

/* What runs is interrupted and its end recorded, within reason: a log that ends in the middle is
 * safe too, only less pleasant. */
static void settle(struct rein *r)
{
    int64_t until = clock_monotonic() + CLOSE_MS * INT64_C(1000000);
    bool busy = true;

    list_each (link, &r->brain.sessions) {
        struct session *s = list_of(link, struct session, link);
        if (!s->started)
            timer_stop(&s->kick); /* a broken turn must not go on now */
        else if (!session_is_idle(s))
            rein_interrupt(public_of(s), NULL);
    }
    while (busy && clock_monotonic() < until) {
        busy = false;
        list_each (link, &r->brain.sessions) {
            struct session *s = list_of(link, struct session, link);
            busy |= s->started && !session_is_idle(s);
        }
        if (busy && !loop_turn(r->brain.loop, 100))
            break;
    }
}

void rein_close(rein *r)
{
    if (!r)
        return;
    if (r->brain.store)
        settle(r);
    while (!list_is_empty(&r->brain.sessions))
        rein_session_close(public_of(list_of(r->brain.sessions.next, struct session, link)));
    brain_settle(&r->brain);
    model_client_free(r->brain.client);
    store_close(r->brain.store);
    loop_free(r->brain.loop);
    config_free(r->brain.config);
    arena_fini(&r->brain.arena);
    free(r);
}

bool rein_turn(rein *r, int timeout_ms) { return loop_turn(r->brain.loop, timeout_ms); }
int rein_descriptor(const rein *r) { return loop_descriptor(r->brain.loop); }

/* ---- sessions ------------------------------------------------------------------------------------ */

static rein_status newest_of(struct rein *r, const char *folder, struct id *out, struct error *err);

static rein_status find_session(struct rein *r, const rein_session_options *o, const char *folder,
                                struct id *out, struct error *err)
{
    if (o->newest)
        return newest_of(r, folder, out, err);
    if (!o->id)
        return fail(err, REIN_INVALID, "which session? give an id to resume");
    return store_find(r->brain.store, str_of(o->id), out, err);
}

static bool take_first(void *data, const struct session_row *row)
{
    *(struct id *)data = row->id;
    return false;
}

static rein_status newest_of(struct rein *r, const char *folder, struct id *out, struct error *err)
{
    *out = (struct id){{0}};
    if (store_list(r->brain.store, str_of(folder), take_first, out, err) != REIN_OK)
        return err->status;
    return id_is_zero(*out)
               ? fail(err, REIN_NOT_FOUND,
                      "no session of %s to continue; `rein session list` shows all", folder)
               : REIN_OK;
}

rein_status rein_session_open(rein *r, const rein_session_options *options, rein_session **out,
                              rein_error *error)
{
    static const rein_session_options nothing;
    const rein_session_options *o = options ? options : &nothing;
    struct session_spec spec = {.can_ask = o->can_ask};
    struct session *s = NULL;
    struct arena a;
    struct error err = {0};
    rein_status status;

    arena_init(&a);
    status = file_canonical(o->folder ? o->folder : ".", &a, &spec.folder, &err);
    if (status == REIN_OK && (o->resume || o->newest)) {
        status = find_session(r, o, spec.folder, &spec.id, &err);
        if (status == REIN_OK)
            status = session_wake(&r->brain, &spec, &s, &err);
    } else if (status == REIN_OK) {
        if (o->id && !id_parse(str_of(o->id), &spec.id))
            status = fail(&err, REIN_INVALID, "'%.60s' is not a UUID", o->id);
        else
            status = session_new(&r->brain, &spec, &s, &err);
    }
    arena_fini(&a);
    *out = s ? public_of(s) : NULL;
    return status == REIN_OK ? REIN_OK : give_error(error, &err);
}

/* ---- listeners ------------------------------------------------------------------------------------ */

static void hear(void *data, struct session *s, const struct event *ev)
{
    struct public_listener *p = data;
    rein_event event;

    give_event(ev, &event);
    p->fn(p->data, public_of(s), &event);
}

rein_status rein_listen(rein_session *s, rein_event_fn *fn, void *data, rein_error *error)
{
    struct public_listener *p = calloc(1, sizeof *p);

    (void)error;
    if (!p)
        abort();
    *p = (struct public_listener){.session = session_of(s), .fn = fn, .data = data};
    list_add(&session_of(s)->public_listeners, &p->link);
    return session_listen(p->session, hear, p);
}

static void forget(struct public_listener *p)
{
    session_unlisten(p->session, hear, p);
    list_remove(&p->link);
    free(p);
}

void rein_unlisten(rein_session *s, rein_event_fn *fn, void *data)
{
    list_each (link, &session_of(s)->public_listeners) {
        struct public_listener *p = list_of(link, struct public_listener, link);
        if (p->fn == fn && p->data == data)
            forget(p);
    }
}

void rein_session_close(rein_session *s)
{
    if (!s)
        return;
    list_each (link, &session_of(s)->public_listeners)
        forget(list_of(link, struct public_listener, link));
    session_close(session_of(s));
}

const char *rein_session_id(const rein_session *s) { return session_of_const(s)->uuid; }
const char *rein_session_folder(const rein_session *s) { return session_of_const(s)->folder; }

/* ---- inputs ---------------------------------------------------------------------------------------- */

static rein_status input(rein_session *s, enum event_type type, struct buf *payload,
                         rein_error *error)
{
    struct error err;
    rein_status status = session_input(session_of(s), type, payload, &err);

    buf_fini(payload);
    return status == REIN_OK ? REIN_OK : give_error(error, &err);
}

#define INPUT_MAX (32u << 20)

rein_status rein_send(rein_session *s, const char *text, rein_error *error)
{
    struct error err;
    struct buf payload;
    struct json_writer w;

    if (str_trim(str_of(text)).n == 0) {
        fail(&err, REIN_INVALID, "the prompt is empty: say what to do");
        return give_error(error, &err);
    }
    buf_init(&payload, INPUT_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_key(&w, "content");
    json_array(&w);
    json_object(&w);
    json_put(&w, "type", S("text"));
    json_put(&w, "text", str_of(text));
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    return input(s, EV_USER_MESSAGE, &payload, error);
}

/* What "always" would store for this call; empty when nothing can be. */
static str rule_of(struct session *s, const struct call *call)
{
    struct policy_call asked = {.tool = call->class->name, .flags = call->class->flags};
    struct json *input;
    str rule;

    if (json_parse(call->input, JSON_DEPTH, &s->scratch, &input, NULL) != REIN_OK)
        return S("");
    asked.subject = json_text(input, arena_cstr(&s->scratch, call->class->subject), S(""));
    rule = policy_always(s->turn.policy, &asked, &s->scratch);
    return rule.n && rule_check(rule, NULL) == REIN_OK ? rule : S("");
}

/* A confirmation that says "always" stores the rule that its question showed: it is put into the
 * event here, from the question's event, so that nobody can store another. */
static rein_status confirm(struct session *s, const struct json *body, struct json_writer *w,
                           struct error *err)
{
    str text = json_text(body, "tool_use_id", S(""));
    str result = json_text(body, "result", S(""));
    struct id id;
    const struct call *call = id_parse(text, &id) ? turn_call(&s->turn, id) : NULL;

    if (!call || call->step != CALL_ASKING)
        return fail(err, REIN_NOT_FOUND, "no question is open for the call '%.*s'",
                    FS(str_take(text, 40)));
    if (!str_eq(result, S("allow")) && !str_eq(result, S("deny")))
        return fail(err, REIN_INVALID, "the result of a confirmation is allow or deny, not '%.*s'",
                    FS(str_take(result, 40)));
    json_object(w);
    json_each (member, body) {
        if (str_eq(member->key, S("rule")))
            continue;
        json_key_str(w, member->key);
        json_raw(w, member->source);
    }
    if (json_bool(body, "always", false))
        json_put(w, "rule", rule_of(s, call));
    json_object_end(w);
    return REIN_OK;
}

/* What a message must have to be sent: blocks, each with its type, a text with something in it. */
static rein_status check_message(const struct json *body, struct error *err)
{
    const struct json *content = json_get(body, "content");
    str priority = json_text(body, "priority", S("next"));

    if (!content || content->kind != JSON_ARRAY || !content->count)
        return fail(err, REIN_INVALID,
                    "content of user.message: expected an array of blocks such "
                    "as {\"type\":\"text\",\"text\":\"...\"}");
    json_each (block, content) {
        str type = json_text(block, "type", S(""));

        if (!type.n)
            return fail(err, REIN_INVALID, "content of user.message: a block without a type");
        if (str_eq(type, S("text")) && !str_trim(json_text(block, "text", S(""))).n)
            return fail(err, REIN_INVALID, "the prompt is empty: say what to do");
    }
    if (!str_eq(priority, S("next")) && !str_eq(priority, S("later")))
        return fail(err, REIN_INVALID, "priority of user.message is next or later, not '%.*s'",
                    FS(str_take(priority, 40)));
    return REIN_OK;
}

rein_status rein_send_event(rein_session *public, const char *type, const char *payload,
                            rein_error *error)
{
    struct session *s = session_of(public);
    enum event_type kind = event_type_of(str_of(type));
    struct arena a;
    struct json *body;
    struct json_writer w;
    struct error err = {0};
    struct buf out;
    rein_status status;

    if (kind != EV_USER_MESSAGE && kind != EV_USER_INTERRUPT && kind != EV_USER_TOOL_CONFIRMATION) {
        fail(&err, REIN_INVALID,
             "'%.60s' is no input: use user.message, user.interrupt or user.tool_confirmation",
             type);
        return give_error(error, &err);
    }
    arena_init(&a);
    buf_init(&out, INPUT_MAX);
    status = json_parse(str_of(payload), JSON_DEPTH, &a, &body, &err);
    if (status == REIN_OK && body->kind != JSON_OBJECT)
        status = fail(&err, REIN_INVALID, "the payload of %s must be a JSON object", type);
    if (status == REIN_OK && kind == EV_USER_MESSAGE)
        status = check_message(body, &err);
    if (status == REIN_OK && kind == EV_USER_TOOL_CONFIRMATION) {
        json_begin(&w, &out);
        status = confirm(s, body, &w, &err);
    } else if (status == REIN_OK) {
        json_compact(body, &out);
    }
    arena_fini(&a);
    if (status == REIN_OK)
        return input(public, kind, &out, error);
    buf_fini(&out);
    return give_error(error, &err);
}

rein_status rein_interrupt(rein_session *s, rein_error *error)
{
    return rein_send_event(s, "user.interrupt", "{}", error);
}

bool rein_is_idle(const rein_session *s) { return session_is_idle(session_of_const(s)); }
bool rein_is_asking(const rein_session *s) { return turn_is_asking(&session_of_const(s)->turn); }

const char *rein_turn_result(rein_session *s)
{
    struct buf *b = &session_of(s)->result_bytes;

    return b->n ? b->p : "{}";
}
