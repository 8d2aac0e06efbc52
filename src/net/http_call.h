/*
 * http_call.h - one transfer, between http_client.c (its life on the loop) and http_transfer.c
 * (what curl is told, and what it says).
 */
#ifndef NET_HTTP_CALL_H
#define NET_HTTP_CALL_H

#include <curl/curl.h>

#include "base/arena.h"
#include "net/http_client.h"

enum { HTTP_HEAD_MAX = 64 << 10, HTTP_SPARE_MAX = 4 };

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;  /* curl's own */
    struct timer finish; /* to tell the end of canceled calls */
    struct list calls;   /* all that are under way */
    struct list ready;   /* of these, those with something to tell */
    CURL *spare[HTTP_SPARE_MAX];
    size_t n_spare;
    const char *ca_file; /* NULL: as libcurl was built */
};

struct http_call {
    struct http_client *client;
    struct list link, ready;
    struct arena arena;
    CURL *easy;
    struct curl_slist *headers;
    const struct http_events *events;
    void *data;
    const str *segments;
    size_t n_segments, at_segment, at_byte;
    struct buf head, inbox;
    struct http_head parsed;
    bool has_head, head_given, canceled, over;
    struct timer timer;
    int64_t connect_ms, idle_ms, started, last, first; /* clock_monotonic() */
    str origin;
    struct error error; /* REIN_OK while nothing went wrong */
    char curl_text[CURL_ERROR_SIZE];
};

/* The CA bundle to trust: one that the environment names, or the system's; NULL: neither is there,
 * curl may know. */
const char *http_ca_file(void);

/* Tell call->easy all about the transfer, but for the headers. `host` is the URL's. */
void http_set_up(struct http_call *call, str url, str host);

/* The request's header lines; REIN_INVALID when one has a line end in it. */
rein_status http_add_headers(struct http_call *call, const struct http_request *request,
                             struct error *err);

/* Wiped before they are freed: one of them may hold a key. */
void http_free_headers(struct http_call *call);

#endif
