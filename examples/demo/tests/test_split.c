#include "check.h"
#include "split.h"

static const long equal[] = {1, 1, 1};

static void shares_evenly(void)
{
    money shares[3];

    split(900, equal, 3, shares);
    for (int i = 0; i < 3; i++)
        CHECK(shares[i] == 300, "share %d is %lld", i, shares[i]);
}

static void gives_the_cent_that_is_left_to_the_first(void)
{
    money shares[3];

    split(1000, equal, 3, shares);
    CHECK(shares[0] == 334 && shares[1] == 333 && shares[2] == 333, "%lld %lld %lld", shares[0],
          shares[1], shares[2]);
}

static void shares_a_refund_as_the_purchase(void)
{
    static const money amounts[] = {1000, 2000, 6120, 1, 99999};
    static const long parts[] = {2, 1, 4};

    for (unsigned i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        for (int k = 0; k < 2; k++) {
            money there[3], back[3];
            split(amounts[i], k ? parts : equal, 3, there);
            split(-amounts[i], k ? parts : equal, 3, back);
            CHECK(there[0] + there[1] + there[2] == amounts[i], "%lld: shares of %lld %lld %lld",
                  amounts[i], there[0], there[1], there[2]);
            CHECK(back[0] + back[1] + back[2] == -amounts[i], "%lld: shares of %lld %lld %lld",
                  -amounts[i], back[0], back[1], back[2]);
            for (int n = 0; n < 3; n++)
                CHECK(back[n] == -there[n], "%lld: paid %lld, refunded %lld", amounts[i], there[n],
                      back[n]);
        }
    }
}

int main(void)
{
    RUN(shares_evenly);
    RUN(gives_the_cent_that_is_left_to_the_first);
    RUN(shares_a_refund_as_the_purchase);
    return check_failures != 0;
}
