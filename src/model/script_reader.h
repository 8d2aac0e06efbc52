/*
 * script_reader.h - the words, strings and objects of one entry of a scenario, for the files that
 * parse it.
 */
#ifndef MODEL_SCRIPT_READER_H
#define MODEL_SCRIPT_READER_H

#include "model/script_parts.h"

/* Over the text of one entry. */
struct reader {
    struct script *script;
    const char *start; /* of the whole file, to count lines */
    const char *entry; /* where the entry begins */
    const char *at, *end;
    struct error *err;
};

/* REIN_INVALID with "path:line: " of `at` before the words. */
__attribute__((format(printf, 3, 4))) rein_status script_fault(struct reader *r, const char *at,
                                                               const char *format, ...);

static inline bool script_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether nothing but blanks and remarks is left. */
bool script_at_end(struct reader *r);

/* The next word, empty at a string, an object or the end; and over it, if it is that one. */
str script_peek(struct reader *r);
bool script_take(struct reader *r, const char *word);

/* A JSON string or object; `expected` is its name in errors. */
rein_status script_value(struct reader *r, char opening, const char *expected, struct json **out);

/* What stands after the word `of`: strings that are joined, a number from `least` on, a word. */
rein_status script_text(struct reader *r, const char *of, str *out);
rein_status script_number_of(struct reader *r, const char *of, int64_t least, size_t *out);
rein_status script_word(struct reader *r, const char *of, str *out);

/* ---- script_items.c -------------------------------------------------------------------------- */

/* The parts of a reply, up to the end of the entry. */
rein_status script_items(struct reader *r, struct script_entry *entry);

#endif
