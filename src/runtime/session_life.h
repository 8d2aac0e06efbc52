/*
 * session_life.h - what session.c (in and out), begin.c and wake.c (how a session comes to be and
 * ends) share among themselves.
 */
#ifndef RUNTIME_SESSION_LIFE_H
#define RUNTIME_SESSION_LIFE_H

#include "runtime/session.h"

/* Fold one event into everything that is computed from the log. */
rein_status session_fold(struct session *s, const struct event *ev, struct error *err);

/* What the log tells: see log_listen(). `data` is the session. */
void session_stored(void *data, uint64_t seq);
void session_log_failed(void *data, const struct error *err);

/* Events that nobody will be told of any more. */
void session_forget(struct session *s);

struct session *session_alloc(struct brain *brain, const struct session_spec *spec);

/* The setup blob, new or recorded, as the tables that the folds read; the model that it names. */
rein_status session_use_setup(struct session *s, str text, struct error *err);
rein_status session_use_model(struct session *s, str name, struct error *err);

#endif
