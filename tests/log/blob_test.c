/* blob_test.c - content by its digest: both places, both directions, damage. */
#include "raw.h"

/* Bytes that compress badly (`noise`) or well, the same for the same seed. */
static char *content_of(size_t n, unsigned seed, bool noise)
{
    char *bytes = malloc(n + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (char)(noise ? seed >> 24 : 'a' + (seed >> 24) % 3);
    }
    return bytes;
}

static const size_t sizes[] = {0, 1, 63, 4096, 65535, 65536, 65537, 1000000};

static void content_comes_back_by_its_digest(void **state)
{
    (void)state;
    struct fixture f;
    struct digest sha[8][2];
    struct error err = {0};
    uint64_t events;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);

    for (size_t i = 0; i < 8; i++)
        for (int noise = 0; noise < 2; noise++) {
            char *bytes = content_of(sizes[i], (unsigned)i, noise);
            assert_ok(log_blob(log, str_make(bytes, sizes[i]), &sha[i][noise], &err), err);
            struct digest wanted = sha256_of(str_make(bytes, sizes[i]));
            assert_true(digest_eq(sha[i][noise], wanted));
            free(bytes);
        }
    wait_for(&f, log, put(log, 1));
    assert_int_equal(store_commits(f.store), 1);
    log_close(log);
    fixture_close(&f);
    fixture_open(&f);
    for (size_t i = 0; i < 8; i++)
        for (int noise = 0; noise < 2; noise++) {
            char *bytes = content_of(sizes[i], (unsigned)i, noise);
            struct buf out;
            buf_init(&out, 1000000);
            assert_ok(store_blob(f.store, sha[i][noise], &out, &err), err);
            assert_true(str_eq(buf_str(&out), str_make(bytes, sizes[i])));
            buf_fini(&out);
            free(bytes);
        }
    assert_ok(store_verify(f.store, id, &events, &err), err);
    fixture_fini(&f);
}

/* Also while the writer has not written it. */
static void content_is_there_at_once(void **state)
{
    (void)state;
    struct fixture f;
    struct digest sha;
    struct error err = {0};
    struct buf out;
    fixture_init(&f);
    struct log *log = fixture_session(&f, id_new());

    buf_init(&out, 100);
    assert_ok(log_blob(log, S("just now"), &sha, &err), err);
    assert_ok(store_blob(f.store, sha, &out, &err), err);
    assert_string_equal(out.p, "just now");
    assert_int_equal(store_blob(f.store, sha256_of(S("never")), &out, &err), REIN_NOT_FOUND);
    wait_for(&f, log, put(log, 1));
    buf_clear(&out);
    assert_ok(store_blob(f.store, sha, &out, &err), err);
    assert_string_equal(out.p, "just now");
    struct buf small;
    buf_init(&small, 3);
    assert_int_equal(store_blob(f.store, sha, &small, &err), REIN_LIMIT);
    buf_fini(&small);
    buf_fini(&out);
    log_close(log);
    fixture_fini(&f);
}

static bool count_row(void *data, const struct session_row *row)
{
    (void)row;
    ++*(int *)data;
    return true;
}

static void the_same_content_is_kept_once(void **state)
{
    (void)state;
    struct fixture f;
    struct digest sha;
    struct error err = {0};
    struct id ids[2] = {id_new(), id_new()};
    uint64_t events;
    int rows = 0;
    fixture_init(&f);
    char *large = content_of(200000, 1, true);

    for (int i = 0; i < 2; i++) {
        struct log *log = fixture_session(&f, ids[i]);
        f.stored = 0;
        for (int again = 0; again < 3; again++) {
            assert_ok(log_blob(log, S("small"), &sha, &err), err);
            assert_ok(log_blob(log, str_make(large, 200000), &sha, &err), err);
            wait_for(&f, log, put(log, 1));
        }
        log_close(log);
    }
    /* Only the sessions' own notes of it are counted twice. */
    assert_int_equal(raw_try(&f, "CREATE TABLE two AS SELECT count(*) AS n FROM blob;"
                                 "CREATE TABLE check_two(n CHECK(n = 2));"
                                 "INSERT INTO check_two SELECT n FROM two;"
                                 "CREATE TABLE check_four(n CHECK(n = 4));"
                                 "INSERT INTO check_four SELECT count(*) FROM blob_use"),
                     SQLITE_OK);
    for (int i = 0; i < 2; i++)
        assert_ok(store_verify(f.store, ids[i], &events, &err), err);
    assert_ok(store_list(f.store, S(""), count_row, &rows, &err), err);
    assert_int_equal(rows, 2);
    free(large);
    fixture_fini(&f);
}

static void blob_path(const struct fixture *f, struct digest sha, char path[256])
{
    char hex[DIGEST_HEX_SIZE];

    digest_hex(sha, hex);
    snprintf(path, 256, "%s/blobs/%.2s/%s.zst", f->folder, hex, hex + 2);
}

static void damaged_content_is_found(void **state)
{
    (void)state;
    struct fixture f;
    struct digest small, large;
    struct error err = {0};
    struct buf out;
    uint64_t events;
    char path[256], bytes[200];
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    char *content = content_of(100000, 3, true);

    assert_ok(log_blob(log, S("small content"), &small, &err), err);
    assert_ok(log_blob(log, str_make(content, 100000), &large, &err), err);
    wait_for(&f, log, put(log, 1));
    log_close(log);
    assert_ok(store_verify(f.store, id, &events, &err), err);
    blob_path(&f, large, path);
    buf_init(&out, 1 << 20);

    size_t n = file_bytes(path, bytes, sizeof bytes);
    assert_int_equal(n, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += 13) {
        char flipped = (char)(bytes[i] ^ 4);
        write_at(path, (off_t)i, &flipped, 1);
        buf_clear(&out);
        assert_int_equal(store_blob(f.store, large, &out, &err), REIN_CORRUPT);
        assert_int_equal(out.n, 0);
        write_at(path, (off_t)i, &bytes[i], 1);
    }
    assert_int_equal(truncate(path, 5000), 0);
    assert_int_equal(store_blob(f.store, large, &out, &err), REIN_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_verify(f.store, id, &events, &err), REIN_CORRUPT);
    assert_non_null(strstr(err.text, "missing"));

    raw(&f, "DROP TRIGGER blob_keep; UPDATE blob SET size = size + 1 WHERE data IS NOT NULL");
    assert_int_equal(store_blob(f.store, small, &out, &err), REIN_CORRUPT);
    raw(&f, "UPDATE blob SET size = size - 1, data = x'28b52ffd' WHERE data IS NOT NULL");
    assert_int_equal(store_blob(f.store, small, &out, &err), REIN_CORRUPT);
    raw(&f, "PRAGMA foreign_keys=OFF; DELETE FROM blob");
    assert_int_equal(store_blob(f.store, small, &out, &err), REIN_NOT_FOUND);
    assert_int_equal(store_verify(f.store, id, &events, &err), REIN_CORRUPT);
    buf_fini(&out);
    free(content);
    fixture_fini(&f);
}

const struct CMUnitTest blob_tests[] = {
    cmocka_unit_test(content_comes_back_by_its_digest),
    cmocka_unit_test(content_is_there_at_once),
    cmocka_unit_test(the_same_content_is_kept_once),
    cmocka_unit_test(damaged_content_is_found),
};
const size_t blob_tests_n = sizeof blob_tests / sizeof *blob_tests;
