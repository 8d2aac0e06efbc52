/*
 * view.h - projections of a session: folds over its events that the runtime and the screens ask. All
 * are pure; all are applied to every event, live and in replay alike.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "base/arena.h"
#include "base/map.h"
#include "event/entry.h"
#include "event/message.h"

/* ---- files.c: what the session knows of files, from the facts of results ------------------------ */

struct file_fact {
    struct digest sha; /* of the whole file then */
    int64_t size, mtime_ns, ctime_ns;
    int64_t offset, limit; /* lines that were sent */
    bool in_context;       /* a Read sent them, and nothing changed since */
};
struct files_view {
    struct map facts; /* path to struct file_fact */
};

/* ---- turn_result.c: how the turn went, and what the session cost --------------------------------- */

struct denial { /* a call, and when it was denied why */
    str tool, call_id, input, command, reason;
};
struct tool_count {
    str name;
    int64_t n;
};
struct result_view {
    struct arena turn;         /* texts of the turn */
    struct usage usage, total; /* of the turn; of the session */
    double cost, total_cost;
    int64_t requests, api_us, started_at;
    str text; /* the last text of the agent */
    struct denial *denials;
    size_t n_denials, room_denials;
    struct tool_count *tools;
    size_t n_tools, room_tools;
    str *commands;
    size_t n_commands, room_commands;
    str error_type, error_message;
    int64_t error_status;
    struct map calls; /* open calls: uuid to struct denial */
};

/* ---- todos.c: the task list ---------------------------------------------------------------------- */

struct todos_view {
    struct buf list; /* JSON array */
};

struct views {
    struct files_view files;
    struct result_view result;
    struct todos_view todos;
    str title; /* the first prompt, cut */
    struct arena life;
};

void views_init(struct views *v);
void views_fini(struct views *v);
void views_apply(struct views *v, const struct entry *entry);

/* What is known of a file; NULL: it was neither read nor written in this session. */
const struct file_fact *views_file(const struct views *v, str path);

/* The turn result of docs/events.md, as JSON. `duration_us` is the caller's, who has a clock. */
void views_turn_result(const struct views *v, const char *stop_reason, const char *terminal,
                       bool is_error, int64_t duration_us, struct json_writer *w);

/* The rows of the table, each a file. */
void files_apply(struct files_view *v, const struct entry *entry);
void files_fini(struct files_view *v);
void result_apply(struct result_view *v, const struct entry *entry);
void result_fini(struct result_view *v);
void todos_apply(struct todos_view *v, const struct entry *entry);

#endif
