/*
 * log.c - the store's and the log's calls on the loop's thread: numbering, queueing, closing. The
 * writing is in writer.c, the reading in read.c.
 */
#include "log/log.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "log/read.h"
#include "log/writer.h"
#include "platform/clock.h"

static char *copy_of(const char *text, size_t n)
{
    char *copy = memory_new(n + 1);

    if (n)
        memcpy(copy, text, n);
    return copy;
}

/* ---- the store ------------------------------------------------------------------------------ */

static void name_owner(struct store_owner *owner)
{
    owner->pid = getpid();
    if (gethostname(owner->host, sizeof owner->host - 1) != 0)
        owner->host[0] = '\0';
}

rein_status store_open(struct loop *loop, const struct store_options *options, struct store **out,
                       struct error *err)
{
    struct store *store = memory_new(sizeof *store);
    struct error local = {0};
    rein_status status;

    store->ops = &store_sqlite;
    store->loop = loop;
    store->folder = copy_of(options->folder, strlen(options->folder));
    store->read_only = options->read_only;
    store->delay = (options->delay_us ? options->delay_us : 5000) * 1000;
    name_owner(&store->owner);
    writer_init(store);
    if (store->read_only)
        status = store->ops->open(store->folder, STORE_READS, &store->reading, &local);
    else
        status = store->ops->open(store->folder, STORE_WRITES, &store->writing, &local);
    if (status == REIN_OK) {
        *out = store;
        return REIN_OK;
    }
    if (err)
        *err = local;
    store_close(store);
    return status;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    assert(list_is_empty(&store->logs));
    writer_stop(store);
    store->ops->close(store->writing);
    store->ops->close(store->reading);
    free(store->folder);
    free(store);
}

rein_status store_failure(const struct store *store, struct error *err)
{
    struct store *s = (struct store *)(uintptr_t)store; /* a lock is no change */

    pthread_mutex_lock(&s->lock);
    struct error failure = s->failure;
    pthread_mutex_unlock(&s->lock);
    if (failure.status != REIN_OK && err)
        *err = failure;
    return failure.status;
}

uint64_t store_commits(const struct store *store)
{
    struct store *s = (struct store *)(uintptr_t)store;

    pthread_mutex_lock(&s->lock);
    uint64_t commits = s->commits;
    pthread_mutex_unlock(&s->lock);
    return commits;
}

/* ---- opening and closing -------------------------------------------------------------------- */

static struct log *new_log(struct store *store, struct id session)
{
    struct log *log = memory_new(sizeof *log);

    log->store = store;
    log->session = session;
    log->summary.cost_usd = log->writing.cost_usd = -1;
    list_init(&log->link);
    list_init(&log->news);
    list_init(&log->group);
    return log;
}

static void free_log(struct log *log)
{
    summary_fini(&log->summary);
    summary_fini(&log->writing);
    free(log->folder);
    free(log);
}

/* Whether this process may open the session at all. */
static rein_status may_open(struct store *store, struct id session, struct error *err)
{
    char uuid[ID_UUID_SIZE];
    rein_status status = store_failure(store, err);

    id_uuid(session, uuid);
    if (store->read_only)
        return fail(err, REIN_DENIED, "the store was opened for reading only");
    list_each (link, &store->logs)
        if (id_eq(list_of(link, struct log, link)->session, session))
            return fail(err, REIN_CONFLICT, "session %s is open in this process already", uuid);
    return status;
}

static void add_log(struct store *store, struct log *log)
{
    pthread_mutex_lock(&store->lock);
    list_add(&store->logs, &log->link);
    pthread_mutex_unlock(&store->lock);
}

rein_status log_new(struct store *store, struct id session, str folder, struct log **out,
                    struct error *err)
{
    rein_status status = may_open(store, session, err);

    if (status != REIN_OK)
        return status;
    struct log *log = new_log(store, session);
    log->folder = copy_of(folder.p, folder.n);
    log->fresh = true;
    add_log(store, log);
    *out = log;
    return REIN_OK;
}

/* Said by the kernel's lock; the row only tells who, and may be older than the lock. */
static rein_status in_use(struct store *store, struct id session, const struct store_owner *owner,
                          struct error *err)
{
    char uuid[ID_UUID_SIZE];
    bool here = strcmp(owner->host, store->owner.host) == 0;

    id_uuid(session, uuid);
    if (owner->pid <= 0 || (here && kill((pid_t)owner->pid, 0) < 0 && errno == ESRCH))
        return fail(err, REIN_CONFLICT, "session %s is in use by another process", uuid);
    return fail(err, REIN_CONFLICT, "session %s is in use by process %lld on %s: end it first",
                uuid, (long long)owner->pid, owner->host);
}

/* Held first, then read again: whoever had it may have gone on until then. */
static rein_status claim(struct store *store, struct id session, struct store_session *at,
                         struct error *err)
{
    struct store_db *reading;
    rein_status status = store_reading(store, &reading, err);

    if (status == REIN_OK)
        status = store->ops->session(reading, session, at, err);
    if (status != REIN_OK)
        return status;
    status = store->ops->hold(store->writing, at->n, err);
    if (status == REIN_CONFLICT)
        return in_use(store, session, &at->owner, err);
    if (status != REIN_OK)
        return status;
    int64_t n = at->n;
    status = store->ops->session(reading, session, at, err);
    if (status == REIN_OK && at->last != at->head)
        status = fail(err, REIN_CORRUPT,
                      "a session is damaged: it ends at event %llu, and its last one is %llu",
                      (unsigned long long)at->head, (unsigned long long)at->last);
    if (status != REIN_OK)
        store->ops->release(store->writing, n);
    return status;
}

/* From where the database stands; the row gets our name with the next commit. */
static rein_status go_on(struct store *store, struct id session, const struct store_session *at,
                         struct log **out, struct error *err)
{
    struct log *log = new_log(store, session);

    log->n = at->n;
    log->epoch = at->epoch;
    log->hash = at->hash;
    log->base = log->head = log->told = log->taken = log->durable = at->head;
    add_log(store, log);
    rein_status status = writer_put_take(store, unit_new(log, UNIT_CLAIM, 0, 0), err);
    if (status == REIN_OK)
        *out = log;
    else
        log_close(log);
    return status;
}

rein_status log_open(struct store *store, struct id session, struct log **out, struct error *err)
{
    struct error local = {0};
    struct store_session at;
    rein_status status = may_open(store, session, &local);

    if (status == REIN_OK)
        status = claim(store, session, &at, &local);
    if (status == REIN_OK)
        status = go_on(store, session, &at, out, &local);
    if (status != REIN_OK && err)
        *err = local;
    return status;
}

void log_close(struct log *log)
{
    struct store *store;
    struct error err;

    if (!log)
        return;
    store = log->store;
    if (log->summary.any && log->head > 0)
        writer_put_take(store, unit_new(log, UNIT_CLAIM, 0, 0), &err);
    writer_drain(store, log);
    pthread_mutex_lock(&store->lock);
    list_remove(&log->link);
    list_remove(&log->news);
    pthread_mutex_unlock(&store->lock);
    if (log->n)
        store->ops->release(store->writing, log->n);
    free_log(log);
}

void log_listen(struct log *log, log_stored_fn *stored, log_failed_fn *failed, void *data)
{
    log->stored = stored;
    log->failed = failed;
    log->data = data;
}

/* ---- appending ------------------------------------------------------------------------------ */

/* What the caller leaves to us. */
static void number(struct log *log, struct event *ev, int64_t now)
{
    assert(ev->payload.p); /* without one an event counts as redacted */
    ev->seq = ++log->head;
    ev->at = now;
    if (id_is_zero(ev->id))
        ev->id = id_new();
    if (ev->type != EV_UNKNOWN) {
        ev->name = event_name(ev->type);
        ev->version = event_version(ev->type);
    }
    random_bytes(ev->salt, sizeof ev->salt);
}

static str copy_into(char **at, str s)
{
    str copy = str_make(*at, s.n);

    memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

rein_status log_append(struct log *log, struct event *evs, size_t n, struct error *err)
{
    struct error local = {0};
    uint64_t before = log->head;
    int64_t now = clock_wall();
    size_t bytes = 0;

    if (n == 0)
        return REIN_OK;
    for (size_t i = 0; i < n; i++)
        bytes += evs[i].payload.n + (evs[i].type == EV_UNKNOWN ? evs[i].name.n : 0);
    struct unit *unit = unit_new(log, UNIT_EVENTS, n, bytes);
    char *at = (char *)(unit->events + n);
    for (size_t i = 0; i < n; i++) {
        number(log, &evs[i], now);
        unit->events[i] = evs[i];
        unit->events[i].payload = copy_into(&at, evs[i].payload);
        if (evs[i].type == EV_UNKNOWN)
            unit->events[i].name = copy_into(&at, evs[i].name);
    }
    unit->seq = log->head;
    rein_status status = writer_put_take(log->store, unit, &local);
    if (status != REIN_OK) {
        log->head = before;
        if (err)
            *err = local;
    }
    return status;
}

void log_want(struct log *log, uint64_t seq)
{
    struct store *store = log->store;

    pthread_mutex_lock(&store->lock);
    if (log->units && seq > log->taken && !store->wanted) {
        store->wanted = true;
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
}

uint64_t log_head(const struct log *log) { return log->head; }

uint64_t log_stored(const struct log *log) { return log->told; }

struct id log_session(const struct log *log) { return log->session; }

rein_status log_blob(struct log *log, str bytes, struct digest *out, struct error *err)
{
    struct error local = {0};

    if (bytes.n > BLOB_MAX)
        return fail(err, REIN_LIMIT, "content of %zu bytes is too large to store; the limit is %zu",
                    bytes.n, BLOB_MAX);
    struct unit *unit = unit_new(log, UNIT_BLOB, 0, bytes.n);
    char *at = (char *)(unit + 1);
    unit->bytes = copy_into(&at, bytes);
    unit->blob.sha = *out = sha256_of(bytes);
    unit->blob.size = bytes.n;
    unit->seq = log->head + 1;
    rein_status status = writer_put_take(log->store, unit, &local);
    if (status != REIN_OK && err)
        *err = local;
    return status;
}

static void replace(char **to, const char *from)
{
    if (!from)
        return;
    free(*to);
    *to = copy_of(from, strlen(from));
}

void log_summarise(struct log *log, const struct log_summary *summary)
{
    pthread_mutex_lock(&log->store->lock);
    replace(&log->summary.title, summary->title);
    replace(&log->summary.status, summary->status);
    replace(&log->summary.model, summary->model);
    if (summary->cost_usd >= 0)
        log->summary.cost_usd = summary->cost_usd;
    log->summary.any = true;
    pthread_mutex_unlock(&log->store->lock);
}
