/* environment.c - where the agent works, as a section of the prompt. Rendered once, then recorded. */
#include "context/context.h"

void environment_render(const struct environment *e, struct buf *out)
{
    buf_printf(out, "# Environment\nWorking directory: %.*s\n", FS(e->folder));
    buf_printf(out, "Is a git repository: %s\n", e->is_repository ? "yes" : "no");
    buf_printf(out, "Platform: %.*s\n", FS(e->platform));
    buf_printf(out, "Shell: %.*s\n", FS(e->shell));
    buf_printf(out, "Sandbox of commands: %.*s\n", FS(e->sandbox));
    buf_printf(out, "Date at the session's start: %.*s", FS(e->date));
}
