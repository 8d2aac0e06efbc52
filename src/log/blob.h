/*
 * blob.h - large content as it lies on disk: compressed, in the database up to 64 KiB, else a file
 * of the store's folder named by its SHA-256.
 */
#ifndef LOG_BLOB_H
#define LOG_BLOB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/sha256.h"

enum { BLOB_INLINE = 64 << 10 };     /* larger ones become files */
#define BLOB_MAX ((size_t)256 << 20) /* what log_blob() takes at most */

struct packed_blob {
    struct digest sha; /* of the content */
    uint64_t size;     /* of the content */
    str data;          /* zstd; p is NULL when it is in a file */
};

/* Compress `bytes`; `*data` is owned (free). */
rein_status blob_pack(str bytes, char **data, size_t *n, struct error *err);

/* Write the compressed content as a file, whole and synced with its folders, or not at all. */
rein_status blob_write_file(const char *folder, struct digest sha, str data, struct error *err);

/* Append the content to `out`, from the database's bytes or the file, checked against its SHA-256:
 * REIN_CORRUPT names it; REIN_LIMIT past out's maximum. */
rein_status blob_unpack(const char *folder, const struct packed_blob *blob, struct buf *out,
                        struct error *err);

#endif
