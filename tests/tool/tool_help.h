/* tool_help.h - a workspace in a temporary folder, and calls of tools in it. */
#ifndef TESTS_TOOL_HELP_H
#define TESTS_TOOL_HELP_H

#include "test.h"

#include "tool/tool.h"

/* A folder of its own, with w/ (the workspace), out/ (outside of it), results/ and home/ in it. */
struct room {
    char base[64], folder[80], outside[80], results[80], home[80];
    int root;
    struct arena arena;
    struct loop *loop;
    struct hands *hands; /* NULL until room_provision() */
    enum sandbox_level level;
    struct policy *policy;
    const char *const *masked;
    struct file_known known; /* for the next call */
    str todos;
    struct tool_run run; /* of the last call */
    struct error err;    /* of the last call */
    rein_status status;
    bool is_done;
    struct buf progress;
};

void room_open(struct room *room);
void room_close(struct room *room);
void room_provision(struct room *room, enum sandbox_level level);
/* Rules as in tests/policy: "deny Read(.env)", a line each. */
void room_rules(struct room *room, const char *rules);

/* Files relative to the base: "w/a.c". Parents are made. */
void put_file(struct room *room, const char *name, const char *bytes, size_t n);
void put_text(struct room *room, const char *name, const char *text);
/* The whole file, in the arena; p is NULL when there is none. */
str get_file(struct room *room, const char *name);
const char *at(struct room *room, const char *name); /* its absolute path, in the arena */

/* One call: decoded, checked and run to its end. What went wrong is in status and err (as a failure
 * of decoding, check or run), or in the result. `input` is JSON in which ' stands for ". */
void call(struct room *room, const struct tool *tool, const char *input);
/* The same with the input as it is. */
void call_json(struct room *room, const struct tool *tool, str input);
/* For `start`: begin only; finish_call() turns the loop until it is done. */
void begin_call(struct room *room, const struct tool *tool, const char *input);
void finish_call(struct room *room);

/* What the model reads of the last call, error or not. */
str said(struct room *room);
bool failed(const struct room *room);
#define assert_says(room, text) \
    do { \
        if (str_search(said(room), S(text)) == SIZE_MAX) \
            test_fail("'%.*s' does not say '%s'", FS(said(room)), text); \
    } while (0)
#define assert_text(room, expected) \
    do { \
        if (!str_eq(said(room), S(expected))) \
            test_fail("it says '%.*s', not '%s'", FS(said(room)), expected); \
    } while (0)
#define assert_file(room, name, expected) \
    do { \
        str bytes_ = get_file(room, name); \
        if (!str_eq(bytes_, S(expected))) \
            test_fail("%s is '%.*s'", name, FS(bytes_)); \
    } while (0)

/* A member of the last call's facts, and what these make known for the next call. */
const struct json *fact(struct room *room, const char *name);
void learn(struct room *room);

int setup_room(void **state);
int teardown_room(void **state);

#endif
