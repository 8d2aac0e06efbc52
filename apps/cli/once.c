/*
 * once.c - one turn: open, say, listen, close. What examples/embed.c does, with signals, and with the
 * words for what went wrong.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "cli/run.h"
#include "platform/tty.h"
#include "tui/render.h"

enum { PLAIN_COLUMNS = 100 };

struct once {
    const struct run_spec *spec;
    struct render *render; /* a screen, or NULL: bytes of the door */
    bool ended;            /* a turn ended */
    rein_error failure;    /* what the session said of it */
};

static void keep_error(struct once *o, const rein_event *event)
{
    struct arena a;
    struct json *body;
    const char *last = "";

    arena_init(&a);
    if (json_parse(str_make(event->payload, event->payload_size), JSON_DEPTH, &a, &body, NULL) ==
        REIN_OK)
        last = arena_cstr(&a, json_text(json_get(body, "error"), "message", S("")));
    o->failure.status = REIN_FAILED;
    snprintf(o->failure.text, sizeof o->failure.text, "%s", last);
    arena_fini(&a);
}

static void hear(void *data, rein_session *s, const rein_event *event)
{
    struct once *o = data;

    (void)s;
    if (strcmp(event->type, "session.error") == 0)
        keep_error(o, event);
    if (strcmp(event->type, "session.status_idle") == 0)
        o->ended = true;
    if (o->render)
        render_event(o->render, event);
}

static void no_write(void *data, const char *bytes, size_t size)
{
    (void)data;
    (void)bytes;
    (void)size;
}

static void tick(void *data)
{
    struct once *o = data;
    int columns, rows;

    tty_size(STDOUT_FILENO, &columns, &rows);
    render_columns(o->render, columns);
    render_tick(o->render, host_now());
}

/* The call that was refused last, and what would allow it. */
static void explain_refusal(const struct json *result)
{
    const struct json *last = NULL;

    json_each (denial, json_get(result, "permission_denials"))
        last = denial;
    const struct json *input = json_get(last, "tool_input");
    str name = json_text(last, "tool_name", S("a call"));
    str about = json_text(input, "command", json_text(input, "file_path", S("")));
    str reason = json_text(last, "reason", S("see --allowedTools and --permission-mode"));
    complain("refused: %.*s%s%.*s: %.*s", FS(str_take(name, 60)), about.n ? " " : "",
             FS(str_take(about, 200)), FS(str_take(reason, 500)));
}

/* Why there is no answer, on standard error: the text door says nothing of it. */
static void explain(const struct once *o, rein_session *s, int code)
{
    struct arena a;
    struct json *result = NULL;
    str end;

    arena_init(&a);
    json_parse(str_of(rein_turn_result(s)), JSON_DEPTH, &a, &result, NULL);
    end = json_text(result, "stop_reason", S(""));
    if (code == EXIT_INTERRUPTED)
        complain("interrupted; 'rein -p --resume %s' goes on", rein_session_id(s));
    else if (o->failure.text[0])
        complain("%s", o->failure.text);
    else if (str_eq(end, S("max_turns")) || str_eq(end, S("budget_reached")))
        complain("a limit was reached (%.*s); 'rein -p --resume %s' with a prompt goes on", FS(end),
                 rein_session_id(s));
    else if (code == 4)
        explain_refusal(result);
    else
        complain("the turn ended without an answer (%.*s)", FS(end.n ? end : S("no reason given")));
    arena_fini(&a);
}

static int run_turn(struct once *o, rein *r, rein_session *s)
{
    rein_door *door;
    rein_error err = {0};
    int gave_up, code;

    if (rein_listen(s, hear, o, &err) != REIN_OK ||
        rein_door_open(s, o->spec->format, o->render ? no_write : host_write, NULL, &door, &err) !=
            REIN_OK)
        return host_fail(&err);
    if (o->spec->prompt[0] && rein_send(s, o->spec->prompt, &err) != REIN_OK) {
        rein_door_close(door);
        return host_fail(&err);
    }
    gave_up = host_run(r, s, o->render && tty_is(STDOUT_FILENO) ? tick : NULL, o);
    if (o->render)
        render_clear(o->render);
    code = rein_door_close(door);
    if (gave_up)
        return gave_up;
    if (!o->ended && !o->spec->prompt[0] && !o->failure.text[0])
        return complain("session %s has nothing left to do; give a prompt", rein_session_id(s));
    if (code != 0 && !o->render && strcmp(o->spec->format, "text") == 0)
        explain(o, s, code);
    return host_output_failed() ? 1 : code;
}

static struct render *new_screen(const struct run_spec *spec, const char *folder)
{
    bool is_terminal = tty_is(STDOUT_FILENO);
    struct render_options options = {
        .colour = tty_has_colour(STDOUT_FILENO), .live = is_terminal, .folder = folder};
    int rows;

    if (strcmp(spec->format, "text") != 0 || (!is_terminal && !spec->as_screen))
        return NULL;
    tty_size(STDOUT_FILENO, &options.columns, &rows);
    if (!is_terminal)
        options.columns = PLAIN_COLUMNS;
    return render_new(&options, host_write, NULL);
}

int run_once(const struct run_spec *spec)
{
    struct once o = {.spec = spec};
    rein *r;
    rein_session *s = NULL;
    rein_error err = {0};
    int code;

    host_signals();
    if (rein_open(spec->config, &r, &err) != REIN_OK)
        return host_fail(&err);
    if (rein_session_open(r, spec->session, &s, &err) != REIN_OK) {
        code = host_fail(&err);
    } else {
        if (spec->id)
            memcpy(spec->id, rein_session_id(s), 37);
        o.render = new_screen(spec, rein_session_folder(s));
        code = run_turn(&o, r, s);
        rein_unlisten(s, hear, &o);
    }
    render_free(o.render);
    rein_close(r);
    return code;
}
