/* walk_test.c - the paths below a folder. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "platform/file.h"
#include "platform/walk.h"

static char root[64];

static int make_tree(void **state)
{
    (void)state;
    static const char *const folders[] = {"a/b/c", "d", "skip/below", "closed"};
    static const char *const files[] = {"a/1", "a/b/2", "a/b/c/3", "skip/4", "skip/below/5", "6"};
    char path[200];

    snprintf(root, sizeof root, "/tmp/rein-walk-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        if (file_make_folder(path, 0700, NULL) != REIN_OK)
            return -1;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        FILE *file = fopen(path, "we");
        if (!file || fputs("12345", file) < 0 || fclose(file) != 0)
            return -1;
    }
    snprintf(path, sizeof path, "%s/d/link", root);
    return symlink("../a", path);
}

static int remove_tree(void **state)
{
    (void)state;
    return file_remove_tree(root, NULL) == REIN_OK ? 0 : -1;
}

struct seen {
    char *paths[64];
    int n, stop_at;
    const char *skip;
    off_t bytes;
};

static bool see(void *data, str path, const struct stat *st, bool *enter)
{
    struct seen *s = data;

    assert_true(s->n < 64);
    assert_int_equal(*enter, S_ISDIR(st->st_mode));
    s->paths[s->n++] = strndup(path.p, path.n);
    if (S_ISREG(st->st_mode))
        s->bytes += st->st_size;
    if (s->skip && str_eq(path, str_of(s->skip)))
        *enter = false;
    return s->n != s->stop_at;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void run(struct seen *s)
{
    struct error err = {0};
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_ok(walk(fd, see, s, &err), err);
    close(fd);
}

static void assert_seen(struct seen *s, const char *wanted)
{
    struct buf all;

    qsort(s->paths, (size_t)s->n, sizeof *s->paths, compare);
    buf_init(&all, BUF_NO_MAX);
    for (int i = 0; i < s->n; i++) {
        buf_printf(&all, "%s%s", i ? " " : "", s->paths[i]);
        free(s->paths[i]);
    }
    assert_string_equal(all.p, wanted);
    buf_fini(&all);
}

static void every_path_is_told_once(void **state)
{
    (void)state;
    struct seen s = {0};

    run(&s);
    assert_int_equal(s.bytes, 30);
    assert_seen(&s, "6 a a/1 a/b a/b/2 a/b/c a/b/c/3 closed d d/link skip skip/4 skip/below "
                    "skip/below/5");
}

static void a_folder_comes_before_what_is_below_it(void **state)
{
    (void)state;
    struct seen s = {0};
    int at_2 = -1, at_c = -1, at_3 = -1;

    run(&s);
    for (int i = 0; i < s.n; i++) {
        if (strcmp(s.paths[i], "a/b/2") == 0)
            at_2 = i;
        if (strcmp(s.paths[i], "a/b/c") == 0)
            at_c = i;
        if (strcmp(s.paths[i], "a/b/c/3") == 0)
            at_3 = i;
        free(s.paths[i]);
    }
    assert_true(at_2 >= 0 && at_c >= 0);
    assert_true(at_3 > at_2 && at_3 > at_c);
}

static void folders_can_be_left_out(void **state)
{
    (void)state;
    struct seen s = {.skip = "skip"};

    run(&s);
    assert_seen(&s, "6 a a/1 a/b a/b/2 a/b/c a/b/c/3 closed d d/link skip");
}

static void it_stops_when_told(void **state)
{
    (void)state;

    for (int stop = 1; stop < 14; stop++) {
        struct seen s = {.stop_at = stop};
        run(&s);
        assert_int_equal(s.n, stop);
        for (int i = 0; i < s.n; i++)
            free(s.paths[i]);
    }
}

/* What was a folder when it was seen becomes a link out of the tree: it is not followed. */
static bool swap(void *data, str path, const struct stat *st, bool *enter)
{
    (void)st, (void)enter;
    char from[200], to[200];

    ++*(int *)data;
    assert_false(str_starts(path, S("skip/")));
    if (!str_eq(path, S("skip")))
        return true;
    snprintf(from, sizeof from, "%s/skip", root);
    snprintf(to, sizeof to, "%s/d/moved", root);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(symlink("d/moved", from), 0);
    return true;
}

static void a_folder_swapped_for_a_link_is_not_followed(void **state)
{
    (void)state;
    struct error err = {0};
    int n = 0, fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_ok(walk(fd, swap, &n, &err), err);
    assert_true(n >= 10);
    close(fd);
}

static bool count(void *data, str path, const struct stat *st, bool *enter)
{
    (void)path, (void)st, (void)enter;
    ++*(int *)data;
    return true;
}

/* One descriptor however deep; what no path can name any more is passed over. */
static void a_deep_tree_ends(void **state)
{
    (void)state;
    struct error err = {0};
    int n = 0, root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(root_fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < 2500; i++) {
        assert_int_equal(mkdirat(fd, "xy", 0700), 0);
        int deeper = openat(fd, "xy", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(deeper >= 0);
        close(fd);
        fd = deeper;
    }
    close(fd);
    assert_ok(walk(root_fd, count, &n, &err), err);
    assert_true(n > 1300);
    close(root_fd);
}

static void what_is_no_folder_is_said(void **state)
{
    (void)state;
    struct error err = {0};
    int n = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_int_equal(walk(fd, count, &n, &err), REIN_IO);
    close(fd);
    assert_int_equal(walk(fd, count, &n, &err), REIN_IO);
}

#define WALK_TEST(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)

const struct CMUnitTest walk_tests[] = {
    WALK_TEST(every_path_is_told_once),
    WALK_TEST(a_folder_comes_before_what_is_below_it),
    WALK_TEST(folders_can_be_left_out),
    WALK_TEST(it_stops_when_told),
    WALK_TEST(a_folder_swapped_for_a_link_is_not_followed),
    WALK_TEST(a_deep_tree_ends),
    WALK_TEST(what_is_no_folder_is_said),
};
const size_t walk_tests_n = sizeof walk_tests / sizeof *walk_tests;
