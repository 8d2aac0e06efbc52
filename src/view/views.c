/* views.c - all projections of a session side by side. A new one is a file, a member and two lines. */
#include "view/view.h"

#include "base/utf8.h"

void views_init(struct views *v)
{
    *v = (struct views){0};
    map_init(&v->files.facts);
    map_init(&v->result.calls);
    arena_init(&v->result.turn);
    arena_init(&v->life);
    buf_init(&v->todos.list, 1u << 20);
}

void views_fini(struct views *v)
{
    files_fini(&v->files);
    result_fini(&v->result);
    buf_fini(&v->todos.list);
    arena_fini(&v->life);
}

static void title_apply(struct views *v, const struct entry *entry)
{
    const struct json *content = json_get(entry->body, "content");

    if (v->title.p || entry->ev->type != EV_USER_MESSAGE || !content)
        return;
    v->title =
        arena_str(&v->life, utf8_head(str_trim(json_text(content->first, "text", S(""))), 120));
}

void views_apply(struct views *v, const struct entry *entry)
{
    title_apply(v, entry);
    files_apply(&v->files, entry);
    result_apply(&v->result, entry);
    todos_apply(&v->todos, entry);
}

const struct file_fact *views_file(const struct views *v, str path)
{
    return map_get(&v->files.facts, path);
}
