/* error_test.c - the error value: its text, its context, errno, the table. */
#include "test.h"

#include <errno.h>

#include "base/error.h"
#include "base/utf8.h"

static void says_what_failed(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(fail(&err, REIN_LIMIT, "more than %d", 3), REIN_LIMIT);
    assert_int_equal(err.status, REIN_LIMIT);
    assert_string_equal(err.text, "more than 3");
    assert_int_equal(fail(NULL, REIN_IO, "nobody listens"), REIN_IO);
    assert_int_equal(fail(&err, REIN_IO, "again: %s", err.text), REIN_IO);
    assert_string_equal(err.text, "again: more than 3");
}

static void adds_context(void **state)
{
    struct error err = {0};

    (void)state;
    fail(&err, REIN_CORRUPT, "bad page");
    assert_int_equal(error_context(&err, "store '%s'", "x"), REIN_CORRUPT);
    assert_string_equal(err.text, "store 'x': bad page");
    assert_int_equal(error_context(NULL, "x"), REIN_FAILED);
}

static void cuts_long_texts_between_characters(void **state)
{
    struct error err = {0};
    char text[400];

    (void)state;
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', lead);
        for (size_t i = lead; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        fail(&err, REIN_IO, "%s", text);
        assert_true(utf8_is_valid(str_of(err.text)));
        assert_in_range(strlen(err.text), 253, 255);
    }
}

static void knows_errno(void **state)
{
    static const struct {
        int number;
        rein_status status;
    } cases[] = {{ENOSPC, REIN_NO_SPACE}, {EDQUOT, REIN_NO_SPACE}, {ENOENT, REIN_NOT_FOUND},
                 {EACCES, REIN_DENIED},   {EPERM, REIN_DENIED},    {EROFS, REIN_DENIED},
                 {EIO, REIN_IO}};
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(fail_errno(&err, cases[i].number, "x"), cases[i].status);
    fail_errno(&err, ENOENT, "open '%s'", "/a");
    assert_string_equal(err.text, "open '/a': No such file or directory");
    assert_int_equal(fail_errno(NULL, EACCES, "x"), REIN_DENIED);
}

static void table_has_every_status(void **state)
{
    (void)state;
    for (int status = REIN_OK; status <= REIN_FAILED; status++)
        assert_non_null(status_name((rein_status)status));
    assert_string_equal(status_name(REIN_NOT_FOUND), "not_found");
    assert_string_equal(status_name((rein_status)999), "failed");
    assert_true(status_is_retryable(REIN_OVERLOADED));
    assert_false(status_is_retryable(REIN_AUTH));
    assert_int_equal(status_who(REIN_AUTH), WHO_USER);
    assert_int_equal(status_who(REIN_FAILED), WHO_US);
}

const struct CMUnitTest error_tests[] = {
    cmocka_unit_test(says_what_failed),
    cmocka_unit_test(adds_context),
    cmocka_unit_test(cuts_long_texts_between_characters),
    cmocka_unit_test(knows_errno),
    cmocka_unit_test(table_has_every_status),
};
const size_t error_tests_n = sizeof(error_tests) / sizeof(error_tests[0]);
