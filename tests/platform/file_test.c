/* file_test.c - whole files, atomic writes, folders, removing, and opening beneath a root. The walk
 * that stands in for openat2 is reached by including the source. */
#include "test.h"

#include "platform/file.c"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/rein-file-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    return file_remove_tree(root, NULL) == REIN_OK ? 0 : -1;
}

/* A path below the root; sixteen at a time. */
static const char *in(const char *name)
{
    static char paths[16][512];
    static unsigned next;
    char *path = paths[next++ % 16];

    snprintf(path, 512, "%s/%s", root, name);
    return path;
}

static void make(const char *name, const char *text)
{
    FILE *file = fopen(in(name), "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void files_are_read_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    char *bytes = malloc(100000);

    memset(bytes, 'z', 100000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct error err = {0};
        struct buf out;
        buf_init(&out, 100010);
        buf_add(&out, S("before "));
        assert_ok(file_write_atomic(in("a"), str_make(bytes, sizes[i]), 0600, &err), err);
        assert_ok(file_read(in("a"), &out, &err), err);
        assert_int_equal(out.n, 7 + sizes[i]);
        assert_memory_equal(out.p, "before ", 7);
        assert_memory_equal(out.p + 7, bytes, sizes[i]);
        buf_fini(&out);
    }
    free(bytes);
}

/* Files that say 0 bytes and have more. */
static void files_of_the_kernel_are_read_too(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_ok(file_read("/proc/self/status", &out, &err), err);
    assert_true(out.n > 100);
    buf_fini(&out);
    buf_init(&out, 50);
    assert_int_equal(file_read("/proc/self/status", &out, &err), REIN_LIMIT);
    buf_fini(&out);
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf out;

    make("five", "12345");
    assert_int_equal(mkfifo(in("pipe"), 0600), 0);
    assert_int_equal(symlink("loop", in("loop")), 0);
    const struct {
        const char *path;
        size_t max;
        rein_status status;
        const char *says;
    } cases[] = {
        {in("five"), 5, REIN_OK, ""},
        {in("five"), 4, REIN_LIMIT, "5 bytes"},
        {in("none"), 9, REIN_NOT_FOUND, "none"},
        {root, 9, REIN_INVALID, "is a folder"},
        {in("pipe"), 9, REIN_INVALID, "not a file"},
        {"/dev/null", 9, REIN_INVALID, "not a file"},
        {in("loop"), 9, REIN_IO, "loop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_init(&out, cases[i].max);
        err.text[0] = '\0';
        assert_int_equal(file_read(cases[i].path, &out, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].says));
        buf_fini(&out);
    }
}

/* ---- writing -------------------------------------------------------------------------------- */

static void a_write_replaces_whole_and_with_its_mode(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf out;
    mode_t before = umask(0277);

    assert_ok(file_write_atomic(in("b"), S("old"), 0644, &err), err);
    assert_int_equal(mode_of(in("b")), 0644);
    assert_ok(file_write_atomic(in("b"), S("new"), 0600, &err), err);
    umask(before);
    assert_int_equal(mode_of(in("b")), 0600);
    buf_init(&out, 10);
    assert_ok(file_read(in("b"), &out, &err), err);
    assert_string_equal(out.p, "new");
    buf_fini(&out);
}

static int count_entries(const char *path)
{
    char command[600];

    snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
    FILE *p = popen(command, "r");
    int n = -1;
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

static void a_failed_write_leaves_nothing(void **state)
{
    (void)state;
    struct error err = {0};

    assert_ok(file_make_folder(in("w/taken"), 0700, &err), err);
    assert_int_equal(file_write_atomic(in("w/taken"), S("x"), 0600, &err), REIN_IO);
    assert_int_equal(count_entries(in("w")), 1);
    assert_int_equal(file_write_atomic(in("missing/x"), S("x"), 0600, &err), REIN_NOT_FOUND);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
        static char large[5000];
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(file_write_atomic(in("w/large"), str_make(large, 5000), 0600, &err) == REIN_NO_SPACE
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_entries(in("w")), 1);
}

/* More than a pipe holds, to a reader that takes its time. */
static void every_byte_goes_out(void **state)
{
    (void)state;
    struct error err = {0};
    int ends[2], status;
    size_t n = 1 << 20;
    char *bytes = calloc(1, n);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    pid_t child = fork();
    if (child == 0) {
        size_t got = 0;
        close(ends[1]);
        while (got < n) {
            struct pollfd p = {.fd = ends[0], .events = POLLIN};
            poll(&p, 1, -1);
            ssize_t part = read(ends[0], bytes, 5000);
            if (part <= 0)
                break;
            got += (size_t)part;
        }
        _exit(got == n ? 0 : 1);
    }
    close(ends[0]);
    assert_ok(file_write_all(ends[1], str_make(bytes, n), &err), err);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(file_write_all(ends[1], S("x"), &err), REIN_IO);
    signal(SIGPIPE, SIG_DFL);
    close(ends[1]);
    free(bytes);
}

/* ---- folders -------------------------------------------------------------------------------- */

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct error err = {0};
    mode_t before = umask(0277);

    assert_ok(file_make_folder(in("f/g/h"), 0700, &err), err);
    umask(before);
    static const char *const made[] = {"f", "f/g", "f/g/h"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mode_of(in(made[i])), 0700);
    assert_ok(file_make_folder(in("f/g/h"), 0755, &err), err); /* there: left as it is */
    assert_int_equal(mode_of(in("f/g/h")), 0700);
    assert_ok(file_make_folder(in("f//i/"), 0750, &err), err);
    assert_int_equal(mode_of(in("f/i")), 0750);
    make("f/file", "x");
    assert_int_equal(file_make_folder(in("f/file"), 0700, &err), REIN_INVALID);
    assert_int_equal(file_make_folder(in("f/file/x"), 0700, &err), REIN_INVALID);
    assert_int_equal(file_make_folder("", 0700, &err), REIN_INVALID);
}

static void canonical_paths_have_no_links(void **state)
{
    (void)state;
    struct error err = {0};
    struct arena a;
    const char *out;

    arena_init(&a);
    assert_ok(file_make_folder(in("c/d"), 0700, &err), err);
    assert_int_equal(symlink("c/d", in("link")), 0);
    assert_ok(file_canonical(in("link/../d/."), &a, &out, &err), err);
    assert_string_equal(out, in("c/d"));
    assert_int_equal(file_canonical(in("c/none"), &a, &out, &err), REIN_NOT_FOUND);
    make("c/file", "x");
    assert_int_equal(file_canonical(in("c/file/x"), &a, &out, &err), REIN_NOT_FOUND);
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_ok(file_current_folder(&a, &out, &err), err);
    assert_string_equal(out, here);
    arena_fini(&a);
}

/* A tree of many levels, closed folders, and links out of it, which stay untouched. */
static void a_tree_is_removed_and_nothing_else(void **state)
{
    (void)state;
    struct error err = {0};
    char outside[512];

    assert_ok(file_make_folder(in("out"), 0700, &err), err);
    make("out/keep", "x");
    snprintf(outside, sizeof outside, "%s", in("out"));
    assert_ok(file_make_folder(in("t/closed/below"), 0700, &err), err);
    make("t/closed/below/file", "x");
    assert_int_equal(symlink(outside, in("t/closed/link")), 0);
    assert_int_equal(chmod(in("t/closed"), 0), 0);
    int fd = open(in("t"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 1500; i++) { /* longer than any path may be, deeper than descriptors go */
        assert_int_equal(mkdirat(fd, "a-folder-with-a-name", 0700), 0);
        int deeper = openat(fd, "a-folder-with-a-name", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(deeper >= 0);
        close(openat(fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        close(fd);
        fd = deeper;
    }
    close(fd);
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 256;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    rein_status status = file_remove_tree(in("t"), &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_ok(status, err);
    assert_int_equal(access(in("t"), F_OK), -1);
    assert_int_equal(access(in("out/keep"), F_OK), 0);
    assert_ok(file_remove_tree(in("t"), &err), err);
    make("single", "x");
    assert_ok(file_remove_tree(in("single"), &err), err);
    assert_int_equal(symlink(outside, in("link-to-out")), 0);
    assert_ok(file_remove_tree(in("link-to-out"), &err), err);
    assert_int_equal(access(in("out/keep"), F_OK), 0);
}

/* ---- beneath a root ------------------------------------------------------------------------- */

static void make_workspace(void)
{
    struct error err = {0};
    char absolute[600];

    assert_ok(file_remove_tree(in("w"), &err), err);
    assert_ok(file_make_folder(in("w/sub/deep"), 0700, &err), err);
    make("secret", "outside");
    make("w/file", "inside");
    make("w/sub/file", "sub");
    assert_int_equal(symlink("sub/file", in("w/good")), 0);
    assert_int_equal(symlink("../secret", in("w/up")), 0);
    assert_int_equal(symlink("..", in("w/sub/out")), 0);
    assert_int_equal(symlink("../..", in("w/sub/outer")), 0);
    snprintf(absolute, sizeof absolute, "%s", in("secret"));
    assert_int_equal(symlink(absolute, in("w/absolute")), 0);
    assert_int_equal(symlink("loop", in("w/loop")), 0);
}

enum how { WITH_KERNEL, WITHOUT };

static const struct beneath_case {
    const char *path;
    rein_status kernel, without;
} beneath_cases[] = {
    {"file", REIN_OK, REIN_OK},
    {"sub/file", REIN_OK, REIN_OK},
    {"./sub//file", REIN_OK, REIN_OK},
    {"sub/", REIN_OK, REIN_OK},
    {".", REIN_OK, REIN_OK},
    {"sub/../file", REIN_OK, REIN_DENIED},
    {"good", REIN_OK, REIN_DENIED},
    {"sub/out/file", REIN_OK, REIN_DENIED},
    {"../secret", REIN_DENIED, REIN_DENIED},
    {"sub/../../secret", REIN_DENIED, REIN_DENIED},
    {"up", REIN_DENIED, REIN_DENIED},
    {"sub/outer/secret", REIN_DENIED, REIN_DENIED},
    {"absolute", REIN_DENIED, REIN_DENIED},
    {"/etc/passwd", REIN_DENIED, REIN_DENIED},
    {"none", REIN_NOT_FOUND, REIN_NOT_FOUND},
    {"none/file", REIN_NOT_FOUND, REIN_NOT_FOUND},
    {"file/below", REIN_NOT_FOUND, REIN_NOT_FOUND},
    {"loop", REIN_IO, REIN_DENIED},
    {"", REIN_DENIED, REIN_DENIED},
};

static void nothing_is_opened_outside_of_the_root(void **state)
{
    (void)state;
    make_workspace();
    int root_fd = open(in("w"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof beneath_cases / sizeof *beneath_cases; i++) {
        const struct beneath_case *c = &beneath_cases[i];
        struct error err = {0};
        int fd = -1;
        rein_status status =
            file_open_beneath(root_fd, in("w"), str_of(c->path), O_RDONLY, 0, &fd, &err);
        if (status != c->kernel)
            test_fail("'%s': %s %s", c->path, status_name(status), err.text);
        if (fd >= 0) {
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
            close(fd);
        }
    }
    close(root_fd);
}

static void the_walk_without_openat2_is_stricter(void **state)
{
    (void)state;
    make_workspace();
    int root_fd = open(in("w"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof beneath_cases / sizeof *beneath_cases; i++) {
        const struct beneath_case *c = &beneath_cases[i];
        str inside;
        if (!relative_to(in("w"), str_of(c->path), &inside)) {
            assert_int_equal(c->without, REIN_DENIED);
            continue;
        }
        int fd = walk_beneath(root_fd, inside, O_RDONLY, 0);
        int number = fd < 0 ? errno : 0;
        rein_status got = number == 0                             ? REIN_OK
                          : number == EXDEV                       ? REIN_DENIED
                          : number == ENOENT || number == ENOTDIR ? REIN_NOT_FOUND
                                                                  : REIN_IO;
        if (got != c->without)
            test_fail("'%s': %s", c->path, strerror(number));
        if (fd >= 0)
            close(fd);
    }
    close(root_fd);
}

static void absolute_paths_are_taken_from_the_root(void **state)
{
    (void)state;
    static const struct {
        const char *root, *path, *inside; /* NULL: outside */
    } cases[] = {
        {"/w", "/w/a", "a"},
        {"/w", "/w", "."},
        {"/w", "/w/", "."},
        {"/w/", "/w/a", "a"},
        {"/w", "/w//a/b", "a/b"},
        {"/w", "/wa", NULL},
        {"/w", "/", NULL},
        {"/", "/etc", "etc"},
        {"/", "/", "."},
        {"/w", "a/b", "a/b"},
        {"/w", "", NULL},
        {"/w/x", "/w", NULL},
        {"/w", "/w/../etc", "../etc"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str inside = S("untouched");
        bool ok = relative_to(cases[i].root, str_of(cases[i].path), &inside);
        assert_int_equal(ok, cases[i].inside != NULL);
        if (ok)
            assert_true(str_eq(inside, str_of(cases[i].inside)));
    }
}

static void files_are_made_beneath_the_root(void **state)
{
    (void)state;
    struct error err = {0};
    int fd = -1;
    make_workspace();
    int root_fd = open(in("w"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    assert_ok(file_open_beneath(root_fd, in("w"), str_of(in("w/sub/new")),
                                O_WRONLY | O_CREAT | O_EXCL, 0640, &fd, &err),
              err);
    close(fd);
    assert_int_equal(mode_of(in("w/sub/new")) & 0600, 0600);
    assert_int_equal(
        file_open_beneath(root_fd, in("w"), S("absolute"), O_WRONLY | O_CREAT, 0600, &fd, &err),
        REIN_DENIED);
    assert_int_equal(
        file_open_beneath(root_fd, in("w"), str_make("fi\0le", 5), O_RDONLY, 0, &fd, &err),
        REIN_INVALID);
    static char large[PATH_MAX + 10];
    memset(large, 'a', sizeof large);
    assert_int_equal(
        file_open_beneath(root_fd, in("w"), str_make(large, sizeof large), O_RDONLY, 0, &fd, &err),
        REIN_INVALID);
    fd = walk_beneath(root_fd, S("sub/newer"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    close(root_fd);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

const struct CMUnitTest file_tests[] = {
    FILE_TEST(files_are_read_whole),
    FILE_TEST(files_of_the_kernel_are_read_too),
    FILE_TEST(what_cannot_be_read_is_said),
    FILE_TEST(a_write_replaces_whole_and_with_its_mode),
    FILE_TEST(a_failed_write_leaves_nothing),
    FILE_TEST(every_byte_goes_out),
    FILE_TEST(folders_are_made_with_their_parents),
    FILE_TEST(canonical_paths_have_no_links),
    FILE_TEST(a_tree_is_removed_and_nothing_else),
    FILE_TEST(nothing_is_opened_outside_of_the_root),
    FILE_TEST(the_walk_without_openat2_is_stricter),
    FILE_TEST(absolute_paths_are_taken_from_the_root),
    FILE_TEST(files_are_made_beneath_the_root),
};
const size_t file_tests_n = sizeof file_tests / sizeof *file_tests;
