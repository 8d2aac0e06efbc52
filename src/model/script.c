/*
 * script.c - answering a request from a scenario. Knows the wire formats by their table only: a
 * reply is rendered to the same bytes that a server would send.
 */
#include "model/script.h"

#include <stdio.h>

#include "base/embed.h"
#include "model/script_parts.h"
#include "platform/file.h"

enum { FILE_MAX = 16 << 20, SHOWN_MAX = 80 };

/* ---- opening --------------------------------------------------------------------------------- */

static str find_embedded(str name)
{
    char path[256];
    int n = snprintf(path, sizeof path, "%.*s/%.*s.script", FS(name), FS(name));

    if (n < 0 || (size_t)n >= sizeof path || str_find(name, '/') != SIZE_MAX)
        return (str){0};
    return embedded_file(path);
}

rein_status script_open(str name, struct script **out, struct error *err)
{
    str embedded = find_embedded(name);
    struct buf text;
    char path[4096];
    rein_status status;

    if (embedded.p)
        return script_parse(embedded, name, out, err);
    if (name.n >= sizeof path)
        return fail(err, REIN_INVALID, "the name of the scenario file is too long");
    snprintf(path, sizeof path, "%.*s", FS(name));
    buf_init(&text, FILE_MAX);
    status = file_read(path, &text, err);
    if (status == REIN_OK)
        status = script_parse(buf_str(&text), name, out, err);
    else
        error_context(err, "scenario");
    buf_fini(&text);
    return status;
}

/* ---- matching -------------------------------------------------------------------------------- */

/* What a reply is chosen by. */
struct asked {
    struct wire_request request;
    size_t number;
    unsigned attempt;
    str folder; /* value of ${folder}; p is NULL when the request names none */
    struct arena *arena;
};

static str find_folder(str system)
{
    str label = S("Working directory: ");
    size_t at = str_search(system, label);

    if (at == SIZE_MAX)
        return (str){0};
    str rest = str_skip(system, at + label.n);

    return str_trim(str_cut(&rest, '\n'));
}

/* `text` with each ${folder} replaced; inside JSON the value is escaped. */
static str put_values(const struct asked *asked, str text, bool in_json)
{
    str variable = S("${folder}");
    struct buf out;

    if (!asked->folder.p || str_search(text, variable) == SIZE_MAX)
        return text;
    buf_init(&out, BUF_NO_MAX);
    for (size_t at; (at = str_search(text, variable)) != SIZE_MAX;) {
        buf_add(&out, str_take(text, at));
        if (in_json)
            json_escape(&out, asked->folder);
        else
            buf_add(&out, asked->folder);
        text = str_skip(text, at + variable.n);
    }
    buf_add(&out, text);
    text = arena_str(asked->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static bool any_block_has(const struct asked *asked, enum block_kind kind, str text)
{
    for (size_t i = 0; i < asked->request.n_last; i++)
        if (asked->request.last[i].kind == kind &&
            str_search(asked->request.last[i].text, text) != SIZE_MAX)
            return true;
    return false;
}

static bool holds(const struct asked *asked, const struct script_condition *c)
{
    str text = put_values(asked, c->text, false);

    switch (c->ask) {
    case ASK_TOOL_RESULT: return any_block_has(asked, BLOCK_TOOL_RESULT, text);
    case ASK_USER: return any_block_has(asked, BLOCK_TEXT, text);
    case ASK_SYSTEM: return str_search(asked->request.system, text) != SIZE_MAX;
    case ASK_MODEL: return str_search(asked->request.model, text) != SIZE_MAX;
    case ASK_TURN: return asked->number == c->number;
    case ASK_TRY: return asked->attempt == c->number;
    }
    return false;
}

static bool fits(const struct asked *asked, const struct script_entry *entry)
{
    if (entry->number != asked->number)
        return false;
    for (const struct script_condition *c = entry->when; c; c = c->next)
        if (holds(asked, c) == c->negated)
            return false;
    return true;
}

static const struct script_entry *choose(const struct script *s, const struct asked *asked)
{
    for (const struct script_entry *entry = s->entries; entry; entry = entry->next)
        if (fits(asked, entry))
            return entry;
    return NULL;
}

/* ---- answering ------------------------------------------------------------------------------- */

struct answer {
    const struct wire_format *wire;
    const struct asked *asked;
    const struct script_entry *entry;
    struct script_reply *out;
    str id;
    struct block *blocks;
    size_t n_blocks, n_told; /* those said, and those of them that earlier steps hold */
    size_t given;            /* bytes of the stream that earlier steps hold */
    int64_t pause_ms;
};

static void add_step(struct answer *a, str bytes)
{
    struct script_reply *out = a->out;

    out->steps[out->n_steps++] = (struct script_step){a->pause_ms, bytes};
    a->pause_ms = 0;
}

/* The stream as far as the blocks go that were said, with an end or without; what earlier steps
 * hold already is left out. */
static void add_stream(struct answer *a, enum stop_reason stop, str stop_raw, str behind,
                       size_t missing)
{
    struct buf bytes;

    buf_init(&bytes, BUF_NO_MAX);
    a->wire->render(a->id, a->asked->request.model, a->blocks, a->n_blocks, stop, stop_raw,
                    &a->entry->usage, a->entry->pieces, &bytes);
    buf_add(&bytes, behind);
    str all = arena_str(a->asked->arena,
                        str_take(buf_str(&bytes), missing < bytes.n ? bytes.n - missing : 0));

    buf_fini(&bytes);
    add_step(a, str_skip(all, a->given));
    a->given = all.n;
    a->n_told = a->n_blocks;
}

static str render_error(const struct answer *a, str type, str message, bool in_stream)
{
    struct buf bytes;

    buf_init(&bytes, BUF_NO_MAX);
    a->wire->render_error(type, message, in_stream, &bytes);
    str text = arena_str(a->asked->arena, buf_str(&bytes));

    buf_fini(&bytes);
    return text;
}

/* As a status of HTTP when nothing was said yet, else as an event of the stream. */
static void answer_error(struct answer *a, const struct script_item *item)
{
    str message = put_values(a->asked, item->text, false);
    bool in_stream = a->n_blocks > 0;
    str bytes = render_error(a, item->type, message, in_stream);

    if (in_stream) {
        add_stream(a, STOP_NONE, (str){0}, bytes, 0);
        return;
    }
    a->out->http_status = (int)item->number;
    a->out->retry_after_s = item->retry_after;
    add_step(a, bytes);
}

static void say_block(struct answer *a, const struct block *said)
{
    struct block *block = &a->blocks[a->n_blocks++];
    bool is_call = said->kind == BLOCK_TOOL_USE;

    *block = *said;
    block->text = put_values(a->asked, said->text, false);
    block->input = put_values(a->asked, said->input, true);
    block->native = put_values(a->asked, said->native, true);
    if (is_call && block->id.n == 0)
        block->id = arena_printf(a->asked->arena, "toolu_%zu_%zu", a->asked->number, a->n_blocks);
}

static enum stop_reason usual_stop(const struct answer *a)
{
    for (size_t i = 0; i < a->n_blocks; i++)
        if (a->blocks[i].kind == BLOCK_TOOL_USE)
            return STOP_TOOLS;
    return STOP_DONE;
}

static void answer_items(struct answer *a)
{
    for (const struct script_item *item = a->entry->items; item; item = item->next) {
        switch (item->say) {
        case SAY_BLOCK: say_block(a, &item->block); break;
        case SAY_PAUSE: /* what was said before it goes out first */
            if (a->n_blocks > a->n_told)
                add_stream(a, STOP_NONE, (str){0}, (str){0}, 0);
            a->pause_ms += (int64_t)item->number;
            break;
        case SAY_STOP: add_stream(a, STOP_DONE, item->type, (str){0}, 0); return;
        case SAY_ERROR: answer_error(a, item); return;
        case SAY_CUT:
            add_stream(a, STOP_NONE, (str){0}, (str){0}, item->number);
            a->out->cut = true;
            return;
        }
    }
    add_stream(a, usual_stop(a), (str){0}, (str){0}, 0);
}

static str shown_results(const struct asked *asked)
{
    for (size_t i = asked->request.n_last; i > 0; i--)
        return arena_printf(asked->arena, "; the last message says: %.*s",
                            FS(str_take(asked->request.last[i - 1].text, SHOWN_MAX)));
    return S("");
}

static void no_answer(struct answer *a, const struct script *s)
{
    str message = arena_printf(
        a->asked->arena,
        "the scenario %.*s has no reply that fits request %zu (its last is for %zu)%.*s",
        FS(s->path), a->asked->number, s->last, FS(shown_results(a->asked)));

    a->out->http_status = 400;
    add_step(a, render_error(a, S("invalid_request_error"), message, false));
}

static size_t count_items(const struct script_entry *entry)
{
    size_t n = 1;

    for (const struct script_item *item = entry ? entry->items : NULL; item; item = item->next)
        n++;
    return n;
}

size_t script_number(const struct wire_format *wire, str body)
{
    struct wire_request request;
    struct arena a;

    arena_init(&a);
    size_t number =
        wire->read_request(body, &a, &request, NULL) == REIN_OK ? request.replies + 1 : 0;

    arena_fini(&a);
    return number;
}

void script_answer(const struct script *s, const struct wire_format *wire, str body,
                   unsigned attempt, struct arena *arena, struct script_reply *out)
{
    struct asked asked = {.attempt = attempt, .arena = arena};
    struct answer a = {.wire = wire, .asked = &asked, .out = out};
    struct error err = {0};

    *out = (struct script_reply){.http_status = 200, .retry_after_s = -1};
    if (wire->read_request(body, arena, &asked.request, &err) != REIN_OK) {
        out->http_status = 400;
        out->steps = arena_new(arena, struct script_step);
        add_step(&a, render_error(&a, S("invalid_request_error"), str_of(err.text), false));
        return;
    }
    out->number = asked.number = asked.request.replies + 1;
    asked.folder = find_folder(asked.request.system);
    a.entry = choose(s, &asked);
    out->steps = arena_array(arena, struct script_step, count_items(a.entry));
    if (!a.entry) {
        no_answer(&a, s);
        return;
    }
    a.blocks = arena_array(arena, struct block, count_items(a.entry));
    a.id = arena_printf(arena, "msg_script_%zu", asked.number);
    answer_items(&a);
}
