/*
 * script.h - a scenario file: what a model answers to which request. docs/scenario.md teaches the
 * format.
 *
 * The reply is chosen from the request alone: its number is that of the assistant messages that the
 * request holds, plus one. So a session that was killed goes on in another process where it was.
 */
#ifndef MODEL_SCRIPT_H
#define MODEL_SCRIPT_H

#include "base/arena.h"
#include "base/error.h"
#include "wire/format.h"

struct script;

/* Parse `text` (copied). REIN_INVALID: "path:line: what is wrong, what is allowed". */
rein_status script_parse(str text, str path, struct script **out, struct error *err);

/* The file of that name. A name without a slash is looked for in the program first: "demo" is its
 * "demo/demo.script". */
rein_status script_open(str name, struct script **out, struct error *err);
void script_free(struct script *s);

/* A reply as bytes of a wire format, in steps; all in the arena. */
struct script_step {
    int64_t pause_ms; /* to wait before these bytes */
    str bytes;
};
struct script_reply {
    int http_status;       /* 200, or of an `error` */
    int64_t retry_after_s; /* -1: not said */
    bool cut;              /* the connection breaks after the last step */
    size_t number;         /* of the request: 1 is the first */
    struct script_step *steps;
    size_t n_steps;
};

/* The number that a request has. 0 when it can't be read. */
size_t script_number(const struct wire_format *wire, str body);

/* The reply to a request body, asked for the `attempt`-th time (from 1). A request that no reply
 * fits gets an error reply that says which and why. */
void script_answer(const struct script *s, const struct wire_format *wire, str body,
                   unsigned attempt, struct arena *a, struct script_reply *out);

#endif
