/*
 * schema.c - a JSON value against the part of JSON Schema that tools use. Knows no tool: who reads
 * the faults is a model that will write the value again, so each says where and what instead.
 */
#include "base/schema.h"
#include "base/text.h"
#include "base/json_path.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { FAULTS_MAX = 20, SHOWN = 64, DEEPEST = 4 * JSON_DEPTH };

/* One walk. Without `faults` it is a trial, which ends at the first fault. */
struct check {
    struct buf *faults;
    size_t n;
    unsigned depth;
};

static void check_value(struct check *c, const struct json *schema, const struct json *value,
                        const struct json_path *path);

/* ---- faults ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void fault(struct check *c,
                                                        const struct json_path *path,
                                                        const char *format, ...)
{
    struct buf line;
    char text[512];
    va_list args;

    if (c->n++ >= FAULTS_MAX || !c->faults)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_init(&line, 8192);
    json_path_text(path, &line);
    if (line.n)
        buf_printf(c->faults, "`%.*s`: %s\n", FS(buf_str(&line)), text);
    else
        buf_printf(c->faults, "the input: %s\n", text);
    buf_fini(&line);
}

static bool is_over(const struct check *c) { return c->n > 0 && !c->faults; }

/* What a schema says a value is called. */
static const char *kind_name(const struct json *value)
{
    switch (value->kind) {
    case JSON_NULL: return "null";
    case JSON_FALSE:
    case JSON_TRUE: return "boolean";
    case JSON_NUMBER: return "number";
    case JSON_STRING: return "string";
    case JSON_ARRAY: return "array";
    case JSON_OBJECT: return "object";
    }
    return "";
}

/* A value as it stands, shortened. */
static str shown(const struct json *value) { return utf8_head(value->source, SHOWN); }

/* ---- types ----------------------------------------------------------------------------------- */

static bool is_integer(const struct json *value)
{
    int64_t exact;

    if (json_to_i64(value, &exact))
        return true;
    double real =
        json_to_real(value); /* beyond 64 bits all are whole, as far as that can be said */

    return fabs(real) >= 0x1p63;
}

static bool has_type(const struct json *value, str type)
{
    if (str_eq(type, S("integer")))
        return value->kind == JSON_NUMBER && is_integer(value);
    return str_eq(type, str_of(kind_name(value)));
}

static bool fits_type(const struct json *type, const struct json *value)
{
    if (!type)
        return true;
    if (type->kind == JSON_STRING)
        return has_type(value, type->text);
    json_each (item, type) {
        if (has_type(value, item->text))
            return true;
    }
    return type->kind != JSON_ARRAY;
}

/* "string", or "string or null" for a list; commas are not worth it. */
static void put_type(const struct json *type, struct buf *out)
{
    if (type && type->kind == JSON_STRING) {
        if (out->n)
            buf_add(out, S(" or "));
        utf8_clean(out, utf8_head(type->text, SHOWN));
        return;
    }
    json_each (item, type)
        put_type(item, out);
}

/* An array or object that was put in quotes once more: a common slip of models. */
static bool is_quoted(const struct json *type, const struct json *value)
{
    if (value->kind != JSON_STRING)
        return false;
    str text = str_trim(value->text);
    struct json as_array = {.kind = JSON_ARRAY}, as_object = {.kind = JSON_OBJECT};

    return (str_starts(text, S("[")) && str_ends(text, S("]")) && fits_type(type, &as_array)) ||
           (str_starts(text, S("{")) && str_ends(text, S("}")) && fits_type(type, &as_object));
}

static void fault_type(struct check *c, const struct json *type, const struct json *value,
                       const struct json_path *path)
{
    struct buf expected;

    if (!c->faults) {
        c->n++;
        return;
    }
    buf_init(&expected, 256);
    put_type(type, &expected);
    if (is_quoted(type, value))
        fault(c, path, "expected %.*s, got string: give it as JSON itself, it must not be quoted",
              FS(buf_str(&expected)));
    else if (value->kind == JSON_NUMBER)
        fault(c, path, "expected %.*s, got number %.*s", FS(buf_str(&expected)), FS(shown(value)));
    else
        fault(c, path, "expected %.*s, got %s", FS(buf_str(&expected)), kind_name(value));
    buf_fini(&expected);
}

/* ---- choices and ranges ---------------------------------------------------------------------- */

static void check_choices(struct check *c, const struct json *schema, const struct json *value,
                          const struct json_path *path)
{
    const struct json *one = json_get(schema, "const"), *list = json_get(schema, "enum");
    struct buf allowed;

    if (one && !json_is_equal(one, value))
        fault(c, path, "expected %.*s, got %.*s", FS(shown(one)), FS(shown(value)));
    if (!list || list->kind != JSON_ARRAY)
        return;
    buf_init(&allowed, 300);
    json_each (item, list) {
        if (json_is_equal(item, value)) {
            buf_fini(&allowed);
            return;
        }
        buf_printf(&allowed, "%s%.*s", allowed.n ? ", " : "", FS(shown(item)));
    }
    fault(c, path, "expected one of %.*s%s, got %.*s", FS(buf_str(&allowed)),
          buf_ok(&allowed) ? "" : ", ...", FS(shown(value)));
    buf_fini(&allowed);
}

static void check_number(struct check *c, const struct json *schema, const struct json *value,
                         const struct json_path *path)
{
    static const struct {
        const char *keyword, *words;
        int sign;      /* a fault when the comparison has it, */
        bool or_equal; /* or when both are equal */
    } bounds[] = {
        {"minimum", "at least", -1, false},
        {"maximum", "at most", 1, false},
        {"exclusiveMinimum", "more than", -1, true},
        {"exclusiveMaximum", "less than", 1, true},
    };

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const struct json *bound = json_get(schema, bounds[i].keyword);

        if (!bound || bound->kind != JSON_NUMBER)
            continue;
        int order = json_compare(value, bound);

        if (order == bounds[i].sign || (order == 0 && bounds[i].or_equal))
            fault(c, path, "expected %s %.*s, got %.*s", bounds[i].words, FS(shown(bound)),
                  FS(shown(value)));
    }
}

/* A size against the bounds of two keywords. */
static void check_size(struct check *c, const struct json *schema, const char *least,
                       const char *most, size_t size, const char *unit,
                       const struct json_path *path)
{
    int64_t low = json_int(schema, least, 0), high = json_int(schema, most, INT64_MAX);

    if (low > 0 && size < (size_t)low)
        fault(c, path, "expected at least %lld %s, got %zu", (long long)low, unit, size);
    if (high >= 0 && size > (size_t)high)
        fault(c, path, "expected at most %lld %s, got %zu", (long long)high, unit, size);
}

/* ---- containers ------------------------------------------------------------------------------ */

static void check_items(struct check *c, const struct json *schema, const struct json *value,
                        const struct json_path *path)
{
    const struct json *items = json_get(schema, "items");
    size_t i = 0;

    check_size(c, schema, "minItems", "maxItems", value->count, "items", path);
    if (!items)
        return;
    json_each (item, value) {
        struct json_path here = {.parent = path, .index = i++};

        check_value(c, items, item, &here);
        if (is_over(c) || c->n > FAULTS_MAX)
            return;
    }
}

static const struct json *property_of(const struct json *properties, str name)
{
    json_each (item, properties) {
        if (str_eq(item->key, name))
            return item;
    }
    return NULL;
}

static void fault_unknown(struct check *c, const struct json *properties, str name,
                          const struct json_path *path)
{
    size_t best = word_mistakes(name) + 1;
    const struct json *nearest = NULL;

    json_each (item, properties) {
        size_t distance = word_distance(name, item->key);

        if (distance < best)
            best = distance, nearest = item;
    }
    if (nearest)
        fault(c, path, "unknown parameter (did you mean `%.*s`?)", FS(nearest->key));
    else
        fault(c, path, "unknown parameter");
}

static void check_required(struct check *c, const struct json *schema, const struct json *value,
                           const struct json_path *path)
{
    json_each (name, json_get(schema, "required")) {
        struct json_path here = {.parent = path, .name = name->text};

        if (name->kind == JSON_STRING && !property_of(value, name->text))
            fault(c, &here, "required but missing");
    }
}

static void check_members(struct check *c, const struct json *schema, const struct json *value,
                          const struct json_path *path)
{
    const struct json *properties = json_get(schema, "properties");
    const struct json *others = json_get(schema, "additionalProperties");

    check_required(c, schema, value, path);
    json_each (item, value) {
        const struct json *property = property_of(properties, item->key);
        struct json_path here = {.parent = path, .name = item->key};

        if (property)
            check_value(c, property, item, &here);
        else if (others && others->kind == JSON_FALSE)
            fault_unknown(c, properties, item->key, &here);
        else if (others)
            check_value(c, others, item, &here);
        if (is_over(c) || c->n > FAULTS_MAX)
            return;
    }
}

/* ---- combinations ---------------------------------------------------------------------------- */

static bool fits(const struct check *c, const struct json *schema, const struct json *value)
{
    struct check trial = {.depth = c->depth};

    check_value(&trial, schema, value, NULL);
    return trial.n == 0;
}

/* None of the forms fits: the faults of the one that was meant, by its type; or all their types. */
static void fault_forms(struct check *c, const struct json *forms, const struct json *value,
                        const struct json_path *path)
{
    struct buf types;

    json_each (form, forms) {
        const struct json *type = json_get(form, "type");

        if (type && fits_type(type, value)) {
            check_value(c, form, value, path);
            return;
        }
    }
    buf_init(&types, 256);
    json_each (form, forms)
        put_type(json_get(form, "type"), &types);
    if (types.n && buf_ok(&types))
        fault(c, path, "expected %.*s, got %s", FS(buf_str(&types)), kind_name(value));
    else
        fault(c, path, "fits none of the %zu forms that are allowed", forms->count);
    buf_fini(&types);
}

static void check_forms(struct check *c, const struct json *forms, bool only_one,
                        const struct json *value, const struct json_path *path)
{
    size_t n = 0;

    if (!forms || forms->kind != JSON_ARRAY || forms->count == 0)
        return;
    json_each (form, forms) {
        n += fits(c, form, value);
        if (n > 0 && !only_one)
            return;
    }
    if (n == 0 && !c->faults)
        c->n++;
    else if (n == 0)
        fault_forms(c, forms, value, path);
    else if (n > 1)
        fault(c, path, "fits %zu of the allowed forms, expected exactly one", n);
}

static void check_combinations(struct check *c, const struct json *schema, const struct json *value,
                               const struct json_path *path)
{
    check_forms(c, json_get(schema, "anyOf"), false, value, path);
    check_forms(c, json_get(schema, "oneOf"), true, value, path);
    json_each (part, json_get(schema, "allOf"))
        check_value(c, part, value, path);
}

static void check_kind(struct check *c, const struct json *schema, const struct json *value,
                       const struct json_path *path)
{
    switch (value->kind) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: break;
    case JSON_NUMBER: check_number(c, schema, value, path); break;
    case JSON_STRING:
        check_size(c, schema, "minLength", "maxLength", utf8_count(value->text), "characters",
                   path);
        break;
    case JSON_ARRAY: check_items(c, schema, value, path); break;
    case JSON_OBJECT: check_members(c, schema, value, path); break;
    }
}

static void check_value(struct check *c, const struct json *schema, const struct json *value,
                        const struct json_path *path)
{
    if (c->depth >= DEEPEST) {
        fault(c, path, "nested too deeply to be checked");
        return;
    }
    if (schema->kind == JSON_FALSE)
        fault(c, path, "not allowed here");
    if (schema->kind != JSON_OBJECT)
        return;
    const struct json *type = json_get(schema, "type");

    if (!fits_type(type, value)) {
        fault_type(c, type, value, path);
        return;
    }
    c->depth++;
    check_choices(c, schema, value, path);
    check_kind(c, schema, value, path);
    check_combinations(c, schema, value, path);
    c->depth--;
}

bool schema_check(const struct json *schema, const struct json *value, struct buf *faults)
{
    struct check c = {.faults = faults};

    check_value(&c, schema, value, NULL);
    return c.n == 0;
}
