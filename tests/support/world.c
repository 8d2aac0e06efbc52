/* world.c - see world.h. */
#include "support/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/file.h"

extern char **environ;

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "world: %s: %s\n", what, strerror(errno));
    abort();
}

void world_begin(struct world *w, const char *scenario)
{
    char *root;
    str text;

    *w = (struct world){.out_fd = -1, .err_fd = -1};
    arena_init(&w->arena);
    buf_init(&w->out, 256u << 20);
    buf_init(&w->err, 16u << 20);
    text = arena_str(&w->arena, S("/tmp/rein-world-XXXXXX"));
    root = arena_copy(&w->arena, text.p, text.n + 1);
    if (!mkdtemp(root))
        die(root);
    w->root = root;
    w->workspace = arena_printf(&w->arena, "%s/work", root).p;
    w->home = arena_printf(&w->arena, "%s/home", root).p;
    if (mkdir(w->workspace, 0755))
        die(w->workspace);
    if (scenario)
        w->server = model_server_start(scenario);
}

void world_end(struct world *w)
{
    struct error err;

    if (w->server)
        model_server_stop(w->server);
    if (file_remove_tree(w->root, &err) != REIN_OK)
        fprintf(stderr, "world: %s\n", err.text);
    buf_fini(&w->out);
    buf_fini(&w->err);
    arena_fini(&w->arena);
}

static const char *path_of(struct world *w, const char *path)
{
    return arena_printf(&w->arena, "%s/%s", w->workspace, path).p;
}

void world_file(struct world *w, const char *path, const char *text)
{
    const char *whole = path_of(w, path);
    char *folder = arena_copy(&w->arena, whole, strlen(whole) + 1);
    struct error err;

    *strrchr(folder, '/') = 0;
    if (file_make_folder(folder, 0755, &err) != REIN_OK ||
        file_write_atomic(whole, str_of(text), 0644, &err) != REIN_OK) {
        errno = EIO;
        die(err.text);
    }
}

const char *world_read(struct world *w, const char *path)
{
    struct buf bytes;
    const char *text = NULL;

    buf_init(&bytes, 64u << 20);
    if (file_read(path_of(w, path), &bytes, NULL) == REIN_OK)
        text = arena_cstr(&w->arena, buf_str(&bytes));
    buf_fini(&bytes);
    return text;
}

/* ---- running ------------------------------------------------------------------------------------ */

/* The caller's environment less what would reach a real model, and the world's own. */
static char **environment_of(struct world *w)
{
    static const char *const dropped[] = {"ANTHROPIC_", "REIN_", "XDG_", "NO_COLOR="};
    size_t n = 0;
    char **out;

    while (environ[n])
        n++;
    out = arena_array(&w->arena, char *, n + 16);
    n = 0;
    for (size_t i = 0; w->environment[i]; i++) /* first: the first of a name counts */
        out[n++] = (char *)(uintptr_t)w->environment[i];
    out[n++] = (char *)(uintptr_t)arena_printf(&w->arena, "REIN_HOME=%s", w->home).p;
    for (char **e = environ; *e; e++) {
        bool keep = true;
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
            keep &= strncmp(*e, dropped[i], strlen(dropped[i])) != 0;
        if (keep)
            out[n++] = *e;
    }
    if (w->server) {
        out[n++] = (char *)(uintptr_t)arena_printf(&w->arena, "ANTHROPIC_BASE_URL=%s",
                                                   model_server_url(w->server))
                       .p;
        out[n++] = (char *)(uintptr_t) "ANTHROPIC_API_KEY=test-key";
        out[n++] = (char *)(uintptr_t) "REIN_MODEL=anthropic/claude-sonnet-4-5";
    }
    return out;
}

static int input_of(struct world *w)
{
    FILE *file;
    int fd;

    if (!w->input)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    file = tmpfile();
    if (!file || fputs(w->input, file) < 0 || fflush(file))
        die("standard input");
    rewind(file);
    fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
    fclose(file);
    w->input = NULL;
    return fd;
}

/* A limit that the child inherits; ours is raised again. Our own writes are smaller than any. */
static void limit_files(unsigned bytes)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit))
        die("getrlimit");
    limit.rlim_cur = bytes ? bytes : limit.rlim_max;
    if (setrlimit(RLIMIT_FSIZE, &limit))
        die("setrlimit");
}

void world_start(struct world *w, const char *const *arguments)
{
    const char *program = getenv("REIN_BINARY") ? getenv("REIN_BINARY") : REIN_BINARY;
    char *argv[64] = {(char *)(uintptr_t)program};
    int out[2], err[2], in, n = 1, failed;
    posix_spawn_file_actions_t actions;

    for (; *arguments && n < 63; arguments++)
        argv[n++] = (char *)(uintptr_t)*arguments;
    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || (in = input_of(w)) < 0)
        die("pipes");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    posix_spawn_file_actions_addchdir_np(&actions, w->workspace);
    limit_files(w->file_limit);
    failed = posix_spawn(&w->pid, program, &actions, NULL, argv, environment_of(w));
    limit_files(0);
    posix_spawn_file_actions_destroy(&actions);
    close(in), close(out[1]), close(err[1]);
    if (failed) {
        errno = failed;
        die(program);
    }
    w->out_fd = out[0];
    w->err_fd = err[0];
    buf_clear(&w->out);
    buf_clear(&w->err);
}

static bool drain(int fd, struct buf *into)
{
    char *room = buf_room(into, 65536);
    ssize_t n = room ? read(fd, room, 65536) : 0;

    if (n > 0)
        buf_grown(into, (size_t)n);
    return n > 0 || (n < 0 && errno == EINTR);
}

void world_finish(struct world *w)
{
    struct pollfd fds[2] = {{.fd = w->out_fd, .events = POLLIN},
                            {.fd = w->err_fd, .events = POLLIN}};
    int status;

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die("poll");
        if (fds[0].fd >= 0 && fds[0].revents && !drain(fds[0].fd, &w->out))
            fds[0].fd = -1;
        if (fds[1].fd >= 0 && fds[1].revents && !drain(fds[1].fd, &w->err))
            fds[1].fd = -1;
    }
    close(w->out_fd);
    close(w->err_fd);
    while (waitpid(w->pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    w->pid = 0;
    w->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void world_run(struct world *w, const char *const *arguments)
{
    world_start(w, arguments);
    world_finish(w);
}

/* ---- looking ------------------------------------------------------------------------------------- */

static const struct json *parse(struct world *w, str text)
{
    struct json *tree;
    struct error err;

    if (json_parse(text, JSON_DEPTH, &w->arena, &tree, &err) != REIN_OK) {
        fprintf(stderr, "world: not JSON: %s\n%.*s\n", err.text, FS(str_take(text, 2000)));
        abort();
    }
    return tree;
}

const struct json **world_lines(struct world *w, size_t *n)
{
    str text = arena_str(&w->arena, buf_str(&w->out));
    const struct json **lines;
    size_t count = 1;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\n';
    lines = arena_array(&w->arena, const struct json *, count);
    *n = 0;
    while (text.p && text.n) {
        str line = str_trim(str_cut(&text, '\n'));
        if (line.n)
            lines[(*n)++] = parse(w, line);
    }
    return lines;
}

/* A run for looking leaves the last run's output as it was. */
static const struct json **look(struct world *w, const char *const *arguments, size_t *n)
{
    struct buf out = w->out, err = w->err;
    const struct json **lines;
    int code = w->code;

    buf_init(&w->out, 256u << 20);
    buf_init(&w->err, 16u << 20);
    world_run(w, arguments);
    if (w->code != 0) {
        fprintf(stderr, "world: %s %s failed: %s\n", arguments[0], arguments[1], w->err.p);
        abort();
    }
    lines = world_lines(w, n);
    buf_fini(&w->out);
    buf_fini(&w->err);
    w->out = out, w->err = err, w->code = code;
    return lines;
}

const char *world_session(struct world *w)
{
    size_t n;
    const struct json **rows = look(w, (const char *[]){"session", "list", "--json", NULL}, &n);

    if (!n) {
        fprintf(stderr, "world: no session\n");
        abort();
    }
    return arena_cstr(&w->arena, json_text(rows[0], "id", S("")));
}

const struct json **world_events(struct world *w, size_t *n)
{
    const char *id = world_session(w);

    return look(w, (const char *[]){"session", "show", id, "--json", NULL}, n);
}

const struct json *world_request(struct world *w, size_t i)
{
    return parse(w, model_server_request(w->server, i));
}
