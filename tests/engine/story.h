/*
 * story.h - drives the turn by a story: events as they would come from a log, and after each what
 * state it is in and what is wanted, as one line of text.
 */
#ifndef TESTS_ENGINE_STORY_H
#define TESTS_ENGINE_STORY_H

#include "test.h"

#include "engine/turn.h"

struct story {
    struct turn turn;
    struct setup setup;
    struct arena arena, scratch;
    struct wanted wanted;
    uint64_t seq;
    struct id calls[32]; /* ids of agent.tool_use events, in order */
    size_t n_calls;
};

struct line {
    const char *event;    /* type's text; NULL ends the story */
    const char *payload;  /* "$0" stands for the id of the first agent.tool_use, and so on */
    const char *expected; /* "state: effect#call ...", or NULL: not looked at */
};

void story_begin(struct story *s, const char *policy, int max_turns);
void story_end(struct story *s);
rein_status story_event(struct story *s, const char *type, const char *payload, struct error *err);
void story_show(struct story *s, char *out, size_t room);
void story_tell(struct story *s, const struct line *lines);

/* The policy that allows everything, and one that asks about commands. */
#define POLICY_ALLOW \
    "{\"mode\":\"bypassPermissions\",\"sandbox\":\"workspace-write\",\"can_ask\":true," \
    "\"folder\":\"/w\",\"home\":\"/home/u\",\"rules\":[]}"
#define POLICY_ASK \
    "{\"mode\":\"default\",\"sandbox\":\"workspace-write\",\"can_ask\":true,\"folder\":\"/w\"," \
    "\"home\":\"/home/u\",\"rules\":[]}"
#define POLICY_HEADLESS \
    "{\"mode\":\"default\",\"sandbox\":\"workspace-write\",\"can_ask\":false,\"folder\":\"/w\"," \
    "\"home\":\"/home/u\",\"rules\":[]}"

#endif
