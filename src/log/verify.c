/*
 * verify.c - a whole session checked: every number, leaf and hash, then all content that it may
 * name. It reads like any reader does and knows no SQL.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "log/read.h"

static bool note_digest(void *data, struct digest sha)
{
    struct digests *d = data;

    if ((d->n & (d->n - 1)) == 0) /* full at each power of two */
        d->list = memory_grow(d->list, (d->n ? 2 * d->n : 1) * sizeof *d->list);
    d->list[d->n++] = sha;
    return true;
}

rein_status store_digests(struct store *store, struct id session, struct digests *out,
                          struct error *err)
{
    struct store_session at;
    struct store_db *db;
    rein_status status = store_reading(store, &db, err);

    *out = (struct digests){0};
    if (status == REIN_OK)
        status = store->ops->session(db, session, &at, err);
    if (status == REIN_OK)
        status = store->ops->blobs(db, at.n, note_digest, out, err);
    if (status != REIN_OK)
        digests_fini(out);
    return status;
}

void digests_fini(struct digests *d)
{
    free(d->list);
    *d = (struct digests){0};
}

static bool count_event(void *data, const struct event *ev)
{
    (void)ev;
    ++*(uint64_t *)data;
    return true;
}

static rein_status verify_content(struct store *store, const struct digests *d, struct error *err)
{
    struct buf content;
    rein_status status = REIN_OK;

    buf_init(&content, BLOB_MAX);
    for (size_t i = 0; i < d->n && status == REIN_OK; i++) {
        buf_clear(&content);
        status = store_blob(store, d->list[i], &content, err);
        if (status == REIN_NOT_FOUND) /* it was there once */
            err->status = status = REIN_CORRUPT;
    }
    buf_fini(&content);
    return status;
}

rein_status store_verify(struct store *store, struct id session, uint64_t *events,
                         struct error *err)
{
    struct error local = {0};
    struct digests content;
    rein_status status;

    *events = 0;
    status = store_read(store, session, 1, 0, count_event, events, &local);
    if (status == REIN_OK)
        status = store_digests(store, session, &content, &local);
    if (status == REIN_OK) {
        status = verify_content(store, &content, &local);
        digests_fini(&content);
    }
    if (status != REIN_OK && err)
        *err = local;
    return status;
}
