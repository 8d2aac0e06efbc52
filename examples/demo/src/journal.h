/* journal.h - the lines of a journal, and the balances that follow from them. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "money.h"

enum { PEOPLE_MAX = 16, NAME_MAX_BYTES = 32 };

struct entry {
    char payer[NAME_MAX_BYTES];
    money amount;
    int n; /* who share it */
    char names[PEOPLE_MAX][NAME_MAX_BYTES];
    long parts[PEOPLE_MAX];
};

/* "2026-03-04 ben 90.00 heating anna ben*2 carl". NULL, or what is wrong with the line. */
const char *entry_parse(const char *line, struct entry *out);

struct ledger {
    int n;
    char names[PEOPLE_MAX][NAME_MAX_BYTES];
    money balances[PEOPLE_MAX]; /* above zero: is owed; below: owes */
};

/* NULL, or why the entry can't be posted. */
const char *ledger_post(struct ledger *ledger, const struct entry *entry);

/* What all balances add up to: zero, or something is wrong. */
money ledger_total(const struct ledger *ledger);

#endif
