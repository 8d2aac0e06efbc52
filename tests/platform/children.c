/* children.c - see children.h. */
#include "platform/children.h"

#include <stdlib.h>

#include "test.h"

extern char **environ;

enum { KEEP = 1 << 20 };

static void on_output(void *data, int stream, str bytes)
{
    struct child *c = data;
    struct buf *b = stream == 1 ? &c->out : &c->err;

    assert_false(c->ended);
    c->bytes += bytes.n;
    if (b->n + bytes.n <= KEEP)
        buf_add(b, bytes);
    if (c->on_output)
        c->on_output(c);
}

static void on_exited(void *data, const struct proc_result *result)
{
    struct child *c = data;

    assert_false(c->ended);
    c->result = *result;
    c->ended = true;
}

bool child_start(struct child *c, struct loop *loop, const struct proc_spec *spec)
{
    static const struct proc_events events = {on_output, on_exited};

    c->loop = loop;
    buf_init(&c->out, BUF_NO_MAX);
    buf_init(&c->err, BUF_NO_MAX);
    return proc_start(loop, spec, &events, c, &c->proc, &c->result.error) == REIN_OK;
}

void child_wait(struct child *c)
{
    for (int i = 0; i < 100000 && !c->ended; i++)
        loop_turn(c->loop, 1000);
    assert_true(c->ended);
}

bool child_run(struct child *c, const struct proc_spec *spec)
{
    struct loop *loop;
    bool started;

    if (loop_new(&loop, NULL) != REIN_OK)
        return false;
    started = child_start(c, loop, spec);
    if (started)
        child_wait(c);
    loop_free(loop);
    proc_settle(5000); /* placeholders are gone when the launcher is */
    return started;
}

void child_free(struct child *c)
{
    buf_fini(&c->out);
    buf_fini(&c->err);
}

struct proc_spec child_shell(const struct sandbox_spec *sandbox, const char *folder,
                             const char *text, const char *argv[4])
{
    argv[0] = "/bin/sh";
    argv[1] = "-c";
    argv[2] = text;
    argv[3] = NULL;
    return (struct proc_spec){.argv = argv,
                              .env = (const char *const *)(void *)environ,
                              .folder = folder,
                              .sandbox = sandbox,
                              .stdin_fd = -1};
}
