/*
 * gather.c - what a session takes from outside when it begins: settings, tools of this build,
 * instruction files, the machine. All of it is recorded before anything is decided by it; nothing
 * here is read again when the session goes on.
 */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/text.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "runtime/session.h"
#include "tool/tool.h"

/* ---- permission ------------------------------------------------------------------------------- */

static const char *const level_names[] = {
    [SANDBOX_READ_ONLY] = "read-only",
    [SANDBOX_WORKSPACE_WRITE] = "workspace-write",
    [SANDBOX_FULL_ACCESS] = "danger-full-access",
};

const char *level_name(enum sandbox_level level) { return level_names[level]; }

enum sandbox_level level_of(str name)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (str_eq(str_of(level_names[i]), name))
            return (enum sandbox_level)i;
    return SANDBOX_READ_ONLY;
}

/* A preset brings its level unless the caller named one. */
rein_status gather_level(const struct config *config, enum sandbox_level *out, struct error *err)
{
    const char *name = config_text(config, SETTING_SANDBOX);
    const char *preset;
    enum permission_mode mode;

    if (mode_parse(str_of(config_text(config, SETTING_PERMISSION_MODE)), &mode, err) != REIN_OK)
        return err->status;
    preset = mode_sandbox(mode);
    if (preset && config_is_default(config, SETTING_SANDBOX))
        name = preset;
    *out = level_of(str_of(name));
    return REIN_OK;
}

struct rules {
    struct json_writer *w;
    const char *list, *from;
};

static void write_rule(void *data, str rule)
{
    struct rules *r = data;

    json_object(r->w);
    json_put(r->w, "list", str_of(r->list));
    json_put(r->w, "rule", rule);
    json_put(r->w, "from", str_of(r->from));
    json_object_end(r->w);
}

static void write_rules(const struct config *config, enum setting setting, const char *list,
                        struct json_writer *w)
{
    size_t n;
    const struct config_value *values = config_list(config, setting, &n);

    for (size_t i = 0; i < n; i++) {
        struct rules r = {.w = w, .list = list, .from = values[i].origin};
        rule_split(str_of(values[i].text), write_rule, &r);
    }
}

rein_status gather_policy(struct session *s, bool can_ask, struct buf *out, struct error *err)
{
    const struct config *config = s->brain->config;
    enum sandbox_level level;
    enum permission_mode mode;
    struct json_writer w;

    if (gather_level(config, &level, err) != REIN_OK ||
        mode_parse(str_of(config_text(config, SETTING_PERMISSION_MODE)), &mode, err) != REIN_OK)
        return err->status;
    json_begin(&w, out);
    json_object(&w);
    json_put(&w, "mode", str_of(mode_name(mode)));
    json_put(&w, "sandbox", str_of(level_name(level)));
    json_put_bool(&w, "can_ask", can_ask);
    json_put(&w, "folder", str_of(s->folder));
    json_put(&w, "home", str_of(s->brain->paths.home));
    json_key(&w, "readable"); /* spilled results: the model is told their paths */
    json_array(&w);
    json_string(&w, arena_printf(&s->scratch, "%s/%s", s->brain->paths.results, s->uuid));
    json_array_end(&w);
    json_key(&w, "rules");
    json_array(&w);
    write_rules(config, SETTING_DISALLOWED_TOOLS, "deny", &w);
    write_rules(config, SETTING_ALLOWED_TOOLS, "allow", &w);
    json_array_end(&w);
    json_object_end(&w);
    return REIN_OK;
}

/* ---- setup ------------------------------------------------------------------------------------ */

static void write_model(const struct model *m, struct json_writer *w)
{
    const struct model_profile *p = m->profile;

    json_object(w);
    json_put(w, "name", m->name);
    json_put(w, "id", m->id);
    json_put(w, "provider", str_of(m->provider->name));
    json_put(w, "wire", str_of(m->wire->name));
    json_put_int(w, "max_tokens", p->default_output);
    json_put_int(w, "window", p->window);
    if (p->thinking)
        json_put_raw(w, "thinking", str_of(p->thinking));
    if (p->effort)
        json_put(w, "effort", str_of(p->effort));
    json_key(w, "prices");
    json_object(w);
    json_key(w, "input"), json_number(w, p->prices.input);
    json_key(w, "output"), json_number(w, p->prices.output);
    json_key(w, "cache_read"), json_number(w, p->prices.cache_read);
    json_key(w, "cache_write_5m"), json_number(w, p->prices.cache_write_5m);
    json_key(w, "cache_write_1h"), json_number(w, p->prices.cache_write_1h);
    json_put_int(w, "tier_above", p->prices.tier_above);
    json_key(w, "tier_factor"), json_number(w, p->prices.tier_factor);
    json_object_end(w);
    json_object_end(w);
}

static void write_sections(const struct config *config, struct json_writer *w)
{
    const char *own = config_text(config, SETTING_SYSTEM_PROMPT);

    json_array(w);
    if (own) {
        json_object(w);
        json_put(w, "name", S("own"));
        json_put(w, "text", str_of(own));
        json_put_bool(w, "boundary", true);
        json_object_end(w);
    } else {
        context_static_sections(w);
    }
    json_array_end(w);
}

static void write_tool(const struct tool *tool, struct json_writer *w)
{
    json_object(w);
    json_put(w, "name", str_of(tool->name));
    json_put(w, "description", str_trim(embedded_file(tool->prose)));
    json_key(w, "input_schema");
    field_schema(tool->args, w);
    json_object_end(w);
}

static void write_class(const struct tool *tool, struct json_writer *w)
{
    json_object(w);
    json_put(w, "name", str_of(tool->name));
    json_put_int(w, "flags", tool->flags);
    if (tool->subject)
        json_put(w, "subject", str_of(tool->subject));
    json_key(w, "aliases");
    json_array(w);
    for (const char *const *alias = tool->aliases; alias && *alias; alias++)
        json_string(w, str_of(*alias));
    json_array_end(w);
    json_object_end(w);
}

/* A tool that a rule refuses altogether is not offered; it is still known, so that a call of it is
 * refused by name. */
rein_status gather_setup(struct session *s, const struct policy *policy, struct buf *out,
                         struct error *err)
{
    struct json_writer w;

    (void)err;
    json_begin(&w, out);
    json_object(&w);
    json_key(&w, "model");
    write_model(&s->model, &w);
    json_key(&w, "sections");
    write_sections(s->brain->config, &w);
    json_key(&w, "tools");
    json_array(&w);
    for (const struct tool *const *tool = tools_all; *tool; tool++)
        if (!policy_hides(policy, str_of((*tool)->name)))
            write_tool(*tool, &w);
    json_array_end(&w);
    json_key(&w, "classes");
    json_array(&w);
    for (const struct tool *const *tool = tools_all; *tool; tool++)
        write_class(*tool, &w);
    json_array_end(&w);
    json_object_end(&w);
    return REIN_OK;
}

/* ---- context ---------------------------------------------------------------------------------- */

static void write_section(struct json_writer *w, const char *name, const char *path, str text)
{
    json_object(w);
    json_put(w, "name", str_of(name));
    if (path)
        json_put(w, "path", str_of(path));
    json_put(w, "text", text);
    json_object_end(w);
}

static void write_environment(struct session *s, struct json_writer *w)
{
    struct environment e = {
        .folder = str_of(s->folder), .shell = S("bash"), .sandbox = str_of(level_name(s->level))};
    char date[TIME_TEXT_SIZE], platform[256];
    struct utsname u;
    struct buf text;

    time_text(clock_wall(), date);
    e.date = str_take(str_of(date), 10);
    uname(&u);
    snprintf(platform, sizeof platform, "%s %s (%s)", u.sysname, u.release, u.machine);
    e.platform = str_of(platform);
    e.is_repository = access(arena_printf(&s->scratch, "%s/.git", s->folder).p, F_OK) == 0;
    buf_init(&text, BUF_NO_MAX);
    environment_render(&e, &text);
    write_section(w, "environment", NULL, buf_str(&text));
    buf_fini(&text);
}

#define INSTRUCTIONS_MAX (256u << 10)

/* One file of a folder, when it is there; a file that can't be read is left out: instructions are
 * help, not a condition. */
static bool write_instructions(struct session *s, str folder, const char *name, bool own,
                               struct json_writer *w)
{
    const char *path =
        arena_printf(&s->scratch, "%.*s%s%s", FS(folder), str_eq(folder, S("/")) ? "" : "/", name)
            .p;
    struct buf bytes, text;
    bool found;

    buf_init(&bytes, INSTRUCTIONS_MAX);
    found = file_read(path, &bytes, NULL) == REIN_OK && str_trim(buf_str(&bytes)).n > 0;
    if (found) {
        buf_init(&text, BUF_NO_MAX);
        instructions_render(str_of(path), own ? S("working directory") : S("parent folder"),
                            buf_str(&bytes), &text);
        write_section(w, "instructions", path, buf_str(&text));
        buf_fini(&text);
    }
    buf_fini(&bytes);
    return found;
}

/* From the root down to the folder, so that the nearest word comes last. CLAUDE.md, else AGENTS.md
 * beside it. */
static void write_all_instructions(struct session *s, struct json_writer *w)
{
    str folder = str_of(s->folder);

    for (size_t i = 1; i <= folder.n; i++) {
        bool own = i == folder.n;
        str at = str_take(folder, i);

        if (i != 1 && !own && folder.p[i] != '/')
            continue;
        if (!write_instructions(s, at, "CLAUDE.md", own, w))
            write_instructions(s, at, "AGENTS.md", own, w);
    }
}

rein_status gather_context(struct session *s, struct buf *out, struct error *err)
{
    const char *added = config_text(s->brain->config, SETTING_APPEND_SYSTEM_PROMPT);
    struct json_writer w;

    (void)err;
    json_begin(&w, out);
    json_object(&w);
    json_key(&w, "sections");
    json_array(&w);
    if (added)
        write_section(&w, "added", NULL, str_of(added));
    write_environment(s, &w);
    write_all_instructions(s, &w);
    json_array_end(&w);
    json_object_end(&w);
    return REIN_OK;
}
