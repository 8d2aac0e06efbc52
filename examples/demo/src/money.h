/* money.h - amounts of money, in whole cents: 12.34 is 1234. Negative amounts are refunds. */
#ifndef MONEY_H
#define MONEY_H

#include <stdbool.h>
#include <stddef.h>

typedef long long money;

#define MONEY_MAX 100000000000000LL /* a trillion; more is a slip of the finger */

/* "61.20", "-20", "0.5"; at most two decimals. False when the text is anything else. */
bool money_parse(const char *text, money *out);

/* "-20.00" into `out`, which has room for 32 bytes. */
void money_format(money amount, char *out);

/* `part` of `whole` equal parts of the amount, rounded to the nearest cent, half a cent away from
 * zero: the part of a refund is minus the part of the purchase. */
money money_part(money amount, long part, long whole);

#endif
