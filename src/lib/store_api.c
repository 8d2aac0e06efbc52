/* store_api.c - the public calls about stored sessions: list, read, export, verify. */
#include <stdio.h>

#include "base/text.h"
#include "lib/rein_impl.h"

struct reading {
    struct session *s;
    rein_event_fn *fn;
    void *data;
    struct buf payload;
};

/* Stored payloads come without a NUL. */
static bool read_one(void *data, const struct event *ev)
{
    struct reading *reading = data;
    rein_event event;

    give_event(ev, &event);
    if (ev->payload.p) {
        buf_clear(&reading->payload);
        buf_add(&reading->payload, ev->payload);
        event.payload = reading->payload.p ? reading->payload.p : "";
    }
    reading->fn(reading->data, reading->s ? public_of(reading->s) : NULL, &event);
    return true;
}

static rein_status read_all(struct store *store, struct reading *reading, struct id id,
                            uint64_t from, uint64_t to, rein_error *error)
{
    struct error err;
    rein_status status;

    buf_init(&reading->payload, BUF_NO_MAX);
    status = store_read(store, id, from ? from : 1, to, read_one, reading, &err);
    buf_fini(&reading->payload);
    return status == REIN_OK ? REIN_OK : give_error(error, &err);
}

rein_status rein_read(rein_session *s, uint64_t from, uint64_t to, rein_event_fn *fn, void *data,
                      rein_error *err)
{
    struct reading reading = {.s = session_of(s), .fn = fn, .data = data};

    return read_all(session_of(s)->brain->store, &reading, session_of(s)->id, from, to, err);
}

rein_status rein_session_read(rein *r, const char *id, uint64_t from, uint64_t to,
                              rein_event_fn *fn, void *data, rein_error *error)
{
    struct reading reading = {.fn = fn, .data = data};
    struct error err;
    struct id found;

    if (store_find(r->brain.store, str_of(id), &found, &err) != REIN_OK)
        return give_error(error, &err);
    return read_all(r->brain.store, &reading, found, from, to, error);
}

struct listing {
    rein_write_fn *write;
    void *data;
};

static bool list_one(void *data, const struct session_row *row)
{
    const struct listing *listing = data;
    char id[ID_UUID_SIZE], created[TIME_TEXT_SIZE], updated[TIME_TEXT_SIZE], cost[32];
    struct json_writer w;
    struct buf line;

    id_uuid(row->id, id);
    time_text(row->created, created);
    time_text(row->updated, updated);
    snprintf(cost, sizeof cost, "%.6f", row->cost_usd);
    buf_init(&line, BUF_NO_MAX);
    json_begin(&w, &line);
    json_object(&w);
    json_put(&w, "id", str_of(id));
    json_put(&w, "folder", row->folder);
    json_put(&w, "title", row->title);
    json_put(&w, "status", row->status);
    json_put(&w, "model", row->model);
    json_put_int(&w, "events", (int64_t)row->head);
    json_put(&w, "created", str_of(created));
    json_put(&w, "updated", str_of(updated));
    json_put_raw(&w, "cost_usd", str_of(cost));
    json_object_end(&w);
    buf_byte(&line, '\n');
    listing->write(listing->data, line.p, line.n);
    buf_fini(&line);
    return true;
}

rein_status rein_session_list(rein *r, const char *folder, rein_write_fn *write, void *data,
                              rein_error *error)
{
    struct listing listing = {write, data};
    struct error err;

    if (store_list(r->brain.store, str_of(folder), list_one, &listing, &err) != REIN_OK)
        return give_error(error, &err);
    return REIN_OK;
}

rein_status rein_session_export(rein *r, const char *id, rein_write_fn *write, void *data,
                                rein_error *error)
{
    struct error err;
    struct id found;

    if (store_find(r->brain.store, str_of(id), &found, &err) != REIN_OK ||
        store_export(r->brain.store, found, write, data, &err) != REIN_OK)
        return give_error(error, &err);
    return REIN_OK;
}

rein_status rein_session_verify(rein *r, const char *id, uint64_t *events, rein_error *error)
{
    struct error err;
    struct id found;

    *events = 0;
    if (store_find(r->brain.store, str_of(id), &found, &err) != REIN_OK ||
        store_verify(r->brain.store, found, events, &err) != REIN_OK)
        return give_error(error, &err);
    return REIN_OK;
}
