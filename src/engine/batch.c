/* batch.c - which calls may run together. Looks only at steps and classes. */
#include "engine/turn.h"

static bool is_concurrent(const struct call *c)
{
    return c->class && (c->class->flags & CLASS_CONCURRENT);
}

/* A denied call will only be answered: nothing waits for it. */
static bool is_out_of_the_way(const struct call *c)
{
    return c->step == CALL_DONE || c->step == CALL_DENIED;
}

bool batch_may_start(const struct turn *t, size_t index)
{
    size_t running = 0;
    bool concurrent = is_concurrent(&t->calls[index]);

    for (size_t i = 0; i < t->n_calls; i++)
        running += t->calls[i].step == CALL_RUNNING && i != index;
    if (running >= BATCH_MAX || (!concurrent && running))
        return false;
    for (size_t i = 0; i < index; i++)
        if (!is_out_of_the_way(&t->calls[i]) && !(concurrent && is_concurrent(&t->calls[i])))
            return false;
    return true;
}
