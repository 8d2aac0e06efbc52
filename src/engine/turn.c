/*
 * turn.c - the fold of a session's events into a state, and the state into what is wanted. It knows
 * the names of events and effects and nothing of how either comes about.
 */
#include "engine/turn.h"

#include <stdlib.h>

#include "base/grow.h"

enum { PAUSES_MAX = 10 };

static const char *const state_names[TURN_STATES] = {
    [TURN_IDLE] = "idle",
    [TURN_PREPARING] = "preparing",
    [TURN_REQUESTING] = "requesting",
    [TURN_STREAMING] = "streaming",
    [TURN_DECIDING] = "deciding",
    [TURN_EXECUTING] = "executing",
    [TURN_STOPPING] = "stopping",
};

const char *turn_state_name(enum turn_state state) { return state_names[state]; }

static const struct {
    const char *name, *terminal;
} ends[] = {
    [END_DONE] = {"end_turn", "completed"},
    [END_MAX_TURNS] = {"max_turns", "max_turns"},
    [END_INTERRUPTED] = {"interrupted", "aborted_streaming"},
    [END_TOOLS_INTERRUPTED] = {"interrupted", "aborted_tools"},
    [END_ERROR] = {"error", "api_error"},
    [END_REFUSED] = {"refusal", "refused"},
    [END_LENGTH] = {"max_tokens", "model_error"},
    [END_WINDOW] = {"model_context_window_exceeded", "prompt_too_long"},
};

const char *turn_end_name(enum turn_end end) { return ends[end].name; }
const char *turn_end_terminal(enum turn_end end) { return ends[end].terminal; }

void turn_init(struct turn *t)
{
    *t = (struct turn){0};
    arena_init(&t->life);
    arena_init(&t->query);
}

void turn_fini(struct turn *t)
{
    free(t->inputs);
    free(t->calls);
    arena_fini(&t->life);
    arena_fini(&t->query);
}

void wanted_fini(struct wanted *w)
{
    free(w->items);
    *w = (struct wanted){0};
}

void turn_setup(struct turn *t, const struct setup *setup) { t->setup = setup; }

/* ---- conditions of the table ------------------------------------------------------------------ */

static bool has_undecided(const struct turn *t)
{
    for (size_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step == CALL_COMPLETE || t->calls[i].step == CALL_ASKING)
            return true;
    return false;
}

static bool has_open_calls(const struct turn *t)
{
    for (size_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step != CALL_DONE)
            return true;
    return false;
}

static bool is_interrupting(const struct turn *t) { return t->interrupting; }
static bool was_cut(const struct turn *t) { return t->cut; }
static bool has_failed(const struct turn *t) { return t->failed && !t->cut; }
static bool was_refused(const struct turn *t) { return t->stop == STOP_REFUSED; }
static bool has_no_calls(const struct turn *t) { return t->n_calls == 0; }
static bool is_at_limit(const struct turn *t)
{
    return t->max_turns > 0 && t->requests >= t->max_turns;
}

static bool has_paused(const struct turn *t) { return t->stop == STOP_PAUSE && t->n_calls == 0; }

/* A server that only ever hands the turn back must not be asked for ever. */
static bool may_resume(const struct turn *t)
{
    return has_paused(t) && t->pauses < PAUSES_MAX && !is_at_limit(t);
}

static bool has_input(const struct turn *t)
{
    for (size_t i = 0; i < t->n_inputs; i++)
        if (!t->inputs[i].later)
            return true;
    return false;
}

static bool has_any_input(const struct turn *t) { return t->n_inputs > 0; }
static bool was_cut_by_input(const struct turn *t) { return t->cut && has_input(t); }

bool turn_joins(const struct turn *t, size_t index)
{
    return !t->inputs[index].later || (!t->running && index == 0);
}

static const struct {
    enum turn_state from;
    enum event_type on;
    bool (*when)(const struct turn *t);
    enum turn_state to;
} rows[] = {
#define ROW(from_, on_, when_, to_) {TURN_##from_, EV_##on_, when_, TURN_##to_},
#include "engine/turn_rules.def"
#undef ROW
};

static void step(struct turn *t, enum event_type on)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].on != on || rows[i].from != t->state)
            continue;
        if (rows[i].when && !rows[i].when(t))
            continue;
        t->state = rows[i].to;
        return;
    }
}

/* ---- calls ------------------------------------------------------------------------------------ */

static struct call *call_by_id(const struct turn *t, struct id id)
{
    for (size_t i = 0; i < t->n_calls; i++)
        if (id_eq(t->calls[i].id, id))
            return &t->calls[i];
    return NULL;
}

const struct call *turn_call(const struct turn *t, struct id id) { return call_by_id(t, id); }

/* The call that an event's tool_use_id names. */
static rein_status call_of(const struct turn *t, const struct entry *entry, struct call **out,
                           struct error *err)
{
    str text = json_text(entry->body, "tool_use_id", S(""));
    struct id id;

    *out = id_parse(text, &id) ? call_by_id(t, id) : NULL;
    if (*out)
        return REIN_OK;
    return fail(err, REIN_CORRUPT, "event %llu (%.*s) is about the call '%.*s', which is not open",
                (unsigned long long)entry->ev->seq, FS(entry->ev->name), FS(str_take(text, 40)));
}

bool turn_is_next_result(const struct turn *t, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (t->calls[i].step != CALL_DONE)
            return false;
    return true;
}

bool turn_is_asking(const struct turn *t)
{
    for (size_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step == CALL_ASKING)
            return true;
    return false;
}

/* ---- facts of each kind of event -------------------------------------------------------------- */

static rein_status policy_from(struct turn *t, const struct json *object, struct error *err)
{
    struct policy *policy;
    struct json *copy;
    str text;

    if (!object)
        return REIN_OK;
    text = arena_str(&t->life, object->source); /* the policy's slices must outlive the event */
    if (json_parse(text, JSON_DEPTH, &t->life, &copy, err) != REIN_OK ||
        policy_read(copy, &t->life, &policy, err) != REIN_OK)
        return error_context(err, "the session's recorded policy");
    t->policy = policy;
    return REIN_OK;
}

static rein_status on_started(struct turn *t, const struct entry *entry, struct error *err)
{
    t->max_turns = json_int(json_get(entry->body, "limits"), "max_turns", 0);
    return policy_from(t, json_get(entry->body, "policy"), err);
}

/* Another process took over: what was under way is under way no more. */
static rein_status on_woken(struct turn *t, const struct entry *entry, struct error *err)
{
    const struct json *limits = json_get(entry->body, "limits");

    if (policy_from(t, json_get(entry->body, "policy"), err) != REIN_OK)
        return err ? err->status : REIN_CORRUPT;
    if (t->policy)
        policy_can_ask(t->policy, json_bool(entry->body, "can_ask", false));
    if (limits)
        t->max_turns = json_int(limits, "max_turns", 0);
    t->woken = true;
    t->request_lost = t->state == TURN_STREAMING;
    for (size_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step == CALL_RUNNING)
            t->calls[i].lost = true;
        else if (t->calls[i].step == CALL_ASKING)
            t->calls[i].step = CALL_COMPLETE; /* whoever was asked is gone: decide again */
    return REIN_OK;
}

static rein_status on_message(struct turn *t, const struct entry *entry, struct error *err)
{
    bool later = str_eq(json_text(entry->body, "priority", S("next")), S("later"));

    (void)err;
    t->inputs = grown(t->inputs, t->n_inputs, &t->room_inputs, sizeof *t->inputs);
    t->inputs[t->n_inputs++] = (struct input){entry->ev->seq, later};
    /* A prompt that comes before the broken turn went on takes its place: what was open is closed,
     * and the prompt joins. */
    for (size_t i = 0; t->woken && i < t->n_calls; i++)
        t->calls[i].abandoned = true;
    return REIN_OK;
}

static rein_status on_interrupt(struct turn *t, const struct entry *entry, struct error *err)
{
    (void)entry, (void)err;
    if (t->state == TURN_IDLE || t->state == TURN_STOPPING)
        return REIN_OK;
    if (!t->interrupting)
        t->tools_interrupted = t->state == TURN_DECIDING || t->state == TURN_EXECUTING;
    t->interrupting = true;
    return REIN_OK;
}

static rein_status on_taken(struct turn *t, const struct entry *entry, struct error *err)
{
    const struct json *taken = json_get(entry->body, "inputs");
    size_t kept = 0;

    (void)err;
    for (size_t i = 0; i < t->n_inputs; i++) {
        bool is_taken = false;
        json_each (seq, taken) {
            int64_t n;
            is_taken |= json_to_i64(seq, &n) && (uint64_t)n == t->inputs[i].seq;
        }
        if (!is_taken)
            t->inputs[kept++] = t->inputs[i];
    }
    t->n_inputs = kept;
    return REIN_OK;
}

static rein_status on_running(struct turn *t, const struct entry *entry, struct error *err)
{
    (void)entry, (void)err;
    t->running = true;
    t->requests = t->pauses = 0;
    t->n_calls = 0;
    t->failed = t->cut = false;
    arena_reset(&t->query);
    return REIN_OK;
}

static rein_status on_request(struct turn *t, const struct entry *entry, struct error *err)
{
    (void)err;
    t->requests++;
    t->number = json_int(entry->body, "number", t->number + 1);
    t->request_id = entry->ev->id;
    t->request_seq = entry->ev->seq;
    t->n_calls = 0;
    t->failed = t->cut = t->request_lost = t->kept = false;
    t->stop = STOP_NONE;
    arena_reset(&t->query);
    return REIN_OK;
}

static rein_status on_tool_use(struct turn *t, const struct entry *entry, struct error *err)
{
    const struct json *input = json_get(entry->body, "input");
    const struct json *raw = json_get(entry->body, "invalid");
    struct call *c;

    (void)err;
    t->calls = grown(t->calls, t->n_calls, &t->room_calls, sizeof *t->calls);
    c = &t->calls[t->n_calls++];
    *c = (struct call){
        .seq = entry->ev->seq,
        .id = entry->ev->id,
        .call = arena_str(&t->query, json_text(entry->body, "call", S(""))),
        .name = arena_str(&t->query, json_text(entry->body, "name", S(""))),
        .input = arena_str(&t->query, input ? input->source : S("{}")),
        .invalid = raw != NULL,
        .raw = arena_str(&t->query, raw ? raw->text : S("")),
        .step = CALL_COMPLETE,
    };
    c->class = t->setup ? setup_tool(t->setup, c->name) : NULL;
    return REIN_OK;
}

static rein_status on_decided(struct turn *t, const struct entry *entry, struct error *err)
{
    str decision = json_text(entry->body, "decision", S(""));
    struct call *c;

    if (call_of(t, entry, &c, err) != REIN_OK)
        return REIN_CORRUPT;
    c->step = str_eq(decision, S("allow")) ? CALL_ALLOWED
              : str_eq(decision, S("ask")) ? CALL_ASKING
                                           : CALL_DENIED;
    c->reason = arena_str(&t->query, json_text(entry->body, "reason", S("Permission was denied.")));
    c->refusal = str_eq(json_text(entry->body, "by", S("")), S("check")) ? "invalid" : "denied";
    return REIN_OK;
}

/* Single use: an answer to a call that nobody asks about any more changes nothing. */
static rein_status on_confirmation(struct turn *t, const struct entry *entry, struct error *err)
{
    str always = json_text(entry->body, "rule", S(""));
    str message = json_text(entry->body, "deny_message", S(""));
    struct call *c;

    if (call_of(t, entry, &c, NULL) != REIN_OK || c->step != CALL_ASKING)
        return REIN_OK;
    if (str_eq(json_text(entry->body, "result", S("")), S("allow"))) {
        if (always.n &&
            policy_add(t->policy, arena_str(&t->life, always), &t->life, err) != REIN_OK)
            return REIN_CORRUPT;
        c->step = CALL_ALLOWED;
        return REIN_OK;
    }
    c->step = CALL_DENIED;
    c->refusal = "denied";
    c->reason = message.n ? arena_printf(&t->query, "The user refused this call: %.*s", FS(message))
                          : S("The user refused this call. Do not try the same again; ask what to "
                              "do instead, or go on without it.");
    return REIN_OK;
}

static rein_status on_tool_started(struct turn *t, const struct entry *entry, struct error *err)
{
    struct call *c;

    if (call_of(t, entry, &c, err) != REIN_OK)
        return REIN_CORRUPT;
    c->step = CALL_RUNNING;
    return REIN_OK;
}

static rein_status on_tool_result(struct turn *t, const struct entry *entry, struct error *err)
{
    struct call *c;

    if (call_of(t, entry, &c, err) != REIN_OK)
        return REIN_CORRUPT;
    c->step = CALL_DONE;
    c->lost = false;
    return REIN_OK;
}

static enum turn_end end_of(const struct turn *t)
{
    if (t->interrupting)
        return t->tools_interrupted ? END_TOOLS_INTERRUPTED : END_INTERRUPTED;
    if (has_failed(t))
        return END_ERROR;
    if (t->n_calls && !was_refused(t))
        return is_at_limit(t) ? END_MAX_TURNS : END_DONE;
    switch (t->stop) {
    case STOP_REFUSED: return END_REFUSED;
    case STOP_LENGTH: return END_LENGTH;
    case STOP_WINDOW: return END_WINDOW;
    case STOP_PAUSE: return END_MAX_TURNS;
    case STOP_NONE:
    case STOP_DONE:
    case STOP_TOOLS: break;
    }
    return END_DONE;
}

static rein_status on_request_end(struct turn *t, const struct entry *entry, struct error *err)
{
    const struct json *error = json_get(entry->body, "error");

    (void)err;
    t->failed = json_bool(entry->body, "is_error", false);
    t->cut = t->failed && str_eq(json_text(error, "type", S("")), S("process_died"));
    t->kept = json_bool(entry->body, "kept", false);
    t->stop = stop_reason_of(json_text(entry->body, "stop_reason", S("none")));
    t->request_lost = false;
    t->pauses = has_paused(t) ? t->pauses + 1 : 0;
    if (t->cut && !t->kept)
        t->requests--; /* it gave nothing, so it counts for no limit */
    return REIN_OK;
}

static rein_status on_idle(struct turn *t, const struct entry *entry, struct error *err)
{
    (void)entry, (void)err;
    t->running = false;
    t->n_calls = 0;
    t->interrupting = t->tools_interrupted = false;
    arena_reset(&t->query);
    return REIN_OK;
}

typedef rein_status fact_fn(struct turn *t, const struct entry *entry, struct error *err);

static fact_fn *const facts[EV_COUNT + 1] = {
    [EV_SESSION_STARTED] = on_started,
    [EV_SESSION_WOKEN] = on_woken,
    [EV_USER_MESSAGE] = on_message,
    [EV_USER_INTERRUPT] = on_interrupt,
    [EV_USER_TOOL_CONFIRMATION] = on_confirmation,
    [EV_SESSION_STATUS_RUNNING] = on_running,
    [EV_INPUT_TAKEN] = on_taken,
    [EV_MODEL_REQUEST_START] = on_request,
    [EV_MODEL_REQUEST_END] = on_request_end,
    [EV_AGENT_TOOL_USE] = on_tool_use,
    [EV_PERMISSION_DECIDED] = on_decided,
    [EV_TOOL_STARTED] = on_tool_started,
    [EV_AGENT_TOOL_RESULT] = on_tool_result,
    [EV_SESSION_STATUS_IDLE] = on_idle,
};

rein_status turn_apply(struct turn *t, const struct entry *entry, struct error *err)
{
    enum event_type type = entry->ev->type;
    enum turn_state before = t->state;
    rein_status status = facts[type] ? facts[type](t, entry, err) : REIN_OK;

    if (status != REIN_OK)
        return status;
    if (type != EV_SESSION_WOKEN && type != EV_CONTEXT_GATHERED)
        t->woken = false;
    step(t, type);
    if (t->state == TURN_STOPPING && before != TURN_STOPPING)
        t->end = end_of(t); /* only now is it known why */
    return REIN_OK;
}

/* A reply that ended well stays. One that broke off stays only for the sake of its calls, which may
 * have run: then it must be paired with their results; else it is asked for again. */
bool turn_keeps(const struct turn *t, bool is_error, enum stop_reason stop)
{
    if (is_error || stop == STOP_NONE)
        return t->n_calls > 0;
    return stop != STOP_REFUSED || t->n_calls > 0;
}

/* ---- what is wanted: a state's line ----------------------------------------------------------- */

static void want(struct wanted *out, struct effect effect)
{
    out->items = grown(out->items, out->n, &out->room, sizeof *out->items);
    out->items[out->n++] = effect;
}

static void want_calls(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    struct effect effect;

    for (size_t i = 0; i < t->n_calls; i++)
        if (call_next(t, i, scratch, &effect))
            want(out, effect);
}

static void next_preparing(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    size_t first = 0;

    (void)scratch;
    while (first + 1 < t->n_inputs && !turn_joins(t, first))
        first++;
    want(out, (struct effect){.kind = EFFECT_TAKE, .cause = t->inputs[first].seq});
}

static void next_requesting(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    (void)scratch;
    want(out, (struct effect){.kind = EFFECT_REQUEST, .cause = (uint64_t)t->number + 1});
}

static void next_streaming(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    if (t->request_lost)
        want(out, (struct effect){.kind = EFFECT_SETTLE, .cause = t->request_seq});
    else if (t->interrupting)
        want(out, (struct effect){.kind = EFFECT_STOP, .cause = t->request_seq});
    want_calls(t, scratch, out);
}

static void next_stopping(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    (void)scratch;
    want(out, (struct effect){.kind = EFFECT_IDLE, .cause = t->request_seq});
}

static void (*const next[TURN_STATES])(const struct turn *, struct arena *, struct wanted *) = {
    [TURN_PREPARING] = next_preparing, [TURN_REQUESTING] = next_requesting,
    [TURN_STREAMING] = next_streaming, [TURN_DECIDING] = want_calls,
    [TURN_EXECUTING] = want_calls,     [TURN_STOPPING] = next_stopping,
};

void turn_next(const struct turn *t, struct arena *scratch, struct wanted *out)
{
    out->n = 0;
    if (next[t->state])
        next[t->state](t, scratch, out);
}
