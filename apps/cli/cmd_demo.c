/*
 * cmd_demo.c - `rein demo`: the main job on a project of ours, in a folder of its own. It lays out the
 * project, chooses who answers, and runs a turn like any other; what the agent does there it does not
 * know.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/error.h"
#include "cli/run.h"

#define DEMO_PROMPT "The tests fail. Find out why and mend it."
#define DEMO_MODEL "script:demo"

enum { PATH_BYTES = 4096 };

static rein_status make_folder(char *folder, size_t room, struct error *err)
{
    const char *base = getenv("TMPDIR");

    snprintf(folder, room, "%s/rein-demo-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(folder))
        return fail_errno(err, errno, "make a temporary folder '%s'", folder);
    return REIN_OK;
}

static rein_status write_bytes(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0)
            return REIN_IO;
        bytes = str_skip(bytes, (size_t)n);
    }
    return REIN_OK;
}

/* `name` is a path below the folder; the folders on its way are made. */
static rein_status lay_file(const char *folder, str name, const struct embedded *file,
                            struct error *err)
{
    char path[PATH_BYTES];
    size_t n = (size_t)snprintf(path, sizeof path, "%s/%.*s", folder, FS(name));

    for (size_t i = strlen(folder) + 1; i < n && n < sizeof path; i++) {
        if (path[i] != '/')
            continue;
        path[i] = 0;
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return fail_errno(err, errno, "make the folder '%s'", path);
        path[i] = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file->mode);
    if (fd < 0)
        return fail_errno(err, errno, "make '%s'", path);
    rein_status status = write_bytes(fd, file->bytes);
    if (status != REIN_OK)
        fail_errno(err, errno, "write '%s'", path);
    close(fd);
    return status;
}

/* All of the demo's files but its scenario: that is the model's, not the project's. */
static rein_status lay_project(const char *folder, struct error *err)
{
    for (const struct embedded *file = embedded_files; file->name[0]; file++) {
        str name = str_of(file->name);
        if (!str_starts(name, S("demo/")) || str_ends(name, S(".script")))
            continue;
        if (lay_file(folder, str_skip(name, 5), file, err) != REIN_OK)
            return err->status;
    }
    return REIN_OK;
}

static rein_status choose(struct cli *cli, const char *setting, const char *value, rein_error *err)
{
    const char *origin = NULL;

    rein_config_get(cli->config, setting, &origin);
    if (origin && strncmp(origin, "--", 2) == 0)
        return REIN_OK;
    return rein_config_set(cli->config, setting, value, "rein demo", err);
}

static void introduce(struct cli *cli, const char *folder)
{
    const char *model = rein_config_get(cli->config, "model", NULL);
    bool is_script = strncmp(model, "script:", 7) == 0;

    printf("A small C project with a failing test is in %s.\n", folder);
    if (is_script)
        printf("No real model is asked: %s answers, a scenario that was written beforehand.\n"
               "The tools, the sandbox and the log are the real ones.\n",
               model);
    else
        printf("The model %s answers.\n", model);
    printf("\n› %s\n\n", DEMO_PROMPT);
    fflush(stdout);
}

static void conclude(struct cli *cli, const char *folder, const char *id, int code)
{
    const char *model = rein_config_get(cli->config, "model", NULL), *self = cli->program;

    printf("\n%s answered%s. The project as it is now: %s\n"
           "Every step is in the log, session %s:\n\n"
           "  %s session show %s\n"
           "  %s session verify %s\n"
           "  %s session export %s > session.jsonl\n\n"
           "The same with a real model:\n\n"
           "  export ANTHROPIC_API_KEY=...\n"
           "  %s demo --model anthropic/claude-opus-5-5\n\n"
           "Or in a project of your own: cd there and run %s.\n",
           model, code ? ", but the turn did not end well" : "", folder, id, self, id, self, id,
           self, id, self, self);
}

int cmd_demo(struct cli *cli)
{
    char folder[PATH_BYTES], id[37] = "";
    struct error fault = {0};
    rein_error err = {0};
    int code;

    if (cli->n)
        return complain_usage("'rein demo' takes no argument");
    if (choose(cli, "model", DEMO_MODEL, &err) != REIN_OK ||
        choose(cli, "permission-mode", "workspace-write", &err) != REIN_OK)
        return host_fail(&err);
    if (make_folder(folder, sizeof folder, &fault) != REIN_OK ||
        lay_project(folder, &fault) != REIN_OK)
        return complain("%s", fault.text);
    introduce(cli, folder);
    rein_session_options session = {.folder = folder};
    struct run_spec spec = {.config = cli->config,
                            .session = &session,
                            .prompt = DEMO_PROMPT,
                            .format = "text",
                            .as_screen = true,
                            .id = id};
    code = run_once(&spec);
    if (id[0])
        conclude(cli, folder, id, code);
    return code;
}
