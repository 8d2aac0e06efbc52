/*
 * config.c - the values of the rows of options.def. Knows texts and where they came from; what a
 * model, a mode or a rule means it does not know.
 */
#include "config/config.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

struct values {
    struct config_value *items; /* own copies of both texts */
    size_t n;
    char *joined; /* of a list, by blanks */
};

struct config {
    struct values values[SETTING_END];
};

static const struct option options[SETTING_END] = {
#define OPTION(id, name, alias, argument, group, kind, choices, environment, fallback, help) \
    [SETTING_##id] = {name, alias, argument, group, kind, choices, environment, fallback, help},
#include "config/options.def"
#undef OPTION
};

static const char *const from_default = "default";

const struct option *option_row(enum setting setting) { return &options[setting]; }

rein_status option_find(str name, enum setting *out, struct error *err)
{
    const char *names[2 * SETTING_END];
    size_t n = 0;

    for (size_t i = 0; i < SETTING_END; i++) {
        *out = (enum setting)i;
        if (str_eq(name, str_of(options[i].name)))
            return REIN_OK;
        names[n++] = options[i].name;
        if (!options[i].alias)
            continue;
        if (str_eq(name, str_of(options[i].alias)))
            return REIN_OK;
        names[n++] = options[i].alias;
    }
    int nearest = nearest_word(name, names, n);
    if (nearest < 0)
        return fail(err, REIN_NOT_FOUND, "no setting '%.*s'", FS(str_take(name, 80)));
    return fail(err, REIN_NOT_FOUND, "no setting '%.*s'; did you mean '%s'?",
                FS(str_take(name, 80)), names[nearest]);
}

static bool appends(enum setting setting)
{
    return options[setting].kind == OPTION_LIST || options[setting].kind == OPTION_RULES;
}

static char *copy_text(str text)
{
    char *copy = memory_new(text.n + 1);

    if (text.n)
        memcpy(copy, text.p, text.n);
    return copy;
}

static void values_clear(struct values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        free((char *)values->items[i].text);
        free((char *)values->items[i].origin);
    }
    free(values->items);
    free(values->joined);
    *values = (struct values){0};
}

static void values_join(struct values *values)
{
    struct buf joined;

    buf_init(&joined, BUF_NO_MAX);
    for (size_t i = 0; i < values->n; i++) {
        if (i)
            buf_byte(&joined, ' ');
        buf_add(&joined, str_of(values->items[i].text));
    }
    free(values->joined);
    values->joined = buf_detach(&joined, NULL);
}

static void values_add(struct values *values, str text, const char *origin)
{
    values->items = memory_grow(values->items, (values->n + 1) * sizeof *values->items);
    values->items[values->n++] = (struct config_value){copy_text(text), copy_text(str_of(origin))};
    values_join(values);
}

static bool is_choice(const char *choices, str value)
{
    str rest = str_of(choices);

    while (rest.p) {
        if (str_eq(str_cut(&rest, '|'), value))
            return true;
    }
    return false;
}

/* "a|b|c" as words with commas, for an error's text. */
static const char *spell_choices(const char *choices, char *out, size_t room)
{
    size_t n = 0;

    for (const char *c = choices; *c && n + 3 < room; c++) {
        if (*c != '|') {
            out[n++] = *c;
            continue;
        }
        out[n++] = ',';
        out[n++] = ' ';
    }
    out[n] = 0;
    return out;
}

static rein_status check(const struct option *row, str value, const char *origin, struct error *err)
{
    char words[160];
    int64_t number;

    if (memchr(value.p, 0, value.n))
        return fail(err, REIN_INVALID, "%s: the value has a NUL byte in it", origin);
    switch (row->kind) {
    case OPTION_TEXT:
    case OPTION_MODE:
        if (value.n == 0 && row->argument && row->fallback)
            return fail(err, REIN_INVALID, "%s needs a %s", origin, row->argument);
        return REIN_OK;
    case OPTION_LIST:
    case OPTION_RULES: return REIN_OK;
    case OPTION_COUNT:
        if (str_to_i64(value, &number) && number >= 1)
            return REIN_OK;
        return fail(err, REIN_INVALID, "%s needs a whole number from 1 on, not '%.*s'", origin,
                    FS(str_take(value, 60)));
    case OPTION_SWITCH:
        if (is_choice("true|false", value))
            return REIN_OK;
        return fail(err, REIN_INVALID, "%s is true or false, not '%.*s'", origin,
                    FS(str_take(value, 60)));
    case OPTION_CHOICE:
        if (is_choice(row->choices, value))
            return REIN_OK;
        return fail(err, REIN_INVALID, "%s: no '%.*s'; it is one of %s", origin,
                    FS(str_take(value, 60)), spell_choices(row->choices, words, sizeof words));
    }
    return REIN_OK;
}

rein_status config_set(struct config *config, enum setting setting, str value, const char *origin,
                       struct error *err)
{
    struct values *values = &config->values[setting];

    if (!value.p)
        value = S("");
    if (check(&options[setting], value, origin, err) != REIN_OK)
        return REIN_INVALID;
    /* What comes may be a slice of what goes. */
    struct values before = *values;
    if (!appends(setting))
        *values = (struct values){0};
    values_add(values, value, origin);
    if (!appends(setting))
        values_clear(&before);
    return REIN_OK;
}

static str environment_value(const char *const *environment, const char *name)
{
    size_t n = strlen(name);

    for (; *environment; environment++) {
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
            return str_of(*environment + n + 1);
    }
    return (str){0};
}

struct config *config_new(const char *const *environment)
{
    struct config *config = memory_new(sizeof *config);

    for (size_t i = 0; i < SETTING_END; i++) {
        const struct option *row = &options[i];
        if (row->fallback)
            values_add(&config->values[i], str_of(row->fallback), from_default);
        if (!row->environment || !environment)
            continue;
        str value = environment_value(environment, row->environment);
        if (value.n)
            config_set(config, (enum setting)i, value, row->environment, NULL);
    }
    return config;
}

struct config *config_copy(const struct config *config)
{
    struct config *copy = memory_new(sizeof *copy);

    for (size_t i = 0; i < SETTING_END; i++) {
        for (size_t k = 0; k < config->values[i].n; k++) {
            const struct config_value *value = &config->values[i].items[k];
            values_add(&copy->values[i], str_of(value->text), value->origin);
        }
    }
    return copy;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < SETTING_END; i++)
        values_clear(&config->values[i]);
    free(config);
}

const char *config_text(const struct config *config, enum setting setting)
{
    return config->values[setting].joined;
}

int64_t config_count(const struct config *config, enum setting setting)
{
    int64_t number = 0;

    return str_to_i64(str_of(config_text(config, setting)), &number) ? number : 0;
}

bool config_switch(const struct config *config, enum setting setting)
{
    return str_eq(str_of(config_text(config, setting)), S("true"));
}

const struct config_value *config_list(const struct config *config, enum setting setting, size_t *n)
{
    *n = config->values[setting].n;
    return config->values[setting].items;
}

const char *config_origin(const struct config *config, enum setting setting)
{
    const struct values *values = &config->values[setting];

    return values->n ? values->items[values->n - 1].origin : NULL;
}

bool config_is_default(const struct config *config, enum setting setting)
{
    const char *origin = config_origin(config, setting);

    return !origin || strcmp(origin, from_default) == 0;
}
