/*
 * url_fuzz.c - any text as an address: what is accepted has a host and a port, and joins.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str text = {(const char *)bytes, n};
    struct error err = {0};
    struct buf joined;
    struct url url;

    if (url_parse(text, &url, &err) != REIN_OK)
        return 0;
    if (url.host.n == 0 || url.port == 0)
        abort();
    buf_init(&joined, BUF_NO_MAX);
    url_join(text, (str){"/v1/messages", 12}, &joined);
    buf_fini(&joined);
    return 0;
}
