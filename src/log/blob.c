/*
 * blob.c - packing, files and unpacking of blobs. It knows neither sessions nor the database.
 */
#include "log/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/memory.h"
#include "platform/file.h"

enum { LEVEL = 3 };

rein_status blob_pack(str bytes, char **data, size_t *n, struct error *err)
{
    size_t room = ZSTD_compressBound(bytes.n);

    *data = memory_new(room);
    *n = ZSTD_compress(*data, room, bytes.p, bytes.n, LEVEL);
    if (!ZSTD_isError(*n))
        return REIN_OK;
    free(*data);
    *data = NULL;
    return fail(err, REIN_FAILED, "compress %zu bytes: %s", bytes.n, ZSTD_getErrorName(*n));
}

/* blobs/ab/cdef....zst: a folder for each first byte keeps folders small. */
static rein_status path_of(const char *folder, struct digest sha, char path[PATH_MAX],
                           struct error *err)
{
    char hex[DIGEST_HEX_SIZE];

    digest_hex(sha, hex);
    if (snprintf(path, PATH_MAX, "%s/blobs/%.2s/%s.zst", folder, hex, hex + 2) >= PATH_MAX)
        return fail(err, REIN_INVALID, "the store's path is too long");
    return REIN_OK;
}

/* A new folder is there after a crash only once the folder that names it is synced. */
static rein_status make_folder(const char *folder, struct digest sha, struct error *err)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/blobs/%02x", folder, sha.b[0]);
    if (access(path, F_OK) == 0)
        return REIN_OK;
    rein_status status = file_make_folder(path, 0700, err);
    for (int up = 0; up < 2 && status == REIN_OK; up++) {
        *strrchr(path, '/') = '\0';
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) < 0)
            status = fail_errno(err, errno, "sync '%s'", path);
        if (fd >= 0)
            close(fd);
    }
    return status;
}

rein_status blob_write_file(const char *folder, struct digest sha, str data, struct error *err)
{
    char path[PATH_MAX];
    rein_status status = path_of(folder, sha, path, err);

    if (status == REIN_OK)
        status = make_folder(folder, sha, err);
    return status == REIN_OK ? file_write_atomic(path, data, 0600, err) : status;
}

static rein_status unpack(const struct packed_blob *blob, str data, struct buf *out,
                          struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    unsigned long long size = ZSTD_getFrameContentSize(data.p, data.n);
    size_t before = out->n;

    digest_hex(blob->sha, hex);
    if (size != blob->size)
        return fail(err, REIN_CORRUPT, "blob %s is damaged: its size is not %llu", hex,
                    (unsigned long long)blob->size);
    char *room = buf_room(out, size);
    if (!room)
        return fail(err, REIN_LIMIT, "blob %s has %llu bytes; %zu are allowed", hex, size,
                    out->max - out->n);
    size_t n = ZSTD_decompress(room, size, data.p, data.n);
    if (ZSTD_isError(n) || n != size)
        return fail(err, REIN_CORRUPT, "blob %s is damaged: it cannot be unpacked", hex);
    buf_grown(out, n);
    if (digest_eq(sha256_of(str_make(out->p + before, n)), blob->sha))
        return REIN_OK;
    out->n = before;
    return fail(err, REIN_CORRUPT, "blob %s is damaged: its content has another digest", hex);
}

rein_status blob_unpack(const char *folder, const struct packed_blob *blob, struct buf *out,
                        struct error *err)
{
    char path[PATH_MAX];
    struct buf file;
    rein_status status;

    if (blob->data.p)
        return unpack(blob, blob->data, out, err);
    buf_init(&file, ZSTD_compressBound(BLOB_MAX));
    status = path_of(folder, blob->sha, path, err);
    if (status == REIN_OK)
        status = file_read(path, &file, err);
    if (status == REIN_NOT_FOUND)
        status = fail(err, REIN_CORRUPT, "a blob's file is missing: '%s'", path);
    if (status == REIN_OK)
        status = unpack(blob, buf_str(&file), out, err);
    buf_fini(&file);
    return status;
}
