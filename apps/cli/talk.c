/*
 * talk.c - a conversation on a terminal, line by line: banner, prompt, turn, questions. What is typed
 * while the agent works joins its next request. Lines are edited by the terminal itself; there is no
 * history.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "cli/run.h"
#include "platform/tty.h"
#include "tui/draw.h"
#include "tui/render.h"

struct talk {
    const rein_config *config;
    rein *r;
    rein_session *s;
    struct render *render;
    char answered[37]; /* the question that was answered last: its event is under way */
    bool leaving;
    int turns;
};

static void hear(void *data, rein_session *s, const rein_event *event)
{
    struct talk *t = data;

    (void)s;
    render_event(t->render, event);
}

static void show(struct talk *t, const struct buf *bytes)
{
    render_clear(t->render);
    host_write(NULL, bytes->p ? bytes->p : "", bytes->n);
}

static void put_setting(const struct talk *t, struct buf *out, const char *label, const char *name)
{
    const char *origin = NULL, *value = rein_config_get(t->config, name, &origin);

    buf_printf(out, "  %-8s ", label);
    utf8_sanitise(out, str_of(value ? value : "-"), false);
    if (origin && strcmp(origin, "default") != 0)
        buf_printf(out, " (%s)", origin);
    buf_byte(out, '\n');
}

static void put_banner(struct talk *t, struct buf *out)
{
    const struct theme *theme = render_theme(t->render);

    buf_add(out, str_of(theme_on(theme, STYLE_BOLD)));
    buf_printf(out, "rein %s", rein_version());
    buf_add(out, str_of(theme_off(theme)));
    buf_byte(out, '\n');
    put_setting(t, out, "model", "model");
    buf_add(out, S("  folder   "));
    utf8_sanitise(out, str_of(rein_session_folder(t->s)), false);
    buf_byte(out, '\n');
    put_setting(t, out, "asks", "permission-mode");
    put_setting(t, out, "sandbox", "sandbox");
    buf_printf(out, "  session  %s\n", rein_session_id(t->s));
}

/* ---- words that begin with a slash ------------------------------------------------------------- */

static void slash_help(struct talk *t);

static void slash_status(struct talk *t)
{
    struct arena a;
    struct json *result = NULL;
    struct buf out;

    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    put_banner(t, &out);
    json_parse(str_of(rein_turn_result(t->s)), JSON_DEPTH, &a, &result, NULL);
    if (t->turns) {
        buf_add(&out, S("  last     "));
        draw_turn_end(render_theme(t->render), result, json_text(result, "stop_reason", S("")),
                      &out);
    }
    show(t, &out);
    buf_fini(&out);
    arena_fini(&a);
}

static void slash_exit(struct talk *t) { t->leaving = true; }

static const struct {
    const char *word, *help;
    void (*run)(struct talk *t);
} slashes[] = {
    {"/help", "what can be typed here", slash_help},
    {"/status", "model, folder, permission, session, the last turn", slash_status},
    {"/exit", "leave; 'rein --continue' goes on", slash_exit},
};

static void slash_help(struct talk *t)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    for (size_t i = 0; i < sizeof slashes / sizeof slashes[0]; i++)
        buf_printf(&out, "  %-10s %s\n", slashes[i].word, slashes[i].help);
    buf_add(&out, S("  Ctrl-C interrupts the agent, Ctrl-D leaves. What you type while it works "
                    "joins its next\n  request. Lines are edited by the terminal; there is no "
                    "history yet.\n"));
    show(t, &out);
    buf_fini(&out);
}

/* Whether the line was such a word. A path is none: it has a second slash or a blank. */
static bool run_slash(struct talk *t, const char *line)
{
    struct buf out;

    if (line[0] != '/' || strchr(line + 1, '/') || strchr(line, ' '))
        return false;
    for (size_t i = 0; i < sizeof slashes / sizeof slashes[0]; i++) {
        if (strcmp(line, slashes[i].word) == 0) {
            slashes[i].run(t);
            return true;
        }
    }
    buf_init(&out, BUF_NO_MAX);
    buf_add(&out, S("no "));
    utf8_sanitise(&out, str_take(str_of(line), 60), false);
    buf_add(&out, S("; /help lists what there is\n"));
    show(t, &out);
    buf_fini(&out);
    return true;
}

/* ---- questions --------------------------------------------------------------------------------- */

static void answer(struct talk *t, const struct question *q, const char *line)
{
    bool always = strcmp(line, "a") == 0 && q->always[0];
    bool yes = always || strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
    bool no = strcmp(line, "n") == 0 || strcmp(line, "no") == 0;
    struct json_writer w;
    struct buf payload;
    rein_error err;

    if (!line[0] || (strcmp(line, "a") == 0 && !always))
        return; /* nothing that means something: the question is drawn again */
    buf_init(&payload, BUF_NO_MAX);
    json_begin(&w, &payload);
    json_object(&w);
    json_put(&w, "tool_use_id", str_of(q->id));
    json_put(&w, "result", yes ? S("allow") : S("deny"));
    if (always)
        json_put_bool(&w, "always", true);
    if (!yes && !no)
        json_put(&w, "deny_message", str_of(line));
    json_object_end(&w);
    snprintf(t->answered, sizeof t->answered, "%s", q->id);
    if (rein_send_event(t->s, "user.tool_confirmation", payload.p, &err) != REIN_OK)
        host_fail(&err);
    buf_fini(&payload);
}

/* The whole question; what was typed before it stood there does not count. */
static void put_question(struct talk *t, const struct question *q)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    draw_question(render_theme(t->render), q, &out);
    show(t, &out);
    buf_fini(&out);
    tcflush(STDIN_FILENO, TCIFLUSH);
    host_write(NULL, "  > ", 4);
}

/* Ask the oldest question. */
static void ask(struct talk *t, const struct question *q)
{
    char id[37];
    char *line;

    snprintf(id, sizeof id, "%s", q->id);
    put_question(t, q);
    while (!host_is_terminated() && !host_output_failed()) {
        bool is_readable = host_turn(t->r, STDIN_FILENO, -1);
        q = render_question(t->render);
        if (!q || strcmp(q->id, id) != 0)
            return; /* somebody else answered, or it was interrupted */
        if (host_was_interrupted()) {
            rein_interrupt(t->s, NULL);
            snprintf(t->answered, sizeof t->answered, "%s", id);
            return;
        }
        enum host_line got = is_readable ? host_read_line(&line) : LINE_NOTHING;
        if (got == LINE_NOTHING)
            continue;
        if (got == LINE_END) {
            t->leaving = true;
            answer(t, q, "n");
        } else if (!run_slash(t, line)) {
            answer(t, q, line);
        }
        return;
    }
}

/* ---- the turn ---------------------------------------------------------------------------------- */

static void send(struct talk *t, const char *line)
{
    rein_error err;

    if (!line[strspn(line, " \t")])
        return;
    t->turns++;
    if (rein_send(t->s, line, &err) != REIN_OK)
        host_fail(&err);
}

static void listen_while_working(struct talk *t)
{
    char *line;
    enum host_line got = host_read_line(&line);

    if (got == LINE_END)
        t->leaving = true;
    else if (got == LINE_READ && !run_slash(t, line))
        send(t, line);
}

/* Until the agent waits for us. False: the process shall end. */
static bool work(struct talk *t)
{
    int interrupts = 0;

    while (!rein_is_idle(t->s)) {
        const struct question *q = render_question(t->render);
        int columns, rows;

        if (host_is_terminated() || host_output_failed() || interrupts > 1)
            return false;
        if (host_was_interrupted()) {
            interrupts++;
            rein_interrupt(t->s, NULL);
        }
        if (rein_is_asking(t->s) && q && strcmp(q->id, t->answered) != 0) {
            ask(t, q);
            continue;
        }
        tty_size(STDOUT_FILENO, &columns, &rows);
        render_columns(t->render, columns);
        render_tick(t->render, host_now());
        if (host_turn(t->r, t->leaving ? -1 : STDIN_FILENO, 100))
            listen_while_working(t);
    }
    render_clear(t->render);
    return true;
}

static void put_prompt(struct talk *t)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    theme_put(render_theme(t->render), STYLE_ACCENT, S("\n› "), &out);
    show(t, &out);
    buf_fini(&out);
}

/* One line of the person's, said to the agent or done here. */
static void listen(struct talk *t)
{
    enum host_line got = LINE_NOTHING;
    char *line;

    put_prompt(t);
    while (got == LINE_NOTHING && !host_is_terminated()) {
        if (host_was_interrupted()) {
            host_write(NULL, "(Ctrl-D leaves)", 15);
            put_prompt(t);
        }
        if (host_turn(t->r, STDIN_FILENO, -1))
            got = host_read_line(&line);
    }
    if (got == LINE_END)
        t->leaving = true;
    else if (got == LINE_READ && !run_slash(t, line))
        send(t, line);
}

static int talk(struct talk *t, const char *prompt)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    put_banner(t, &out);
    buf_add(&out, S("  /help lists what can be typed; Ctrl-C interrupts, Ctrl-D leaves.\n"));
    show(t, &out);
    buf_fini(&out);
    send(t, prompt);
    while (!t->leaving && !host_is_terminated()) {
        if (!work(t))
            break;
        if (!t->leaving)
            listen(t);
    }
    if (t->leaving && !rein_is_idle(t->s))
        work(t);
    host_write(NULL, "\n", 1);
    if (host_is_terminated())
        return EXIT_TERMINATED;
    return t->leaving ? 0 : EXIT_INTERRUPTED;
}

int run_talk(const rein_config *config, const rein_session_options *session, const char *prompt)
{
    struct talk t = {.config = config};
    struct render_options options = {.colour = tty_has_colour(STDOUT_FILENO), .live = true};
    rein_error err = {0};
    int code, rows;

    host_signals();
    if (rein_open(config, &t.r, &err) != REIN_OK)
        return host_fail(&err);
    if (rein_session_open(t.r, session, &t.s, &err) != REIN_OK) {
        code = host_fail(&err);
    } else {
        options.folder = rein_session_folder(t.s);
        tty_size(STDOUT_FILENO, &options.columns, &rows);
        t.render = render_new(&options, host_write, NULL);
        code = rein_listen(t.s, hear, &t, &err) == REIN_OK ? talk(&t, prompt) : host_fail(&err);
        rein_unlisten(t.s, hear, &t);
    }
    rein_close(t.r);
    render_free(t.render);
    return code;
}
