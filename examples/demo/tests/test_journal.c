#include <string.h>

#include "check.h"
#include "journal.h"

static void reads_a_line(void)
{
    struct entry entry;
    const char *wrong = entry_parse("2026-03-04 ben 90.00 heating anna ben*2 carl\n", &entry);

    CHECK(!wrong, "%s", wrong);
    CHECK(strcmp(entry.payer, "ben") == 0, "%s", entry.payer);
    CHECK(entry.amount == 9000, "%lld", entry.amount);
    CHECK(entry.n == 3, "%d", entry.n);
    CHECK(entry.parts[1] == 2 && strcmp(entry.names[1], "ben") == 0, "%s", entry.names[1]);
}

static void says_what_is_wrong(void)
{
    static const char *const lines[] = {"2026-03-04 ben", "2026-03-04 ben 9,00 bread anna",
                                        "2026-03-04 ben 9.00 bread",
                                        "2026-03-04 ben 9.00 bread anna*0"};
    struct entry entry;

    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CHECK(entry_parse(lines[i], &entry), "'%s'", lines[i]);
}

static void balances_add_up(void)
{
    static const char *const lines[] = {"2026-03-01 anna 61.20 groceries anna ben carl",
                                        "2026-03-04 ben 90.00 heating anna ben carl"};
    struct ledger ledger = {0};

    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct entry entry;
        CHECK(!entry_parse(lines[i], &entry) && !ledger_post(&ledger, &entry), "'%s'", lines[i]);
    }
    CHECK(ledger_total(&ledger) == 0, "%lld", ledger_total(&ledger));
    CHECK(ledger.balances[0] == 1080, "anna %lld", ledger.balances[0]);
    CHECK(ledger.balances[1] == 3960, "ben %lld", ledger.balances[1]);
}

int main(void)
{
    RUN(reads_a_line);
    RUN(says_what_is_wrong);
    RUN(balances_add_up);
    return check_failures != 0;
}
