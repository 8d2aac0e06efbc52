/*
 * config_api.c - settings as rein.h shows them: config/ with the checks that need policy/.
 */
#include "lib/config_api.h"

#include <unistd.h>

#include "config/vault.h"
#include "policy/policy.h"

const rein_option *rein_options(size_t *n)
{
    static const rein_option rows[] = {
#define OPTION(id, name, alias, argument, group, kind, choices, environment, fallback, help) \
    {name, alias, argument, group, help, fallback},
#include "config/options.def"
#undef OPTION
    };

    *n = sizeof rows / sizeof rows[0];
    return rows;
}

rein_config *rein_config_new(void)
{
    vault_take();
    return (rein_config *)(void *)config_new((const char *const *)environ);
}

void rein_config_free(rein_config *config) { config_free(config_of(config)); }

struct rule_fault {
    rein_status status;
    struct error *err;
};

static void check_rule(void *data, str rule)
{
    struct rule_fault *fault = data;

    if (fault->status == REIN_OK)
        fault->status = rule_check(rule, fault->err);
}

/* What config/ can't judge. */
static rein_status check_meaning(enum option_kind kind, str value, const char *origin,
                                 struct error *err)
{
    enum permission_mode mode;
    struct rule_fault fault = {.err = err};

    if (kind == OPTION_MODE && mode_parse(value, &mode, err) != REIN_OK)
        return error_context(err, "%s", origin);
    if (kind == OPTION_RULES)
        rule_split(value, check_rule, &fault);
    return fault.status == REIN_OK ? REIN_OK : error_context(err, "%s", origin);
}

rein_status rein_config_set(rein_config *config, const char *name, const char *value,
                            const char *origin, rein_error *err)
{
    struct error fault = {0};
    enum setting setting;

    if (option_find(str_of(name), &setting, &fault) == REIN_OK &&
        check_meaning(option_row(setting)->kind, str_of(value), origin, &fault) == REIN_OK)
        config_set(config_of(config), setting, str_of(value), origin, &fault);
    if (fault.status != REIN_OK && err)
        memcpy(err, &fault, sizeof *err);
    return fault.status;
}

const char *rein_config_get(const rein_config *config, const char *name, const char **origin)
{
    enum setting setting;

    if (option_find(str_of(name), &setting, NULL) != REIN_OK) {
        if (origin)
            *origin = NULL;
        return NULL;
    }
    if (origin)
        *origin = config_origin(config_of_const(config), setting);
    return config_text(config_of_const(config), setting);
}
