/*
 * command.c - the last steps before the program: wait for the orders, take them, execute.
 *
 * Runs behind all walls. The orders come from the harness alone, over a socket that only it holds;
 * they are checked all the same, since what reads them is what the walls are for.
 */
#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ORDERS, STDIN, STDOUT, STDERR, DESCRIPTORS };

/* The message with its descriptors, in time or not at all. */
static void orders_receive(const struct plan *plan, int fds[DESCRIPTORS])
{
    struct pollfd ready = {.fd = LAUNCH_SETUP, .events = POLLIN};
    union {
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
        struct cmsghdr align;
    } control;
    char byte;
    struct iovec io = {&byte, 1};
    struct msghdr message = {.msg_iov = &io,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *head;

    if (poll(&ready, 1, (int)plan->wait_ms) == 0)
        _exit(0); /* prepared, and not used in time */
    if (launch_must(recvmsg(LAUNCH_SETUP, &message, MSG_CMSG_CLOEXEC), STEP_COMMAND, "recvmsg") ==
        0)
        _exit(0); /* the harness does not want it any more */
    head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS || (message.msg_flags & MSG_CTRUNC) ||
        head->cmsg_len != CMSG_LEN(sizeof(int) * DESCRIPTORS))
        launch_fault(STEP_COMMAND, EPROTO, "descriptors");
    memcpy(fds, CMSG_DATA(head), sizeof(int) * DESCRIPTORS);
}

static struct launch_command *orders_read(int fd)
{
    const char *fault;
    struct stat st;
    void *bytes;

    launch_must(fstat(fd, &st), STEP_COMMAND, "fstat");
    if (st.st_size > COMMAND_SIZE_MAX)
        launch_fault(STEP_COMMAND, E2BIG, "size");
    bytes = malloc((size_t)st.st_size + 1);
    if (!bytes || pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size)
        launch_fault(STEP_COMMAND, EIO, "read");
    if ((fault = command_fault(bytes, (size_t)st.st_size)))
        launch_fault(STEP_COMMAND, EPROTO, fault);
    return bytes;
}

/* Pointers to the next `n` strings, NULL-ended. */
static char **strings(struct launch_command *c, char **at, uint32_t n)
{
    char **list = calloc((size_t)n + 1, sizeof *list);

    if (!list)
        launch_fault(STEP_COMMAND, ENOMEM, "memory");
    for (uint32_t i = 0; i < n; i++)
        list[i] = command_string(c, at);
    return list;
}

static const char *search_path(char **variables)
{
    for (; *variables; variables++) {
        if (strncmp(*variables, "PATH=", 5) == 0)
            return *variables + 5;
    }
    return "/usr/local/bin:/usr/bin:/bin";
}

/* As execvp, in the environment's PATH; an entry that is not absolute is skipped, since the current
 * folder is the workspace. Returns with errno. */
static int execute(char **arguments, char **variables)
{
    const char *name = arguments[0], *at = search_path(variables);
    int number = ENOENT;
    char path[4096];

    if (*name == '/') {
        execve(name, arguments, variables);
        return errno;
    }
    while (*at) {
        size_t n = strcspn(at, ":");

        if (*at == '/' && n + strlen(name) + 2 < sizeof path) {
            memcpy(path, at, n);
            path[n] = '/';
            strcpy(path + n + 1, name);
            execve(path, arguments, variables);
            if (errno != ENOENT && errno != ENOTDIR)
                number = errno;
        }
        at += n + (at[n] == ':');
    }
    return number;
}

_Noreturn void command_run(const struct plan *plan, mode_t mask)
{
    int fds[DESCRIPTORS];
    struct launch_fault ready = {.step = STEP_READY};
    struct launch_command *c;
    char *at, *folder, **arguments, **variables;

    (void)send(LAUNCH_SETUP, &ready, sizeof ready, MSG_NOSIGNAL | MSG_DONTWAIT);
    orders_receive(plan, fds);
    c = orders_read(fds[ORDERS]);
    at = (char *)(c + 1);
    folder = command_string(c, &at);
    arguments = strings(c, &at, c->arguments);
    variables = strings(c, &at, c->variables);
    for (int i = STDIN; i <= STDERR; i++)
        launch_must(dup2(fds[i], i - STDIN), STEP_COMMAND, "stdio");
    for (int i = 0; i < DESCRIPTORS; i++)
        close(fds[i]);
    close_range(LAUNCH_SETUP + 1, ~0u, 0);
    launch_must(chdir(folder), STEP_FOLDER, folder);
    umask(mask);
    launch_fault(STEP_EXEC, execute(arguments, variables), arguments[0]);
}
