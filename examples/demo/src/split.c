/* split.c - sharing an amount. */
#include "split.h"

void split(money amount, const long *parts, int n, money *shares)
{
    money left = amount;
    long whole = 0;

    for (int i = 0; i < n; i++)
        whole += parts[i];
    for (int i = 0; i < n; i++) {
        shares[i] = money_part(amount, parts[i], whole);
        left -= shares[i];
    }
    /* Parts are rounded down, so some cents may be left: one each, from the first on. */
    for (int i = 0; left > 0; i = (i + 1) % n) {
        shares[i]++;
        left--;
    }
}
