/* http_failure.h - what libcurl's error numbers mean to a person. */
#ifndef NET_HTTP_FAILURE_H
#define NET_HTTP_FAILURE_H

#include "base/error.h"
#include "base/str.h"

/* Fill `err`: `code` is a CURLcode, `number` the errno of the socket or 0, `origin` the server's
 * address, `detail` what libcurl says. */
void http_failure(int code, int number, str origin, str detail, struct error *err);

#endif
