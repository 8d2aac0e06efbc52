/*
 * field.h - a struct described once as a table of rows: from it come decoding with the path in the
 * error ("edits[2].old_string: expected string"), the JSON Schema that a model sees, and docs.
 *
 *     static const struct field read_fields[] = {
 *         FIELD(struct read_args, file_path, FIELD_STR, REQUIRED, "Absolute path of the file."),
 *         FIELD(struct read_args, offset, FIELD_INT, OPTIONAL, "First line, from 1."),
 *         {0}
 *     };
 *
 * A struct member is: FIELD_STR str; FIELD_INT int64_t; FIELD_REAL double; FIELD_BOOL bool;
 * FIELD_JSON const struct json *; FIELD_LIST struct field_list (of structs described by `sub`, or
 * of str when sub is NULL); FIELD_ENUM str, one of `choices` ("a|b|c"). An absent optional leaves
 * the member zero; FIELD_HAS(args, member) is not kept: use a value that can't be meant, or
 * `fallback`.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include "base/json.h"

enum field_type {
    FIELD_END,
    FIELD_STR,
    FIELD_INT,
    FIELD_REAL,
    FIELD_BOOL,
    FIELD_ENUM,
    FIELD_LIST,
    FIELD_JSON
};
enum field_need { REQUIRED, OPTIONAL };

struct field_list {
    void *items; /* in the arena: an array of the sub struct, or of str */
    size_t n;
};

struct field {
    const char *name;
    enum field_type type;
    enum field_need need;
    size_t offset;
    const char *help;
    const char *choices;     /* FIELD_ENUM: "content|files_with_matches|count" */
    const struct field *sub; /* FIELD_LIST of structs */
    size_t sub_size;
    int64_t min, max; /* FIELD_INT when max > min; FIELD_LIST: number of items */
    int64_t fallback; /* FIELD_INT and FIELD_BOOL when absent */
};

#define FIELD(type_, member_, kind_, need_, help_, ...) \
    { \
        .name = #member_, .type = kind_, .need = need_, .offset = offsetof(type_, member_), \
        .help = help_, ##__VA_ARGS__ \
    }
/* The same under another name than the member's ("-i", "description"). */
#define FIELD_NAMED(type_, member_, name_, kind_, need_, help_, ...) \
    { \
        .name = name_, .type = kind_, .need = need_, .offset = offsetof(type_, member_), \
        .help = help_, ##__VA_ARGS__ \
    }

/* Decode `object` into the struct at `out` (zeroed by this call, `size` bytes). Strings point into
 * the tree. All faults are collected into one text for the model, a line each: the path, what was
 * expected, what came (20 at most); unknown members are faults too, null for an optional member is
 * not: it counts as absent. REIN_INVALID with the first in err; the whole list appended to `faults`
 * when it is not NULL. */
rein_status field_decode(const struct field *fields, const struct json *object, void *out,
                         size_t size, struct arena *a, struct buf *faults, struct error *err);

/* The JSON Schema of the table: {"type":"object","properties":{...},"required":[...],
 * "additionalProperties":false}, keys in the order of the rows. Deterministic bytes. */
void field_schema(const struct field *fields, struct json_writer *w);

#endif
