/* markdown_fuzz.c - a model's text as Markdown: without colour no escape byte comes out, every block
 * ends its line, and what is whole stays whole. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/markdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct theme plain = {.colour = false}, coloured = {.colour = true};
    str text = str_make((const char *)data, size);
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    markdown_render(text, &plain, 40, &out);
    assert(out.n == 0 || out.p[out.n - 1] == '\n');
    for (size_t i = 0; i < out.n; i++)
        assert((unsigned char)out.p[i] >= ' ' || out.p[i] == '\n' || out.p[i] == '\t');
    buf_clear(&out);
    markdown_render(text, &coloured, 40, &out);
    buf_fini(&out);
    size_t whole = markdown_whole(text);
    assert(whole <= size && (whole == 0 || text.p[whole - 1] == '\n'));
    assert(markdown_whole(str_take(text, whole)) == whole);
    return 0;
}
