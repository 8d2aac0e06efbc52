/*
 * call.c - one tool call's way from look-up to result. What needs nothing from outside is decided
 * here, from what the log recorded; the rest is an effect.
 */
#include "base/schema.h"
#include "engine/turn.h"

struct at { /* the call that is looked at, and where its texts go */
    const struct turn *t;
    const struct call *c;
    size_t index;
    struct arena *scratch;
    struct effect *out;
    str faults;
};

/* ---- when ------------------------------------------------------------------------------------ */

static bool always(struct at *at) { return at->c != NULL; }
static bool is_interrupting(struct at *at) { return at->t->interrupting; }

/* Nobody waits for it any more: the turn was interrupted, or a prompt took its place. */
static bool is_set_aside(struct at *at) { return at->t->interrupting || at->c->abandoned; }

/* The reply broke off or was refused: what had not begun is not begun any more. */
static bool is_cut_off(struct at *at)
{
    return (at->t->failed || at->t->stop == STOP_REFUSED) && at->t->state != TURN_STREAMING;
}

static bool is_not_json(struct at *at) { return at->c->invalid; }
static bool is_unknown(struct at *at) { return at->c->class == NULL; }

static bool is_misshapen(struct at *at)
{
    struct buf faults;
    struct json *input;
    bool fits;

    if (json_parse(at->c->input, JSON_DEPTH, at->scratch, &input, NULL) != REIN_OK)
        return false;
    buf_init(&faults, 8192);
    fits = schema_check(at->c->class->schema, input, &faults);
    if (!fits)
        at->faults = arena_str(at->scratch, buf_str(&faults));
    buf_fini(&faults);
    return !fits;
}

static bool may_start(struct at *at) { return batch_may_start(at->t, at->index); }
static bool is_lost(struct at *at) { return at->c->lost; }
static bool is_lost_aside(struct at *at) { return at->c->lost && is_set_aside(at); }

static bool is_lost_read(struct at *at)
{
    return at->c->lost && at->c->class && (at->c->class->flags & CLASS_READ_ONLY);
}

/* ---- what is wanted --------------------------------------------------------------------------- */

static void answer(struct at *at, const char *outcome, str text)
{
    at->out->kind = EFFECT_ANSWER;
    at->out->outcome = outcome;
    at->out->text = text;
}

static void answer_interrupted(struct at *at)
{
    answer(at, "interrupted", S("The user interrupted before this call ran. Nothing was done."));
}

static void answer_not_executed(struct at *at)
{
    answer(at, "not_executed",
           S("This call was not executed: the reply that held it broke off. "
             "Call the tool again if it is still needed."));
}

static void answer_denied(struct at *at) { answer(at, at->c->refusal, at->c->reason); }

/* A read that was set aside, or a change: either way it will not be run again. */
static void answer_unknown(struct at *at)
{
    bool read = at->c->class && (at->c->class->flags & CLASS_READ_ONLY);

    if (read)
        answer(at, "interrupted",
               S("Interrupted: the process stopped while this call ran. It changed nothing."));
    else
        answer(at, "unknown",
               S("Interrupted: the process stopped while this call ran, so its outcome is unknown. "
                 "It was not repeated. Check what it did before you go on."));
}

static void decide(struct at *at, const char *outcome, str text)
{
    at->out->kind = EFFECT_DECIDE;
    at->out->outcome = outcome;
    at->out->text = text;
}

static void decide_not_json(struct at *at)
{
    decide(at, "invalid",
           arena_printf(at->scratch,
                        "The input of %.*s is not a JSON object, so the call was not executed. "
                        "What arrived: %.*s",
                        FS(at->c->name), FS(str_take(at->c->raw, 200))));
}

static void decide_unknown(struct at *at)
{
    decide(at, "invalid",
           arena_printf(at->scratch, "There is no tool named '%.*s'. Use one of the tools offered.",
                        FS(at->c->name)));
}

static void decide_misshapen(struct at *at)
{
    decide(at, "invalid",
           arena_printf(at->scratch,
                        "The input of %.*s does not fit its schema, so it was not executed:\n%.*s",
                        FS(at->c->name), FS(at->faults)));
}

static void decide_verdict(struct at *at)
{
    const struct tool_class *class = at->c->class;
    struct policy_call asked = {.tool = class->name, .flags = class->flags};
    struct json *input;

    if (class->subject.n &&
        json_parse(at->c->input, JSON_DEPTH, at->scratch, &input, NULL) == REIN_OK)
        asked.subject = json_text(input, arena_cstr(at->scratch, class->subject), S(""));
    asked.sandboxed = policy_is_sandboxed(at->t->policy);
    decide(at, NULL, S(""));
    policy_decide(at->t->policy, &asked, &at->out->verdict);
}

static void run(struct at *at) { at->out->kind = EFFECT_TOOL; }
static void cancel(struct at *at) { at->out->kind = EFFECT_CANCEL; }

static const struct {
    enum call_step step;
    bool (*when)(struct at *at);
    void (*want)(struct at *at);
} steps[] = {
#define STEP(step_, when_, want_) {CALL_##step_, when_, want_},
#include "engine/call_rules.def"
#undef STEP
};

bool call_next(const struct turn *t, size_t index, struct arena *scratch, struct effect *out)
{
    struct at at = {.t = t, .c = &t->calls[index], .index = index, .scratch = scratch, .out = out};

    *out = (struct effect){.cause = at.c->seq, .call = index};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].step != at.c->step || !steps[i].when(&at))
            continue;
        steps[i].want(&at);
        /* Results are recorded in call order; an answer waits for those before it. */
        return out->kind != EFFECT_ANSWER || turn_is_next_result(t, index);
    }
    return false;
}
