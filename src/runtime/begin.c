/*
 * begin.c - how a session begins and ends: everything that decides is recorded before anything
 * happens; closing gives the log up at once and the memory when the last effect has ended.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "config/vault.h"
#include "platform/clock.h"
#include "runtime/session_life.h"

struct session *session_alloc(struct brain *brain, const struct session_spec *spec)
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
    session_forget(s);
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
rein_status session_use_setup(struct session *s, str text, struct error *err)
{
    str kept = arena_str(&s->life, text);

    if (setup_read(kept, &s->life, &s->setup, err) != REIN_OK ||
        context_setup(&s->context, &s->setup, err) != REIN_OK)
        return err->status;
    turn_setup(&s->turn, &s->setup);
    return REIN_OK;
}

/* The address may come from the environment, by the variable that the provider's row names. */
rein_status session_use_model(struct session *s, str name, struct error *err)
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
        (status = session_use_setup(s, buf_str(&setup), err)) != REIN_OK ||
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
        (status = session_use_model(s, str_of(name), err)) != REIN_OK ||
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
