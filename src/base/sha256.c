/*
 * sha256.c - libcrypto's SHA-256 with its state held by value. The new interface of OpenSSL keeps
 * the state behind a pointer and copies it with two allocations; ours is copied once a request.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.h"
#include "base/hex.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(sizeof(struct sha256) == sizeof(SHA256_CTX) &&
                  _Alignof(struct sha256) >= _Alignof(SHA256_CTX),
              "struct sha256 holds a SHA256_CTX");

static SHA256_CTX *context(struct sha256 *s) { return (SHA256_CTX *)(void *)s->state; }

void sha256_init(struct sha256 *s) { SHA256_Init(context(s)); }

void sha256_add(struct sha256 *s, str bytes)
{
    if (bytes.n)
        SHA256_Update(context(s), bytes.p, bytes.n);
}

void sha256_add_u64(struct sha256 *s, uint64_t n)
{
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> (8 * i));
    sha256_add(s, (str){bytes, sizeof(bytes)});
}

struct digest sha256_done(const struct sha256 *s)
{
    struct sha256 copy = *s;
    struct digest d;

    SHA256_Final(d.b, context(&copy));
    return d;
}

struct digest sha256_of(str bytes)
{
    struct sha256 s;

    sha256_init(&s);
    sha256_add(&s, bytes);
    return sha256_done(&s);
}

void digest_hex(struct digest d, char out[DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof(d.b); i++) {
        out[2 * i] = digits[d.b[i] >> 4];
        out[2 * i + 1] = digits[d.b[i] & 15];
    }
    out[DIGEST_HEX_SIZE - 1] = 0;
}

bool digest_parse(str hex, struct digest *out)
{
    struct digest d;

    if (hex.n != DIGEST_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < sizeof(d.b); i++) {
        int high = hex_value(hex.p[2 * i]), low = hex_value(hex.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        d.b[i] = (unsigned char)(high << 4 | low);
    }
    *out = d;
    return true;
}
