/* journal.c - from lines to balances. */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "split.h"

static const char *share_parse(char *word, struct entry *out)
{
    char *star = strchr(word, '*');

    if (out->n == PEOPLE_MAX)
        return "too many people share it";
    out->parts[out->n] = 1;
    if (star) {
        *star = 0;
        out->parts[out->n] = strtol(star + 1, NULL, 10);
        if (out->parts[out->n] < 1 || out->parts[out->n] > 1000)
            return "parts are numbers from 1 to 1000";
    }
    if (strlen(word) >= NAME_MAX_BYTES)
        return "a name is too long";
    strcpy(out->names[out->n++], word);
    return NULL;
}

const char *entry_parse(const char *line, struct entry *out)
{
    char date[16], amount[32], what[64], word[64];
    int at = 0, used;
    const char *wrong;

    memset(out, 0, sizeof *out);
    if (sscanf(line, "%15s %31s %31s %63s%n", date, out->payer, amount, what, &at) != 4)
        return "expected: date payer amount what people...";
    if (!money_parse(amount, &out->amount))
        return "the amount is no number with at most two decimals";
    while (sscanf(line + at, "%63s%n", word, &used) == 1) {
        at += used;
        if ((wrong = share_parse(word, out)) != NULL)
            return wrong;
    }
    return out->n ? NULL : "nobody shares it";
}

static money *balance(struct ledger *ledger, const char *name)
{
    for (int i = 0; i < ledger->n; i++) {
        if (strcmp(ledger->names[i], name) == 0)
            return &ledger->balances[i];
    }
    if (ledger->n == PEOPLE_MAX)
        return NULL;
    strcpy(ledger->names[ledger->n], name);
    return &ledger->balances[ledger->n++];
}

const char *ledger_post(struct ledger *ledger, const struct entry *entry)
{
    money shares[PEOPLE_MAX];
    money *place = balance(ledger, entry->payer);

    if (!place)
        return "too many people";
    *place += entry->amount;
    split(entry->amount, entry->parts, entry->n, shares);
    for (int i = 0; i < entry->n; i++) {
        place = balance(ledger, entry->names[i]);
        if (!place)
            return "too many people";
        *place -= shares[i];
    }
    return NULL;
}

money ledger_total(const struct ledger *ledger)
{
    money total = 0;

    for (int i = 0; i < ledger->n; i++)
        total += ledger->balances[i];
    return total;
}
