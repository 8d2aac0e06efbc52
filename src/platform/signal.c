/*
 * signal.c - signals as callbacks on the loop. Nothing of ours runs in a signal handler.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "platform/loop_uv.h"

struct signal_handle {
    uv_signal_t uv; /* first */
    struct loop *loop;
    void (*fn)(void *data, int number);
    void *data;
};

static void on_signal(uv_signal_t *uv, int number)
{
    struct signal_handle *h = (struct signal_handle *)uv;

    loop_came(h->loop);
    h->fn(h->data, number);
}

static void on_closed(uv_handle_t *uv) { free(uv); }

void signal_watch(struct loop *loop, int number, void (*fn)(void *data, int number), void *data)
{
    struct signal_handle *h;

    if (number <= 0 || number >= LOOP_SIGNALS)
        return;
    signal_unwatch(loop, number);
    h = memory_new(sizeof *h);
    h->loop = loop;
    h->fn = fn;
    h->data = data;
    uv_signal_init(&loop->uv, &h->uv);
    uv_signal_start(&h->uv, on_signal, number);
    uv_unref((uv_handle_t *)&h->uv);
    loop->signals[number] = h;
    loop_changed(loop);
}

void signal_unwatch(struct loop *loop, int number)
{
    if (number <= 0 || number >= LOOP_SIGNALS || !loop->signals[number])
        return;
    uv_close((uv_handle_t *)&loop->signals[number]->uv, on_closed);
    loop->signals[number] = NULL;
}
