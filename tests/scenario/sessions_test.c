/*
 * sessions_test.c - runs every file of tests/sessions/ against the built binary: script and
 * expectation in one text, in the order of the story. docs/scenario.md has the words.
 */
#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/file.h"
#include "support/world.h"

enum { MAX_ARGUMENTS = 24 };

struct telling {
    struct world w;
    const char *name;
    size_t line;
    const char *options[MAX_ARGUMENTS];
    size_t n_options;
    size_t runs;
    const struct json **events; /* of the session, read at the first `log` or `idle` after a run */
    size_t n_events;
};

#define wrong(t, ...) \
    do { \
        print_error("%s:%zu: ", (t)->name, (t)->line); \
        test_fail(__VA_ARGS__); \
    } while (0)

/* ---- words of a line ---------------------------------------------------------------------------- */

/* The next word, or a JSON string decoded; false at the end. */
static bool next_word(struct telling *t, str *rest, str *word)
{
    size_t n;

    *rest = str_trim(*rest);
    if (!rest->n)
        return false;
    if (rest->p[0] != '"') {
        for (n = 0; n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\n' && rest->p[n] != '\t';)
            n++;
        *word = str_take(*rest, n);
    } else {
        struct json *node;
        struct error err;

        for (n = 1; n < rest->n && rest->p[n] != '"'; n++)
            n += rest->p[n] == '\\';
        n++;
        if (json_parse(str_take(*rest, n), 1, &t->w.arena, &node, &err) != REIN_OK)
            wrong(t, "not a string: %.*s", FS(*rest));
        *word = node->text;
    }
    *rest = str_skip(*rest, n);
    return true;
}

static str must_have_word(struct telling *t, str *rest, const char *what)
{
    str word;

    if (!next_word(t, rest, &word))
        wrong(t, "%s is missing", what);
    return word;
}

static void must_contain(struct telling *t, str text, str wanted, const char *where)
{
    if (str_search(text, wanted) == SIZE_MAX)
        wrong(t, "%s has no '%.*s': %.*s", where, FS(wanted), FS(str_take(text, 3000)));
}

/* ---- what each word does ------------------------------------------------------------------------- */

static void on_option(struct telling *t, str rest)
{
    str word;

    while (next_word(t, &rest, &word) && t->n_options < MAX_ARGUMENTS - 1)
        t->options[t->n_options++] = arena_cstr(&t->w.arena, word);
}

static void on_user(struct telling *t, str rest)
{
    const char *arguments[MAX_ARGUMENTS + 4] = {"-p", arena_cstr(&t->w.arena, str_trim(rest))};
    size_t n = 2;

    if (t->runs++)
        arguments[n++] = "--continue";
    for (size_t i = 0; i < t->n_options; i++)
        arguments[n++] = t->options[i];
    world_run(&t->w, arguments);
    t->events = NULL;
}

static void on_file(struct telling *t, str rest)
{
    const char *path = arena_cstr(&t->w.arena, must_have_word(t, &rest, "a path"));
    str text = must_have_word(t, &rest, "the content as a string");
    const char *held;

    if (!t->runs) {
        world_file(&t->w, path, arena_cstr(&t->w.arena, text));
        return;
    }
    held = world_read(&t->w, path);
    if (!held || !str_eq(str_of(held), text))
        wrong(t, "%s holds '%s', not '%.*s'", path, held ? held : "(nothing)", FS(text));
}

static const struct json *last_of(const struct json *array)
{
    const struct json *last = NULL;

    json_each (item, array)
        last = item;
    return last;
}

/* request N WHERE "text": where is system, tools, body, or a kind of block of the last message. */
static void on_request(struct telling *t, str rest)
{
    str number = must_have_word(t, &rest, "a number"), where = must_have_word(t, &rest, "a place");
    str wanted = must_have_word(t, &rest, "a string");
    const struct json *body, *content;
    int64_t n;

    if (!str_to_i64(number, &n) || n < 1 || (size_t)n > model_server_count(t->w.server))
        wrong(t, "there is no request %.*s", FS(number));
    body = world_request(&t->w, (size_t)n - 1);
    if (str_eq(where, S("body"))) {
        must_contain(t, body->source, wanted, "the body");
        return;
    }
    if (json_get(body, arena_cstr(&t->w.arena, where))) {
        must_contain(t, json_get(body, arena_cstr(&t->w.arena, where))->source, wanted, "it");
        return;
    }
    content = json_get(last_of(json_get(body, "messages")), "content");
    json_each (block, content) {
        if (str_eq(json_text(block, "type", S("")), where) &&
            str_search(json_text(block, "text", block->source), wanted) != SIZE_MAX)
            return;
    }
    wrong(t, "no %.*s of request %lld has '%.*s': %.*s", FS(where), (long long)n, FS(wanted),
          FS(content ? content->source : S("")));
}

static void on_output(struct telling *t, str rest)
{
    must_contain(t, buf_str(&t->w.out), must_have_word(t, &rest, "a string"), "the output");
}

static void look(struct telling *t)
{
    if (!t->events)
        t->events = world_events(&t->w, &t->n_events);
}

/* The types named are in the log in this order; others may stand between. */
static void on_log(struct telling *t, str rest)
{
    size_t at = 0;
    str type;

    look(t);
    while (next_word(t, &rest, &type)) {
        while (at < t->n_events && !str_eq(json_text(t->events[at], "type", S("")), type))
            at++;
        if (at++ >= t->n_events)
            wrong(t, "the log has no %.*s at that place", FS(type));
    }
}

/* idle REASON name=value ...: names of the turn result. */
static void on_idle(struct telling *t, str rest)
{
    str reason = must_have_word(t, &rest, "a reason"), pair;
    const struct json *result = NULL;

    look(t);
    for (size_t i = 0; i < t->n_events; i++)
        if (str_eq(json_text(t->events[i], "type", S("")), S("session.status_idle")))
            result = json_get(json_get(t->events[i], "payload"), "result");
    if (!str_eq(json_text(result, "stop_reason", S("")), reason))
        wrong(t, "the turn ended with '%.*s'", FS(json_text(result, "stop_reason", S("nothing"))));
    while (next_word(t, &rest, &pair)) {
        str name = str_cut(&pair, '=');
        const struct json *value = json_get(result, arena_cstr(&t->w.arena, name));

        if (!value || !str_eq(value->kind == JSON_STRING ? value->text : value->source, pair))
            wrong(t, "%.*s is %.*s, not %.*s", FS(name), FS(value ? value->source : S("absent")),
                  FS(pair));
    }
}

static void on_exit_code(struct telling *t, str rest)
{
    str word = must_have_word(t, &rest, "a number");
    int64_t code;

    if (!str_to_i64(word, &code) || t->w.code != code)
        wrong(t, "the exit code is %d; stderr: %s", t->w.code, t->w.err.n ? t->w.err.p : "");
}

static void on_model(struct telling *t, str rest) { (void)t, (void)rest; /* the server's */ }

static const struct {
    const char *word;
    void (*act)(struct telling *t, str rest);
} words[] = {
    {"model", on_model}, {"user", on_user},       {"option", on_option},
    {"file", on_file},   {"request", on_request}, {"output", on_output},
    {"log", on_log},     {"idle", on_idle},       {"exit", on_exit_code},
};

static void act(struct telling *t, str entry)
{
    str word = str_take(entry, 0);

    for (size_t n = 0; n < entry.n && entry.p[n] != ' ' && entry.p[n] != '\n'; n++)
        word.n++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(word, str_of(words[i].word))) {
            words[i].act(t, str_skip(entry, word.n));
            return;
        }
    wrong(t, "no word '%.*s'", FS(word));
}

/* An entry is a line and those below it that begin with blanks. */
static void tell(const char *path, const char *name)
{
    struct telling t = {.name = name};
    struct buf bytes;
    struct error err;
    str text;
    size_t line = 1;

    buf_init(&bytes, 1 << 20);
    assert_ok(file_read(path, &bytes, &err), err);
    world_begin(&t.w, bytes.p);
    text = arena_str(&t.w.arena, buf_str(&bytes));
    buf_fini(&bytes);
    while (text.p && text.n) {
        str entry = {text.p, 0};
        size_t lines = 0;

        do {
            str one = str_cut(&text, '\n');
            entry.n = (size_t)(one.p + one.n - entry.p);
            lines++;
        } while (text.p && text.n && (text.p[0] == ' ' || text.p[0] == '\t'));
        t.line = line;
        line += lines;
        if (str_trim(entry).n && entry.p[0] != '#')
            act(&t, entry);
    }
    world_end(&t.w);
}

static int is_session(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), S(".session"));
}

static void every_session_of_the_folder_holds(void **state)
{
    struct dirent **names;
    int n = scandir(REIN_SOURCE "/tests/sessions", &names, is_session, alphasort);

    (void)state;
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        char path[512];

        snprintf(path, sizeof path, "%s/tests/sessions/%s", REIN_SOURCE, names[i]->d_name);
        print_message("           %s\n", names[i]->d_name);
        tell(path, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

const struct CMUnitTest sessions_tests[] = {
    cmocka_unit_test(every_session_of_the_folder_holds),
};
const size_t sessions_tests_n = sizeof sessions_tests / sizeof *sessions_tests;
