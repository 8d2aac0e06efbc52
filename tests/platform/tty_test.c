/* tty_test.c - what a terminal says of itself, on a pseudo-terminal. */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "platform/tty.h"

/* The terminal's side of a pair; the other stays open in *other. */
static int open_terminal(int *other)
{
    *other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*other >= 0);
    assert_int_equal(grantpt(*other), 0);
    assert_int_equal(unlockpt(*other), 0);
    int fd = open(ptsname(*other), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void size_and_kind(void **state)
{
    (void)state;
    int other, fd = open_terminal(&other), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct winsize size = {.ws_col = 132, .ws_row = 50};
    int columns, rows;

    assert_true(tty_is(fd));
    assert_false(tty_is(null));
    assert_int_equal(ioctl(other, TIOCSWINSZ, &size), 0);
    tty_size(fd, &columns, &rows);
    assert_int_equal(columns, 132);
    assert_int_equal(rows, 50);
    tty_size(null, &columns, &rows);
    assert_int_equal(columns, 80);
    assert_int_equal(rows, 24);
    close(null), close(fd), close(other);
}

static void colour_is_for_terminals_that_want_it(void **state)
{
    (void)state;
    static const struct {
        const char *term, *no_colour;
        bool colour;
    } cases[] = {
        {"xterm", NULL, true}, {"xterm", "", true}, {"xterm", "1", false},
        {"dumb", NULL, false}, {NULL, NULL, false}, {"", NULL, false},
    };
    int other, fd = open_terminal(&other), null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsetenv("TERM"), unsetenv("NO_COLOR");
        if (cases[i].term)
            setenv("TERM", cases[i].term, 1);
        if (cases[i].no_colour)
            setenv("NO_COLOR", cases[i].no_colour, 1);
        assert_int_equal(tty_has_colour(fd), cases[i].colour);
        assert_false(tty_has_colour(null));
    }
    close(null), close(fd), close(other);
}

static void raw_and_back(void **state)
{
    (void)state;
    int other, fd = open_terminal(&other), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct termios before, raw, after;

    tty_restore(); /* nothing to restore */
    assert_false(tty_raw(null));
    assert_int_equal(tcgetattr(fd, &before), 0);
    assert_true(tty_raw(fd));
    assert_true(tty_raw(fd)); /* twice: what was before is still known */
    assert_int_equal(tcgetattr(fd, &raw), 0);
    assert_false(raw.c_lflag & (ICANON | ECHO));
    assert_true(raw.c_lflag & ISIG);
    tty_restore();
    tty_restore();
    assert_int_equal(tcgetattr(fd, &after), 0);
    assert_int_equal(after.c_lflag, before.c_lflag);
    close(null), close(fd), close(other);
}

const struct CMUnitTest tty_tests[] = {
    cmocka_unit_test(size_and_kind),
    cmocka_unit_test(colour_is_for_terminals_that_want_it),
    cmocka_unit_test(raw_and_back),
};
const size_t tty_tests_n = sizeof tty_tests / sizeof *tty_tests;
