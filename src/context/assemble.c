/*
 * assemble.c - folds events into the bytes of a request, appending only. It does not know which wire
 * format it writes, nor why a request is made.
 */
#include <stdlib.h>

#include "base/grow.h"
#include "context/context.h"

/* Bytes that never move once written, so that a request under way can borrow them. */
struct chunk {
    struct chunk *next;
    size_t used, room;
    char bytes[];
};
#define CHUNK_ROOM (16u << 10)

void context_init(struct context *c)
{
    *c = (struct context){0};
    arena_init(&c->life);
    arena_init(&c->pending);
    map_init(&c->calls);
    buf_init(&c->scratch, BUF_NO_MAX);
    buf_init(&c->tail, BUF_NO_MAX);
    sha256_init(&c->hash);
}

void context_fini(struct context *c)
{
    for (struct chunk *k = c->first, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    free(c->sections);
    free(c->assistant);
    free(c->user);
    free(c->waiting);
    free(c->segments);
    map_fini(&c->calls);
    buf_fini(&c->scratch);
    buf_fini(&c->tail);
    arena_fini(&c->life);
    arena_fini(&c->pending);
}

/* ---- stable bytes ------------------------------------------------------------------------------ */

static struct chunk *chunk_with(struct context *c, size_t size)
{
    struct chunk *k = c->last;

    if (k && k->room - k->used >= size)
        return k;
    size_t room = size > CHUNK_ROOM ? size : CHUNK_ROOM;
    k = malloc(sizeof *k + room);
    if (!k)
        abort();
    *k = (struct chunk){.room = room};
    *(c->last ? &c->last->next : &c->first) = k;
    c->last = k;
    c->n_chunks++;
    return k;
}

/* What stands in scratch becomes stable: copied once, hashed once. */
static void settle(struct context *c)
{
    str bytes = buf_str(&c->scratch);

    if (bytes.n) {
        struct chunk *k = chunk_with(c, bytes.n);
        memcpy(k->bytes + k->used, bytes.p, bytes.n);
        k->used += bytes.n;
        c->bytes += bytes.n;
        sha256_add(&c->hash, bytes);
    }
    buf_clear(&c->scratch);
    if (c->scratch.room > (256u << 10)) /* one large result must not be held for ever */
        buf_fini(&c->scratch), buf_init(&c->scratch, BUF_NO_MAX);
}

static void begin(struct context *c)
{
    struct wire_prefix prefix = {
        .model = c->setup->model,
        .max_tokens = c->setup->max_tokens,
        .sections = c->sections,
        .n_sections = c->n_sections,
        .tools = c->setup->tools,
        .thinking = c->setup->thinking,
        .effort = c->setup->effort,
    };

    c->wire->prefix(&c->encoder, &prefix, &c->scratch);
    settle(c);
    c->begun = true;
}

static void flush(struct context *c, enum role role, struct block *blocks, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        c->wire->block(&c->encoder, role, &blocks[i], &c->scratch);
    *n = 0;
    settle(c);
}

/* Nothing waits any more: its texts can go. */
static void forget(struct context *c)
{
    if (!c->n_user && !c->n_assistant && !c->n_waiting)
        arena_reset(&c->pending);
}

/* Results first, then what the user said: the order that every provider takes. */
static void flush_user(struct context *c)
{
    if (!c->begun)
        begin(c);
    for (size_t i = 0; i < c->n_user; i++)
        if (c->user[i].kind == BLOCK_TOOL_RESULT)
            c->wire->block(&c->encoder, ROLE_USER, &c->user[i], &c->scratch);
    for (size_t i = 0; i < c->n_user; i++)
        if (c->user[i].kind != BLOCK_TOOL_RESULT)
            c->wire->block(&c->encoder, ROLE_USER, &c->user[i], &c->scratch);
    c->n_user = 0;
    settle(c);
    forget(c);
}

/* ---- folding ----------------------------------------------------------------------------------- */

static void add_section(struct context *c, str text, bool boundary)
{
    c->sections = grown(c->sections, c->n_sections, &c->room_sections, sizeof *c->sections);
    c->sections[c->n_sections++] =
        (struct wire_section){.text = arena_str(&c->life, text), .boundary = boundary};
}

rein_status context_setup(struct context *c, const struct setup *setup, struct error *err)
{
    c->setup = setup;
    c->wire = wire_format_find(setup->wire);
    if (!c->wire)
        return fail(err, REIN_UNSUPPORTED,
                    "the session speaks the wire format '%.*s', which this build does not have",
                    FS(setup->wire));
    json_each (section, setup->sections)
        add_section(c, json_text(section, "text", S("")), json_bool(section, "boundary", false));
    return REIN_OK;
}

static struct block *add_assistant(struct context *c, enum block_kind kind)
{
    c->assistant = grown(c->assistant, c->n_assistant, &c->room_assistant, sizeof *c->assistant);
    c->assistant[c->n_assistant] = (struct block){.kind = kind};
    return &c->assistant[c->n_assistant++];
}

static struct block *add_user(struct context *c, enum block_kind kind)
{
    c->user = grown(c->user, c->n_user, &c->room_user, sizeof *c->user);
    c->user[c->n_user] = (struct block){.kind = kind};
    return &c->user[c->n_user++];
}

static str keep(struct context *c, const struct json *body, const char *key)
{
    return arena_str(&c->pending, json_text(body, key, S("")));
}

static str keep_source(struct context *c, const struct json *node)
{
    return node ? arena_str(&c->pending, node->source) : S("");
}

static void on_gathered(struct context *c, const struct entry *e)
{
    json_each (section, json_get(e->body, "sections"))
        add_section(c, json_text(section, "text", S("")), false);
}

static void on_user_message(struct context *c, const struct entry *e)
{
    json_each (part, json_get(e->body, "content")) {
        bool is_text = str_eq(json_text(part, "type", S("")), S("text"));
        struct waiting *w;

        c->waiting = grown(c->waiting, c->n_waiting, &c->room_waiting, sizeof *c->waiting);
        w = &c->waiting[c->n_waiting++];
        *w = (struct waiting){.seq = e->ev->seq, .block.kind = is_text ? BLOCK_TEXT : BLOCK_OPAQUE};
        if (is_text)
            w->block.text = keep(c, part, "text");
        else
            w->block.native = keep_source(c, part);
    }
}

static bool is_named(const struct json *list, uint64_t seq)
{
    int64_t n;

    json_each (item, list) {
        if (json_to_i64(item, &n) && (uint64_t)n == seq)
            return true;
    }
    return false;
}

/* A message joins only once it was taken: one that waits for a turn of its own stays outside. */
static void on_taken(struct context *c, const struct entry *e)
{
    const struct json *inputs = json_get(e->body, "inputs");
    size_t kept = 0;

    for (size_t i = 0; i < c->n_waiting; i++) {
        if (is_named(inputs, c->waiting[i].seq))
            *add_user(c, BLOCK_TEXT) = c->waiting[i].block;
        else
            c->waiting[kept++] = c->waiting[i];
    }
    c->n_waiting = kept;
}

static void on_agent_message(struct context *c, const struct entry *e)
{
    json_each (part, json_get(e->body, "content")) {
        struct block *b = add_assistant(c, BLOCK_TEXT);
        b->text = keep(c, part, "text");
        b->native = keep_source(c, json_get(part, "citations"));
    }
}

static void on_thinking(struct context *c, const struct entry *e)
{
    bool redacted = json_get(e->body, "redacted") != NULL;
    struct block *b = add_assistant(c, redacted ? BLOCK_REDACTED : BLOCK_THINKING);

    b->text = keep(c, e->body, "thinking");
    b->signature = keep(c, e->body, redacted ? "redacted" : "signature");
}

static void on_block_kept(struct context *c, const struct entry *e)
{
    add_assistant(c, BLOCK_OPAQUE)->native = keep_source(c, json_get(e->body, "native"));
}

static void on_tool_use(struct context *c, const struct entry *e)
{
    struct block *b = add_assistant(c, BLOCK_TOOL_USE);

    b->id = keep(c, e->body, "call");
    map_set(&c->calls, b->id, c);
    b->name = keep(c, e->body, "name");
    b->input = keep_source(c, json_get(e->body, "input"));
}

static void on_tool_result(struct context *c, const struct entry *e)
{
    struct block *b = add_user(c, BLOCK_TOOL_RESULT);

    b->id = keep(c, e->body, "call");
    b->content = keep_source(c, json_get(e->body, "content"));
    b->is_error = json_bool(e->body, "is_error", false);
}

static void on_request_start(struct context *c, const struct entry *e)
{
    (void)e;
    flush_user(c);
}

static void on_request_end(struct context *c, const struct entry *e)
{
    if (json_bool(e->body, "kept", false))
        flush(c, ROLE_ASSISTANT, c->assistant, &c->n_assistant);
    c->n_assistant = 0;
    forget(c);
}

typedef void fold_fn(struct context *c, const struct entry *e);

static fold_fn *const folds[EV_COUNT + 1] = {
    [EV_CONTEXT_GATHERED] = on_gathered,
    [EV_USER_MESSAGE] = on_user_message,
    [EV_INPUT_TAKEN] = on_taken,
    [EV_AGENT_MESSAGE] = on_agent_message,
    [EV_AGENT_THINKING] = on_thinking,
    [EV_BLOCK_KEPT] = on_block_kept,
    [EV_AGENT_TOOL_USE] = on_tool_use,
    [EV_AGENT_TOOL_RESULT] = on_tool_result,
    [EV_MODEL_REQUEST_START] = on_request_start,
    [EV_MODEL_REQUEST_END] = on_request_end,
};

void context_apply(struct context *c, const struct entry *entry)
{
    if (folds[entry->ev->type])
        folds[entry->ev->type](c, entry);
}

size_t context_reply_bytes(const struct context *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_assistant; i++) {
        const struct block *b = &c->assistant[i];
        n += b->text.n + b->signature.n + b->input.n + b->native.n;
    }
    return n;
}

bool context_has_call(const struct context *c, str call)
{
    return map_get(&c->calls, call) != NULL;
}

void context_request(struct context *c, struct context_body *out)
{
    struct sha256 hash;
    size_t n = 0;

    flush_user(c);
    buf_clear(&c->tail);
    c->wire->tail(&c->encoder, &c->tail);
    while (c->room_segments < c->n_chunks + 1)
        c->segments = grown(c->segments, c->room_segments, &c->room_segments, sizeof *c->segments);
    for (const struct chunk *k = c->first; k; k = k->next)
        c->segments[n++] = str_make(k->bytes, k->used);
    c->segments[n++] = buf_str(&c->tail);
    hash = c->hash;
    sha256_add(&hash, buf_str(&c->tail));
    *out = (struct context_body){
        .segments = c->segments, .n = n, .size = c->bytes + c->tail.n, .sha = sha256_done(&hash)};
}
