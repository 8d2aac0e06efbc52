/*
 * config.h - the settings: what may be set, what is set, and where each value came from.
 *
 * A setting is a row of options.def. A value comes from the row's default, from the environment, or
 * from somebody who names himself ("--model", "host"); the last one set wins, lists append. This
 * folder knows texts only: that a permission mode or a rule makes sense is checked by lib/, which
 * sees policy/. Keys are no settings: config/vault.h holds them.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/error.h"

enum setting {
#define OPTION(id, ...) SETTING_##id,
#include "config/options.def"
#undef OPTION
    SETTING_END
};

enum option_kind {
    OPTION_TEXT,   /* any text */
    OPTION_COUNT,  /* a whole number from 1 on */
    OPTION_SWITCH, /* "true" or "false" */
    OPTION_CHOICE, /* one of `choices`, "a|b|c" */
    OPTION_LIST,   /* texts; each set appends one */
    OPTION_MODE,   /* a permission mode; its name is checked by lib/ */
    OPTION_RULES   /* like a list, of texts such as "Read Bash(make *)"; checked there */
};

struct option {
    const char *name, *alias, *argument, *group;
    enum option_kind kind;
    const char *choices, *environment, *fallback, *help;
};

/* The row of a setting; the setting of a name or alias. REIN_NOT_FOUND with the nearest name. */
const struct option *option_row(enum setting setting);
rein_status option_find(str name, enum setting *out, struct error *err);

struct config;

/* Defaults, then what `environment` ("NAME=value", NULL-ended; NULL: nothing) sets. A variable that
 * is empty counts as absent. config_free() ends it. */
struct config *config_new(const char *const *environment);
struct config *config_copy(const struct config *config);
void config_free(struct config *config);

/* Set one, or append to a list. Texts are copied. REIN_INVALID names what is allowed. */
rein_status config_set(struct config *config, enum setting setting, str value, const char *origin,
                       struct error *err);

/* The value, borrowed until it is set again. text: NULL when nothing is set, a list's values joined
 * by blanks. count: 0 when nothing is set. list: each value as it was set. */
const char *config_text(const struct config *config, enum setting setting);
int64_t config_count(const struct config *config, enum setting setting);
bool config_switch(const struct config *config, enum setting setting);

struct config_value {
    const char *text;
    const char *origin; /* "--allowedTools" */
};
const struct config_value *config_list(const struct config *config, enum setting setting,
                                       size_t *n);

/* Where the value came from: "default", "REIN_MODEL", "--model", "host"; NULL when nothing is set. A
 * preset's sandbox counts only while SETTING_SANDBOX is "default" here: what is said stands. */
const char *config_origin(const struct config *config, enum setting setting);
bool config_is_default(const struct config *config, enum setting setting);

/* Where rein keeps things (absolute, in the arena). With SETTING_HOME all is below it; else the XDG
 * folders. Nothing is made here: whoever writes makes the folder with mode 0700. REIN_INVALID when
 * neither a home nor $HOME is known. */
struct config_paths {
    const char *settings;   /* settings.json */
    const char *data;       /* the store's folder: rein.db, lock, blobs/ */
    const char *results;    /* spilled results, a folder a session: results/SESSION */
    const char *state;      /* what may be lost: trust, placeholder journals */
    const char *runtime;    /* sockets */
    const char *home;       /* the user's home folder, for masks; "" when unknown */
    const char *const *own; /* rein's own folders, NULL-ended: masked in every sandbox */
};
rein_status config_paths(const struct config *config, struct arena *a, struct config_paths *out,
                         struct error *err);

#endif
