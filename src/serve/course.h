/*
 * course.h - what the headless doors remember of a session's course: who answers, which calls are
 * open, what it cost, how the turn ended. A fold that writes nothing, and the result object that
 * follows from it.
 */
#ifndef SERVE_COURSE_H
#define SERVE_COURSE_H

#include "base/id.h"
#include "base/map.h"
#include "event/message.h"
#include "serve/door.h"

/* What was used of one model since the door was opened. */
struct model_share {
    struct usage usage;
    double cost;
};

struct open_call {
    str call, name; /* the model's id of the call; the tool */
};

struct course {
    struct arena life;    /* as long as the door */
    struct arena turn;    /* of one turn */
    struct arena scratch; /* of one event: its tree */
    str session, folder, version, key_source;
    str model, mode, tools;        /* id; permission mode; JSON array of names */
    struct id event_id;            /* of the last stored event; lines take their uuid from it */
    uint32_t lines;                /* written since */
    str message_id;                /* of the reply that is being told */
    struct map calls;              /* id of the agent.tool_use -> struct open_call */
    struct map shares;             /* model -> struct model_share */
    str stop;                      /* the wire's stop reason of the last reply, or empty */
    str error_type, error_message; /* of the last session.error of the turn */
    bool refused;                  /* the last call of the turn was denied */
    bool ended;                    /* the turn is over: `result` is its result object */
    const struct json *result;
    str end; /* the idle event's stop reason */
};

void course_init(struct course *c, const struct door_info *info);
void course_fini(struct course *c);

/* Whether the event changes anything here. Most events are pieces of text that do not. */
bool course_wants(const rein_event *event);

/* Fold one event; returns its payload's tree (valid until the next), NULL when it is no JSON. */
const struct json *course_apply(struct course *c, const rein_event *event);

/* A UUID for the next line: the event's own for the first, made from it for those that follow. */
void course_uuid(struct course *c, char out[ID_UUID_SIZE]);

/* The model's id of a call, given the id of its event; that id itself when the call is not known. */
str course_call(const struct course *c, str event_id);

/* Whether the turn ended in the way of a published error: result without text, errors instead. */
bool course_is_error(const struct course *c);

enum door_exit course_exit(const struct course *c);

/* The published result object of the turn that ended, as members of one object, without a newline. */
void course_result(struct course *c, struct buf *out);

#endif
