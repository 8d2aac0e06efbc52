/* host.c - signals, waiting and writing around the library. */
#include "cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 100, LINE_BYTES = 65536, PASTE_MS = 20 };

static volatile sig_atomic_t interrupts, terminated;
static int taken; /* interrupts that somebody was told of */
static int output_error;
static int signal_pipe[2] = {-1, -1}; /* a byte a signal: no wait begins just after it */

static void on_signal(int number)
{
    int before = errno;

    if (number == SIGINT)
        interrupts++;
    else
        terminated = 1;
    if (interrupts - taken > 2)
        _exit(EXIT_INTERRUPTED);
    if (write(signal_pipe[1], "", 1) < 0) {
        /* full: somebody will wake up anyway */
    }
    errno = before;
}

void host_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        signal_pipe[0] = signal_pipe[1] = -1;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool host_is_terminated(void) { return terminated; }

bool host_was_interrupted(void)
{
    if (interrupts == taken)
        return false;
    taken = interrupts;
    return true;
}

bool host_turn(rein *r, int fd, int milliseconds)
{
    char drained[64];

    if (fd < 0) {
        rein_turn(r, milliseconds < 0 || milliseconds > TICK_MS ? TICK_MS : milliseconds);
        return false;
    }
    struct pollfd wanted[] = {{.fd = fd, .events = POLLIN},
                              {.fd = rein_descriptor(r), .events = POLLIN},
                              {.fd = signal_pipe[0], .events = POLLIN}};
    if (poll(wanted, 3, milliseconds) < 0)
        return false;
    while (wanted[2].revents && read(signal_pipe[0], drained, sizeof drained) > 0) {
    }
    rein_turn(r, 0);
    return wanted[0].revents != 0;
}

int host_run(rein *r, rein_session *s, void (*tick)(void *data), void *data)
{
    bool interrupted = false;
    int64_t last = 0;

    while (!rein_is_idle(s)) {
        if (terminated)
            return EXIT_TERMINATED;
        if (output_error)
            return 1;
        if (host_was_interrupted()) {
            if (interrupted)
                return EXIT_INTERRUPTED;
            interrupted = true;
            rein_interrupt(s, NULL);
        }
        if (tick && host_now() - last >= TICK_MS * 1000) {
            last = host_now();
            tick(data);
        }
        host_turn(r, -1, TICK_MS);
    }
    if (terminated)
        return EXIT_TERMINATED;
    return output_error ? 1 : 0;
}

enum host_line host_read_line(char **line)
{
    static char room[LINE_BYTES];
    ssize_t n = read(STDIN_FILENO, room, sizeof room - 1);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return LINE_NOTHING;
    if (n <= 0)
        return LINE_END;
    room[n] = 0;
    if (room[n - 1] == '\n')
        room[n - 1] = 0;
    *line = room;
    return LINE_READ;
}

bool host_has_line(void)
{
    struct pollfd wanted = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&wanted, 1, PASTE_MS) > 0 && wanted.revents & POLLIN;
}

void host_write(void *data, const char *bytes, size_t size)
{
    (void)data;
    if (output_error)
        return;
    fflush(stdout);
    while (size) {
        ssize_t n = write(STDOUT_FILENO, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wanted = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&wanted, 1, -1);
            continue;
        }
        if (n < 0) {
            output_error = errno;
            if (output_error != EPIPE)
                complain("cannot write to standard output: %s", strerror(output_error));
            return;
        }
        bytes += n;
        size -= (size_t)n;
    }
}

bool host_output_failed(void) { return output_error != 0; }

int64_t host_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int host_fail(const rein_error *err)
{
    return complain("%s", err->text[0] ? err->text : rein_status_name(err->status));
}
