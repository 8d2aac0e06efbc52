/* check.h - a test is a function; a check that does not hold says where, and what it had. The first
 * three of a test are told, the others only counted. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int check_failures, check_before;

#define CHECK(condition, ...) \
    do { \
        if (!(condition) && ++check_failures <= check_before + 3) { \
            printf("  %s:%d: %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__); \
            printf("\n"); \
        } \
    } while (0)

#define RUN(test) \
    do { \
        check_before = check_failures; \
        test(); \
        printf("%s %s\n", check_before == check_failures ? "ok  " : "FAIL", #test); \
    } while (0)

#endif
