/*
 * failure_test.c - refusals of servers: which status, which words; and how long they ask to wait.
 */
#include "test.h"

#include "model/failure.h"

static struct model opus(struct arena *a)
{
    struct model model;

    model_resolve(S("opus"), S(""), a, &model, NULL);
    return model;
}

static void refusals(void **state)
{
    static const struct {
        const char *id;
        int http_status;
        const char *type, *message;
        rein_status status;
        const char *text;
    } cases[] = {
        {"401", 401, "authentication_error", "invalid x-api-key", REIN_AUTH,
         "the key was refused (HTTP 401): invalid x-api-key; check ANTHROPIC_API_KEY"},
        {"403", 403, "", "", REIN_AUTH,
         "the key was refused (HTTP 403): no reason given; check ANTHROPIC_API_KEY"},
        {"402", 402, "billing_error", "pay", REIN_DENIED,
         "the model's server refused (HTTP 402): pay"},
        {"E21", 404, "not_found_error", "model: x", REIN_NOT_FOUND,
         "unknown model 'claude-opus-5-5' (HTTP 404): model: x"},
        {"E21 without a type", 404, "", "", REIN_NOT_FOUND,
         "unknown model 'claude-opus-5-5' (HTTP 404): no reason given"},
        {"E11", 413, "", "", REIN_LIMIT, "the request is too large (HTTP 413): no reason given"},
        {"E14", 400, "invalid_request_error", "Prompt is too long: 213462 tokens > 200000 maximum",
         REIN_LIMIT,
         "the request is too large (HTTP 400): Prompt is too long: 213462 tokens > "
         "200000 maximum"},
        {"overflow, the older words", 400, "invalid_request_error",
         "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", REIN_LIMIT,
         "the request is too large (HTTP 400): input length and `max_tokens` exceed context limit: "
         "188240 + 21333 > 200000"},
        {"E07", 429, "", "slow down", REIN_OVERLOADED,
         "the model's server asks for patience (HTTP 429): slow down"},
        {"E16", 429, "", "Too many tokens, please wait", REIN_OVERLOADED,
         "the model's server asks for patience (HTTP 429): Too many tokens, please wait"},
        {"529", 529, "overloaded_error", "Overloaded", REIN_OVERLOADED,
         "the model's server asks for patience (HTTP 529): Overloaded"},
        {"E22", 503, "", "Loading model", REIN_OVERLOADED,
         "the model's server asks for patience (HTTP 503): Loading model"},
        {"500", 500, "api_error", "oops", REIN_NETWORK,
         "the model's server refused (HTTP 500): oops"},
        {"E23", 502, "", "", REIN_NETWORK,
         "the model's server refused (HTTP 502): no reason given"},
        {"E17", 400, "", "", REIN_INVALID,
         "the model's server refused (HTTP 400): no reason given"},
        {"E19", 422, "odd_error", "odd", REIN_INVALID,
         "the model's server refused (HTTP 422): odd"},
        {"another status", 418, "", "teapot", REIN_PROTOCOL,
         "the model's server refused (HTTP 418): teapot"},
        {"A04 in a stream", 200, "overloaded_error", "Overloaded", REIN_OVERLOADED,
         "the model's server asks for patience: Overloaded"},
        {"A06 in a stream", 200, "api_error", "died", REIN_NETWORK,
         "the model's server refused: died"},
        {"unknown, in a stream", 200, "odd_error", "odd", REIN_NETWORK,
         "the model's server refused: odd"},
        {"not fit to be shown", 500, "api_error", "a\x1b[31mb\nc\td", REIN_NETWORK,
         "the model's server refused (HTTP 500): ab c d"},
    };
    struct arena a;

    (void)state;
    arena_init(&a);
    struct model model = opus(&a);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};

        model_failure(&model, cases[i].http_status, str_of(cases[i].type), str_of(cases[i].message),
                      &err);
        if (err.status != cases[i].status || strcmp(err.text, cases[i].text) != 0)
            test_fail("%s: %s: %s", cases[i].id, status_name(err.status), err.text);
    }
    arena_fini(&a);
}

static void a_long_message_is_cut(void **state)
{
    char message[1000];
    struct error err = {0};
    struct arena a;

    (void)state;
    arena_init(&a);
    struct model model = opus(&a);

    memset(message, 'x', sizeof message);
    model_failure(&model, 500, S(""), (str){message, sizeof message}, &err);
    assert_true(strlen(err.text) < 200);
    arena_fini(&a);
}

static void waiting(void **state)
{
    enum { NOW = 1795146992 }; /* Fri, 20 Nov 2026 03:56:32 GMT */
    static const struct {
        const char *id, *milliseconds, *seconds;
        int64_t delay;
    } cases[] = {
        {"E01", "", "7", 7000},
        {"E01 a fraction", "", "0.25", 250},
        {"E02", "350", "1", 350},
        {"E02 a fraction", "350.4", "1", 351},
        {"E03 a date to come", "", "Fri, 20 Nov 2026 03:57:02 GMT", 30000},
        {"E03 a date that was", "", "Fri, 20 Nov 2026 03:00:00 GMT", -1},
        {"E03 no date", "", "Fri, 20 Nov", -1},
        {"E04 zero", "", "0", -1},
        {"E04 less", "", "-5", -1},
        {"E04 words", "", "abc", -1},
        {"E04 nothing", "", "", -1},
        {"E04 huge", "", "1e9", 2147483647},
        {"E04 infinite", "", "inf", -1},
        {"E04 no milliseconds", "x", "2", 2000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t delay = retry_after(str_of(cases[i].milliseconds), str_of(cases[i].seconds),
                                    (int64_t)NOW * 1000000);

        if (delay != cases[i].delay)
            test_fail("%s: %lld", cases[i].id, (long long)delay);
    }
}

const struct CMUnitTest failure_tests[] = {
    cmocka_unit_test(refusals),
    cmocka_unit_test(a_long_message_is_cut),
    cmocka_unit_test(waiting),
};
const size_t failure_tests_n = sizeof failure_tests / sizeof *failure_tests;
