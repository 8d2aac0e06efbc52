/*
 * file_facts.c - files as the log and the model see them: facts, and numbered lines.
 */
#include "tool/file_facts.h"

#include "base/utf8.h"

enum { LINE_CHARACTERS = 2000 };

int64_t stat_mtime(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

int64_t stat_ctime(const struct stat *st)
{
    return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

void file_facts_write(struct buf *out, const struct file_facts *facts)
{
    char sha[DIGEST_HEX_SIZE];
    struct json_writer w;

    digest_hex(facts->sha, sha);
    buf_add(out, S("\"file\":"));
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "path", facts->path);
    json_put(&w, "sha", str_of(sha));
    json_put_int(&w, "size", facts->st->st_size);
    json_put_int(&w, "mtime_ns", stat_mtime(facts->st));
    json_put_int(&w, "ctime_ns", stat_ctime(facts->st));
    json_put_int(&w, "offset", facts->offset);
    json_put_int(&w, "limit", facts->limit);
    json_put_int(&w, "total_lines", facts->lines);
    json_put_bool(&w, "shown", facts->shown);
    json_object_end(&w);
}

int64_t count_lines(str text)
{
    int64_t n = 0;

    for (str rest = text; rest.n; n++)
        str_cut(&rest, '\n');
    return n;
}

/* The first characters of a line, and how many bytes that is. */
static str head_of(str line)
{
    size_t at = 0;

    if (line.n <= LINE_CHARACTERS)
        return line;
    for (size_t n = 0; n < LINE_CHARACTERS && at < line.n; n++)
        utf8_next(line, &at);
    return str_take(line, at);
}

/* "     7\t". By hand: a file has many lines, and printf is most of what a short Read costs. */
static void add_number(struct buf *out, int64_t number)
{
    char text[24];
    size_t at = sizeof text, digits = 0;

    text[--at] = '\t';
    for (; number > 0 || digits == 0; number /= 10, digits++)
        text[--at] = (char)('0' + number % 10);
    for (; digits < 6; digits++)
        text[--at] = ' ';
    buf_add(out, str_make(text + at, sizeof text - at));
}

/* Nothing in it that would have to be cleaned, and a byte is a character. */
static bool is_ascii(str line)
{
    uint64_t marks = 0, word;
    size_t i = 0;

    for (; i + 8 <= line.n; i += 8) {
        memcpy(&word, line.p + i, 8);
        marks |= word | (word - UINT64_C(0x0101010101010101)); /* a byte over 127, or a NUL */
    }
    for (; i < line.n; i++)
        marks |= (unsigned char)line.p[i] < 1 || (unsigned char)line.p[i] > 127 ? 128 : 0;
    return !(marks & UINT64_C(0x8080808080808080));
}

size_t number_line(struct buf *out, int64_t number, str line, size_t left_out)
{
    size_t before = out->n;
    bool plain = line.n <= LINE_CHARACTERS && is_ascii(line);
    str head = plain ? line : head_of(line);

    add_number(out, number);
    if (plain)
        buf_add(out, head);
    else
        utf8_clean(out, head);
    left_out += line.n - head.n;
    if (left_out)
        buf_printf(out, " [... %zu bytes of this line are not shown]", left_out);
    buf_byte(out, '\n');
    return plain ? out->n - before : utf8_count(str_skip(buf_str(out), before));
}

void number_lines(struct buf *out, str text, int64_t from, int64_t to)
{
    int64_t number = 1;

    for (str rest = text; rest.n && number <= to; number++) {
        str line = str_cut(&rest, '\n');

        if (str_ends(line, S("\r")))
            line.n--;
        if (number >= from)
            number_line(out, number, line, 0);
    }
}
