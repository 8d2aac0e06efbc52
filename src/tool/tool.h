/*
 * tool.h - what a model may do: a tool is one file, a text beside it, and one row of lib/tools.def.
 *
 * Safe defaults: a tool is not concurrent and has side effects unless its flags say otherwise. A
 * tool gets all it needs by its `struct tool_run` and never sees a session or the log; what shall be
 * remembered of a call (which file was read, with which hash) it puts into the result's facts.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/field.h"
#include "base/sha256.h"
#include "hands/hands.h"
#include "platform/loop.h"
#include "policy/policy.h"

enum tool_flags {
    TOOL_HANDS = 1,       /* acts where the hands are; else in the brain */
    TOOL_READ_ONLY = 2,   /* changes nothing: need not wait for the disk, may be repeated */
    TOOL_CONCURRENT = 4,  /* may run beside others of its kind */
    TOOL_DESTRUCTIVE = 8, /* may delete or overwrite */
    TOOL_EDITS = 16,      /* writes files: acceptEdits covers it, Edit(path) rules apply */
    TOOL_COMMAND = 32,    /* runs a command: its preview shows head and tail */
    TOOL_FREE = 64        /* touches nothing outside the session: never asked about */
};

/* What the session knows of the call's subject, from the facts of earlier results. */
struct file_known {
    bool known;        /* it was read or written in this session */
    bool in_context;   /* and its content stands in the context still */
    struct digest sha; /* of the whole file then */
    int64_t size, mtime_ns, ctime_ns;
    int64_t offset, limit; /* lines that were sent: from, count; 0, 0: all */
};

/* What came of a call. Bytes for the model in `text`; the rest is optional. */
struct tool_result {
    struct buf text; /* at most RESULT_MAX bytes; longer is spilled by result_limit() */
    bool is_error;
    struct buf blocks;  /* JSON array of content blocks instead of text, or empty */
    struct buf facts;   /* JSON object members to be recorded: "file":{...}, or empty */
    struct buf details; /* JSON object: the published tool_use_result, or empty */
    struct buf diff;    /* unified hunks for people, or empty */
    char spilled[512];  /* path of the whole text when only a preview stands in `text` */
    int64_t started_us, ended_us;
};
#define RESULT_MAX (16u << 20)

/* One call under way: made by the runtime, freed by it after `done`. */
struct tool_run {
    const struct tool *tool;
    struct arena *arena;      /* of this call; one thread at a time */
    const void *args;         /* decoded by the tool's fields */
    const struct json *input; /* the same as JSON */
    str call_id;              /* the model's id of the call: file names of spilled output */
    struct loop *loop;
    struct hands *hands; /* NULL for brain tools */
    int root;            /* hands_root() */
    const char *folder;  /* hands_folder() */
    enum sandbox_level level;
    const char *results;         /* folder for spilled output */
    struct file_known known;     /* of the call's subject */
    str todos;                   /* the session's list as JSON, for TodoWrite's answer */
    const struct policy *policy; /* for where links lead; NULL: no rules */
    const char *const *masked;   /* rein's own folders, which no tool shows; NULL-ended */
    const char *home;            /* whose keys and histories are masked; NULL: $HOME */
    struct tool_result result;
    _Atomic bool canceled;              /* look at it in long loops */
    void (*done)(struct tool_run *run); /* for `start`: exactly once, on the loop, never from
                                           inside start or cancel                             */
    void (*progress)(struct tool_run *run, str text); /* may be NULL: passing output to show */
    void *state;                                      /* the tool's own */
    void *owner;                                      /* the runtime's own */
};

struct tool {
    const char *name;
    const char *const *aliases; /* old names, NULL-ended, or NULL */
    const char *prose;          /* embedded text for the model: "tool/read.md" */
    const struct field *args;
    size_t args_size;
    unsigned flags;

    /* The tool's own check of decoded arguments, before permission; pure, text for the model. */
    rein_status (*check)(const void *args, struct arena *a, struct error *err);

    /* The member of the input that says what the call is about ("file_path", "command"), for
     * permission, display and file_known. Data and not a function: the log records it with the
     * tool's class, so that a replay needs no tool. NULL: none. */
    const char *subject;

    /* One of: `run`, short blocking C on a pool thread, which fills run->result and returns; or
     * `start`, an operation on the loop that ends in run->done. A failure that the model should read
     * is a result with is_error, not a status; a status becomes one with the error's text. */
    rein_status (*run)(struct tool_run *run, struct error *err);
    rein_status (*start)(struct tool_run *run, struct error *err);
    void (*cancel)(struct tool_run *run); /* done still comes */
};

/* ---- results --------------------------------------------------------------------------------- */

void tool_result_init(struct tool_result *r);
void tool_result_fini(struct tool_result *r);

/* is_error and the text. */
__attribute__((format(printf, 2, 3))) void tool_result_error(struct tool_result *r,
                                                             const char *format, ...);

/* S132: over 50,000 characters the text goes to `folder`/<call_id>.txt (0600, byte-identical) and is
 * replaced by a preview of at most 2,000 bytes, cut on a character, with the path; for commands 40 %
 * of it from the head and 60 % from the tail. */
#define RESULT_CHARACTERS 50000
#define RESULT_PREVIEW 2000
rein_status tool_result_limit(struct tool_result *r, const char *folder, str call_id, bool command,
                              struct error *err);

/* The same whatever the size: for a message's results over 200,000 characters together (S133). */
rein_status tool_result_spill(struct tool_result *r, const char *folder, str call_id, bool command,
                              struct error *err);

/* Output that is not held in memory: up to 50,000 characters in `text`, from there on into the file,
 * up to 10 MiB, then counted only. */
struct result_stream;
struct result_stream *result_stream_new(struct tool_result *r, const char *folder, str call_id,
                                        bool command);
void result_stream_add(struct result_stream *s, str bytes);
uint64_t result_stream_bytes(const struct result_stream *s); /* as they came */
str result_stream_piece(const struct result_stream *s); /* what was added last, clean; borrowed */
/* Finish the text (preview and path where it spilled) and free. */
rein_status result_stream_end(struct result_stream *s, struct error *err);

/* The rows of lib/tools.def; NULL-ended. */
extern const struct tool *const tools_all[];
/* By name, then by alias; NULL. */
const struct tool *tool_find(str name);

#endif
