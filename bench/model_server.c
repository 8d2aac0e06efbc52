/*
 * model_server.c - a scripted model on loopback that speaks Anthropic Messages over HTTP/1.1, for
 * measuring agents. Knows nothing of who asks: rein and the bare loop get the same bytes.
 *
 *     model_server FOLDER [FIRST_BODY]
 *
 * It prints its port, serves until its standard input ends, then prints what it has seen. The path
 * of a request says what is played: /KIND/COUNT/AGENT/v1/messages. KIND is read, reads (8 in a
 * reply), bash, bulk (COUNT deltas in one reply) or end (a reply at once). COUNT tool rounds are
 * played, then the conversation ends; the assistant messages in the body say which round it is.
 * AGENT is a number below 64, so that several can be told apart. Files to read are FOLDER/00000.txt
 * and so on, another one each time, since an agent may leave out what it has sent before. The body
 * of the first request goes to FIRST_BODY.
 *
 * What counts is the time from the end of a response to the arrival of the whole next request. The
 * first is taken before the last piece is sent, so that the server cannot be put to sleep between
 * the two and hide what it measures; stop event and end of the body leave in one call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

enum {
    AGENTS_MAX = 64,
    EVENTS = 64,
    PARALLEL = 8,
    CHUNK = 16384,
    HEAD_MAX = 64 << 10,
    BODY_MAX = 256 << 20,
    COUNT_MAX = 1000000
};

struct connection {
    int fd;
    struct buf in, out;
    size_t sent;
    long agent; /* whose response is in `out` */
};

/* What is kept of an agent between two requests. */
struct agent {
    int64_t sent;     /* when the last response's end left; 0: none yet */
    size_t body_size; /* of the last request */
};

struct record {
    long agent, turn;
    int64_t arrived, sent_before;
    size_t body_size;
    long errors;
};

struct request {
    char kind[8];
    long count, agent;
    str body;
};

static struct agent agents[AGENTS_MAX];
static struct record *records;
static size_t n_records, records_room;
static long n_connections;
static const char *folder, *first_body;

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "model_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- what the model says --------------------------------------------------------------------- */

/* An event of the stream; its name is the type that its data begins with. */
__attribute__((format(printf, 3, 4))) static void event(struct buf *out, const char *type,
                                                        const char *format, ...)
{
    char members[1024];
    va_list list;

    va_start(list, format);
    int n = vsnprintf(members, sizeof(members), format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof(members)) {
        fprintf(stderr, "model_server: the folder's name is too long: %s\n", folder);
        exit(1);
    }
    buf_printf(out, "event: %s\ndata: {\"type\":\"%s\"%s}\n\n", type, type, members);
}

static void say_start(struct buf *out, long turn)
{
    event(out, "message_start",
          ",\"message\":{\"id\":\"msg_%ld\",\"type\":\"message\",\"role\":\"assistant\","
          "\"model\":\"claude-sonnet-5\",\"content\":[],\"stop_reason\":null,"
          "\"stop_sequence\":null,\"usage\":{\"input_tokens\":100,\"output_tokens\":1}}",
          turn);
}

static void say_end(struct buf *out, const char *reason)
{
    event(out, "message_delta",
          ",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null},"
          "\"usage\":{\"output_tokens\":40}",
          reason);
    event(out, "message_stop", "%s", "");
}

/* `input` is the JSON of the call, already escaped to stand inside a string. */
static void say_call(struct buf *out, long turn, int index, const char *tool, const char *input)
{
    event(out, "content_block_start",
          ",\"index\":%d,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_%ld_%d\","
          "\"name\":\"%s\",\"input\":{}}",
          index, turn, index, tool);
    event(out, "content_block_delta",
          ",\"index\":%d,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"%s\"}", index,
          input);
    event(out, "content_block_stop", ",\"index\":%d", index);
}

static void say_read(struct buf *out, long turn, int index, long file)
{
    char input[512];

    snprintf(input, sizeof(input), "{\\\"file_path\\\": \\\"%s/%05ld.txt\\\"}", folder, file);
    say_call(out, turn, index, "Read", input);
}

static void say_text(struct buf *out, long deltas)
{
    event(out, "content_block_start",
          ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    for (long i = 0; i < deltas; i++)
        event(out, "content_block_delta",
              ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}",
              i % 16 == 15 ? "more\\n" : "word ");
    event(out, "content_block_stop", ",\"index\":0");
}

/* The reply to the request that has `turn` assistant messages. */
static void say(struct buf *out, const struct request *request, long turn)
{
    bool bulk = strcmp(request->kind, "bulk") == 0;
    long rounds = bulk || strcmp(request->kind, "end") == 0 ? 0 : request->count;

    say_start(out, turn);
    if (turn >= rounds) {
        say_text(out, bulk ? request->count : 1);
        say_end(out, "end_turn");
        return;
    }
    if (strcmp(request->kind, "bash") == 0)
        say_call(out, turn, 0, "Bash", "{\\\"command\\\": \\\"true\\\"}");
    else if (strcmp(request->kind, "read") == 0)
        say_read(out, turn, 0, turn);
    else
        for (int i = 0; i < PARALLEL; i++)
            say_read(out, turn, i, turn * PARALLEL + i);
    say_end(out, "tool_use");
}

static void respond(struct connection *c, const struct request *request, long turn)
{
    struct buf body;

    buf_init(&body, BUF_NO_MAX);
    say(&body, request, turn);
    buf_add(&c->out, S("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n"));
    for (str rest = buf_str(&body); rest.n; rest = str_skip(rest, CHUNK)) {
        str chunk = str_take(rest, CHUNK);

        buf_printf(&c->out, "%zx\r\n", chunk.n);
        buf_add(&c->out, chunk);
        buf_add(&c->out, S("\r\n"));
    }
    buf_add(&c->out, S("0\r\n\r\n"));
    buf_fini(&body);
}

/* ---- requests -------------------------------------------------------------------------------- */

static long count_of(str s, str needle)
{
    long n = 0;
    const char *found;

    while ((found = memmem(s.p, s.n, needle.p, needle.n))) {
        n++;
        s = str_skip(s, (size_t)(found - s.p) + needle.n);
    }
    return n;
}

static bool read_path(str head, struct request *request)
{
    char line[128];
    int end = 0;
    str first = str_take(head, sizeof(line) - 1);

    memcpy(line, first.p, first.n);
    line[first.n] = 0;
    if (sscanf(line, "POST /%7[a-z]/%ld/%ld/v1/messages%n", request->kind, &request->count,
               &request->agent, &end) != 3 ||
        end == 0)
        return false;
    return request->agent >= 0 && request->agent < AGENTS_MAX && request->count >= 0 &&
           request->count <= COUNT_MAX;
}

static size_t read_length(str head)
{
    for (str line = str_cut(&head, '\n'); line.p; line = str_cut(&head, '\n')) {
        static const char name[] = "content-length:";
        long long n;

        if (line.n < sizeof(name) || strncasecmp(line.p, name, sizeof(name) - 1) != 0)
            continue;
        n = atoll(line.p + sizeof(name) - 1);
        return n >= 0 && n <= BODY_MAX ? (size_t)n : SIZE_MAX;
    }
    return SIZE_MAX;
}

static void keep_first_body(str body)
{
    FILE *file = fopen(first_body, "we");

    if (!file || fwrite(body.p, 1, body.n, file) != body.n || fclose(file) != 0)
        die(first_body);
    first_body = NULL;
}

static void take_record(const struct request *request, int64_t arrived, long turn)
{
    struct agent *agent = &agents[request->agent];
    bool grew = request->body.n > agent->body_size;

    if (n_records == records_room) {
        records_room = records_room ? records_room * 2 : 1024;
        records = memory_grow(records, records_room * sizeof(*records));
    }
    records[n_records++] = (struct record){
        .agent = request->agent,
        .turn = turn,
        .arrived = arrived,
        .sent_before = agent->sent,
        .body_size = request->body.n,
        .errors =
            count_of(str_skip(request->body, grew ? agent->body_size : 0), S("\"is_error\":true")),
    };
    agent->body_size = request->body.n;
}

/* Send what fits; false when the connection is gone. */
static bool flush(struct connection *c)
{
    while (c->sent < c->out.n) {
        agents[c->agent].sent = now();
        ssize_t n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        c->sent += (size_t)n;
    }
    buf_clear(&c->out);
    c->sent = 0;
    return true;
}

/* Whether a whole request stands in `in`; then it is answered. False when it is none of ours. */
static bool take_request(struct connection *c, int64_t arrived)
{
    str in = buf_str(&c->in);
    size_t head_size = str_search(in, S("\r\n\r\n"));

    if (head_size == SIZE_MAX)
        return in.n < HEAD_MAX;
    struct request request;
    str head = str_take(in, head_size);
    size_t length = read_length(head);
    if (!read_path(head, &request) || length == SIZE_MAX) {
        fprintf(stderr, "model_server: not a request of a scenario: %.*s\n",
                FS(str_take(head, 99)));
        return false;
    }
    if (in.n < head_size + 4 + length)
        return true;
    request.body = str_take(str_skip(in, head_size + 4), length);
    long turn = count_of(request.body, S("\"role\":\"assistant\""));
    take_record(&request, arrived, turn);
    if (first_body)
        keep_first_body(request.body);
    c->agent = request.agent;
    respond(c, &request, turn);
    buf_drop(&c->in, head_size + 4 + length);
    return flush(c);
}

static bool receive(struct connection *c)
{
    for (;;) {
        char *room = buf_room(&c->in, 256 << 10);
        ssize_t n = room ? recv(c->fd, room, 256 << 10, 0) : 0;

        if (n == 0)
            return false;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        int64_t arrived = now();
        buf_grown(&c->in, (size_t)n);
        if (!take_request(c, arrived))
            return false;
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void watch(int poll, int operation, int fd, uint32_t events, void *data)
{
    if (epoll_ctl(poll, operation, fd, &(struct epoll_event){events, {.ptr = data}}) < 0)
        die("epoll_ctl");
}

static void accept_one(int poll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct connection *c = memory_new(sizeof(*c));
    c->fd = fd;
    buf_init(&c->in, BODY_MAX + HEAD_MAX);
    buf_init(&c->out, BUF_NO_MAX);
    n_connections++;
    watch(poll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
}

static void serve(int poll, struct connection *c, uint32_t events)
{
    bool alive = !(events & EPOLLOUT) || flush(c);

    if (alive && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        alive = receive(c);
    if (alive) {
        watch(poll, EPOLL_CTL_MOD, c->fd, EPOLLIN | (c->out.n ? EPOLLOUT : 0), c);
        return;
    }
    close(c->fd);
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c);
}

static int listen_here(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        die("listen on 127.0.0.1");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void report(void)
{
    for (size_t i = 0; i < n_records; i++) {
        const struct record *r = &records[i];

        printf("request %ld %ld %lld %lld %zu %ld\n", r->agent, r->turn, (long long)r->arrived,
               (long long)r->sent_before, r->body_size, r->errors);
    }
    printf("connections %ld\n", n_connections);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];

    if (argc < 2) {
        fprintf(stderr, "usage: model_server FOLDER [FIRST_BODY]\n");
        return 2;
    }
    folder = argv[1];
    first_body = argv[2];
    int listener = listen_here();
    int poll = epoll_create1(EPOLL_CLOEXEC);
    int input = STDIN_FILENO; /* its address stands for it among the connections */
    if (poll < 0)
        die("epoll_create1");
    watch(poll, EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(poll, EPOLL_CTL_ADD, input, EPOLLIN, &input);
    for (;;) {
        int n = epoll_wait(poll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &listener) {
                accept_one(poll, listener);
            } else if (events[i].data.ptr == &input) {
                report();
                return 0;
            } else {
                serve(poll, events[i].data.ptr, events[i].events);
            }
        }
    }
}
