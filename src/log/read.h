/* read.h - what the readers of a store share; `err` is never NULL. */
#ifndef LOG_READ_H
#define LOG_READ_H

#include "log/writer.h"

/* The reading connection, opened at first use. */
rein_status store_reading(struct store *store, struct store_db **out, struct error *err);

/* All content that a session may name, in the order of its events. */
struct digests {
    struct digest *list;
    size_t n;
};
rein_status store_digests(struct store *store, struct id session, struct digests *out,
                          struct error *err);
void digests_fini(struct digests *d);

#endif
