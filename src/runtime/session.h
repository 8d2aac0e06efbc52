/*
 * session.h - where the pure middle meets the world.
 *
 * session_take() is the only way in: whatever happens to a session is appended to its log, folded
 * into its views, context and turn, and what the turn then wants is started. session_stored() is the
 * only way out: what changes something, leaves the machine or is told to anybody waits for it. Used
 * from the loop's thread.
 */
#ifndef RUNTIME_SESSION_H
#define RUNTIME_SESSION_H

#include <rein.h>

#include "base/list.h"
#include "config/config.h"
#include "context/context.h"
#include "engine/turn.h"
#include "hands/hands.h"
#include "log/log.h"
#include "model/model.h"
#include "view/view.h"

/* What the sessions of a process share. */
struct brain {
    struct loop *loop;
    struct store *store;
    struct config *config;
    struct arena arena;
    struct config_paths paths;
    struct model_client *client; /* made at the first request */
    struct list sessions;
    struct list closing; /* closed, but what they started has not ended yet */
};

struct session;

typedef void session_listener(void *data, struct session *s, const struct event *ev);

struct listener {
    session_listener *fn; /* NULL: removed while being called */
    void *data;
};

/* Something that waits until the log has `seq`. In the storage of whoever waits. */
struct waiter {
    struct list link;
    uint64_t seq;
    void (*fn)(struct waiter *waiter);
};

struct request_run; /* effect_model.c */

struct session {
    struct list link;
    struct brain *brain;
    struct id id;
    char uuid[ID_UUID_SIZE];
    const char *folder;
    enum sandbox_level level;
    struct arena life, parse, scratch;
    struct log *log;

    struct setup setup; /* as recorded */
    struct turn turn;   /* folds of the log, all four */
    struct context context;
    struct views views;
    struct wanted wanted;

    struct model model;
    struct request_run *request; /* the open one */
    struct list runs;            /* tool calls under way */
    struct hands *hands;         /* provisioned at first need */

    struct list waiters, untold; /* for the log; for listeners */
    struct listener *listeners;
    size_t n_listeners, room_listeners;
    struct timer kick;       /* starts a woken session from the loop */
    int64_t turn_began;      /* monotonic ns */
    struct buf result_bytes; /* of the last turn, JSON */
    struct list public_listeners;
    size_t dropped; /* requests and calls that go on, of no interest any more */
    bool pumping, telling, started, closing;
    struct error failure; /* of the log: nothing goes on */
};

struct session_spec {
    struct id id;       /* zero: a new one */
    const char *folder; /* canonical */
    bool can_ask;
};

/* Make a session: gathers what the prompt needs from outside and records it. */
rein_status session_new(struct brain *brain, const struct session_spec *spec, struct session **out,
                        struct error *err);

/* Go on with one: claims it, folds its log, says that it was woken. What was broken off goes on from
 * the loop, unless an input comes first. */
rein_status session_wake(struct brain *brain, const struct session_spec *spec, struct session **out,
                         struct error *err);

/* Give it up where it stands: nothing is called any more. A listener may close its own session. The
 * memory goes once every request and call under way has ended, since they use it. */
void session_close(struct session *s);

/* Something that was dropped has ended. */
void session_let_go(struct session *s);

/* Turn the loop until closed sessions are gone, for at most a few seconds: before the loop ends. */
void brain_settle(struct brain *brain);

/* Append events that belong together and act on them. Borrowed for the call. */
rein_status session_take(struct session *s, struct event *evs, size_t n, struct error *err);

/* The same for one event whose payload was just written. */
rein_status session_say(struct session *s, enum event_type type, uint64_t cause,
                        struct buf *payload, struct error *err);

/* An input from outside. A woken session goes on at once, with the input. */
rein_status session_input(struct session *s, enum event_type type, struct buf *payload,
                          struct error *err);

/* A passing event: told now, kept nowhere. */
void session_pass(struct session *s, enum event_type type, str payload);

/* Call waiter->fn once everything up to `seq` is stored; from inside when it is already. */
void session_wait(struct session *s, struct waiter *waiter, uint64_t seq,
                  void (*fn)(struct waiter *waiter));

rein_status session_listen(struct session *s, session_listener *fn, void *data);
void session_unlisten(struct session *s, session_listener *fn, void *data);

bool session_is_idle(const struct session *s);

/* The log failed, or a fold met what can't be: nothing goes on; listeners get session.error. */
void session_fail(struct session *s, const struct error *err);

/* Let the turn's wants be started now (after an effect ended without an event of its own). */
void session_pump(struct session *s);

/* ---- effects.c: one function a kind, rows of effects.def ---------------------------------------- */

/* Start what is wanted; true when it changed the state (an event was appended), false when it is
 * under way already or only waits. */
typedef bool effect_fn(struct session *s, const struct effect *effect);
bool effect_start(struct session *s, const struct effect *effect);

effect_fn effect_take, effect_request, effect_settle, effect_decide, effect_tool, effect_answer,
    effect_stop, effect_cancel, effect_idle;

/* Record results that are ready and whose turn in call order has come; true when there was one. */
bool effect_tool_results(struct session *s);

/* Whether a run of this call is under way. */
bool effect_tool_is_running(const struct session *s, const struct call *call);

/* Drop what is under way: it is canceled, its end is not recorded and counts down s->dropped. */
void effect_request_drop(struct session *s);
void effect_tool_drop(struct session *s);

/* ---- gather.c ------------------------------------------------------------------------------------ */

/* The setup blob of a new session: model, prompt sections, tool definitions and classes. */
rein_status gather_setup(struct session *s, const struct policy *policy, struct buf *out,
                         struct error *err);

/* {"mode","sandbox","can_ask","folder","home","rules"} from the settings. */
rein_status gather_policy(struct session *s, bool can_ask, struct buf *out, struct error *err);

/* {"sections":[...]}: environment and instruction files. */
rein_status gather_context(struct session *s, struct buf *out, struct error *err);

/* The level that settings and preset give. */
rein_status gather_level(const struct config *config, enum sandbox_level *out, struct error *err);
const char *level_name(enum sandbox_level level);
enum sandbox_level level_of(str name); /* an unknown name is the strictest */

#endif
