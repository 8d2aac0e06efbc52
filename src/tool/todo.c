/*
 * todo.c - the tool TodoWrite: the session's list of steps, given whole each time. It keeps nothing:
 * the list is a fact of the result, and the session's view of todos is a fold over those.
 */
#include "tool/tool.h"

struct todo {
    str content, status, active_form;
};
struct todo_args {
    struct field_list todos;
};

static const struct field todo_item_fields[] = {
    FIELD(struct todo, content, FIELD_STR, REQUIRED, "What is to be done, as an order."),
    FIELD(struct todo, status, FIELD_ENUM, REQUIRED, "How far it is.",
          .choices = "pending|in_progress|completed"),
    FIELD_NAMED(struct todo, active_form, "activeForm", FIELD_STR, REQUIRED,
                "The same while it is being done (\"Running the tests\")."),
    {0},
};
static const struct field todo_fields[] = {
    FIELD(struct todo_args, todos, FIELD_LIST, REQUIRED, "The whole list, in order.",
          .sub = todo_item_fields, .sub_size = sizeof(struct todo), .min = 0, .max = 200),
    {0},
};

static rein_status todo_check(const void *p, struct arena *a, struct error *err)
{
    const struct todo_args *args = p;
    const struct todo *todos = args->todos.items;

    (void)a;
    for (size_t i = 0; i < args->todos.n; i++) {
        if (str_trim(todos[i].content).n == 0)
            return fail(err, REIN_INVALID, "todos[%zu].content is empty: say what is to be done",
                        i);
        if (todos[i].content.n > 2000 || todos[i].active_form.n > 2000)
            return fail(err, REIN_LIMIT, "todos[%zu] is longer than 2,000 bytes: a step is a line",
                        i);
    }
    return REIN_OK;
}

static void write_details(struct tool_run *run, str todos)
{
    struct json_writer w;

    json_begin(&w, &run->result.details);
    json_object(&w);
    json_put_raw(&w, "oldTodos", run->todos.n ? run->todos : S("[]"));
    json_put_raw(&w, "newTodos", todos);
    json_object_end(&w);
}

static rein_status todo_run(struct tool_run *run, struct error *err)
{
    const struct todo_args *args = run->args;
    const struct todo *todos = args->todos.items;
    size_t done = 0, active = 0;
    struct buf list;

    (void)err;
    for (size_t i = 0; i < args->todos.n; i++) {
        done += str_eq(todos[i].status, S("completed"));
        active += str_eq(todos[i].status, S("in_progress"));
    }
    buf_init(&list, RESULT_MAX);
    json_compact(json_get(run->input, "todos"), &list);
    buf_printf(&run->result.facts, "\"todos\":%.*s", FS(buf_str(&list)));
    write_details(run, buf_str(&list));
    buf_fini(&list);
    buf_printf(&run->result.text, "The list is set: %zu done, %zu in progress, %zu to come.", done,
               active, args->todos.n - done - active);
    if (active > 1)
        buf_add(&run->result.text, S(" Better have one in progress at a time."));
    return REIN_OK;
}

const struct tool tool_todo = {
    .name = "TodoWrite",
    .prose = "tool/todo.md",
    .args = todo_fields,
    .args_size = sizeof(struct todo_args),
    .flags = TOOL_READ_ONLY | TOOL_FREE,
    .check = todo_check,
    .run = todo_run,
};
