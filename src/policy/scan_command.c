/*
 * scan_command.c - the over-approximating reader of shell text behind deny and ask rules. It knows
 * no rules, and it is no parser: where the shell's meaning is in doubt it reports both.
 */
#include "policy/scan_command.h"

#include "policy/path.h"
#include "policy/wildcard.h"

enum quotes { QUOTES_HOLD, QUOTES_PART, QUOTES_VANISH };
enum redirect { REDIRECT_NONE, REDIRECT_READ, REDIRECT_WRITE };

struct reader {
    struct scan *scan;
    struct arena *a;
    str text;
    size_t at;
    enum quotes quotes;
    char quote; /* the open one, or 0: QUOTES_HOLD */
    char *out;  /* words with a blank behind each */
    size_t n;
    size_t *starts; /* of the words of this command, in `out` */
    size_t words;
    size_t word; /* start of the word being read */
    bool in_word;
    enum redirect redirect; /* the word to come is a redirection's target */
};

/* What runs what stands behind it: all tails of the command count. Keywords of the shell, too. */
static const char runners[] =
    "timeout time nice nohup stdbuf command builtin exec env sudo doas su runuser setsid ionice "
    "flock watch xargs parallel coproc eval bash sh dash ash zsh ksh mksh fish busybox toybox "
    "noglob nocorrect chroot unshare nsenter strace ltrace gdb taskset chrt setarch prlimit script "
    "systemd-run ssh source . trap alias if then elif else while until do ! { } case for select "
    "function in done fi esac";

static void *more(struct arena *a, void *items, size_t n, size_t *room, size_t size)
{
    void *grown;

    if (n < *room)
        return items;
    *room = *room ? *room * 2 : 16;
    grown = arena_alloc(a, *room * size);
    if (n)
        memcpy(grown, items, n * size);
    return grown;
}

static void add_command(struct reader *r, str text, bool is_git)
{
    struct scan *s = r->scan;

    if (text.n == 0)
        return;
    s->commands = more(r->a, s->commands, s->n, &s->room, sizeof *s->commands);
    s->commands[s->n++] = (struct scanned_command){.text = text, .is_git = is_git};
}

static void add_word(struct reader *r, str word)
{
    struct scan *s = r->scan;

    s->words = more(r->a, s->words, s->words_n, &s->words_room, sizeof *s->words);
    s->words[s->words_n++] = word;
}

static void add_target(struct reader *r, str word)
{
    struct scan *s = r->scan;

    s->targets = more(r->a, s->targets, s->targets_n, &s->targets_room, sizeof *s->targets);
    s->targets[s->targets_n++] = word;
}

/* ---- a command's words ----------------------------------------------------------------------- */

static str word_at(const struct reader *r, size_t i)
{
    size_t end = i + 1 < r->words ? r->starts[i + 1] : r->n;

    return str_make(r->out + r->starts[i], end - r->starts[i] - 1);
}

static str tail_at(const struct reader *r, size_t i)
{
    return str_make(r->out + r->starts[i], r->n - r->starts[i] - 1);
}

static bool is_assignment(str word)
{
    size_t i = 0;

    while (i < word.n && word.p[i] != '=' && word.p[i] != '[' && word.p[i] != '+') {
        char c = word.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
        i++;
    }
    return i > 0 && i < word.n && str_find(str_skip(word, i), '=') != SIZE_MAX;
}

enum { GIT_OPTIONS_MAX = 64 };

/* git's own options stand before the subcommand: "git -C x push" is a push. */
static void add_git(struct reader *r, size_t i)
{
    static const char takes_next[] = "-C -c --git-dir --work-tree --namespace --super-prefix "
                                     "--config-env --attr-source";
    size_t j = i + 1;

    while (j < r->words && j < i + GIT_OPTIONS_MAX && str_starts(word_at(r, j), S("-")))
        j += word_is_in(word_at(r, j), takes_next) ? 2 : 1;
    if (j >= i + GIT_OPTIONS_MAX)
        r->scan->is_computed = true; /* nobody writes that; it shall not cost us more time */
    else if (j > i + 1 && j < r->words)
        add_command(r, tail_at(r, j), true);
}

static void add_tail(struct reader *r, size_t i)
{
    str word = word_at(r, i), tail = tail_at(r, i), name = path_name(word);

    add_command(r, tail, false);
    if (name.n && name.n < word.n)
        add_command(r, str_skip(tail, word.n - name.n), false);
    if (str_eq(name, S("git")))
        add_git(r, i);
}

static bool is_computed_word(str word)
{
    if (word_is_in(word, "[ [["))
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (strchr("$`*?[~{", word.p[i]) && !(word.p[i] == '{' && word.n == 1))
            return true;
    return false;
}

static void add_tails(struct reader *r)
{
    size_t i = 0;
    str name;
    bool runs;

    while (i < r->words && is_assignment(word_at(r, i)))
        i++;
    if (i > 0)
        add_tail(r, 0);
    if (i == r->words)
        return;
    add_tail(r, i);
    if (r->quotes == QUOTES_HOLD && is_computed_word(word_at(r, i)))
        r->scan->is_computed = true;
    name = path_name(word_at(r, i));
    runs = word_is_in(name, runners);
    for (size_t j = i + 1; j < r->words; j++) {
        if (runs)
            add_tail(r, j);
        runs = runs || word_is_in(word_at(r, j), "-exec -execdir -ok -okdir");
    }
    r->scan->runs_text = r->scan->runs_text || runs;
}

/* ---- characters to words --------------------------------------------------------------------- */

static void put(struct reader *r, char c)
{
    if (!r->in_word)
        r->word = r->n;
    r->in_word = true;
    r->out[r->n++] = c;
}

static void end_word(struct reader *r)
{
    str word = str_make(r->out + r->word, r->n - r->word);

    if (!r->in_word)
        return;
    r->in_word = false;
    if (r->redirect == REDIRECT_NONE) {
        r->out[r->n++] = ' ';
        r->starts[r->words++] = r->word;
        add_word(r, word);
        return;
    }
    r->n = r->word; /* the command goes on behind its redirections as if they were not there */
    if (r->redirect == REDIRECT_WRITE)
        add_target(r, arena_str(r->a, word));
    else
        add_word(r, arena_str(r->a, word));
    r->redirect = REDIRECT_NONE;
}

static void end_command(struct reader *r)
{
    end_word(r);
    r->redirect = REDIRECT_NONE;
    if (r->words)
        add_tails(r);
    r->words = 0;
}

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->text.n ? r->text.p[r->at + ahead] : 0;
}

static bool is_number(str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
    return word.n > 0;
}

/* At '<' or '>', perhaps with '&' before it. */
static void read_redirection(struct reader *r)
{
    bool writes = false;

    if (r->in_word && is_number(str_make(r->out + r->word, r->n - r->word))) {
        r->n = r->word; /* the descriptor */
        r->in_word = false;
    }
    end_word(r);
    while (peek(r, 0) && strchr("<>&|", peek(r, 0))) {
        writes = writes || peek(r, 0) == '>';
        r->at++;
    }
    if (peek(r, 0) != '(')
        r->redirect = writes ? REDIRECT_WRITE : REDIRECT_READ;
}

/* $IFS and ${IFS...} are blanks in disguise. Returns whether there was one. */
static bool read_disguised_blank(struct reader *r)
{
    str rest = str_skip(r->text, r->at);
    size_t end;

    if (str_starts(rest, S("$IFS"))) {
        r->at += 4;
    } else if (str_starts(rest, S("${IFS"))) {
        end = str_find(rest, '}');
        r->at += end == SIZE_MAX ? 5 : end + 1;
    } else {
        return false;
    }
    end_word(r);
    return true;
}

static void read_backslash(struct reader *r)
{
    char next = peek(r, 1);

    if (next == '\n') {
        r->at += 2; /* joins two lines */
    } else if (r->quotes == QUOTES_HOLD && next) {
        put(r, next);
        r->at += 2;
    } else {
        r->at++;
    }
}

static void read_quote(struct reader *r, char c)
{
    r->at++;
    switch (r->quotes) {
    case QUOTES_HOLD:
        r->quote = c;
        if (!r->in_word)
            r->word = r->n;
        r->in_word = true; /* an empty word is one, too */
        break;
    case QUOTES_PART: end_command(r); break;
    case QUOTES_VANISH: break;
    }
}

static void read_quoted(struct reader *r, char c)
{
    char next = peek(r, 1);

    r->at++;
    if (c == r->quote) {
        r->quote = 0;
    } else if (c == '\\' && r->quote == '"' && next && strchr("$`\"\\\n", next)) {
        if (next != '\n')
            put(r, next);
        r->at++;
    } else {
        put(r, c);
    }
}

/* A character outside of quotes. */
static void read_plain(struct reader *r, char c)
{
    char next = peek(r, 1);

    if (c == '\\') {
        read_backslash(r);
    } else if (c == '\'' || c == '"') {
        read_quote(r, c);
    } else if (c == '$' && (next == '\'' || next == '"')) {
        if (next == '\'')
            r->scan->is_computed = true; /* its escapes can spell any word */
        r->at++;
    } else if (c == '<' || c == '>' || (c == '&' && next == '>')) {
        read_redirection(r);
    } else if (strchr(";&|()`\n\r", c) || (c == '$' && next == '(')) {
        if ((c == '`' || c == '$') && r->words == 0)
            r->scan->is_computed = true;
        end_command(r);
        r->at++;
    } else if (c == ' ' || c == '\t' || (r->quotes == QUOTES_VANISH && strchr("{},", c))) {
        end_word(r);
        r->at++;
    } else if (c != '$' || !read_disguised_blank(r)) {
        put(r, c);
        r->at++;
    }
}

static void read_all(struct scan *scan, struct arena *a, str text, enum quotes quotes)
{
    struct reader r = {.scan = scan, .a = a, .text = text, .quotes = quotes};

    r.out = arena_alloc(a, text.n * 2 + 2);
    r.starts = arena_array(a, size_t, text.n + 1);
    while (r.at < text.n) {
        char c = text.p[r.at];

        if (c == 0)
            r.at++; /* the shell never sees it */
        else if (r.quote)
            read_quoted(&r, c);
        else
            read_plain(&r, c);
    }
    end_command(&r);
}

void scan_command(str text, struct arena *a, struct scan *out)
{
    memset(out, 0, sizeof *out);
    read_all(out, a, text, QUOTES_HOLD);
    read_all(out, a, text, QUOTES_VANISH);
    if (out->runs_text)
        read_all(out, a, text, QUOTES_PART);
}
