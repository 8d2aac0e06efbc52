/*
 * json_fuzz.c - any bytes to the JSON reader. What it takes, json-c takes too; written back compact
 * it is the same value, and compact again the same bytes; each node's slice lies in its parent's;
 * each string, written anew, reads back.
 */
/* Two of json-c's type names are functions of ours. */
#define json_object json_c_object
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_object
#undef json_bool

#include "base/json.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

static void check_string(struct arena *a, str text)
{
    struct json_writer w;
    struct json *again;
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    json_string(&w, text);
    FUZZ_CHECK(json_parse(buf_str(&out), 0, a, &again, NULL) == REIN_OK);
    FUZZ_CHECK(utf8_is_valid(text) && str_eq(again->text, text));
    buf_fini(&out);
}

static void check_number(const struct json *node)
{
    struct json_writer w;
    struct buf out;
    int64_t exact;

    if (json_to_i64(node, &exact) && exact > -(INT64_C(1) << 53) && exact < INT64_C(1) << 53)
        FUZZ_CHECK(json_to_real(node) == (double)exact);
    buf_init(&out, BUF_NO_MAX);
    json_begin(&w, &out);
    json_number(&w, json_to_real(node));
    if (!str_eq(buf_str(&out), S("null"))) { /* infinite, as 1e999 is */
        struct json again = {.kind = JSON_NUMBER, .text = buf_str(&out)};

        FUZZ_CHECK(json_to_real(&again) == json_to_real(node));
    }
    buf_fini(&out);
}

static void check_node(struct arena *a, const struct json *node)
{
    size_t count = 0;

    if (node->kind == JSON_STRING)
        check_string(a, node->text);
    if (node->kind == JSON_NUMBER)
        check_number(node);
    json_each (item, node) {
        FUZZ_CHECK(item->source.p > node->source.p);
        FUZZ_CHECK(item->source.p + item->source.n < node->source.p + node->source.n);
        check_node(a, item);
        count++;
    }
    FUZZ_CHECK(count == node->count);
}

/* Numbers that json-c makes errors of are left out; so is the NUL that it takes for the end. */
static void check_peer(str text)
{
    struct json_tokener *peer = json_tokener_new_ex(JSON_DEPTH + 1);

    json_tokener_set_flags(peer, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_c_object *theirs = json_tokener_parse_ex(peer, text.p, (int)text.n);
    enum json_tokener_error error = json_tokener_get_error(peer);

    FUZZ_CHECK(error == json_tokener_success || error == json_tokener_continue);
    json_object_put(theirs);
    json_tokener_free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    str text = {(const char *)bytes, n};
    struct error err = {0};
    struct json *root, *again;
    struct buf compact, twice;
    struct arena a;

    arena_init(&a);
    if (json_parse(text, JSON_DEPTH, &a, &root, &err) != REIN_OK) {
        FUZZ_CHECK(err.status == REIN_INVALID || err.status == REIN_LIMIT);
        FUZZ_CHECK(utf8_is_valid(str_of(err.text)));
        arena_fini(&a);
        return 0;
    }
    check_peer(text);
    check_node(&a, root);
    buf_init(&compact, n);
    buf_init(&twice, n);
    json_compact(root, &compact);
    FUZZ_CHECK(buf_ok(&compact));
    FUZZ_CHECK(json_parse(buf_str(&compact), JSON_DEPTH, &a, &again, NULL) == REIN_OK);
    json_compact(again, &twice);
    FUZZ_CHECK(str_eq(buf_str(&compact), buf_str(&twice)));
    buf_fini(&compact);
    buf_fini(&twice);
    arena_fini(&a);
    return 0;
}
