/*
 * script_items.c - the parts of a scenario's reply: a row for each word. Knows nothing of which
 * request it answers.
 */
#include "base/text.h"
#include "model/script_reader.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static rein_status read_plain(struct reader *r, struct script_item *item)
{
    item->block.kind = BLOCK_TEXT;
    return script_text(r, "text", &item->block.text);
}

static rein_status read_thinking(struct reader *r, struct script_item *item)
{
    rein_status status = script_text(r, "thinking", &item->block.text);

    item->block.kind = BLOCK_THINKING;
    if (status == REIN_OK && script_take(r, "signature"))
        status = script_text(r, "signature", &item->block.signature);
    return status;
}

static rein_status read_redacted(struct reader *r, struct script_item *item)
{
    item->block.kind = BLOCK_REDACTED;
    return script_text(r, "redacted", &item->block.signature);
}

/* The input may also be a string: what no JSON object is, as a model would send it. */
static rein_status read_tool_use(struct reader *r, struct script_item *item)
{
    struct block *block = &item->block;
    rein_status status = script_word(r, "tool_use", &block->name);
    struct json *input;

    block->kind = BLOCK_TOOL_USE;
    if (status == REIN_OK && !script_at_end(r) && *r->at == '"') {
        block->invalid = true;
        status = script_text(r, "tool_use", &block->text);
    } else if (status == REIN_OK) {
        status = script_value(r, '{', "a JSON object with the call's input", &input);
        block->input = status == REIN_OK ? input->source : S("{}");
    }
    if (status == REIN_OK && script_take(r, "id"))
        status = script_word(r, "id", &block->id);
    return status;
}

static rein_status read_native(struct reader *r, struct script_item *item)
{
    struct json *native;
    rein_status status = script_value(r, '{', "a JSON object, the block as it is sent,", &native);

    item->block.kind = BLOCK_OPAQUE;
    if (status == REIN_OK)
        item->block.native = native->source;
    return status;
}

static rein_status read_pause(struct reader *r, struct script_item *item)
{
    item->say = SAY_PAUSE;
    return script_number_of(r, "pause", 0, &item->number);
}

static rein_status read_stop(struct reader *r, struct script_item *item)
{
    item->say = SAY_STOP;
    return script_word(r, "stop", &item->type);
}

static rein_status read_error(struct reader *r, struct script_item *item)
{
    rein_status status = script_number_of(r, "error", 100, &item->number);
    size_t seconds;

    item->say = SAY_ERROR;
    if (status == REIN_OK)
        status = script_word(r, "error", &item->type);
    if (status == REIN_OK)
        status = script_text(r, "error", &item->text);
    if (status == REIN_OK && script_take(r, "retry_after")) {
        status = script_number_of(r, "retry_after", 0, &seconds);
        item->retry_after = (int64_t)seconds;
    }
    return status;
}

static rein_status read_cut(struct reader *r, struct script_item *item)
{
    str next = script_peek(r);

    item->say = SAY_CUT;
    if (next.n == 0 || next.p[0] < '0' || next.p[0] > '9')
        return REIN_OK;
    return script_number_of(r, "cut", 0, &item->number);
}

/* What stands for the whole reply, not for a place in it. */
static rein_status read_usage(struct reader *r, struct script_entry *entry)
{
    const struct {
        const char *name;
        int64_t *to;
    } counters[] = {
        {"input", &entry->usage.input},
        {"output", &entry->usage.output},
        {"cache_read", &entry->usage.cache_read},
        {"cache_write", &entry->usage.cache_write_5m},
        {"cache_write_1h", &entry->usage.cache_write_1h},
        {"thinking", &entry->usage.thinking},
    };
    bool any = false;

    for (str word; str_find(word = script_peek(r), '=') != SIZE_MAX; any = true) {
        const char *at = r->at;
        str value = word, name = str_cut(&value, '=');
        bool known = false;

        for (size_t i = 0; i < COUNT(counters); i++)
            if (str_eq(name, str_of(counters[i].name)))
                known = str_to_i64(value, counters[i].to) && *counters[i].to >= 0;
        if (!known)
            return script_fault(r, at,
                                "usage has no '%.*s'; expected input=N, output=N, cache_read=N, "
                                "cache_write=N, cache_write_1h=N or thinking=N",
                                FS(word));
        r->at += word.n;
    }
    return any ? REIN_OK
               : script_fault(r, r->at, "expected input=N or another counter after 'usage'");
}

static rein_status read_pieces(struct reader *r, struct script_entry *entry)
{
    size_t pieces;
    rein_status status = script_number_of(r, "pieces", 1, &pieces);

    if (status == REIN_OK)
        entry->pieces = (unsigned)pieces;
    return status;
}

static const struct {
    const char *word;
    rein_status (*item)(struct reader *r, struct script_item *item);
    rein_status (*entry)(struct reader *r, struct script_entry *entry);
} verbs[] = {
    {"text", read_plain, NULL},        {"thinking", read_thinking, NULL},
    {"redacted", read_redacted, NULL}, {"tool_use", read_tool_use, NULL},
    {"block", read_native, NULL},      {"pause", read_pause, NULL},
    {"stop", read_stop, NULL},         {"error", read_error, NULL},
    {"cut", read_cut, NULL},           {"usage", NULL, read_usage},
    {"pieces", NULL, read_pieces},
};

/* Reasons that may stand alone, without `stop`; `tool_use` is a call. */
static const char *const reasons[] = {"end_turn",   "max_tokens", "stop_sequence",
                                      "pause_turn", "refusal",    "model_context_window_exceeded"};

static bool is_reason(str word)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (str_eq(word, str_of(reasons[i])))
            return true;
    return false;
}

static rein_status unknown_item(struct reader *r, str word)
{
    const char *names[COUNT(verbs) + COUNT(reasons)];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(verbs); i++)
        names[n++] = verbs[i].word;
    for (size_t i = 0; i < COUNT(reasons); i++)
        names[n++] = reasons[i];
    int at = nearest_word(word, names, n);

    if (word.n && at >= 0)
        return script_fault(r, r->at, "a reply has no '%.*s'; did you mean '%s'?", FS(word),
                            names[at]);
    return script_fault(r, r->at,
                        "a reply has no '%.*s'; expected text, thinking, tool_use, block, pause, "
                        "usage, pieces, error, cut, stop or a stop reason",
                        FS(str_take((str){r->at, (size_t)(r->end - r->at)}, word.n ? word.n : 1)));
}

static rein_status read_item(struct reader *r, struct script_entry *entry, struct script_item *item)
{
    str word = script_peek(r);

    if (is_reason(word)) {
        r->at += word.n;
        item->say = SAY_STOP;
        item->type = word;
        return REIN_OK;
    }
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (!str_eq(word, str_of(verbs[i].word)))
            continue;
        r->at += word.n;
        return verbs[i].item ? verbs[i].item(r, item) : verbs[i].entry(r, entry);
    }
    return unknown_item(r, word);
}

static bool is_last(const struct script_item *item)
{
    return item->say == SAY_STOP || item->say == SAY_ERROR || item->say == SAY_CUT;
}

rein_status script_items(struct reader *r, struct script_entry *entry)
{
    struct script_item **tail = &entry->items;
    bool over = false;

    while (!script_at_end(r)) {
        struct script_item *item = arena_new(&r->script->arena, struct script_item);
        const char *at = r->at;
        str word = script_peek(r);
        bool whole = str_eq(word, S("usage")) || str_eq(word, S("pieces"));

        item->retry_after = -1;
        if (over && !whole)
            return script_fault(r, at, "nothing may follow the end of a reply");
        if (read_item(r, entry, item) != REIN_OK)
            return REIN_INVALID;
        if (whole)
            continue;
        over = is_last(item);
        *tail = item;
        tail = &item->next;
    }
    if (!entry->items)
        return script_fault(r, r->entry,
                            "a reply without content; expected text, tool_use, error, ...");
    return REIN_OK;
}
