/* wildcard.h - `*` is any run of characters, slashes too; all others stand for themselves. */
#ifndef POLICY_WILDCARD_H
#define POLICY_WILDCARD_H

#include "base/str.h"

bool wildcard_match(str pattern, str text);

/* Whether `word` is one of the words that stand in `list` with a blank between each. */
bool word_is_in(str word, const char *list);

#endif
