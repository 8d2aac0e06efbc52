/*
 * tls_relay.c - TLS in front of the scripted model: decrypts what comes in, passes it on, and
 * encrypts the answers, so that what TLS costs an agent can be measured. Knows no HTTP.
 *
 *     tls_relay CERTIFICATE KEY PORT
 *
 * Prints its own port and relays each connection to PORT on loopback, until its standard input
 * ends. libssl comes by dlopen: nothing else of the build links it.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

static struct {
    __typeof__(&TLS_server_method) TLS_server_method;
    __typeof__(&SSL_CTX_new) SSL_CTX_new;
    __typeof__(&SSL_CTX_use_certificate_file) SSL_CTX_use_certificate_file;
    __typeof__(&SSL_CTX_use_PrivateKey_file) SSL_CTX_use_PrivateKey_file;
    __typeof__(&SSL_new) SSL_new;
    __typeof__(&SSL_free) SSL_free;
    __typeof__(&SSL_set_fd) SSL_set_fd;
    __typeof__(&SSL_accept) SSL_accept;
    __typeof__(&SSL_read) SSL_read;
    __typeof__(&SSL_write) SSL_write;
    __typeof__(&SSL_pending) SSL_pending;
} tls;

static SSL_CTX *context;
static int upstream_port;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "tls_relay: %s: %s\n", what, why);
    exit(1);
}

static void load(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    if (!found)
        die(name, "not in libssl.so.3");
    memcpy(function, &found, sizeof(found));
}

#define LOAD(name) load(library, #name, &tls.name)

static void load_all(const char *certificate, const char *key)
{
    void *library = dlopen("libssl.so.3", RTLD_NOW);

    if (!library)
        die("libssl.so.3", "cannot be loaded");
    LOAD(TLS_server_method);
    LOAD(SSL_CTX_new);
    LOAD(SSL_CTX_use_certificate_file);
    LOAD(SSL_CTX_use_PrivateKey_file);
    LOAD(SSL_new);
    LOAD(SSL_free);
    LOAD(SSL_set_fd);
    LOAD(SSL_accept);
    LOAD(SSL_read);
    LOAD(SSL_write);
    LOAD(SSL_pending);
    context = tls.SSL_CTX_new(tls.TLS_server_method());
    if (!context || tls.SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) != 1 ||
        tls.SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        die(certificate, "no certificate with its key");
}

static int connect_upstream(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)upstream_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("the model server", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static bool send_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        if (sent < 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* One piece each way, if there is one. False when either side has ended. */
static bool relay_once(SSL *ssl, int client, int upstream, char *piece)
{
    struct pollfd polled[2] = {{.fd = client, .events = POLLIN},
                               {.fd = upstream, .events = POLLIN}};

    if (tls.SSL_pending(ssl) == 0 && poll(polled, 2, -1) < 0)
        return errno == EINTR;
    if (tls.SSL_pending(ssl) > 0 || polled[0].revents) {
        int n = tls.SSL_read(ssl, piece, PIECE);

        if (n <= 0 || !send_all(upstream, piece, (size_t)n))
            return false;
    }
    if (polled[1].revents) {
        ssize_t n = recv(upstream, piece, PIECE, 0);

        if (n <= 0 || tls.SSL_write(ssl, piece, (int)n) != (int)n)
            return false;
    }
    return true;
}

static void *relay(void *data)
{
    int client = (int)(intptr_t)data;
    SSL *ssl = tls.SSL_new(context);

    if (ssl && tls.SSL_set_fd(ssl, client) == 1 && tls.SSL_accept(ssl) == 1) {
        char *piece = malloc(PIECE);
        int upstream = connect_upstream();

        while (piece && relay_once(ssl, client, upstream, piece))
            continue;
        close(upstream);
        free(piece);
    }
    tls.SSL_free(ssl);
    close(client);
    return NULL;
}

static void *accept_all(void *data)
{
    int listener = (int)(intptr_t)data;

    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (pthread_create(&thread, NULL, relay, (void *)(intptr_t)client) == 0)
            pthread_detach(thread);
        else
            close(client);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    pthread_t thread;
    char byte;

    if (argc != 4)
        die("usage", "tls_relay CERTIFICATE KEY PORT");
    signal(SIGPIPE, SIG_IGN);
    load_all(argv[1], argv[2]);
    upstream_port = atoi(argv[3]);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 ||
        listen(listener, 128) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        die("listen on 127.0.0.1", strerror(errno));
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    if (pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener) != 0)
        die("thread", strerror(errno));
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}
