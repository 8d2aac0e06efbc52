/*
 * rules.c - one permission rule as text and as a test on names, commands and paths. It knows no
 * shell: a command comes here as one simple command's words.
 */
#include "policy/rules.h"

#include "base/text.h"
#include "policy/path.h"
#include "policy/wildcard.h"

enum { RULE_MAX = 4096, NAME_MAX_BYTES = 256 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':' || c == '*' || c == '?';
}

static rein_status check_text(str text, struct error *err)
{
    if (text.n == 0)
        return fail(err, REIN_INVALID,
                    "a permission rule is empty; write a tool's name, or "
                    "Tool(pattern)");
    if (text.n > RULE_MAX)
        return fail(err, REIN_LIMIT, "a permission rule is longer than %d bytes: '%.*s...'",
                    RULE_MAX, FS(str_take(text, 40)));
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 127)
            return fail(err, REIN_INVALID, "permission rule '%.*s' has a control character",
                        FS(str_take(text, i)));
    return REIN_OK;
}

static rein_status check_name(str name, str text, struct error *err)
{
    if (name.n == 0 || name.n > NAME_MAX_BYTES)
        return fail(err, REIN_INVALID, "permission rule '%.*s' has no tool's name at its start",
                    FS(str_take(text, 80)));
    for (size_t i = 0; i < name.n; i++)
        if (!is_name_char(name.p[i]))
            return fail(err, REIN_INVALID,
                        "permission rule '%.*s': '%c' can't be in a tool's name; write Tool or "
                        "Tool(pattern)",
                        FS(str_take(text, 80)), name.p[i]);
    return REIN_OK;
}

static bool is_path_tool(str name)
{
    static const char *const names[] = {"Read", "Edit",         "Write",     "Glob",
                                        "Grep", "NotebookEdit", "MultiEdit", "LSP"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, str_of(names[i])))
            return true;
    return false;
}

static void parse_command(struct rule *rule, struct arena *a)
{
    str s = rule->pattern;
    size_t star;

    if (str_ends(s, S(":*"))) /* the old form of " *" */
        rule->pattern = arena_printf(a, "%.*s *", FS(str_take(s, s.n - 2)));
    s = rule->pattern;
    star = str_find(s, '*');
    rule->prefix = s.n > 2 && star == s.n - 1 && s.p[star - 1] == ' ';
}

static rein_status parse_path(struct rule *rule, struct error *err)
{
    str s = rule->pattern;

    rule->anchor = ANCHOR_FOLDER;
    if (str_starts(s, S("!")))
        return fail(err, REIN_INVALID,
                    "permission rule '%.*s': '!' is not possible here; write a "
                    "rule in the other list",
                    FS(str_take(rule->text, 100)));
    if (str_starts(s, S("//"))) {
        rule->anchor = ANCHOR_ROOT;
        s = str_skip(s, 2);
    } else if (str_starts(s, S("~/"))) {
        rule->anchor = ANCHOR_HOME;
        s = str_skip(s, 2);
    } else if (str_starts(s, S("/"))) {
        s = str_skip(s, 1);
    } else if (str_starts(s, S("./"))) {
        s = str_skip(s, 2);
    } else if (str_find(str_take(s, s.n - 1), '/') == SIZE_MAX && !str_eq(s, S("**"))) {
        rule->anchor = ANCHOR_ANY;
    }
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    if (s.n == 0 && rule->anchor == ANCHOR_FOLDER)
        return fail(err, REIN_INVALID,
                    "permission rule '%.*s' has no path; the whole folder is "
                    "'./**', the whole machine '//**'",
                    FS(rule->text));
    rule->pattern = s.n ? s : S("**");
    return REIN_OK;
}

rein_status rule_parse(str text, struct arena *a, struct rule *out, struct error *err)
{
    size_t open;

    memset(out, 0, sizeof *out);
    text = str_trim(text);
    if (check_text(text, err) != REIN_OK)
        return err ? err->status : REIN_INVALID;
    open = str_find(text, '(');
    out->text = text;
    out->tool = str_take(text, open);
    if (check_name(out->tool, text, err) != REIN_OK)
        return REIN_INVALID;
    if (open == SIZE_MAX)
        return REIN_OK;
    if (text.p[text.n - 1] != ')')
        return fail(err, REIN_INVALID, "permission rule '%.*s' does not end with ')'",
                    FS(str_take(text, 100)));
    out->pattern = str_trim(str_make(text.p + open + 1, text.n - open - 2));
    if (out->pattern.n == 0)
        return fail(err, REIN_INVALID,
                    "permission rule '%.*s' has nothing in its parentheses; "
                    "'%.*s' alone means every call",
                    FS(str_take(text, 80)), FS(str_take(out->tool, 80)));
    if (str_eq(out->pattern, S("*")))
        return REIN_OK; /* Tool(*) is Tool */
    out->kind = RULE_TEXT;
    if (str_eq(out->tool, S("Bash"))) {
        out->kind = RULE_COMMAND;
        parse_command(out, a);
    } else if (is_path_tool(out->tool)) {
        out->kind = RULE_PATH;
        return parse_path(out, err);
    }
    return REIN_OK;
}

rein_status rule_check(str rule, struct error *err)
{
    struct arena a;
    struct rule parsed;
    rein_status status;

    arena_init(&a);
    status = rule_parse(rule, &a, &parsed, err);
    arena_fini(&a);
    return status;
}

void rule_split(str list, void (*fn)(void *data, str rule), void *data)
{
    size_t start = 0, depth = 0;

    for (size_t i = 0; i <= list.n; i++) {
        char c = i < list.n ? list.p[i] : ',';

        if (c == '(')
            depth++;
        else if (c == ')' && depth)
            depth--;
        if (i < list.n && (depth || (c != ',' && c != ' ' && c != '\t' && c != '\n' && c != '\r')))
            continue;
        if (i > start)
            fn(data, str_make(list.p + start, i - start));
        start = i + 1;
    }
}

bool rule_matches_text(const struct rule *rule, str text)
{
    if (rule->prefix && str_eq(text, str_take(rule->pattern, rule->pattern.n - 2)))
        return true;
    return wildcard_match(rule->pattern, text);
}

/* mcp__server alone is every tool of that server; mcp__ alone every server's. */
static bool names_server(str name, str tool)
{
    str server = str_skip(name, 5);

    if (!str_starts(name, S("mcp__")) || str_search(server, S("__")) != SIZE_MAX)
        return false;
    return str_starts(tool, name) && (server.n == 0 || str_starts(str_skip(tool, name.n), S("__")));
}

bool rule_names(const struct rule *rule, enum rule_list list, str tool)
{
    if (str_eq(rule->tool, tool) || names_server(rule->tool, tool))
        return true;
    if (!glob_is_pattern(rule->tool))
        return false;
    return (list != RULES_ALLOW || str_starts(rule->tool, S("mcp__"))) &&
           wildcard_match(rule->tool, tool);
}

bool rule_covers_paths_of(const struct rule *rule, enum rule_list list, str tool, unsigned flags)
{
    bool reads = (flags & CALL_HANDS) && (flags & CALL_READ_ONLY);

    if (str_eq(rule->tool, S("Edit")))
        return flags & CALL_EDITS;
    if (str_eq(rule->tool, S("Read")))
        return reads || (list != RULES_ALLOW && (flags & CALL_EDITS));
    return str_eq(rule->tool, tool);
}

/* Most rules name a file: then it needs no pattern's machinery, word by word of a long command. */
static bool matches(str pattern, str path)
{
    bool is_pattern = glob_is_pattern(pattern) || str_find(pattern, '\\') != SIZE_MAX;

    return is_pattern ? glob_match(pattern, path) : str_eq(pattern, path);
}

/* As in a .gitignore: a pattern that matches a folder covers all that is in it. */
static bool match_upward(str pattern, str path)
{
    for (;;) {
        if (matches(pattern, path))
            return true;
        while (path.n && path.p[path.n - 1] != '/')
            path.n--;
        if (path.n == 0)
            return false;
        path.n--;
    }
}

static bool match_any_component(str pattern, str path)
{
    while (path.n) {
        str name = str_cut(&path, '/');

        if (name.n && matches(pattern, name))
            return true;
    }
    return false;
}

bool rule_matches_path(const struct rule *rule, enum rule_list list, str folder, str home, str path)
{
    str base = folder;

    switch (rule->anchor) {
    case ANCHOR_ANY:
        if (list != RULES_ALLOW)
            return match_any_component(
                rule->pattern, path_is_beneath(folder, path) ? path_below(folder, path) : path);
        break; /* what is allowed is in the folder itself */
    case ANCHOR_ROOT: return match_upward(rule->pattern, str_skip(path, 1));
    case ANCHOR_HOME: base = home; break;
    case ANCHOR_FOLDER: break;
    }
    return base.n && path_is_beneath(base, path) &&
           match_upward(rule->pattern, path_below(base, path));
}
