/*
 * anthropic_block.c - one content block while it arrives, and what becomes of it. Knows nothing of
 * streams and frames.
 *
 * Kinds that we have no word for keep their JSON as it came; pieces of input that arrived later are
 * put into it, so that it can be sent back unchanged.
 */
#include "wire/anthropic.h"
#include "base/memory.h"

#include <stdlib.h>

static enum block_kind kind_of(str type)
{
    static const struct {
        const char *type;
        enum block_kind kind;
    } kinds[] = {
        {"text", BLOCK_TEXT},
        {"thinking", BLOCK_THINKING},
        {"redacted_thinking", BLOCK_REDACTED},
        {"tool_use", BLOCK_TOOL_USE},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(str_of(kinds[i].type), type))
            return kinds[i].kind;
    return BLOCK_OPAQUE;
}

static str compact(const struct json *node, struct arena *a)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    json_compact(node, &out);
    str text = arena_str(a, buf_str(&out));

    buf_fini(&out);
    return text;
}

static void add_citation(struct partial *p, const struct json *citation)
{
    if (citation->kind != JSON_OBJECT)
        return;
    if (p->citations.n)
        buf_byte(&p->citations, ',');
    json_compact(citation, &p->citations);
}

struct partial *partial_new(const struct json *object, int64_t key, unsigned index)
{
    struct partial *p = memory_new(sizeof *p);
    const struct json *input = json_get(object, "input");

    arena_init(&p->arena);
    buf_init(&p->text, ANTHROPIC_BLOCK_MAX);
    buf_init(&p->signature, ANTHROPIC_BLOCK_MAX);
    buf_init(&p->citations, ANTHROPIC_BLOCK_MAX);
    p->key = key;
    p->index = index;
    p->block.kind = kind_of(json_text(object, "type", S("")));
    p->block.id = arena_str(&p->arena, json_text(object, "id", S("")));
    p->block.name = arena_str(&p->arena, json_text(object, "name", S("")));
    if (p->block.kind == BLOCK_TEXT) {
        buf_add(&p->text, json_text(object, "text", S("")));
        json_each (citation, json_get(object, "citations"))
            add_citation(p, citation);
    }
    if (p->block.kind == BLOCK_THINKING) {
        buf_add(&p->text, json_text(object, "thinking", S("")));
        buf_add(&p->signature, json_text(object, "signature", S("")));
    }
    if (p->block.kind == BLOCK_REDACTED)
        buf_add(&p->signature, json_text(object, "data", S("")));
    if (p->block.kind == BLOCK_OPAQUE)
        p->start = object ? compact(object, &p->arena) : S("{}");
    if (p->block.kind == BLOCK_TOOL_USE && input)
        p->start_input = compact(input, &p->arena);
    return p;
}

void partial_free(struct partial *p)
{
    if (!p)
        return;
    arena_fini(&p->arena);
    buf_fini(&p->text);
    buf_fini(&p->signature);
    buf_fini(&p->citations);
    free(p);
}

struct buf *partial_text(struct partial *p, enum delta_kind kind)
{
    enum block_kind is = p->block.kind;

    switch (kind) {
    case DELTA_TEXT: return is == BLOCK_TEXT ? &p->text : NULL;
    case DELTA_THINKING: return is == BLOCK_THINKING ? &p->text : NULL;
    case DELTA_INPUT: return is == BLOCK_TOOL_USE || is == BLOCK_OPAQUE ? &p->text : NULL;
    }
    return NULL;
}

void partial_delta(struct partial *p, const struct json *delta)
{
    str type = json_text(delta, "type", S(""));
    const struct json *citation = json_get(delta, "citation");

    if (str_eq(type, S("signature_delta")) && p->block.kind == BLOCK_THINKING) {
        buf_clear(&p->signature); /* the last one counts; they do not add up */
        buf_add(&p->signature, json_text(delta, "signature", S("")));
    } else if (str_eq(type, S("citations_delta")) && p->block.kind == BLOCK_TEXT && citation) {
        add_citation(p, citation);
    } else if (str_eq(type, S("compaction_delta")) && p->block.kind == BLOCK_OPAQUE) {
        p->compaction = compact(delta, &p->arena);
    }
}

size_t partial_size(const struct partial *p)
{
    return p->text.n + p->signature.n + p->citations.n + p->arena.used + sizeof *p;
}

/* ---- finishing ------------------------------------------------------------------------------- */

/* The text as a JSON object without blanks between tokens, or an empty slice when it is none. */
static str as_object(str text, struct arena *a)
{
    struct json *node;

    if (json_parse(text, JSON_DEPTH, a, &node, NULL) != REIN_OK || node->kind != JSON_OBJECT)
        return (str){0};
    return compact(node, a);
}

static bool is_nothing(str input)
{
    return input.n == 0 || str_eq(input, S("null")) || str_eq(input, S("{}")) ||
           str_eq(input, S("[]")) || str_eq(input, S("\"\""));
}

/* Pieces win over what stood in the start; nothing at all means an empty object. What is no object
 * is kept as text beside, so that the model can be told. */
static void finish_input(struct partial *p, struct arena *a, struct block *out)
{
    str pieces = str_trim(buf_str(&p->text)), raw = pieces.n ? pieces : p->start_input;

    out->text = (str){0};
    out->input = S("{}");
    if (pieces.n == 0 && is_nothing(p->start_input))
        return;
    str input = as_object(raw, a);

    if (input.n == 0 && pieces.n && !is_nothing(p->start_input))
        input = as_object(p->start_input, a);
    if (input.n) {
        out->input = input;
        return;
    }
    out->invalid = true;
    out->text = raw;
}

/* A member of an opaque block, or what arrived later in its place. */
static void put_member(const struct json *member, str input, const struct json *compaction,
                       struct json_writer *w)
{
    const struct json *later = NULL;

    if (str_eq(member->key, S("content")) || str_eq(member->key, S("encrypted_content")))
        json_each (item, compaction)
            if (str_eq(item->key, member->key))
                later = item;
    json_key_str(w, member->key);
    if (input.n && str_eq(member->key, S("input")))
        json_raw(w, input);
    else
        json_raw(w, later ? later->source : member->source);
}

/* The start of an opaque block with its input and its compaction put in. */
static str finish_native(struct partial *p, struct arena *a)
{
    struct json *start, *compaction = NULL;
    str input = as_object(buf_str(&p->text), a);
    struct json_writer w;
    struct buf out;

    if (p->compaction.n)
        (void)json_parse(p->compaction, ANTHROPIC_FRAME_DEPTH, a, &compaction, NULL);
    if ((input.n == 0 && !compaction) ||
        json_parse(p->start, ANTHROPIC_FRAME_DEPTH, a, &start, NULL) != REIN_OK)
        return p->start;
    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    json_object(&w);
    json_each (member, start)
        put_member(member, input, compaction, &w);
    if (input.n && !json_get(start, "input"))
        json_put_raw(&w, "input", input);
    json_object_end(&w);
    str native = arena_str(a, buf_str(&out));

    buf_fini(&out);
    return native;
}

void partial_finish(struct partial *p, struct arena *a, struct block *out)
{
    *out = p->block;
    switch (p->block.kind) {
    case BLOCK_TEXT:
        out->text = buf_str(&p->text);
        if (p->citations.n)
            out->native = arena_printf(a, "[%.*s]", FS(buf_str(&p->citations)));
        break;
    case BLOCK_THINKING:
        out->text = buf_str(&p->text);
        out->signature = buf_str(&p->signature);
        break;
    case BLOCK_REDACTED: out->signature = buf_str(&p->signature); break;
    case BLOCK_TOOL_USE: finish_input(p, a, out); break;
    case BLOCK_OPAQUE: out->native = finish_native(p, a); break;
    case BLOCK_TOOL_RESULT: /* servers don't say these */ break;
    }
}
