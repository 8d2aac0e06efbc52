/*
 * raw_server.c - blocking sockets and no idea of HTTP but where a request ends.
 */
#include "support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool read_request(int fd, struct buf *asked)
{
    struct buf in;
    size_t head = SIZE_MAX, length = 0;
    bool whole = false;

    buf_init(&in, BUF_NO_MAX);
    for (;;) {
        if (head == SIZE_MAX && (head = str_search(buf_str(&in), S("\r\n\r\n"))) != SIZE_MAX) {
            const char *field = strstr(in.p, "Content-Length: ");

            length = head + 4 + (field ? strtoul(field + 16, NULL, 10) : 0);
        }
        if (head != SIZE_MAX && in.n >= length) {
            whole = true;
            break;
        }
        char *room = buf_room(&in, 65536);
        ssize_t n = recv(fd, room, 65536, 0);

        if (n <= 0)
            break;
        buf_grown(&in, (size_t)n);
    }
    buf_add(asked, buf_str(&in));
    buf_fini(&in);
    return whole;
}

static void set_connection(struct raw_server *s, int fd)
{
    pthread_mutex_lock(&s->lock);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fd;
    pthread_mutex_unlock(&s->lock);
}

static void end_connection(struct raw_server *s, enum raw_then then)
{
    struct linger reset = {1, 0};
    char byte;

    if (then == RAW_RESET)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    while (then == RAW_LINGER && recv(s->fd, &byte, 1, 0) > 0)
        ;
    set_connection(s, -1);
}

static void *serve(void *data)
{
    struct raw_server *s = data;

    while (s->served < s->n) {
        const struct raw_answer *answer = &s->answers[s->served];

        if (s->fd < 0) {
            int fd = accept(s->listener, NULL, NULL);

            if (fd < 0)
                break;
            set_connection(s, fd);
            s->connections++;
        }
        if (!read_request(s->fd, &s->asked)) { /* the client closed: the next one comes anew */
            set_connection(s, -1);
            continue;
        }
        s->served++;
        (void)send(s->fd, answer->bytes, strlen(answer->bytes), MSG_NOSIGNAL);
        if (answer->then != RAW_KEEP || s->served == s->n)
            end_connection(s, answer->then == RAW_KEEP ? RAW_LINGER : answer->then);
    }
    return NULL;
}

int raw_listen(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

void raw_server_start(struct raw_server *s, const struct raw_answer *answers, size_t n)
{
    *s = (struct raw_server){.answers = answers, .n = n, .fd = -1};
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->asked, BUF_NO_MAX);
    s->listener = raw_listen(&s->port);
    if (pthread_create(&s->thread, NULL, serve, s) != 0)
        abort();
}

void raw_server_stop(struct raw_server *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->fd >= 0)
        shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
    buf_fini(&s->asked);
}
