/*
 * sse_fuzz.c - the same bytes give the same frames, however they are cut. The first byte says
 * where.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static rein_status note(void *data, str event, str bytes, struct error *err)
{
    (void)err;
    buf_printf(data, "%zu %zu ", event.n, bytes.n);
    buf_add(data, event);
    buf_add(data, bytes);
    return REIN_OK;
}

static void feed(str text, size_t step, struct buf *out)
{
    struct sse s;
    rein_status status = REIN_OK;

    buf_init(out, BUF_NO_MAX);
    sse_init(&s, 1 << 16);
    for (size_t at = 0; at < text.n && status == REIN_OK; at += step)
        status = sse_feed(&s, str_take(str_skip(text, at), step), note, out, NULL);
    if (status == REIN_OK)
        status = sse_end(&s, note, out, NULL);
    sse_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf whole, cut;

    if (n < 2 || n > 1 << 16) /* beyond the limit it depends on the cut which frames came before */
        return 0;
    str text = {(const char *)bytes + 1, n - 1};

    feed(text, text.n, &whole);
    feed(text, (size_t)bytes[0] + 1, &cut);
    if (!str_eq(buf_str(&whole), buf_str(&cut)))
        abort();
    buf_fini(&whole);
    buf_fini(&cut);
    return 0;
}
