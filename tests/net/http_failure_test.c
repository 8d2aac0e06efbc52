/*
 * http_failure_test.c - libcurl's numbers in words.
 */
#include "test.h"

#include <curl/curl.h>
#include <errno.h>

#include "net/http_failure.h"

static void words(void **state)
{
    static const struct {
        CURLcode code;
        int number;
        const char *detail, *text;
    } cases[] = {
        {CURLE_COULDNT_CONNECT, ECONNREFUSED, "x", "cannot reach http://h: Connection refused"},
        {CURLE_COULDNT_CONNECT, 0, "tired", "cannot reach http://h: tired"},
        {CURLE_COULDNT_RESOLVE_HOST, 0, "x", "cannot reach http://h: no such host"},
        {CURLE_OPERATION_TIMEDOUT, 0, "x", "cannot reach http://h: no answer in time"},
        {CURLE_RECV_ERROR, ECONNRESET, "x",
         "the connection to http://h was lost: Connection reset by peer"},
        {CURLE_PARTIAL_FILE, 0, "x", "the connection to http://h was lost: it ended too early"},
        {CURLE_PEER_FAILED_VERIFICATION, 0, "self-signed certificate",
         "no trusted connection to http://h: self-signed certificate (SSL_CERT_FILE names another "
         "CA bundle)"},
        {CURLE_UNSUPPORTED_PROTOCOL, 0, "x",
         "http://h did not answer as a web server does: it does not speak HTTP"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};

        http_failure((int)cases[i].code, cases[i].number, S("http://h"), str_of(cases[i].detail),
                     &err);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.status, REIN_NETWORK);
    }
}

const struct CMUnitTest http_failure_tests[] = {cmocka_unit_test(words)};
const size_t http_failure_tests_n = sizeof http_failure_tests / sizeof *http_failure_tests;
