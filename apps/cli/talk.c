/*
 * talk.c - a conversation on a terminal, line by line: prompt, turn, questions. What is typed
 * while the agent works joins its next request. Lines are edited by the terminal itself; there is no
 * history of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "cli/recap.h"
#include "cli/talk.h"
#include "platform/tty.h"
#include "tui/draw.h"

static void hear(void *data, rein_session *s, const rein_event *event)
{
    struct talk *t = data;

    (void)s;
    if (event->seq == 0 || event->seq > t->recalled)
        render_event(t->render, event);
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

    if (strcmp(line, "a") == 0 && !always)
        host_write(NULL, "  'always' is not offered for this call\n", 40);
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
    buf_byte(&out, '\n');
    draw_question(render_theme(t->render), q, &out);
    talk_show(t, &out);
    buf_fini(&out);
    tcflush(STDIN_FILENO, TCIFLUSH);
    host_write(NULL, "  > ", 4);
}

/* No answer: the turn ends, and the question with it. */
static void withdraw(struct talk *t, const char *id)
{
    host_write(NULL, "\n", 1);
    rein_interrupt(t->s, NULL);
    snprintf(t->answered, sizeof t->answered, "%s", id);
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
            withdraw(t, id);
            return;
        }
        enum host_line got = is_readable ? host_read_line(&line) : LINE_NOTHING;
        if (got == LINE_NOTHING)
            continue;
        if (got == LINE_END) {
            t->leaving = true;
            withdraw(t, id);
        } else if (!talk_word(t, line)) {
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

/* What is typed while the agent works has stood in the status line, which is drawn over it: say it
 * again where it stays. */
static void acknowledge(struct talk *t)
{
    struct buf out;

    if (rein_is_idle(t->s) || !t->said.p[strspn(t->said.p, " \t\n")])
        return;
    buf_init(&out, BUF_NO_MAX);
    buf_add(&out, S("\x1b[A\r\x1b[K"));
    draw_prompt(render_theme(t->render), buf_str(&t->said), &out);
    buf_add(&out, S("  (joins the next request)\n"));
    talk_show(t, &out);
    buf_fini(&out);
}

/* A line of what is said. It goes on when it ends in a backslash. Lines that come at once are a paste:
 * one message, and its last line often lacks its end, so that Enter is waited for. */
static void say(struct talk *t, const char *line)
{
    static const char enter[] = "  (Enter sends what was pasted) ";
    bool was_pasting = t->pasting;

    if (!t->said.n && talk_word(t, line))
        return;
    buf_add(&t->said, str_of(line));
    t->pasting = host_has_line();
    if (t->pasting || was_pasting) {
        buf_byte(&t->said, '\n');
        if (!t->pasting)
            host_write(NULL, enter, sizeof enter - 1);
    } else if (str_ends(buf_str(&t->said), S("\\"))) {
        t->said.p[t->said.n - 1] = '\n';
        host_write(NULL, "  ", 2);
    } else {
        acknowledge(t);
        send(t, t->said.p);
        buf_clear(&t->said);
    }
}

/* The input ended: what was begun is said, and what works may finish. */
static void leave(struct talk *t)
{
    static const char words[] = "\n(leaves when this turn is over; Ctrl-C ends it now)\n";

    t->leaving = true;
    if (t->said.n)
        send(t, t->said.p);
    buf_clear(&t->said);
    if (rein_is_idle(t->s))
        return;
    render_clear(t->render);
    host_write(NULL, words, sizeof words - 1);
}

/* Read a line and do with it what is to be done. False: there was none. */
static bool hear_line(struct talk *t)
{
    char *line;
    enum host_line got = host_read_line(&line);

    if (got == LINE_READ)
        say(t, line);
    if (got == LINE_END)
        leave(t);
    return got != LINE_NOTHING;
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
            hear_line(t);
    }
    render_clear(t->render);
    return true;
}

static void put_prompt(struct talk *t)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    theme_put(render_theme(t->render), STYLE_ACCENT, S("\n› "), &out);
    talk_show(t, &out);
    buf_fini(&out);
}

/* One message of the person's, said to the agent or done here. */
static void listen(struct talk *t)
{
    bool heard = false;

    put_prompt(t);
    while ((!heard || t->said.n) && !t->leaving && !host_is_terminated()) {
        if (host_was_interrupted()) {
            buf_clear(&t->said);
            t->pasting = false;
            host_write(NULL, "\n(Ctrl-D leaves)", 16);
            put_prompt(t);
        }
        if (host_turn(t->r, STDIN_FILENO, -1))
            heard = hear_line(t);
    }
}

/* The prompt that came on the command line, as if it had been typed. */
static void begin(struct talk *t, const char *prompt)
{
    struct buf out;

    if (!prompt[0])
        return;
    buf_init(&out, BUF_NO_MAX);
    buf_byte(&out, '\n');
    draw_prompt(render_theme(t->render), str_of(prompt), &out);
    talk_show(t, &out);
    buf_fini(&out);
    send(t, prompt);
}

/* What stays when we leave. */
static void part(const struct talk *t)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    buf_byte(&out, '\n');
    if (t->turns || t->recalled)
        buf_printf(&out, "rein --resume %s goes on\n", rein_session_id(t->s));
    host_write(NULL, out.p, out.n);
    buf_fini(&out);
}

static int talk(struct talk *t, bool is_resumed, const char *prompt)
{
    struct buf out;
    rein_error err = {0};

    buf_init(&out, BUF_NO_MAX);
    talk_banner(t, &out);
    buf_add(&out, S("  /help lists what can be typed; Ctrl-C interrupts, Ctrl-D leaves.\n"));
    talk_show(t, &out);
    buf_fini(&out);
    if (is_resumed && recap(t->s, t->render, &t->recalled, &err) != REIN_OK)
        host_fail(&err);
    begin(t, prompt);
    while (!t->leaving && !host_is_terminated()) {
        if (!work(t))
            break;
        if (!t->leaving)
            listen(t);
    }
    if (t->leaving && !rein_is_idle(t->s))
        work(t);
    part(t);
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

    buf_init(&t.said, BUF_NO_MAX);
    host_signals();
    if (rein_open(config, &t.r, &err) != REIN_OK)
        return host_fail(&err);
    if (rein_session_open(t.r, session, &t.s, &err) != REIN_OK) {
        code = host_fail(&err);
    } else {
        options.folder = rein_session_folder(t.s);
        tty_size(STDOUT_FILENO, &options.columns, &rows);
        t.render = render_new(&options, host_write, NULL);
        if (rein_listen(t.s, hear, &t, &err) == REIN_OK)
            code = talk(&t, session->resume || session->newest, prompt);
        else
            code = host_fail(&err);
        rein_unlisten(t.s, hear, &t);
    }
    rein_close(t.r);
    render_free(t.render);
    buf_fini(&t.said);
    return code;
}
