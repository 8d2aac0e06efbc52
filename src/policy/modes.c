/*
 * modes.c - the permission modes as a table. It knows nothing of rules or calls.
 */
#include "policy/modes.h"

#include "base/text.h"

struct mode_row {
    const char *word, *alias, *sandbox;
    enum decision decides[CALL_KINDS];
};

#define ALLOW DECIDE_ALLOW
#define ASK DECIDE_ASK
#define DENY DECIDE_DENY
static const struct mode_row rows[] = {
#define MODE(name, word_, alias_, sandbox_, ...) \
    [MODE_##name] = {.word = word_, .alias = alias_, .sandbox = sandbox_, .decides = {__VA_ARGS__}},
#include "policy/modes.def"
#undef MODE
};
enum { MODES = sizeof rows / sizeof *rows };

const char mode_words[] =
    "default, acceptEdits, plan, auto, dontAsk, bypassPermissions, read-only, "
    "workspace-write, danger-full-access";

enum decision mode_decides(enum permission_mode mode, enum call_kind kind)
{
    return rows[mode].decides[kind];
}

const char *mode_name(enum permission_mode mode) { return rows[mode].word; }

const char *mode_sandbox(enum permission_mode mode) { return rows[mode].sandbox; }

rein_status mode_parse(str name, enum permission_mode *out, struct error *err)
{
    const char *words[MODES];
    int nearest;

    for (int i = 0; i < MODES; i++) {
        words[i] = rows[i].word;
        if (str_eq(name, str_of(rows[i].word)) ||
            (rows[i].alias && str_eq(name, str_of(rows[i].alias)))) {
            *out = (enum permission_mode)i;
            return REIN_OK;
        }
    }
    nearest = nearest_word(name, words, MODES);
    if (nearest >= 0)
        return fail(err, REIN_INVALID, "no permission mode '%.*s'; did you mean '%s'?",
                    FS(str_take(name, 60)), words[nearest]);
    return fail(err, REIN_INVALID, "no permission mode '%.*s'; there are %s",
                FS(str_take(name, 40)), mode_words);
}
