/*
 * bare.c - the least that can be called an agent: C, libcurl's easy interface, and no more. It is
 * the yardstick of the benchmark. It knows the stream of model_server.c and nothing else: no store,
 * no permission, no sandbox, no schema; what it does not do is what rein costs.
 *
 *     ANTHROPIC_BASE_URL=http://127.0.0.1:PORT/... bare FIRST_BODY
 *
 * FIRST_BODY holds the body of rein's own first request, so that both send the same bytes and the
 * same growth: each turn appends the calls and their results and sends all of it again.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

enum { CALLS_MAX = 16, WORD_MAX = 600 };

struct call {
    char id[64], tool[16], argument[WORD_MAX];
};

struct reply {
    struct buf line;
    struct buf text;
    struct call calls[CALLS_MAX];
    size_t n_calls;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bare: %s: %s\n", what, why);
    exit(1);
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* What stands between `before` and the next `end`. */
static void copy_between(const char *line, const char *before, char end, char *out, size_t size)
{
    const char *from = strstr(line, before);
    size_t n = 0;

    if (from)
        for (from += strlen(before); from[n] && from[n] != end && n + 1 < size; n++)
            out[n] = from[n];
    out[n] = 0;
}

static void take_text(struct reply *reply, const char *from)
{
    for (; *from && *from != '"'; from++) {
        bool escaped = *from == '\\' && from[1];

        from += escaped;
        buf_byte(&reply->text, escaped && *from == 'n' ? '\n' : *from);
    }
}

static void take_line(struct reply *reply, const char *line)
{
    const char *text;

    if (!strstr(line, "content_block_"))
        return;
    if ((text = strstr(line, "\"text_delta\",\"text\":\""))) {
        take_text(reply, text + strlen("\"text_delta\",\"text\":\""));
    } else if (strstr(line, "\"tool_use\"") && reply->n_calls < CALLS_MAX) {
        struct call *call = &reply->calls[reply->n_calls++];

        copy_between(line, "\"id\":\"", '"', call->id, sizeof(call->id));
        copy_between(line, "\"name\":\"", '"', call->tool, sizeof(call->tool));
    } else if (strstr(line, "input_json_delta") && reply->n_calls) {
        struct call *call = &reply->calls[reply->n_calls - 1];

        copy_between(line, "\": \\\"", '\\', call->argument, sizeof(call->argument));
    }
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *data)
{
    struct reply *reply = data;
    str rest = {bytes, size * n};

    while (rest.n) {
        size_t end = str_find(rest, '\n');

        buf_add(&reply->line, str_take(rest, end));
        if (end == SIZE_MAX)
            break;
        if (str_starts(buf_str(&reply->line), S("data: ")))
            take_line(reply, reply->line.p);
        buf_clear(&reply->line);
        rest = str_skip(rest, end + 1);
    }
    return size * n;
}

/* ---- tools ----------------------------------------------------------------------------------- */

static void read_all(int fd, struct buf *out)
{
    ssize_t n;

    do {
        char *room = buf_room(out, 16384);

        n = read(fd, room, 16384);
        if (n > 0)
            buf_grown(out, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
}

/* The file with its lines numbered. */
static void run_read(const char *path, struct buf *out)
{
    struct buf text;
    int number = 1, fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        die(path, strerror(errno));
    buf_init(&text, BUF_NO_MAX);
    read_all(fd, &text);
    close(fd);
    str rest = buf_str(&text);
    while (rest.n) {
        str line = str_cut(&rest, '\n');

        buf_printf(out, "%6d\t%.*s\n", number++, FS(line));
    }
    buf_fini(&text);
}

static void run_command(const char *command, struct buf *out)
{
    posix_spawn_file_actions_t actions;
    const char *argv[] = {"bash", "-c", command, NULL};
    int ends[2], error, status;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    error = posix_spawn(&child, "/bin/bash", &actions, NULL, (char *const *)argv, environ);
    if (error)
        die("bash", strerror(error));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    read_all(ends[0], out);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
}

/* ---- the body -------------------------------------------------------------------------------- */

static void put_escaped(struct buf *body, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '"' || c == '\\')
            buf_byte(body, '\\');
        if (c == '\n')
            buf_add(body, S("\\n"));
        else if (c == '\t')
            buf_add(body, S("\\t"));
        else if ((unsigned char)c < ' ')
            buf_printf(body, "\\u%04x", (unsigned)c);
        else
            buf_byte(body, c);
    }
}

static void put_calls(struct buf *body, const struct reply *reply)
{
    buf_add(body, S(",{\"role\":\"assistant\",\"content\":["));
    for (size_t i = 0; i < reply->n_calls; i++) {
        const struct call *call = &reply->calls[i];
        bool is_read = strcmp(call->tool, "Read") == 0;

        buf_printf(body,
                   "%s{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"%s\",\"input\":{\"%s\":\"",
                   i ? "," : "", call->id, call->tool, is_read ? "file_path" : "command");
        put_escaped(body, str_of(call->argument));
        buf_add(body, S("\"}}"));
    }
    buf_add(body, S("]},{\"role\":\"user\",\"content\":["));
}

static void put_results(struct buf *body, const struct reply *reply)
{
    struct buf out;

    buf_init(&out, BUF_NO_MAX);
    for (size_t i = 0; i < reply->n_calls; i++) {
        const struct call *call = &reply->calls[i];

        buf_clear(&out);
        if (strcmp(call->tool, "Read") == 0)
            run_read(call->argument, &out);
        else
            run_command(call->argument, &out);
        buf_printf(body, "%s{\"type\":\"tool_result\",\"tool_use_id\":\"%s\",\"content\":\"",
                   i ? "," : "", call->id);
        put_escaped(body, out.n ? buf_str(&out) : S("(no output)"));
        buf_add(body, S("\"}"));
    }
    buf_add(body, S("]}"));
    buf_fini(&out);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static CURL *connect_to(const char *base_url, struct reply *reply)
{
    char url[512];
    struct curl_slist *headers = NULL;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    if (!curl)
        die("libcurl", "cannot be initialised");
    snprintf(url, sizeof(url), "%s/v1/messages", base_url);
    headers = curl_slist_append(headers, "content-type: application/json");
    headers = curl_slist_append(headers, "anthropic-version: 2023-06-01");
    headers = curl_slist_append(headers, "x-api-key: bench");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    if (getenv("SSL_CERT_FILE"))
        curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("SSL_CERT_FILE"));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    return curl;
}

static void read_first_body(const char *path, struct buf *body)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        die(path, strerror(errno));
    read_all(fd, body);
    close(fd);
    if (!str_ends(buf_str(body), S("]}")))
        die(path, "is not the body of a request");
    body->n -= 2;
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("ANTHROPIC_BASE_URL");
    static struct reply reply;
    struct buf body;

    if (argc != 2 || !base_url)
        die("usage", "ANTHROPIC_BASE_URL=URL bare FIRST_BODY");
    buf_init(&body, BUF_NO_MAX);
    buf_init(&reply.line, BUF_NO_MAX);
    buf_init(&reply.text, BUF_NO_MAX);
    CURL *curl = connect_to(base_url, &reply);
    read_first_body(argv[1], &body);
    do {
        long status = 0;

        if (reply.n_calls) {
            put_calls(&body, &reply);
            put_results(&body, &reply);
        }
        reply.n_calls = 0;
        buf_add(&body, S("]}"));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.p);
        CURLcode code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK || status != 200)
            die(base_url, code ? curl_easy_strerror(code) : "not 200");
        body.n -= 2;
    } while (reply.n_calls);
    fwrite(reply.text.p, 1, reply.text.n, stdout);
    return 0;
}
