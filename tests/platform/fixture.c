/* fixture.c - see fixture.h. */
#include "platform/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/file.h"
#include "test.h"

/* Whether everybody may walk to `path`, and it is not below what a sandbox has of its own. */
static bool is_open_to_all(const char *path)
{
    char at[PATH_MAX];
    struct stat st;

    if (strncmp(path, "/tmp", 4) == 0 || strncmp(path, "/var/tmp", 8) == 0 ||
        strncmp(path, "/run", 4) == 0 || strncmp(path, "/dev", 4) == 0)
        return false;
    snprintf(at, sizeof at, "%s", path);
    for (char *end = at + strlen(at); end > at; *(end = strrchr(at, '/')) = 0) {
        if (stat(at, &st) != 0 || (geteuid() == 0 && !(st.st_mode & S_IXOTH)))
            return false;
    }
    return true;
}

static void find_base(struct fixture *f)
{
    char here[256];
    const char *const places[] = {getcwd(here, sizeof here), "/var/lib", "/srv", getenv("HOME")};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i] || !is_open_to_all(places[i]))
            continue;
        snprintf(f->base, sizeof f->base, "%s/rein-test-XXXXXX", places[i]);
        if (mkdtemp(f->base))
            return;
    }
    skip();
}

static void folder(const struct fixture *f, const char *name)
{
    char path[700];

    snprintf(path, sizeof path, "%s/%s", f->base, name);
    if (mkdir(path, 0755) != 0)
        test_fail("mkdir %s: %s", path, strerror(errno));
}

void fixture_write(const struct fixture *f, const char *name, const char *text)
{
    char path[800];
    int fd;

    snprintf(path, sizeof path, "%s%s%s", *name == '/' ? "" : f->workspace, *name == '/' ? "" : "/",
             name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        test_fail("write %s: %s", path, strerror(errno));
    close(fd);
}

bool fixture_has(const struct fixture *f, const char *name)
{
    char path[800];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", f->workspace, name);
    return lstat(path, &st) == 0;
}

static void file_at(const struct fixture *f, const char *name, const char *text)
{
    char path[800];

    snprintf(path, sizeof path, "%s/%s", f->base, name);
    fixture_write(f, path, text);
}

/* The test binary, where the sandbox can see it. */
static void copy_probe(struct fixture *f)
{
    char bytes[65536];
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to;
    ssize_t n;

    snprintf(f->probe, sizeof f->probe, "%s/bin/probe", f->workspace);
    to = open(f->probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_true(from >= 0 && to >= 0);
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(to, bytes, (size_t)n), n);
    close(from);
    close(to);
}

static void fill(struct fixture *f)
{
    static const char *const folders[] = {"home",
                                          "home/.ssh",
                                          "home/ws",
                                          "home/ws/bin",
                                          "outside",
                                          "home/ws/.git",
                                          "home/ws/.git/hooks",
                                          "home/ws/.git/info",
                                          "home/ws/.git/objects",
                                          "home/ws/.git/refs",
                                          "home/ws/sub",
                                          "home/ws/sub/.rein",
                                          "state",
                                          "state/results"};
    static const char *const files[][2] = {{"home/.ssh/id_probe", "secret key\n"},
                                           {"home/.netrc", "secret\n"},
                                           {"outside/file", "outside\n"},
                                           {"state/rein.db", "secret\n"},
                                           {"state/results/one.txt", "spilled result\n"},
                                           {"home/ws/.git/config", "[core]\n"},
                                           {"home/ws/.git/HEAD", "ref: refs/heads/main\n"},
                                           {"home/ws/.envrc", "true\n"},
                                           {"home/ws/sub/.rein/settings.json", "{}\n"},
                                           {"home/ws/yarn-settings", "x\n"}};
    char path[700];

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        folder(f, folders[i]);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        file_at(f, files[i][0], files[i][1]);
    snprintf(path, sizeof path, "%s/outside/fifo", f->base);
    assert_int_equal(mkfifo(path, 0666), 0);
    snprintf(path, sizeof path, "%s/link", f->workspace);
    assert_int_equal(symlink("../../outside", path), 0);
    snprintf(path, sizeof path, "%s/.yarnrc", f->workspace);
    assert_int_equal(symlink("yarn-settings", path), 0);
}

static void give_to(const char *path, uid_t user)
{
    char command[1200];

    snprintf(command, sizeof command, "chown -Rh %u:%u '%s'", user, user, path);
    assert_int_equal(system(command), 0);
}

void fixture_make(struct fixture *f, uid_t user)
{
    *f = (struct fixture){.user = user};
    find_base(f);
    chmod(f->base, 0755);
    snprintf(f->home, sizeof f->home, "%s/home", f->base);
    snprintf(f->workspace, sizeof f->workspace, "%s/home/ws", f->base);
    snprintf(f->state, sizeof f->state, "%s/state", f->base);
    snprintf(f->results, sizeof f->results, "%s/state/results", f->base);
    fill(f);
    copy_probe(f);
    if (user != geteuid())
        give_to(f->base, user);
    f->masked[0] = f->state;
    f->spec = (struct sandbox_spec){.level = SANDBOX_WORKSPACE_WRITE,
                                    .workspace = f->workspace,
                                    .masked = f->masked,
                                    .readable_results = f->results,
                                    .home = f->home,
                                    .state = f->state};
}

void fixture_remove(struct fixture *f)
{
    struct error err;

    assert_ok(file_remove_tree(f->base, &err), err);
}

int as_user(uid_t user, int (*fn)(void *data), void *data)
{
    int status = -1;
    pid_t pid;

    if (user == geteuid())
        return fn(data);
    pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
            setresuid(user, user, user) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
            _exit(255);
        _exit(fn(data));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}
