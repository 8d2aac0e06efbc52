/*
 * model_server.h - a model's server on loopback, for tests: a scenario (docs/scenario.md) answers
 * over HTTP/1.1 in the Anthropic Messages format, and what was asked is kept.
 *
 *     struct model_server *server = model_server_start("model text \"Hello.\"\n");
 *     setenv("ANTHROPIC_BASE_URL", model_server_url(server), 1);
 *     ...
 *     assert_int_equal(model_server_count(server), 1);
 *     assert_non_null(strstr(model_server_request(server, 0).p, "\"messages\""));
 *     model_server_stop(server);
 *
 * It runs in threads of its own; every call may come from any thread. Connections are kept alive, a
 * thread each. A mistake in the scenario, and any failure to serve, ends the program with a
 * message: it is the test's fault.
 */
#ifndef SUPPORT_MODEL_SERVER_H
#define SUPPORT_MODEL_SERVER_H

#include "base/str.h"

struct model_server;

/* Listens on a free port of 127.0.0.1. */
struct model_server *model_server_start(const char *scenario);

/* Ends all connections, frees what was kept. */
void model_server_stop(struct model_server *server);

/* "http://127.0.0.1:PORT"; borrowed. */
const char *model_server_url(const struct model_server *server);
int model_server_port(const struct model_server *server);

/* How many requests have come completely, and how many connections were accepted. */
size_t model_server_count(struct model_server *server);
size_t model_server_connections(struct model_server *server);

/* Body and header lines of the request `i` (from 0, in order of arrival), ended by NUL; borrowed
 * until the server stops. Ends the program when there is none. */
str model_server_request(struct model_server *server, size_t i);
str model_server_head(struct model_server *server, size_t i);

/* Wait until `n` requests have come in all; false after 20 s. */
bool model_server_wait(struct model_server *server, size_t n);

/* From now on every reply stops before its last event (message_stop), which is sent by
 * model_server_release(). Wait until `n` replies in all stand there: model_server_wait_held(). */
void model_server_hold(struct model_server *server);
bool model_server_wait_held(struct model_server *server, size_t n);
void model_server_release(struct model_server *server);

/* When something happened, in nanoseconds of CLOCK_MONOTONIC: request `i` was complete; the last
 * byte of its reply was written (0: not yet). */
int64_t model_server_came_at(struct model_server *server, size_t i);
int64_t model_server_ended_at(struct model_server *server, size_t i);

#endif
