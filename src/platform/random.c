/*
 * random.c - random bytes from the kernel, a block a thread at a time: one system call serves some
 * fifty ids. A used byte is wiped, and a forked child begins with a block of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "platform/clock.h"

enum { BLOCK = 512 };

static _Thread_local struct {
    unsigned char bytes[BLOCK];
    size_t left;
    unsigned generation;
} block;

static _Atomic unsigned generation = 1;
static _Atomic uint64_t fixed; /* state of a test's sequence; 0: none */

static void on_fork(void) { generation++; }

static void watch_forks(void) { pthread_atfork(NULL, NULL, on_fork); }

static void from_kernel(unsigned char *out, size_t n)
{
    while (n) {
        ssize_t got = getrandom(out, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fprintf(stderr, "rein: the kernel gives no random bytes: %s\n", strerror(errno));
            abort();
        }
        out += got, n -= (size_t)got;
    }
}

static void refill(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_forks);
    block.generation = generation;
    from_kernel(block.bytes, BLOCK);
    block.left = BLOCK;
}

/* splitmix64: good enough to tell ids apart in a test, and the same on every machine. */
static void from_test(unsigned char *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t z = atomic_fetch_add(&fixed, 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        out[i] = (unsigned char)(z >> 32);
    }
}

void random_bytes(void *out, size_t n)
{
    if (fixed) {
        from_test(out, n);
        return;
    }
    if (n > BLOCK) {
        from_kernel(out, n);
        return;
    }
    if (block.left < n || block.generation != generation)
        refill();
    unsigned char *from = block.bytes + BLOCK - block.left;
    memcpy(out, from, n);
    explicit_bzero(from, n);
    block.left -= n;
}

void random_fix(uint64_t seed) { fixed = seed; }

struct id id_new(void)
{
    unsigned char random[10];

    random_bytes(random, sizeof random);
    return id_make(clock_wall() / 1000, random);
}
