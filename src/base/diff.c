/*
 * diff.c - the lines that differ between two texts, as a unified diff. Knows no files and no words.
 *
 * Myers' algorithm in linear space ("An O(ND) Difference Algorithm and Its Variations", 1986): from
 * both ends at once, the furthest points that so many edits reach on each diagonal; where the two
 * meet, the problem is cut in two. Lines that are equal at either end of a part are taken off
 * first. The result is a flag a line; hunks are made of the flags.
 */
#include "base/text.h"

#include <assert.h>

enum { EDITS_MAX = 20000, UNREACHED = -1 };

struct line {
    str text; /* with its line end */
    uint64_t hash;
};

struct side {
    struct line *lines;
    bool *changed;
    ptrdiff_t n;
};

/* A part of both texts: `n` lines of one from `a` on, `m` of the other from `b` on. */
struct part {
    ptrdiff_t a, n, b, m;
};

/* By diagonal (lines taken from the first text less those from the second) how many lines of the
 * first were taken at most, seen from the front and from the back. */
struct differ {
    struct side before, after;
    ptrdiff_t *front, *back; /* index 0 is the middle of the array */
    ptrdiff_t cost_max;
};

/* ---- lines ----------------------------------------------------------------------------------- */

static uint64_t hash_of(str text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    assert(text.p);
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static str next_line(str *text)
{
    size_t end = str_find(*text, '\n');
    str line = end == SIZE_MAX ? *text : str_take(*text, end + 1);

    *text = str_skip(*text, line.n);
    return line;
}

static void split(struct side *side, str text, struct arena *a)
{
    size_t n = 0;

    for (str rest = text; rest.n; n++)
        next_line(&rest);
    side->n = (ptrdiff_t)n;
    side->lines = arena_array(a, struct line, n);
    side->changed = arena_array(a, bool, n);
    for (size_t i = 0; i < n; i++) {
        str line = next_line(&text);

        side->lines[i] = (struct line){line, hash_of(line)};
    }
}

static bool is_same(const struct differ *d, ptrdiff_t a, ptrdiff_t b)
{
    const struct line *x = &d->before.lines[a], *y = &d->after.lines[b];

    return x->hash == y->hash && str_eq(x->text, y->text);
}

/* ---- Myers ----------------------------------------------------------------------------------- */

/* How far diagonal `k` comes with one edit more than its neighbours had: a line taken from the
 * first text (from the diagonal below) or from the second (from the one above), what is further. */
static ptrdiff_t reach(const ptrdiff_t *reached, ptrdiff_t k, const struct part *p)
{
    ptrdiff_t from_first = reached[k - 1], from_second = reached[k + 1];
    ptrdiff_t best = UNREACHED;

    if (from_first != UNREACHED && from_first < p->n)
        best = from_first + 1;
    if (from_second != UNREACHED && from_second - k <= p->m && from_second > best)
        best = from_second;
    return best;
}

static ptrdiff_t follow_front(const struct differ *d, const struct part *p, ptrdiff_t x,
                              ptrdiff_t k)
{
    while (x < p->n && x - k < p->m && is_same(d, p->a + x, p->b + x - k))
        x++;
    return x;
}

static ptrdiff_t follow_back(const struct differ *d, const struct part *p, ptrdiff_t x, ptrdiff_t k)
{
    while (x < p->n && x - k < p->m && is_same(d, p->a + p->n - 1 - x, p->b + p->m - 1 - (x - k)))
        x++;
    return x;
}

/* One edit more from one end, on all diagonals within the part. Where this meets the way from the
 * other end, on which `other_cost` edits were made, returns true and the place in *x and *y,
 * counted from this end. */
static bool advance(const struct differ *d, const struct part *p, bool is_front, ptrdiff_t cost,
                    ptrdiff_t other_cost, ptrdiff_t *x, ptrdiff_t *y)
{
    ptrdiff_t *reached = is_front ? d->front : d->back, *other = is_front ? d->back : d->front;
    ptrdiff_t low = cost <= p->m ? -cost : -p->m + ((cost - p->m) & 1);
    ptrdiff_t high = cost <= p->n ? cost : p->n - ((cost - p->n) & 1);

    /* Beyond the outermost diagonals there is nothing; at the part's border it stays so. */
    if (cost <= p->m)
        reached[low - 1] = UNREACHED;
    if (cost <= p->n)
        reached[high + 1] = UNREACHED;
    for (ptrdiff_t k = low; k <= high; k += 2) {
        ptrdiff_t at = cost == 0 ? 0 : reach(reached, k, p), facing = p->n - p->m - k;

        if (at != UNREACHED)
            at = is_front ? follow_front(d, p, at, k) : follow_back(d, p, at, k);
        reached[k] = at;
        if (at == UNREACHED || facing < -other_cost || facing > other_cost ||
            ((facing ^ other_cost) & 1) || facing < -p->m || facing > p->n)
            continue;
        if (other[facing] != UNREACHED && at + other[facing] >= p->n)
            return *x = at, *y = at - k, true;
    }
    return false;
}

/* Where to cut the part in two, in lines from its start; false when it is too far apart. */
static bool find_cut(const struct differ *d, const struct part *p, ptrdiff_t *x, ptrdiff_t *y)
{
    for (ptrdiff_t cost = 0; cost <= d->cost_max; cost++) {
        if (advance(d, p, true, cost, cost - 1, x, y))
            return true;
        if (advance(d, p, false, cost, cost, x, y)) {
            *x = p->n - *x, *y = p->m - *y;
            return true;
        }
    }
    return false;
}

static void trim(const struct differ *d, struct part *p)
{
    while (p->n > 0 && p->m > 0 && is_same(d, p->a, p->b))
        p->a++, p->n--, p->b++, p->m--;
    while (p->n > 0 && p->m > 0 && is_same(d, p->a + p->n - 1, p->b + p->m - 1))
        p->n--, p->m--;
}

/* Each cut halves the number of edits, so that this is never more than 16 deep. */
static void compare(const struct differ *d, struct part p)
{
    ptrdiff_t x, y;

    trim(d, &p);
    if (p.n > 0 && p.m > 0 && find_cut(d, &p, &x, &y)) {
        compare(d, (struct part){p.a, x, p.b, y});
        compare(d, (struct part){p.a + x, p.n - x, p.b + y, p.m - y});
        return;
    }
    memset(d->before.changed + p.a, true, (size_t)p.n);
    memset(d->after.changed + p.b, true, (size_t)p.m);
}

/* ---- hunks ----------------------------------------------------------------------------------- */

static bool is_changed(const struct side *side, ptrdiff_t i)
{
    return i < side->n && side->changed[i];
}

static void put_line(struct buf *out, char mark, str line)
{
    buf_byte(out, mark);
    buf_add(out, line);
    if (!str_ends(line, S("\n")))
        buf_add(out, S("\n\\ No newline at end of file\n"));
}

/* A range of no lines is named by the line before it. */
static void put_header(struct buf *out, const struct part *hunk)
{
    buf_printf(out, "@@ -%td,%td +%td,%td @@\n", hunk->a + (hunk->n > 0), hunk->n,
               hunk->b + (hunk->m > 0), hunk->m);
}

static void put_hunk(const struct differ *d, const struct part *hunk, struct buf *out)
{
    ptrdiff_t i = hunk->a, j = hunk->b;

    put_header(out, hunk);
    while (i < hunk->a + hunk->n || j < hunk->b + hunk->m) {
        if (is_changed(&d->before, i)) {
            put_line(out, '-', d->before.lines[i++].text);
        } else if (is_changed(&d->after, j)) {
            put_line(out, '+', d->after.lines[j++].text);
        } else {
            put_line(out, ' ', d->before.lines[i].text);
            i++, j++;
        }
    }
}

/* The hunk that begins with the change at *i and *j, which move behind it: changes with up to
 * twice the context between them are one. */
static struct part find_hunk(const struct differ *d, ptrdiff_t context, ptrdiff_t *i, ptrdiff_t *j)
{
    ptrdiff_t lead = *i < context ? *i : context, equal = 0;
    struct part hunk = {.a = *i - lead, .b = *j - lead};

    while (*i < d->before.n || *j < d->after.n) {
        if (is_changed(&d->before, *i)) {
            ++*i, equal = 0;
        } else if (is_changed(&d->after, *j)) {
            ++*j, equal = 0;
        } else {
            if (equal == 2 * context)
                break;
            ++*i, ++*j, equal++;
        }
    }
    ptrdiff_t surplus = equal > context ? equal - context : 0;

    hunk.n = *i - surplus - hunk.a;
    hunk.m = *j - surplus - hunk.b;
    return hunk;
}

static void put_hunks(const struct differ *d, ptrdiff_t context, struct buf *out)
{
    ptrdiff_t i = 0, j = 0;

    while (i < d->before.n || j < d->after.n) {
        if (!is_changed(&d->before, i) && !is_changed(&d->after, j)) {
            i++, j++;
            continue;
        }
        struct part hunk = find_hunk(d, context, &i, &j);

        put_hunk(d, &hunk, out);
    }
}

static size_t count_changed(const struct side *side)
{
    size_t n = 0;

    for (ptrdiff_t i = 0; i < side->n; i++)
        n += side->changed[i];
    return n;
}

void diff_unified(str before, str after, int context, struct buf *out, size_t *added,
                  size_t *removed)
{
    struct differ d = {0};
    struct arena a;

    arena_init(&a);
    split(&d.before, before, &a);
    split(&d.after, after, &a);
    d.cost_max = (d.before.n + d.after.n + 1) / 2;
    if (d.cost_max > EDITS_MAX / 2)
        d.cost_max = EDITS_MAX / 2;
    d.front = arena_array(&a, ptrdiff_t, 2 * d.cost_max + 5) + d.cost_max + 2;
    d.back = arena_array(&a, ptrdiff_t, 2 * d.cost_max + 5) + d.cost_max + 2;
    compare(&d, (struct part){0, d.before.n, 0, d.after.n});
    put_hunks(&d, context > 0 ? context : 0, out);
    if (added)
        *added = count_changed(&d.after);
    if (removed)
        *removed = count_changed(&d.before);
    arena_fini(&a);
}
