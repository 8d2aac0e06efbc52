/*
 * read.c - the tool Read: lines of a text file with their numbers. Streams: a file of 10 MB needs no
 * more memory than the lines that are shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "policy/path.h"
#include "tool/file_facts.h"

enum {
    LINES_DEFAULT = 2000,
    LINE_KEPT = 8192,                    /* bytes: 2,000 characters of four */
    SHOWN_MAX = RESULT_CHARACTERS - 300, /* so that a result is never spilled to a file
                                              that would have to be read in turn           */
    CHUNK = 1 << 15
};

struct read_args {
    str file_path;
    int64_t offset, limit;
};

static const struct field read_fields[] = {
    FIELD(struct read_args, file_path, FIELD_STR, REQUIRED,
          "Path of the file, absolute or relative to the workspace."),
    FIELD(struct read_args, offset, FIELD_INT, OPTIONAL,
          "First line to show, from 1. Only for files too large to read at once.", .min = 0,
          .max = INT64_MAX / 2),
    FIELD(struct read_args, limit, FIELD_INT, OPTIONAL,
          "How many lines to show; 2,000 when not given.", .min = 0, .max = INT64_MAX / 2),
    {0},
};

/* The lines under way. */
struct lines {
    struct buf *out;
    int64_t first, last; /* wanted */
    int64_t number;      /* of the line being read */
    int64_t shown;       /* the last one that was written, 0: none */
    size_t characters;   /* written so far */
    bool full;           /* no more fit */
    bool begun;          /* bytes of the line being read have come */
    size_t left_out;     /* bytes of it that are not kept */
    size_t n;
    char kept[LINE_KEPT];
};

static rein_status read_check(const void *p, struct arena *a, struct error *err)
{
    const struct read_args *args = p;

    (void)a;
    if (args->file_path.n == 0)
        return fail(err, REIN_INVALID, "file_path is empty: name the file to read");
    if (memchr(args->file_path.p, 0, args->file_path.n))
        return fail(err, REIN_INVALID, "file_path has a NUL character in it");
    return REIN_OK;
}

static bool is_wanted(const struct lines *l)
{
    return !l->full && l->number >= l->first && l->number <= l->last;
}

static void keep(struct lines *l, str bytes)
{
    size_t room = sizeof l->kept - l->n;

    l->begun = l->begun || bytes.n > 0;
    if (!is_wanted(l))
        return;
    str head = str_take(bytes, room);
    if (head.n)
        memcpy(l->kept + l->n, head.p, head.n);
    l->n += head.n;
    l->left_out += bytes.n - head.n;
}

static void end_line(struct lines *l)
{
    if (is_wanted(l)) {
        str line = str_make(l->kept, l->n);
        size_t before = l->out->n;

        if (l->left_out == 0 && str_ends(line, S("\r")))
            line.n--;
        if (l->left_out) /* the cut may be within a character */
            line = utf8_head(line, line.n);
        if (l->number == 1 && str_starts(line, S("\xef\xbb\xbf")))
            line = str_skip(line, 3);
        l->characters += number_line(l->out, l->number, line, l->left_out);
        if (l->characters > SHOWN_MAX && l->shown) {
            l->out->n = before;
            l->full = true;
        } else {
            l->shown = l->number;
        }
    }
    l->number++;
    l->n = l->left_out = 0;
    l->begun = false;
}

static void take(struct lines *l, str bytes)
{
    while (bytes.n) {
        size_t end = str_find(bytes, '\n');

        keep(l, str_take(bytes, end));
        if (end == SIZE_MAX)
            return;
        end_line(l);
        bytes = str_skip(bytes, end + 1);
    }
}

/* What a file that is no text may be, by its first bytes. */
static const char *binary_kind(str head)
{
    static const struct {
        str magic;
        const char *kind;
    } kinds[] = {
        {S_INIT("\x89PNG"), "a PNG image"},
        {S_INIT("\xff\xd8\xff"), "a JPEG image"},
        {S_INIT("GIF8"), "a GIF image"},
        {S_INIT("%PDF-"), "a PDF document"},
        {S_INIT("PK\x03\x04"), "a zip archive"},
        {S_INIT("\x1f\x8b"), "gzip data"},
        {S_INIT("\x7f"
                "ELF"),
         "a program or object file"},
        {S_INIT("\xff\xfe"), "UTF-16 text; `iconv -f UTF-16 -t UTF-8` by Bash shows it"},
        {S_INIT("\xfe\xff"), "UTF-16 text; `iconv -f UTF-16 -t UTF-8` by Bash shows it"},
        {S_INIT("SQLite format 3"), "a SQLite database"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_starts(head, kinds[i].magic))
            return kinds[i].kind;
    return "no text";
}

static bool is_binary(str head)
{
    return memchr(head.p, 0, head.n < 8000 ? head.n : 8000) || str_starts(head, S("\xff\xfe")) ||
           str_starts(head, S("\xfe\xff")) || str_starts(head, S("%PDF-"));
}

/* All of the file through the digest and the lines. */
static rein_status stream(struct tool_run *run, const struct place *place, struct lines *l,
                          struct digest *sha, struct error *err)
{
    char chunk[CHUNK];
    struct sha256 hash;
    bool first = true;

    sha256_init(&hash);
    for (;;) {
        ssize_t n = read(place->fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(err, errno, "read '%.*s'", FS(str_take(place->path, 150)));
        if (n == 0)
            break;
        if (atomic_load(&run->canceled))
            return fail(err, REIN_CANCELED, "reading was canceled");
        if (first && is_binary(str_make(chunk, (size_t)n)))
            return fail(err, REIN_INVALID, "'%.*s' is no text: it looks like %s",
                        FS(str_take(place->path, 120)), binary_kind(str_make(chunk, (size_t)n)));
        first = false;
        sha256_add(&hash, str_make(chunk, (size_t)n));
        take(l, str_make(chunk, (size_t)n));
    }
    if (l->begun)
        end_line(l); /* no line feed behind the last one */
    *sha = sha256_done(&hash);
    return REIN_OK;
}

static bool is_unchanged(const struct file_known *known, const struct place *place)
{
    return known->size == place->st.st_size && known->mtime_ns == stat_mtime(&place->st) &&
           known->ctime_ns == stat_ctime(&place->st);
}

/* The same lines stand in the context already. */
static bool is_in_context(const struct tool_run *run, const struct read_args *args)
{
    const struct file_known *known = &run->known;
    int64_t offset = args->offset ? args->offset : 1;
    int64_t limit = args->limit ? args->limit : LINES_DEFAULT;

    if (!known->known || !known->in_context)
        return false;
    return (known->offset == 0 && known->limit == 0) ||
           (known->offset == offset && known->limit == limit);
}

static void say_unchanged(struct tool_run *run, const struct place *place)
{
    buf_printf(&run->result.text,
               "%.*s is unchanged since it was read; what was shown then is "
               "still right.",
               FS(place_shown(run, place->path)));
}

static void finish_text(struct tool_run *run, const struct lines *l, int64_t total)
{
    struct buf *out = &run->result.text;

    if (total == 0) {
        buf_add(out, S("(the file is empty)"));
    } else if (l->first > total) {
        tool_result_error(&run->result,
                          "the file has only %lld lines; offset %lld is behind its "
                          "end",
                          (long long)total, (long long)l->first);
    } else if (l->shown < total) {
        buf_printf(out, "[lines %lld to %lld of %lld; offset %lld goes on from here]",
                   (long long)l->first, (long long)l->shown, (long long)total,
                   (long long)l->shown + 1);
    } else if (out->n) {
        out->p[--out->n] = 0; /* the line feed of the last line */
    }
}

static rein_status read_open_file(struct tool_run *run, const struct read_args *args,
                                  const struct place *place, struct error *err)
{
    int64_t offset = args->offset ? args->offset : 1;
    int64_t limit = args->limit ? args->limit : LINES_DEFAULT;
    struct lines l = {
        .out = &run->result.text, .first = offset, .last = offset + limit - 1, .number = 1};
    struct digest sha;
    rein_status status;

    if (is_in_context(run, args) && is_unchanged(&run->known, place)) {
        say_unchanged(run, place);
        return REIN_OK;
    }
    status = stream(run, place, &l, &sha, err);
    if (status != REIN_OK)
        return status;
    if (is_in_context(run, args) && digest_eq(sha, run->known.sha)) {
        buf_clear(&run->result.text); /* touched, and still the same bytes */
        say_unchanged(run, place);
        return REIN_OK;
    }
    int64_t total = l.number - 1;
    bool all = l.first == 1 && l.shown == total;
    finish_text(run, &l, total);
    if (!run->result.is_error)
        file_facts_write(&run->result.facts, &(struct file_facts){.path = place->path,
                                                                  .sha = sha,
                                                                  .st = &place->st,
                                                                  .offset = all ? 0 : offset,
                                                                  .limit = all ? 0 : limit,
                                                                  .lines = total,
                                                                  .shown = true});
    return REIN_OK;
}

static rein_status read_run(struct tool_run *run, struct error *err)
{
    const struct read_args *args = run->args;
    struct place place;
    rein_status status = place_open_file(run, args->file_path, &place, err);

    if (status != REIN_OK)
        return status;
    status = read_open_file(run, args, &place, err);
    place_close(&place);
    return status;
}

const struct tool tool_read = {
    .name = "Read",
    .aliases = (const char *const[]){"View", NULL},
    .prose = "tool/read.md",
    .args = read_fields,
    .args_size = sizeof(struct read_args),
    .flags = TOOL_HANDS | TOOL_READ_ONLY | TOOL_CONCURRENT,
    .check = read_check,
    .subject = "file_path",
    .run = read_run,
};
