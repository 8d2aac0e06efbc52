/*
 * fixture.h - a home with a workspace in it, things outside of it, and rein's own folders, on a
 * disk that sandboxes see; for the user that the tests run as, or for an ordinary one.
 */
#ifndef TESTS_PLATFORM_FIXTURE_H
#define TESTS_PLATFORM_FIXTURE_H

#include <sys/types.h>

#include "platform/sandbox.h"

struct fixture {
    char base[512]; /* home/ws, home/.ssh, outside, state/results */
    char home[600], workspace[600], state[600], results[600], probe[700];
    const char *masked[2];
    struct sandbox_spec spec; /* workspace-write */
    uid_t user;
};

enum { ORDINARY = 1000 };

/* Make one whose files belong to `user`; skips the test where there is no place for it. */
void fixture_make(struct fixture *f, uid_t user);
void fixture_remove(struct fixture *f);
/* A file of the workspace, or of any folder when `name` is absolute, with a text. */
void fixture_write(const struct fixture *f, const char *name, const char *text);
/* Whether a name stands in the workspace. */
bool fixture_has(const struct fixture *f, const char *name);

/* Run `fn` in a process of `user`: what it returns (0 to 255). */
int as_user(uid_t user, int (*fn)(void *data), void *data);

#endif
