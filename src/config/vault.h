/*
 * vault.h - the secrets of this process: taken out of the environment at start, held in one place,
 * wiped at the end, written nowhere.
 *
 * A key in `environ` is inherited by every child and can be read in /proc. So the variables that
 * vault.def names are removed from it and their bytes overwritten where the kernel put them. One
 * vault a process, since the environment is one too. Not thread-safe: call vault_take() before
 * threads start.
 */
#ifndef CONFIG_VAULT_H
#define CONFIG_VAULT_H

#include "base/error.h"
#include "base/str.h"

/* Take what the environment holds now; a variable that is there again replaces the one held. */
void vault_take(void);

/* The value of a variable of vault.def, for example "ANTHROPIC_API_KEY"; empty when it was not set.
 * Borrowed until vault_wipe(); it lies in memory that core dumps leave out. NULL gives empty. */
str vault_get(const char *variable);

/* The names of vault.def, NULL-ended. */
extern const char *const vault_names[];

/* Overwrite all. Also runs when the process ends. */
void vault_wipe(void);

#endif
