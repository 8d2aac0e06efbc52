/*
 * sandbox_test.c - what the kernel refuses to a command: every escape of escapes.def is tried
 * inside, where it must fail, and outside, where it must work, as the user of the test and, by
 * root, as an ordinary one too.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/children.h"
#include "platform/fixture.h"
#include "platform/probes.h"
#include "platform/proc.h"

/* ---- the host's side of the probes --------------------------------------------------------- */

struct host {
    struct fixture fixture;
    int listener, socket, abstract, fifo, memory;
    char port[16], name[64], key[16];
};
static struct host hosts[2]; /* the test's own user; an ordinary one */
static size_t hosts_n;

static int listen_at(const struct sockaddr *address, size_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, address, (socklen_t)size), 0);
    assert_int_equal(listen(fd, 50), 0);
    return fd;
}

static void host_listen(struct host *h, int number)
{
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un named = {.sun_family = AF_UNIX}, abstract = {.sun_family = AF_UNIX};
    socklen_t size = sizeof inet;
    char path[700], here[600];

    h->listener = listen_at((struct sockaddr *)&inet, sizeof inet);
    getsockname(h->listener, (struct sockaddr *)&inet, &size);
    snprintf(h->port, sizeof h->port, "%u", ntohs(inet.sin_port));
    snprintf(h->name, sizeof h->name, "rein-probe-%d-%d", getpid(), number);
    strcpy(abstract.sun_path + 1, h->name);
    h->abstract =
        listen_at((struct sockaddr *)&abstract, sizeof(sa_family_t) + 1 + strlen(h->name));
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/outside", h->fixture.base);
    assert_int_equal(chdir(path), 0);
    strcpy(named.sun_path, "socket");
    h->socket = listen_at((struct sockaddr *)&named, sizeof named);
    chmod("socket", 0777);
    h->fifo = open("fifo", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    assert_int_equal(chdir(here), 0);
}

static int set_up(void **state)
{
    (void)state;
    hosts_n = geteuid() == 0 ? 2 : 1;
    for (size_t i = 0; i < hosts_n; i++) {
        struct host *h = &hosts[i];
        key_t key = (key_t)(0x52450000 + (getpid() % 30000) * 2 + (int)i);

        fixture_make(&h->fixture, i == 0 ? geteuid() : ORDINARY);
        host_listen(h, (int)i);
        h->memory = shmget(key, 4096, IPC_CREAT | 0666);
        assert_true(h->memory >= 0);
        snprintf(h->key, sizeof h->key, "%d", key);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < hosts_n; i++) {
        struct host *h = &hosts[i];

        close(h->listener), close(h->socket), close(h->abstract), close(h->fifo);
        shmctl(h->memory, IPC_RMID, NULL);
        fixture_remove(&h->fixture);
    }
    return 0;
}

/* ---- one attempt --------------------------------------------------------------------------- */

struct attempt {
    const struct host *host;
    const char *name;
    enum sandbox_level level;
};

static int try(void *data)
{
    const struct attempt *a = data;
    const struct fixture *f = &a->host->fixture;
    struct sandbox_spec spec = f->spec;
    char base[600], port[32], pid[32], name[96], key[32];
    const char *argv[] = {f->probe, "--probe", a->name, NULL};
    const char *env[] = {base, port, pid, name, key, "PATH=/usr/bin:/bin", NULL, NULL};
    struct child c = {0};
    int code;

    snprintf(base, sizeof base, "PROBE_BASE=%s", f->base);
    snprintf(port, sizeof port, "PROBE_PORT=%s", a->host->port);
    snprintf(pid, sizeof pid, "PROBE_PID=%d", getpid());
    snprintf(name, sizeof name, "PROBE_ABSTRACT=%s", a->host->name);
    snprintf(key, sizeof key, "PROBE_KEY=%s", a->host->key);
    spec.level = a->level;
    if (a->level == SANDBOX_FULL_ACCESS)
        env[6] = "PROBE_OUTSIDE=1";
    if (!child_run(&c, &(struct proc_spec){.argv = argv,
                                           .env = env,
                                           .folder = f->workspace,
                                           .sandbox = &spec,
                                           .stdin_fd = -1})) {
        print_error("%s\n", c.result.error.text);
        return 200;
    }
    if (c.result.failed)
        print_error("%s\n", c.result.error.text);
    if (c.err.n)
        print_error("%.*s\n", FS(buf_str(&c.err)));
    code = c.result.failed ? 201 : c.result.signal ? 100 + c.result.signal : c.result.code;
    child_free(&c);
    return code;
}

enum { ROOT, ANYBODY };

static void escape(const char *name, int who)
{
    for (size_t i = 0; i < hosts_n; i++) {
        struct attempt inside = {&hosts[i], name, SANDBOX_WORKSPACE_WRITE};
        struct attempt outside = {&hosts[i], name, SANDBOX_FULL_ACCESS};
        uid_t user = hosts[i].fixture.user;
        int code = as_user(user, try, &inside);

        if (code != PROBE_BLOCKED)
            test_fail("inside, uid %u: %s", user, code == PROBE_ESCAPED ? "escaped" : "no answer");
        if (who == ROOT && user != 0)
            continue; /* nothing that an ordinary user could do anyway */
        code = as_user(user, try, &outside);
        if (code != PROBE_ESCAPED)
            test_fail("outside, uid %u: %d, so the test proves nothing", user, code);
    }
}

#define ESCAPE(name, who, what) \
    static void S106_N11_escape_##name(void **state) \
    { \
        (void)state; \
        escape(#name, who); \
    }
#include "platform/escapes.def"
#undef ESCAPE

/* ---- what is possible, and what private folders keep --------------------------------------- */

struct shell_run {
    const struct fixture *fixture;
    struct sandbox_spec spec;
    const char *text, *folder;
};

static int shell(void *data)
{
    const struct shell_run *r = data;
    const char *argv[4];
    struct proc_spec spec =
        child_shell(&r->spec, r->folder ? r->folder : r->fixture->workspace, r->text, argv);
    struct child c = {0};
    int code;

    if (!child_run(&c, &spec) || c.result.failed) {
        print_error("%s\n", c.result.error.text);
        code = 200;
    } else {
        code = c.result.signal ? 100 + c.result.signal : c.result.code;
    }
    if (code && c.err.n)
        print_error("%.*s", FS(buf_str(&c.err)));
    if (code && c.out.n)
        print_error("%.*s", FS(buf_str(&c.out)));
    child_free(&c);
    return code;
}

/* For each user of the fixtures: `text` with the fixture's spec at `level`. */
static void everybody(enum sandbox_level level, const char *text, int wanted)
{
    for (size_t i = 0; i < hosts_n; i++) {
        struct shell_run r = {
            .fixture = &hosts[i].fixture, .spec = hosts[i].fixture.spec, .text = text};

        r.spec.level = level;
        assert_int_equal(as_user(r.fixture->user, shell, &r), wanted);
    }
}

static void S106_work_goes_on_inside(void **state)
{
    static const char *const works[] = {
        "echo a >a && mkdir -p d/e && mv a d/e/b && rm -r d && ln -s x l && rm l",
        "mkfifo pipe && (echo x >pipe &) && read x <pipe && [ $x = x ] && rm pipe",
        "echo x >/dev/null && head -c 10 /dev/urandom >/dev/null && echo t >/tmp/t && cat /tmp/t",
        "bash -c 'cat <(echo hi) >/dev/null; echo x > >(cat >/dev/null)'",
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/1' 2>&1 | grep -q refused",
        "echo s >/dev/shm/s && echo v >/var/tmp/v && echo r >/run/r",
        "touch .git/objects/o .git/index.lock && mv .git/index.lock .git/index && rm .git/index",
        "cp /bin/true ./t && ./t && rm t",
        "sleep 0 & wait",
        "test \"$(cat .yarnrc)\" = x",
        "test -c /dev/null -a -d /proc/self -a -e /dev/fd/0 -a ! -e /dev/kmsg -a ! -e /sys/kernel",
        "for p in /proc/[0-9]*; do n=$((n+1)); done; test $n -le 3",
    };
    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        everybody(SANDBOX_WORKSPACE_WRITE, works[i], 0);
}

static void S106_git_commits_inside(void **state)
{
    (void)state;
    if (system("command -v git >/dev/null") != 0)
        skip();
    everybody(
        SANDBOX_WORKSPACE_WRITE,
        "cd sub && mkdir -p repo && cd repo && git init -q . && echo 1 >f && "
        "git add f && git -c user.name=t -c user.email=t@t commit -qm one && git checkout -qb two "
        "&& cd .. && rm -rf repo",
        0);
}

static void S106_read_only_writes_nothing(void **state)
{
    (void)state;
    everybody(SANDBOX_READ_ONLY,
              "cat .envrc && ! touch x 2>/dev/null && ! touch .git/x 2>/dev/null && "
              "touch /tmp/x && test ! -e .mcp.json",
              0);
}

static void S106_results_are_readable_and_the_rest_masked(void **state)
{
    (void)state;
    for (int level = SANDBOX_READ_ONLY; level <= SANDBOX_WORKSPACE_WRITE; level++) {
        for (size_t i = 0; i < hosts_n; i++) {
            const struct fixture *f = &hosts[i].fixture;
            char text[2000];
            struct shell_run r = {.fixture = f, .spec = f->spec, .text = text};

            r.spec.level = (enum sandbox_level)level;
            snprintf(text, sizeof text,
                     "grep -q spilled %s/one.txt && test \"$(ls -A %s)\" = "
                     "results && test ! -s %s/.netrc && test -z \"$(ls -A %s/.ssh)\"",
                     f->results, f->state, f->home, f->home);
            assert_int_equal(as_user(f->user, shell, &r), 0);
        }
    }
}

static void S106_private_folders_are_not_the_hosts(void **state)
{
    char mark[64], text[500], path[128];
    static const char *const folders[] = {"/tmp", "/var/tmp", "/dev/shm"};

    (void)state;
    snprintf(mark, sizeof mark, "rein-mark-%d", getpid());
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "echo x >%s/%s && test -e %s/%s", folders[i], mark, folders[i],
                 mark);
        everybody(SANDBOX_WORKSPACE_WRITE, text, 0);
        snprintf(path, sizeof path, "%s/%s", folders[i], mark);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

/* ---- where the workspace lies -------------------------------------------------------------- */

static int run_here(const struct sandbox_spec *spec, const char *folder, const char *text)
{
    struct shell_run r = {.spec = *spec, .text = text, .folder = folder};

    return shell(&r);
}

static void S106_workspace_below_tmp(void **state)
{
    char folder[] = "/tmp/rein-ws-XXXXXX", text[200];
    struct sandbox_spec spec = {.level = SANDBOX_WORKSPACE_WRITE, .workspace = folder};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof text, "echo x >made && test \"$(ls /tmp)\" = %s", folder + 5);
    assert_int_equal(run_here(&spec, folder, text), 0);
    spec.level = SANDBOX_READ_ONLY;
    assert_int_equal(run_here(&spec, folder, "cat made && ! rm made 2>/dev/null"), 0);
    snprintf(text, sizeof text, "%s/made", folder);
    assert_int_equal(unlink(text), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void S106_workspace_is_the_home(void **state)
{
    const struct fixture *f = &hosts[0].fixture;
    struct sandbox_spec spec = f->spec;

    (void)state;
    spec.workspace = f->home;
    assert_int_equal(
        run_here(&spec, f->home,
                 "touch made && rm made && test -z \"$(ls -A .ssh)\" && test ! -s .netrc && "
                 "! mv .ssh x 2>/dev/null && ! touch .ssh/authorized_keys 2>/dev/null && "
                 "! touch .bashrc 2>/dev/null && ! mkdir .aws/x 2>/dev/null && "
                 "! sh -c 'echo >.bash_history' 2>/dev/null"),
        0);
    assert_int_not_equal(access(f->home, F_OK), -1);
}

static void S106_workspace_below_a_mask(void **state)
{
    const struct fixture *f = &hosts[0].fixture;
    char folder[700], other[700];
    struct sandbox_spec spec = f->spec;

    (void)state;
    snprintf(folder, sizeof folder, "%s/.ssh/project", f->home);
    snprintf(other, sizeof other, "%s/.ssh/id_probe", f->home);
    if (mkdir(folder, 0755) != 0)
        test_fail("%s: %s", folder, strerror(errno));
    spec.workspace = folder;
    assert_int_equal(run_here(&spec, folder,
                              "touch made && rm made && test ! -e ../id_probe && "
                              "! touch ../new 2>/dev/null"),
                     0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(access(other, F_OK), 0);
}

static void S106_own_folder_inside_the_workspace(void **state)
{
    const struct fixture *f = &hosts[0].fixture;
    struct sandbox_spec spec = f->spec;

    (void)state;
    spec.workspace = f->base; /* the store lies below: masked, and its way can't be moved */
    assert_int_equal(
        run_here(
            &spec, f->base,
            "touch home/made && rm home/made && test \"$(ls -A state)\" = results && "
            "! mv state s 2>/dev/null && ! touch state/x 2>/dev/null && cat state/results/one.txt"),
        0);
}

static void S106_a_folder_that_cannot_be_one_is_refused(void **state)
{
    static const struct {
        const char *workspace;
        rein_status status;
    } rows[] = {
        {"/", REIN_INVALID},           {"/proc/self", REIN_INVALID},
        {"/sys/kernel", REIN_INVALID}, {"relative", REIN_INVALID},
        {"/etc/passwd", REIN_INVALID}, {"/nonexistent-rein", REIN_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sandbox_spec level = hosts[0].fixture.spec;
        struct child c = {0};
        const char *argv[4];
        struct proc_spec spec = child_shell(&level, "/", "true", argv);

        level.workspace = rows[i].workspace;
        assert_false(child_run(&c, &spec));
        if (c.result.error.status != rows[i].status)
            test_fail("%s: %s", rows[i].workspace, c.result.error.text);
        child_free(&c);
    }
}

/* ---- limits -------------------------------------------------------------------------------- */

static void S106_memory_is_limited(void **state)
{
    /* The shell doubles a string until it has 512 MB. */
    static const char *const eat = "x=0123456789abcdef; i=0; while [ $i -lt 25 ]; do x=$x$x; "
                                   "i=$((i+1)); done; sleep 20; true";
    (void)state;
    for (size_t i = 0; i < hosts_n; i++) {
        struct shell_run r = {
            .fixture = &hosts[i].fixture, .spec = hosts[i].fixture.spec, .text = eat};

        r.spec.max_memory = 64 << 20;
        assert_int_not_equal(as_user(r.fixture->user, shell, &r), 0);
    }
}

static void S106_processes_are_limited(void **state)
{
    static const char *const many = "i=0; while [ $i -lt 100 ]; do sleep 10 & i=$((i+1)); done; "
                                    "exit 0";
    (void)state;
    for (size_t i = 0; i < hosts_n; i++) {
        struct shell_run r = {
            .fixture = &hosts[i].fixture, .spec = hosts[i].fixture.spec, .text = many};

        assert_int_equal(as_user(r.fixture->user, shell, &r), 0);
        r.spec.max_processes = 20;
        assert_int_not_equal(as_user(r.fixture->user, shell, &r), 0);
    }
}

static void S106_files_are_limited(void **state)
{
    (void)state;
    for (size_t i = 0; i < hosts_n; i++) {
        struct shell_run r = {.fixture = &hosts[i].fixture,
                              .spec = hosts[i].fixture.spec,
                              .text = "head -c 2000000 /dev/zero >big; n=$?; rm -f big; exit $n"};

        assert_int_equal(as_user(r.fixture->user, shell, &r), 0);
        r.spec.max_file_size = 1 << 20;
        assert_int_not_equal(as_user(r.fixture->user, shell, &r), 0);
    }
    everybody(SANDBOX_WORKSPACE_WRITE, "test $(ulimit -c) = 0 -a $(ulimit -n) -le 4096", 0);
    everybody(SANDBOX_WORKSPACE_WRITE,
              "head -c 700000000 /dev/zero >/tmp/big 2>/dev/null; test $? != 0", 0);
}

/* ---- the probe ----------------------------------------------------------------------------- */

static void S298_probe_finds_the_first_tier(void **state)
{
    const struct sandbox_features *f = sandbox_probe();

    (void)state;
    if (f->tier != 1)
        test_fail("%s", f->detail);
    assert_true(f->user_namespace && f->mount_namespace && f->pid_namespace && f->net_namespace);
    assert_true(f->seccomp && f->pidfd && f->landlock_abi >= 1);
    assert_string_equal(f->detail, "");
    assert_ptr_equal(f, sandbox_probe());
}

/* As in a container that forbids user namespaces: everybody below gets EPERM. */
static int refused(void *data)
{
    const struct fixture *f = data;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    const char *argv[4];
    struct proc_spec spec = child_shell(&f->spec, f->workspace, "true", argv);
    struct sandbox_spec plain = {.level = SANDBOX_FULL_ACCESS};
    struct child c = {0}, again = {0}, full = {0};

    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || seccomp_load(filter) != 0)
        return 1;
    /* The first finds out, the next ones know. */
    if (!child_run(&c, &spec) || !c.result.failed || c.result.error.status != REIN_UNSUPPORTED ||
        !strstr(c.result.error.text, "user") ||
        !strstr(c.result.error.text, "--sandbox danger-full-access"))
        return 2;
    if (child_run(&again, &spec) || again.result.error.status != REIN_UNSUPPORTED ||
        !strstr(again.result.error.text, "--sandbox danger-full-access"))
        return 3;
    if (sandbox_probe()->tier == 1 || sandbox_probe()->user_namespace ||
        !strstr(sandbox_probe()->detail, "namespaces are refused"))
        return 4;
    spec.sandbox = &plain;
    if (!child_run(&full, &spec) || full.result.failed || full.result.code != 0)
        return 5;
    return fixture_has(f, ".npmrc") ? 6 : 0; /* and nothing of ours was left */
}

static void S106_without_namespaces_it_refuses_by_name(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(refused(&hosts[0].fixture));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#define ESCAPE(name, who, what) cmocka_unit_test(S106_N11_escape_##name),
static void open_hosts(void **state) { set_up(state); }
static void close_hosts(void **state) { tear_down(state); }

const struct CMUnitTest sandbox_tests[] = {
    cmocka_unit_test(open_hosts),
#include "platform/escapes.def"
    cmocka_unit_test(S106_work_goes_on_inside),
    cmocka_unit_test(S106_git_commits_inside),
    cmocka_unit_test(S106_read_only_writes_nothing),
    cmocka_unit_test(S106_results_are_readable_and_the_rest_masked),
    cmocka_unit_test(S106_private_folders_are_not_the_hosts),
    cmocka_unit_test(S106_workspace_below_tmp),
    cmocka_unit_test(S106_workspace_is_the_home),
    cmocka_unit_test(S106_workspace_below_a_mask),
    cmocka_unit_test(S106_own_folder_inside_the_workspace),
    cmocka_unit_test(S106_a_folder_that_cannot_be_one_is_refused),
    cmocka_unit_test(S106_memory_is_limited),
    cmocka_unit_test(S106_processes_are_limited),
    cmocka_unit_test(S106_files_are_limited),
    cmocka_unit_test(S106_without_namespaces_it_refuses_by_name),
    cmocka_unit_test(S298_probe_finds_the_first_tier),
    cmocka_unit_test(close_hosts),
};
const size_t sandbox_tests_n = sizeof sandbox_tests / sizeof *sandbox_tests;
