/* base64_fuzz.c - any bytes encoded come back; what decodes is what encoding gives. */
#include "base/text.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str given = {(const char *)bytes, n};
    struct buf text, back;

    buf_init(&text, BUF_NO_MAX);
    buf_init(&back, BUF_NO_MAX);
    base64_encode(&text, given);
    FUZZ_CHECK(base64_decode(&back, buf_str(&text)) && str_eq(buf_str(&back), given));
    buf_clear(&text);
    buf_clear(&back);
    if (base64_decode(&back, given)) {
        base64_encode(&text, buf_str(&back));
        FUZZ_CHECK(str_eq(buf_str(&text), given));
    } else {
        FUZZ_CHECK(back.n == 0);
    }
    buf_fini(&text);
    buf_fini(&back);
    return 0;
}
