/*
 * clean_stream_fuzz.c - output of commands, cut anywhere: the pieces must give what the whole gives,
 * and that must be valid UTF-8 without an escape. The first byte is the size of the pieces.
 */
#include "fuzz/fuzz.h"

#include "base/utf8.h"
#include "tool/clean_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str text = str_make((const char *)bytes, n);
    struct clean_stream s;
    struct buf out, whole;
    size_t size;

    if (n < 2 || n > 4000) /* longer sequences are dropped, not swallowed, in pieces */
        return 0;
    size = bytes[0] % 7 + 1u;
    text = str_skip(text, 1);
    buf_init(&out, BUF_NO_MAX);
    buf_init(&whole, BUF_NO_MAX);
    utf8_sanitise(&whole, text, false);
    clean_stream_init(&s);
    for (size_t i = 0; i < text.n; i += size)
        clean_stream_add(&s, str_take(str_skip(text, i), size), &out);
    clean_stream_end(&s, &out);
    clean_stream_fini(&s);
    FUZZ_CHECK(utf8_is_valid(buf_str(&out)));
    FUZZ_CHECK(str_find(buf_str(&out), 0x1b) == SIZE_MAX);
    FUZZ_CHECK(str_eq(buf_str(&out), buf_str(&whole)));
    buf_fini(&out);
    buf_fini(&whole);
    return 0;
}
