/*
 * model_test.c - which model a name means, what it costs, how large it is.
 */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/model.h"

static void names(void **state)
{
    static const struct {
        const char *name, *base_url, *id, *url;
        int64_t window, max_output;
        double input;
    } cases[] = {
        {"claude-opus-5-5", "", "claude-opus-5-5", "https://api.anthropic.com", 1000000, 128000, 4},
        {"anthropic/claude-opus-5-5", "", "claude-opus-5-5", "https://api.anthropic.com", 1000000,
         128000, 4},
        {"opus", "", "claude-opus-5-5", "https://api.anthropic.com", 1000000, 128000, 4},
        {"anthropic/sonnet", "", "claude-sonnet-5-5", "https://api.anthropic.com", 1000000, 128000,
         2},
        {"haiku", "", "claude-haiku-5-5", "https://api.anthropic.com", 1000000, 128000, 0.10},
        {"fable", "", "claude-fable-5-2", "https://api.anthropic.com", 1000000, 128000, 8},
        {"claude-fable-5-1", "", "claude-fable-5-1", "https://api.anthropic.com", 1000000, 128000,
         10},
        {"claude-fable-5", "", "claude-fable-5", "https://api.anthropic.com", 1000000, 128000, 10},
        {"claude-opus-5", "", "claude-opus-5", "https://api.anthropic.com", 1000000, 128000, 5},
        {"claude-opus-4-8", "", "claude-opus-4-8", "https://api.anthropic.com", 1000000, 128000, 5},
        {"claude-opus-4-5-20251101", "", "claude-opus-4-5-20251101", "https://api.anthropic.com",
         200000, 64000, 5},
        {"claude-sonnet-5", "", "claude-sonnet-5", "https://api.anthropic.com", 1000000, 128000, 2},
        {"claude-sonnet-4-6", "", "claude-sonnet-4-6", "https://api.anthropic.com", 1000000, 128000,
         3},
        {"claude-sonnet-4-5-20250929", "", "claude-sonnet-4-5-20250929",
         "https://api.anthropic.com", 200000, 64000, 3},
        {"claude-haiku-4-5", "", "claude-haiku-4-5", "https://api.anthropic.com", 200000, 64000, 1},
        {"claude-mythos-preview", "", "claude-mythos-preview", "https://api.anthropic.com", 1000000,
         128000, 0},
        {"claude-next-9", "", "claude-next-9", "https://api.anthropic.com", 200000, 64000, 0},
        {"anthropic/llama-3", "http://127.0.0.1:8080/", "llama-3", "http://127.0.0.1:8080/", 128000,
         8192, 0},
        {"anthropic/qwen/qwen3", " http://h ", "qwen/qwen3", "http://h", 128000, 8192, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct model model;
        struct arena a;

        arena_init(&a);
        assert_ok(model_resolve(str_of(cases[i].name), str_of(cases[i].base_url), &a, &model, &err),
                  err);
        if (!str_eq(model.id, str_of(cases[i].id)) ||
            !str_eq(model.base_url, str_of(cases[i].url)) ||
            model.profile->window != cases[i].window ||
            model.profile->max_output != cases[i].max_output ||
            fabs(model.profile->prices.input - cases[i].input) > 1e-9)
            test_fail("%s: %.*s at %.*s, %s", cases[i].name, FS(model.id), FS(model.base_url),
                      model.profile->pattern);
        assert_true(str_eq(model.name, str_of(cases[i].name)));
        assert_true(model.profile->default_output <= model.profile->max_output);
        assert_non_null(model.wire);
        arena_fini(&a);
    }
}

static void unknown_names(void **state)
{
    static const struct {
        const char *name, *base_url;
        rein_status status;
        const char *words;
    } cases[] = {
        {"opsu", "", REIN_NOT_FOUND, "did you mean 'opus'?"},
        {"cluade-opus-5-5", "", REIN_NOT_FOUND, "did you mean 'claude-opus-5-5'?"},
        {"gpt-5", "", REIN_NOT_FOUND, "expected a Claude model"},
        {"", "", REIN_NOT_FOUND, "unknown model ''"},
        {"openai/gpt-5", "", REIN_NOT_FOUND, "unknown provider 'openai'"},
        {"script/x", "", REIN_NOT_FOUND, "unknown provider 'script'"},
        {"anthropic/", "", REIN_NOT_FOUND, "unknown model"},
        {"opus", "localhost:80", REIN_INVALID, "check ANTHROPIC_BASE_URL"},
        {"opus", "ftp://h", REIN_INVALID, "expected http or https"},
        {"script:", "", REIN_INVALID, "expected script:FILE"},
        {"script:/nowhere/x", "", REIN_NOT_FOUND, "'/nowhere/x'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct model model;
        struct arena a;

        arena_init(&a);
        rein_status status =
            model_resolve(str_of(cases[i].name), str_of(cases[i].base_url), &a, &model, &err);

        if (status != cases[i].status || !strstr(err.text, cases[i].words))
            test_fail("%s: %s: %s", cases[i].name, status_name(status), err.text);
        arena_fini(&a);
    }
}

static void a_fault_in_a_scenario_is_told_when_it_is_named(void **state)
{
    char path[] = "/tmp/rein-scenario-XXXXXX", name[64], words[64];
    int fd = mkstemp(path);
    struct error err = {0};
    struct model model;
    struct arena a;

    (void)state;
    assert_int_equal(write(fd, "user Hi\nmodel txet \"a\"\n", 23), 23);
    arena_init(&a);
    snprintf(name, sizeof name, "script:%s", path);
    assert_int_equal(model_resolve(str_of(name), S(""), &a, &model, &err), REIN_INVALID);
    snprintf(words, sizeof words, "%s:2: a reply has no 'txet'", path);
    assert_true(str_starts(str_of(err.text), str_of(words)));
    assert_int_equal(ftruncate(fd, 8), 0);
    assert_ok(model_resolve(str_of(name), S(""), &a, &model, &err), err);
    assert_true(str_eq(model.script, str_of(path)));
    assert_true(str_eq(model.name, str_of(name)));
    arena_fini(&a);
    close(fd);
    unlink(path);
}

static void S030_cost(void **state)
{
    static const struct {
        const char *model;
        struct usage usage;
        double cost;
    } cases[] = {
        {"claude-opus-5-5", {.input = 1000000}, 4},
        {"claude-opus-5-5", {.output = 1000000}, 20},
        {"claude-opus-5-5", {.cache_read = 1000000}, 0.2},
        {"claude-opus-5-5", {.cache_write_5m = 1000000}, 5},
        {"claude-opus-5-5", {.cache_write_1h = 1000000}, 8},
        {"claude-sonnet-4-6", {.input = 12, .output = 57, .cache_read = 8000}, 0.003291},
        {"claude-haiku-5-5", {.input = 100000, .output = 1000}, 0.0105},
        {"claude-haiku-5-5", {.input = 50000, .cache_read = 50001, .output = 1000}, 0.03000005},
        {"claude-haiku-5-5", {.input = 50000, .cache_write_5m = 50001}, 0.056250625},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model model;
        struct arena a;

        arena_init(&a);
        model_resolve(str_of(cases[i].model), S(""), &a, &model, NULL);
        double cost = usage_cost(&model.profile->prices, &cases[i].usage);

        if (fabs(cost - cases[i].cost) > 1e-9)
            test_fail("%s, case %zu: %.9f instead of %.9f", cases[i].model, i, cost, cases[i].cost);
        arena_fini(&a);
    }
}

static void estimates(void **state)
{
    (void)state;
    assert_int_equal(tokens_estimate(0), 0);
    assert_int_equal(tokens_estimate(1), 1);
    assert_int_equal(tokens_estimate(4), 1);
    assert_int_equal(tokens_estimate(4001), 1001);
}

const struct CMUnitTest model_tests[] = {
    cmocka_unit_test(names),
    cmocka_unit_test(unknown_names),
    cmocka_unit_test(a_fault_in_a_scenario_is_told_when_it_is_named),
    cmocka_unit_test(S030_cost),
    cmocka_unit_test(estimates),
};
const size_t model_tests_n = sizeof model_tests / sizeof *model_tests;
