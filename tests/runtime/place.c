/* place.c - see place.h. */
#include "runtime/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/file.h"

static void set(struct place *p, enum setting setting, str value)
{
    struct error err;

    assert_ok(config_set(p->brain.config, setting, value, "test", &err), err);
}

static str write_file(struct place *p, const char *name, const char *text)
{
    str path = arena_printf(&p->brain.arena, "%s/%s", p->root, name);
    struct error err;

    assert_ok(file_write_atomic(path.p, str_of(text), 0600, &err), err);
    return path;
}

void place_begin(struct place *p, const char *script, const char *mode)
{
    struct store_options options = {.delay_us = 60 * 1000000};
    struct error err;
    str path;

    *p = (struct place){.root = "/tmp/rein-place-XXXXXX"};
    assert_non_null(mkdtemp(p->root));
    arena_init(&p->brain.arena);
    list_init(&p->brain.sessions);
    list_init(&p->brain.closing);
    p->brain.config = config_new(NULL);
    set(p, SETTING_HOME, str_of(p->root));
    set(p, SETTING_PERMISSION_MODE, str_of(mode));
    assert_ok(config_paths(p->brain.config, &p->brain.arena, &p->brain.paths, &err), err);
    path = write_file(p, "s.script", script);
    set(p, SETTING_MODEL, arena_printf(&p->brain.arena, "script:%s", path.p));
    write_file(p, "a.txt", "alpha\n");
    assert_ok(loop_new(&p->brain.loop, &err), err);
    options.folder = p->brain.paths.data;
    assert_ok(store_open(p->brain.loop, &options, &p->brain.store, &err), err);
}

void place_end(struct place *p)
{
    struct error err;

    while (!list_is_empty(&p->brain.sessions))
        session_close(list_of(p->brain.sessions.next, struct session, link));
    brain_settle(&p->brain);
    assert_true(list_is_empty(&p->brain.closing));
    model_client_free(p->brain.client);
    store_close(p->brain.store);
    loop_free(p->brain.loop);
    config_free(p->brain.config);
    arena_fini(&p->brain.arena);
    assert_ok(file_remove_tree(p->root, &err), err);
}

struct session *place_new(struct place *p, bool can_ask)
{
    struct session_spec spec = {.folder = p->root, .can_ask = can_ask};
    struct session *s;
    struct error err;

    assert_ok(session_new(&p->brain, &spec, &s, &err), err);
    return s;
}

struct session *place_wake(struct place *p, struct id id)
{
    struct session_spec spec = {.id = id, .folder = p->root};
    struct session *s;
    struct error err;

    assert_ok(session_wake(&p->brain, &spec, &s, &err), err);
    return s;
}

void place_ask(struct session *s, const char *text)
{
    struct buf payload;
    struct error err;

    buf_init(&payload, BUF_NO_MAX);
    buf_printf(&payload, "{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}", text);
    assert_ok(session_input(s, EV_USER_MESSAGE, &payload, &err), err);
    buf_fini(&payload);
}

void place_finish(struct place *p, struct session *s)
{
    int64_t until = clock_monotonic() + INT64_C(20000000000);

    while (!session_is_idle(s)) {
        if (clock_monotonic() > until)
            test_fail("the session hangs in state %s", turn_state_name(s->turn.state));
        if (s->turn.state == TURN_IDLE)
            log_want(s->log, log_head(s->log)); /* nobody waits for the last events of a waking */
        loop_turn(p->brain.loop, 1000);
    }
}

struct listing {
    struct buf out;
    enum event_type type; /* EV_NONE: all, by name */
};

static bool list_event(void *data, const struct event *ev)
{
    struct listing *l = data;

    if (l->type == EV_NONE)
        buf_printf(&l->out, "%s%.*s", l->out.n ? " " : "", FS(ev->name));
    else if (l->type == ev->type)
        buf_printf(&l->out, "%.*s\n", FS(ev->payload));
    return true;
}

static const char *listed(struct place *p, struct id id, uint64_t from, enum event_type type)
{
    struct listing l = {.type = type};
    const char *text;
    struct error err;

    buf_init(&l.out, BUF_NO_MAX);
    assert_ok(store_read(p->brain.store, id, from, 0, list_event, &l, &err), err);
    text = arena_cstr(&p->brain.arena, buf_str(&l.out));
    buf_fini(&l.out);
    return text;
}

const char *place_log(struct place *p, struct id id, uint64_t from)
{
    return listed(p, id, from, EV_NONE);
}

const char *place_payloads(struct place *p, struct id id, enum event_type type)
{
    return listed(p, id, 1, type);
}

bool place_has(const struct place *p, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", p->root, name);
    return access(path, F_OK) == 0;
}
