/*
 * text.h - small things on text: base64, globs, line differences, times, the nearest word.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* RFC 4648 base64, padded; decoding accepts no white space, and returns false with nothing added
 * when the text is not valid. */
void base64_encode(struct buf *out, str bytes);
bool base64_decode(struct buf *out, str text);

/* Path globs: `*` and `?` within a segment, `**` as a segment of its own over any number of them
 * (at the end all that is below, at the front also nothing: "**" + "/x" matches "x"), [sets] and
 * [!sets], {a,b} alternatives, backslash escapes. Case counts; names with a dot are like others.
 * The time is at most that of the pattern's length times the path's. */
bool glob_match(str pattern, str path);

/* Whether the text has characters that make it a pattern. */
bool glob_is_pattern(str text);

/* A unified diff of two texts with `context` lines around (Myers; falls back to whole replacement
 * when more than 20,000 edits apart). Hunks only, no file header: "@@ -a,b +c,d @@" and lines that
 * begin with ' ', '-', '+', and "\ No newline at end of file" behind a last line without one.
 * `added` and `removed` count lines; either may be NULL. */
void diff_unified(str before, str after, int context, struct buf *out, size_t *added,
                  size_t *removed);

/* "2026-11-20T03:56:32.123456Z" of microseconds since the epoch; and back (0 to 6 decimals). */
#define TIME_TEXT_SIZE 32
void time_text(int64_t microseconds, char out[TIME_TEXT_SIZE]);
bool time_parse(str text, int64_t *microseconds);

/* The index of the word nearest to `word` (edit distance at most a third of it, and 3), or -1. */
int nearest_word(str word, const char *const *words, size_t n);

/* The edit distance itself (case does not count, a swap of neighbours counts one; SIZE_MAX for
 * words over 64 bytes), and up to which distance `word` may mean another. */
size_t word_distance(str a, str b);
size_t word_mistakes(str word);

#endif
