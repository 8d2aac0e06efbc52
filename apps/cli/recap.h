/* recap.h - what a session said last, for somebody who comes back to it. */
#ifndef CLI_RECAP_H
#define CLI_RECAP_H

#include <rein.h>

#include "tui/render.h"

/* Draw the session's last turn from its log, the prompt included; nothing when there is none. The
 * number of the last event that was drawn goes to `*seq`: a listener hears those behind it. */
rein_status recap(rein_session *s, struct render *render, uint64_t *seq, rein_error *err);

#endif
