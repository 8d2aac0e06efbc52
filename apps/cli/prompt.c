/*
 * prompt.c - reads a prompt.
 */
#include "cli/prompt.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/utf8.h"
#include "platform/tty.h"

enum { PROMPT_MAX = 10 * 1000 * 1000, FIRST_BYTE_MS = 3000 };

static rein_status read_all(struct buf *out, struct error *err)
{
    for (;;) {
        char *room = buf_room(out, 65536);
        if (!room)
            return fail(err, REIN_LIMIT,
                        "the text on standard input is over 10 MB; put it into a file and name it "
                        "in the prompt");
        ssize_t n = read(STDIN_FILENO, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(err, errno, "read standard input");
        if (n == 0)
            return REIN_OK;
        buf_grown(out, (size_t)n);
    }
}

/* Whether to read standard input. A pipe that nobody writes to (many programs leave one open) must
 * not hold up a prompt that is there already, so then its first byte has three seconds. */
static bool has_input(bool has_argument)
{
    struct stat st;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    if (fstat(STDIN_FILENO, &st) != 0 || tty_is(STDIN_FILENO) || S_ISDIR(st.st_mode))
        return false;
    if (S_ISCHR(st.st_mode) && has_argument)
        return false;
    if (!has_argument || S_ISREG(st.st_mode))
        return true;
    return poll(&input, 1, FIRST_BYTE_MS) != 0;
}

rein_status prompt_read(const struct cli *cli, struct buf *out, rein_error *err)
{
    struct error fault = {0};
    struct buf input;
    str text;

    buf_init(&input, PROMPT_MAX + 65536);
    if (has_input(cli->n > 0) && read_all(&input, &fault) == REIN_OK && input.n > PROMPT_MAX)
        fail(&fault, REIN_LIMIT,
             "the text on standard input is over 10 MB; put it into a file and "
             "name it in the prompt");
    text = str_trim(buf_str(&input));
    if (cli->n)
        utf8_clean(out, str_of(cli->arguments[0]));
    if (cli->n && text.n)
        buf_add(out, S("\n\n"));
    utf8_clean(out, text);
    buf_fini(&input);
    memcpy(err, &fault, sizeof *err);
    return fault.status;
}
