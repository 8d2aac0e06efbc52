/*
 * anthropic_delta.c - the frame that nearly all are: one delta of text in one exact shape. It is
 * taken without a tree, straight into its block. A frame that differs in any byte goes the long way
 * and means the same.
 */
#include "base/json_scan.h"
#include "base/utf8.h"
#include "wire/anthropic_decoder.h"

const struct delta_row anthropic_deltas[] = {
    [DELTA_TEXT] = {"text_delta", "text", S_INIT("{\"type\":\"text_delta\",\"text\":\"")},
    [DELTA_THINKING] = {"thinking_delta", "thinking",
                        S_INIT("{\"type\":\"thinking_delta\",\"thinking\":\"")},
    [DELTA_INPUT] = {"input_json_delta", "partial_json",
                     S_INIT("{\"type\":\"input_json_delta\",\"partial_json\":\"")},
};

/* Undo the escapes of a JSON string up to its closing quote: from `at` to `out`, which has room for
 * it all. Returns where the quote stands; NULL when there is something for the parser to judge. */
static const char *unescape(const char *at, const char *end, char *out, size_t *n)
{
    static const char simple[256] = {['n'] = '\n', ['t'] = '\t', ['r'] = '\r',  ['b'] = '\b',
                                     ['f'] = '\f', ['"'] = '"',  ['\\'] = '\\', ['/'] = '/'};
    char *to = out;

    for (;;) {
        size_t plain = json_plain(at, (size_t)(end - at));

        memcpy(to, at, plain);
        to += plain, at += plain;
        if (at == end)
            return NULL;
        if (*at == '"')
            break;
        if (*at == '\\') {
            if (end - at < 2 || !simple[(unsigned char)at[1]])
                return NULL;
            *to++ = simple[(unsigned char)at[1]];
            at += 2;
            continue;
        }
        size_t wide = (unsigned char)*at < 0x80 ? 0 : utf8_length(at, (size_t)(end - at));

        if (wide == 0)
            return NULL;
        memcpy(to, at, wide);
        to += wide, at += wide;
    }
    *n = (size_t)(to - out);
    return at;
}

static bool skip_text(const char **at, const char *end, str text)
{
    if ((size_t)(end - *at) < text.n || memcmp(*at, text.p, text.n) != 0)
        return false;
    *at += text.n;
    return true;
}

/* {"type":"content_block_delta","index":N,"delta":{"type":"text_delta","text":"..."}} and the same
 * of thinking and input. */
bool decoder_fast_delta(struct wire_decoder *d, str frame)
{
    const char *at = frame.p, *end = frame.p + frame.n;
    int64_t key = 0;
    unsigned kind = 0;
    size_t n = 0;

    if (!skip_text(&at, end, S("{\"type\":\"content_block_delta\",\"index\":")))
        return false;
    for (int digits = 0; at < end && *at >= '0' && *at <= '9' && digits < 9; digits++)
        key = key * 10 + (*at++ - '0');
    if (!skip_text(&at, end, S(",\"delta\":")))
        return false;
    while (kind < ANTHROPIC_DELTAS && !skip_text(&at, end, anthropic_deltas[kind].opening))
        kind++;
    struct partial *p = kind < ANTHROPIC_DELTAS ? decoder_block(d, key) : NULL;
    struct buf *text = p ? partial_text(p, (enum delta_kind)kind) : NULL;
    size_t most = (size_t)(end - at);

    if (!text || most > ANTHROPIC_MESSAGE_MAX - d->total || !buf_room(text, most))
        return false;
    at = unescape(at, end, text->p + text->n, &n);
    if (!at || !skip_text(&at, end, S("\"}}")) || at != end) {
        text->p[text->n] = 0;
        return false;
    }
    size_t from = text->n;

    buf_grown(text, n);
    d->total += n;
    decoder_told(d, p, from);
    return true;
}
