/*
 * sha256.h - the digest, as a value that can be copied in the middle: a request's hash continues
 * from the state kept at its last stable segment. The work is done by libcrypto.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/str.h"

struct sha256 {
    uint32_t state[28]; /* holds a SHA256_CTX by value; sha256.c asserts the size */
};
struct digest {
    unsigned char b[32];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, str bytes);
/* Little-endian 64-bit number, for what is hashed field by field. */
void sha256_add_u64(struct sha256 *s, uint64_t n);
/* The digest so far; `s` stays as it is and can go on. */
struct digest sha256_done(const struct sha256 *s);
struct digest sha256_of(str bytes);

#define DIGEST_HEX_SIZE 65
void digest_hex(struct digest d, char out[DIGEST_HEX_SIZE]);
bool digest_parse(str hex, struct digest *out);
static inline bool digest_eq(struct digest a, struct digest b) { return !memcmp(a.b, b.b, 32); }

#endif
