/* text_test.c - times, the nearest word, embedded files. */
#include "test.h"

#include "base/embed.h"
#include "base/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void times_come_back(void **state)
{
    static const struct {
        int64_t microseconds;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(1795146992123456), "2026-11-20T03:56:32.123456Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
        {INT64_C(951868799999999), "2000-02-29T23:59:59.999999Z"},
        {INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
        {INT64_C(-62167219200000000), "0000-01-01T00:00:00.000000Z"},
    };
    char text[TIME_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t back;

        time_text(cases[i].microseconds, text);
        assert_string_equal(text, cases[i].text);
        assert_true(time_parse(str_of(text), &back) && back == cases[i].microseconds);
    }
    for (int64_t at = INT64_C(-62167219200000000); at < INT64_C(253402300000000000);
         at += INT64_C(100003000007001)) { /* about every three years, each at another hour */
        int64_t back;

        time_text(at, text);
        assert_true(time_parse(str_of(text), &back) && back == at);
    }
    time_text(INT64_MAX, text);
    assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
    time_text(INT64_MIN, text);
    assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
}

static void reads_times_strictly(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t microseconds;
    } cases[] = {
        {"1970-01-01T00:00:01Z", true, 1000000},
        {"1970-01-01T00:00:01.5Z", true, 1500000},
        {"1970-01-01T00:00:01.000001Z", true, 1000001},
        {"1970-01-01T01:30:00+01:30", true, 0},
        {"1969-12-31T23:00:00-01:00", true, 0},
        {"1970-01-01T00:00:01.Z", false, 0},
        {"1970-01-01T00:00:01.0000001Z", false, 0},
        {"1970-01-01T00:00:01", false, 0},
        {"1970-01-01 00:00:01Z", false, 0},
        {"1970-01-01T24:00:00Z", false, 0},
        {"1970-01-01T00:60:00Z", false, 0},
        {"1970-01-01T00:00:60Z", false, 0},
        {"1970-00-01T00:00:00Z", false, 0},
        {"1970-13-01T00:00:00Z", false, 0},
        {"1970-01-00T00:00:00Z", false, 0},
        {"1970-02-29T00:00:00Z", false, 0},
        {"1900-02-29T00:00:00Z", false, 0},
        {"1970-04-31T00:00:00Z", false, 0},
        {"70-01-01T00:00:00Z", false, 0},
        {"1970-01-01T00:00:00Zx", false, 0},
        {"1970-01-01T00:00:00+1:00", false, 0},
        {"1970-01-01T00:00:00+24:00", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at = -7;

        if (time_parse(str_of(cases[i].text), &at) != cases[i].ok ||
            at != (cases[i].ok ? cases[i].microseconds : -7))
            test_fail("%s: %lld", cases[i].text, (long long)at);
    }
}

static void finds_the_nearest_word(void **state)
{
    static const char *const words[] = {"model", "mode", "permission-mode", "path", "file_path"};
    static const struct {
        const char *word;
        int found;
    } cases[] = {
        {"model", 0},
        {"modell", 0},
        {"mdoel", 0},
        {"MODE", 1},
        {"paht", 3},
        {"filePath", 4},
        {"permision-mode", 2},
        {"premission-moed", 2},
        {"zebra", -1},
        {"pxxh", -1},
        {"", -1},
        {"xyz", -1},
        {"m", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int found = nearest_word(str_of(cases[i].word), words, COUNT(words));

        if (found != cases[i].found)
            test_fail("%s: %d", cases[i].word, found);
    }
    assert_int_equal(nearest_word(S("x"), NULL, 0), -1);
    assert_int_equal(word_distance(S("kitten"), S("sitting")), 3);
    assert_int_equal(word_distance(S(""), S("abc")), 3);
}

static char long_word[100];

static void long_words_are_no_neighbours(void **state)
{
    (void)state;
    memset(long_word, 'x', sizeof(long_word) - 1);
    assert_true(word_distance(str_of(long_word), S("x")) == SIZE_MAX);
    assert_int_equal(nearest_word(str_of(long_word), (const char *const[]){long_word}, 1), -1);
}

const struct embedded embedded_files[] = {
    {"demo/Makefile", S_INIT("all:\n"), 0644},
    {"demo/run", S_INIT("#!/bin/sh\n"), 0755},
    {"tool/bash.md", S_INIT(""), 0644},
    {"tool/read.md", S_INIT("Reads.\n"), 0644},
    {"", {NULL, 0}, 0},
};

static void finds_embedded_files(void **state)
{
    (void)state;
    for (size_t i = 0; embedded_files[i].name[0]; i++)
        assert_ptr_equal(embedded_file(embedded_files[i].name).p, embedded_files[i].bytes.p);
    assert_null(embedded_file("tool/rea").p);
    assert_null(embedded_file("zzz").p);
    assert_null(embedded_file("").p);
}

const struct CMUnitTest text_tests[] = {
    cmocka_unit_test(times_come_back),        cmocka_unit_test(reads_times_strictly),
    cmocka_unit_test(finds_the_nearest_word), cmocka_unit_test(long_words_are_no_neighbours),
    cmocka_unit_test(finds_embedded_files),
};
const size_t text_tests_n = sizeof(text_tests) / sizeof(text_tests[0]);
