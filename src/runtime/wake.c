/*
 * wake.c - another process goes on with a session: it claims the log, folds it again, and says so.
 * What was broken off goes on from the loop, unless an input comes first.
 */
#include "platform/clock.h"
#include "runtime/session_life.h"

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
        status = session_use_setup(s, buf_str(&setup), err);
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
        w->status = session_fold(w->s, ev, w->err);
    return w->status == REIN_OK;
}

/* A policy that the caller names by flags counts from now on; else the recorded one stands. */
static bool is_policy_named(const struct config *config)
{
    size_t allowed, refused;

    config_list(config, SETTING_ALLOWED_TOOLS, &allowed);
    config_list(config, SETTING_DISALLOWED_TOOLS, &refused);
    return allowed || refused || !config_is_default(config, SETTING_PERMISSION_MODE) ||
           !config_is_default(config, SETTING_SANDBOX);
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
    return session_use_model(s, s->setup.name, err);
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
