/*
 * call_http.c - a request to a provider's server: address, headers, key. Knows nothing of what is
 * said.
 */
#include <stdio.h>

#include "model/call.h"
#include "model/failure.h"
#include "platform/clock.h"
#include "wire/url.h"

enum { HEADERS_MAX = 8 };

static void on_head(void *data, const struct http_head *head)
{
    struct model_call *call = data;
    struct model_outcome *outcome = &call->outcome;
    str id = http_header(head, "request-id");

    outcome->http_status = head->status;
    snprintf(outcome->request_id, sizeof outcome->request_id, "%.*s",
             FS(id.n ? id : http_header(head, "x-request-id")));
    outcome->retry_after_ms = retry_after(http_header(head, "retry-after-ms"),
                                          http_header(head, "retry-after"), clock_wall());
    call->location = arena_str(&call->arena, http_header(head, "location"));
    str coding = http_header(head, "content-encoding");

    if (coding.n && !str_eq(coding, S("identity")))
        call->packed = arena_str(&call->arena, coding);
}

static rein_status on_body(void *data, str bytes, struct error *err)
{
    struct model_call *call = data;

    if (call->packed.n)
        return fail(err, REIN_PROTOCOL,
                    "the reply is packed as '%.*s', which was not asked for; is "
                    "there a proxy in between?",
                    FS(call->packed));
    return call_bytes(call, bytes, err);
}

static void on_done(void *data, const struct http_done *done)
{
    struct model_call *call = data;

    call->outcome.first_byte_us = done->first_byte_us;
    call->outcome.total_us = done->total_us;
    call_done(call, done->status, done->error);
}

static const struct http_events http_events = {on_head, on_body, on_done};

/* A key goes into a header's line: nothing but printable characters. */
static rein_status check_key(str key, const char *variable, struct error *err)
{
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.p[i] <= ' ' || (unsigned char)key.p[i] >= 0x7F)
            return fail(err, REIN_AUTH,
                        "the key in %s has a blank, line end or other character "
                        "that no key has",
                        variable);
    return REIN_OK;
}

/* Exactly one header: a token comes before a key. */
static rein_status put_key(struct model_call *call, const struct model_keys *keys, str *line,
                           struct error *err)
{
    const struct model_provider *provider = call->model.provider;
    str token = keys ? str_trim(keys->auth_token) : (str){0};
    str key = keys ? str_trim(keys->api_key) : (str){0};

    if (token.n) {
        *line = arena_printf(&call->arena, "authorization: Bearer %.*s", FS(token));
        return check_key(token, provider->token_variable, err);
    }
    if (key.n == 0)
        return fail(err, REIN_AUTH,
                    "no key for %s: set %s (or %s for a gateway), or try without "
                    "one: rein demo",
                    provider->name, provider->key_variable, provider->token_variable);
    *line = arena_printf(&call->arena, "%s: %.*s", provider->key_header, FS(key));
    return check_key(key, provider->key_variable, err);
}

static rein_status check_size(const struct model_provider *provider, const str *segments, size_t n,
                              struct error *err)
{
    int64_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += (int64_t)segments[i].n;
    if (provider->request_max == 0 || size <= provider->request_max)
        return REIN_OK;
    return fail(err, REIN_LIMIT, "the request has %.1f MiB, and %s takes %lld at most",
                (double)size / 1048576, provider->name, (long long)(provider->request_max >> 20));
}

rein_status call_http(struct model_call *call, const struct model_keys *keys, const str *segments,
                      size_t n, struct error *err)
{
    str headers[HEADERS_MAX];
    struct http_request request = {.headers = headers, .segments = segments, .n_segments = n};
    struct buf url;
    rein_status status = check_size(call->model.provider, segments, n, err);

    if (status == REIN_OK)
        status = put_key(call, keys, &headers[0], err);
    if (status != REIN_OK)
        return status;
    headers[1] = S("content-type: application/json");
    headers[2] = S("accept: application/json, text/event-stream");
    headers[3] = S("user-agent: rein/" REIN_VERSION);
    request.n_headers = 4;
    if (call->model.provider->headers)
        headers[request.n_headers++] = str_of(call->model.provider->headers);
    buf_init(&url, BUF_NO_MAX);
    url_join(call->model.base_url, str_of(call->model.wire->path), &url);
    request.url = buf_str(&url);
    status = http_prepare(call->client->http, &request, &http_events, call, &call->http, err);
    buf_fini(&url);
    if (headers[0].n) /* the arena's copy of the key; curl's own goes with the request */
        explicit_bzero((char *)(uintptr_t)headers[0].p, headers[0].n);
    return status;
}
