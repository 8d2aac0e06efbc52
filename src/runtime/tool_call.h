/* tool_call.h - a recorded call and this build's tool: what deciding and running share. */
#ifndef RUNTIME_TOOL_CALL_H
#define RUNTIME_TOOL_CALL_H

#include "runtime/session.h"
#include "tool/tool.h"

/* This build's tool of the recorded name; NULL when it has none. */
const struct tool *call_tool(const struct call *call);

/* The arguments as the tool takes them, and its own check: errors are worded for the model. Both live
 * in the arena. */
rein_status call_decode(const struct tool *tool, str input, struct arena *a, void **args,
                        const struct json **tree, struct error *err);

#endif
