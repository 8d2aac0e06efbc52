/*
 * vault.c - the secrets of this process, in one page that is locked, left out of core dumps and
 * gone in a forked child. What a key is for it does not know.
 */
#include "config/vault.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VAULT_SIZE = 16 * 1024 };

const char *const vault_names[] = {
#define KEY(variable) variable,
#include "config/vault.def"
#undef KEY
    NULL,
};

enum {
#define KEY(variable) +1
    VAULT_KEYS = 0
#include "config/vault.def"
#undef KEY
};

static struct {
    char *page;
    size_t used;
    str values[VAULT_KEYS];
} vault;

__attribute__((destructor)) void vault_wipe(void)
{
    if (!vault.page)
        return;
    explicit_bzero(vault.page, VAULT_SIZE);
    munmap(vault.page, VAULT_SIZE);
    memset(&vault, 0, sizeof vault);
}

static bool vault_open(void)
{
    if (vault.page)
        return true;
    void *page = mmap(NULL, VAULT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    /* Each of these may be refused by limits; a key in plain memory is still a key that works. */
    mlock(page, VAULT_SIZE);
    madvise(page, VAULT_SIZE, MADV_DONTDUMP);
    madvise(page, VAULT_SIZE, MADV_WIPEONFORK);
    vault.page = page;
    return true;
}

/* A value that was handed out stays where it is until the vault is wiped: a new one goes behind it. */
static void hold(size_t i, str value)
{
    if (str_eq(vault.values[i], value) || value.n > VAULT_SIZE - vault.used)
        return;
    memcpy(vault.page + vault.used, value.p, value.n);
    vault.values[i] = str_make(vault.page + vault.used, value.n);
    vault.used += value.n;
}

/* The value in an entry of the environment of that name, or NULL. */
static char *value_of(char *entry, const char *name)
{
    size_t n = strlen(name);

    return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

/* A name may stand there more than once: the first counts, all are overwritten, where execve put
 * them, since /proc/PID/environ shows that place. */
static void take(size_t i)
{
    bool first = true;

    for (char **entry = environ; entry && *entry; entry++) {
        char *value = value_of(*entry, vault_names[i]);
        size_t n = value ? strlen(value) : 0;
        if (n && first && vault_open())
            hold(i, str_make(value, n));
        if (value) {
            explicit_bzero(value, n);
            first = false;
        }
    }
    if (!first)
        unsetenv(vault_names[i]);
}

void vault_take(void)
{
    for (size_t i = 0; i < VAULT_KEYS; i++)
        take(i);
}

str vault_get(const char *variable)
{
    for (size_t i = 0; variable && i < VAULT_KEYS; i++) {
        if (strcmp(variable, vault_names[i]) == 0)
            return vault.values[i];
    }
    return (str){0};
}
