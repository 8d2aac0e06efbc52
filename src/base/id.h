/*
 * id.h - 128-bit identities: a UUID on the command line, `sesn_`, `sthr_`, `sevt_` + base58 in the
 * API; both are read everywhere. UUIDv7 is made from a time and random bytes that the caller gives,
 * since base has neither clock nor chance.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/str.h"

struct id {
    unsigned char b[16];
};

#define ID_UUID_SIZE 37   /* 36 and a NUL */
#define ID_PREFIX_SIZE 32 /* "sesn_" + 22 and a NUL, rounded up */

static inline bool id_eq(struct id a, struct id b) { return memcmp(a.b, b.b, 16) == 0; }
static inline bool id_is_zero(struct id a) { return id_eq(a, (struct id){{0}}); }

/* UUIDv7: 48 bits of milliseconds since the epoch, then 74 of the 80 random bits. */
struct id id_make(int64_t milliseconds, const unsigned char random[10]);

/* Lower-case UUID text, ended by NUL. */
void id_uuid(struct id id, char out[ID_UUID_SIZE]);

/* The prefix, "sesn_" with its low line, and base58 of fixed length 22 behind it; ended by NUL. */
void id_prefixed(struct id id, const char *prefix, char out[ID_PREFIX_SIZE]);

/* Either form, any prefix of letters before '_'; upper-case UUIDs too. False when it is neither. */
bool id_parse(str text, struct id *out);

#endif
