/*
 * http_transfer.c - what curl is told of a transfer, and the functions that it calls back. These
 * only note what came: nothing of ours runs inside of curl.
 *
 * Settings that matter, and why: CAPATH off, since with it libcurl 7.88 reads the whole CA bundle
 * anew for each connection; small buffers, since one of 64 KiB is kept for each POST until its
 * reply ends; no "Expect: 100-continue", since a large body would wait for it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/http_call.h"
#include "platform/clock.h"

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
             HTTP_HEAD_MAX >> 10);
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

/* ---- what curl is told --------------------------------------------------------------------- */

const char *http_ca_file(void)
{
    static const char *const usual[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
        "/etc/ssl/cert.pem",                  /* Alpine */
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

/* curl sends a piece of this size per round of the loop and keeps the room until the reply ends: a
 * large body wants large pieces, a thousand small streams small ones. Beyond what the processor's
 * cache holds, larger pieces are slower again (measured with bodies of 500 KB). */
static long upload_room(curl_off_t length)
{
    return length < 16384 ? 16384L : length > 98304 ? 98304L : (long)length;
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
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_room(length));
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

void http_set_up(struct http_call *call, str url, str host)
{
    set_up_transport(call);
    set_up_request(call, url);
    if (is_loopback(host))
        curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
}

void http_free_headers(struct http_call *call)
{
    for (struct curl_slist *item = call->headers; item; item = item->next)
        explicit_bzero(item->data, strlen(item->data));
    curl_slist_free_all(call->headers);
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

rein_status http_add_headers(struct http_call *call, const struct http_request *request,
                             struct error *err)
{
    add_header(call, S("Expect:"));
    for (size_t i = 0; i < request->n_headers; i++) {
        str line = request->headers[i];

        if (str_find(line, '\n') != SIZE_MAX || str_find(line, '\r') != SIZE_MAX ||
            str_find(line, '\0') != SIZE_MAX)
            return fail(err, REIN_INVALID, "a header has a line end in it");
        add_header(call, line);
    }
    return REIN_OK;
}
