/*
 * http_client.c - libcurl's multi interface on our loop. Knows nothing of what is sent.
 *
 * What curl hands out inside its own calls is only noted; callbacks run after curl has returned
 * (drain), so that they may start and cancel calls, which curl does not allow from within. Each
 * call has a timer of ours, since libcurl 7.88 forgets the deadline of a queued one.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "net/http_call.h"
#include "net/http_failure.h"
#include "platform/clock.h"
#include "wire/url.h"

enum {
    CONNECT_MS = 10000,
    IDLE_MS = 300000,
    INBOX_KEPT = 64 << 10,
    CONNECTIONS_MAX = 64,
    STREAMS_MAX = 64
};

struct socket {
    struct watch watch;
    struct http_client *client;
    curl_socket_t fd;
};

/* ---- telling --------------------------------------------------------------------------------- */

static void give_back(struct http_client *client, CURL *easy)
{
    if (client->n_spare == HTTP_SPARE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    client->spare[client->n_spare++] = easy;
}

static void give_head(struct http_call *call)
{
    if (call->head_given || !call->has_head || call->canceled)
        return;
    call->head_given = true;
    call->parsed.lines = buf_str(&call->head);
    call->events->head(call->data, &call->parsed);
}

static void give_body(struct http_call *call)
{
    struct error err = {0};

    give_head(call);
    if (call->inbox.n == 0 || call->canceled)
        return;
    if (call->events->body(call->data, buf_str(&call->inbox), &err) != REIN_OK)
        call->error = err, call->over = true; /* says more than how the connection ended */
    buf_clear(&call->inbox);
    if (call->inbox.room > INBOX_KEPT)
        buf_fini(&call->inbox);
}

/* Take the call from everywhere, tell its end, free it. */
static void finish(struct http_call *call)
{
    struct http_client *client = call->client;
    int64_t now = clock_monotonic();
    long connections = 0;

    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_multi_remove_handle(client->multi, call->easy);
    give_back(client, call->easy);
    timer_stop(&call->timer);
    list_remove(&call->link);
    list_remove(&call->ready);
    if (call->canceled)
        fail(&call->error, REIN_CANCELED, "the request to %.*s was canceled", FS(call->origin));
    call->events->done(call->data,
                       &(struct http_done){
                           .status = call->error.status,
                           .error = &call->error,
                           .first_byte_us = call->first ? (call->first - call->started) / 1000 : 0,
                           .total_us = (now - call->started) / 1000,
                           .connections = connections,
                       });
    http_free_headers(call);
    buf_fini(&call->head);
    buf_fini(&call->inbox);
    arena_fini(&call->arena);
    free(call);
}

static void on_result(struct http_call *call, CURLcode code)
{
    long number = 0;

    call->over = true;
    if (list_is_empty(&call->ready))
        list_add(&call->client->ready, &call->ready);
    if (code == CURLE_OK || call->error.status != REIN_OK)
        return;
    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
    http_failure((int)code, (int)number, call->origin, str_of(call->curl_text), &call->error);
}

/* After curl has returned: bodies first, then ends. A callback may start and cancel calls; what it
 * adds to the list is taken too. */
static void drain(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        struct http_call *call = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        on_result(call, message->data.result);
    }
    while (!list_is_empty(&client->ready)) {
        struct http_call *call = list_of(client->ready.next, struct http_call, ready);

        list_remove(&call->ready);
        give_body(call);
        if (call->over || call->canceled)
            finish(call);
    }
}

/* ---- curl on the loop ------------------------------------------------------------------------ */

static void on_watch(struct watch *watch, int ready)
{
    struct socket *s = (struct socket *)(void *)((char *)watch - offsetof(struct socket, watch));
    struct http_client *client = s->client;
    int bits = (ready & WATCH_READ ? CURL_CSELECT_IN : 0) |
               (ready & WATCH_WRITE ? CURL_CSELECT_OUT : 0),
        running;

    curl_multi_socket_action(client->multi, s->fd, bits, &running);
    drain(client);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
    struct http_client *client = data;
    struct socket *s = known;
    int wanted = (what & CURL_POLL_IN ? WATCH_READ : 0) | (what & CURL_POLL_OUT ? WATCH_WRITE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            watch_stop(&s->watch);
        free(s);
        curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    if (s) {
        watch_change(&s->watch, wanted);
        return 0;
    }
    s = memory_new(sizeof *s);
    s->client = client;
    s->fd = fd;
    if (watch_start(client->loop, &s->watch, fd, wanted, on_watch, NULL) != REIN_OK) {
        free(s);
        return -1;
    }
    curl_multi_assign(client->multi, fd, s);
    return 0;
}

static void on_timer(struct timer *timer)
{
    struct http_client *client = list_of(timer, struct http_client, timer);
    int running;

    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain(client);
}

static int on_timeout(CURLM *multi, long milliseconds, void *data)
{
    struct http_client *client = data;

    (void)multi;
    if (milliseconds < 0)
        timer_stop(&client->timer);
    else
        timer_start(client->loop, &client->timer, milliseconds, on_timer);
    return 0;
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static void on_deadline(struct timer *timer)
{
    struct http_call *call = list_of(timer, struct http_call, timer);
    int64_t silent_ms = (clock_monotonic() - call->last) / 1000000;
    curl_off_t connected = 0;

    curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0) {
        fail(&call->error, REIN_NETWORK, "cannot reach %.*s: no connection within %lld s",
             FS(call->origin), (long long)(call->connect_ms / 1000));
        finish(call);
    } else if (silent_ms >= call->idle_ms) {
        fail(&call->error, REIN_NETWORK, "%.*s sent nothing for %lld s", FS(call->origin),
             (long long)(call->idle_ms / 1000));
        finish(call);
    } else {
        timer_start(call->client->loop, &call->timer, call->idle_ms - silent_ms, on_deadline);
    }
}

static void on_finish(struct timer *timer) { drain(list_of(timer, struct http_client, finish)); }

void http_cancel(struct http_call *call)
{
    call->canceled = true;
    if (list_is_empty(&call->ready))
        list_add(&call->client->ready, &call->ready);
    timer_start(call->client->loop, &call->client->finish, 0, on_finish);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* curl's own set-up costs a millisecond or two: only who sends something pays for it. */
static rein_status make_multi(struct http_client *client, struct error *err)
{
    if (client->multi)
        return REIN_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(client->multi = curl_multi_init()))
        return fail(err, REIN_UNSUPPORTED, "libcurl cannot be set up");
    client->ca_file = http_ca_file();
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_MAX);
    return REIN_OK;
}

rein_status http_client_new(struct loop *loop, struct http_client **out, struct error *err)
{
    struct http_client *client = memory_new(sizeof *client);

    (void)err;
    client->loop = loop;
    list_init(&client->calls);
    list_init(&client->ready);
    *out = client;
    return REIN_OK;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    while (!list_is_empty(&client->calls)) {
        struct http_call *call = list_of(client->calls.next, struct http_call, link);

        call->canceled = true;
        finish(call);
    }
    for (size_t i = 0; i < client->n_spare; i++)
        curl_easy_cleanup(client->spare[i]);
    if (client->multi)
        curl_multi_cleanup(client->multi);
    timer_stop(&client->timer);
    timer_stop(&client->finish);
    free(client);
}

static struct http_call *call_new(struct http_client *client, const struct http_request *request)
{
    struct http_call *call = memory_new(sizeof *call);

    call->client = client;
    list_init(&call->ready);
    list_init(&call->link);
    arena_init(&call->arena);
    buf_init(&call->head, HTTP_HEAD_MAX);
    buf_init(&call->inbox, BUF_NO_MAX);
    call->segments = arena_copy(&call->arena, request->segments,
                                request->n_segments * sizeof *request->segments);
    call->n_segments = request->n_segments;
    call->connect_ms = request->connect_ms ? request->connect_ms : CONNECT_MS;
    call->idle_ms = request->idle_ms ? request->idle_ms : IDLE_MS;
    return call;
}

static void call_drop(struct http_call *call)
{
    http_free_headers(call);
    arena_fini(&call->arena);
    free(call);
}

rein_status http_prepare(struct http_client *client, const struct http_request *request,
                         const struct http_events *events, void *data, struct http_call **out,
                         struct error *err)
{
    struct url url;

    if (url_parse(request->url, &url, err) != REIN_OK || make_multi(client, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    struct http_call *call = call_new(client, request);

    call->events = events;
    call->data = data;
    if (http_add_headers(call, request, err) != REIN_OK) {
        call_drop(call);
        return REIN_INVALID;
    }
    call->origin = arena_printf(&call->arena, "%.*s://%.*s", FS(url.scheme), FS(url.authority));
    call->easy = client->n_spare ? client->spare[--client->n_spare] : curl_easy_init();
    http_set_up(call, request->url, url.host);
    call->started = call->last = clock_monotonic();
    list_add(&client->calls, &call->link);
    *out = call;
    return REIN_OK;
}

void http_begin(struct http_call *call)
{
    if (call->canceled)
        return; /* its end is on its way */
    call->started = call->last = clock_monotonic();
    timer_start(call->client->loop, &call->timer, call->connect_ms, on_deadline);
    curl_multi_add_handle(call->client->multi, call->easy);
}

str http_header(const struct http_head *head, const char *name)
{
    str lines = head->lines, wanted = str_of(name);

    while (lines.n) {
        str line = str_cut(&lines, '\n');
        size_t colon = str_find(line, ':');

        if (colon == wanted.n && strncasecmp(line.p, wanted.p, wanted.n) == 0)
            return str_trim(str_skip(line, colon + 1));
    }
    return (str){0};
}
