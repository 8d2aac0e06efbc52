#include <string.h>

#include "check.h"
#include "money.h"

static void reads_amounts(void)
{
    static const struct {
        const char *text;
        money cents;
    } rows[] = {{"61.20", 6120}, {"0.5", 50}, {"20", 2000}, {"-20.00", -2000}, {"0", 0}};

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        money amount = -1;
        CHECK(money_parse(rows[i].text, &amount), "'%s'", rows[i].text);
        CHECK(amount == rows[i].cents, "'%s' is %lld", rows[i].text, amount);
    }
}

static void refuses_what_is_no_amount(void)
{
    static const char *const texts[] = {"", "-", ".", "1.", "1.234", "1,50", "12a", "1.2.3",
                                        "99999999999999999"};

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        money amount;
        CHECK(!money_parse(texts[i], &amount), "'%s'", texts[i]);
    }
}

static void writes_amounts(void)
{
    char text[32];

    money_format(6120, text);
    CHECK(strcmp(text, "61.20") == 0, "%s", text);
    money_format(-5, text);
    CHECK(strcmp(text, "-0.05") == 0, "%s", text);
}

static void rounds_a_part_to_the_nearest_cent(void)
{
    CHECK(money_part(1000, 1, 3) == 333, "%lld", money_part(1000, 1, 3));
    CHECK(money_part(1000, 2, 3) == 667, "%lld", money_part(1000, 2, 3));
    CHECK(money_part(5, 1, 2) == 3, "%lld", money_part(5, 1, 2));
}

int main(void)
{
    RUN(reads_amounts);
    RUN(refuses_what_is_no_amount);
    RUN(writes_amounts);
    RUN(rounds_a_part_to_the_nearest_cent);
    return check_failures != 0;
}
