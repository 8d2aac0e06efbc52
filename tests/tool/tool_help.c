/* tool_help.c - see tool_help.h */
#include "tool_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "platform/file.h"
#include "policy/path.h"

void room_open(struct room *room)
{
    struct error err;

    memset(room, 0, sizeof *room);
    snprintf(room->base, sizeof room->base, "/var/tmp/rein-tool-XXXXXX");
    assert_non_null(mkdtemp(room->base));
    snprintf(room->folder, sizeof room->folder, "%s/w", room->base);
    snprintf(room->outside, sizeof room->outside, "%s/out", room->base);
    snprintf(room->results, sizeof room->results, "%s/results", room->base);
    snprintf(room->home, sizeof room->home, "%s/home", room->base);
    assert_ok(file_make_folder(room->folder, 0755, &err), err);
    assert_ok(file_make_folder(room->outside, 0755, &err), err);
    assert_ok(file_make_folder(room->home, 0755, &err), err);
    assert_ok(file_make_folder(room->results, 0700, &err), err);
    room->root = open(room->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(room->root >= 0);
    room->level = SANDBOX_WORKSPACE_WRITE;
    arena_init(&room->arena);
    tool_result_init(&room->run.result);
    buf_init(&room->progress, BUF_NO_MAX);
}

void room_close(struct room *room)
{
    hands_release(room->hands);
    loop_free(room->loop);
    close(room->root);
    tool_result_fini(&room->run.result);
    buf_fini(&room->progress);
    arena_fini(&room->arena);
    file_remove_tree(room->base, NULL);
}

int setup_room(void **state)
{
    struct room *room = malloc(sizeof *room);

    assert_non_null(room);
    room_open(room);
    *state = room;
    return 0;
}

int teardown_room(void **state)
{
    room_close(*state);
    free(*state);
    return 0;
}

void room_provision(struct room *room, enum sandbox_level level)
{
    struct hands_spec spec = {
        .folder = room->folder, .level = level, .results = room->results, .state = room->home};
    struct error err;

    room->level = level;
    assert_ok(loop_new(&room->loop, &err), err);
    assert_ok(hands_provision(room->loop, &spec, &room->hands, &err), err);
}

void room_rules(struct room *room, const char *rules)
{
    struct buf text;
    struct json_writer w;
    struct json *tree;
    struct error err;
    str rest = str_of(rules);

    buf_init(&text, BUF_NO_MAX);
    json_begin(&w, &text);
    json_object(&w);
    json_put(&w, "folder", str_of(room->folder));
    json_key(&w, "rules");
    json_array(&w);
    while (rest.n) {
        str line = str_cut(&rest, '\n'), list = str_cut(&line, ' ');

        json_object(&w);
        json_put(&w, "list", list);
        json_put(&w, "rule", line);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    assert_ok(
        json_parse(arena_str(&room->arena, buf_str(&text)), JSON_DEPTH, &room->arena, &tree, &err),
        err);
    assert_ok(policy_read(tree, &room->arena, &room->policy, &err), err);
    buf_fini(&text);
}

const char *at(struct room *room, const char *name)
{
    return arena_printf(&room->arena, "%s/%s", room->base, name).p;
}

void put_file(struct room *room, const char *name, const char *bytes, size_t n)
{
    const char *path = at(room, name);
    struct error err;
    int fd;

    assert_ok(file_make_folder(arena_cstr(&room->arena, path_parent(str_of(path))), 0755, &err),
              err);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_ok(file_write_all(fd, str_make(bytes, n), &err), err);
    close(fd);
}

void put_text(struct room *room, const char *name, const char *text)
{
    put_file(room, name, text, strlen(text));
}

str get_file(struct room *room, const char *name)
{
    struct buf bytes;
    str out = {NULL, 0};

    buf_init(&bytes, BUF_NO_MAX);
    if (file_read(at(room, name), &bytes, NULL) == REIN_OK)
        out = arena_str(&room->arena, buf_str(&bytes));
    buf_fini(&bytes);
    return out;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void on_done(struct tool_run *run) { ((struct room *)run->owner)->is_done = true; }

static void on_progress(struct tool_run *run, str text)
{
    struct buf *progress = &((struct room *)run->owner)->progress;

    if (progress->n < 4096)
        buf_add(progress, str_take(text, 4096));
}

static void start_call(struct room *room, const struct tool *tool, str input)
{
    struct json *tree;
    void *args = arena_alloc(&room->arena, tool->args_size);

    tool_result_fini(&room->run.result);
    room->run = (struct tool_run){.tool = tool,
                                  .arena = &room->arena,
                                  .args = args,
                                  .call_id = S("toolu_1"),
                                  .loop = room->loop,
                                  .hands = room->hands,
                                  .root = room->root,
                                  .folder = room->folder,
                                  .level = room->level,
                                  .results = room->results,
                                  .known = room->known,
                                  .todos = room->todos,
                                  .policy = room->policy,
                                  .masked = room->masked,
                                  .home = room->home,
                                  .done = on_done,
                                  .progress = on_progress,
                                  .owner = room};
    tool_result_init(&room->run.result);
    room->is_done = true;
    room->err.text[0] = 0;
    room->status = json_parse(input, JSON_DEPTH, &room->arena, &tree, &room->err);
    if (room->status == REIN_OK)
        room->status =
            field_decode(tool->args, tree, args, tool->args_size, &room->arena, NULL, &room->err);
    room->run.input = tree;
    if (room->status == REIN_OK)
        room->status = tool->check(args, &room->arena, &room->err);
    if (room->status != REIN_OK)
        return;
    if (tool->start) {
        room->status = tool->start(&room->run, &room->err);
        room->is_done = room->status != REIN_OK;
    } else {
        room->status = tool->run(&room->run, &room->err);
    }
}

void begin_call(struct room *room, const struct tool *tool, const char *input)
{
    char *text = arena_copy(&room->arena, input, strlen(input) + 1);

    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    start_call(room, tool, str_of(text));
}

void finish_call(struct room *room)
{
    while (!room->is_done)
        if (!loop_turn(room->loop, -1) && !room->is_done)
            test_fail("the loop has nothing to do and the call is not done");
}

void call(struct room *room, const struct tool *tool, const char *input)
{
    begin_call(room, tool, input);
    finish_call(room);
}

void call_json(struct room *room, const struct tool *tool, str input)
{
    start_call(room, tool, input);
    finish_call(room);
}

str said(struct room *room)
{
    return room->status != REIN_OK ? str_of(room->err.text) : buf_str(&room->run.result.text);
}

bool failed(const struct room *room)
{
    return room->status != REIN_OK || room->run.result.is_error;
}

const struct json *fact(struct room *room, const char *name)
{
    struct json *tree;
    struct error err;
    str text = arena_printf(&room->arena, "{%.*s}", FS(buf_str(&room->run.result.facts)));

    assert_ok(json_parse(text, JSON_DEPTH, &room->arena, &tree, &err), err);
    return json_get(tree, name);
}

void learn(struct room *room)
{
    const struct json *file = fact(room, "file");

    assert_non_null(file);
    room->known = (struct file_known){.known = true,
                                      .in_context = json_bool(file, "shown", false),
                                      .size = json_int(file, "size", -1),
                                      .mtime_ns = json_int(file, "mtime_ns", -1),
                                      .ctime_ns = json_int(file, "ctime_ns", -1),
                                      .offset = json_int(file, "offset", -1),
                                      .limit = json_int(file, "limit", -1)};
    assert_true(digest_parse(json_text(file, "sha", S("")), &room->known.sha));
}
