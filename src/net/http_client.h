/*
 * http_client.h - HTTP requests on the loop: a body out, a head and a streamed body back.
 *
 * Connections are kept and used again over all requests of a client; HTTP/2 where TLS offers it.
 * Redirects are not followed: a POST with a key belongs to the host that it was meant for. Two
 * deadlines are ours: until the connection stands, and without a byte in either direction. Used
 * from the loop's thread; callbacks come from the loop, never from inside a call of this header,
 * but for http_client_free().
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/error.h"
#include "platform/loop.h"

struct http_client;

rein_status http_client_new(struct loop *loop, struct http_client **out, struct error *err);

/* Calls under way end with REIN_CANCELED, told from inside. */
void http_client_free(struct http_client *client);

/* Borrowed for the call all of it, but the bytes of `segments`: until done, not copied. */
struct http_request {
    str url;
    const str *headers; /* "name: value", without line ends; the length of the body is added */
    size_t n_headers;
    const str *segments; /* the body is their concatenation */
    size_t n_segments;
    int64_t connect_ms; /* 0: 10 s */
    int64_t idle_ms;    /* 0: 300 s */
};

struct http_head {
    int status;
    str lines; /* the header's lines, for http_header() */
};

/* The value of the first header of that name (any letters' case), trimmed, or empty. */
str http_header(const struct http_head *head, const char *name);

struct http_done {
    rein_status status; /* REIN_OK: the whole body arrived, whatever the HTTP status */
    const struct error *error;
    int64_t first_byte_us; /* from the start to the response's first byte; 0: none came */
    int64_t total_us;
    int64_t connections; /* made for this call; 0: one was used again */
};

struct http_events {
    /* Before the first body(), and before done when there was a response at all. */
    void (*head)(void *data, const struct http_head *head);
    /* Some of the body, in order. Anything but REIN_OK ends the call with that error. */
    rein_status (*body)(void *data, str bytes, struct error *err);
    /* Exactly once; the call is freed after it. */
    void (*done)(void *data, const struct http_done *done);
};

struct http_call;

/* Make a POST ready, in memory alone: nothing is sent before http_begin(), so that this can be done
 * while something else is waited for. REIN_INVALID for an address that is none. */
rein_status http_prepare(struct http_client *client, const struct http_request *request,
                         const struct http_events *events, void *data, struct http_call **out,
                         struct error *err);
void http_begin(struct http_call *call);

/* `done` still comes, with REIN_CANCELED. Nothing else does. */
void http_cancel(struct http_call *call);

#endif
