/*
 * field.c - what follows from a table of fields: decoding with the path of each fault, and the
 * JSON Schema. Knows nothing about whose fields they are. The depth of recursion is the table's.
 */
#include "base/field.h"
#include "base/json_path.h"

#include <stdarg.h>
#include <stdio.h>

enum { FAULTS_MAX = 20 };

struct decoder {
    struct arena *arena;
    struct buf *faults;
    struct error *err;
    size_t n; /* faults so far */
};

/* ---- faults -------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void fault(struct decoder *d,
                                                        const struct json_path *path,
                                                        const char *format, ...)
{
    char text[160];
    struct buf where;
    va_list args;

    if (d->n++ >= FAULTS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_init(&where, 4096);
    json_path_text(path, &where);
    if (where.n == 0)
        buf_add(&where, S("the input"));
    if (d->n == 1)
        fail(d->err, REIN_INVALID, "%.*s: %s", FS(buf_str(&where)), text);
    if (d->faults)
        buf_printf(d->faults, "%.*s: %s\n", FS(buf_str(&where)), text);
    buf_fini(&where);
}

static void fault_kind(struct decoder *d, const struct json_path *path, const char *expected,
                       const struct json *value)
{
    static const char *const kinds[] = {"null",   "false", "true",  "number",
                                        "string", "array", "object"};

    fault(d, path, "expected %s, got %s", expected, kinds[value->kind]);
}

/* ---- decoding ------------------------------------------------------------------------------ */

static void decode_object(struct decoder *d, const struct field *fields, const struct json *object,
                          char *out, const struct json_path *path);

static void decode_integer(struct decoder *d, const struct field *field, const struct json *value,
                           int64_t *out, const struct json_path *path)
{
    if (!json_to_i64(value, out)) {
        if (value->kind == JSON_NUMBER)
            fault(d, path, "expected integer, got %.*s", FS(str_take(value->text, 32)));
        else
            fault_kind(d, path, "integer", value);
        return;
    }
    if (field->max <= field->min)
        return;
    if (*out < field->min)
        fault(d, path, "expected at least %lld, got %lld", (long long)field->min, (long long)*out);
    else if (*out > field->max)
        fault(d, path, "expected at most %lld, got %lld", (long long)field->max, (long long)*out);
}

static void decode_choice(struct decoder *d, const struct field *field, const struct json *value,
                          str *out, const struct json_path *path)
{
    str rest = str_of(field->choices);

    if (value->kind != JSON_STRING) {
        fault_kind(d, path, "string", value);
        return;
    }
    while (rest.p) {
        if (str_eq(str_cut(&rest, '|'), value->text)) {
            *out = value->text;
            return;
        }
    }
    fault(d, path, "expected one of %s", field->choices);
}

static void decode_list(struct decoder *d, const struct field *field, const struct json *value,
                        struct field_list *out, const struct json_path *path)
{
    size_t size = field->sub ? field->sub_size : sizeof(str), i = 0;

    if (value->kind != JSON_ARRAY) {
        fault_kind(d, path, "array", value);
        return;
    }
    if (field->min > 0 && value->count < (size_t)field->min)
        fault(d, path, "expected at least %lld items, got %zu", (long long)field->min,
              value->count);
    if (field->max > 0 && value->count > (size_t)field->max) {
        fault(d, path, "expected at most %lld items, got %zu", (long long)field->max, value->count);
        return;
    }
    out->n = value->count;
    out->items = arena_alloc(d->arena, size * value->count);
    json_each (item, value) {
        struct json_path here = {.parent = path, .index = i};
        char *to = (char *)out->items + i++ * size;

        if (field->sub)
            decode_object(d, field->sub, item, to, &here);
        else if (item->kind == JSON_STRING)
            memcpy(to, &item->text, sizeof(str));
        else
            fault_kind(d, &here, "string", item);
    }
}

static void decode_bool(struct decoder *d, const struct json *value, bool *out,
                        const struct json_path *path)
{
    *out = value->kind == JSON_TRUE;
    if (value->kind != JSON_TRUE && value->kind != JSON_FALSE)
        fault_kind(d, path, "boolean", value);
}

static void decode_value(struct decoder *d, const struct field *field, const struct json *value,
                         void *out, const struct json_path *path)
{
    switch (field->type) {
    case FIELD_STR:
        if (value->kind == JSON_STRING)
            *(str *)out = value->text;
        else
            fault_kind(d, path, "string", value);
        break;
    case FIELD_INT: decode_integer(d, field, value, out, path); break;
    case FIELD_REAL:
        if (value->kind == JSON_NUMBER)
            *(double *)out = json_to_real(value);
        else
            fault_kind(d, path, "number", value);
        break;
    case FIELD_BOOL: decode_bool(d, value, out, path); break;
    case FIELD_ENUM: decode_choice(d, field, value, out, path); break;
    case FIELD_LIST: decode_list(d, field, value, out, path); break;
    case FIELD_JSON: *(const struct json **)out = value; break;
    case FIELD_END: break;
    }
}

static void set_fallback(const struct field *field, void *out)
{
    if (field->type == FIELD_INT)
        *(int64_t *)out = field->fallback;
    else if (field->type == FIELD_BOOL)
        *(bool *)out = field->fallback != 0;
}

static bool is_known(const struct field *fields, str name)
{
    for (; fields->type != FIELD_END; fields++) {
        if (str_eq(str_of(fields->name), name))
            return true;
    }
    return false;
}

static void decode_object(struct decoder *d, const struct field *fields, const struct json *object,
                          char *out, const struct json_path *path)
{
    if (object->kind != JSON_OBJECT) {
        fault_kind(d, path, "object", object);
        return;
    }
    for (const struct field *field = fields; field->type != FIELD_END; field++) {
        const struct json *value = json_get(object, field->name);
        struct json_path here = {.parent = path, .name = str_of(field->name)};

        if (value && value->kind == JSON_NULL && field->need == OPTIONAL &&
            field->type != FIELD_JSON)
            value = NULL; /* many models write null for what they leave out */
        if (value)
            decode_value(d, field, value, out + field->offset, &here);
        else if (field->need == REQUIRED)
            fault(d, &here, "required but missing");
        else
            set_fallback(field, out + field->offset);
    }
    json_each (item, object) {
        struct json_path here = {.parent = path, .name = item->key};

        if (!is_known(fields, item->key))
            fault(d, &here, "unknown parameter");
    }
}

rein_status field_decode(const struct field *fields, const struct json *object, void *out,
                         size_t size, struct arena *a, struct buf *faults, struct error *err)
{
    struct decoder d = {.arena = a, .faults = faults, .err = err};
    struct json nothing = {.kind = JSON_NULL};

    memset(out, 0, size);
    decode_object(&d, fields, object ? object : &nothing, out, NULL);
    return d.n ? REIN_INVALID : REIN_OK;
}

/* ---- schema -------------------------------------------------------------------------------- */

static void put_choices(const char *choices, struct json_writer *w)
{
    str rest = str_of(choices);

    json_key(w, "enum");
    json_array(w);
    while (rest.p)
        json_string(w, str_cut(&rest, '|'));
    json_array_end(w);
}

static void put_items(const struct field *field, struct json_writer *w)
{
    json_key(w, "items");
    if (field->sub) {
        field_schema(field->sub, w);
    } else {
        json_object(w);
        json_put(w, "type", S("string"));
        json_object_end(w);
    }
    if (field->min > 0)
        json_put_int(w, "minItems", field->min);
    if (field->max > 0)
        json_put_int(w, "maxItems", field->max);
}

static void put_range(const struct field *field, struct json_writer *w)
{
    if (field->max <= field->min)
        return;
    if (field->min != INT64_MIN)
        json_put_int(w, "minimum", field->min);
    if (field->max != INT64_MAX)
        json_put_int(w, "maximum", field->max);
}

static void put_type(const struct field *field, struct json_writer *w)
{
    switch (field->type) {
    case FIELD_STR: json_put(w, "type", S("string")); break;
    case FIELD_INT:
        json_put(w, "type", S("integer"));
        put_range(field, w);
        if (field->fallback)
            json_put_int(w, "default", field->fallback);
        break;
    case FIELD_REAL: json_put(w, "type", S("number")); break;
    case FIELD_BOOL:
        json_put(w, "type", S("boolean"));
        if (field->fallback)
            json_put_bool(w, "default", true);
        break;
    case FIELD_ENUM:
        json_put(w, "type", S("string"));
        put_choices(field->choices, w);
        break;
    case FIELD_LIST:
        json_put(w, "type", S("array"));
        put_items(field, w);
        break;
    case FIELD_JSON:
    case FIELD_END: break;
    }
}

void field_schema(const struct field *fields, struct json_writer *w)
{
    json_object(w);
    json_put(w, "type", S("object"));
    json_key(w, "properties");
    json_object(w);
    for (const struct field *field = fields; field->type != FIELD_END; field++) {
        json_key(w, field->name);
        json_object(w);
        put_type(field, w);
        if (field->help)
            json_put(w, "description", str_of(field->help));
        json_object_end(w);
    }
    json_object_end(w);
    json_key(w, "required");
    json_array(w);
    for (const struct field *field = fields; field->type != FIELD_END; field++) {
        if (field->need == REQUIRED)
            json_string(w, str_of(field->name));
    }
    json_array_end(w);
    json_put_bool(w, "additionalProperties", false);
    json_object_end(w);
}
