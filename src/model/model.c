/*
 * model.c - which model is meant: the tables of providers, profiles and short names, and looking up
 * in them. Knows nothing of requests.
 */
#include "model/model.h"

#include "base/text.h"
#include "model/script.h"
#include "wire/url.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct model_provider providers[] = {
#define PROVIDER(name_, wire_, url_, url_variable_, key_, token_, header_, headers_, max_) \
    {.name = name_, \
     .wire = wire_, \
     .base_url = url_, \
     .base_url_variable = url_variable_, \
     .key_variable = key_, \
     .token_variable = token_, \
     .key_header = header_, \
     .headers = headers_, \
     .request_max = (int64_t)(max_) << 20},
#include "model/providers.def"
#undef PROVIDER
};

static const struct model_profile profiles[] = {
#define PROFILE(pattern_, provider_, window_, most_, usual_, in_, out_, read_, above_, factor_, \
                thinking_, effort_) \
    {.pattern = pattern_, \
     .provider = provider_, \
     .window = window_, \
     .max_output = most_, \
     .default_output = usual_, \
     .prices.input = in_, \
     .prices.output = out_, \
     .prices.cache_read = read_, \
     .prices.cache_write_5m = 1.25 * (in_), \
     .prices.cache_write_1h = 2.0 * (in_), \
     .prices.tier_above = above_, \
     .prices.tier_factor = factor_, \
     .thinking = thinking_, \
     .effort = effort_},
#include "model/profiles.def"
#undef PROFILE
};

static const struct {
    const char *name, *id;
} aliases[] = {
#define ALIAS(name_, id_) {name_, id_},
#include "model/aliases.def"
#undef ALIAS
};

static const struct model_provider *find_provider(str name)
{
    for (size_t i = 0; i < COUNT(providers); i++)
        if (str_eq(str_of(providers[i].name), name))
            return &providers[i];
    return NULL;
}

static const struct model_profile *find_profile(str id)
{
    for (size_t i = 0; i < COUNT(profiles); i++)
        if (glob_match(str_of(profiles[i].pattern), id))
            return &profiles[i];
    return &profiles[COUNT(profiles) - 1]; /* an id with slashes: "*" is all that is left */
}

static str alias_of(str id)
{
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (str_eq(str_of(aliases[i].name), id))
            return str_of(aliases[i].id);
    return id;
}

/* The known name nearest to `id`, or an empty slice: short names, patterns without their '*'. */
static str nearest_name(str id, struct arena *a)
{
    const char *names[COUNT(aliases) + COUNT(profiles)];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(aliases); i++)
        names[n++] = aliases[i].name;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        str pattern = str_of(profiles[i].pattern);

        if (pattern.n > 1 && !str_ends(pattern, S("-*")))
            names[n++] = arena_cstr(a, str_take(pattern, pattern.n - 1));
    }
    int at = nearest_word(id, names, n);

    return at < 0 ? (str){0} : str_of(names[at]);
}

static rein_status unknown_model(str name, struct arena *a, struct error *err)
{
    str nearest = nearest_name(name, a);

    if (nearest.n)
        return fail(err, REIN_NOT_FOUND, "unknown model '%.*s'; did you mean '%.*s'?", FS(name),
                    FS(nearest));
    return fail(err, REIN_NOT_FOUND,
                "unknown model '%.*s'; expected a Claude model (opus, sonnet, "
                "haiku, claude-...), anthropic/MODEL or script:FILE",
                FS(name));
}

static rein_status resolve_script(str name, str file, struct arena *a, struct model *out,
                                  struct error *err)
{
    struct script *script;

    if (file.n == 0)
        return fail(err, REIN_INVALID, "model 'script:' lacks its file; expected script:FILE");
    if (script_open(file, &script, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    script_free(script); /* it was read to find its faults now and not at the first request */
    *out = (struct model){.provider = find_provider(S("script")),
                          .profile = find_profile(S("")),
                          .name = arena_str(a, name),
                          .id = arena_str(a, name),
                          .script = arena_str(a, file)};
    out->wire = wire_format_find(str_of(out->provider->wire));
    return REIN_OK;
}

static rein_status set_address(struct model *out, str base_url, struct arena *a, struct error *err)
{
    struct url url;

    base_url = str_trim(base_url);
    if (base_url.n == 0)
        base_url = str_of(out->provider->base_url);
    if (url_parse(base_url, &url, err) != REIN_OK) {
        if (err)
            fail(err, REIN_INVALID, "%s (check %s)", err->text, out->provider->base_url_variable);
        return REIN_INVALID;
    }
    out->base_url = arena_str(a, base_url);
    return REIN_OK;
}

rein_status model_resolve(str name, str base_url, struct arena *a, struct model *out,
                          struct error *err)
{
    size_t slash = str_find(name, '/');
    str id = name;

    *out = (struct model){0};
    if (str_starts(name, S("script:")))
        return resolve_script(name, str_skip(name, 7), a, out, err);
    if (slash != SIZE_MAX) {
        out->provider = find_provider(str_take(name, slash));
        if (!out->provider || !out->provider->base_url)
            return fail(err, REIN_NOT_FOUND,
                        "unknown provider '%.*s' in model '%.*s'; known: "
                        "anthropic/MODEL, script:FILE",
                        FS(str_take(name, slash)), FS(name));
        id = str_skip(name, slash + 1);
    }
    id = alias_of(id);
    out->profile = find_profile(id);
    if (!out->provider && out->profile->provider)
        out->provider = find_provider(str_of(out->profile->provider));
    if (!out->provider || id.n == 0)
        return unknown_model(name, a, err);
    out->name = arena_str(a, name);
    out->id = arena_str(a, id);
    out->wire = wire_format_find(str_of(out->provider->wire));
    return set_address(out, base_url, a, err);
}
