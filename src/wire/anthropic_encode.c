/*
 * anthropic_encode.c - request bodies, by appending. Knows nothing of what a conversation needs to
 * be complete (which call has which result): only how each block is written.
 *
 * Cache markers. A server keeps what it has read up to a marker, and looks for an earlier entry at
 * most 20 blocks back from one. Two markers stand in the system sections. One rolls: it is on the
 * last block of each request, so the block before the reply had it. A message that brings more than
 * 15 blocks since then (many calls at once) gets one in between that stays, while one of the four
 * is free: the next request then finds the entry that the last one made.
 *
 * For that the last block's closing brace waits until it is known whether a marker comes before it.
 */
#include "wire/anthropic.h"
#include "base/sha256.h"
#include "base/utf8.h"

enum { MARKERS_MAX = 4, MARKER_DISTANCE = 15, ID_MAX = 64, NAME_MAX_LENGTH = 128 };

#define MARKER ",\"cache_control\":{\"type\":\"ephemeral\"}"

/* Servers refuse NUL even when it is escaped; bytes that are not UTF-8 the writer replaces. */
static void put_text(struct json_writer *w, const char *key, str text)
{
    struct buf clean;

    if (str_find(text, '\0') == SIZE_MAX) {
        json_put(w, key, text);
        return;
    }
    buf_init(&clean, BUF_NO_MAX);
    utf8_clean(&clean, text);
    json_put(w, key, buf_str(&clean));
    buf_fini(&clean);
}

/* The text holds something; a block of blanks alone is refused. */
static bool says_something(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!memchr(" \t\r\n\v\f", text.p[i], 6))
            return true;
    return false;
}

/* ---- prefix ---------------------------------------------------------------------------------- */

/* The section that carries the boundary's marker: the last with text up to the boundary. */
static size_t boundary_of(const struct wire_prefix *prefix)
{
    size_t at = SIZE_MAX;
    bool found = false;

    for (size_t i = 0; i < prefix->n_sections && !found; i++) {
        if (says_something(prefix->sections[i].text))
            at = i;
        found = prefix->sections[i].boundary;
    }
    return found ? at : SIZE_MAX;
}

static size_t last_section(const struct wire_prefix *prefix)
{
    for (size_t i = prefix->n_sections; i > 0; i--)
        if (says_something(prefix->sections[i - 1].text))
            return i - 1;
    return SIZE_MAX;
}

static void put_system(struct wire_encoder *e, const struct wire_prefix *prefix,
                       struct json_writer *w)
{
    size_t boundary = boundary_of(prefix), last = last_section(prefix);

    if (last == SIZE_MAX)
        return;
    json_key(w, "system");
    json_array(w);
    for (size_t i = 0; i <= last; i++) {
        if (!says_something(prefix->sections[i].text))
            continue;
        json_object(w);
        json_put(w, "type", S("text"));
        put_text(w, "text", prefix->sections[i].text);
        if (i == boundary || i == last) {
            json_put_raw(w, "cache_control", S("{\"type\":\"ephemeral\"}"));
            e->markers++;
        }
        json_object_end(w);
    }
    json_array_end(w);
}

void anthropic_prefix(struct wire_encoder *e, const struct wire_prefix *prefix, struct buf *out)
{
    struct json_writer w;

    *e = (struct wire_encoder){0};
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "model", prefix->model);
    json_put_int(&w, "max_tokens", prefix->max_tokens);
    json_put_bool(&w, "stream", true);
    if (prefix->thinking.n)
        json_put_raw(&w, "thinking", prefix->thinking);
    if (prefix->effort.n) {
        json_key(&w, "output_config");
        json_object(&w);
        json_put(&w, "effort", prefix->effort);
        json_object_end(&w);
    }
    put_system(e, prefix, &w);
    if (prefix->tools.n && !str_eq(prefix->tools, S("[]")))
        json_put_raw(&w, "tools", prefix->tools);
    buf_add(out, S(",\"messages\":["));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static bool is_legal(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* A legal word as it is; any other becomes one that is always the same and never another's: its
 * legal characters, then a piece of its digest. */
static str legal_word(str word, size_t max, char *out)
{
    size_t n = 0, digits = 16;
    bool legal = word.n > 0 && word.n <= max;

    for (size_t i = 0; i < word.n && legal; i++)
        legal = is_legal(word.p[i]);
    if (legal)
        return word;
    char hex[DIGEST_HEX_SIZE];

    digest_hex(sha256_of(word), hex);
    for (; n < word.n && n < max - digits - 1; n++)
        out[n] = is_legal(word.p[n]) ? word.p[n] : '_';
    out[n++] = '_';
    memcpy(out + n, hex, digits);
    return (str){out, n + digits};
}

static void put_id(struct json_writer *w, const char *key, str id)
{
    char legal[ID_MAX];

    json_put(w, key, legal_word(id, ID_MAX, legal));
}

static bool is_text_part(const struct json *part)
{
    return str_eq(json_text(part, "type", S("")), S("text"));
}

/* What may stand in a result: no empty text; in an error's result nothing but text. */
static bool is_part_allowed(const struct json *part, bool is_error)
{
    if (is_text_part(part))
        return says_something(json_text(part, "text", S("")));
    return !is_error && part->kind == JSON_OBJECT;
}

/* The parts of a result that may be sent, as an array; false when none is left. */
static bool put_parts(struct json_writer *w, str content, bool is_error)
{
    struct json *parts = NULL;
    struct arena a;
    bool any = false;

    arena_init(&a);
    if (json_parse(content, ANTHROPIC_FRAME_DEPTH, &a, &parts, NULL) != REIN_OK ||
        parts->kind != JSON_ARRAY)
        parts = NULL;
    json_each (part, parts) {
        if (!is_part_allowed(part, is_error))
            continue;
        if (!any) {
            json_key(w, "content");
            json_array(w);
        }
        any = true;
        if (is_text_part(part) && part->count == 2) {
            json_object(w);
            json_put(w, "type", S("text"));
            put_text(w, "text", json_text(part, "text", S("")));
            json_object_end(w);
        } else {
            json_raw(w, part->source);
        }
    }
    if (any)
        json_array_end(w);
    arena_fini(&a);
    return any;
}

static void put_result(struct json_writer *w, const struct block *block)
{
    json_put(w, "type", S("tool_result"));
    put_id(w, "tool_use_id", block->id);
    if (block->content.n == 0 || !put_parts(w, block->content, block->is_error))
        put_text(w, "content", says_something(block->text) ? block->text : S("(no output)"));
    if (block->is_error)
        json_put_bool(w, "is_error", true);
}

/* A block's members without the braces around. */
static void put_block(struct json_writer *w, enum role role, const struct block *block)
{
    char name[NAME_MAX_LENGTH];

    switch (block->kind) {
    case BLOCK_TEXT:
        json_put(w, "type", S("text"));
        put_text(w, "text", block->text);
        if (role == ROLE_ASSISTANT && block->native.n)
            json_put_raw(w, "citations", block->native);
        break;
    case BLOCK_THINKING:
        json_put(w, "type", S("thinking"));
        json_put(w, "thinking", block->text);
        json_put(w, "signature", block->signature);
        break;
    case BLOCK_REDACTED:
        json_put(w, "type", S("redacted_thinking"));
        json_put(w, "data", block->signature);
        break;
    case BLOCK_TOOL_USE:
        json_put(w, "type", S("tool_use"));
        put_id(w, "id", block->id);
        json_put(w, "name", legal_word(block->name, NAME_MAX_LENGTH, name));
        json_put_raw(w, "input", block->invalid || !block->input.n ? S("{}") : block->input);
        break;
    case BLOCK_TOOL_RESULT: put_result(w, block); break;
    case BLOCK_OPAQUE: /* written from its own JSON by open_native() */ break;
    }
}

/* An object with something in it, so that a marker may follow behind a comma. */
static bool has_members(str object)
{
    return object.n > 2 && object.p[0] == '{' && object.p[object.n - 1] == '}' &&
           says_something(str_take(str_skip(object, 1), object.n - 2));
}

/* Whether a block may be sent at all. A thought without its signature would be refused. */
static bool is_sendable(const struct block *block)
{
    switch (block->kind) {
    case BLOCK_TEXT: return says_something(block->text);
    case BLOCK_THINKING:
    case BLOCK_REDACTED: return block->signature.n > 0;
    case BLOCK_OPAQUE: return has_members(str_trim(block->native));
    case BLOCK_TOOL_USE:
    case BLOCK_TOOL_RESULT: return true;
    }
    return false;
}

static void close_block(struct wire_encoder *e, bool mark, struct buf *out)
{
    if (mark && e->can_mark) {
        buf_add(out, S(MARKER));
        e->markers++;
        e->since_marker = 0;
    }
    buf_byte(out, '}');
    e->open_block = false;
}

/* Close what is open, so that a block of `role` can follow. */
static void go_to(struct wire_encoder *e, enum role role, struct buf *out)
{
    if (e->role == role) {
        close_block(e, e->since_marker >= MARKER_DISTANCE && e->markers + 1 < MARKERS_MAX, out);
        buf_byte(out, ',');
        return;
    }
    if (e->role != ROLE_NONE) {
        close_block(e, false, out);
        buf_add(out, S("]},"));
    }
    if (role == ROLE_ASSISTANT)
        e->since_marker = 0; /* what stands before a reply ended a request: it had the marker */
    buf_add(out, S("{\"role\":\""));
    buf_add(out, role == ROLE_USER ? S("user") : S("assistant"));
    buf_add(out, S("\",\"content\":["));
    e->role = role;
}

void anthropic_block(struct wire_encoder *e, enum role role, const struct block *block,
                     struct buf *out)
{
    struct json_writer w;

    if (!is_sendable(block))
        return;
    if (e->role == ROLE_NONE && role == ROLE_ASSISTANT) /* the first message must be the user's */
        anthropic_block(e, ROLE_USER,
                        &(struct block){.kind = BLOCK_TEXT,
                                        .text = S("(The conversation so far is not shown.)")},
                        out);
    go_to(e, role, out);
    if (block->kind == BLOCK_OPAQUE) {
        str native = str_trim(block->native);

        buf_add(out, str_take(native, native.n - 1));
    } else {
        json_begin(&w, out);
        json_object(&w);
        put_block(&w, role, block);
    }
    e->open_block = true;
    e->can_mark = block->kind != BLOCK_THINKING && block->kind != BLOCK_REDACTED;
    e->since_marker++;
}

void anthropic_tail(const struct wire_encoder *e, struct buf *out)
{
    if (e->open_block) {
        if (e->can_mark && e->markers < MARKERS_MAX)
            buf_add(out, S(MARKER));
        buf_add(out, S("}]}"));
    }
    buf_add(out, S("]}"));
}
