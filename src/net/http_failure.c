/*
 * http_failure.c - a row for each way in which a transfer fails. Knows libcurl's numbers.
 */
#include "net/http_failure.h"

#include <curl/curl.h>

enum what { CANNOT_REACH, LOST, NOT_TRUSTED, STRANGE };

static const struct {
    CURLcode code;
    enum what what;
    const char *words; /* NULL: what libcurl says */
} rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, CANNOT_REACH, "no such host"},
    {CURLE_COULDNT_RESOLVE_PROXY, CANNOT_REACH, "no such proxy host"},
    {CURLE_COULDNT_CONNECT, CANNOT_REACH, NULL},
    {CURLE_OPERATION_TIMEDOUT, CANNOT_REACH, "no answer in time"},
    {CURLE_SSL_CONNECT_ERROR, NOT_TRUSTED, NULL},
    {CURLE_PEER_FAILED_VERIFICATION, NOT_TRUSTED, NULL},
    {CURLE_SSL_CACERT_BADFILE, NOT_TRUSTED, NULL},
    {CURLE_SSL_CERTPROBLEM, NOT_TRUSTED, NULL},
    {CURLE_SSL_CIPHER, NOT_TRUSTED, NULL},
    {CURLE_PARTIAL_FILE, LOST, "it ended too early"},
    {CURLE_GOT_NOTHING, LOST, "closed without an answer"},
    {CURLE_SEND_ERROR, LOST, NULL},
    {CURLE_RECV_ERROR, LOST, NULL},
    {CURLE_HTTP2, LOST, NULL},
    {CURLE_HTTP2_STREAM, LOST, NULL},
    {CURLE_WEIRD_SERVER_REPLY, STRANGE, NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, STRANGE, "it does not speak HTTP"},
};

void http_failure(int code, int number, str origin, str detail, struct error *err)
{
    enum what what = STRANGE;
    const char *words = NULL;
    char reason[96];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((int)rows[i].code == code)
            what = rows[i].what, words = rows[i].words;
    if (!words && number)
        words = strerror_r(number, reason, sizeof reason);
    str text = words      ? str_of(words)
               : detail.n ? detail
                          : str_of(curl_easy_strerror((CURLcode)code));

    switch (what) {
    case CANNOT_REACH:
        fail(err, REIN_NETWORK, "cannot reach %.*s: %.*s", FS(origin), FS(text));
        break;
    case LOST:
        fail(err, REIN_NETWORK, "the connection to %.*s was lost: %.*s", FS(origin), FS(text));
        break;
    case NOT_TRUSTED:
        fail(err, REIN_NETWORK,
             "no trusted connection to %.*s: %.*s (SSL_CERT_FILE names another "
             "CA bundle)",
             FS(origin), FS(text));
        break;
    case STRANGE:
        fail(err, REIN_NETWORK, "%.*s did not answer as a web server does: %.*s", FS(origin),
             FS(text));
        break;
    }
}
