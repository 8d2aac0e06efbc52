/*
 * json.h - text to an arena tree and back, byte for byte.
 *
 * The reader is strict (RFC 8259: no comments, no trailing text, valid UTF-8, no lone surrogates,
 * no raw control characters in strings), depth-limited and without recursion. Nodes point into the
 * source, which must outlive them; number text, key order, duplicate keys and escapes are kept, and
 * every node knows its source slice, so that a subtree is written back unchanged. The writer only
 * appends; json_raw() splices text that is JSON already.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    bool escaped;       /* a string with escapes: `text` is decoded in the arena */
    str text;           /* string: decoded; number: as it stands */
    str source;         /* the whole value as it stands in the source */
    str key;            /* decoded key, in an object */
    struct json *next;  /* sibling */
    struct json *first; /* first child of an array or object */
    size_t count;       /* children */
};

#define JSON_DEPTH 64

/* Parse all of `text`. The tree lives in `a` and points into `text`. REIN_INVALID says line and
 * column and what was expected; REIN_LIMIT past `depth` levels. */
rein_status json_parse(str text, size_t depth, struct arena *a, struct json **out,
                       struct error *err);

/* The member of an object: the last of that name (last wins), or NULL; NULL objects give NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* Scalars with a fallback when absent or of another kind. Numbers: integers exactly, others are
 * cut towards zero. */
str json_text(const struct json *object, const char *key, str fallback);
int64_t json_int(const struct json *object, const char *key, int64_t fallback);
double json_real(const struct json *object, const char *key, double fallback);
bool json_bool(const struct json *object, const char *key, bool fallback);

/* The value of a number node exactly; false when it is no int64 integer (1.0 and 1e2 are). */
bool json_to_i64(const struct json *node, int64_t *out);
double json_to_real(const struct json *node);

/* Whether two values are the same whatever their text: numbers by value, members in any order (not
 * below 256 levels). The order of two numbers, exact when both are integers: <0, 0, >0. */
bool json_is_equal(const struct json *a, const struct json *b);
int json_compare(const struct json *a, const struct json *b);

#define json_each(item, node) \
    for (const struct json *item = (node) ? (node)->first : NULL; item; item = item->next)

/* Canonical form of the log: as it arrived, less the space between tokens. Appends to `out`. */
void json_compact(const struct json *node, struct buf *out);

/* The same without a tree, for text that was parsed already or comes from our own writer. */
void json_compact_text(str text, struct buf *out);

/* ---- writing ------------------------------------------------------------------------------- */

/* Appends to `out`; commas are kept by depth (up to JSON_DEPTH). No failure but buf's maximum. */
struct json_writer {
    struct buf *out;
    uint64_t comma; /* bit d: a value stands already at depth d */
    unsigned depth;
};

void json_begin(struct json_writer *w, struct buf *out);
void json_object(struct json_writer *w);     /* { */
void json_object_end(struct json_writer *w); /* } */
void json_array(struct json_writer *w);      /* [ */
void json_array_end(struct json_writer *w);  /* ] */
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, str key);

/* A string: invalid UTF-8 becomes U+FFFD, control characters are escaped, "/" and non-ASCII stand
 * as they are. */
void json_string(struct json_writer *w, str s);
void json_integer(struct json_writer *w, int64_t n);
void json_number(struct json_writer *w, double n); /* shortest text that reads back the same */
void json_boolean(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, str json); /* a value that is JSON already */

/* key and value in one. */
void json_put(struct json_writer *w, const char *key, str s);
void json_put_int(struct json_writer *w, const char *key, int64_t n);
void json_put_bool(struct json_writer *w, const char *key, bool b);
void json_put_raw(struct json_writer *w, const char *key, str json);

/* Only the escaped text without the quotes, for building strings piece by piece. */
void json_escape(struct buf *out, str s);

#endif
