/*
 * seccomp.c - which system calls the command may make, and giving up of all privileges.
 *
 * A list of what is refused, since programs need hundreds of calls and break on surprises; the
 * namespaces and Landlock stand before the rest. Refused means an errno, which programs handle; a
 * call by a foreign architecture's entry (i386, x32), where the numbers mean other things, ends the
 * process. The filter is built here and not at build time, so that one source serves both
 * architectures.
 */
#include "launch.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#    define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#    define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#    error "seccomp.c knows x86-64 and arm64; build with sandbox_none elsewhere"
#endif

/* Newer than some headers; these numbers are the same on every architecture. */
enum {
    NR_MOUNT_SETATTR = 442,
    NR_QUOTACTL_FD = 443,
    NR_MEMFD_SECRET = 447,
    NR_FSCONFIG = 431,
    NR_OPEN_TREE_ATTR = 467,
    NR_PIDFD_GETFD = 438,
    NR_PROCESS_MADVISE = 440
};

static const unsigned short refused[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, NR_PIDFD_GETFD, SYS_kcmp,
    NR_PROCESS_MADVISE,
    /* the view of the file system */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount, SYS_fsopen,
    NR_FSCONFIG, SYS_fsmount, SYS_fspick, NR_MOUNT_SETATTR, NR_OPEN_TREE_ATTR,
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init,
    /* namespaces */
    SYS_unshare, SYS_setns,
    /* the kernel's machinery: history of holes, no use for a build or a test */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_lookup_dcookie, SYS_nfsservctl, SYS_vhangup,
    /* the machine */
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, NR_QUOTACTL_FD, SYS_syslog,
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS__sysctl,
#endif
    SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_setdomainname};
/* "Not there": libc falls back from clone3 to clone, whose flags can be seen; io_uring makes
 * sockets and opens files behind this filter. */
static const unsigned short absent[] = {SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter,
                                        SYS_io_uring_register};

enum {
    REFUSED = sizeof refused / sizeof *refused,
    ABSENT = sizeof absent / sizeof *absent,
    FILTER_MAX = 2 * (REFUSED + ABSENT) + 48
};

struct filter {
    struct sock_filter code[FILTER_MAX];
    unsigned short n;
};

static void add(struct filter *f, unsigned code, unsigned yes, unsigned no, unsigned k)
{
    if (f->n == FILTER_MAX)
        launch_fault(STEP_SECCOMP, ENOSPC, "filter");
    f->code[f->n++] =
        (struct sock_filter){(unsigned short)code, (unsigned char)yes, (unsigned char)no, k};
}

static void answer(struct filter *f, int number)
{
    add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ((unsigned)number & SECCOMP_RET_DATA));
}

static void allow(struct filter *f) { add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW); }

/* The low 32 bits of an argument: both architectures are little-endian, and for these calls the
 * kernel looks at no more. */
static void load_argument(struct filter *f, unsigned i)
{
    add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)(offsetof(struct seccomp_data, args) + 8 * i));
}

/* Jump over the next `n` instructions unless the call is `number`. */
static void unless_call(struct filter *f, unsigned number, unsigned n)
{
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, n, number);
}

static void rule_architecture(struct filter *f)
{
    add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
    add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
    add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    add(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000u); /* x32 */
    add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
#endif
}

/* clone with a new namespace. */
static void rule_clone(struct filter *f)
{
    unless_call(f, SYS_clone, 4);
    load_argument(f, 0);
    add(f, BPF_JMP | BPF_JSET | BPF_K, 0, 1,
        CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
            CLONE_NEWCGROUP);
    answer(f, EPERM);
    allow(f);
}

/* IPv4 and IPv6 alone, inside the sandbox's empty network; no raw sockets. socketpair() stays. */
static void rule_socket(struct filter *f)
{
    unless_call(f, SYS_socket, 9);
    load_argument(f, 0);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, AF_INET);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_INET6);
    answer(f, EPERM);
    load_argument(f, 1);
    add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SOCK_RAW);
    answer(f, EPERM);
    allow(f);
}

/* Putting words into a terminal's input, and its relatives. */
static void rule_ioctl(struct filter *f)
{
    enum { TIOCLINUX_ = 0x541c };

    unless_call(f, SYS_ioctl, 7);
    load_argument(f, 1);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 3, 0, TIOCSTI);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, TIOCLINUX_);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, TIOCSETD);
    add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, TIOCCONS);
    answer(f, EPERM);
    allow(f);
}

void seccomp_enter(void)
{
    struct filter f = {.n = 0};
    struct sock_fprog program;

    rule_architecture(&f);
    rule_clone(&f);
    rule_socket(&f);
    rule_ioctl(&f);
    for (unsigned i = 0; i < REFUSED; i++) {
        unless_call(&f, refused[i], 1);
        answer(&f, EPERM);
    }
    for (unsigned i = 0; i < ABSENT; i++) {
        unless_call(&f, absent[i], 1);
        answer(&f, ENOSYS);
    }
    allow(&f);
    program = (struct sock_fprog){f.n, f.code};
    /* SPEC_ALLOW: side channels are not defended, and the mitigation costs every program. */
    launch_must(
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program),
        STEP_SECCOMP, "filter");
}

void privileges_drop(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    /* uid 0 shall not mean anything at exec either. */
    launch_must(prctl(PR_SET_SECUREBITS,
                      SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                          SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                          SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
                      0, 0, 0),
                STEP_PRIVILEGE, "securebits");
    for (unsigned long i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        launch_must(prctl(PR_CAPBSET_DROP, i, 0, 0, 0), STEP_PRIVILEGE, "bounding set");
    launch_must(syscall(SYS_capset, &head, none), STEP_PRIVILEGE, "capset");
}
