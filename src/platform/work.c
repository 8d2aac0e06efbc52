/*
 * work.c - short blocking work on libuv's pool of threads. The caller's struct is never handed to
 * libuv, so that it is free again inside done().
 */
#include <stdlib.h>

#include "base/memory.h"
#include "platform/loop_uv.h"

struct work_request {
    uv_work_t uv; /* first */
    struct work *work;
};

static void on_run(uv_work_t *uv)
{
    struct work *work = ((struct work_request *)uv)->work;

    work->work(work);
}

static void on_done(uv_work_t *uv, int status)
{
    struct work *work = ((struct work_request *)uv)->work;
    struct loop *loop = uv->data;

    free(uv);
    work->impl = NULL;
    loop_came(loop);
    work->done(work, status == 0);
}

void work_start(struct loop *loop, struct work *work)
{
    struct work_request *request = memory_new(sizeof *request);

    request->work = work;
    request->uv.data = loop;
    work->impl = request;
    uv_queue_work(&loop->uv, &request->uv, on_run, on_done);
    loop_changed(loop);
}

void work_cancel(struct work *work)
{
    if (work->impl)
        uv_cancel((uv_req_t *)work->impl);
}
