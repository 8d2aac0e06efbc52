/*
 * sandbox_none.c - where there is no launcher (anything but Linux): the library builds, and every
 * command is refused with a word, since nothing could hold it or end what it leaves behind.
 */
#ifndef __linux__
#    include "base/memory.h"
#    include "platform/proc.h"
#    include "platform/protect.h"

#    include <stdlib.h>

static rein_status refuse(struct error *err)
{
    return fail(err, REIN_UNSUPPORTED,
                "commands can't be run on this system: the launcher that "
                "holds them needs Linux");
}

rein_status proc_start(struct loop *loop, const struct proc_spec *spec,
                       const struct proc_events *events, void *data, struct proc **out,
                       struct error *err)
{
    (void)loop, (void)spec, (void)events, (void)data, (void)out;
    return refuse(err);
}

rein_status proc_prepare(struct loop *loop, const struct proc_spec *spec,
                         struct proc_prepared **out, struct error *err)
{
    (void)loop, (void)spec, (void)out;
    return refuse(err);
}

rein_status proc_start_prepared(struct proc_prepared *prepared, const struct proc_spec *spec,
                                const struct proc_events *events, void *data, struct proc **out,
                                struct error *err)
{
    (void)prepared, (void)spec, (void)events, (void)data, (void)out;
    return refuse(err);
}

/* No child was ever started. */
void proc_signal(struct proc *p, int number) { (void)p, (void)number; }
void proc_kill(struct proc *p) { (void)p; }
void proc_drop(struct proc *p) { (void)p; }
void proc_prepared_free(struct proc_prepared *prepared) { (void)prepared; }
void proc_settle(int wait_ms) { (void)wait_ms; }

const struct sandbox_features *sandbox_probe(void)
{
    static const struct sandbox_features none = {.tier = 4,
                                                 .detail = "no sandbox: this system is not Linux"};

    return &none;
}

struct protect *protect_scan(const struct sandbox_spec *spec, const struct protect *before)
{
    (void)spec, (void)before;
    return memory_new(sizeof(struct protect));
}

void protect_free(struct protect *p) { free(p); }

bool protect_same(const struct protect *a, const struct protect *b)
{
    (void)a, (void)b;
    return true;
}

void protect_compare(const struct protect *before, const struct protect *after, struct buf *out)
{
    (void)before, (void)after, (void)out;
}

void protect_clean(const char *state) { (void)state; }

bool protect_is_held(const struct protect *p)
{
    (void)p;
    return true;
}

bool protect_holds(const char *path)
{
    (void)path;
    return false;
}

void protect_give_way(const char *path) { (void)path; }

int protect_hold(const struct sandbox_spec *spec)
{
    (void)spec;
    return -1;
}

#endif
