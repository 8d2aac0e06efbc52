/*
 * masks.c - the paths of security.md 3.3 for tools that run in this process. It looks at text only.
 */
#include "tool/masks.h"

#include <stdlib.h>

#include "policy/path.h"

/* Below the user's home. */
static const char *const secret_places[] = {
    ".ssh",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".kube",
    ".docker",
    ".gnupg",
    ".netrc",
    ".git-credentials",
    ".config/git/credentials",
    ".npmrc",
    ".pypirc",
    ".config/gh",
    ".config/glab-cli",
    ".password-store",
    ".config/op",
    ".local/share/keyrings",
    ".pki",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    ".config/vivaldi",
    ".config/opera",
    "snap/firefox",
    "snap/chromium",
    ".bash_history",
    ".zsh_history",
    ".local/share/fish/fish_history",
    ".history",
    ".sh_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".lesshst",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".config/rein",
    ".local/share/rein",
    ".local/state/rein",
};

/* The workspace wins: who starts rein inside of a masked folder wants it to work there. */
static bool is_masked(const struct tool_run *run, str mask, str path)
{
    str folder = str_of(run->folder);

    return mask.n > 1 && path_is_beneath(mask, path) &&
           !(path_is_beneath(mask, folder) && path_is_beneath(folder, path));
}

static bool is_secret(const struct tool_run *run, str path)
{
    const char *home = run->home ? run->home : getenv("HOME");
    str base = str_of(home), below;

    if (base.n < 2 || !path_is_beneath(base, path))
        return false;
    below = path_below(base, path);
    for (size_t i = 0; i < sizeof secret_places / sizeof *secret_places; i++) {
        str place = str_of(secret_places[i]);
        str mask = str_make(base.p, path.n - below.n + place.n);

        if (path_is_beneath(place, below) && is_masked(run, str_take(path, mask.n), path))
            return true;
    }
    return false;
}

const char *mask_of(const struct tool_run *run, str path)
{
    if (path_is_beneath(S("/proc"), path) || path_is_beneath(S("/sys"), path))
        return "it belongs to the kernel; a command by Bash may show what you need";
    if (run->results && path_is_beneath(str_of(run->results), path))
        return NULL; /* spilled output of this session lies within our own folder */
    for (size_t i = 0; run->masked && run->masked[i]; i++)
        if (is_masked(run, str_of(run->masked[i]), path))
            return "it belongs to rein itself";
    if (run->level != SANDBOX_FULL_ACCESS && is_secret(run, path))
        return "the sandbox masks the user's keys and histories";
    return NULL;
}
