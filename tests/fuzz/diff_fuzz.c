/* diff_fuzz.c - two texts, apart by a NUL: their diff applied to the first gives the second. */
#include "base/apply_diff.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str after = {(const char *)bytes, n}, before = str_cut(&after, 0);
    struct buf diff, out;
    size_t added, removed;

    for (int context = 0; context < 4; context += 3) {
        buf_init(&diff, BUF_NO_MAX);
        buf_init(&out, BUF_NO_MAX);
        diff_unified(before, after, context, &diff, &added, &removed);
        FUZZ_CHECK((added + removed == 0) == str_eq(before, after));
        FUZZ_CHECK((diff.n == 0) == str_eq(before, after));
        FUZZ_CHECK(apply_diff(before, buf_str(&diff), &out));
        FUZZ_CHECK(str_eq(buf_str(&out), after));
        buf_fini(&diff);
        buf_fini(&out);
    }
    return 0;
}
