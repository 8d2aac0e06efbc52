/*
 * time.c - microseconds since the epoch to RFC 3339 text and back. Knows no clock and no time zone
 * but the one that a text names.
 */
#include "base/text.h"

#include <stdio.h>

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* Divided towards minus infinity; the rest is never negative. */
static int64_t floor_divide(int64_t n, int64_t by, int64_t *rest)
{
    int64_t quotient = n / by;

    *rest = n % by;
    if (*rest < 0)
        quotient--, *rest += by;
    return quotient;
}

/* Days since the epoch of a date. The year is taken to begin in March, so that the leap day is its
 * last; an era is 400 years of 146,097 days, 719,468 of them before 1970. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t of_era, era = floor_divide(year - (month <= 2), 400, &of_era);
    int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t of_era, era = floor_divide(days + 719468, 146097, &of_era);
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

void time_text(int64_t microseconds, char out[TIME_TEXT_SIZE])
{
    int64_t rest, days = floor_divide(microseconds, DAY, &rest), year;
    int month, day, seconds = (int)(rest / SECOND);

    date_of(days, &year, &month, &day);
    int n = snprintf(out, TIME_TEXT_SIZE, "%04lld-%02d-%02dT", (long long)year, month, day);

    snprintf(out + n, TIME_TEXT_SIZE - (size_t)n, "%02d:%02d:%02d.%06dZ", seconds / 3600,
             seconds / 60 % 60, seconds % 60, (int)(rest % SECOND));
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Exactly `n` digits, cut off the front of *s. */
static bool take_digits(str *s, size_t n, int *out)
{
    int value = 0;

    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = str_skip(*s, n);
    *out = value;
    return true;
}

static bool take_byte(str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

static int days_in(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(str *s, int64_t *days)
{
    int year, month, day;

    if (!take_digits(s, 4, &year) || !take_byte(s, '-') || !take_digits(s, 2, &month) ||
        !take_byte(s, '-') || !take_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *days = days_of(year, month, day);
    return true;
}

static bool take_clock(str *s, int64_t *microseconds)
{
    int hours, minutes, seconds, digit;
    int64_t fraction = 0, unit = SECOND;

    if (!take_digits(s, 2, &hours) || !take_byte(s, ':') || !take_digits(s, 2, &minutes) ||
        !take_byte(s, ':') || !take_digits(s, 2, &seconds))
        return false;
    if (hours > 23 || minutes > 59 || seconds > 59)
        return false;
    if (take_byte(s, '.')) {
        if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
            return false;
        while (unit > 1 && take_digits(s, 1, &digit))
            unit /= 10, fraction += digit * unit;
    }
    *microseconds = ((hours * 60 + minutes) * 60 + seconds) * SECOND + fraction;
    return true;
}

static bool take_zone(str *s, int64_t *microseconds)
{
    bool west = s->n && s->p[0] == '-';
    int hours, minutes;

    *microseconds = 0;
    if (take_byte(s, 'Z'))
        return true;
    if ((!west && !take_byte(s, '+')) || (west && !take_byte(s, '-')) ||
        !take_digits(s, 2, &hours) || !take_byte(s, ':') || !take_digits(s, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *microseconds = (hours * 60 + minutes) * 60 * SECOND * (west ? -1 : 1);
    return true;
}

bool time_parse(str text, int64_t *microseconds)
{
    int64_t days, clock, zone;

    if (!take_date(&text, &days) || !take_byte(&text, 'T') || !take_clock(&text, &clock) ||
        !take_zone(&text, &zone) || text.n > 0)
        return false;
    *microseconds = days * DAY + clock - zone;
    return true;
}
