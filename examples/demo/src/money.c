/* money.c - reading, writing and dividing amounts. */
#include "money.h"

#include <stdio.h>

bool money_parse(const char *text, money *out)
{
    bool negative = *text == '-';
    money cents = 0;
    int digits = 0, decimals = -1;

    for (text += negative; *text; text++) {
        if (*text == '.' && decimals < 0 && digits > 0) {
            decimals = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || decimals == 2)
            return false;
        cents = cents * 10 + (*text - '0');
        if (cents > MONEY_MAX)
            return false;
        digits++;
        decimals += decimals >= 0;
    }
    if (digits == 0 || decimals == 0)
        return false;
    for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
        cents *= 10;
    *out = negative ? -cents : cents;
    return true;
}

void money_format(money amount, char *out)
{
    money cents = amount < 0 ? -amount : amount;

    snprintf(out, 32, "%s%lld.%02lld", amount < 0 ? "-" : "", cents / 100, cents % 100);
}

money money_part(money amount, long part, long whole)
{
    return (amount * part + whole / 2) / whole;
}
