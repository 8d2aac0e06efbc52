/*
 * schema.h - checks a JSON value against a JSON Schema, the subset that tools use.
 *
 * type (one or a list), properties, required, additionalProperties (false or a schema), items,
 * enum, const, anyOf, oneOf, allOf, minimum, maximum, exclusive*, minLength, maxLength, minItems,
 * maxItems. Unknown keywords are ignored. Pure: the schema is what the log recorded.
 */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include "base/json.h"

/* Check `value`; faults are appended to `faults`, a line each, worded for a model: "`edits[2].old`:
 * expected string, got number", "`path`: required but missing", "`paht`: unknown parameter (did you
 * mean `path`?)", and for a JSON array or object that came as a string, that it must not be
 * quoted. Returns whether it fits; at most 20 faults are listed. */
bool schema_check(const struct json *schema, const struct json *value, struct buf *faults);

#endif
