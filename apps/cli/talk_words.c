/* talk_words.c - the banner of a conversation, and the words with a slash that can be typed in it. */
#include "base/json.h"
#include "base/utf8.h"
#include "cli/talk.h"
#include "tui/draw.h"

void talk_show(struct talk *t, const struct buf *bytes)
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

void talk_banner(struct talk *t, struct buf *out)
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

static void slash_help(struct talk *t);

static void slash_status(struct talk *t)
{
    struct arena a;
    struct json *result = NULL;
    struct buf out;

    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    talk_banner(t, &out);
    json_parse(str_of(rein_turn_result(t->s)), JSON_DEPTH, &a, &result, NULL);
    if (json_get(result, "stop_reason")) {
        buf_add(&out, S("  last     "));
        draw_turn_end(render_theme(t->render), result, json_text(result, "stop_reason", S("")),
                      &out);
    }
    talk_show(t, &out);
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
                    "joins its next\n  request. A line that ends in \\ goes on in the next one; "
                    "pasted lines are one message.\n  Lines are edited by the terminal, "
                    "4,095 bytes each; there is no history of them.\n"));
    talk_show(t, &out);
    buf_fini(&out);
}

bool talk_word(struct talk *t, const char *line)
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
    talk_show(t, &out);
    buf_fini(&out);
    return true;
}
