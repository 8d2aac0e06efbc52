/* calls.c - the fold behind tool lines and questions. */
#include "tui/calls.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

static char *copy(str s)
{
    char *c = memory_new(s.n + 1);

    if (s.n)
        memcpy(c, s.p, s.n);
    return c;
}

void calls_init(struct calls *calls, const char *folder)
{
    *calls = (struct calls){.folder = copy(str_of(folder))};
    map_init(&calls->open);
}

static void call_free(struct call_shown *call)
{
    if (!call)
        return;
    free(call->name);
    free(call->subject);
    free(call->change);
    free(call);
}

static void question_free(struct question *q)
{
    free(q->id);
    free(q->name);
    free(q->subject);
    free(q->reason);
    free(q->change);
    free(q->always);
    free(q);
}

void calls_clear(struct calls *calls)
{
    map_each (entry, &calls->open)
        call_free(entry->value);
    map_fini(&calls->open);
    map_init(&calls->open);
    while (calls->questions) {
        struct question *q = calls->questions;
        calls->questions = q->next;
        question_free(q);
    }
}

void calls_fini(struct calls *calls)
{
    calls_clear(calls);
    map_fini(&calls->open);
    free(calls->folder);
    *calls = (struct calls){0};
}

/* What the input is about: the first member that a person would name. */
static str subject_of(const struct json *input, const char *folder)
{
    static const char *const keys[] = {"command", "file_path", "pattern", "path",
                                       "url",     "query",     "prompt",  "description"};
    str subject = {0}, root = str_of(folder);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !subject.n; i++)
        subject = json_text(input, keys[i], S(""));
    if (root.n > 1 && str_starts(subject, root) && subject.n > root.n && subject.p[root.n] == '/')
        return str_skip(subject, root.n + 1);
    return subject;
}

/* The lines of one text instead of another, or of a whole file, as far as the input tells: a person
 * who is asked wants to see them before. Line numbers are left out: they would be the texts' own. */
static char *change_of(const struct json *input)
{
    str before = json_text(input, "old_string", S("")), line;
    str after = json_text(input, "new_string", json_text(input, "content", S("")));
    struct buf hunks, out;

    buf_init(&hunks, BUF_NO_MAX);
    buf_init(&out, BUF_NO_MAX);
    diff_unified(before, after, 3, &hunks, NULL, NULL);
    if (json_bool(input, "replace_all", false))
        buf_add(&out, S("@ every occurrence\n"));
    for (str rest = buf_str(&hunks); rest.n;) {
        line = str_cut(&rest, '\n');
        if (str_starts(line, S("@@")) || str_starts(line, S("\\")))
            continue;
        buf_add(&out, line);
        buf_byte(&out, '\n');
    }
    char *change = copy(buf_str(&out));
    buf_fini(&hunks);
    buf_fini(&out);
    return change;
}

static void on_tool_use(struct calls *calls, str id, const struct json *body)
{
    struct call_shown *call = memory_new(sizeof *call);

    call->name = copy(json_text(body, "name", S("")));
    call->subject = copy(subject_of(json_get(body, "input"), calls->folder));
    call->change = change_of(json_get(body, "input"));
    call_free(map_set(&calls->open, id, call));
}

static void forget_question(struct calls *calls, str id)
{
    for (struct question **at = &calls->questions; *at; at = &(*at)->next) {
        struct question *q = *at;
        if (!str_eq(str_of(q->id), id))
            continue;
        *at = q->next;
        question_free(q);
        return;
    }
}

static void on_decided(struct calls *calls, const struct json *body)
{
    str id = json_text(body, "tool_use_id", S(""));
    const struct call_shown *call = calls_get(calls, id);
    struct question **at = &calls->questions;

    forget_question(calls, id);
    if (!str_eq(json_text(body, "decision", S("")), S("ask")))
        return;
    struct question *q = memory_new(sizeof *q);
    q->id = copy(id);
    q->name = copy(json_text(body, "name", call ? str_of(call->name) : S("the tool")));
    q->subject = copy(json_text(body, "subject", call ? str_of(call->subject) : S("")));
    q->reason = copy(json_text(body, "reason", S("")));
    q->change = copy(call ? str_of(call->change) : S(""));
    q->always = copy(json_text(body, "always", S("")));
    while (*at)
        at = &(*at)->next;
    *at = q;
}

/* A recorded session says itself where it worked. */
static void on_session(struct calls *calls, const struct json *body)
{
    str folder = json_text(body, "folder", S(""));

    if (calls->folder[0] || !folder.n)
        return;
    free(calls->folder);
    calls->folder = copy(folder);
}

static void on_started(struct calls *calls, const struct json *body)
{
    struct call_shown *call = map_get(&calls->open, json_text(body, "tool_use_id", S("")));

    if (!call)
        return;
    call->running = true;
    call->changes = str_eq(json_text(body, "class", S("")), S("change"));
}

void calls_apply(struct calls *calls, const char *type, const char *id, const struct json *body)
{
    if (strcmp(type, "agent.tool_use") == 0)
        on_tool_use(calls, str_of(id), body);
    else if (strcmp(type, "rein.permission_decided") == 0)
        on_decided(calls, body);
    else if (strcmp(type, "rein.tool_started") == 0)
        on_started(calls, body);
    else if (strcmp(type, "rein.session_started") == 0)
        on_session(calls, body);
    else if (strcmp(type, "agent.tool_result") == 0)
        forget_question(calls, json_text(body, "tool_use_id", S("")));
    else if (strcmp(type, "session.status_running") == 0)
        calls_clear(calls);
}

const struct call_shown *calls_get(const struct calls *calls, str id)
{
    return map_get(&calls->open, id);
}

void calls_forget(struct calls *calls, str id) { call_free(map_remove(&calls->open, id)); }

const struct call_shown *calls_running(const struct calls *calls)
{
    map_each (entry, &calls->open) {
        const struct call_shown *call = entry->value;
        if (call->running)
            return call;
    }
    return NULL;
}
