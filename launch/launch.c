/*
 * launch.c - the small static program around every child: the order of its steps.
 *
 * It reads the plan, makes the namespaces, and forks; each step fails closed, and what went wrong
 * is told to the harness in one message. It decides nothing: what a child may touch is the plan's.
 * It knows no other folder of the source tree but platform/sandbox.h, and its own memory is small,
 * so that its forks are cheap.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                 CLONE_NEWUTS | CLONE_NEWCGROUP
};

/* What the launcher made before the sandbox had a life of its own; a fault takes it back. */
static struct launch *unfinished;

_Noreturn void launch_fault(enum launch_step step, int number, const char *detail)
{
    struct launch_fault fault = {.step = step, .number = number};
    struct launch *l = unfinished;

    unfinished = NULL;
    if (l) {
        placeholders_remove(l);
        cgroup_remove(l);
    }
    if (detail)
        strncpy(fault.detail, detail, sizeof fault.detail - 1);
    (void)send(LAUNCH_SETUP, &fault, sizeof fault, MSG_NOSIGNAL | MSG_DONTWAIT);
    _exit(120);
}

long launch_must(long result, enum launch_step step, const char *detail)
{
    if (result < 0)
        launch_fault(step, errno, detail);
    return result;
}

static void plan_read(struct launch *l)
{
    const char *fault;
    struct stat st;
    void *bytes;

    launch_must(fstat(LAUNCH_PLAN, &st), STEP_PLAN, "fstat");
    if (st.st_size > PLAN_SIZE_MAX)
        launch_fault(STEP_PLAN, EFBIG, "size");
    /* A private copy, not a mapping: the memfd's other end must not change it behind our back. */
    bytes = malloc((size_t)st.st_size + 1);
    if (!bytes || pread(LAUNCH_PLAN, bytes, (size_t)st.st_size, 0) != st.st_size)
        launch_fault(STEP_PLAN, errno ? errno : EIO, "read");
    close(LAUNCH_PLAN);
    if ((fault = plan_fault(bytes, (size_t)st.st_size)))
        launch_fault(STEP_PLAN, EPROTO, fault);
    l->plan = bytes;
    l->rows = (const struct plan_row *)(l->plan + 1);
    l->placed = calloc(l->plan->rows + 1, sizeof *l->placed);
    l->shared =
        mmap(NULL, sizeof *l->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!l->placed || l->shared == MAP_FAILED)
        launch_fault(STEP_PLAN, ENOMEM, "memory");
    l->journal = -1;
}

/* The harness's death comes as the end of LAUNCH_CONTROL and as a signal; supervise() acts on
 * either. The signal comes also when only the *thread* ended that started us, so it asks getppid().
 * What died before the prctl is found here. */
static void bind_to_harness(const struct plan *plan)
{
    launch_must(prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0), STEP_PARENT, "PR_SET_PDEATHSIG");
    if ((uint32_t)getppid() != plan->parent)
        launch_fault(STEP_PARENT, ESRCH, "the harness has ended");
}

static void identity_write(const char *path, const char *text)
{
    int fd = (int)launch_must(open(path, O_WRONLY | O_CLOEXEC), STEP_IDENTITY, path);

    launch_must(write(fd, text, strlen(text)), STEP_IDENTITY, path);
    close(fd);
}

static char *decimal(char *end, unsigned n)
{
    *--end = 0;
    do {
        *--end = (char)('0' + n % 10);
    } while (n /= 10);
    return end;
}

static uid_t outer_uid;
static gid_t outer_gid;

void identity_map(void)
{
    const unsigned ids[2] = {outer_uid, outer_gid};
    const char *const files[2] = {"/proc/self/uid_map", "/proc/self/gid_map"};

    identity_write("/proc/self/setgroups", "deny");
    for (int i = 0; i < 2; i++) {
        char digits[16], line[64];
        const char *id = decimal(digits + sizeof digits, ids[i]);

        strcpy(line, id);
        strcat(line, " ");
        strcat(line, id);
        strcat(line, " 1\n");
        identity_write(files[i], line);
    }
}

void network_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd =
        (int)launch_must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), STEP_NETWORK, "socket");

    launch_must(ioctl(fd, SIOCSIFFLAGS, &request), STEP_NETWORK, "lo");
    close(fd);
}

static void limit(int resource, rlim_t value, const char *name)
{
    struct rlimit now;

    launch_must(getrlimit((__rlimit_resource_t)resource, &now), STEP_LIMIT, name);
    if (now.rlim_max < value)
        value = now.rlim_max;
    now.rlim_cur = now.rlim_max = value;
    launch_must(setrlimit((__rlimit_resource_t)resource, &now), STEP_LIMIT, name);
}

void limits_set(const struct plan *plan)
{
    limit(RLIMIT_CORE, 0, "core");
    limit(RLIMIT_NOFILE, 4096, "files");
    limit(RLIMIT_FSIZE, plan->max_file_size, "file size");
    /* Counted in the sandbox's own user namespace; outside of one it would count all processes of
     * the user. Root is exempt: cgroup.c and init's watch stand in. */
    if (plan->level != SANDBOX_FULL_ACCESS)
        limit(RLIMIT_NPROC, plan->max_processes, "processes");
}

/* Between fork and exec of the command: everything that it must not have goes, seccomp last. */
static _Noreturn void command_enter(struct launch *l)
{
    sigset_t none;

    close(LAUNCH_CONTROL);
    setsid();
    limits_set(l->plan);
    launch_must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), STEP_PRIVILEGE, "no_new_privs");
    if (l->plan->level != SANDBOX_FULL_ACCESS) {
        landlock_enter(l);
        seccomp_enter();
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* handlers are none: the harness's spawn saw to that */
    command_run(l->plan, l->mask);
}

/* Pid 1 of the sandbox. `go` ends without a byte when the launcher died before we were bound to
 * its life; in the other case the byte says that the cgroup is ours. */
static _Noreturn void init_enter(struct launch *l, int go)
{
    pid_t command;
    char byte;
    struct pollfd end = {.fd = go, .events = 0};

    launch_must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), STEP_PARENT, "PR_SET_PDEATHSIG");
    identity_map();
    network_up();
    mounts_make(l);
    if (read(go, &byte, 1) != 1 || (poll(&end, 1, 0) == 1 && end.revents & POLLHUP))
        _exit(121);
    close(go);
    /* From here on nobody of the same user may look into us; the maps needed it otherwise. */
    launch_must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), STEP_PRIVILEGE, "PR_SET_DUMPABLE");
    privileges_drop();
    launch_must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), STEP_PARENT, "PR_SET_PDEATHSIG");
    if (l->journal >= 0)
        close(l->journal);
    command = (pid_t)launch_must(fork(), STEP_NAMESPACE, "fork");
    if (command == 0)
        command_enter(l);
    close(LAUNCH_SETUP);
    init_run(l, command);
}

/* Which namespace is refused, for the text of the fault. */
static const char *missing_namespace(int *number)
{
    static const struct {
        unsigned flag;
        const char *name;
    } kinds[] = {{0, "user"},
                 {CLONE_NEWNS, "mount"},
                 {CLONE_NEWPID, "pid"},
                 {CLONE_NEWNET, "net"},
                 {CLONE_NEWIPC, "ipc"},
                 {CLONE_NEWUTS, "uts"},
                 {CLONE_NEWCGROUP, "cgroup"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        long pid = syscall(SYS_clone, CLONE_NEWUSER | kinds[i].flag | SIGCHLD, 0, 0, 0, 0);

        if (pid == 0)
            _exit(0);
        if (pid < 0) {
            *number = errno;
            return kinds[i].name;
        }
    }
    return "all at once";
}

static pid_t sandbox_start(struct launch *l)
{
    int go[2];
    long pid;

    outer_uid = geteuid();
    outer_gid = getegid();
    unfinished = l;
    placeholders_make(l);
    cgroup_make(l);
    launch_must(pipe2(go, O_CLOEXEC), STEP_NAMESPACE, "pipe");
    pid = syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        unfinished = NULL;
        close(go[1]);
        init_enter(l, go[0]);
    }
    if (pid < 0) {
        int number = errno;
        const char *kind = missing_namespace(&number);

        launch_fault(STEP_NAMESPACE, number, kind);
    }
    unfinished = NULL;
    close(go[0]);
    cgroup_join(l, (pid_t)pid);
    (void)!write(go[1], "", 1);
    /* go[1] stays open: its end tells init of our death. */
    return (pid_t)pid;
}

/* No namespaces: the command is our child, and whatever it leaves behind becomes ours. */
static pid_t plain_start(struct launch *l)
{
    pid_t launcher = getpid(), pid;

    launch_must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), STEP_PARENT, "PR_SET_CHILD_SUBREAPER");
    pid = (pid_t)launch_must(fork(), STEP_NAMESPACE, "fork");
    if (pid == 0) {
        launch_must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), STEP_PARENT, "PR_SET_PDEATHSIG");
        if (getppid() != launcher)
            _exit(121);
        command_enter(l);
    }
    return pid;
}

int main(void)
{
    struct launch l = {0};
    sigset_t all;
    pid_t child;

    close_range(LAUNCH_PLAN + 1, ~0u, 0);
    fcntl(LAUNCH_CONTROL, F_SETFD, FD_CLOEXEC);
    fcntl(LAUNCH_SETUP, F_SETFD, FD_CLOEXEC);
    setsid();
    l.mask = umask(077);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    plan_read(&l);
    bind_to_harness(l.plan);
    child = l.plan->level == SANDBOX_FULL_ACCESS ? plain_start(&l) : sandbox_start(&l);
    close(LAUNCH_SETUP);
    supervise(&l, child);
    placeholders_remove(&l);
    cgroup_remove(&l);
    return 0;
}
