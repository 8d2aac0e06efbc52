/*
 * turn.h - one agent's course as a state machine: the fold of its events, and what to ask of the
 * world now.
 *
 * turn_apply() notes the facts of an event (calls, usage, limits) and takes the first row of
 * turn_rules.def that fits. turn_next() says what is wanted, as data; the runtime makes it so and
 * tells what came of it as events. No clock, file, socket, thread or random number: replay, crash
 * recovery, simulation and tests are this same code. States keep nothing that the log does not have.
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "base/arena.h"
#include "context/setup.h"
#include "event/entry.h"
#include "policy/policy.h"

/* Raised when a change of the rules breaks the fixture logs; sessions record theirs. */
#define ENGINE_NUMBER 1

enum turn_state {
    TURN_IDLE,       /* waits for input */
    TURN_PREPARING,  /* inputs are there and join the next request */
    TURN_REQUESTING, /* a request is wanted */
    TURN_STREAMING,  /* a request is out; its blocks come in, its calls already run */
    TURN_DECIDING,   /* the reply is whole; calls wait for a decision */
    TURN_EXECUTING,  /* the reply is whole; calls run */
    TURN_STOPPING,   /* the turn is over and says so */
    TURN_STATES
};
const char *turn_state_name(enum turn_state state);

/* One call's way from look-up to result. */
enum call_step {
    CALL_COMPLETE, /* its block is whole: look up, check, decide */
    CALL_ASKING,   /* somebody is asked */
    CALL_ALLOWED,  /* may run when its turn comes */
    CALL_DENIED,   /* the model will be told */
    CALL_RUNNING,  /* intended (rein.tool_started) */
    CALL_DONE      /* has its result */
};

struct call {
    uint64_t seq;          /* of its agent.tool_use: the effect's identity */
    struct id id;          /* of that event */
    str call, name, input; /* the model's id, name as called, JSON */
    bool invalid;          /* what came was no JSON object: `input` is {}, `raw` it */
    str raw;
    const struct tool_class *class; /* NULL: unknown */
    enum call_step step;
    bool lost;           /* it was under way in a process that died */
    bool abandoned;      /* a prompt took the place of its turn: it is closed */
    const char *refusal; /* outcome of a refused call: "denied" or "invalid" */
    str reason;          /* why, for the model */
};

/* How a turn ends. */
enum turn_end {
    END_DONE,
    END_MAX_TURNS,
    END_INTERRUPTED,
    END_TOOLS_INTERRUPTED,
    END_ERROR,
    END_REFUSED,
    END_LENGTH,
    END_WINDOW
};
const char *turn_end_name(enum turn_end end);     /* the idle event's stop_reason */
const char *turn_end_terminal(enum turn_end end); /* the published terminal_reason */

/* A message that no request has taken yet. */
struct input {
    uint64_t seq;
    bool later; /* waits for a turn of its own */
};

struct turn {
    enum turn_state state;
    struct arena life;  /* of the session: setup, policy */
    struct arena query; /* of one user turn: calls */
    const struct setup *setup;
    struct policy *policy;
    int64_t max_turns; /* 0: none */

    struct input *inputs; /* in the order in which they came */
    size_t n_inputs, room_inputs;

    int64_t requests;     /* of this turn, less those that died with a process */
    int64_t pauses;       /* how often in a row the server handed the turn back */
    int64_t number;       /* of the session */
    struct id request_id; /* of the open request's start event */
    uint64_t request_seq;
    bool request_lost; /* it was out in a process that died */
    bool failed;       /* the last request ended in an error */
    bool cut;          /* ... by the death of its process */
    bool kept;         /* its reply stays in the context */
    enum stop_reason stop;

    struct call *calls; /* of the last reply */
    size_t n_calls, room_calls;
    bool interrupting;
    bool tools_interrupted; /* ... when the reply was whole and its calls ran */
    bool running;           /* the turn said that it began */
    bool woken;             /* nothing happened yet since another process took over */
    enum turn_end end;
};

/* Everything that may be wanted; each is an effect of runtime/effects.def. */
enum effect_kind {
    EFFECT_NONE,
    EFFECT_TAKE,    /* say that the waiting inputs join: rein.input_taken */
    EFFECT_REQUEST, /* ask the model */
    EFFECT_SETTLE,  /* close a request that died with its process */
    EFFECT_DECIDE,  /* the tool's own check, then the verdict that stands in the effect */
    EFFECT_TOOL,    /* run a call */
    EFFECT_ANSWER,  /* give a call a result without running it */
    EFFECT_STOP,    /* cancel the open request */
    EFFECT_CANCEL,  /* cancel a running call */
    EFFECT_IDLE     /* the turn is over */
};

struct effect {
    enum effect_kind kind;
    uint64_t cause;         /* with kind its identity: wanted twice, started once */
    size_t call;            /* index into calls */
    const char *outcome;    /* ANSWER: outcome of the result; DECIDE: "invalid" or NULL */
    str text;               /* ANSWER and DECIDE: what the model is told */
    struct verdict verdict; /* DECIDE */
};

/* Storage for turn_next; effects are valid until the next apply. */
struct wanted {
    struct effect *items;
    size_t n, room;
};

void turn_init(struct turn *t);
void turn_fini(struct turn *t);
void wanted_fini(struct wanted *w);

/* The session's setup, before the first event is applied; borrowed for the turn's life. */
void turn_setup(struct turn *t, const struct setup *setup);

/* Fold one event. REIN_CORRUPT when the event can't be (a result of no call, a policy that can't be
 * read); the state is then as before. */
rein_status turn_apply(struct turn *t, const struct entry *entry, struct error *err);

/* What is wanted now. `scratch` holds texts of effects until the caller resets it. */
void turn_next(const struct turn *t, struct arena *scratch, struct wanted *out);

/* For span.model_request_end: would the open reply stay in the context, if it ended so? */
bool turn_keeps(const struct turn *t, bool is_error, enum stop_reason stop);

/* Whether the input at `index` joins the next request. While a turn runs, all but those that wait for a
 * turn of their own; a new turn is begun by the first and joined by those that don't wait. */
bool turn_joins(const struct turn *t, size_t index);

/* Whether every call before `index` has its result: results are recorded in call order. */
bool turn_is_next_result(const struct turn *t, size_t index);

/* The call of an agent.tool_use event, or NULL. */
const struct call *turn_call(const struct turn *t, struct id id);
bool turn_is_asking(const struct turn *t);

/* ---- batch.c ---------------------------------------------------------------------------------- */

#define BATCH_MAX 10
/* May this allowed call begin beside what runs? Consecutive concurrent calls form a batch of at most
 * BATCH_MAX; others run alone, in order. */
bool batch_may_start(const struct turn *t, size_t index);

/* ---- call.c ----------------------------------------------------------------------------------- */

/* What a call needs next; false when it waits for something that is under way or before it. */
bool call_next(const struct turn *t, size_t index, struct arena *scratch, struct effect *out);

#endif
