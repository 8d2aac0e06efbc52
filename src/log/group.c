/*
 * group.c - what the writer does with one group of units: seal and pack, then one transaction. A
 * session that somebody else wrote is left out and the rest written again. It runs on the writer's
 * thread, outside of the store's lock, and touches only what is the writer's of a log.
 */
#include "log/writer.h"
#include "platform/clock.h"

static void seal(struct unit *unit)
{
    struct log *log = unit->log;

    for (size_t i = 0; i < unit->n; i++) {
        event_seal(&unit->events[i], log->session, &log->hash);
        log->hash = unit->events[i].hash;
    }
}

/* Compressed, and large ones in their file, before any event that names them is committed, and
 * outside of the write lock. */
static rein_status pack(struct store *store, struct unit *unit, struct error *err)
{
    rein_status status;
    size_t n;

    if (store->ops->has_blob(store->writing, unit->blob.sha))
        return REIN_OK;
    status = blob_pack(unit->bytes, &unit->packed, &n, err);
    if (status != REIN_OK)
        return status;
    if (unit->bytes.n > BLOB_INLINE)
        return blob_write_file(store->folder, unit->blob.sha, str_make(unit->packed, n), err);
    unit->blob.data = str_make(unit->packed, n);
    return REIN_OK;
}

static rein_status prepare(struct store *store, struct list *units, struct error *err)
{
    rein_status status = REIN_OK;

    list_each (link, units) {
        struct unit *unit = list_of(link, struct unit, link);
        seal(unit);
        if (unit->kind == UNIT_BLOB && status == REIN_OK)
            status = pack(store, unit, err);
    }
    return status;
}

/* The log's first unit in this transaction: make its row, or put our name on it. */
static rein_status join(struct log *log, struct list *group, struct error *err)
{
    struct store *store = log->store;
    rein_status status = REIN_OK;

    if (log->n == 0)
        status = store->ops->create(store->writing, log->session, str_of(log->folder), clock_wall(),
                                    &store->owner, &log->n, err);
    else if (!log->claimed)
        status = store->ops->claim(store->writing, log->n, log->epoch, &store->owner, err);
    log->joined = true;
    log->to = log->base;
    list_add(group, &log->group);
    return status;
}

static rein_status write_unit(struct store *store, struct unit *unit, struct list *group,
                              struct error *err)
{
    struct log *log = unit->log;
    rein_status status = log->joined ? REIN_OK : join(log, group, err);

    if (unit->kind == UNIT_BLOB && status == REIN_OK)
        status = store->ops->keep_blob(store->writing, log->n, unit->seq, &unit->blob, err);
    for (size_t i = 0; i < unit->n && status == REIN_OK; i++)
        status = store->ops->append(store->writing, log->n, &unit->events[i], err);
    if (unit->n)
        log->to = unit->seq;
    return status;
}

static rein_status advance(struct store *store, struct log *log, struct error *err)
{
    const struct summary *s = &log->writing;
    struct store_advance a = {
        .n = log->n,
        .epoch = log->claimed ? log->epoch : log->epoch + 1,
        .from = log->base,
        .to = log->to,
        .at = clock_wall(),
        .title = s->title,
        .status = s->status,
        .model = s->model,
        .cost_usd = s->any ? s->cost_usd : -1,
    };

    return store->ops->advance(store->writing, &a, err);
}

/* Logs that joined a transaction which is over: with success they stand where it left them. */
static void end_group(struct store *store, struct list *group, bool committed)
{
    list_each (link, group) {
        struct log *log = list_of(link, struct log, group);
        list_remove(link);
        log->joined = false;
        if (committed) {
            log->base = log->to;
            log->epoch += !log->claimed;
            log->claimed = true;
            summary_fini(&log->writing);
            log->fresh = false;
        } else if (log->fresh && log->n) {
            store->ops->release(store->writing, log->n); /* the row went with the transaction */
            log->n = 0;
        }
    }
}

/* One try. `*culprit` is the log that alone is to blame, or NULL. */
static rein_status transaction(struct store *store, struct list *units, struct list *group,
                               struct log **culprit, struct error *err)
{
    rein_status status = store->ops->begin(store->writing, err);

    *culprit = NULL;
    if (status != REIN_OK)
        return status;
    list_each (link, units) {
        struct unit *unit = list_of(link, struct unit, link);
        if (unit->log->excluded)
            continue;
        *culprit = unit->log;
        status = write_unit(store, unit, group, err);
        if (status != REIN_OK)
            break;
    }
    if (status == REIN_OK)
        list_each (link, group) {
            *culprit = list_of(link, struct log, group);
            status = advance(store, *culprit, err);
            if (status != REIN_OK)
                break;
        }
    if (status != REIN_CONFLICT && status != REIN_LIMIT)
        *culprit = NULL;
    if (status == REIN_OK && !list_is_empty(group))
        return store->ops->commit(store->writing, err);
    store->ops->rollback(store->writing);
    return status;
}

/* All units whose log is well, again without the one that is to blame until nobody is. */
rein_status group_write(struct store *store, struct list *units, bool *committed, struct error *err)
{
    rein_status status = prepare(store, units, err);
    struct log *culprit = NULL;

    *committed = false;
    while (status == REIN_OK) {
        struct list group;
        char uuid[ID_UUID_SIZE];

        list_init(&group);
        status = transaction(store, units, &group, &culprit, err);
        *committed = status == REIN_OK && !list_is_empty(&group);
        end_group(store, &group, *committed);
        if (status == REIN_OK || !culprit)
            break;
        id_uuid(culprit->session, uuid);
        error_context(err, "session %s", uuid);
        writer_fail_log(culprit, err);
        culprit->excluded = true;
        status = REIN_OK;
    }
    return status;
}
