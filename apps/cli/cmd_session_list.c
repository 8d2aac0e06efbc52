/*
 * cmd_session_list.c - `rein session list`: a table for people, JSON lines for programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/host.h"
#include "cli/store.h"
#include "platform/tty.h"
#include "tui/theme.h"

/* OTHER_COLUMNS: age, status, events and cost, each with the two blanks behind it, and the id's. Below
 * LEAST_COLUMNS there is room for id, age and title. */
enum {
    ID_LEAST = 8,
    ID_MAX = 36,
    AGE_COLUMNS = 6,
    OTHER_COLUMNS = 2 + 8 + 11 + 8 + 10,
    LEAST_COLUMNS = 80,
    PIPE_COLUMNS = 140
};

struct listing {
    struct buf lines;
    size_t n;
};

static void collect(void *data, const char *bytes, size_t size)
{
    struct listing *l = data;

    buf_add(&l->lines, str_make(bytes, size));
    for (size_t i = 0; i < size; i++)
        l->n += bytes[i] == '\n';
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static size_t shared(str a, str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* How many characters of the ids tell all of them apart. */
static size_t id_length(struct json **rows, size_t n, struct arena *a)
{
    str *ids = arena_array(a, str, n ? n : 1);
    size_t length = ID_LEAST;

    for (size_t i = 0; i < n; i++)
        ids[i] = json_text(rows[i], "id", S(""));
    qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 1; i < n; i++) {
        size_t needed = shared(ids[i - 1], ids[i]) + 1;
        if (needed > length)
            length = needed;
    }
    return length > ID_MAX ? ID_MAX : length;
}

static void put_age(int64_t seconds, struct buf *out)
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

    for (size_t i = 0; i < 4; i++) {
        if (seconds >= units[i].seconds) {
            buf_printf(out, "%lld %s", (long long)(seconds / units[i].seconds), units[i].unit);
            return;
        }
    }
    buf_add(out, S("now"));
}

static void put_cell(struct buf *out, str text, int columns)
{
    size_t before = out->n;

    theme_line(text, columns, out);
    for (int width = theme_width(str_skip(buf_str(out), before)); width < columns + 2; width++)
        buf_byte(out, ' ');
}

static void put_row(const struct json *row, size_t length, int columns, struct buf *out)
{
    char text[64];
    int64_t updated = 0;
    struct buf age;
    int left = columns - (int)length - OTHER_COLUMNS;

    buf_init(&age, 64);
    time_parse(json_text(row, "updated", S("")), &updated);
    put_age((int64_t)time(NULL) - updated / 1000000, &age);
    put_cell(out, str_take(json_text(row, "id", S("")), length), (int)length);
    put_cell(out, buf_str(&age), AGE_COLUMNS);
    buf_fini(&age);
    if (columns < LEAST_COLUMNS) {
        left = columns - (int)length - AGE_COLUMNS - 4;
        theme_line(json_text(row, "title", S("")), left < 10 ? 10 : left, out);
        buf_byte(out, '\n');
        return;
    }
    put_cell(out, json_text(row, "status", S("")), 9);
    snprintf(text, sizeof text, "%6lld", (long long)json_int(row, "events", 0));
    put_cell(out, str_of(text), 6);
    snprintf(text, sizeof text, "$%.4f", json_real(row, "cost_usd", 0));
    put_cell(out, str_of(text), 8);
    left = left < 40 ? 40 : left;
    put_cell(out, json_text(row, "folder", S("")), left / 2 - 2);
    theme_line(json_text(row, "title", S("")), left / 2, out);
    buf_byte(out, '\n');
}

static void put_head(size_t length, int columns, struct buf *out)
{
    int left = columns - (int)length - OTHER_COLUMNS;

    left = left < 40 ? 40 : left;
    put_cell(out, S("ID"), (int)length);
    put_cell(out, S("AGE"), AGE_COLUMNS);
    if (columns < LEAST_COLUMNS) {
        buf_add(out, S("TITLE\n"));
        return;
    }
    put_cell(out, S("STATUS"), 9);
    put_cell(out, S("EVENTS"), 6);
    put_cell(out, S("COST"), 8);
    put_cell(out, S("FOLDER"), left / 2 - 2);
    buf_add(out, S("TITLE\n"));
}

static void put_table(const struct listing *l)
{
    struct arena a;
    struct buf out;
    int columns, terminal_rows;
    size_t n = 0;
    str lines = buf_str(&l->lines);

    arena_init(&a);
    buf_init(&out, BUF_NO_MAX);
    tty_size(STDOUT_FILENO, &columns, &terminal_rows);
    if (!tty_is(STDOUT_FILENO))
        columns = PIPE_COLUMNS;
    struct json **rows = arena_array(&a, struct json *, l->n + 1);
    while (lines.n && n < l->n) {
        if (json_parse(str_cut(&lines, '\n'), JSON_DEPTH, &a, &rows[n], NULL) == REIN_OK)
            n++;
    }
    size_t length = id_length(rows, n, &a);
    put_head(length, columns, &out);
    for (size_t i = 0; i < n; i++)
        put_row(rows[i], length, columns, &out);
    host_write(NULL, out.p, out.n);
    buf_fini(&out);
    arena_fini(&a);
}

static int run(struct cli *cli, rein *r)
{
    struct listing l = {0};
    rein_error err = {0};
    rein_status status;

    if (cli_has(cli, FLAG_JSON)) {
        status = rein_session_list(r, NULL, host_write, NULL, &err);
        return status == REIN_OK ? 0 : host_fail(&err);
    }
    buf_init(&l.lines, BUF_NO_MAX);
    status = rein_session_list(r, NULL, collect, &l, &err);
    if (status == REIN_OK && l.n)
        put_table(&l);
    else if (status == REIN_OK)
        printf("no sessions yet\n");
    buf_fini(&l.lines);
    return status == REIN_OK ? 0 : host_fail(&err);
}

int cmd_session_list(struct cli *cli)
{
    if (cli->n)
        return complain_usage("'rein session list' takes no argument");
    return store_run(cli, run);
}
