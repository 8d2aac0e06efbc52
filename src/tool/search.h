/*
 * search.h - ripgrep run behind the hands for Glob and Grep: which program, what it says record by
 * record, and what it means when it ends badly.
 */
#ifndef TOOL_SEARCH_H
#define TOOL_SEARCH_H

#include "tool/tool.h"

#define SEARCH_ARGUMENTS 40

struct search {
    struct tool_run *run;
    str root;       /* the folder or file that is searched: real, ended by NUL */
    bool with_text; /* a record is a path, NUL, text, line feed; else a path and NUL */
    /* One record. `path` is absolute. Borrowed. */
    void (*record)(struct search *search, str path, str text);
    /* Write the result's text from what was found. */
    void (*finish)(struct search *search);
    void *data; /* the tool's */

    bool enough; /* set by search_stop(): the rest is of no interest */
    const char *argv[SEARCH_ARGUMENTS];
    size_t n;
    struct command *command;
    struct buf partial, errors;
    struct buf last_path; /* with_text: the last one that was asked about */
    bool last_kept;
    bool too_many;
};

/* Find the program and the place, and begin the arguments that both tools have. `path` may be
 * empty: the workspace. */
rein_status search_init(struct search *search, struct tool_run *run, str path, struct error *err);
void search_argument(struct search *search, const char *argument); /* lives as long as the call */
rein_status search_start(struct search *search, struct error *err);
void search_stop(struct search *search);
void search_cancel(struct tool_run *run); /* both tools' cancel: run->state is the search */

/* The path as it is shown: relative to the workspace, and nothing in it that a terminal obeys. */
void search_show_path(const struct search *search, struct buf *out, str path);

/* Paths with a number each, in the arena of the call, until the search ends. */
struct found {
    struct found_item {
        str path; /* ended by NUL */
        int64_t count;
    } * items;
    size_t n, room;
};
enum { FOUND_MAX = 200000 };
/* False when it is full. */
bool found_add(struct found *found, struct arena *a, str path, int64_t count);
void found_sort(struct found *found); /* by path, bytewise */

#endif
