/*
 * url.c - taking server addresses apart. Knows http and https, nothing else.
 */
#include "wire/url.h"

#include <strings.h>

static bool is_scheme(str scheme, const char *name)
{
    return scheme.n == strlen(name) && strncasecmp(scheme.p, name, scheme.n) == 0;
}

static bool has_strange_bytes(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || (unsigned char)text.p[i] >= 0x7F ||
            text.p[i] == '\\' || text.p[i] == '"')
            return true;
    return false;
}

/* The port behind the host, or the scheme's own. */
static bool split_port(str authority, struct url *out)
{
    str port = {0};
    int64_t number;

    if (authority.n && authority.p[0] == '[') {
        size_t close = str_find(authority, ']');

        if (close == SIZE_MAX)
            return false;
        out->host = str_take(str_skip(authority, 1), close - 1);
        port = str_skip(authority, close + 1);
        if (port.n && port.p[0] != ':')
            return false;
    } else {
        size_t colon = str_find(authority, ':');

        out->host = str_take(authority, colon);
        port = colon == SIZE_MAX ? port : str_skip(authority, colon);
    }
    out->port = out->secure ? 443 : 80;
    if (port.n == 0)
        return out->host.n > 0;
    if (!str_to_i64(str_skip(port, 1), &number) || number < 1 || number > 65535)
        return false;
    out->port = (uint16_t)number;
    return out->host.n > 0;
}

rein_status url_parse(str text, struct url *out, struct error *err)
{
    size_t colon = str_search(text, S("://"));

    *out = (struct url){0};
    if (colon == SIZE_MAX)
        return fail(err, REIN_INVALID, "'%.*s' is no URL; expected http://HOST or https://HOST",
                    FS(text));
    if (has_strange_bytes(text))
        return fail(err, REIN_INVALID,
                    "the URL '%.*s' has blanks or characters that must be %%-"
                    "encoded",
                    FS(text));
    out->scheme = str_take(text, colon);
    out->secure = is_scheme(out->scheme, "https");
    if (!out->secure && !is_scheme(out->scheme, "http"))
        return fail(err, REIN_INVALID, "the URL '%.*s' begins with '%.*s'; expected http or https",
                    FS(text), FS(out->scheme));
    str rest = str_skip(text, colon + 3);
    size_t n = 0;

    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
        n++;
    out->authority = str_take(rest, n);
    out->path = str_skip(rest, n);
    if (str_find(out->authority, '@') != SIZE_MAX)
        return fail(err, REIN_INVALID,
                    "the URL has a name or password before '@'; give keys by "
                    "the environment, not in a URL");
    if (str_find(out->path, '#') != SIZE_MAX)
        return fail(err, REIN_INVALID, "the URL '%.*s' has a fragment ('#')", FS(text));
    if (!split_port(out->authority, out))
        return fail(err, REIN_INVALID, "the URL '%.*s' has no valid host and port", FS(text));
    return REIN_OK;
}

void url_join(str base, str path, struct buf *out)
{
    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    size_t folder = path.n ? str_find(str_skip(path, 1), '/') : SIZE_MAX;

    if (folder != SIZE_MAX && str_ends(base, str_take(path, folder + 1)))
        path = str_skip(path, folder + 1);
    buf_add(out, base);
    buf_add(out, path);
}

void url_origin(const struct url *url, struct buf *out)
{
    buf_add(out, url->scheme);
    buf_add(out, S("://"));
    buf_add(out, url->authority);
}
