/*
 * json_peer_test.c - our reader beside json-c's strict one, on texts made and then broken by
 * chance: what we take json-c takes too, and both see the same values. What we refuse beyond that is named.
 */
#include "test.h"

/* Two of its type names are functions of ours. */
#define json_object json_c_object
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_object
#undef json_bool

#include "base/json.h"

enum { TEXTS = 4000, BROKEN = 8, LEVELS = 5 };

static uint64_t random_state = 88172645463325252;

static unsigned chance(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % n;
}

static void make_space(struct buf *out)
{
    if (chance(4) == 0)
        buf_byte(out, " \t\r\n"[chance(4)]);
}

static void make_string(struct buf *out)
{
    static const char *const parts[] = {"a",
                                        "bcdefghijkl",
                                        " ",
                                        "\\n",
                                        "\\\"",
                                        "\\\\",
                                        "\\/",
                                        "\\u00e9",
                                        "\xC3\xA9",
                                        "\xE2\x82\xAC",
                                        "\\ud83d\\ude00",
                                        "\xF0\x9F\x98\x80",
                                        "0",
                                        "{",
                                        "]",
                                        ",",
                                        "\\t",
                                        "\\u000b"};

    buf_byte(out, '"');
    for (unsigned n = chance(6); n > 0; n--)
        buf_add(out, str_of(parts[chance(sizeof(parts) / sizeof(parts[0]))]));
    buf_byte(out, '"');
}

static void make_scalar(struct buf *out)
{
    static const char *const scalars[] = {"null",
                                          "true",
                                          "false",
                                          "0",
                                          "-1",
                                          "1.5",
                                          "-0.25e3",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "1e-7",
                                          "123456.789",
                                          "2E+2"};

    if (chance(2))
        make_string(out);
    else
        buf_add(out, str_of(scalars[chance(sizeof(scalars) / sizeof(scalars[0]))]));
}

static void make_value(struct buf *out, int level)
{
    unsigned kind = level < LEVELS ? chance(4) : 3;
    bool is_object = kind == 0;

    make_space(out);
    if (kind > 1) {
        make_scalar(out);
    } else {
        unsigned n = chance(5);

        buf_byte(out, is_object ? '{' : '[');
        for (unsigned i = 0; i < n; i++) {
            if (i)
                buf_byte(out, ',');
            if (is_object) {
                make_space(out);
                buf_printf(out, "\"k%u\"", i); /* json-c keeps one of equal keys: none here */
                make_space(out);
                buf_byte(out, ':');
            }
            make_value(out, level + 1);
        }
        make_space(out);
        buf_byte(out, is_object ? '}' : ']');
    }
    make_space(out);
}

static void break_text(struct buf *text)
{
    static const char bytes[] = "\"\\{}[],:0123eE+-.ntfu \t\n\x01\x80\xC3\xE2\xFF/a";
    size_t at = chance((unsigned)text->n);

    switch (chance(3)) {
    case 0: text->p[at] = bytes[chance(sizeof(bytes) - 1)]; break;
    case 1: /* shorter from here */
        memmove(text->p + at, text->p + at + 1, text->n - at);
        text->n--;
        break;
    default: text->p[text->n = at] = 0; break;
    }
}

static bool is_same(const struct json *ours, json_c_object *theirs)
{
    size_t i = 0;
    int64_t exact;

    switch (ours->kind) {
    case JSON_NULL: return theirs == NULL;
    case JSON_FALSE:
    case JSON_TRUE:
        return json_object_is_type(theirs, json_type_boolean) &&
               json_object_get_boolean(theirs) == (ours->kind == JSON_TRUE);
    case JSON_STRING:
        return json_object_is_type(theirs, json_type_string) &&
               str_eq(ours->text, (str){json_object_get_string(theirs),
                                        (size_t)json_object_get_string_len(theirs)});
    case JSON_NUMBER:
        if (json_object_is_type(theirs, json_type_int))
            return !json_to_i64(ours, &exact) || json_object_get_int64(theirs) == exact;
        return json_object_get_double(theirs) == json_to_real(ours);
    case JSON_ARRAY:
        if (json_object_array_length(theirs) != ours->count)
            return false;
        json_each (item, ours) {
            if (!is_same(item, json_object_array_get_idx(theirs, i++)))
                return false;
        }
        return true;
    case JSON_OBJECT:
        json_each (item, ours) {
            json_c_object *theirs_item;
            char key[256];

            if (item->key.n >= sizeof(key) || memchr(item->key.p, 0, item->key.n))
                continue;
            memcpy(key, item->key.p, item->key.n);
            key[item->key.n] = 0;
            const struct json *last = json_get(ours, key); /* json-c keeps the last of a name too */
            if (!json_object_object_get_ex(theirs, key, &theirs_item) ||
                !is_same(last, theirs_item))
                return false;
        }
        return true;
    }
    return false;
}

/* What json-c lets pass in strict mode and RFC 8259 does not: control characters in strings, lone
 * surrogates, some forms of numbers and, since it reads C strings, a NUL at the end. */
static bool is_known_difference(const char *fault)
{
    return strstr(fault, "control characters") || strstr(fault, "surrogate") ||
           strstr(fault, "digit") || strstr(fault, "got byte 0x00");
}

static void compare(struct arena *a, str text)
{
    struct json_tokener *peer = json_tokener_new_ex(JSON_DEPTH + 1);
    struct error err = {0};
    struct json *ours = NULL;

    json_tokener_set_flags(peer, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_c_object *theirs = json_tokener_parse_ex(peer, text.p, (int)text.n + 1);
    bool they_take = json_tokener_get_error(peer) == json_tokener_success &&
                     json_tokener_get_parse_end(peer) >= text.n;
    bool we_take = json_parse(text, JSON_DEPTH, a, &ours, &err) == REIN_OK;

    if (we_take && !they_take)
        test_fail("only we take it: %.*s", FS(text));
    if (they_take && !we_take && !is_known_difference(err.text))
        test_fail("only json-c takes it: %.*s (%s)", FS(text), err.text);
    if (we_take && !is_same(ours, theirs))
        test_fail("values differ: %.*s", FS(text));
    json_object_put(theirs);
    json_tokener_free(peer);
}

static void reads_as_json_c_does(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    for (int i = 0; i < TEXTS; i++) {
        struct buf text;

        buf_init(&text, 1 << 20);
        make_value(&text, 0);
        compare(&a, buf_str(&text));
        for (int j = 0; j < BROKEN && text.n > 0; j++) {
            break_text(&text);
            compare(&a, buf_str(&text));
        }
        buf_fini(&text);
        arena_reset(&a);
    }
    arena_fini(&a);
}

const struct CMUnitTest json_peer_tests[] = {
    cmocka_unit_test(reads_as_json_c_does),
};
const size_t json_peer_tests_n = sizeof(json_peer_tests) / sizeof(json_peer_tests[0]);
