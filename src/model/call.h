/*
 * call.h - one request under way: what client.c, which decodes and tells, shares with the two ways
 * by which bytes come (call_http.c, call_script.c).
 *
 * A way says how the response begins, hands over its bytes and says that it is over; it calls
 * call_done() exactly once, from the loop.
 */
#ifndef MODEL_CALL_H
#define MODEL_CALL_H

#include "base/map.h"
#include "model/model.h"
#include "model/script.h"
#include "net/http_client.h"

struct model_client {
    struct loop *loop;
    struct http_client *http;
    struct list calls;
    struct map attempts; /* of the script provider: how often each request number was asked */
};

struct model_call {
    struct model_client *client;
    struct list link;
    struct arena arena;
    struct model model;
    struct wire_decoder *decoder;
    struct model_events events;
    void *data;
    struct model_outcome outcome;
    struct buf refusal;   /* body of a status that is not 2xx */
    str location;         /* of a redirect */
    str packed;           /* the content-encoding, which we never ask for */
    struct timer timer;   /* http: patience after the last event; script: the next step */
    bool stopped, failed; /* STREAM_STOP, STREAM_ERROR were given */
    bool canceled;
    int64_t started;

    struct http_call *http; /* one of the two */
    struct script *script;
    struct script_reply reply;
    size_t at_step;
};

/* The bytes of a response body. */
rein_status call_bytes(struct model_call *call, str bytes, struct error *err);

/* No more bytes come; `status` and `error` are the way's own. Tells `done` and frees the call. */
void call_done(struct model_call *call, rein_status status, const struct error *error);

/* Make ready one way or the other; call_script_begin() and http_begin() start it. After a failure nothing
 * is called. */
rein_status call_http(struct model_call *call, const struct model_keys *keys, const str *segments,
                      size_t n, struct error *err);
rein_status call_script(struct model_call *call, const str *segments, size_t n, struct error *err);
void call_script_begin(struct model_call *call);

#endif
