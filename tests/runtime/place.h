/*
 * place.h - a home, a workspace with a.txt, a store and a script model: sessions in this process.
 */
#ifndef TESTS_RUNTIME_PLACE_H
#define TESTS_RUNTIME_PLACE_H

#include "test.h"

#include "runtime/session.h"

struct place {
    struct brain brain;
    char root[64];
};

/* `mode` is the permission mode. The store's own delay is so long that only what somebody waits for
 * commits. */
void place_begin(struct place *p, const char *script, const char *mode);
void place_end(struct place *p);

struct session *place_new(struct place *p, bool can_ask);
struct session *place_wake(struct place *p, struct id id);

/* Give it a prompt; turn the loop until it is idle (20 s at most). */
void place_ask(struct session *s, const char *text);
void place_finish(struct place *p, struct session *s);

/* The types of the stored events from `from` on, a blank between; borrowed until place_end. */
const char *place_log(struct place *p, struct id id, uint64_t from);

/* The payloads of all stored events of one type, a line feed behind each; likewise. */
const char *place_payloads(struct place *p, struct id id, enum event_type type);

bool place_has(const struct place *p, const char *name);

#endif
