/*
 * error.c - the error value and the table of what can go wrong. Knows nothing about who fails.
 */
#include "base/error.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static_assert(sizeof(struct error) == sizeof(rein_error) &&
                  offsetof(struct error, text) == offsetof(rein_error, text),
              "the public error has the same shape");

struct status_row {
    const char *word;
    bool retryable;
    enum status_who who;
};

static const struct status_row status_rows[] = {
#define STATUS(name, word, retryable, who) [name] = {word, retryable, who},
#include "base/status.def"
#undef STATUS
};

static const struct status_row *row_of(rein_status status)
{
    size_t n = sizeof(status_rows) / sizeof(status_rows[0]);

    return (size_t)status < n ? &status_rows[status] : &status_rows[REIN_FAILED];
}

const char *status_name(rein_status status) { return row_of(status)->word; }
bool status_is_retryable(rein_status status) { return row_of(status)->retryable; }
enum status_who status_who(rein_status status) { return row_of(status)->who; }

/* Through a second buffer, since the arguments may point into err->text; it is a character longer,
 * so that a text too long is cut between two of them. */
static void set_text(struct error *err, const char *format, va_list args)
{
    char text[sizeof(err->text) + 4];
    int n = vsnprintf(text, sizeof(text), format, args);
    str whole = {text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1};
    str head = utf8_head(whole, sizeof(err->text) - 1);

    memcpy(err->text, head.p, head.n);
    err->text[head.n] = 0;
}

rein_status fail(struct error *err, rein_status status, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    err->status = status;
    return status;
}

rein_status error_context(struct error *err, const char *format, ...)
{
    struct error context = {0};
    va_list args;

    if (!err)
        return REIN_FAILED;
    va_start(args, format);
    set_text(&context, format, args);
    va_end(args);
    return fail(err, err->status, "%s: %s", context.text, err->text);
}

static rein_status status_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT: return REIN_NO_SPACE;
    case ENOENT: return REIN_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return REIN_DENIED;
    default: return REIN_IO;
    }
}

rein_status fail_errno(struct error *err, int number, const char *format, ...)
{
    rein_status status = status_of_errno(number);
    struct error what = {0};
    char reason[96];
    va_list args;

    if (!err)
        return status;
    va_start(args, format);
    set_text(&what, format, args);
    va_end(args);
    return fail(err, status, "%s: %s", what.text, strerror_r(number, reason, sizeof(reason)));
}
