/*
 * effect_tool.c - one call: the recorded intent, the run in the hands or on the loop, and the result,
 * recorded in call order.
 *
 * A call that may change something starts only once its intent is stored; a read starts at once. The
 * tool's code is looked up here by the recorded name: what it may do was recorded, how it does it is
 * this build's matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "runtime/tool_call.h"

struct call_run {
    struct list link; /* of session->runs */
    struct session *s;
    bool dropped; /* of no interest any more, only waits for its end */
    struct tool_run run;
    struct arena arena;
    struct work work;
    struct waiter waiter;
    struct id id; /* of the agent.tool_use event */
    uint64_t seq;
    bool started, finished;
    bool cancel_asked;
    rein_status status;
    struct error err;
};

/* ---- the result ---------------------------------------------------------------------------------- */

static void write_content(struct json_writer *w, const struct tool_result *r)
{
    json_key(w, "content");
    if (r->blocks.n) {
        json_raw(w, buf_str(&r->blocks));
        return;
    }
    json_array(w);
    json_object(w);
    json_put(w, "type", S("text"));
    json_put(w, "text", r->text.n ? buf_str(&r->text) : S("(no output)"));
    json_object_end(w);
    json_array_end(w);
}

static void write_result(struct json_writer *w, const struct call_run *c, const struct call *call)
{
    const struct tool_result *r = &c->run.result;
    bool interrupted = atomic_load(&c->run.canceled);
    char id[ID_UUID_SIZE];

    id_uuid(c->id, id);
    json_object(w);
    json_put(w, "tool_use_id", str_of(id));
    json_put(w, "call", call->call);
    json_put(w, "name", str_of(c->run.tool->name));
    write_content(w, r);
    json_put_bool(w, "is_error", r->is_error);
    json_put(w, "outcome", !r->is_error ? S("ok") : interrupted ? S("interrupted") : S("error"));
    json_put_int(w, "started_at", r->started_us);
    json_put_int(w, "duration_us", r->ended_us - r->started_us);
    if (r->diff.n)
        json_put(w, "diff", buf_str(&r->diff));
    if (r->facts.n) {
        json_key(w, "facts");
        json_object(w);
        buf_add(w->out, buf_str(&r->facts));
        json_object_end(w);
    }
    if (r->details.n)
        json_put_raw(w, "details", buf_str(&r->details));
    if (r->spilled[0])
        json_put(w, "spilled", str_of(r->spilled));
    json_object_end(w);
}

static void run_free(struct call_run *c)
{
    list_remove(&c->link);
    tool_result_fini(&c->run.result);
    arena_fini(&c->arena);
    free(c);
}

static size_t index_of(const struct session *s, const struct call_run *c)
{
    const struct call *call = turn_call(&s->turn, c->id);

    return call ? (size_t)(call - s->turn.calls) : SIZE_MAX;
}

bool effect_tool_results(struct session *s)
{
    list_each (link, &s->runs) {
        struct call_run *c = list_of(link, struct call_run, link);
        size_t index = index_of(s, c);
        struct json_writer w;
        struct buf payload;
        struct error err;

        if (!c->finished || index == SIZE_MAX || !turn_is_next_result(&s->turn, index))
            continue;
        buf_init(&payload, BUF_NO_MAX);
        json_begin(&w, &payload);
        write_result(&w, c, &s->turn.calls[index]);
        run_free(c);
        session_say(s, EV_AGENT_TOOL_RESULT, s->turn.calls[index].seq, &payload, &err);
        buf_fini(&payload);
        return true;
    }
    return false;
}

/* ---- the run -------------------------------------------------------------------------------------- */

static bool is_command(const struct call_run *c) { return c->run.tool->flags & TOOL_COMMAND; }

/* On the pool or the loop, whoever ran it: errors become words for the model, large output a file. */
static void complete(struct call_run *c)
{
    struct tool_run *run = &c->run;
    struct error err;

    if (c->status != REIN_OK)
        tool_result_error(&run->result, "%s", c->err.text);
    if (!run->result.spilled[0] &&
        tool_result_limit(&run->result, run->results, run->call_id, is_command(c), &err) != REIN_OK)
        tool_result_error(&run->result, "The result was too large and could not be stored: %s",
                          err.text);
    run->result.ended_us = clock_wall();
}

static void finish(struct call_run *c)
{
    struct session *s = c->s;

    c->finished = true;
    if (!c->dropped) {
        session_pump(s);
        return;
    }
    run_free(c);
    session_let_go(s);
}

static void work_run(struct work *work)
{
    struct call_run *c = list_of(work, struct call_run, work);

    c->run.result.started_us = clock_wall();
    if (atomic_load(&c->run.canceled))
        c->status = fail(&c->err, REIN_CANCELED, "Interrupted before it ran. Nothing was done.");
    else
        c->status = c->run.tool->run(&c->run, &c->err);
    complete(c);
}

static void work_done(struct work *work, bool ran)
{
    struct call_run *c = list_of(work, struct call_run, work);

    if (!ran) {
        c->status = fail(&c->err, REIN_CANCELED, "Interrupted before it ran. Nothing was done.");
        c->run.result.started_us = clock_wall();
        complete(c);
    }
    finish(c);
}

static void op_done(struct tool_run *run)
{
    struct call_run *c = run->owner;

    complete(c);
    finish(c);
}

static void progress(struct tool_run *run, str text)
{
    struct call_run *c = run->owner;
    struct json_writer w;
    struct buf payload;
    char id[ID_UUID_SIZE];

    if (c->dropped || !c->s->n_listeners)
        return;
    id_uuid(c->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "tool_use_id", str_of(id));
    json_put(&w, "text", text);
    json_object_end(&w);
    session_pass(c->s, EV_TOOL_PROGRESS, buf_str(&payload));
    buf_fini(&payload);
}

/* The intent is stored where that matters: now it may act. */
static void on_stored(struct waiter *waiter)
{
    struct call_run *c = list_of(waiter, struct call_run, waiter);
    struct session *s = c->s;

    c->started = true;
    if (c->status == REIN_OK && atomic_load(&c->run.canceled))
        c->status = fail(&c->err, REIN_CANCELED, "Interrupted before it ran. Nothing was done.");
    if (c->status == REIN_OK && c->run.tool->start) {
        c->run.result.started_us = clock_wall();
        c->status = c->run.tool->start(&c->run, &c->err);
        if (c->status == REIN_OK)
            return;
    } else if (c->status == REIN_OK) {
        c->work = (struct work){.work = work_run, .done = work_done};
        work_start(s->brain->loop, &c->work);
        return;
    }
    c->run.result.started_us = clock_wall();
    complete(c);
    finish(c);
}

/* ---- the place ------------------------------------------------------------------------------------ */

static rein_status provision(struct session *s, struct error *err)
{
    const char *results = arena_printf(&s->life, "%s/%s", s->brain->paths.results, s->uuid).p;
    struct hands_spec spec = {
        .folder = s->folder,
        .level = s->level,
        .results = results,
        .masked = s->brain->paths.own,
        .state = s->brain->paths.state,
    };

    if (s->hands)
        return REIN_OK;
    if (file_make_folder(results, 0700, err) != REIN_OK ||
        file_make_folder(spec.state, 0700, err) != REIN_OK)
        return err->status;
    return hands_provision(s->brain->loop, &spec, &s->hands, err);
}

/* The absolute path that a call is about, without "." and "..": the key of what is known of it. */
static str absolute(struct session *s, str path, struct arena *a)
{
    str whole = path.n && path.p[0] == '/' ? path : arena_printf(a, "%s/%.*s", s->folder, FS(path));
    struct buf out;
    str result;

    buf_init(&out, BUF_NO_MAX);
    while (whole.p) {
        str part = str_cut(&whole, '/');
        if (part.n == 0 || str_eq(part, S(".")))
            continue;
        if (str_eq(part, S(".."))) {
            while (out.n && out.p[--out.n] != '/')
                continue;
            continue;
        }
        buf_byte(&out, '/');
        buf_add(&out, part);
    }
    result = arena_str(a, out.n ? buf_str(&out) : S("/"));
    buf_fini(&out);
    return result;
}

static void look_up_known(struct session *s, struct call_run *c)
{
    const struct tool *tool = c->run.tool;
    str path = tool->subject ? json_text(c->run.input, tool->subject, S("")) : S("");
    const struct file_fact *fact =
        path.n ? views_file(&s->views, absolute(s, path, &c->arena)) : NULL;

    if (!fact)
        return;
    c->run.known = (struct file_known){.known = true,
                                       .in_context = fact->in_context,
                                       .sha = fact->sha,
                                       .size = fact->size,
                                       .mtime_ns = fact->mtime_ns,
                                       .ctime_ns = fact->ctime_ns,
                                       .offset = fact->offset,
                                       .limit = fact->limit};
}

static struct call_run *run_new(struct session *s, const struct call *call)
{
    struct call_run *c = memory_new(sizeof *c);
    void *args = NULL;

    c->s = s;
    c->id = call->id;
    c->seq = call->seq;
    arena_init(&c->arena);
    tool_result_init(&c->run.result);
    list_init(&c->waiter.link);
    list_add(&s->runs, &c->link);
    c->run.tool = call_tool(call);
    c->run.arena = &c->arena;
    c->run.owner = c;
    c->run.loop = s->brain->loop;
    c->run.call_id = arena_str(&c->arena, call->call);
    c->run.done = op_done;
    c->run.progress = progress;
    c->run.folder = s->folder;
    c->run.level = s->level;
    c->run.policy = s->turn.policy;
    c->run.masked = s->brain->paths.own;
    c->run.results = arena_printf(&c->arena, "%s/%s", s->brain->paths.results, s->uuid).p;
    c->run.todos = arena_str(&c->arena, buf_str(&s->views.todos.list));
    c->status = call_decode(c->run.tool, arena_str(&c->arena, call->input), &c->arena, &args,
                            &c->run.input, &c->err);
    c->run.args = args;
    if (c->status == REIN_OK && (c->run.tool->flags & TOOL_HANDS))
        c->status = provision(s, &c->err);
    if (c->status == REIN_OK && s->hands) {
        c->run.hands = s->hands;
        c->run.root = hands_root(s->hands);
    }
    if (c->status == REIN_OK)
        look_up_known(s, c);
    return c;
}

bool effect_tool_is_running(const struct session *s, const struct call *call)
{
    list_each (link, &s->runs) {
        if (id_eq(list_of(link, struct call_run, link)->id, call->id))
            return true;
    }
    return false;
}

static rein_status say_started(struct session *s, const struct call *call)
{
    bool read = call->class->flags & CLASS_READ_ONLY;
    struct json_writer w;
    struct buf payload;
    struct error err;
    rein_status status;
    char id[ID_UUID_SIZE];

    id_uuid(call->id, id);
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "tool_use_id", str_of(id));
    json_put(&w, "effect", arena_printf(&s->scratch, "tool:%llu", (unsigned long long)call->seq));
    json_put(&w, "class", read ? S("read") : S("change"));
    json_object_end(&w);
    status = session_say(s, EV_TOOL_STARTED, call->seq, &payload, &err);
    buf_fini(&payload);
    return status;
}

bool effect_tool(struct session *s, const struct effect *effect)
{
    const struct call *call = &s->turn.calls[effect->call];
    bool again = call->lost; /* a read of a process that died: its intent stands already */
    bool read = call->class->flags & CLASS_READ_ONLY;
    struct call_run *c;

    if (effect_tool_is_running(s, call))
        return false;
    c = run_new(s, call);
    if (!again && say_started(s, call) != REIN_OK)
        return true;
    if (read)
        on_stored(&c->waiter);
    else
        session_wait(s, &c->waiter, log_head(s->log), on_stored);
    return true;
}

bool effect_cancel(struct session *s, const struct effect *effect)
{
    const struct call *call = &s->turn.calls[effect->call];

    list_each (link, &s->runs) {
        struct call_run *c = list_of(link, struct call_run, link);

        if (!id_eq(c->id, call->id) || c->cancel_asked)
            continue;
        c->cancel_asked = true;
        atomic_store(&c->run.canceled, true);
        if (c->started && c->run.tool->cancel)
            c->run.tool->cancel(&c->run);
        else if (c->started && c->work.impl)
            work_cancel(&c->work);
    }
    return false; /* its result comes as an event */
}

/* Operations on the loop and work on the pool go on until they say so, in the session's hands. */
void effect_tool_drop(struct session *s)
{
    list_each (link, &s->runs) {
        struct call_run *c = list_of(link, struct call_run, link);

        list_remove(&c->waiter.link);
        list_remove(&c->link);
        if (c->finished || !c->started) {
            run_free(c);
            continue;
        }
        c->dropped = true;
        s->dropped++;
        atomic_store(&c->run.canceled, true);
        if (c->run.tool->cancel)
            c->run.tool->cancel(&c->run);
        else if (c->work.impl)
            work_cancel(&c->work);
    }
}
