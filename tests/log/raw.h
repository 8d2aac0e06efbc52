/* raw.h - the store's database behind its back: what a broken disk or another program does. */
#ifndef TESTS_LOG_RAW_H
#define TESTS_LOG_RAW_H

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "fixture.h"

static inline int raw_try(const struct fixture *f, const char *sql)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/rein.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

static inline void raw(const struct fixture *f, const char *sql)
{
    int code = raw_try(f, sql);

    if (code != SQLITE_OK)
        test_fail("%s: %s", sql, sqlite3_errstr(code));
}

/* A file of the store, read and written as bytes; only while nobody has it open. */
static inline size_t file_bytes(const char *path, char *bytes, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes, room);
    assert_true(n >= 0);
    close(fd);
    return (size_t)n;
}

static inline void write_at(const char *path, off_t at, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), n);
    close(fd);
}

#endif
