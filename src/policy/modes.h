/*
 * modes.h - what a permission mode says of each kind of call, from the rows of modes.def.
 */
#ifndef POLICY_MODES_H
#define POLICY_MODES_H

#include "policy/policy.h"

/* The columns of modes.def. */
enum call_kind {
    CALL_READ_INSIDE,
    CALL_READ_OUTSIDE,
    CALL_EDIT_INSIDE,
    CALL_EDIT_PROTECTED,
    CALL_EDIT_OUTSIDE,
    CALL_SANDBOXED_COMMAND,
    CALL_COMMAND,
    CALL_OTHER,
    CALL_KINDS
};

enum decision mode_decides(enum permission_mode mode, enum call_kind kind);

/* The words of all modes with commas between them, for errors and help. */
extern const char mode_words[];

#endif
