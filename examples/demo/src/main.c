/* main.c - flat FILE: prints what each is owed. */
#include <stdio.h>
#include <string.h>

#include "journal.h"

static int read_journal(FILE *file, const char *name, struct ledger *ledger)
{
    char line[512];

    for (int n = 1; fgets(line, sizeof line, file); n++) {
        struct entry entry;
        const char *wrong;
        if (line[0] == '#' || strspn(line, " \t\r\n") == strlen(line))
            continue;
        wrong = entry_parse(line, &entry);
        if (!wrong)
            wrong = ledger_post(ledger, &entry);
        if (wrong) {
            fprintf(stderr, "%s:%d: %s\n", name, n, wrong);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct ledger ledger = {0};
    char text[32];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (!file) {
        fprintf(stderr, argc == 2 ? "flat: cannot open %s\n" : "usage: flat FILE\n", argv[argc - 1]);
        return 1;
    }
    int failed = read_journal(file, argv[1], &ledger);
    fclose(file);
    for (int i = 0; i < ledger.n && !failed; i++) {
        money_format(ledger.balances[i], text);
        printf("%-16s %10s\n", ledger.names[i], text);
    }
    if (!failed && ledger_total(&ledger) != 0) {
        money_format(ledger_total(&ledger), text);
        fprintf(stderr, "flat: the balances do not add up, %s is left\n", text);
        return 1;
    }
    return failed;
}
