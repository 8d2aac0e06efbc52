/* setup.c - reads the recorded setup of a session. It does not know who wrote it or when. */
#include "context/setup.h"

static void class_read(const struct json *row, const struct json *wire, struct arena *a,
                       struct tool_class *out)
{
    const struct json *aliases = json_get(row, "aliases");

    out->name = json_text(row, "name", S(""));
    out->flags = (unsigned)json_int(row, "flags", 0);
    out->subject = json_text(row, "subject", S(""));
    out->aliases = arena_array(a, str, aliases ? aliases->count : 0);
    json_each (alias, aliases)
        out->aliases[out->n_aliases++] = alias->text;
    json_each (tool, wire) {
        if (str_eq(json_text(tool, "name", S("")), out->name))
            out->schema = json_get(tool, "input_schema");
    }
}

static void prices_read(const struct json *row, struct prices *out)
{
    out->input = json_real(row, "input", 0);
    out->output = json_real(row, "output", 0);
    out->cache_read = json_real(row, "cache_read", 0);
    out->cache_write_5m = json_real(row, "cache_write_5m", 0);
    out->cache_write_1h = json_real(row, "cache_write_1h", 0);
    out->tier_above = json_int(row, "tier_above", 0);
    out->tier_factor = json_real(row, "tier_factor", 0);
}

rein_status setup_read(str text, struct arena *a, struct setup *out, struct error *err)
{
    struct json *tree;
    const struct json *model, *tools, *classes, *thinking;

    *out = (struct setup){0};
    if (json_parse(text, JSON_DEPTH, a, &tree, err) != REIN_OK) {
        error_context(err, "the session's recorded setup");
        return err ? (err->status = REIN_CORRUPT) : REIN_CORRUPT;
    }
    model = json_get(tree, "model");
    tools = json_get(tree, "tools");
    classes = json_get(tree, "classes");
    if (!model || !tools || !classes)
        return fail(err, REIN_CORRUPT, "the session's recorded setup lacks '%s'",
                    !model   ? "model"
                    : !tools ? "tools"
                             : "classes");
    out->name = json_text(model, "name", S(""));
    out->model = json_text(model, "id", S(""));
    out->provider = json_text(model, "provider", S(""));
    out->wire = json_text(model, "wire", S(""));
    out->max_tokens = json_int(model, "max_tokens", 4096);
    out->window = json_int(model, "window", 200000);
    thinking = json_get(model, "thinking");
    out->thinking = thinking ? thinking->source : S("");
    out->effort = json_text(model, "effort", S(""));
    prices_read(json_get(model, "prices"), &out->prices);
    out->tools = tools->source;
    out->sections = json_get(tree, "sections");
    out->classes = arena_array(a, struct tool_class, classes->count);
    json_each (row, classes)
        class_read(row, tools, a, &out->classes[out->n_classes++]);
    return REIN_OK;
}

const struct tool_class *setup_tool(const struct setup *setup, str name)
{
    for (size_t i = 0; i < setup->n_classes; i++)
        if (str_eq(setup->classes[i].name, name))
            return &setup->classes[i];
    for (size_t i = 0; i < setup->n_classes; i++)
        for (size_t k = 0; k < setup->classes[i].n_aliases; k++)
            if (str_eq(setup->classes[i].aliases[k], name))
                return &setup->classes[i];
    return NULL;
}
