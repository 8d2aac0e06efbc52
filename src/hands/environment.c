/*
 * environment.c - which variables a command sees. Knows no process: text in, text out.
 *
 * The user's, less secrets (by name, and URLs with a password in them), less what shells and
 * loaders would run, less addresses of the user's desktop and agents; plus a fixed locale, so that
 * parser and shell agree, and no pager.
 */
#include <ctype.h>

#include "hands/hands_impl.h"

/* clang-format off: words, as many as fit a line */
/* Names that begin so. */
static const char *const dropped_prefixes[] = {
    "REIN_",        "ANTHROPIC_", "CLAUDE",        "OPENAI_",
    "GEMINI_",      "AWS_",       "AZURE_",        "GOOGLE_APPLICATION_",
    "CLOUDSDK_",    "BASH_FUNC_", "LD_PRELOAD",    "LD_AUDIT",
    "GIT_CONFIG",   "GIT_SSH",    "GIT_ASKPASS",   "GIT_PROXY",
    "GIT_EXTERNAL", "GIT_DIR",    "GIT_WORK_TREE", "GIT_INDEX",
    "GIT_EXEC_PATH"};
/* Whole names: what shells read as code or settings, and what is set below. */
static const char *const dropped_names[] = {"BASH_ENV",
                                            "ENV",
                                            "BASHOPTS",
                                            "SHELLOPTS",
                                            "PROMPT_COMMAND",
                                            "PS0",
                                            "PS1",
                                            "PS2",
                                            "PS4",
                                            "CDPATH",
                                            "GLOBIGNORE",
                                            "IFS",
                                            "HISTFILE",
                                            "OLDPWD",
                                            "PWD",
                                            "SHLVL",
                                            "_",
                                            "TERM",
                                            "TERMCAP",
                                            "LC_ALL",
                                            "LANG",
                                            "LANGUAGE",
                                            "PAGER",
                                            "GIT_PAGER",
                                            "MANPAGER",
                                            "GIT_EDITOR",
                                            "GIT_TERMINAL_PROMPT",
                                            "SSH_ASKPASS",
                                            "EDITOR",
                                            "VISUAL",
                                            "SHELL",
                                            "PERL5OPT",
                                            "PYTHONSTARTUP",
                                            "RUBYOPT",
                                            "RIPGREP_CONFIG_PATH",
                                            "LESSOPEN",
                                            "LESSCLOSE"};
/* In a sandbox: sockets and folders that are not there, proxies that can't be reached. */
static const char *const dropped_in_sandbox[] = {"SSH_AUTH_SOCK",
                                                 "SSH_AGENT_PID",
                                                 "GPG_AGENT_INFO",
                                                 "DBUS_SESSION_BUS_ADDRESS",
                                                 "XDG_RUNTIME_DIR",
                                                 "DISPLAY",
                                                 "WAYLAND_DISPLAY",
                                                 "XAUTHORITY",
                                                 "DOCKER_HOST",
                                                 "TMPDIR",
                                                 "TMP",
                                                 "TEMP",
                                                 "HTTP_PROXY",
                                                 "HTTPS_PROXY",
                                                 "ALL_PROXY",
                                                 "FTP_PROXY",
                                                 "NO_PROXY"};
/* A word between underscores that says "secret"; "KEY" alone only at the end. */
static const char *const secret_words[] = {
    "TOKEN",  "TOKENS", "SECRET",     "SECRETS",  "PASSWORD",   "PASSWORDS",
    "PASSWD", "PASS",   "PASSPHRASE", "PWD",      "CREDENTIAL", "CREDENTIALS",
    "CREDS",  "APIKEY", "AUTH",       "COOKIE",   "COOKIES",    "PAT",
    "BEARER", "JWT",    "PRIVATE",    "SIGNATURE"};

/* clang-format on */

#define N(list) (sizeof(list) / sizeof *(list))

static bool same(str name, const char *other)
{
    size_t i = 0;

    for (; i < name.n && other[i]; i++) {
        if (toupper((unsigned char)name.p[i]) != other[i])
            return false;
    }
    return i == name.n && other[i] == 0;
}

static bool is_in(str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (same(name, list[i]))
            return true;
    }
    return false;
}

static bool is_secret_name(str name)
{
    str rest = name, word = {0};

    while (rest.p) {
        word = str_cut(&rest, '_');
        if (is_in(word, secret_words, N(secret_words)))
            return true;
        if (word.n > 5 && (same(str_skip(word, word.n - 5), "TOKEN") ||
                           same(str_skip(word, word.n - 6), "SECRET") ||
                           same(str_skip(word, word.n - 6), "APIKEY")))
            return true;
    }
    return same(word, "KEY") || same(word, "KEYS");
}

/* scheme://user:password@host */
static bool has_password(str value)
{
    size_t at = str_search(value, S("://")), colon, sign;
    str rest;

    if (at == SIZE_MAX)
        return false;
    rest = str_skip(value, at + 3);
    rest = str_take(rest, str_find(rest, '/'));
    colon = str_find(rest, ':');
    sign = str_find(rest, '@');
    return sign != SIZE_MAX && colon != SIZE_MAX && colon < sign;
}

static bool is_dropped(str name, str value, bool sandboxed)
{
    if (name.n == 0 || is_in(name, dropped_names, N(dropped_names)))
        return true;
    for (size_t i = 0; i < N(dropped_prefixes); i++) {
        size_t n = strlen(dropped_prefixes[i]);

        if (name.n >= n && same(str_take(name, n), dropped_prefixes[i]))
            return true;
    }
    if (sandboxed && is_in(name, dropped_in_sandbox, N(dropped_in_sandbox)))
        return true;
    if (!sandboxed && same(name, "SSH_AUTH_SOCK"))
        return false; /* a path, not a secret */
    return is_secret_name(name) || has_password(value);
}

const char *hands_variable(const char *const *environment, const char *name)
{
    size_t n = strlen(name);

    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
            return *environment + n + 1;
    }
    return NULL;
}

const char *const *hands_environment(const char *const *user, const char *folder, bool sandboxed,
                                     struct arena *a)
{
    static const char *const fixed[] = {
        "LC_ALL=C.UTF-8",  "LANG=C.UTF-8",          "TERM=dumb",      "PAGER=cat", "GIT_PAGER=cat",
        "GIT_EDITOR=true", "GIT_TERMINAL_PROMPT=0", "SHELL=/bin/bash"};
    size_t n = 0, at = 0;
    const char **out;

    while (user && user[n])
        n++;
    out = arena_array(a, const char *, n + N(fixed) + 4);
    for (size_t i = 0; i < n; i++) {
        str value = str_of(user[i]), name = str_cut(&value, '=');

        if (value.p && !is_dropped(name, value, sandboxed))
            out[at++] = arena_cstr(a, str_of(user[i]));
    }
    for (size_t i = 0; i < N(fixed); i++)
        out[at++] = fixed[i];
    if (sandboxed)
        out[at++] = "TMPDIR=/tmp";
    if (!hands_variable(user, "PATH"))
        out[at++] = "PATH=/usr/local/bin:/usr/bin:/bin";
    out[at++] = arena_printf(a, "PWD=%s", folder).p;
    return out;
}
