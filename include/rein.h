/*
 * rein.h - the whole public interface of librein, an agent harness.
 *
 * A `rein` is one process's engine: an event loop, a store of sessions, settings. A `rein_session`
 * is one conversation of an agent that works in a folder. A host does two things with it: it puts
 * inputs in and it listens to events; everything that happens is an event, numbered, stored in an
 * append-only log before anything acts on it, and told to every listener alike. Kill the process at
 * any moment: another one opens the session and goes on.
 *
 *     rein *r;
 *     rein_session *s;
 *     rein_error err;
 *     if (rein_open(NULL, &r, &err) || rein_session_open(r, NULL, &s, &err))
 *         return fprintf(stderr, "%s\n", err.text), 1;
 *     rein_listen(s, on_event, NULL, &err);
 *     rein_send(s, "Find the bug that breaks the tests and mend it.", &err);
 *     while (!rein_is_idle(s))
 *         rein_turn(r, -1);
 *     rein_close(r);
 *
 * Threads: every call belongs to the thread that called rein_open(), and every callback comes on
 * it, from inside rein_turn(). Memory: what a callback is given is borrowed for that call. Strings
 * are UTF-8 and end with NUL unless a length stands beside them.
 */
#ifndef REIN_H
#define REIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REIN_API __attribute__((visibility("default")))

/* What can go wrong. REIN_OK is 0; base/status.def says for each who can mend it. */
typedef enum rein_status {
    REIN_OK = 0,
    REIN_INVALID,     /* an argument, option or input is wrong */
    REIN_NOT_FOUND,   /* no such session, file, model, tool */
    REIN_CONFLICT,    /* another process holds the session, or it changed */
    REIN_DENIED,      /* permission, policy or the kernel refused */
    REIN_LIMIT,       /* a size, budget or count was reached */
    REIN_IO,          /* file, disk or socket */
    REIN_NO_SPACE,    /* disk full or quota */
    REIN_CORRUPT,     /* the store or an export is damaged */
    REIN_NETWORK,     /* host unreachable, connection lost, timeout on the wire */
    REIN_AUTH,        /* no key, or the key was refused */
    REIN_OVERLOADED,  /* the other side asks for patience */
    REIN_PROTOCOL,    /* the other side sent what its protocol does not allow */
    REIN_UNSUPPORTED, /* this machine or build cannot */
    REIN_TIMEOUT,     /* our own deadline */
    REIN_CANCELED,    /* asked for */
    REIN_FAILED       /* anything else that did not work */
} rein_status;

/* A status and what happened, in words for a person: what, where, and what to do. */
typedef struct rein_error {
    rein_status status;
    char text[256];
} rein_error;

typedef struct rein rein;
typedef struct rein_session rein_session;
typedef struct rein_config rein_config;
typedef struct rein_door rein_door;

/* The version of this library, for example "0.1.0". */
REIN_API const char *rein_version(void);

/* The word for a status, for example "not_found". */
REIN_API const char *rein_status_name(rein_status status);

/* ---- settings ------------------------------------------------------------------------------- */

/* A row of the table of settings: what may be set, by which flag, and what it means. */
typedef struct rein_option {
    const char *name;     /* "permission-mode": also the flag, with two dashes */
    const char *alias;    /* a second spelling, or NULL */
    const char *argument; /* "MODE", or NULL for a switch */
    const char *group;    /* heading in --help */
    const char *help;     /* one sentence */
    const char *fallback; /* the default as text, or NULL */
} rein_option;

/* All settings, `*n` rows; they live as long as the program. */
REIN_API const rein_option *rein_options(size_t *n);

/* New settings: defaults, then the environment (ANTHROPIC_*, REIN_*). rein_config_free() ends. */
REIN_API rein_config *rein_config_new(void);
REIN_API void rein_config_free(rein_config *config);

/* Set one; a list setting appends. `origin` says where the value came from ("--model", "host").
 * REIN_INVALID names what is allowed; REIN_NOT_FOUND the nearest name. */
REIN_API rein_status rein_config_set(rein_config *config, const char *name, const char *value,
                                     const char *origin, rein_error *err);

/* The value of a setting as text, borrowed until it is set again, or NULL; `origin` may be NULL. */
REIN_API const char *rein_config_get(const rein_config *config, const char *name,
                                     const char **origin);

/* ---- the engine ----------------------------------------------------------------------------- */

/* Open the store (made when missing) and an event loop. `config` is copied; NULL means
 * rein_config_new(). rein_close() ends it: running tools are stopped, the log is complete. */
REIN_API rein_status rein_open(const rein_config *config, rein **out, rein_error *err);
REIN_API void rein_close(rein *r);

/* Let things happen: wait at most `timeout_ms` (-1: as long as it takes, 0: not at all) for one
 * round of events and handle it. Returns false when nothing is under way any more. */
REIN_API bool rein_turn(rein *r, int timeout_ms);

/* A descriptor that is readable when rein_turn(r, 0) has work: for a host with a loop of its own. */
REIN_API int rein_descriptor(const rein *r);

/* ---- sessions ------------------------------------------------------------------------------- */

/* Which session to open, and how. Zeroed means: a new one in the current folder. */
typedef struct rein_session_options {
    const char *id;     /* new: take this UUID; resume: the session (id or unique prefix) */
    const char *folder; /* where the agent works; NULL: the current folder */
    bool resume;        /* go on with `id` */
    bool newest;        /* go on with the newest session of `folder` */
    bool can_ask;       /* somebody will answer permission questions; else an ask is a denial */
} rein_session_options;

/* Open a session. A broken turn goes on by itself once rein_turn() runs, unless rein_send() is
 * called first: then open calls are closed as interrupted and the prompt joins. REIN_CONFLICT when
 * another process holds it. Sessions still open are closed by rein_close(). A listener may close
 * its own session: nothing more is called, what runs is stopped. */
REIN_API rein_status rein_session_open(rein *r, const rein_session_options *options,
                                       rein_session **out, rein_error *err);
REIN_API void rein_session_close(rein_session *s);

/* The session's id as a UUID of 36 characters, and its folder; both live as long as it does. */
REIN_API const char *rein_session_id(const rein_session *s);
REIN_API const char *rein_session_folder(const rein_session *s);

/* One thing that happened. */
typedef struct rein_event {
    uint64_t seq;        /* from 1, dense; 0 for a passing event, which is never stored */
    const char *type;    /* "agent.message": docs/events.md lists them */
    char id[37];         /* UUID; a delta's event_id names the event to come */
    int64_t at;          /* microseconds since the epoch, UTC */
    const char *payload; /* JSON text, `payload_size` bytes and a NUL */
    size_t payload_size;
} rein_event;

typedef void rein_event_fn(void *data, rein_session *s, const rein_event *event);

/* Hear every event of the session from now on: stored ones once they are durable, passing ones
 * (event_start, event_delta) at once. rein_unlisten() ends it. */
REIN_API rein_status rein_listen(rein_session *s, rein_event_fn *fn, void *data, rein_error *err);
REIN_API void rein_unlisten(rein_session *s, rein_event_fn *fn, void *data);

/* Hear the stored events `from`..`to` (0: the last) now, inside this call. */
REIN_API rein_status rein_read(rein_session *s, uint64_t from, uint64_t to, rein_event_fn *fn,
                               void *data, rein_error *err);

/* Give the agent a message. While it works, the message joins with the next request. */
REIN_API rein_status rein_send(rein_session *s, const char *text, rein_error *err);

/* Any input event: type and payload as docs/events.md has them (user.message, user.interrupt,
 * user.tool_confirmation). */
REIN_API rein_status rein_send_event(rein_session *s, const char *type, const char *payload,
                                     rein_error *err);

/* Stop what runs; the session stays open and becomes idle. */
REIN_API rein_status rein_interrupt(rein_session *s, rein_error *err);

/* Whether the agent waits for input: nothing runs, everything is stored and told. */
REIN_API bool rein_is_idle(const rein_session *s);

/* Whether the session waits for an answer to a permission question. */
REIN_API bool rein_is_asking(const rein_session *s);

/* How the last turn ended, as JSON: stop_reason, num_turns, usage, total_cost_usd, durations,
 * permission_denials, commands and tools used. Borrowed until the next event; "{}" before. */
REIN_API const char *rein_turn_result(rein_session *s);

/* ---- doors: a session in the words of another protocol --------------------------------------- */

typedef void rein_write_fn(void *data, const char *bytes, size_t size);

/* Show the session's events through a protocol: "text" (the answer alone), "json" (one result
 * object), "stream-json" (a line an event), "stream-json-partial" (the same with the pieces of
 * replies). Bytes come to `write`. docs/headless.md has the shapes. */
REIN_API rein_status rein_door_open(rein_session *s, const char *protocol, rein_write_fn *write,
                                    void *data, rein_door **out, rein_error *err);

/* The turn is over: write what is due and free the door. Returns the process's exit code. */
REIN_API int rein_door_close(rein_door *door);

/* ---- the store -------------------------------------------------------------------------------- */

/* Sessions, newest first, as a JSON line each to `write`: id, folder, title, status, events,
 * created, updated, cost_usd, model. `folder` NULL: all. */
REIN_API rein_status rein_session_list(rein *r, const char *folder, rein_write_fn *write,
                                       void *data, rein_error *err);

/* The stored events of a session that need not be open here. `id` may be a unique prefix. */
REIN_API rein_status rein_session_read(rein *r, const char *id, uint64_t from, uint64_t to,
                                       rein_event_fn *fn, void *data, rein_error *err);

/* One portable JSONL file: a header line, a line an event, a line a blob, a closing line. */
REIN_API rein_status rein_session_export(rein *r, const char *id, rein_write_fn *write, void *data,
                                         rein_error *err);

/* Check numbers, leaves, chain and blobs. REIN_CORRUPT names the first bad event. `*events` is how
 * many held. */
REIN_API rein_status rein_session_verify(rein *r, const char *id, uint64_t *events,
                                         rein_error *err);

/* What this machine can do: JSON lines {"area","name","state":"ok|missing|degraded","detail"}. */
REIN_API rein_status rein_doctor(const rein_config *config, rein_write_fn *write, void *data,
                                 rein_error *err);

#ifdef __cplusplus
}
#endif
#endif
