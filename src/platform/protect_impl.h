/*
 * protect_impl.h - what the files of protect.h share: the rules, and a scan while it goes on.
 */
#ifndef PLATFORM_PROTECT_IMPL_H
#define PLATFORM_PROTECT_IMPL_H

#include "platform/protect.h"

enum protect_need {
    DEEP = 1,  /* protected wherever it stands, not at the root alone */
    PLACE = 2, /* a placeholder where it is missing */
    HOME = 4,  /* a placeholder only where the folder is the user's home */
    FOLDER = 8 /* the placeholder is a folder */
};

/* A row with a NULL name ends them. */
struct protect_rule {
    const char *name;  /* lower case; '*' at the end: any that begin so */
    const char *place; /* the name to hold where none is there */
    unsigned need;     /* enum protect_need */
};
extern const struct protect_rule protect_rules[];
/* The rule for a name of a folder, or NULL. */
const struct protect_rule *protect_rule_of(const char *name);

struct scan {
    struct protect *p;
    const struct protect *before;
    const char *root, *home;
};

/* Note a name. Where it is missing, `place` says what is to hold it, or that nothing can. */
void protect_note(struct scan *s, const char *path, enum plan_kind place);
const char *protect_join(struct scan *s, const char *folder, const char *name);

/* A folder in which git keeps a repository; a `.git` of whatever kind in `folder`. */
void protect_git_folder(struct scan *s, const char *folder);
void protect_git(struct scan *s, const char *folder, const char *name);

#endif
