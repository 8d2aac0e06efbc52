/*
 * json_path.h - where in a value somebody is who walks it, for the faults that he finds. Each level
 * of the walk has one on its stack.
 */
#ifndef BASE_JSON_PATH_H
#define BASE_JSON_PATH_H

#include "base/buf.h"

struct json_path {
    const struct json_path *parent;
    str name;     /* of a member; p is NULL for an item */
    size_t index; /* of an item */
};

/* "edits[2].old_string"; nothing for NULL, the whole value. Long names are cut. */
void json_path_text(const struct json_path *path, struct buf *out);

#endif
