/* probes.c - the attempts of escapes.def, each as short as it can be. */
#include "platform/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char text[4096];

/* A path below PROBE_BASE. */
static const char *base(const char *name)
{
    static char path[2][4096];
    static int i;

    i = !i;
    snprintf(path[i], sizeof path[i], "%s/%s", getenv("PROBE_BASE"), name);
    return path[i];
}

static bool write_to(const char *path, int flags)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
    bool done = fd >= 0 && write(fd, "x\n", 2) == 2;

    if (fd >= 0)
        close(fd);
    return done;
}

static bool reads(const char *path, const char *wanted)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    return n > 0 && strstr(text, wanted);
}

/* A call that fails outside too, but for another reason, has reached the kernel. */
static bool reached(long result) { return result >= 0 || errno != EPERM; }
static bool opened(long fd) { return fd >= 0 && close((int)fd) == 0; }

/* ---- files --------------------------------------------------------------------------------- */

static bool probe_write_outside(void) { return write_to(base("outside/file"), O_APPEND); }
static bool probe_create_outside(void) { return write_to(base("outside/new"), O_CREAT); }

static bool probe_rename_outside(void)
{
    return write_to("moving", O_CREAT) && rename("moving", base("outside/moved")) == 0;
}

static bool probe_chmod_outside(void) { return chmod(base("outside/file"), 0600) == 0; }
static bool probe_times_outside(void)
{
    return utimensat(AT_FDCWD, base("outside/file"), NULL, 0) == 0;
}
static bool probe_xattr_outside(void)
{
    return setxattr(base("outside/file"), "user.probe", "x", 1, 0) == 0;
}
static bool probe_fifo_outside(void) { return write_to(base("outside/fifo"), O_NONBLOCK); }

static bool probe_reopen_outside(void)
{
    char path[64];
    int fd = open(base("outside/file"), O_RDONLY | O_CLOEXEC);

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return fd >= 0 && write_to(path, O_APPEND);
}

static bool probe_symlink_there(void) { return write_to("link/file", O_APPEND); }

static bool probe_symlink_made(void)
{
    unlink("link2");
    return symlink(base("outside"), "link2") == 0 && write_to("link2/file", O_APPEND);
}

static bool probe_hard_link_out(void)
{
    unlink("linked");
    return link(base("outside/file"), "linked") == 0 && write_to("linked", O_APPEND);
}

static bool probe_parent_walk(void) { return write_to("../../outside/file", O_APPEND); }

static bool write_by(const char *root)
{
    char path[4096];

    snprintf(path, sizeof path, "%s%s", root, base("outside/file"));
    return write_to(path, O_APPEND);
}
static bool probe_proc_self_root(void) { return write_by("/proc/self/root"); }

/* Inside, the parent is the sandbox's init; outside, the launcher. */
static bool probe_parent_root(void)
{
    char root[64];

    snprintf(root, sizeof root, "/proc/%d/root", getppid());
    return write_by(root);
}

static bool probe_read_ssh_key(void) { return reads(base("home/.ssh/id_probe"), "secret"); }
static bool probe_read_netrc(void) { return reads(base("home/.netrc"), "secret"); }
static bool probe_read_rein_folder(void) { return reads(base("state/rein.db"), "secret"); }
static bool probe_write_results(void) { return write_to(base("state/results/new"), O_CREAT); }
static bool probe_read_shadow(void) { return reads("/etc/shadow", ":"); }

/* ---- protected names ----------------------------------------------------------------------- */

static bool probe_git_hook(void) { return write_to(".git/hooks/pre-commit", O_CREAT); }
static bool probe_git_config(void) { return write_to(".git/config", O_APPEND); }

static bool probe_git_moved(void)
{
    bool done = rename(".git", "moved.git") == 0 && mkdir(".git", 0755) == 0;

    return done && rmdir(".git") == 0 && rename("moved.git", ".git") == 0;
}

static bool probe_git_config_linked(void)
{
    unlink("config2");
    return link(".git/config", "config2") == 0 && write_to("config2", O_APPEND);
}

static bool probe_git_config_renamed(void)
{
    return write_to("evil", O_CREAT) && rename("evil", ".git/config") == 0;
}

static bool probe_missing_file(void)
{
    return write_to(".mcp.json", O_CREAT) && unlink(".mcp.json") == 0;
}

static bool probe_missing_folder(void)
{
    mkdir(".vscode", 0755);
    return write_to(".vscode/tasks.json", O_CREAT) && unlink(".vscode/tasks.json") == 0 &&
           rmdir(".vscode") == 0;
}

static bool probe_placeholder_replaced(void)
{
    return (unlink(".npmrc") == 0 || errno == ENOENT) && write_to("rc", O_CREAT) &&
           rename("rc", ".npmrc") == 0 && unlink(".npmrc") == 0;
}

static bool probe_existing_name(void) { return write_to(".envrc", O_APPEND); }
static bool probe_nested_settings(void) { return write_to("sub/.rein/settings.json", O_APPEND); }
static bool probe_nested_moved(void)
{
    return rename("sub", "sub2") == 0 && rename("sub2", "sub") == 0;
}

static bool probe_protected_link(void)
{
    return write_to("rc2", O_CREAT) && rename("rc2", ".yarnrc") == 0 && unlink(".yarnrc") == 0 &&
           symlink("yarn-settings", ".yarnrc") == 0;
}

/* ---- processes ----------------------------------------------------------------------------- */

static pid_t harness(void) { return (pid_t)atoi(getenv("PROBE_PID")); }

static bool probe_harness_environment(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/environ", harness());
    return reads(path, "=");
}
static bool probe_harness_signal(void) { return kill(harness(), 0) == 0; }
static bool probe_parent_memory(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/mem", getppid());
    return opened(open(path, O_RDONLY | O_CLOEXEC));
}
static bool probe_ptrace_child(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }

static bool probe_read_process_memory(void)
{
    char from = 'x', to = 0;
    struct iovec local = {&to, 1}, remote = {&from, 1};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

static bool probe_steal_descriptor(void)
{
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

    return opened(syscall(SYS_pidfd_getfd, self, 0, 0));
}

/* ---- mounts and namespaces ----------------------------------------------------------------- */

static bool probe_mount_new(void)
{
    return reached(mount("x", "/nonexistent-probe", "tmpfs", 0, NULL));
}
static bool probe_mount_api(void) { return reached(syscall(SYS_fsopen, "nonexistent-probe", 0)); }
static bool probe_mount_tree(void)
{
    return reached(syscall(SYS_open_tree, AT_FDCWD, "/nonexistent-probe", 0));
}
static bool probe_mount_flags(void)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID};

    return syscall(SYS_mount_setattr, AT_FDCWD, "/nonexistent-probe", 0, &attr, sizeof attr) == 0 ||
           errno == ENOENT || (geteuid() != 0 && errno == EPERM && getenv("PROBE_OUTSIDE"));
}
static bool probe_unmount(void) { return reached(umount2("/nonexistent-probe", 0)); }
static bool probe_pivot(void)
{
    return reached(syscall(SYS_pivot_root, "/nonexistent-probe", "/nonexistent-probe")) ||
           (geteuid() != 0 && getenv("PROBE_OUTSIDE"));
}
static bool probe_change_root(void) { return chroot("/") == 0; }
static bool probe_unshare_user(void) { return unshare(CLONE_NEWUSER) == 0; }

static bool ended_well(long pid)
{
    int status = 1;

    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid((pid_t)pid, &status, 0) == pid && status == 0;
}
static bool probe_clone_user(void)
{
    return ended_well(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}
static bool probe_clone3_user(void)
{
    uint64_t args[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};

    return ended_well(syscall(SYS_clone3, args, sizeof args));
}
static bool probe_enter_namespace(void)
{
    return setns(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), CLONE_NEWNET) == 0;
}

/* ---- the kernel's machinery ---------------------------------------------------------------- */

static bool probe_keyring(void)
{
    return syscall(SYS_add_key, "user", "rein-probe", "x", 1, -2 /* process keyring */) > 0;
}
static bool probe_io_ring(void)
{
    char params[256] = {0};

    return opened(syscall(SYS_io_uring_setup, 1, params));
}
static bool probe_bpf_map(void)
{
    union bpf_attr attr = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

    return opened(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}
static bool probe_perf_events(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr};

    return opened(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}
static bool probe_user_faults(void) { return opened(syscall(SYS_userfaultfd, O_CLOEXEC)); }
static bool probe_file_handle(void)
{
    struct {
        unsigned size;
        int type;
        char bytes[128];
    } handle = {.size = 128};
    int mount_id;

    return syscall(SYS_name_to_handle_at, AT_FDCWD, ".", &handle, &mount_id, 0) == 0;
}
static bool probe_load_module(void) { return reached(syscall(SYS_init_module, NULL, 0L, "")); }
static bool probe_kernel_log(void) { return syscall(SYS_syslog, 9, NULL, 0) >= 0; }
static bool probe_watch_all_files(void) { return opened(syscall(SYS_fanotify_init, 0, O_RDONLY)); }
static bool probe_compare_kernel(void)
{
    return syscall(SYS_kcmp, getpid(), getpid(), 1 /* KCMP_VM */, 0, 0) == 0;
}

/* ---- sockets and memory -------------------------------------------------------------------- */

static bool connects(const struct sockaddr *address, size_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && connect(fd, address, (socklen_t)size) == 0 && close(fd) == 0;
}
static bool probe_unix_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    /* relative: a path of a build folder may be longer than an address */
    return chdir(base("outside")) == 0 && strcpy(address.sun_path, "socket") &&
           connects((struct sockaddr *)&address, sizeof address);
}
static bool probe_abstract_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("PROBE_ABSTRACT");

    strcpy(address.sun_path + 1, name);
    return connects((struct sockaddr *)&address, sizeof(sa_family_t) + 1 + strlen(name));
}
static bool probe_netlink_socket(void) { return opened(socket(AF_NETLINK, SOCK_RAW, 0)); }
static bool probe_vsock_socket(void) { return reached(socket(AF_VSOCK, SOCK_STREAM, 0)); }
static bool probe_raw_socket(void) { return opened(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static bool probe_packet_socket(void) { return opened(socket(AF_PACKET, SOCK_RAW, 0)); }
static bool probe_connect_host(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    address.sin_port = htons((uint16_t)atoi(getenv("PROBE_PORT")));
    return connects((struct sockaddr *)&address, sizeof address);
}
static bool probe_system_v_memory(void)
{
    return shmget((key_t)atoi(getenv("PROBE_KEY")), 0, 0) >= 0;
}

/* ---- devices and privileges ---------------------------------------------------------------- */

static bool probe_push_input(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

    if (master < 0 || unlockpt(master) != 0)
        return false;
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return slave >= 0 && ioctl(slave, TIOCSTI, "x") == 0;
}
static bool probe_make_device(void)
{
    return mknod("device", S_IFCHR | 0600, makedev(1, 3)) == 0 && unlink("device") == 0;
}
static bool probe_kernel_device(void) { return opened(open("/dev/kmsg", O_RDONLY | O_CLOEXEC)); }
static bool probe_sysctl(void)
{
    return opened(open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC));
}
static bool probe_cgroup_tree(void) { return access("/sys/fs/cgroup", W_OK) == 0; }
static bool probe_set_user(void) { return setuid(1) == 0; }
static bool probe_capabilities(void)
{
    return reads("/proc/self/status", "CapEff:") && !strstr(text, "CapEff:\t0000000000000000");
}

/* Whether the call came back at all: a filter ends the process. */
static bool survives(void (*call)(void))
{
    pid_t pid = fork();
    int status = 1;

    if (pid == 0) {
        call();
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}
#ifdef __x86_64__
static void i386_getpid(void)
{
    long result = 20;

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
}
static void x32_getpid(void) { syscall(0x40000000 | SYS_getpid); }
static bool probe_foreign_calls(void) { return survives(i386_getpid); }
static bool probe_x32_calls(void) { return survives(x32_getpid); }
#else
static bool probe_foreign_calls(void) { return getenv("PROBE_OUTSIDE") != NULL; }
static bool probe_x32_calls(void) { return getenv("PROBE_OUTSIDE") != NULL; }
#endif

/* ---- by name ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*run)(void);
} probes[] = {
#define ESCAPE(name, who, what) {#name, probe_##name},
#include "platform/escapes.def"
#undef ESCAPE
};

/* Before main(), so that any test binary of this folder is its own probe. */
__attribute__((constructor)) static void probe_main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--probe") != 0)
        return;
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        if (strcmp(probes[i].name, argv[2]) == 0)
            _exit(probes[i].run() ? PROBE_ESCAPED : PROBE_BLOCKED);
    }
    _exit(PROBE_UNKNOWN);
}
