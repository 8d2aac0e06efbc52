/*
 * test.h - cmocka as our tests see it, with what it needs included before it. Its macros `fail` and
 * `fail_msg` give way to base/error.h's fail(): a test ends itself with test_fail("why %d", n).
 */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
#undef fail_msg

#define test_fail(...) \
    do { \
        print_error("ERROR: " __VA_ARGS__); \
        print_error("\n"); \
        _fail(__FILE__, __LINE__); \
    } while (0)

/* The status is REIN_OK, else the error's text is shown. */
#define assert_ok(call, err) \
    do { \
        if ((call) != REIN_OK) \
            test_fail("%s: %s", #call, (err).text); \
    } while (0)

#endif
