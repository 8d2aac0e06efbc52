/*
 * model_server.c - blocking sockets, a thread a connection: plain enough to be trusted by tests.
 */
#include "support/model_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "base/memory.h"
#include "model/script.h"

enum { HEAD_MAX = 64 << 10, BODY_MAX = 64 << 20, WAIT_SECONDS = 20 };

struct exchange {
    struct buf head, body;
    int64_t came_at, ended_at;
};

struct connection {
    struct model_server *server;
    struct connection *next;
    pthread_t thread;
    int fd;
};

struct model_server {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t acceptor;
    struct script *script;
    const struct wire_format *wire;
    struct map attempts;
    struct exchange **exchanges;
    size_t n_exchanges, room, n_connections, n_held;
    struct connection *connections;
    int listener, port;
    bool holding, stopping;
    char url[64];
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("model_server: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static bool send_all(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_skip(bytes, (size_t)n);
    }
    return true;
}

/* As a chunk of the body; in one write, so that it is one packet. */
static bool send_chunk(int fd, str bytes)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    if (bytes.n)
        buf_printf(&out, "%zx\r\n%.*s\r\n", bytes.n, FS(bytes));
    bool sent = send_all(fd, buf_str(&out));

    buf_fini(&out);
    return sent;
}

static bool receive(int fd, struct buf *in)
{
    char *room = buf_room(in, 65536);
    ssize_t n;

    if (!room)
        return false;
    do
        n = recv(fd, room, 65536, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    buf_grown(in, (size_t)n);
    return true;
}

static size_t content_length(str head)
{
    static const char name[] = "content-length:";
    int64_t length = 0;

    while (head.n) {
        str line = str_cut(&head, '\n');

        if (line.n > sizeof name - 1 && strncasecmp(line.p, name, sizeof name - 1) == 0)
            str_to_i64(str_trim(str_skip(line, sizeof name - 1)), &length);
    }
    return length > 0 ? (size_t)length : 0;
}

/* The next request of a connection; what came of the one after it stays in `in`. */
static struct exchange *read_request(int fd, struct buf *in)
{
    size_t head;

    while ((head = str_search(buf_str(in), (str){"\r\n\r\n", 4})) == SIZE_MAX)
        if (in->n > HEAD_MAX || !receive(fd, in))
            return NULL;
    head += 4;
    size_t length = content_length(str_take(buf_str(in), head));

    while (in->n < head + length)
        if (in->n > BODY_MAX || !receive(fd, in))
            return NULL;
    struct exchange *x = memory_new(sizeof *x);

    buf_init(&x->head, BUF_NO_MAX);
    buf_init(&x->body, BUF_NO_MAX);
    buf_add(&x->head, str_take(buf_str(in), head));
    buf_add(&x->body, str_take(str_skip(buf_str(in), head), length));
    buf_drop(in, head + length);
    x->came_at = now();
    return x;
}

/* ---- answering ------------------------------------------------------------------------------- */

/* Returns how often this request number was asked; *i is the place of this one. */
static unsigned keep(struct model_server *server, struct exchange *x, size_t *i)
{
    char key[32];
    int n = snprintf(key, sizeof key, "%zu", script_number(server->wire, buf_str(&x->body)));

    pthread_mutex_lock(&server->lock);
    if (server->n_exchanges == server->room) {
        server->room = server->room ? server->room * 2 : 16;
        server->exchanges =
            memory_grow(server->exchanges, server->room * sizeof(struct exchange *));
    }
    *i = server->n_exchanges;
    server->exchanges[server->n_exchanges++] = x;
    uintptr_t attempt = (uintptr_t)map_get(&server->attempts, (str){key, (size_t)n}) + 1;

    map_set(&server->attempts, (str){key, (size_t)n}, (void *)attempt);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return (unsigned)attempt;
}

static const char *reason_of(int status)
{
    return status == 200 ? "OK" : status == 429 ? "Too Many Requests" : "Error";
}

static bool send_head(int fd, const struct script_reply *reply, size_t i)
{
    struct buf out;
    bool ok = reply->http_status == 200;

    buf_init(&out, BUF_NO_MAX);
    buf_printf(&out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nRequest-Id: req_%zu\r\n",
               reply->http_status, reason_of(reply->http_status),
               ok ? "text/event-stream" : "application/json", i + 1);
    if (reply->retry_after_s >= 0)
        buf_printf(&out, "Retry-After: %lld\r\n", (long long)reply->retry_after_s);
    buf_add(&out, (str){"Transfer-Encoding: chunked\r\n\r\n", 30});
    bool sent = send_all(fd, buf_str(&out));

    buf_fini(&out);
    return sent;
}

/* Stand before the last event until released. False when the server stops meanwhile. */
static bool stand(struct model_server *server)
{
    pthread_mutex_lock(&server->lock);
    if (server->holding) {
        server->n_held++;
        pthread_cond_broadcast(&server->changed);
    }
    while (server->holding && !server->stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    bool go_on = !server->stopping;

    pthread_mutex_unlock(&server->lock);
    return go_on;
}

static bool is_holding(struct model_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool holding = server->holding;

    pthread_mutex_unlock(&server->lock);
    return holding;
}

/* Where the last event of a stream begins. */
static size_t last_event(str bytes)
{
    size_t at = SIZE_MAX;

    for (size_t i = 0; i + 7 <= bytes.n; i++)
        if ((i == 0 || bytes.p[i - 1] == '\n') && memcmp(bytes.p + i, "event: ", 7) == 0)
            at = i;
    return at;
}

static bool send_steps(struct model_server *server, int fd, const struct script_reply *reply)
{
    for (size_t i = 0; i < reply->n_steps; i++) {
        const struct script_step *step = &reply->steps[i];
        struct timespec pause = {step->pause_ms / 1000, step->pause_ms % 1000 * 1000000};
        bool last = i + 1 == reply->n_steps && reply->http_status == 200 && !reply->cut;
        size_t cut = last ? last_event(step->bytes) : SIZE_MAX;
        str head = cut == SIZE_MAX ? step->bytes : str_take(step->bytes, cut);
        bool holds = cut != SIZE_MAX && is_holding(server);

        if (step->pause_ms)
            nanosleep(&pause, NULL);
        if (!holds)
            head = step->bytes;
        if (!send_chunk(fd, head))
            return false;
        if (holds && (!stand(server) || !send_chunk(fd, str_skip(step->bytes, cut))))
            return false;
    }
    return !reply->cut && send_all(fd, (str){"0\r\n\r\n", 5});
}

static bool answer(struct model_server *server, int fd, struct exchange *x)
{
    size_t i;
    unsigned attempt = keep(server, x, &i);
    struct script_reply reply;
    struct arena a;

    arena_init(&a);
    script_answer(server->script, server->wire, buf_str(&x->body), attempt, &a, &reply);
    bool goes_on = send_head(fd, &reply, i) && send_steps(server, fd, &reply);

    arena_fini(&a);
    pthread_mutex_lock(&server->lock);
    x->ended_at = now();
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void *serve(void *data)
{
    struct connection *connection = data;
    struct exchange *x;
    struct buf in;

    buf_init(&in, BODY_MAX + HEAD_MAX);
    while ((x = read_request(connection->fd, &in)))
        if (!answer(connection->server, connection->fd, x))
            break;
    shutdown(connection->fd, SHUT_RDWR);
    buf_fini(&in);
    return NULL;
}

static void *accept_all(void *data)
{
    struct model_server *server = data;
    int fd, one = 1;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        struct connection *connection = memory_new(sizeof *connection);

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connection->fd = fd;
        connection->server = server;
        pthread_mutex_lock(&server->lock);
        connection->next = server->connections;
        server->connections = connection;
        server->n_connections++;
        if (pthread_create(&connection->thread, NULL, serve, connection) != 0)
            die("no thread for a connection");
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

/* ---- the test's side ------------------------------------------------------------------------- */

static void listen_somewhere(struct model_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 128) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        die("cannot listen: %s", strerror(errno));
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", server->port);
}

struct model_server *model_server_start(const char *scenario)
{
    struct model_server *server = memory_new(sizeof *server);
    struct error err = {0};

    if (script_parse(str_of(scenario), str_of("scenario"), &server->script, &err) != REIN_OK)
        die("%s", err.text);
    server->wire = wire_format_find(str_of("anthropic"));
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    map_init(&server->attempts);
    listen_somewhere(server);
    if (pthread_create(&server->acceptor, NULL, accept_all, server) != 0)
        die("no thread");
    return server;
}

static void free_exchanges(struct model_server *server)
{
    for (size_t i = 0; i < server->n_exchanges; i++) {
        buf_fini(&server->exchanges[i]->head);
        buf_fini(&server->exchanges[i]->body);
        free(server->exchanges[i]);
    }
    free(server->exchanges);
}

void model_server_stop(struct model_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    while (server->connections) {
        struct connection *connection = server->connections;

        shutdown(connection->fd, SHUT_RDWR);
        pthread_join(connection->thread, NULL);
        close(connection->fd);
        server->connections = connection->next;
        free(connection);
    }
    free_exchanges(server);
    map_fini(&server->attempts);
    script_free(server->script);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    free(server);
}

const char *model_server_url(const struct model_server *server) { return server->url; }
int model_server_port(const struct model_server *server) { return server->port; }

static size_t read_count(struct model_server *server, const size_t *count)
{
    pthread_mutex_lock(&server->lock);
    size_t n = *count;

    pthread_mutex_unlock(&server->lock);
    return n;
}

size_t model_server_count(struct model_server *server)
{
    return read_count(server, &server->n_exchanges);
}

size_t model_server_connections(struct model_server *server)
{
    return read_count(server, &server->n_connections);
}

static struct exchange *exchange_of(struct model_server *server, size_t i)
{
    pthread_mutex_lock(&server->lock);
    struct exchange *x = i < server->n_exchanges ? server->exchanges[i] : NULL;
    size_t n = server->n_exchanges;

    pthread_mutex_unlock(&server->lock);
    if (!x)
        die("request %zu is asked for, %zu have come", i, n);
    return x;
}

str model_server_request(struct model_server *server, size_t i)
{
    return buf_str(&exchange_of(server, i)->body);
}

str model_server_head(struct model_server *server, size_t i)
{
    return buf_str(&exchange_of(server, i)->head);
}

int64_t model_server_came_at(struct model_server *server, size_t i)
{
    return exchange_of(server, i)->came_at;
}

int64_t model_server_ended_at(struct model_server *server, size_t i)
{
    struct exchange *x = exchange_of(server, i);

    pthread_mutex_lock(&server->lock);
    int64_t at = x->ended_at;

    pthread_mutex_unlock(&server->lock);
    return at;
}

static bool wait_for(struct model_server *server, const size_t *count, size_t n)
{
    struct timespec until;
    int failed = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&server->lock);
    while (*count < n && failed != ETIMEDOUT)
        failed = pthread_cond_timedwait(&server->changed, &server->lock, &until);
    bool came = *count >= n;

    pthread_mutex_unlock(&server->lock);
    return came;
}

bool model_server_wait(struct model_server *server, size_t n)
{
    return wait_for(server, &server->n_exchanges, n);
}

bool model_server_wait_held(struct model_server *server, size_t n)
{
    return wait_for(server, &server->n_held, n);
}

void model_server_hold(struct model_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->holding = true;
    pthread_mutex_unlock(&server->lock);
}

void model_server_release(struct model_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->holding = false;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}
