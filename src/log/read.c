/*
 * read.c - reading any session of a store: events with their chain, blobs, lists.
 *
 * A reader takes a few hundred events at a time, so that a slow one never keeps the WAL from being
 * checkpointed; a session only grows, so the pieces fit. It knows no SQL and never writes.
 */
#include "log/read.h"

#include <ctype.h>
#include <string.h>

enum { PIECE = 256 };

rein_status store_reading(struct store *store, struct store_db **out, struct error *err)
{
    rein_status status = REIN_OK;

    if (!store->reading)
        status = store->ops->open(store->folder, STORE_READS, &store->reading, err);
    *out = store->reading;
    return status;
}

static rein_status give(rein_status status, const struct error *local, struct error *err)
{
    if (status != REIN_OK && err)
        *err = *local;
    return status;
}

/* ---- events --------------------------------------------------------------------------------- */

struct reading {
    struct id session;
    struct digest previous; /* the hash before `next` */
    uint64_t next;
    bool stopped; /* by the caller */
    rein_status status;
    struct error *err;
    log_read_fn *fn;
    void *data;
};

static bool damaged(struct reading *r, const char *how)
{
    char uuid[ID_UUID_SIZE];

    id_uuid(r->session, uuid);
    r->status = fail(r->err, REIN_CORRUPT, "session %s is damaged: event %llu %s", uuid,
                     (unsigned long long)r->next, how);
    return false;
}

static bool on_event(void *data, const struct event *ev)
{
    struct reading *r = data;

    if (ev->seq != r->next)
        return damaged(r, "is missing");
    if (!event_holds(ev, r->session, &r->previous))
        return damaged(r, "is not what was written");
    r->previous = ev->hash;
    r->next++;
    r->stopped = r->fn && !r->fn(r->data, ev);
    return !r->stopped;
}

static bool on_previous(void *data, const struct event *ev)
{
    struct reading *r = data;

    r->previous = ev->hash;
    r->next = ev->seq + 1;
    return true;
}

/* The hash that `from` chains to. */
static rein_status find_previous(struct store *store, struct store_db *db, int64_t n, uint64_t from,
                                 struct reading *r)
{
    rein_status status = REIN_OK;

    if (from > 1)
        status = store->ops->events(db, n, from - 1, from - 1, 1, on_previous, r, r->err);
    if (status == REIN_OK && from > 1 && r->next != from) {
        r->next = from - 1;
        damaged(r, "is missing");
        status = r->status;
    }
    r->next = from;
    return status;
}

static rein_status read_pieces(struct store *store, struct store_db *db, int64_t n, uint64_t to,
                               struct reading *r)
{
    while (!r->stopped && r->next <= to) {
        uint64_t before = r->next;
        rein_status status = store->ops->events(db, n, r->next, to, PIECE, on_event, r, r->err);

        if (r->status != REIN_OK)
            return r->status;
        if (status == REIN_CORRUPT)
            return damaged(r, "cannot be read"), r->status;
        if (status != REIN_OK)
            return status;
        if (!r->stopped && r->next == before)
            return damaged(r, "is missing"), r->status;
    }
    return REIN_OK;
}

rein_status store_read(struct store *store, struct id session, uint64_t from, uint64_t to,
                       log_read_fn *fn, void *data, struct error *err)
{
    struct error local = {0};
    struct reading r = {.session = session, .err = &local, .fn = fn, .data = data};
    struct store_session at;
    struct store_db *db;
    rein_status status = store_reading(store, &db, &local);

    if (status == REIN_OK)
        status = store->ops->session(db, session, &at, &local);
    if (status != REIN_OK)
        return give(status, &local, err);
    bool to_the_end = to == 0 || to >= at.head;
    if (from == 0)
        from = 1;
    if (to_the_end)
        to = at.head;
    if (from <= to) {
        status = find_previous(store, db, at.n, from, &r);
        if (status == REIN_OK)
            status = read_pieces(store, db, at.n, to, &r);
    }
    if (status == REIN_OK && to_the_end && !r.stopped && at.last > at.head) {
        r.next = at.head + 1;
        damaged(&r, "is there, though the session ends before it");
        status = r.status;
    }
    return give(status, &local, err);
}

/* ---- blobs ---------------------------------------------------------------------------------- */

/* What this process stored a moment ago and is not in the database yet. */
static bool is_queued(struct store *store, struct digest sha, struct buf *out)
{
    struct list *lists[] = {&store->flight, &store->queue};
    bool found = false;

    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < 2; i++)
        list_each (link, lists[i]) {
            struct unit *unit = list_of(link, struct unit, link);
            if (found || unit->kind != UNIT_BLOB || !digest_eq(unit->blob.sha, sha))
                continue;
            buf_add(out, unit->bytes);
            found = true;
        }
    pthread_mutex_unlock(&store->lock);
    return found;
}

rein_status store_blob(struct store *store, struct digest sha, struct buf *out, struct error *err)
{
    struct error local = {0};
    struct packed_blob blob;
    struct store_db *db;
    struct arena a;
    rein_status status;

    if (is_queued(store, sha, out))
        return buf_ok(out) ? REIN_OK
                           : fail(err, REIN_LIMIT, "content is larger than %zu bytes", out->max);
    arena_init(&a);
    status = store_reading(store, &db, &local);
    if (status == REIN_OK)
        status = store->ops->blob(db, sha, &blob, &a, &local);
    if (status == REIN_OK)
        status = blob_unpack(store->folder, &blob, out, &local);
    arena_fini(&a);
    return give(status, &local, err);
}

/* ---- lists ---------------------------------------------------------------------------------- */

rein_status store_list(struct store *store, str folder, store_list_fn *fn, void *data,
                       struct error *err)
{
    struct error local = {0};
    struct store_db *db;
    rein_status status = store_reading(store, &db, &local);

    if (status == REIN_OK)
        status = store->ops->list(db, folder, fn, data, &local);
    return give(status, &local, err);
}

/* The lowest and highest id whose text begins so; dashes may be left out. */
static bool range_of(str prefix, struct id *low, struct id *high)
{
    size_t digits = 0;

    memset(low, 0, sizeof *low);
    memset(high, 0xff, sizeof *high);
    for (size_t i = 0; i < prefix.n; i++) {
        unsigned char c = (unsigned char)prefix.p[i];
        if (c == '-')
            continue;
        if (!isxdigit(c) || digits == 32)
            return false;
        unsigned value = (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
        unsigned shift = digits % 2 ? 0 : 4;
        unsigned char *l = &low->b[digits / 2], *h = &high->b[digits / 2];
        *l = (unsigned char)(*l | value << shift);
        *h = (unsigned char)((*h & ~(0xfu << shift)) | value << shift);
        digits++;
    }
    return digits >= 4;
}

rein_status store_find(struct store *store, str text, struct id *out, struct error *err)
{
    struct error local = {0};
    struct id low, high, found[2];
    struct store_db *db;
    size_t n = 0;

    if (id_parse(text, &low))
        high = low;
    else if (!range_of(text, &low, &high))
        return fail(err, REIN_INVALID,
                    "'%.*s' is no session id: give a UUID, sesn_..., or at least 4 characters of a "
                    "UUID",
                    FS(str_take(text, 64)));
    rein_status status = store_reading(store, &db, &local);
    if (status == REIN_OK)
        status = store->ops->find(db, low, high, found, 2, &n, &local);
    if (status != REIN_OK)
        return give(status, &local, err);
    if (n == 0)
        return fail(err, REIN_NOT_FOUND, "there is no session '%.*s'", FS(str_take(text, 64)));
    if (n == 2) {
        char a[ID_UUID_SIZE], b[ID_UUID_SIZE];
        id_uuid(found[0], a);
        id_uuid(found[1], b);
        return fail(err, REIN_INVALID, "'%.*s' fits several sessions, for example %s and %s",
                    FS(str_take(text, 64)), a, b);
    }
    *out = found[0];
    return REIN_OK;
}
