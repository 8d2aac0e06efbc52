/*
 * cmd_session_show.c - `rein session show ID`: what happened, event by event; long things folded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/host.h"
#include "cli/store.h"
#include "platform/tty.h"
#include "tui/draw.h"

enum { PIPE_COLUMNS = 140 };

struct showing {
    struct theme theme;
    int columns;
    bool as_json;
    struct calls calls;
    struct buf out;
    struct arena scratch;
};

static void put_json(struct showing *show, const rein_event *event)
{
    struct json_writer w;
    char at[TIME_TEXT_SIZE];

    time_text(event->at, at);
    json_begin(&w, &show->out);
    json_object(&w);
    json_put_int(&w, "seq", (int64_t)event->seq);
    json_put(&w, "id", str_of(event->id));
    json_put(&w, "type", str_of(event->type));
    json_put(&w, "at", str_of(at));
    json_put_raw(&w, "payload", str_make(event->payload, event->payload_size));
    json_object_end(&w);
    buf_byte(&show->out, '\n');
}

/* Lines of foreign text below their event. */
static void put_text(struct showing *show, str text)
{
    struct buf safe;
    str rest;

    buf_init(&safe, BUF_NO_MAX);
    utf8_sanitise(&safe, str_trim(text), false);
    for (rest = buf_str(&safe); rest.p;) {
        buf_add(&show->out, S("      "));
        buf_add(&show->out, str_cut(&rest, '\n'));
        buf_byte(&show->out, '\n');
    }
    buf_fini(&safe);
}

static void show_message(struct showing *show, const rein_event *event, const struct json *body)
{
    struct buf text;

    (void)event;
    buf_init(&text, BUF_NO_MAX);
    draw_content_text(json_get(body, "content"), &text);
    buf_byte(&show->out, '\n');
    put_text(show, buf_str(&text));
    buf_fini(&text);
}

static void show_call(struct showing *show, const rein_event *event, const struct json *body)
{
    const struct call_shown *call = calls_get(&show->calls, str_of(event->id));

    (void)body;
    buf_byte(&show->out, ' ');
    buf_add(&show->out, str_of(theme_on(&show->theme, STYLE_BOLD)));
    theme_line(str_of(call ? call->name : "?"), 40, &show->out);
    buf_add(&show->out, str_of(theme_off(&show->theme)));
    buf_byte(&show->out, ' ');
    theme_line(str_of(call ? call->subject : ""), show->columns - 50, &show->out);
    buf_byte(&show->out, '\n');
}

static void show_result(struct showing *show, const rein_event *event, const struct json *body)
{
    str id = json_text(body, "tool_use_id", S(""));

    (void)event;
    buf_add(&show->out, S("\n    "));
    draw_result(&show->theme, show->columns - 4, calls_get(&show->calls, id), body, &show->out);
    calls_forget(&show->calls, id);
}

/* What was decided about a call, and why. */
static void show_decision(struct showing *show, const rein_event *event, const struct json *body)
{
    str rule = json_text(body, "rule", S("")), reason = json_text(body, "reason", S(""));
    struct buf line;

    (void)event;
    buf_init(&line, BUF_NO_MAX);
    buf_add(&line, json_text(body, "decision", S("")));
    buf_printf(&line, " by %.*s", FS(json_text(body, "by", S("?"))));
    if (rule.n)
        buf_printf(&line, ", %.*s", FS(rule));
    if (reason.n)
        buf_printf(&line, ": %.*s", FS(reason));
    buf_byte(&show->out, ' ');
    theme_line(buf_str(&line), show->columns - 46, &show->out);
    buf_byte(&show->out, '\n');
    buf_fini(&line);
}

static void show_end(struct showing *show, const rein_event *event, const struct json *body)
{
    (void)event;
    buf_byte(&show->out, ' ');
    draw_turn_end(&show->theme, json_get(body, "result"),
                  json_text(json_get(body, "stop_reason"), "type", S("")), &show->out);
}

/* Anything else: the beginning of its payload. */
static void show_payload(struct showing *show, const rein_event *event, const struct json *body)
{
    if (!body || body->count == 0) {
        buf_byte(&show->out, '\n');
        return;
    }
    buf_byte(&show->out, ' ');
    buf_add(&show->out, str_of(theme_on(&show->theme, STYLE_DIM)));
    theme_line(str_make(event->payload, event->payload_size), show->columns - 46, &show->out);
    buf_add(&show->out, str_of(theme_off(&show->theme)));
    buf_byte(&show->out, '\n');
}

static const struct {
    const char *type;
    void (*show)(struct showing *show, const rein_event *event, const struct json *body);
} shapes[] = {
    {"user.message", show_message},
    {"agent.message", show_message},
    {"agent.tool_use", show_call},
    {"agent.tool_result", show_result},
    {"session.status_idle", show_end},
    {"rein.permission_decided", show_decision},
    {NULL, show_payload},
};

static void put_event(struct showing *show, const rein_event *event)
{
    struct json *body = NULL;
    char at[TIME_TEXT_SIZE], head[64];
    size_t i = 0;

    json_parse(str_make(event->payload, event->payload_size), JSON_DEPTH, &show->scratch, &body,
               NULL);
    calls_apply(&show->calls, event->type, event->id, body);
    time_text(event->at, at);
    snprintf(head, sizeof head, "%5" PRIu64 " %.12s ", event->seq, at + 11);
    theme_put(&show->theme, STYLE_DIM, str_of(head), &show->out);
    buf_add(&show->out, str_of(theme_on(&show->theme, STYLE_ACCENT)));
    theme_line(str_of(event->type), 40, &show->out);
    buf_add(&show->out, str_of(theme_off(&show->theme)));
    while (shapes[i].type && strcmp(shapes[i].type, event->type) != 0)
        i++;
    shapes[i].show(show, event, body);
}

static void hear(void *data, rein_session *s, const rein_event *event)
{
    struct showing *show = data;

    (void)s;
    if (show->as_json)
        put_json(show, event);
    else
        put_event(show, event);
    host_write(NULL, show->out.p, show->out.n);
    buf_clear(&show->out);
    arena_reset(&show->scratch);
}

static int run(struct cli *cli, rein *r)
{
    struct showing show = {.theme = {tty_has_colour(STDOUT_FILENO)},
                           .as_json = cli_has(cli, FLAG_JSON)};
    rein_error err = {0};
    rein_status status;
    int rows;

    buf_init(&show.out, BUF_NO_MAX);
    arena_init(&show.scratch);
    calls_init(&show.calls, "");
    tty_size(STDOUT_FILENO, &show.columns, &rows);
    if (!tty_is(STDOUT_FILENO))
        show.columns = PIPE_COLUMNS;
    if (show.columns < 80)
        show.columns = 80;
    status = rein_session_read(r, cli->arguments[0], 1, 0, hear, &show, &err);
    calls_fini(&show.calls);
    arena_fini(&show.scratch);
    buf_fini(&show.out);
    return status == REIN_OK ? 0 : host_fail(&err);
}

int cmd_session_show(struct cli *cli) { return store_run_session(cli, run); }
