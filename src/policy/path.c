/*
 * path.c - paths as text. It knows no file system: a link is a name like any other here.
 */
#include "policy/path.h"

#include "policy/wildcard.h"

/* Globs on one lower-case component of a path. */
static const char *const protected_names[] = {
    /* version control, and what it runs */
    ".git",
    ".gitconfig",
    ".gitmodules",
    ".hg",
    ".husky",
    ".pre-commit-config.yaml",
    "lefthook.*",
    /* ours and our kind's: settings, servers, instructions */
    ".rein",
    ".claude",
    ".claude.json",
    ".mcp.json",
    "agents.md",
    "agents.override.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    /* editors and containers */
    ".vscode",
    ".idea",
    ".devcontainer",
    /* package managers */
    ".cargo",
    ".yarn",
    ".yarnrc*",
    ".npmrc",
    ".pnpmfile.cjs",
    ".pnp.*",
    ".mvn",
    ".pypirc",
    "bunfig.toml",
    ".bunfig.toml",
    /* shells and what reads a file before a program starts */
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".mkshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".logout",
    ".inputrc",
    ".envrc",
    ".direnvrc",
    ".ripgreprc",
    ".netrc",
    ".ssh",
    ".gnupg",
    ".config",
    ".gdbinit",
    ".lldbinit",
    ".vimrc",
    ".exrc",
    ".nvimrc",
};

/* Append "/name" for each component of `path` to the `n` bytes at `out`. */
static size_t add_components(char *out, size_t n, str path)
{
    while (path.n) {
        str part = str_cut(&path, '/');

        if (part.n == 0 || str_eq(part, S(".")))
            continue;
        if (str_eq(part, S(".."))) {
            while (n && out[n - 1] != '/')
                n--;
            n -= n > 0;
            continue;
        }
        out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    return n;
}

str path_normal(struct arena *a, str folder, str path)
{
    char *out = arena_alloc(a, folder.n + path.n + 3);
    size_t n = 0;

    if (!str_starts(path, S("/")))
        n = add_components(out, n, folder);
    n = add_components(out, n, path);
    if (n == 0)
        out[n++] = '/';
    out[n] = 0;
    return str_make(out, n);
}

bool path_is_beneath(str folder, str path)
{
    if (str_eq(folder, S("/")))
        return str_starts(path, folder);
    return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

str path_below(str folder, str path)
{
    str rest = str_skip(path, folder.n);

    return str_starts(rest, S("/")) ? str_skip(rest, 1) : rest;
}

str path_parent(str path)
{
    size_t n = path.n;

    while (n && path.p[n - 1] != '/')
        n--;
    return n > 1 ? str_take(path, n - 1) : S("/");
}

str path_name(str path)
{
    size_t n = path.n;

    while (n && path.p[n - 1] != '/')
        n--;
    return str_skip(path, n);
}

static bool is_protected_name(str name)
{
    char lower[64];

    name = str_take(name, sizeof lower); /* longer than any name above: only a star's tail goes */
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    for (size_t i = 0; i < sizeof protected_names / sizeof *protected_names; i++)
        if (wildcard_match(str_of(protected_names[i]), str_make(lower, name.n)))
            return true;
    return false;
}

bool path_is_protected(str folder, str path)
{
    str rest = path_is_beneath(folder, path) ? path_below(folder, path) : path;

    while (rest.n) {
        str name = str_cut(&rest, '/');

        if (is_protected_name(name))
            return true;
    }
    return false;
}
