/*
 * plain_command.c - commands of plain words, and the words that make even those no matter for a
 * wildcard rule. It knows no rules and no modes.
 */
#include "policy/plain_command.h"

#include "base/utf8.h"
#include "policy/path.h"
#include "policy/wildcard.h"

struct risky_row {
    const char *command, *options;
};
static const struct risky_row risky_rows[] = {
#define RISKY(command_, options_) {command_, options_},
#include "policy/risky_options.def"
#undef RISKY
};

/* They run what their words or their input say, or change the shell: never by a wildcard. */
static const char never_by_wildcard[] =
    "sh bash dash ash zsh ksh mksh fish csh tcsh busybox toybox eval source . exec trap alias "
    "unalias env sudo su doas runuser pkexec ssh watch setsid flock ionice export declare typeset "
    "local readonly set unset shopt enable hash builtin command coproc parallel xargs chroot "
    "unshare nsenter systemd-run script strace ltrace time timeout nice nohup stdbuf";

static const char harmless_variables[] =
    "LANG LANGUAGE TZ TERM COLORTERM NO_COLOR FORCE_COLOR CI NODE_ENV RUST_BACKTRACE RUST_LOG "
    "PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE GOOS GOARCH CGO_ENABLED";

bool command_is_plain(str text)
{
    if (text.n == 0 || text.p[0] == ' ' || text.p[text.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!is_word && (c == 0 || !strchr("_-./=:,+@% ", c)))
            return false;
        if (c == ' ' && text.p[i + 1] == ' ')
            return false;
    }
    return true;
}

static str first_word(str text) { return str_take(text, str_find(text, ' ')); }

static str skip_word(str text) { return str_skip(text, first_word(text).n + 1); }

static bool is_harmless_assignment(str word)
{
    size_t equals = str_find(word, '=');
    str name = str_take(word, equals);

    return equals != SIZE_MAX &&
           (word_is_in(name, harmless_variables) || str_starts(name, S("LC_")));
}

static bool is_duration(str word) { return word.n > 0 && word.p[0] >= '0' && word.p[0] <= '9'; }

str command_core(str text)
{
    for (;;) {
        str word = first_word(text), rest = skip_word(text), next = first_word(rest);

        if (rest.n == 0)
            return text;
        if (is_harmless_assignment(word))
            text = rest;
        else if (word_is_in(word, "time nohup nice command builtin") && !str_starts(next, S("-")))
            text = rest;
        else if (str_eq(word, S("timeout")) && is_duration(next) && skip_word(rest).n)
            text = skip_word(rest);
        else
            return text;
    }
}

/* "-o", alone or in a cluster like "-no": its letter anywhere before a '='. */
static bool has_letter(str word, char letter)
{
    if (word.n < 2 || word.p[0] != '-' || word.p[1] == '-')
        return false;
    return str_find(str_take(word, str_find(word, '=')), letter) != SIZE_MAX;
}

static bool is_option(str word, str option)
{
    str name = str_take(word, str_find(word, '='));

    if (str_starts(option, S("--")))
        return name.n > 2 && str_starts(option, name);
    if (option.n == 2)
        return has_letter(word, option.p[1]);
    return str_eq(name, option) || (str_starts(name, S("-")) && str_eq(str_skip(name, 1), option));
}

static bool has_option(str words, const char *options)
{
    for (; words.n; words = skip_word(words)) {
        str rest = str_of(options);

        while (rest.n)
            if (is_option(first_word(words), str_cut(&rest, ' ')))
                return true;
    }
    return options[0] == 0;
}

bool command_is_risky(str text)
{
    str word = first_word(text), name = path_name(word);

    if (str_find(word, '=') != SIZE_MAX || word_is_in(name, never_by_wildcard))
        return true;
    for (size_t i = 0; i < sizeof risky_rows / sizeof *risky_rows; i++)
        if (str_eq(name, str_of(risky_rows[i].command)))
            return has_option(skip_word(text), risky_rows[i].options);
    return false;
}

/* Characters that a person does not see, or that turn what they see around. */
static bool is_hidden(uint32_t c)
{
    return (c < ' ' && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0xa0) || c == 0xad ||
           (c >= 0x300 && c <= 0x36f) || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x1680 ||
           c == 0x180e || (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0x3164 ||
           (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
           c == 0xffa0 || (c >= 0xfff9 && c <= 0xfffd) || c >= 0xe0000;
}

bool command_has_hidden_text(str text)
{
    for (size_t at = 0; at < text.n;)
        if (is_hidden(utf8_next(text, &at)))
            return true;
    return false;
}

/* ---- critical removals ----------------------------------------------------------------------- */

/* "$HOME/x" and "~/x" as a path; what else begins with a variable is left as it is. */
static str expand_home(struct arena *a, str operand, str home)
{
    static const char *const words[] = {"~", "$HOME", "${HOME}"};

    for (size_t i = 0; i < 3; i++) {
        str word = str_of(words[i]), rest = str_skip(operand, word.n);
        if (str_starts(operand, word) && (rest.n == 0 || rest.p[0] == '/'))
            return arena_printf(a, "%.*s%.*s", FS(home.n ? home : S("/root")), FS(rest));
    }
    return operand;
}

/* All of a folder is the folder: "x/", "x/.", "x/ *", "x/.*", "x/{*,.*}". */
static str less_contents(str path)
{
    str name = path_name(path);

    if (name.n && str_find(name, '*') != SIZE_MAX && strspn(name.p, "*.?{},!") >= name.n)
        path = str_take(path, path.n - name.n);
    return path;
}

static bool is_critical_path(struct arena *a, str operand, str folder, str home)
{
    str path = less_contents(expand_home(a, operand, home));

    if (word_is_in(operand, "$PWD ${PWD} $OLDPWD") || (path.n == 0 && operand.n > 0))
        return true;
    if (str_starts(path, S("~")) && str_find(path, '/') == SIZE_MAX)
        return true; /* somebody's home */
    path = path_normal(a, folder, path);
    return str_find(str_skip(path, 1), '/') == SIZE_MAX || path_is_beneath(path, folder) ||
           (home.n && path_is_beneath(path, home));
}

bool command_is_critical(const struct scan *scan, struct arena *a, str folder, str home)
{
    const char *seen =
        NULL; /* the end of tails whose operands were looked at with an earlier one */

    for (size_t i = 0; i < scan->n; i++) {
        str words = scan->commands[i].text;

        if (words.p + words.n == seen || scan->commands[i].is_git ||
            !word_is_in(path_name(first_word(words)), "rm rmdir"))
            continue;
        seen = words.p + words.n;
        for (words = skip_word(words); words.n; words = skip_word(words)) {
            str word = first_word(words);
            if (word.n && word.p[0] != '-' && is_critical_path(a, word, folder, home))
                return true;
        }
    }
    return false;
}
