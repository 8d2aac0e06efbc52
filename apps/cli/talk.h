/* talk.h - a conversation on a terminal: what talk.c and talk_words.c share. */
#ifndef CLI_TALK_H
#define CLI_TALK_H

#include "cli/run.h"
#include "tui/render.h"

struct talk {
    const rein_config *config;
    rein *r;
    rein_session *s;
    struct render *render;
    uint64_t recalled; /* events up to this one stood on the screen before */
    struct buf said;   /* lines of a message that goes on */
    bool pasting;      /* they come at once */
    char answered[37]; /* the question that was answered last: its event is under way */
    bool leaving;
    int turns;
};

/* Above the status line, which is drawn anew. */
void talk_show(struct talk *t, const struct buf *bytes);

/* Model, folder, what is asked and what is possible. */
void talk_banner(struct talk *t, struct buf *out);

/* Whether the line was a word such as /help; then it was done. A path is none: it has a second slash
 * or a blank. */
bool talk_word(struct talk *t, const char *line);

#endif
