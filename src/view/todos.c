/* todos.c - the task list: the last one that a result recorded. */
#include "view/view.h"

void todos_apply(struct todos_view *v, const struct entry *entry)
{
    const struct json *todos;

    if (entry->ev->type != EV_AGENT_TOOL_RESULT)
        return;
    todos = json_get(json_get(entry->body, "facts"), "todos");
    if (!todos || todos->kind != JSON_ARRAY)
        return;
    buf_clear(&v->list);
    buf_add(&v->list, todos->source);
}
