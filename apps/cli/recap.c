/* recap.c - finds the last prompt in the log and draws the events from there on as if they came now. */
#include "cli/recap.h"

#include <string.h>

#include "base/json.h"
#include "cli/host.h"
#include "tui/draw.h"

struct recap {
    struct render *render;
    uint64_t prompt, last; /* numbers of events */
};

static void look(void *data, rein_session *s, const rein_event *event)
{
    struct recap *r = data;

    (void)s;
    if (strcmp(event->type, "user.message") == 0)
        r->prompt = event->seq;
    r->last = event->seq;
}

static void put_prompt(const struct recap *r, const rein_event *event)
{
    struct arena a;
    struct json *body = NULL;
    struct buf text, out;

    arena_init(&a);
    buf_init(&text, BUF_NO_MAX);
    buf_init(&out, BUF_NO_MAX);
    json_parse(str_make(event->payload, event->payload_size), JSON_DEPTH, &a, &body, NULL);
    draw_content_text(json_get(body, "content"), &text);
    buf_byte(&out, '\n');
    draw_prompt(render_theme(r->render), buf_str(&text), &out);
    host_write(NULL, out.p, out.n);
    buf_fini(&out);
    buf_fini(&text);
    arena_fini(&a);
}

static void draw(void *data, rein_session *s, const rein_event *event)
{
    struct recap *r = data;

    (void)s;
    if (strcmp(event->type, "user.message") == 0)
        put_prompt(r, event);
    render_event(r->render, event);
}

rein_status recap(rein_session *s, struct render *render, uint64_t *seq, rein_error *err)
{
    struct recap r = {.render = render};

    if (rein_read(s, 1, 0, look, &r, err) != REIN_OK)
        return err->status;
    if (!r.prompt)
        return REIN_OK;
    *seq = r.last;
    return rein_read(s, r.prompt, r.last, draw, &r, err);
}
