/*
 * lock.h - who may write: one file whose bytes are locked. Byte 0 belongs to whoever writes just
 * now, byte n to the process that is the brain of session n.
 *
 * The locks are of the open file description, so two stores of one process keep each other out like
 * two processes do, and the kernel takes every lock back when its holder ends, however it ends. The
 * descriptor is close-on-exec: no child keeps a session.
 */
#ifndef LOG_LOCK_H
#define LOG_LOCK_H

#include "base/error.h"

/* Open "FOLDER/lock", made with mode 0600 when missing. */
rein_status lock_open(const char *folder, int *fd, struct error *err);

/* Wait for byte 0. */
rein_status lock_writing(int fd, struct error *err);
void unlock_writing(int fd);

/* REIN_CONFLICT at once when another one has byte n. */
rein_status lock_session(int fd, int64_t n, struct error *err);
void unlock_session(int fd, int64_t n);

#endif
