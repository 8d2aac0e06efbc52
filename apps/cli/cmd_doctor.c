/* cmd_doctor.c - `rein doctor`: the library's findings as a table. */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/host.h"
#include "platform/tty.h"
#include "tui/theme.h"

struct table {
    struct theme theme;
    struct buf lines;
    char area[32];
};

static void collect(void *data, const char *bytes, size_t size)
{
    buf_add(&((struct table *)data)->lines, str_make(bytes, size));
}

static const struct {
    str state, mark;
    enum style style;
} states[] = {
    {S_INIT("ok"), S_INIT("✓"), STYLE_GOOD},
    {S_INIT("degraded"), S_INIT("~"), STYLE_WARN},
    {S_INIT("missing"), S_INIT("✗"), STYLE_BAD},
};

static void put_finding(struct table *t, const struct json *row, struct buf *out)
{
    str area = json_text(row, "area", S(""));

    if (!str_eq(area, str_of(t->area))) {
        snprintf(t->area, sizeof t->area, "%.*s", FS(area));
        buf_add(out, str_of(theme_on(&t->theme, STYLE_BOLD)));
        theme_line(area, 30, out);
        buf_add(out, str_of(theme_off(&t->theme)));
        buf_byte(out, '\n');
    }
    buf_add(out, S("  "));
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (str_eq(json_text(row, "state", S("")), states[i].state))
            theme_put(&t->theme, states[i].style, states[i].mark, out);
    }
    size_t before = out->n;
    buf_byte(out, ' ');
    theme_line(json_text(row, "name", S("")), 28, out);
    int width = theme_width(str_skip(buf_str(out), before));
    do
        buf_byte(out, ' ');
    while (++width < 28);
    theme_line(json_text(row, "detail", S("")), 400, out);
    buf_byte(out, '\n');
}

static void put_table(struct table *t)
{
    struct arena a;
    struct buf out;
    struct json *row;
    str lines = buf_str(&t->lines);

    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    buf_printf(&out, "rein %s\n", rein_version());
    while (lines.n) {
        if (json_parse(str_cut(&lines, '\n'), JSON_DEPTH, &a, &row, NULL) == REIN_OK)
            put_finding(t, row, &out);
    }
    host_write(NULL, out.p, out.n);
    buf_fini(&out);
    arena_fini(&a);
}

int cmd_doctor(struct cli *cli)
{
    struct table t = {.theme = {tty_has_colour(STDOUT_FILENO)}};
    rein_error err = {0};
    rein_status status;

    if (cli->n)
        return complain_usage("'rein doctor' takes no argument");
    if (cli_has(cli, FLAG_JSON)) {
        status = rein_doctor(cli->config, host_write, NULL, &err);
    } else {
        buf_init(&t.lines, BUF_NO_MAX);
        status = rein_doctor(cli->config, collect, &t, &err);
        if (status == REIN_OK)
            put_table(&t);
        buf_fini(&t.lines);
    }
    if (status != REIN_OK)
        return host_fail(&err);
    return host_output_failed() ? 1 : 0;
}
