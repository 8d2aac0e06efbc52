/*
 * sse.c - server-sent events, line by line. Knows nothing of what the data means.
 *
 * Most frames come whole in one chunk and have one data line: that one is handed on where it
 * stands. Only what a chunk's end cuts, and data of several lines, is copied.
 */
#include "wire/sse.h"

void sse_init(struct sse *s, size_t max)
{
    *s = (struct sse){0};
    buf_init(&s->line, max);
    buf_init(&s->data, max);
}

void sse_fini(struct sse *s)
{
    buf_fini(&s->line);
    buf_fini(&s->data);
}

static rein_status too_large(const struct sse *s, struct error *err)
{
    return fail(err, REIN_LIMIT, "an event of the stream is larger than %zu bytes", s->data.max);
}

/* What is still in the chunk moves to our own memory, since the chunk goes. */
static void keep_data(struct sse *s)
{
    if (s->now.p) {
        buf_clear(&s->data);
        buf_add(&s->data, s->now);
    }
    s->now = (str){0};
}

static void add_data(struct sse *s, str value, bool in_chunk)
{
    if (!s->has_data && in_chunk) {
        s->now = value;
    } else if (!s->has_data) {
        buf_clear(&s->data);
        buf_add(&s->data, value);
    } else {
        keep_data(s);
        buf_byte(&s->data, '\n');
        buf_add(&s->data, value);
    }
    s->has_data = true;
}

static rein_status dispatch(struct sse *s, sse_fn *fn, void *data, struct error *err)
{
    str event = {s->event, s->event_n};
    str bytes = s->now.p ? s->now : buf_str(&s->data);
    bool give = s->has_data && bytes.n > 0;

    s->now = (str){0};
    s->has_data = false;
    s->event_n = 0;
    return give ? fn(data, event, bytes, err) : REIN_OK;
}

static void take_field(struct sse *s, str line, bool in_chunk)
{
    size_t colon = str_find(line, ':');
    str name = str_take(line, colon);
    str value = colon == SIZE_MAX ? (str){line.p + line.n, 0} : str_skip(line, colon + 1);

    if (value.n && value.p[0] == ' ')
        value = str_skip(value, 1);
    if (str_eq(name, S("data"))) {
        add_data(s, value, in_chunk);
    } else if (str_eq(name, S("event"))) {
        s->event_n = value.n < SSE_EVENT_MAX ? value.n : SSE_EVENT_MAX;
        memcpy(s->event, value.p, s->event_n);
    }
}

static rein_status take_line(struct sse *s, str line, bool in_chunk, sse_fn *fn, void *data,
                             struct error *err)
{
    if (!s->begun && str_starts(line, S("\xEF\xBB\xBF")))
        line = str_skip(line, 3);
    s->begun = true;
    if (line.n == 0)
        return dispatch(s, fn, data, err);
    take_field(s, line, in_chunk);
    return buf_ok(&s->data) ? REIN_OK : too_large(s, err);
}

/* The next `c` from `at` on. What an earlier search found is kept in *known, so that a chunk of one
 * kind of line end is not searched for the other from every line again. */
static const char *next_of(char c, const char *at, const char *end, const char **known)
{
    if (*known < at) {
        const char *hit = memchr(at, c, (size_t)(end - at));

        *known = hit ? hit : end;
    }
    return *known;
}

rein_status sse_feed(struct sse *s, str bytes, sse_fn *fn, void *data, struct error *err)
{
    const char *at = bytes.p, *end = at + bytes.n, *feed = NULL, *carriage = NULL;
    rein_status status = REIN_OK;

    while (at < end && status == REIN_OK) {
        bool skip = s->after_cr && *at == '\n';

        s->after_cr = false;
        if (skip && ++at == end)
            break;
        const char *lf = next_of('\n', at, end, &feed), *cr = next_of('\r', at, end, &carriage);
        const char *stop = lf < cr ? lf : cr;
        str line = {at, (size_t)(stop - at)};
        bool in_chunk = s->line.n == 0;

        if (stop == end || !in_chunk) {
            buf_add(&s->line, line);
            line = buf_str(&s->line);
        }
        if (!buf_ok(&s->line))
            return too_large(s, err);
        if (stop == end)
            break;
        s->after_cr = *stop == '\r';
        at = stop + 1;
        status = take_line(s, line, in_chunk, fn, data, err);
        buf_clear(&s->line);
    }
    keep_data(s);
    return status != REIN_OK || buf_ok(&s->data) ? status : too_large(s, err);
}

rein_status sse_end(struct sse *s, sse_fn *fn, void *data, struct error *err)
{
    rein_status status = REIN_OK;

    if (s->line.n)
        status = take_line(s, buf_str(&s->line), false, fn, data, err);
    buf_clear(&s->line);
    return status == REIN_OK ? dispatch(s, fn, data, err) : status;
}
