/* split.h - an amount, shared out to the cent. */
#ifndef SPLIT_H
#define SPLIT_H

#include "money.h"

/* Share `amount` in the ratio of the `n` parts (each at least 1). The shares add up to the amount;
 * each is within a cent or so of its exact part. */
void split(money amount, const long *parts, int n, money *shares);

#endif
