/*
 * http_client.c - libcurl's multi interface on our loop. Knows nothing of what is sent.
 *
 * What curl hands out inside its own calls is only noted; callbacks run after curl has returned
 * (drain), so that they may start and cancel calls, which curl does not allow from within.
 *
 * Settings that matter, and why: CAPATH off, since with it libcurl 7.88 reads the whole CA bundle
 * anew for each connection; small buffers, since one of 64 KiB is kept for each POST until its
 * reply ends; our own timer for each call, since curl forgets the deadline of a queued one; no
 * "Expect: 100-continue", since a large body would wait for it.
 */
#include "net/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"
#include "net/http_failure.h"
#include "platform/clock.h"
#include "wire/url.h"

enum {
    CONNECT_MS = 10000,
    IDLE_MS = 300000,
    HEAD_MAX = 64 << 10,
    INBOX_KEPT = 64 << 10,
    SPARE_MAX = 4,
    CONNECTIONS_MAX = 64,
    STREAMS_MAX = 64
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;  /* curl's own                           */
    struct timer finish; /* to tell the end of canceled calls    */
    struct list calls;   /* all that are under way               */
    struct list ready;   /* of these, those with something to tell */
    CURL *spare[SPARE_MAX];
    size_t n_spare;
    const char *ca_file; /* NULL: as libcurl was built           */
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
    int64_t connect_ms, idle_ms, started, last, first; /* clock_monotonic()          */
    str origin;
    struct error error; /* REIN_OK while nothing went wrong                          */
    char curl_text[CURL_ERROR_SIZE];
};

struct socket {
    struct watch watch;
    struct http_client *client;
    curl_socket_t fd;
};

/* ---- what curl says, noted ------------------------------------------------------------------- */

static void note(struct http_call *call)
{
    call->last = clock_monotonic();
    if (list_is_empty(&call->ready))
        list_add(&call->client->ready, &call->ready);
}

/* Lines of the header; an interim response's (100, 103) are dropped when the next begins. */
static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
    struct http_call *call = data;
    str line = {bytes, size * n};

    if (call->first == 0)
        call->first = clock_monotonic();
    if (str_starts(line, S("HTTP/")))
        buf_clear(&call->head);
    buf_add(&call->head, line);
    if (!buf_ok(&call->head)) {
        fail(&call->error, REIN_PROTOCOL, "%.*s sent headers of more than %d KiB", FS(call->origin),
             HEAD_MAX >> 10);
        return 0;
    }
    if (str_trim(line).n == 0) {
        long status = 0;

        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->parsed.status = (int)status;
        call->has_head = status >= 200;
    }
    note(call);
    return line.n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    struct http_call *call = data;

    buf_add(&call->inbox, (str){bytes, size * n});
    note(call);
    return size * n;
}

static size_t on_upload(char *to, size_t size, size_t n, void *data)
{
    struct http_call *call = data;
    size_t room = size * n, done = 0;

    while (done < room && call->at_segment < call->n_segments) {
        str rest = str_skip(call->segments[call->at_segment], call->at_byte);
        str piece = str_take(rest, room - done);

        if (piece.n)
            memcpy(to + done, piece.p, piece.n);
        done += piece.n;
        call->at_byte += piece.n;
        if (piece.n == rest.n)
            call->at_segment++, call->at_byte = 0;
    }
    call->last = clock_monotonic();
    return done;
}

/* curl sends the body again when a kept connection turns out to be dead. */
static int on_seek(void *data, curl_off_t offset, int origin)
{
    struct http_call *call = data;

    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    call->at_segment = call->at_byte = 0;
    for (size_t left = (size_t)offset; left > 0; call->at_segment++) {
        if (call->at_segment == call->n_segments)
            return CURL_SEEKFUNC_FAIL;
        if (left < call->segments[call->at_segment].n) {
            call->at_byte = left;
            break;
        }
        left -= call->segments[call->at_segment].n;
    }
    return CURL_SEEKFUNC_OK;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void free_headers(struct http_call *call)
{
    for (struct curl_slist *item = call->headers; item; item = item->next)
        explicit_bzero(item->data, strlen(item->data));
    curl_slist_free_all(call->headers);
}

static void give_back(struct http_client *client, CURL *easy)
{
    if (client->n_spare == SPARE_MAX) {
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
    free_headers(call);
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

static const char *find_ca_file(void)
{
    static const char *const usual[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL         */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE             */
        "/etc/ssl/cert.pem",                  /* Alpine               */
    };
    static const char *const named[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE"};

    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        const char *path = getenv(named[i]);

        if (path && path[0])
            return path;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (access(usual[i], R_OK) == 0)
            return usual[i];
    return NULL;
}

/* curl's own set-up costs a millisecond or two: only who sends something pays for it. */
static rein_status make_multi(struct http_client *client, struct error *err)
{
    if (client->multi)
        return REIN_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(client->multi = curl_multi_init()))
        return fail(err, REIN_UNSUPPORTED, "libcurl cannot be set up");
    client->ca_file = find_ca_file();
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

static void set_up_transport(struct http_call *call)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (call->client->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, call->client->ca_file);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_text);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
}

/* This machine is never reached by way of the proxy that the environment names. */
static bool is_loopback(str host)
{
    return str_starts(host, S("127.")) || str_eq(host, S("::1")) || str_eq(host, S("localhost"));
}

static void set_up_request(struct http_call *call, str url)
{
    CURL *easy = call->easy;
    curl_off_t length = 0;

    for (size_t i = 0; i < call->n_segments; i++)
        length += (curl_off_t)call->segments[i].n;
    curl_easy_setopt(easy, CURLOPT_URL, arena_cstr(&call->arena, url));
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, call);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
}

/* curl keeps a copy. A line may hold a key, so ours is wiped, and curl's at the end. */
static void add_header(struct http_call *call, str line)
{
    char *text = memory_new(line.n + 1);

    memcpy(text, line.p, line.n);
    call->headers = curl_slist_append(call->headers, text);
    explicit_bzero(text, line.n);
    free(text);
}

static bool add_headers(struct http_call *call, const struct http_request *request)
{
    add_header(call, S("Expect:"));
    for (size_t i = 0; i < request->n_headers; i++) {
        str line = request->headers[i];

        if (str_find(line, '\n') != SIZE_MAX || str_find(line, '\r') != SIZE_MAX ||
            str_find(line, '\0') != SIZE_MAX)
            return false;
        add_header(call, line);
    }
    return true;
}

static struct http_call *call_new(struct http_client *client, const struct http_request *request)
{
    struct http_call *call = memory_new(sizeof *call);

    call->client = client;
    list_init(&call->ready);
    list_init(&call->link);
    arena_init(&call->arena);
    buf_init(&call->head, HEAD_MAX);
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
    free_headers(call);
    arena_fini(&call->arena);
    free(call);
}

rein_status http_start(struct http_client *client, const struct http_request *request,
                       const struct http_events *events, void *data, struct http_call **out,
                       struct error *err)
{
    struct url url;

    if (url_parse(request->url, &url, err) != REIN_OK || make_multi(client, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    struct http_call *call = call_new(client, request);

    call->events = events;
    call->data = data;
    if (!add_headers(call, request)) {
        call_drop(call);
        return fail(err, REIN_INVALID, "a header has a line end in it");
    }
    call->origin = arena_printf(&call->arena, "%.*s://%.*s", FS(url.scheme), FS(url.authority));
    call->easy = client->n_spare ? client->spare[--client->n_spare] : curl_easy_init();
    set_up_transport(call);
    set_up_request(call, request->url);
    if (is_loopback(url.host))
        curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
    call->started = call->last = clock_monotonic();
    list_add(&client->calls, &call->link);
    timer_start(client->loop, &call->timer, call->connect_ms, on_deadline);
    curl_multi_add_handle(client->multi, call->easy);
    *out = call;
    return REIN_OK;
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
