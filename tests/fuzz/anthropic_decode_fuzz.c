/*
 * anthropic_decode_fuzz.c - a reply gives the same events, however it is cut, and whatever was
 * decoded can be sent back as valid JSON. The first byte says where it is cut.
 *
 * A reply that is refused in the middle is compared without the error's words: they show the
 * beginning of what came.
 */
#include <stdint.h>
#include <stdlib.h>

#include "support/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static str without_end(const struct buf *transcript)
{
    str text = buf_str(transcript);
    size_t at = text.n;

    while (at > 0 && !(str_starts(str_skip(text, at), (str){"end ", 4}) &&
                       (at == 0 || text.p[at - 1] == '\n')))
        at--;
    return str_take(text, at);
}

struct replay {
    struct wire_encoder e;
    struct buf body;
};

static void on_event(void *data, const struct stream_event *ev)
{
    struct replay *r = data;

    if (ev->kind == STREAM_BLOCK)
        wire_format_find((str){"anthropic", 9})->block(&r->e, ROLE_ASSISTANT, &ev->block, &r->body);
}

/* What was said goes into the next request. */
static void send_back(const struct wire_format *wire, str bytes)
{
    struct wire_decoder *d = wire->decoder_new();
    struct replay r = {0};
    struct json *tree;
    struct arena a;

    arena_init(&a);
    buf_init(&r.body, BUF_NO_MAX);
    wire->prefix(&r.e, &(struct wire_prefix){.model = {"m", 1}, .max_tokens = 1}, &r.body);
    if (wire->feed(d, bytes, on_event, &r, NULL) == REIN_OK)
        (void)wire->end(d, on_event, &r, NULL);
    wire->tail(&r.e, &r.body);
    if (json_parse(buf_str(&r.body), 1000, &a, &tree, NULL) != REIN_OK)
        abort();
    wire->decoder_free(d);
    buf_fini(&r.body);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct wire_format *wire = wire_format_find((str){"anthropic", 9});
    struct buf whole, cut;

    if (n < 2)
        return 0;
    str text = {(const char *)bytes + 1, n - 1};

    buf_init(&whole, BUF_NO_MAX);
    buf_init(&cut, BUF_NO_MAX);
    transcript_of(wire, text, 0, &whole);
    transcript_of(wire, text, (size_t)bytes[0] + 1, &cut);
    if (!str_eq(without_end(&whole), without_end(&cut)))
        abort();
    send_back(wire, text);
    buf_fini(&whole);
    buf_fini(&cut);
    return 0;
}
