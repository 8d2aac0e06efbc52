/*
 * error.h - the error value: a status and 256 bytes of text, so it needs no memory and cannot
 * itself fail.
 *
 * A call that can fail returns rein_status and takes `struct error *err` last; err may be NULL.
 * The text is for a person or a model: what, where, what to do. Whoever returns an error does not
 * log it; callers add context once a layer with error_context().
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <rein.h>

/* The same shape as the public rein_error. */
struct error {
    rein_status status;
    char text[256];
};

/* Set *err and return `status`. */
__attribute__((format(printf, 3, 4))) rein_status fail(struct error *err, rein_status status,
                                                       const char *format, ...);

/* Put "context: " before the text; returns err->status. */
__attribute__((format(printf, 2, 3))) rein_status error_context(struct error *err,
                                                                const char *format, ...);

/* From an errno of a system call: ENOSPC and EDQUOT become REIN_NO_SPACE, ENOENT REIN_NOT_FOUND,
 * EACCES, EPERM and EROFS REIN_DENIED, the rest REIN_IO; ": strerror" is added to the text. */
__attribute__((format(printf, 3, 4))) rein_status fail_errno(struct error *err, int number,
                                                             const char *format, ...);

/* The row of status.def: its word, whether trying again may help, and who can mend it. */
const char *status_name(rein_status status);
bool status_is_retryable(rein_status status);

enum status_who { WHO_NOBODY, WHO_USER, WHO_MODEL, WHO_OPERATOR, WHO_US };
enum status_who status_who(rein_status status);

#endif
