/*
 * proc_launch.c - the launcher's start by posix_spawn from a sealed memfd, its two sockets, and its
 * faults in words.
 *
 * posix_spawn and not fork: the cost of a fork grows with the harness. What is abandoned is
 * collected later, so that giving up a sandbox never waits.
 */
#include "platform/proc_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/launch_image.h"

#ifndef MFD_EXEC
#    define MFD_EXEC 0x10u
#endif
enum { ABOVE = 10 }; /* descriptors from here on don't meet the launcher's 0 to 5 */

/* ---- the program --------------------------------------------------------------------------- */

static int image_fd = -1, image_errno;
static pthread_once_t image_once = PTHREAD_ONCE_INIT;

/* A file in memory above the low numbers, with these bytes. Returns -1 with errno. */
static int memory_file(const char *name, str bytes, unsigned flags)
{
    int low = memfd_create(name, MFD_CLOEXEC | flags), fd;

    if (low < 0 && errno == EINVAL && flags & MFD_EXEC)
        low = memfd_create(name, MFD_CLOEXEC | (flags & ~MFD_EXEC));
    if (low < 0)
        return -1;
    fd = fcntl(low, F_DUPFD_CLOEXEC, ABOVE);
    if (fd >= 0 && file_write_all(fd, bytes, NULL) != REIN_OK) {
        close(fd);
        fd = -1;
    }
    close(low);
    return fd;
}

static void image_make(void)
{
    str image = str_make((const char *)launch_image, (size_t)(launch_image_end - launch_image));

    image_fd = memory_file("rein-launch", image, MFD_ALLOW_SEALING | MFD_EXEC);
    if (image_fd < 0 ||
        fcntl(image_fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        image_errno = errno;
}

/* ---- what ended, and was not waited for ------------------------------------------------------ */

static pthread_mutex_t abandoned_lock = PTHREAD_MUTEX_INITIALIZER;
static int *abandoned;
static size_t abandoned_n, abandoned_room;

/* How many are left. */
static size_t abandoned_collect(void)
{
    size_t left;

    pthread_mutex_lock(&abandoned_lock);
    for (size_t i = 0; i < abandoned_n;) {
        int got = waitpid(abandoned[i], NULL, WNOHANG);

        if (got == 0 || (got < 0 && errno == EINTR))
            i++;
        else
            abandoned[i] = abandoned[--abandoned_n];
    }
    left = abandoned_n;
    pthread_mutex_unlock(&abandoned_lock);
    return left;
}

void launch_settle(int wait_ms)
{
    for (int quarters = 4 * wait_ms; abandoned_collect() > 0 && quarters > 0; quarters--)
        nanosleep(&(struct timespec){0, 250000}, NULL);
}

static void abandoned_add(int pid)
{
    pthread_mutex_lock(&abandoned_lock);
    if (abandoned_n == abandoned_room) {
        size_t room = abandoned_room ? 2 * abandoned_room : 16;
        int *more = realloc(abandoned, room * sizeof *more);

        if (more)
            abandoned = more, abandoned_room = room;
    }
    if (abandoned_n < abandoned_room)
        abandoned[abandoned_n++] = pid;
    pthread_mutex_unlock(&abandoned_lock);
}

bool launch_reap(struct launched *l)
{
    int got;

    if (l->pid <= 0)
        return true;
    do {
        got = waitpid(l->pid, NULL, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    l->pid = 0; /* collected, or by somebody else's SIGCHLD handler */
    return true;
}

void launch_kill(const struct launched *l)
{
    struct launch_request request = {.verb = LAUNCH_KILL};

    if (l->control >= 0)
        (void)send(l->control, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void close_both(struct launched *l)
{
    if (l->control >= 0)
        close(l->control);
    if (l->setup >= 0)
        close(l->setup);
    l->control = l->setup = -1;
}

void launch_abandon(struct launched *l, int wait_ms)
{
    struct pollfd ended = {.fd = l->pidfd, .events = POLLIN};

    launch_kill(l);
    close_both(l);
    if (l->pidfd >= 0 && wait_ms > 0)
        while (poll(&ended, 1, wait_ms) < 0 && errno == EINTR)
            ;
    if (!launch_reap(l))
        abandoned_add(l->pid);
    if (l->pidfd >= 0)
        close(l->pidfd);
    l->pidfd = -1;
    l->pid = 0;
}

/* ---- start --------------------------------------------------------------------------------- */

/* A pair of sockets above the low numbers: [0] ours, [1] the launcher's. */
static bool socket_pair(int out[2])
{
    int low[2];

    out[0] = out[1] = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        out[i] = fcntl(low[i], F_DUPFD_CLOEXEC, ABOVE);
        close(low[i]);
    }
    return out[0] >= 0 && out[1] >= 0;
}

static int spawn(pid_t *pid, int control, int setup, int plan)
{
    static char *const argv[] = {"rein-launch", NULL}, *const env[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char path[64];
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    snprintf(path, sizeof path, "/proc/self/fd/%d", image_fd);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_adddup2(&actions, control, LAUNCH_CONTROL);
    posix_spawn_file_actions_adddup2(&actions, setup, LAUNCH_SETUP);
    posix_spawn_file_actions_adddup2(&actions, plan, LAUNCH_PLAN);
    failed = posix_spawn(pid, path, &actions, &attr, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return failed;
}

static rein_status start(int plan, struct launched *out, struct error *err)
{
    int control[2] = {-1, -1}, setup[2] = {-1, -1}, failed;
    pid_t pid = 0;

    if (!socket_pair(control) || !socket_pair(setup))
        failed = errno;
    else
        failed = spawn(&pid, control[1], setup[1], plan);
    for (int i = failed ? 0 : 1; i < 2; i++) {
        if (control[i] >= 0)
            close(control[i]);
        if (setup[i] >= 0)
            close(setup[i]);
    }
    if (failed)
        return fail_errno(err, failed, "start the launcher");
    *out = (struct launched){.pid = pid,
                             .control = control[0],
                             .setup = setup[0],
                             .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
    return REIN_OK;
}

rein_status launch_start(const struct sandbox_spec *spec, const struct protect *protect,
                         uint32_t wait_ms, struct launched *out, struct error *err)
{
    struct buf plan;
    rein_status status;
    int fd = -1;

    *out = (struct launched){.pidfd = -1, .control = -1, .setup = -1};
    abandoned_collect();
    pthread_once(&image_once, image_make);
    if (image_errno)
        return fail_errno(err, image_errno, "put the launcher into memory (memfd_create)");
    buf_init(&plan, PLAN_SIZE_MAX);
    status = sandbox_plan(spec, protect, wait_ms, &plan, err);
    if (status == REIN_OK && (fd = memory_file("rein-plan", buf_str(&plan), 0)) < 0)
        status = fail_errno(err, errno, "put the sandbox's plan into memory");
    if (status == REIN_OK)
        status = start(fd, out, err);
    if (fd >= 0)
        close(fd);
    buf_fini(&plan);
    return status;
}

/* ---- the command --------------------------------------------------------------------------- */

static uint32_t put_strings(struct buf *b, const char *const *list)
{
    uint32_t n = 0;

    for (; list && list[n]; n++)
        buf_add(b, str_make(list[n], strlen(list[n]) + 1));
    return n;
}

static rein_status send_descriptors(int socket, const int fds[4], struct error *err)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec io = {(void *)(uintptr_t) "", 1};
    struct msghdr message = {.msg_iov = &io,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * 4);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * 4);
    /* A launcher that has failed already says why on the same socket. */
    if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        return fail_errno(err, errno, "hand the command to the launcher");
    return REIN_OK;
}

rein_status launch_command(const struct launched *l, const struct proc_spec *spec, const int fds[3],
                           struct error *err)
{
    struct launch_command head = {.magic = PLAN_MAGIC};
    struct buf bytes;
    rein_status status = REIN_OK;
    int fd = -1;

    buf_init(&bytes, COMMAND_SIZE_MAX);
    buf_add(&bytes, str_make((const char *)&head, sizeof head));
    buf_add(&bytes, str_make(spec->folder, strlen(spec->folder) + 1));
    head.arguments = put_strings(&bytes, spec->argv);
    head.variables = put_strings(&bytes, spec->env);
    head.size = (uint32_t)bytes.n;
    if (!buf_ok(&bytes))
        status = fail(err, REIN_LIMIT, "the command and its environment are larger than %d bytes",
                      COMMAND_SIZE_MAX);
    if (status == REIN_OK) {
        memcpy(bytes.p, &head, sizeof head);
        fd = memory_file("rein-command", buf_str(&bytes), 0);
        status = fd < 0 ? fail_errno(err, errno, "put the command into memory")
                        : send_descriptors(l->setup, (int[4]){fd, fds[0], fds[1], fds[2]}, err);
    }
    if (fd >= 0)
        close(fd);
    buf_fini(&bytes);
    return status;
}
