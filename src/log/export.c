/*
 * export.c - a session as one portable file of JSON lines: a header, a line an event, a line a
 * blob, a closing line. docs/log.md has the format. An event's payload stands last in its line,
 * byte for byte, so that a verifier can hash it without a JSON library of its own.
 */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "log/read.h"

enum { FORMAT = 1 };

struct exporting {
    struct store *store;
    store_write_fn *write;
    void *data;
    struct buf line;
    uint64_t events, blobs;
    struct digest head;
    struct error *err;
};

static void send_line(struct exporting *x)
{
    buf_byte(&x->line, '\n');
    x->write(x->data, x->line.p, x->line.n);
    buf_clear(&x->line);
}

static void put_hex(struct json_writer *w, const char *key, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * sizeof(struct digest)];

    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[((const unsigned char *)bytes)[i] >> 4];
        hex[2 * i + 1] = digits[((const unsigned char *)bytes)[i] & 15];
    }
    json_put(w, key, str_make(hex, 2 * n));
}

static void put_id(struct json_writer *w, const char *key, struct id id)
{
    char uuid[ID_UUID_SIZE];

    id_uuid(id, uuid);
    json_put(w, key, str_of(uuid));
}

static bool export_header(void *data, const struct session_row *row)
{
    struct exporting *x = data;
    struct json_writer w;

    json_begin(&w, &x->line);
    json_object(&w);
    json_put_int(&w, "rein_export", FORMAT);
    put_id(&w, "session", row->id);
    json_put(&w, "folder", row->folder);
    json_put(&w, "title", row->title);
    json_put(&w, "model", row->model);
    json_put_int(&w, "created", row->created);
    json_put_int(&w, "updated", row->updated);
    json_object_end(&w);
    send_line(x);
    return false;
}

static bool export_event(void *data, const struct event *ev)
{
    struct exporting *x = data;
    struct json_writer w;

    json_begin(&w, &x->line);
    json_object(&w);
    json_put_int(&w, "seq", (int64_t)ev->seq);
    put_id(&w, "id", ev->id);
    if (!id_is_zero(ev->thread))
        put_id(&w, "thread", ev->thread);
    json_put(&w, "type", ev->name);
    json_put_int(&w, "v", ev->version);
    json_put_int(&w, "at", ev->at);
    json_put_int(&w, "cause", (int64_t)ev->cause);
    if (ev->payload.p)
        put_hex(&w, "salt", ev->salt, sizeof ev->salt);
    put_hex(&w, "leaf", ev->leaf.b, sizeof ev->leaf.b);
    put_hex(&w, "hash", ev->hash.b, sizeof ev->hash.b);
    if (ev->payload.p)
        json_put_raw(&w, "payload", ev->payload);
    json_object_end(&w);
    send_line(x);
    x->events++;
    x->head = ev->hash;
    return true;
}

static rein_status export_blob(struct exporting *x, struct digest sha)
{
    struct json_writer w;
    struct buf content, text;
    rein_status status;

    buf_init(&content, BLOB_MAX);
    buf_init(&text, BUF_NO_MAX);
    status = store_blob(x->store, sha, &content, x->err);
    if (status == REIN_OK) {
        base64_encode(&text, buf_str(&content));
        json_begin(&w, &x->line);
        json_object(&w);
        put_hex(&w, "blob", sha.b, sizeof sha.b);
        json_put_int(&w, "size", (int64_t)content.n);
        json_put(&w, "data", buf_str(&text));
        json_object_end(&w);
        send_line(x);
        x->blobs++;
    }
    buf_fini(&content);
    buf_fini(&text);
    return status;
}

static void export_end(struct exporting *x)
{
    struct json_writer w;

    json_begin(&w, &x->line);
    json_object(&w);
    json_put_int(&w, "events", (int64_t)x->events);
    json_put_int(&w, "blobs", (int64_t)x->blobs);
    put_hex(&w, "head", x->head.b, sizeof x->head.b);
    json_object_end(&w);
    send_line(x);
}

static rein_status export_header_of(struct exporting *x, struct id session)
{
    struct store_db *db;
    rein_status status = store_reading(x->store, &db, x->err);

    return status == REIN_OK ? x->store->ops->row(db, session, export_header, x, x->err) : status;
}

static rein_status export_blobs(struct exporting *x, struct id session)
{
    struct digests content;
    rein_status status = store_digests(x->store, session, &content, x->err);

    for (size_t i = 0; i < content.n && status == REIN_OK; i++)
        status = export_blob(x, content.list[i]);
    digests_fini(&content);
    return status;
}

rein_status store_export(struct store *store, struct id session, store_write_fn *write, void *data,
                         struct error *err)
{
    struct error local = {0};
    struct exporting x = {.store = store, .write = write, .data = data, .err = &local};
    rein_status status;

    buf_init(&x.line, BUF_NO_MAX);
    status = export_header_of(&x, session);
    if (status == REIN_OK)
        status = store_read(store, session, 1, 0, export_event, &x, &local);
    if (status == REIN_OK)
        status = export_blobs(&x, session);
    if (status == REIN_OK)
        export_end(&x);
    buf_fini(&x.line);
    if (status != REIN_OK && err)
        *err = local;
    return status;
}
