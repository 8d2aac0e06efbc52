/*
 * url.h - the addresses that people give for servers: taken apart, checked, joined with a path.
 * Pure.
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include "base/buf.h"
#include "base/error.h"

/* Slices of the text that was parsed. */
struct url {
    str scheme;    /* as written: http or https, any letters' case */
    str authority; /* host and port, as written */
    str host;      /* without the port; [::1] without brackets */
    uint16_t port; /* given, or the scheme's */
    str path;      /* from the first '/' on, or empty */
    bool secure;
};

/* An absolute http or https URL without a user's name, fragment, blanks or control characters.
 * REIN_INVALID says what is wrong with it. */
rein_status url_parse(str text, struct url *out, struct error *err);

/* `base` and `path` with one slash between; a path that begins with the last folder of the base
 * ("/v1" + "/v1/messages") does not repeat it, since both ways of giving a base are common. */
void url_join(str base, str path, struct buf *out);

/* scheme://host:port of it, for error texts: no path, no query. */
void url_origin(const struct url *url, struct buf *out);

#endif
