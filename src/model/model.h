/*
 * model.h - language models: which one, how to reach it, one request at a time.
 *
 * A model is named "provider/model" ("anthropic/claude-opus-5-5"), or by the model alone when its
 * family is known, or "script:FILE". A provider is a row (address, key, wire format); a profile is
 * a row (window, output limit, prices, thinking). A request is bytes made by context/; an answer is
 * a stream of neutral blocks. Used from the loop's thread. Connections are kept over all requests
 * of the client.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "base/error.h"
#include "platform/loop.h"
#include "wire/format.h"

struct model_profile {
    const char *pattern; /* of the model's id, a glob; first row that fits */
    int64_t window, max_output;
    int64_t default_output; /* max_tokens that we send */
    struct prices prices;
    const char *thinking; /* JSON for the request, or NULL */
    const char *effort;   /* or NULL */
    const char *provider; /* whose models these are, or NULL: anybody's */
};

struct model_provider {
    const char *name;                                              /* "anthropic" */
    const char *wire;                                              /* row of wire/formats.def */
    const char *base_url;                                          /* default address */
    const char *base_url_variable, *key_variable, *token_variable; /* environment names, or NULL */
    const char *key_header; /* name of the header that carries the API key */
    const char *headers;    /* further lines that every request has, or NULL */
    int64_t request_max;    /* bytes of a request body that it takes; 0: any */
};

/* A model that was looked up; strings live in the arena of model_resolve(). */
struct model {
    const struct model_provider *provider;
    const struct wire_format *wire;
    const struct model_profile *profile;
    str name;   /* as asked for: "anthropic/claude-opus-5-5", "script:demo" */
    str id;     /* as sent: "claude-opus-5-5" */
    str script; /* path of the scenario, or empty */
    str base_url;
};

/* Where keys come from; the texts are wiped by whoever made them. */
struct model_keys {
    str api_key;    /* x-api-key */
    str auth_token; /* authorization: Bearer */
};

/* Look up `name`; `base_url` empty means the provider's own. REIN_NOT_FOUND with the nearest known
 * name, REIN_INVALID for an address that is none or a scenario file with a fault (path:line). No
 * key is needed to resolve. */
rein_status model_resolve(str name, str base_url, struct arena *a, struct model *out,
                          struct error *err);

/* Tokens of a text, estimated: 4 characters a token. */
int64_t tokens_estimate(size_t bytes);

struct model_client;
rein_status model_client_new(struct loop *loop, struct model_client **out, struct error *err);
void model_client_free(struct model_client *client);

struct model_call;

/* How a request ended. */
struct model_outcome {
    rein_status status; /* REIN_OK: STREAM_STOP was delivered */
    struct error error;
    int http_status;                 /* 0: no response */
    int64_t retry_after_ms;          /* -1: the server did not say */
    char error_type[64];             /* "overloaded_error", or empty */
    char request_id[128];            /* the server's */
    int64_t first_byte_us, total_us; /* from sending */
};

struct model_events {
    /* In order; slices borrowed. Not called after `done`. */
    stream_fn *event;
    /* Exactly once, from the loop, never from inside model_begin or model_cancel; the call is freed
     * after it. */
    void (*done)(void *data, const struct model_outcome *outcome);
};

/* Make one request ready: everything but sending it, so that this can be done while the log is waited
 * for. The body is the concatenation of `segments`; they are borrowed until done, and are not copied.
 * REIN_AUTH when the provider wants a key and there is none: names the variable. REIN_LIMIT when the
 * body is larger than the provider takes. */
rein_status model_prepare(struct model_client *client, const struct model *model,
                          const struct model_keys *keys, const str *segments, size_t n,
                          const struct model_events *events, void *data, struct model_call **out,
                          struct error *err);

/* Send it. */
void model_begin(struct model_call *call);

/* `done` still comes, with REIN_CANCELED; before it what has arrived of a text, as STREAM_BLOCK. */
void model_cancel(struct model_call *call);

#endif
