/*
 * export_test.c - the portable file: read again here by other means than it was written with, so
 * that what docs/log.md says of it is enough to verify one.
 */
#include "raw.h"

#include "base/json.h"
#include "base/text.h"

static void take_bytes(void *data, const char *bytes, size_t n)
{
    buf_add(data, str_make(bytes, n));
}

static void unhex(str hex, unsigned char *out, size_t n)
{
    assert_int_equal(hex.n, 2 * n);
    for (size_t i = 0; i < n; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex.p + 2 * i, "%2x", &value), 1);
        out[i] = (unsigned char)value;
    }
}

/* Little-endian, as docs/log.md says. */
static void add_number(struct buf *b, uint64_t n)
{
    for (int i = 0; i < 8; i++)
        buf_byte(b, (char)(n >> 8 * i));
}

static void add_id(struct buf *b, str uuid)
{
    struct id id = {{0}};

    if (uuid.n)
        assert_true(id_parse(uuid, &id));
    buf_add(b, str_make((char *)id.b, 16));
}

/* The hash of an event's line and of what was before; asserts its leaf. */
static struct digest hash_line(str line, const struct json *ev, str session, struct digest previous)
{
    struct buf b;
    unsigned char salt[16];
    struct digest leaf, hash;

    buf_init(&b, BUF_NO_MAX);
    assert_true(digest_parse(json_text(ev, "leaf", S("")), &leaf));
    size_t payload = str_search(line, S(",\"payload\":"));
    if (payload != SIZE_MAX) {
        unhex(json_text(ev, "salt", S("")), salt, 16);
        buf_add(&b, str_make((char *)salt, 16));
        str text = str_skip(line, payload + strlen(",\"payload\":"));
        buf_add(&b, str_take(text, text.n - 1));
        assert_true(digest_eq(sha256_of(buf_str(&b)), leaf));
    }
    buf_clear(&b);
    str type = json_text(ev, "type", S(""));
    buf_add(&b, str_make((char *)previous.b, 32));
    add_id(&b, session);
    add_number(&b, (uint64_t)json_int(ev, "seq", 0));
    add_id(&b, json_text(ev, "id", S("")));
    add_id(&b, json_text(ev, "thread", S("")));
    add_number(&b, type.n);
    buf_add(&b, type);
    add_number(&b, (uint64_t)json_int(ev, "v", 0));
    add_number(&b, (uint64_t)json_int(ev, "at", 0));
    add_number(&b, (uint64_t)json_int(ev, "cause", -1));
    buf_add(&b, str_make((char *)leaf.b, 32));
    hash = sha256_of(buf_str(&b));
    buf_fini(&b);
    return hash;
}

struct counted {
    int headers, events, blobs, ends;
};

static void check_blob(const struct json *line)
{
    struct digest wanted, sha;
    struct buf content;

    buf_init(&content, BUF_NO_MAX);
    assert_true(base64_decode(&content, json_text(line, "data", S("?"))));
    assert_int_equal(content.n, json_int(line, "size", -1));
    assert_true(digest_parse(json_text(line, "blob", S("")), &wanted));
    sha = sha256_of(buf_str(&content));
    assert_true(digest_eq(sha, wanted));
    buf_fini(&content);
}

/* Line by line, asserting every digest. */
static struct counted verify_file(str text)
{
    struct counted n = {0};
    struct digest previous = {{0}}, hash;
    struct arena a;
    struct error err = {0};
    str session = {0};

    arena_init(&a);
    assert_true(text.n > 0 && text.p[text.n - 1] == '\n');
    while (text.n) {
        struct json *j;
        str line = str_cut(&text, '\n');
        assert_ok(json_parse(line, JSON_DEPTH, &a, &j, &err), err);
        assert_int_equal(n.ends, 0); /* nothing comes after the end */
        if (json_get(j, "rein_export")) {
            assert_int_equal(json_int(j, "rein_export", 0), 1);
            session = json_text(j, "session", S(""));
            n.headers++;
        } else if (json_get(j, "seq")) {
            assert_int_equal(json_int(j, "seq", 0), ++n.events);
            hash = hash_line(line, j, session, previous);
            assert_true(digest_parse(json_text(j, "hash", S("")), &previous));
            assert_true(digest_eq(hash, previous));
        } else if (json_get(j, "blob")) {
            check_blob(j);
            n.blobs++;
        } else {
            assert_int_equal(json_int(j, "events", -1), n.events);
            assert_int_equal(json_int(j, "blobs", -1), n.blobs);
            assert_true(digest_parse(json_text(j, "head", S("")), &hash));
            assert_true(digest_eq(hash, previous));
            n.ends++;
        }
    }
    arena_fini(&a);
    return n;
}

static void an_export_verifies_by_its_own(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct digest sha;
    struct buf out;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);
    struct event evs[3] = {
        {.type = EV_USER_MESSAGE, .payload = S_INIT("{\"payload\":{\",\\\"payload\\\":\":1}}")},
        {.type = EV_AGENT_MESSAGE,
         .payload = S_INIT("{\"t\":\"\xc3\xa4\\u0000\"}"),
         .cause = 1,
         .thread = {{1, 2, 3}}},
        {.type = EV_UNKNOWN,
         .name = S_INIT("future.\"kind\""),
         .version = 9,
         .payload = S_INIT("[]")},
    };
    char *large = calloc(1, 100000);

    assert_ok(log_append(log, evs, 3, &err), err);
    assert_ok(log_blob(log, S("small"), &sha, &err), err);
    assert_ok(log_blob(log, str_make(large, 100000), &sha, &err), err);
    put(log, 2);
    log_close(log);
    raw(&f,
        "DROP TRIGGER event_keep_1; UPDATE event SET payload = NULL, salt = NULL WHERE seq = 4");
    buf_init(&out, BUF_NO_MAX);
    assert_ok(store_export(f.store, id, take_bytes, &out, &err), err);
    struct counted n = verify_file(buf_str(&out));
    assert_int_equal(n.headers, 1);
    assert_int_equal(n.events, 5);
    assert_int_equal(n.blobs, 2);
    assert_int_equal(n.ends, 1);
    buf_fini(&out);
    free(large);
    fixture_fini(&f);
}

static void a_damaged_session_gets_no_closing_line(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct buf out;
    fixture_init(&f);
    struct id id = id_new();
    struct log *log = fixture_session(&f, id);

    put(log, 4);
    log_close(log);
    raw(&f, "DROP TRIGGER event_keep_1; UPDATE event SET payload = '{}' WHERE seq = 3");
    buf_init(&out, BUF_NO_MAX);
    assert_int_equal(store_export(f.store, id, take_bytes, &out, &err), REIN_CORRUPT);
    assert_int_equal(str_search(buf_str(&out), S("\"head\"")), SIZE_MAX);
    buf_clear(&out);
    assert_int_equal(store_export(f.store, id_new(), take_bytes, &out, &err), REIN_NOT_FOUND);
    assert_int_equal(out.n, 0);
    buf_fini(&out);
    fixture_fini(&f);
}

const struct CMUnitTest export_tests[] = {
    cmocka_unit_test(an_export_verifies_by_its_own),
    cmocka_unit_test(a_damaged_session_gets_no_closing_line),
};
const size_t export_tests_n = sizeof export_tests / sizeof *export_tests;
