/*
 * render.c - the screen of a session, line by line. Everything goes into one buffer that is written
 * in one piece at the end of each call, so that a line is never seen half.
 */
#include "tui/render.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "tui/draw.h"
#include "tui/flow.h"
#include "tui/markdown.h"

enum above { ABOVE_NOTHING, ABOVE_TEXT, ABOVE_CALL };
enum { SHOWN = 16, ECHO_COLUMNS = 2 }; /* "^C" of the terminal must not begin a line */

struct render {
    struct theme theme;
    bool live;
    int columns;
    rein_write_fn *write;
    void *data;
    struct buf out;
    struct arena scratch;
    struct calls calls;
    enum above above;
    /* the text that is being written */
    char text_id[ID_UUID_SIZE];
    struct buf text;                 /* what of it is not shown yet */
    bool text_shown;                 /* some of it is */
    char shown[SHOWN][ID_UUID_SIZE]; /* the last ones that were: their events come later */
    unsigned shown_at;
    /* the status line */
    bool working, drawn;
    unsigned frame;
    int64_t since; /* when the turn began; 0: at the next tick */
    int64_t tokens_in, tokens_out, streamed;
    struct buf doing; /* what a running command wrote last */
};

struct render *render_new(const struct render_options *options, rein_write_fn *write, void *data)
{
    struct render *r = memory_new(sizeof *r);

    r->theme.colour = options->colour;
    r->live = options->live;
    r->columns = options->columns;
    r->write = write;
    r->data = data;
    buf_init(&r->out, BUF_NO_MAX);
    buf_init(&r->text, BUF_NO_MAX);
    buf_init(&r->doing, 4096);
    arena_init(&r->scratch);
    calls_init(&r->calls, options->folder);
    return r;
}

void render_free(struct render *r)
{
    if (!r)
        return;
    buf_fini(&r->out);
    buf_fini(&r->text);
    buf_fini(&r->doing);
    arena_fini(&r->scratch);
    calls_fini(&r->calls);
    free(r);
}

static void flush(struct render *r)
{
    if (r->out.n)
        r->write(r->data, r->out.p, r->out.n);
    buf_clear(&r->out);
}

static void erase_status(struct render *r)
{
    if (r->drawn)
        buf_add(&r->out, S("\r\x1b[K"));
    r->drawn = false;
}

/* A blank line between text and calls, none between calls. */
static void part(struct render *r, enum above next)
{
    if (r->above != ABOVE_NOTHING && (r->above != next || next == ABOVE_TEXT))
        buf_byte(&r->out, '\n');
    r->above = next;
}

/* ---- text -------------------------------------------------------------------------------------- */

static void show_text(struct render *r, str text)
{
    if (str_trim(text).n == 0)
        return;
    erase_status(r);
    part(r, ABOVE_TEXT);
    markdown_render(text, &r->theme, r->columns, &r->out);
    r->text_shown = true;
}

static void finish_text(struct render *r)
{
    if (!r->text_id[0])
        return;
    show_text(r, buf_str(&r->text));
    buf_clear(&r->text);
    if (r->text_shown)
        memcpy(r->shown[r->shown_at++ % SHOWN], r->text_id, sizeof r->text_id);
    r->text_id[0] = 0;
}

static bool was_shown(const struct render *r, const char *id)
{
    for (size_t i = 0; i < SHOWN; i++) {
        if (strcmp(r->shown[i], id) == 0)
            return true;
    }
    return false;
}

static void on_event_start(struct render *r, const rein_event *event, const struct json *body)
{
    const struct json *coming = json_get(body, "event");
    str id = json_text(coming, "id", S(""));

    (void)event;
    if (!r->live)
        return;
    finish_text(r);
    if (id.n != ID_UUID_SIZE - 1 || !str_eq(json_text(coming, "type", S("")), S("agent.message")))
        return;
    memcpy(r->text_id, id.p, id.n);
    r->text_shown = false;
}

static void on_delta(struct render *r, const rein_event *event, const struct json *body)
{
    str text = json_text(json_get(json_get(body, "delta"), "content"), "text", S(""));

    (void)event;
    r->streamed += (int64_t)text.n;
    if (!r->text_id[0] || !str_eq(json_text(body, "event_id", S("")), str_of(r->text_id)))
        return;
    buf_add(&r->text, text);
    size_t whole = markdown_whole(buf_str(&r->text));
    if (whole == 0)
        return;
    show_text(r, str_take(buf_str(&r->text), whole));
    buf_drop(&r->text, whole);
}

/* Finished: what was not shown while it was written is shown now. A block of which no piece came
 * (the session goes on in this process, or nothing is live) is shown whole. */
static void on_message(struct render *r, const rein_event *event, const struct json *body)
{
    if (r->text_id[0] && strcmp(event->id, r->text_id) == 0)
        finish_text(r);
    if (was_shown(r, event->id))
        return;
    json_each (block, json_get(body, "content"))
        show_text(r, json_text(block, "text", S("")));
}

/* ---- calls ------------------------------------------------------------------------------------- */

static void on_result(struct render *r, const rein_event *event, const struct json *body)
{
    str id = json_text(body, "tool_use_id", S(""));

    (void)event;
    erase_status(r);
    finish_text(r);
    part(r, ABOVE_CALL);
    draw_result(&r->theme, r->columns, calls_get(&r->calls, id), body, &r->out);
    calls_forget(&r->calls, id);
    buf_clear(&r->doing);
}

static void on_progress(struct render *r, const rein_event *event, const struct json *body)
{
    str text = str_trim(json_text(body, "text", S("")));
    size_t end;

    (void)event;
    while ((end = str_find(text, '\n')) != SIZE_MAX)
        text = str_skip(text, end + 1);
    buf_clear(&r->doing);
    buf_add(&r->doing, str_take(text, 1024));
}

static void on_error(struct render *r, const rein_event *event, const struct json *body)
{
    struct flow flow;

    (void)event;
    erase_status(r);
    finish_text(r);
    part(r, ABOVE_CALL);
    flow_init(&flow, &r->theme, r->columns, &r->out);
    theme_put(&r->theme, STYLE_BAD, S("✗ "), &flow.words);
    utf8_sanitise(&flow.words, json_text(json_get(body, "error"), "message", S("error")), false);
    flow_end(&flow);
    flow_fini(&flow);
}

static void on_retry(struct render *r, const rein_event *event, const struct json *body)
{
    (void)event;
    buf_clear(&r->doing);
    buf_printf(&r->doing, "the model's server asks for patience; attempt %lld of %lld",
               (long long)json_int(body, "attempt", 0) + 1, (long long)json_int(body, "max", 0));
}

/* ---- the turn ---------------------------------------------------------------------------------- */

static void on_running(struct render *r, const rein_event *event, const struct json *body)
{
    (void)event;
    (void)body;
    r->working = true;
    r->since = 0;
    r->above = ABOVE_NOTHING;
    r->tokens_in = r->tokens_out = r->streamed = 0;
    buf_clear(&r->doing);
}

static void on_request_end(struct render *r, const rein_event *event, const struct json *body)
{
    const struct json *usage = json_get(body, "model_usage");

    (void)event;
    r->tokens_in += json_int(usage, "input_tokens", 0) +
                    json_int(usage, "cache_read_input_tokens", 0) +
                    json_int(usage, "cache_creation_input_tokens", 0);
    r->tokens_out += json_int(usage, "output_tokens", 0);
    r->streamed = 0;
}

static void on_idle(struct render *r, const rein_event *event, const struct json *body)
{
    (void)event;
    erase_status(r);
    finish_text(r);
    r->working = false;
    if (r->above != ABOVE_NOTHING)
        buf_byte(&r->out, '\n');
    draw_turn_end(&r->theme, json_get(body, "result"),
                  json_text(json_get(body, "stop_reason"), "type", S("")), &r->out);
    r->above = ABOVE_NOTHING;
}

static const struct {
    const char *type;
    void (*draw)(struct render *r, const rein_event *event, const struct json *body);
} rules[] = {
    {"event_delta", on_delta},           {"event_start", on_event_start},
    {"rein.tool_progress", on_progress}, {"rein.request_retry", on_retry},
    {"agent.message", on_message},       {"agent.tool_result", on_result},
    {"session.error", on_error},         {"session.status_running", on_running},
    {"session.status_idle", on_idle},    {"span.model_request_end", on_request_end},
};

void render_event(struct render *r, const rein_event *event)
{
    struct json *body;

    arena_reset(&r->scratch);
    if (json_parse(str_make(event->payload, event->payload_size), JSON_DEPTH, &r->scratch, &body,
                   NULL) != REIN_OK)
        return;
    if (strcmp(event->type, "agent.tool_result") != 0)
        calls_apply(&r->calls, event->type, event->id, body);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(event->type, rules[i].type) == 0)
            rules[i].draw(r, event, body);
    }
    if (strcmp(event->type, "agent.tool_result") == 0)
        calls_apply(&r->calls, event->type, event->id, body);
    flush(r);
}

/* ---- the status line --------------------------------------------------------------------------- */

static void put_doing(struct render *r, struct buf *line)
{
    const struct call_shown *call = calls_running(&r->calls);

    if (call) {
        buf_add(line, str_of(call->name));
        buf_byte(line, ' ');
        buf_add(line, str_of(call->subject));
    } else {
        buf_add(line, r->text_id[0] ? S("writing") : S("thinking"));
    }
    if (r->doing.n) {
        buf_add(line, S(" · "));
        buf_add(line, buf_str(&r->doing));
    }
}

void render_tick(struct render *r, int64_t now)
{
    static const char *const frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    struct buf line, numbers;

    if (!r->live || !r->working || r->calls.questions)
        return;
    if (r->since == 0)
        r->since = now;
    buf_init(&line, BUF_NO_MAX);
    buf_init(&numbers, 256);
    buf_add(&numbers, S(" · "));
    draw_duration(now - r->since, &numbers);
    buf_add(&numbers, S(" · "));
    draw_count(r->tokens_in, &numbers);
    buf_add(&numbers, S(" in, "));
    draw_count(r->tokens_out + r->streamed / 4, &numbers);
    buf_add(&numbers, S(" out"));
    put_doing(r, &line);
    buf_add(&r->out, S("\r\x1b[K"));
    theme_put(&r->theme, STYLE_ACCENT, str_of(frames[r->frame++ % 10]), &r->out);
    buf_byte(&r->out, ' ');
    buf_add(&r->out, str_of(theme_on(&r->theme, STYLE_DIM)));
    theme_line(buf_str(&line), r->columns - 3 - ECHO_COLUMNS - utf8_width(buf_str(&numbers)),
               &r->out);
    buf_add(&r->out, buf_str(&numbers));
    buf_add(&r->out, str_of(theme_off(&r->theme)));
    r->drawn = true;
    flush(r);
    buf_fini(&line);
    buf_fini(&numbers);
}

void render_clear(struct render *r)
{
    erase_status(r);
    flush(r);
}

void render_columns(struct render *r, int columns) { r->columns = columns; }

const struct question *render_question(const struct render *r) { return r->calls.questions; }

const struct theme *render_theme(const struct render *r) { return &r->theme; }
