/*
 * files.c - what the session knows of files: for refusing an edit of what was not read or has
 * changed, and for not sending again what stands in the context.
 */
#include <stdlib.h>

#include "view/view.h"

void files_fini(struct files_view *v)
{
    map_each (entry, &v->facts)
        free(entry->value);
    map_fini(&v->facts);
}

static struct file_fact *fact_of(struct files_view *v, str path)
{
    struct file_fact *fact = map_get(&v->facts, path);

    if (fact)
        return fact;
    fact = calloc(1, sizeof *fact);
    if (!fact)
        abort();
    map_set(&v->facts, path, fact);
    return fact;
}

/* "file":{"path","sha","size","mtime_ns","ctime_ns","offset","limit","shown"} of a Read, Write, Edit. */
void files_apply(struct files_view *v, const struct entry *entry)
{
    const struct json *file;
    struct file_fact *fact;
    struct digest sha;
    str path;

    if (entry->ev->type != EV_AGENT_TOOL_RESULT)
        return;
    file = json_get(json_get(entry->body, "facts"), "file");
    path = json_text(file, "path", S(""));
    if (!path.n || !digest_parse(json_text(file, "sha", S("")), &sha))
        return;
    fact = fact_of(v, path);
    fact->sha = sha;
    fact->size = json_int(file, "size", 0);
    fact->mtime_ns = json_int(file, "mtime_ns", 0);
    fact->ctime_ns = json_int(file, "ctime_ns", 0);
    fact->offset = json_int(file, "offset", 0);
    fact->limit = json_int(file, "limit", 0);
    fact->in_context = json_bool(file, "shown", false);
}
