/*
 * raw_server.h - a server on loopback that says byte for byte what a test gives it, whatever is
 * asked. In a thread; one connection at a time.
 */
#ifndef SUPPORT_RAW_SERVER_H
#define SUPPORT_RAW_SERVER_H

#include <pthread.h>

#include "base/buf.h"

/* What is sent for one request. Then: read the next request of the connection, close it, reset it,
 * or wait for the client to close it. */
enum raw_then { RAW_KEEP, RAW_CLOSE, RAW_RESET, RAW_LINGER };
struct raw_answer {
    const char *bytes;
    enum raw_then then;
};

struct raw_server {
    pthread_t thread;
    pthread_mutex_t lock; /* around fd */
    int listener, port, fd;
    const struct raw_answer *answers;
    size_t n, served, connections;
    struct buf asked; /* all requests, one behind the other */
};

/* `answers` go to the first `n` requests, in order; they must outlive the server. */
void raw_server_start(struct raw_server *s, const struct raw_answer *answers, size_t n);
void raw_server_stop(struct raw_server *s);

/* A listening socket on a free port of 127.0.0.1. */
int raw_listen(int *port);

#endif
