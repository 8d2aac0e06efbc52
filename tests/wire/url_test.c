/*
 * url_test.c - addresses of servers: what is taken apart, what is refused and with which words.
 */
#include "test.h"

#include "wire/url.h"

static void good_ones(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        bool secure;
        const char *path;
    } cases[] = {
        {"https://api.anthropic.com", "api.anthropic.com", 443, true, ""},
        {"HTTP://127.0.0.1:8080/", "127.0.0.1", 8080, false, "/"},
        {"http://[::1]:9/v1?x=1", "::1", 9, false, "/v1?x=1"},
        {"https://[fe80::1]", "fe80::1", 443, true, ""},
        {"http://host?q", "host", 80, false, "?q"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url url;
        struct buf origin;

        assert_int_equal(url_parse(str_of(cases[i].text), &url, NULL), REIN_OK);
        assert_true(str_eq(url.host, str_of(cases[i].host)));
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.secure, cases[i].secure);
        assert_true(str_eq(url.path, str_of(cases[i].path)));
        buf_init(&origin, BUF_NO_MAX);
        url_origin(&url, &origin);
        assert_true(str_starts(str_of(cases[i].text), buf_str(&origin)));
        buf_fini(&origin);
    }
}

static void bad_ones(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "is no URL"},
        {"api.anthropic.com", "is no URL"},
        {"ftp://host", "expected http or https"},
        {"http://", "no valid host"},
        {"http://:80", "no valid host"},
        {"http://host:", "no valid host"},
        {"http://host:0", "no valid host"},
        {"http://host:65536", "no valid host"},
        {"http://host:8o80", "no valid host"},
        {"http://[::1", "no valid host"},
        {"http://[::1]x", "no valid host"},
        {"http://user:secret@host", "before '@'"},
        {"http://host/#x", "fragment"},
        {"http://ho st", "blanks"},
        {"http://host/\r\nx: y", "blanks"},
        {"http://h\xC3\xB6st", "blanks"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct url url;

        assert_int_equal(url_parse(str_of(cases[i].text), &url, &err), REIN_INVALID);
        if (!strstr(err.text, cases[i].words))
            test_fail("'%s': %s", cases[i].text, err.text);
        assert_null(strstr(err.text, "secret"));
    }
}

static void joining(void **state)
{
    static const struct {
        const char *base, *joined;
    } cases[] = {
        {"https://h", "https://h/v1/messages"},
        {"https://h/", "https://h/v1/messages"},
        {"https://h//", "https://h/v1/messages"},
        {"https://h/v1", "https://h/v1/messages"},
        {"https://h/v1/", "https://h/v1/messages"},
        {"https://h/api", "https://h/api/v1/messages"},
        {"https://h/v11", "https://h/v11/v1/messages"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;

        buf_init(&out, BUF_NO_MAX);
        url_join(str_of(cases[i].base), S("/v1/messages"), &out);
        assert_string_equal(out.p, cases[i].joined);
        buf_fini(&out);
    }
}

const struct CMUnitTest url_tests[] = {
    cmocka_unit_test(good_ones),
    cmocka_unit_test(bad_ones),
    cmocka_unit_test(joining),
};
const size_t url_tests_n = sizeof url_tests / sizeof *url_tests;
