/*
 * script_parts.h - a scenario as it was parsed: between script_parse.c, which makes it, and
 * script.c, which answers from it.
 */
#ifndef MODEL_SCRIPT_PARTS_H
#define MODEL_SCRIPT_PARTS_H

#include "model/script.h"

enum script_ask { ASK_TOOL_RESULT, ASK_USER, ASK_SYSTEM, ASK_MODEL, ASK_TURN, ASK_TRY };

struct script_condition {
    enum script_ask ask;
    bool negated;
    str text;
    size_t number;
    struct script_condition *next;
};

enum script_say { SAY_BLOCK, SAY_PAUSE, SAY_STOP, SAY_ERROR, SAY_CUT };

struct script_item {
    enum script_say say;
    struct block block;  /* SAY_BLOCK */
    size_t number;       /* milliseconds, status, or bytes that are missing */
    int64_t retry_after; /* SAY_ERROR, in seconds; -1: not said */
    str type, text;      /* SAY_ERROR; SAY_STOP: type is the word */
    struct script_item *next;
};

struct script_entry {
    size_t number; /* of the requests that it answers */
    struct script_condition *when;
    struct script_item *items;
    struct usage usage;
    unsigned pieces;
    struct script_entry *next;
};

struct script {
    struct arena arena;
    str path;
    struct script_entry *entries;
    size_t next; /* the number that was given last */
    size_t last; /* the highest one */
};

#endif
