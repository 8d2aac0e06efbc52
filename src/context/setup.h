/*
 * setup.h - what a session is made of, as recorded at its start: prompt sections, tool definitions
 * and their classes, model profile. A newer rein goes on with the recorded ones, so that neither the
 * prompt's bytes nor a decision depends on the build. Pure: text in, tables out.
 */
#ifndef CONTEXT_SETUP_H
#define CONTEXT_SETUP_H

#include "base/arena.h"
#include "base/json.h"
#include "event/message.h"

/* One tool as the session knows it. `flags` are the bits of tool/tool.h, `subject` the member of the
 * input that says what a call is about. */
struct tool_class {
    str name;
    str *aliases;
    size_t n_aliases;
    unsigned flags;
    str subject;
    const struct json *schema;
};

enum { CLASS_READ_ONLY = 2, CLASS_CONCURRENT = 4, CLASS_COMMAND = 32 }; /* as in tool/tool.h */

struct setup {
    str model, provider, wire, name; /* as sent; rows; as asked for */
    int64_t max_tokens, window;
    str thinking, effort; /* JSON, word; or empty */
    str tools;            /* the wire's array */
    const struct json *sections;
    struct tool_class *classes;
    size_t n_classes;
    struct prices prices;
};

/* Read the blob; everything lives in the arena, `text` must too. REIN_CORRUPT names what is missing. */
rein_status setup_read(str text, struct arena *a, struct setup *out, struct error *err);

/* By name, then by alias; NULL. */
const struct tool_class *setup_tool(const struct setup *setup, str name);

#endif
