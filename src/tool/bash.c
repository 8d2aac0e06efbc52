/*
 * bash.c - the tool Bash: one command by the hands, its output streamed. It waits on the loop, so a
 * thousand sleeping commands hold no thread, and its memory does not depend on the output.
 */
#include "tool/tool.h"

#include <stdio.h>

enum {
    TIMEOUT_DEFAULT = 120000,
    TIMEOUT_MAX = 600000,
    OUTPUT_MAX = 256 << 20,
    COMMAND_MAX = 128 * 1024 - 1 /* of one argument, by the kernel */
};

struct bash_args {
    str command, description;
    int64_t timeout;
};

static const struct field bash_fields[] = {
    FIELD(struct bash_args, command, FIELD_STR, REQUIRED, "The command, as for bash -c."),
    FIELD(struct bash_args, timeout, FIELD_INT, OPTIONAL,
          "Milliseconds until it is stopped: 120000 when not given, at most 600000.", .min = 0,
          .max = INT64_MAX / 2),
    FIELD(struct bash_args, description, FIELD_STR, OPTIONAL,
          "What the command does, in five to ten words."),
    {0},
};

struct bash {
    struct result_stream *stream;
    struct command *command; /* NULL once it has ended */
    int64_t timeout;
    bool too_much;
};

static rein_status bash_check(const void *p, struct arena *a, struct error *err)
{
    const struct bash_args *args = p;

    (void)a;
    if (str_trim(args->command).n == 0)
        return fail(err, REIN_INVALID, "command is empty: write what bash shall run");
    if (memchr(args->command.p, 0, args->command.n))
        return fail(err, REIN_INVALID, "command has a NUL character in it");
    if (args->command.n > COMMAND_MAX)
        return fail(err, REIN_LIMIT,
                    "command has %zu bytes, and %d are possible: Write a script file "
                    "and run that",
                    args->command.n, COMMAND_MAX);
    if (args->timeout > TIMEOUT_MAX)
        return fail(err, REIN_INVALID,
                    "timeout is in milliseconds and at most %d (ten minutes), "
                    "not %lld",
                    TIMEOUT_MAX, (long long)args->timeout);
    return REIN_OK;
}

static void on_output(void *data, int number, str bytes)
{
    struct tool_run *run = data;
    struct bash *b = run->state;
    str piece;

    (void)number;
    if (b->too_much)
        return;
    result_stream_add(b->stream, bytes);
    piece = result_stream_piece(b->stream);
    if (run->progress && piece.n)
        run->progress(run, piece);
    if (result_stream_bytes(b->stream) > OUTPUT_MAX) {
        b->too_much = true;
        command_cancel(b->command);
    }
}

/* A line of ours below the output. */
static void begin_note(struct buf *text)
{
    if (text->n && text->p[text->n - 1] != '\n')
        buf_byte(text, '\n');
}

static void note_end(struct tool_run *run, const struct bash *b, const struct command_result *c)
{
    struct tool_result *r = &run->result;

    r->is_error = true;
    if (c->proc.failed)
        buf_printf(&r->text, "The command could not be started: %s", c->proc.error.text);
    else if (b->too_much)
        buf_printf(&r->text, "Stopped: it wrote more than %d MiB.", OUTPUT_MAX >> 20);
    else if (c->timed_out)
        buf_printf(&r->text,
                   "Stopped after %lld ms (timeout). Give a larger timeout, or have it do "
                   "less at once.",
                   (long long)b->timeout);
    else if (c->canceled)
        buf_add(&r->text, S("Interrupted by the user."));
    else if (c->proc.signal)
        buf_printf(&r->text, "Ended by signal %d (%s).", c->proc.signal, strsignal(c->proc.signal));
    else
        buf_printf(&r->text, "Exit code %d", c->proc.code);
}

static bool is_good(const struct bash *b, const struct command_result *c)
{
    return !c->proc.failed && !b->too_much && !c->timed_out && !c->canceled && !c->proc.signal &&
           c->proc.code == 0;
}

static void write_details(struct tool_run *run, str output, const struct command_result *c)
{
    struct json_writer w;

    json_begin(&w, &run->result.details);
    json_object(&w);
    json_put(&w, "stdout", output);
    json_put(&w, "stderr", c->proc.failed ? str_of(c->proc.error.text) : S(""));
    json_put_bool(&w, "interrupted", c->canceled || c->timed_out);
    json_object_end(&w);
}

static void on_exited(void *data, const struct command_result *c)
{
    struct tool_run *run = data;
    struct bash *b = run->state;
    struct tool_result *r = &run->result;

    b->command = NULL;
    result_stream_end(b->stream, NULL); /* a file that could not be written is said in the text */
    b->stream = NULL;
    write_details(run, buf_str(&r->text), c);
    if (!is_good(b, c)) {
        begin_note(&r->text);
        note_end(run, b, c);
    }
    if (c->violations && *c->violations) {
        begin_note(&r->text);
        buf_printf(&r->text, "Warning, the command touched protected names:\n%s", c->violations);
    }
    if (r->text.n == 0)
        buf_add(&r->text, S("(no output)"));
    run->done(run);
}

static rein_status bash_start(struct tool_run *run, struct error *err)
{
    static const struct command_events events = {.output = on_output, .exited = on_exited};
    const struct bash_args *args = run->args;
    struct bash *b = arena_new(run->arena, struct bash);
    rein_status status;

    b->timeout = args->timeout ? args->timeout : TIMEOUT_DEFAULT;
    b->stream = result_stream_new(&run->result, run->results, run->call_id, true);
    run->state = b;
    status = hands_execute(run->hands, args->command, b->timeout, &events, run, &b->command, err);
    if (status != REIN_OK)
        result_stream_end(b->stream, NULL);
    return status;
}

static void bash_cancel(struct tool_run *run)
{
    struct bash *b = run->state;

    if (b && b->command)
        command_cancel(b->command);
}

const struct tool tool_bash = {
    .name = "Bash",
    .prose = "tool/bash.md",
    .args = bash_fields,
    .args_size = sizeof(struct bash_args),
    .flags = TOOL_HANDS | TOOL_COMMAND | TOOL_DESTRUCTIVE,
    .check = bash_check,
    .subject = "command",
    .start = bash_start,
    .cancel = bash_cancel,
};
