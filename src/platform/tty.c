/*
 * tty.c - the terminal's size, colour and modes. It knows nothing of what is drawn. The one global
 * is the terminal's own state, which must be put back however the process ends.
 */
#include "platform/tty.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
    struct termios before;
    int fd;
    bool raw, at_exit;
} tty;

bool tty_is(int fd) { return isatty(fd) == 1; }

void tty_size(int fd, int *columns, int *rows)
{
    struct winsize size = {0};
    bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;

    *columns = known && size.ws_col ? size.ws_col : 80;
    *rows = known && size.ws_row ? size.ws_row : 24;
}

bool tty_has_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    return tty_is(fd) && !(no_colour && *no_colour) && term && *term && strcmp(term, "dumb") != 0;
}

bool tty_raw(int fd)
{
    struct termios raw;

    if (!tty.raw && tcgetattr(fd, &tty.before) != 0)
        return false;
    raw = tty.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSADRAIN, &raw) != 0)
        return false;
    tty.fd = fd;
    tty.raw = true;
    if (!tty.at_exit)
        tty.at_exit = atexit(tty_restore) == 0;
    return true;
}

void tty_restore(void)
{
    if (tty.raw)
        tcsetattr(tty.fd, TCSADRAIN, &tty.before);
    tty.raw = false;
}
