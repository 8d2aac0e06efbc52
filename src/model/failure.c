/*
 * failure.c - a table of refusals. Knows no policy: whether to try again is another's.
 */
#include "model/failure.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { SHOWN_MAX = 140 };

#define DELAY_MAX INT64_C(2147483647)

/* The first row that fits counts; 0 and NULL fit all. */
static const struct {
    int http_status;
    rein_status status;
    const char *type;
} rows[] = {
    {401, REIN_AUTH, NULL},
    {403, REIN_AUTH, NULL},
    {0, REIN_AUTH, "authentication_error"},
    {0, REIN_AUTH, "permission_error"},
    {402, REIN_DENIED, NULL},
    {0, REIN_DENIED, "billing_error"},
    {404, REIN_NOT_FOUND, NULL},
    {0, REIN_NOT_FOUND, "not_found_error"},
    {413, REIN_LIMIT, NULL},
    {0, REIN_LIMIT, "request_too_large"},
    {429, REIN_OVERLOADED, NULL},
    {503, REIN_OVERLOADED, NULL},
    {529, REIN_OVERLOADED, NULL},
    {0, REIN_OVERLOADED, "rate_limit_error"},
    {0, REIN_OVERLOADED, "overloaded_error"},
    {408, REIN_NETWORK, NULL},
    {409, REIN_NETWORK, NULL},
    {0, REIN_INVALID, "invalid_request_error"},
    {400, REIN_INVALID, NULL},
    {422, REIN_INVALID, NULL},
    {0, REIN_NETWORK, "api_error"},
    {0, REIN_NETWORK, "timeout_error"},
};

/* Words by which servers say that a conversation has outgrown the window. */
static const char *const overflows[] = {
    "prompt is too long",
    "exceed context limit",
    "context_length_exceeded",
    "exceeds the context window",
    "maximum context length",
    "context window exceeded",
    "exceeds the available context size",
    "greater than the context length",
    "prompt too long",
    "input is too long",
};

static bool contains(str text, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = 0; i + n <= text.n; i++)
        if (strncasecmp(text.p + i, words, n) == 0)
            return true;
    return false;
}

static rein_status classify(int http_status, str type, str message)
{
    rein_status status = http_status >= 500 || http_status == 200 ? REIN_NETWORK : REIN_PROTOCOL;

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].http_status && rows[i].http_status != http_status)
            continue;
        if (rows[i].type && !str_eq(type, str_of(rows[i].type)))
            continue;
        status = rows[i].status;
        break;
    }
    for (size_t i = 0; i < COUNT(overflows) && status == REIN_INVALID; i++)
        if (contains(message, overflows[i]))
            status = REIN_LIMIT;
    return status;
}

/* One line, fit for a terminal. */
static void clean(str message, struct buf *out)
{
    utf8_sanitise(out, message, false);
    for (size_t i = 0; i < out->n; i++)
        if (out->p[i] == '\n' || out->p[i] == '\t')
            out->p[i] = ' ';
    str kept = utf8_head(str_trim(buf_str(out)), SHOWN_MAX);

    memmove(out->p ? out->p : "", kept.p, out->p ? kept.n : 0);
    out->n = kept.n;
}

static const char *or_else(const char *text, const char *fallback)
{
    return text ? text : fallback;
}

void model_failure(const struct model *model, int http_status, str type, str message,
                   struct error *err)
{
    rein_status status = classify(http_status, type, message);
    const struct model_provider *provider = model->provider;
    struct buf words, where;

    buf_init(&words, BUF_NO_MAX);
    buf_init(&where, BUF_NO_MAX);
    clean(message.n ? message : type.n ? type : S("no reason given"), &words);
    if (http_status != 200)
        buf_printf(&where, " (HTTP %d)", http_status);
    str text = buf_str(&words), code = buf_str(&where);

    if (status == REIN_AUTH)
        fail(err, status, "the key was refused%.*s: %.*s; check %s", FS(code), FS(text),
             or_else(provider->key_variable, "the key"));
    else if (status == REIN_NOT_FOUND)
        fail(err, status, "unknown model '%.*s'%.*s: %.*s", FS(str_take(model->id, 60)), FS(code),
             FS(text));
    else if (status == REIN_OVERLOADED)
        fail(err, status, "the model's server asks for patience%.*s: %.*s", FS(code), FS(text));
    else if (status == REIN_LIMIT)
        fail(err, status, "the request is too large%.*s: %.*s", FS(code), FS(text));
    else
        fail(err, status, "the model's server refused%.*s: %.*s", FS(code), FS(text));
    buf_fini(&words);
    buf_fini(&where);
}

void model_redirect(const struct model *model, int http_status, str location, struct error *err)
{
    struct buf words;

    buf_init(&words, BUF_NO_MAX);
    clean(location.n ? location : S("nowhere"), &words);
    fail(err, REIN_PROTOCOL,
         "the server redirects to %.*s (HTTP %d), which is not followed with a "
         "key; check %s",
         FS(buf_str(&words)), http_status,
         or_else(model->provider->base_url_variable, "the address"));
    buf_fini(&words);
}

void model_unreachable(const struct model *model, struct error *err)
{
    if (err->status == REIN_NETWORK && strncmp(err->text, "cannot reach", 12) == 0 &&
        model->provider->base_url_variable)
        fail(err, REIN_NETWORK, "%s; check %s", err->text, model->provider->base_url_variable);
}

/* A number of seconds or milliseconds; a fraction is allowed. */
static int64_t delay_of(str text, double unit)
{
    char digits[32];
    char *stop;

    if (text.n == 0 || text.n >= sizeof digits)
        return -1;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    double value = strtod(digits, &stop);

    if (*stop || !isfinite(value) || value <= 0)
        return -1;
    value *= unit;
    return value >= (double)DELAY_MAX ? DELAY_MAX : (int64_t)ceil(value);
}

int64_t retry_after(str milliseconds, str seconds, int64_t now)
{
    struct tm date = {0};
    char text[64];
    int64_t delay = delay_of(milliseconds, 1);

    if (delay < 0)
        delay = delay_of(seconds, 1000);
    if (delay >= 0 || seconds.n == 0 || seconds.n >= sizeof text)
        return delay;
    memcpy(text, seconds.p, seconds.n);
    text[seconds.n] = 0;
    const char *stop = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);

    if (!stop || *stop)
        return -1;
    delay = (int64_t)timegm(&date) * 1000 - now / 1000;
    if (delay <= 0)
        return -1;
    return delay < DELAY_MAX ? delay : DELAY_MAX;
}
