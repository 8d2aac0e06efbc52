/*
 * protect_names.c - the names that are protected in a workspace's root or wherever they stand, and
 * comparing as file systems do that fold case.
 *
 * Only names that are ASCII in the table matter. Two letters outside of ASCII become ASCII ones
 * when a file system normalises and folds: the long s and the Kelvin sign.
 */
#include "platform/protect_impl.h"

const struct protect_rule protect_rules[] = {
    {".rein", ".rein", DEEP | PLACE | FOLDER},
    {".claude", ".claude", DEEP | PLACE | FOLDER},
    {".mcp.json", ".mcp.json", DEEP | PLACE},
    {".gitmodules", ".gitmodules", DEEP | PLACE},
    {".vscode", ".vscode", PLACE | FOLDER},
    {".idea", ".idea", PLACE | FOLDER},
    {".devcontainer", ".devcontainer", PLACE | FOLDER},
    {".devcontainer.json", ".devcontainer.json", PLACE},
    {".husky", ".husky", PLACE | FOLDER},
    {".envrc", ".envrc", PLACE},
    {".npmrc", ".npmrc", PLACE},
    {".yarnrc*", ".yarnrc", PLACE},
    {".yarnrc.yml", ".yarnrc.yml", PLACE},
    {".pnpmfile.cjs", ".pnpmfile.cjs", PLACE},
    {".pre-commit-config.yaml", ".pre-commit-config.yaml", PLACE},
    {"lefthook.*", "lefthook.yml", PLACE},
    {".lefthook.*", ".lefthook.yml", PLACE},
    {".bashrc", ".bashrc", HOME},
    {".bash_profile", ".bash_profile", HOME},
    {".bash_login", ".bash_login", HOME},
    {".bash_logout", ".bash_logout", HOME},
    {".bash_aliases", ".bash_aliases", HOME},
    {".profile", ".profile", HOME},
    {".zshrc", ".zshrc", HOME},
    {".zshenv", ".zshenv", HOME},
    {".zprofile", ".zprofile", HOME},
    {".zlogin", ".zlogin", HOME},
    {".zlogout", ".zlogout", HOME},
    {".kshrc", ".kshrc", HOME},
    {".inputrc", ".inputrc", HOME},
    {".gitconfig", ".gitconfig", HOME},
    {".ripgreprc", ".ripgreprc", HOME},
    {".vimrc", ".vimrc", HOME},
    {".tmux.conf", ".tmux.conf", HOME},
    {0}};

static unsigned fold_next(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    unsigned c = *p;

    if (c == 0xC5 && p[1] == 0xBF) {
        *at += 2;
        return 's';
    }
    if (c == 0xE2 && p[1] == 0x84 && p[2] == 0xAA) {
        *at += 3;
        return 'k';
    }
    *at += c ? 1 : 0;
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool protect_name_is(const char *name, const char *pattern)
{
    for (;;) {
        unsigned c;

        if (*pattern == '*')
            return true;
        c = fold_next(&name);
        if (c != (unsigned char)*pattern)
            return false;
        if (c == 0)
            return true;
        pattern++;
    }
}

const struct protect_rule *protect_rule_of(const char *name)
{
    for (const struct protect_rule *rule = protect_rules; rule->name; rule++) {
        if (protect_name_is(name, rule->name))
            return rule;
    }
    return NULL;
}

bool protect_is_placeholder(const struct stat *st)
{
    return (S_ISSOCK(st->st_mode) || S_ISDIR(st->st_mode)) &&
           (st->st_mode & 07777) == PLACEHOLDER_MODE && st->st_mtim.tv_sec == PLACEHOLDER_TIME &&
           st->st_mtim.tv_nsec == 0;
}

bool protect_holds(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct stat st;

    return (protect_rule_of(name) || strcmp(name, ".cargo") == 0) && lstat(path, &st) == 0 &&
           protect_is_placeholder(&st);
}
