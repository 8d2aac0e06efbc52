/*
 * stale.c - the check before a change. It looks at bytes, not at times: a file that was only touched
 * is still the one that was read.
 */
#include "tool/stale.h"

rein_status stale_read(struct tool_run *run, const struct place *place, struct buf *out,
                       struct digest *sha, struct error *err)
{
    const struct file_known *known = &run->known;
    str shown = str_take(place_shown(run, place->path), 120);
    rein_status status;

    if (!known->known)
        return fail(err, REIN_CONFLICT,
                    "%.*s exists and was not read in this session: Read it "
                    "first, so that nothing unknown is lost",
                    FS(shown));
    status = place_read(place, out, err);
    if (status != REIN_OK)
        return status;
    *sha = sha256_of(buf_str(out));
    if (digest_eq(*sha, known->sha))
        return REIN_OK;
    return fail(err, REIN_CONFLICT,
                "%.*s has changed since it was read (%lld bytes then, %zu now): "
                "Read it again, then repeat the change on what is there",
                FS(shown), (long long)known->size, out->n);
}

void stale_note_links(struct tool_run *run, const struct target *target)
{
    unsigned long n = target->exists ? (unsigned long)target->now.st.st_nlink : 1;

    if (n > 1)
        buf_printf(&run->result.text,
                   "\nNote: the file had %lu names (hard links); the others keep "
                   "the old content.",
                   n);
}
