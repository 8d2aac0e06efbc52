/*
 * paths.c - where rein keeps things. Only names are made here, no folder.
 */
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "platform/file.h"

/* An absolute variable of the XDG rules; they say to ignore a relative one. */
static const char *xdg(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] == '/' ? value : NULL;
}

static const char *user_home(struct arena *a)
{
    const char *home = xdg("HOME");

    if (home)
        return home;
    struct passwd entry, *found = NULL;
    char *room = arena_alloc(a, 16384);
    if (getpwuid_r(getuid(), &entry, room, 16384, &found) == 0 && found && found->pw_dir[0] == '/')
        return found->pw_dir;
    return "";
}

static const char *below(struct arena *a, const char *folder, const char *name)
{
    size_t n = strlen(folder);

    while (n > 1 && folder[n - 1] == '/')
        n--;
    return arena_printf(a, "%.*s%s%s", (int)n, folder, n == 1 && folder[0] == '/' ? "" : "/", name)
        .p;
}

static void all_below(const char *home, struct arena *a, struct config_paths *out)
{
    const char **own = arena_array(a, const char *, 2);

    out->data = arena_cstr(a, str_of(home));
    out->settings = below(a, home, "settings.json");
    out->results = below(a, home, "results");
    out->state = below(a, home, "state");
    out->runtime = below(a, home, "run");
    own[0] = out->data;
    out->own = own;
}

static const char *xdg_folder(struct arena *a, const char *variable, const char *home,
                              const char *usual)
{
    const char *set = xdg(variable);

    return below(a, set ? set : below(a, home, usual), "rein");
}

static void by_xdg(struct arena *a, struct config_paths *out)
{
    const char **own = arena_array(a, const char *, 5);
    const char *runtime = xdg("XDG_RUNTIME_DIR");
    const char *config = xdg_folder(a, "XDG_CONFIG_HOME", out->home, ".config");

    out->settings = below(a, config, "settings.json");
    out->data = xdg_folder(a, "XDG_DATA_HOME", out->home, ".local/share");
    out->results = below(a, out->data, "results");
    out->state = xdg_folder(a, "XDG_STATE_HOME", out->home, ".local/state");
    out->runtime = runtime ? below(a, runtime, "rein") : below(a, out->state, "run");
    own[0] = config;
    own[1] = out->data;
    own[2] = out->state;
    own[3] = out->runtime;
    out->own = own;
}

rein_status config_paths(const struct config *config, struct arena *a, struct config_paths *out,
                         struct error *err)
{
    const char *home = config_text(config, SETTING_HOME);
    const char *folder;

    *out = (struct config_paths){.home = user_home(a)};
    if (home && home[0] == '/') {
        all_below(home, a, out);
        return REIN_OK;
    }
    if (home && home[0]) {
        if (file_current_folder(a, &folder, err) != REIN_OK)
            return error_context(err, "%s", config_origin(config, SETTING_HOME));
        all_below(below(a, folder, home), a, out);
        return REIN_OK;
    }
    if (!out->home[0])
        return fail(err, REIN_INVALID,
                    "no home folder is known: set HOME, or REIN_HOME to where rein may keep its "
                    "sessions");
    by_xdg(a, out);
    return REIN_OK;
}
