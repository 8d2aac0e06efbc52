/* registry.c - the rows of the product as tables. The only place that names every tool. */
#include "tool/tool.h"

#define TOOL(name) extern const struct tool tool_##name;
#include "lib/tools.def"
#undef TOOL

const struct tool *const tools_all[] = {
#define TOOL(name) &tool_##name,
#include "lib/tools.def"
#undef TOOL
    NULL,
};

const struct tool *tool_find(str name)
{
    for (const struct tool *const *tool = tools_all; *tool; tool++)
        if (str_eq(str_of((*tool)->name), name))
            return *tool;
    for (const struct tool *const *tool = tools_all; *tool; tool++)
        for (const char *const *alias = (*tool)->aliases; alias && *alias; alias++)
            if (str_eq(str_of(*alias), name))
                return *tool;
    return NULL;
}
