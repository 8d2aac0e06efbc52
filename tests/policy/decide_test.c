/* decide_test.c - the decision: mode by call by rule, who can answer, and what stands in the reason. */
#include "policy_help.h"

static struct verdict decide_once(const char *mode, const char *sandbox, bool can_ask,
                                  const char *rules, const char *tool, const char *subject)
{
    static struct verdict verdict;
    struct arena a;

    arena_init(&a);
    verdict = decide(policy_make(&a, mode, sandbox, can_ask, rules), tool, subject);
    arena_fini(&a);
    return verdict;
}

/* A row a mode; a column a call. */
static void S085_every_mode_and_kind_of_call(void **state)
{
    static const struct {
        const char *tool, *subject;
    } calls[] = {
        {"Read", "/w/a.c"},
        {"Read", "a.c"},
        {"Read", "/etc/hosts"},
        {"Grep", ""},
        {"Glob", "/usr/include"},
        {"Read", "/results/1/x.txt"},
        {"Edit", "/w/a.c"},
        {"Write", "new/b.c"},
        {"Edit", "/w/.git/config"},
        {"Write", "/w/sub/.MCP.json"},
        {"Edit", "/etc/hosts"},
        {"Bash", "make test"},
        {"Bash", "rm -rf /"},
        {"TodoWrite", ""},
        {"Other", "x"},
    };
    static const struct {
        const char *mode, *sandbox, *expected;
    } rows[] = {
        {"default", "workspace-write", "AAKAKAKKKKDKKAK"},
        {"manual", "workspace-write", "AAKAKAKKKKDKKAK"},
        {"acceptEdits", "workspace-write", "AAKAKAAAKKDKKAK"},
        {"plan", "workspace-write", "AAKAKADDDDDDDAD"},
        {"auto", "workspace-write", "AAKAKAKKKKDKKAK"},
        {"dontAsk", "workspace-write", "AADADADDDDDDDAD"},
        {"bypassPermissions", "workspace-write", "AAAAAAAAAADAKAA"},
        {"read-only", "read-only", "AAAAAADDDDDDDAD"},
        {"workspace-write", "workspace-write", "AAAAAAAAKKDAKAK"},
        {"sandbox-auto", "workspace-write", "AAAAAAAAKKDAKAK"},
        {"danger-full-access", "danger-full-access", "AAAAAAAAAAAAKAA"},
        {"default", "danger-full-access", "AAKAKAKKKKKKKAK"},
        {"acceptEdits", "read-only", "AAKAKADDDDDKKAK"},
        {"bypassPermissions", "danger-full-access", "AAAAAAAAAAAAKAA"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof calls / sizeof *calls; j++) {
            struct verdict v = decide_once(rows[i].mode, rows[i].sandbox, true, "", calls[j].tool,
                                           calls[j].subject);
            if (decision_letter(v.decision) != rows[i].expected[j])
                test_fail("%s, %s: %s(%s) is %c, not %c: %s", rows[i].mode, rows[i].sandbox,
                          calls[j].tool, calls[j].subject, decision_letter(v.decision),
                          rows[i].expected[j], v.reason);
            assert_true(v.reason[0] != 0);
        }
}

static void S095_three_modes_in_and_out(void **state)
{
    static const struct {
        const char *mode, *expected; /* read in, read out, write in, write out, exec */
    } rows[] = {
        {"read-only", "AADDD"},
        {"workspace-write", "AAADA"},
        {"danger-full-access", "AAAAA"},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *mode = rows[i].mode;
        const struct {
            const char *tool, *subject;
        } calls[] = {{"Read", "/w/x"},
                     {"Read", "/etc/passwd"},
                     {"Write", "/w/x"},
                     {"Write", "/srv/x"},
                     {"Bash", "ls && id"}};
        for (size_t j = 0; j < 5; j++) { /* headless: nothing is asked in these */
            struct verdict v = decide_once(mode, mode, false, "", calls[j].tool, calls[j].subject);
            if (decision_letter(v.decision) != rows[i].expected[j])
                test_fail("%s: %s(%s): %s", mode, calls[j].tool, calls[j].subject, v.reason);
        }
    }
}

static void S098_deny_then_ask_then_allow(void **state)
{
    static const struct {
        const char *rules, *tool, *subject;
        char expected;
        const char *rule;
    } rows[] = {
        {"allow Bash(make *)", "Bash", "make test", 'A', "Bash(make *)"},
        {"allow Bash(make *)", "Bash", "make", 'A', "Bash(make *)"},
        {"allow Bash(make *)", "Bash", "makefoo", 'K', ""},
        {"ask Bash(make *)\nallow Bash(make *)", "Bash", "make test", 'K', "Bash(make *)"},
        {"allow Bash(make test)\nask Bash(make *)", "Bash", "make test", 'K', "Bash(make *)"},
        {"allow Bash(make test)\ndeny Bash(make *)", "Bash", "make test", 'D', "Bash(make *)"},
        {"ask Bash\ndeny Bash(rm *)", "Bash", "rm x", 'D', "Bash(rm *)"},
        {"deny Bash", "Bash", "ls", 'D', "Bash"},
        {"deny Bash(*)", "Bash", "ls", 'D', "Bash(*)"},
        {"deny B*", "Bash", "ls", 'D', "B*"},
        {"allow Read", "Read", "/etc/hosts", 'A', "Read"},
        {"allow Read(//etc/**)", "Read", "/etc/hosts", 'A', "Read(//etc/**)"},
        {"allow Read(//etc/**)", "Read", "/etc/../srv/x", 'K', ""},
        {"allow Read(~/notes/**)", "Read", "/home/u/notes/a/b", 'A', "Read(~/notes/**)"},
        {"deny Read(.env)", "Read", "/w/.env", 'D', "Read(.env)"},
        {"deny Read(.env)", "Read", "/w/sub/.env", 'D', "Read(.env)"},
        {"deny Read(./.env)", "Read", "/w/./sub/../.env", 'D', "Read(./.env)"},
        {"deny Read(./.env)", "Read", "/w/sub/.env", 'A', ""},
        {"deny Read(./.env)", "Edit", "/w/.env", 'D', "Read(./.env)"},
        {"deny Read(secrets)", "Grep", "secrets/deep/er", 'D', "Read(secrets)"},
        {"deny Edit(/src/**)", "Write", "/w/src/a/b.c", 'D', "Edit(/src/**)"},
        {"deny Edit(/src/**)", "Read", "/w/src/a/b.c", 'A', ""},
        {"allow Edit(/src/**)", "Write", "/w/src/a/b.c", 'A', "Edit(/src/**)"},
        {"allow Edit(/src/**)", "Edit", "/w/lib/b.c", 'K', ""},
        {"allow Edit(src/**)", "Edit", "/w/lib/src/b.c", 'K', ""},
        {"allow Edit(*.md)", "Edit", "/w/README.md", 'A', "Edit(*.md)"},
        {"allow Edit(*.md)", "Edit", "/w/sub/README.md", 'K', ""},
        {"allow Edit", "Edit", "/w/.git/hooks/x", 'K', ""},
        {"allow Edit(/.git/**)", "Edit", "/w/.git/hooks/x", 'K', ""},
        {"allow Write", "Write", "/w/x", 'A', "Write"},
        {"allow Write", "Edit", "/w/x", 'K', ""},
        {"allow mcp__db", "mcp__db__query", "", 'A', "mcp__db"},
        {"allow mcp__db", "mcp__dbx__query", "", 'K', ""},
        {"allow mcp__db__*", "mcp__db__query", "", 'A', "mcp__db__*"},
        {"deny mcp__", "mcp__any__tool", "", 'D', "mcp__"},
        {"deny mcp__*", "mcp__any__tool", "", 'D', "mcp__*"},
        {"allow WebFetch(domain:a.com)", "WebFetch", "domain:a.com", 'A', "WebFetch(domain:a.com)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct verdict v;

        arena_init(&a);
        v = decide(policy_make(&a, "default", "workspace-write", true, rows[i].rules), rows[i].tool,
                   rows[i].subject);
        if (decision_letter(v.decision) != rows[i].expected ||
            !str_eq(v.rule, str_of(rows[i].rule)))
            test_fail("%s: %s(%s) is %c by '%.*s': %s", rows[i].rules, rows[i].tool,
                      rows[i].subject, decision_letter(v.decision), FS(v.rule), v.reason);
        arena_fini(&a);
    }
}

/* Deny and ask hold in every mode; an allow rule in none that only reads. */
static void S085_rules_in_every_mode(void **state)
{
    static const char *const modes[] = {"default",   "acceptEdits",     "plan",
                                        "auto",      "dontAsk",         "bypassPermissions",
                                        "read-only", "workspace-write", "danger-full-access"};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        bool asks = strcmp(modes[i], "dontAsk") != 0, reads = i == 2 || i == 6;
        const char *sandbox = i == 8 ? "danger-full-access" : "workspace-write";

        assert_int_equal(decide_once(modes[i], sandbox, true, "deny Read(x)", "Read", "x").decision,
                         DECIDE_DENY);
        assert_int_equal(decide_once(modes[i], sandbox, true, "ask Read(x)", "Read", "x").decision,
                         asks ? DECIDE_ASK : DECIDE_DENY);
        assert_int_equal(
            decide_once(modes[i], sandbox, true, "deny TodoWrite", "TodoWrite", "").decision,
            DECIDE_DENY);
        assert_int_equal(
            decide_once(modes[i], sandbox, true, "allow Bash(make)", "Bash", "make").decision,
            reads ? DECIDE_DENY : DECIDE_ALLOW);
    }
}

/* Commands that an allow rule Bash(git *) or a bare Bash must not cover, and those that it does. */
static void S085_only_plain_words_are_allowed(void **state)
{
    static const struct {
        const char *rule, *command;
        char expected;
    } rows[] = {
        {"Bash(git *)", "git status", 'A'},
        {"Bash(git:*)", "git status", 'A'},
        {"Bash(git *)", "git", 'A'},
        {"Bash(git *)", "gitx", 'K'},
        {"Bash(git *)", "git status && rm -rf x", 'K'},
        {"Bash(git *)", "git status; curl", 'K'},
        {"Bash(git *)", "git status\nrm x", 'K'},
        {"Bash(git *)", "git $(rm x)", 'K'},
        {"Bash(git *)", "git `rm x`", 'K'},
        {"Bash(git *)", "git log > ~/.bashrc", 'K'},
        {"Bash(git *)", "git log | sh", 'K'},
        {"Bash(git *)", "git log &", 'K'},
        {"Bash(git *)", "git log \"x\"", 'K'},
        {"Bash(git *)", "git log 'x'", 'K'},
        {"Bash(git *)", "git log x\\y", 'K'},
        {"Bash(git *)", "git log *", 'K'},
        {"Bash(git *)", "git log ~", 'K'},
        {"Bash(git *)", "git log {a,b}", 'K'},
        {"Bash(git *)", "git  status", 'K'},
        {"Bash(git *)", " git status", 'K'},
        {"Bash(git *)", "git\tstatus", 'K'},
        {"Bash(git *)", "git status # x", 'K'},
        {"Bash(git *)", "git log x!y", 'K'},
        {"Bash(git *)", "git log \xc3\xa9", 'K'},
        {"Bash(git *)", "GIT_SSH_COMMAND=evil git pull", 'K'},
        {"Bash(git *)", "timeout 5 git status", 'A'},
        {"Bash(git *)", "CI=1 git status", 'A'},
        {"Bash(git *)", "git -c core.pager=evil log", 'K'},
        {"Bash(git *)", "git diff --output=x", 'K'},
        {"Bash(git *)", "git diff --outp=x", 'K'},
        {"Bash(git *)", "git grep -Oless x", 'K'},
        {"Bash(git diff --output=x)", "git diff --output=x", 'A'},
        {"Bash(find *)", "find . -name x", 'A'},
        {"Bash(find *)", "find . -delete", 'K'},
        {"Bash(find *)", "find . -exec rm x +", 'K'},
        {"Bash(sort *)", "sort -uo x y", 'K'},
        {"Bash(rg *)", "rg --pre evil x", 'K'},
        {"Bash(go *)", "go test -exec evil", 'K'},
        {"Bash(go *)", "go test --exec=evil", 'K'},
        {"Bash(go *)", "go test ./x", 'A'},
        {"Bash(tar *)", "tar tf x", 'K'},
        {"Bash(env *)", "env X=1 evil", 'K'},
        {"Bash(bash *)", "bash x", 'K'},
        {"Bash(bash x)", "bash x", 'A'},
        {"Bash(*)", "make", 'A'},
        {"Bash", "make -j2 test", 'A'},
        {"Bash", "sudo make", 'A'},
        {"Bash", "X=1 sed -i s/a/b/ x", 'A'},
        {"Bash(*)\ndeny Bash(rm *)", "sudo make", 'K'},
        {"Bash(*)\nask Bash(rm *)", "timeout 5 sudo make", 'K'},
        {"Bash\ndeny Bash(rm *)", "X=1 make", 'K'},
        {"Bash\ndeny Bash(rm *)", "CI=1 make", 'A'},
        {"Bash", "make; x", 'K'},
        {"Bash(timeout *)", "timeout 5 rm x", 'K'},
        {"Bash(rm *)", "rm x", 'A'},
        {"Bash(rm *)", "rm -rf /", 'K'},
        {"Bash(rm -rf .)", "rm -rf .", 'K'},
        {"Bash(* --version)", "node --version", 'A'},
        {"Bash(* --version)", "node --versions", 'K'},
        {"Bash(npm run test*)", "npm run test:unit", 'A'},
        {"Bash(ls*)", "lsof", 'A'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct verdict v;

        arena_init(&a);
        v = decide(policy_make(&a, "default", "workspace-write", true,
                               (const char *)arena_printf(&a, "allow %s", rows[i].rule).p),
                   "Bash", rows[i].command);
        if (decision_letter(v.decision) != rows[i].expected)
            test_fail("%s: '%s' is %c: %s", rows[i].rule, rows[i].command,
                      decision_letter(v.decision), v.reason);
        arena_fini(&a);
    }
}

/* The ways to hide a command from a deny rule; sandbox-auto allows what is not denied. */
static void S098_deny_finds_hidden_commands(void **state)
{
    static const struct {
        const char *rule, *command;
        char expected;
    } rows[] = {
        {"Bash(rm *)", "rm x", 'D'},
        {"Bash(rm *)", "cd x && rm -r y", 'D'},
        {"Bash(rm *)", "true;rm y", 'D'},
        {"Bash(rm *)", "true|rm y", 'D'},
        {"Bash(rm *)", "true&rm y", 'D'},
        {"Bash(rm *)", "true\nrm y", 'D'},
        {"Bash(rm *)", "env X=1 rm y", 'D'},
        {"Bash(rm *)", "X=1 Y='a b' rm y", 'D'},
        {"Bash(rm *)", "xargs rm", 'D'},
        {"Bash(rm *)", "ls | xargs -n 1 rm -f", 'D'},
        {"Bash(rm *)", "/bin/rm y", 'D'},
        {"Bash(rm *)", "../../bin/rm y", 'D'},
        {"Bash(rm *)", "\\rm y", 'D'},
        {"Bash(rm *)", "r\\m y", 'D'},
        {"Bash(rm *)", "r''m y", 'D'},
        {"Bash(rm *)", "\"rm\" y", 'D'},
        {"Bash(rm *)", "r\\\nm y", 'D'},
        {"Bash(rm *)", "bash -c 'rm y'", 'D'},
        {"Bash(rm *)", "sh -c \"true; rm y\"", 'D'},
        {"Bash(rm *)", "eval rm y", 'D'},
        {"Bash(rm *)", "eval 'rm y'", 'D'},
        {"Bash(rm *)", "$(rm y)", 'D'},
        {"Bash(rm *)", "echo $(true; rm y)", 'D'},
        {"Bash(rm *)", "echo `rm y`", 'D'},
        {"Bash(rm *)", "echo \"$(rm y)\"", 'D'},
        {"Bash(rm *)", "cat <(rm y)", 'D'},
        {"Bash(rm *)", "(rm y)", 'D'},
        {"Bash(rm *)", "{ rm y; }", 'D'},
        {"Bash(rm *)", "if true; then rm y; fi", 'D'},
        {"Bash(rm *)", "for i in 1; do rm y; done", 'D'},
        {"Bash(rm *)", "f() { rm y; }; f", 'D'},
        {"Bash(rm *)", "! rm y", 'D'},
        {"Bash(rm *)", "time -p rm y", 'D'},
        {"Bash(rm *)", "timeout -s KILL 5 rm y", 'D'},
        {"Bash(rm *)", "nohup nice -n 5 rm y", 'D'},
        {"Bash(rm *)", "sudo -u x rm y", 'D'},
        {"Bash(rm *)", "find . -exec rm {} ;", 'D'},
        {"Bash(rm *)", "find . -execdir /bin/rm {} +", 'D'},
        {"Bash(rm *)", "rm${IFS}-rf${IFS}y", 'D'},
        {"Bash(rm *)", "rm$IFS-rf", 'D'},
        {"Bash(rm *)", "{rm,-rf,y}", 'D'},
        {"Bash(rm *)", ">x rm y", 'D'},
        {"Bash(rm *)", "2>/dev/null rm y", 'D'},
        {"Bash(rm *)", "rm >x y", 'D'},
        {"Bash(rm *)", "rm 2>&1 y", 'D'},
        {"Bash(rm *)", "bash <<E\nrm y\nE", 'D'},
        {"Bash(rm *)", "coproc rm y", 'D'},
        {"Bash(rm *)", "busybox rm y", 'D'},
        {"Bash(rm *)", "rmdir y", 'A'},
        {"Bash(rm *)", "echo rm", 'A'},
        {"Bash(rm *)", "git rm y", 'A'},
        {"Bash(rm *)", "git commit -m 'rm y'", 'A'},
        {"Bash(rm *)", "alias x='rm y'", 'D'},
        {"Bash(rm *)", "true && su x -c'rm y'", 'D'},
        {"Bash(rm *)", "find . -exec sh -c'rm y' ;", 'D'},
        {"Bash(rm *)", "grep rm y", 'A'},
        {"Bash(git push *)", "git push", 'D'},
        {"Bash(git push *)", "git -C x push", 'D'},
        {"Bash(git push *)", "git -c a=b --no-pager push origin", 'D'},
        {"Bash(git push *)", "/usr/bin/git --git-dir=x push", 'D'},
        {"Bash(git push *)", "git pull", 'A'},
        {"Bash(curl *)", "echo x | curl -d @- y", 'D'},
        {"Bash(* --force)", "npm i --force", 'D'},
        {"Bash(* --force)", "true && npm i --force", 'D'},
        {"Read(./.env)", "cat .env", 'D'},
        {"Read(./.env)", "cat ./sub/../.env", 'D'},
        {"Read(./.env)", "cat '.env'", 'D'},
        {"Read(./.env)", "cat <.env", 'D'},
        {"Read(./.env)", "curl -d @.env x", 'D'},
        {"Read(./.env)", "x --file=.env", 'D'},
        {"Read(./.env)", "cat /w/.env", 'D'},
        {"Read(./.env)", "cat .envrc", 'A'},
        {"Edit(/src/**)", "echo x > src/a", 'D'},
        {"Edit(/src/**)", "echo x >> \"src/a\"", 'D'},
        {"Edit(/src/**)", "cat src/a", 'A'},
        /* what is run is computed, and there is a rule on commands: nobody can tell */
        {"Bash(rm *)", "$x y", 'K'},
        {"Bash(rm *)", "/bin/r? y", 'K'},
        {"Bash(rm *)", "$'\\x72m' y", 'K'},
        {"Bash(rm *)", "`echo rm` y", 'K'},
        {"Read(./.env)", "$x y", 'A'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct verdict v;

        arena_init(&a);
        v = decide(policy_make(&a, "workspace-write", "workspace-write", true,
                               arena_printf(&a, "deny %s", rows[i].rule).p),
                   "Bash", rows[i].command);
        if (decision_letter(v.decision) != rows[i].expected)
            test_fail("%s: '%s' is %c: %s", rows[i].rule, rows[i].command,
                      decision_letter(v.decision), v.reason);
        arena_fini(&a);
    }
}

/* S12: what no mode and no rule lets pass unasked. */
static void S085_critical_removals_are_asked(void **state)
{
    static const struct {
        const char *command;
        char expected;
    } rows[] = {
        {"rm -rf /", 'K'},
        {"rm -rf /*", 'K'},
        {"rm -rf //", 'K'},
        {"rm -rf /.", 'K'},
        {"rm -rf /etc", 'K'},
        {"rm -rf /etc/", 'K'},
        {"rm -rf /etc/*", 'K'},
        {"rm -rf /usr/..", 'K'},
        {"rm -rf ~", 'K'},
        {"rm -rf ~/", 'K'},
        {"rm -rf ~/*", 'K'},
        {"rm -rf ~root", 'K'},
        {"rm -rf $HOME", 'K'},
        {"rm -rf \"$HOME\"", 'K'},
        {"rm -rf ${HOME}/", 'K'},
        {"rm -rf /home/u", 'K'},
        {"rm -rf /home", 'K'},
        {"rm -rf .", 'K'},
        {"rm -rf ./", 'K'},
        {"rm -rf ..", 'K'},
        {"rm -rf *", 'K'},
        {"rm -rf ./*", 'K'},
        {"rm -rf .*", 'K'},
        {"rm -rf /w", 'K'},
        {"rm -rf /w/*", 'K'},
        {"rm -rf \"/w/\"", 'K'},
        {"rm -rf $PWD", 'K'},
        {"rm -rf x/..", 'K'},
        {"rm -rf -- /", 'K'},
        {"rm x /", 'K'},
        {"rmdir /", 'K'},
        {"/bin/rm -rf /", 'K'},
        {"sudo rm -rf /", 'K'},
        {"cd /; rm -rf *", 'K'},
        {"bash -c 'rm -rf /'", 'K'},
        {"true && rm -rf ~", 'K'},
        {"find x | xargs rm -rf /", 'K'},
        {"rm -rf build", 'A'},
        {"rm -rf /w/build", 'A'},
        {"rm -rf build/*", 'A'},
        {"rm *.o", 'A'},
        {"rm -rf /tmp/x", 'A'},
        {"rm -rf ~/x/build", 'A'},
        {"ls /", 'A'},
        {"echo rm -rf", 'A'},
    };
    static const char *const modes[] = {"bypassPermissions", "workspace-write"};

    (void)state;
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct verdict v =
                decide_once(modes[m], "workspace-write", true, "allow Bash\nallow Bash(rm -rf /)",
                            "Bash", rows[i].command);
            if (decision_letter(v.decision) != rows[i].expected)
                test_fail("%s: '%s' is %c: %s", modes[m], rows[i].command,
                          decision_letter(v.decision), v.reason);
        }
    assert_int_equal(decide_once("dontAsk", NULL, true, "allow Bash", "Bash", "rm -rf /").decision,
                     DECIDE_DENY);
    assert_int_equal(decide_once("bypassPermissions", NULL, false, "", "Bash", "rm -rf /").decision,
                     DECIDE_DENY);
}

static void S085_unreadable_commands_are_asked(void **state)
{
    static char longer[140000];
    struct verdict v;

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[10000] = 0;
    assert_int_equal(decide_once("workspace-write", NULL, true, "", "Bash", longer).decision,
                     DECIDE_ALLOW);
    longer[10000] = 'x';
    longer[10001] = 0;
    assert_int_equal(decide_once("workspace-write", NULL, true, "", "Bash", longer).decision,
                     DECIDE_ASK);
    assert_int_equal(decide_once("bypassPermissions", NULL, true, "", "Bash", longer).decision,
                     DECIDE_ALLOW);
    longer[10001] = 'x';
    v = decide_once("bypassPermissions", NULL, true, "", "Bash", longer);
    assert_int_equal(v.decision, DECIDE_ASK); /* too long to be looked through for removals */
    v = decide_once("bypassPermissions", NULL, true, "deny Bash(rm *)", "Bash", longer);
    assert_int_equal(v.decision, DECIDE_DENY);
    for (size_t i = 0; i < 4; i++) {
        static const char *const hidden[] = {"ls \x1b[8m", "ls \xe2\x80\xae", "ls\r", "ls \xff"};
        assert_int_equal(decide_once("workspace-write", NULL, true, "", "Bash", hidden[i]).decision,
                         DECIDE_ASK);
    }
}

static void S085_headless_names_the_flag(void **state)
{
    static const struct {
        const char *tool, *subject, *hint;
    } rows[] = {
        {"Bash", "make test", "--allowedTools \"Bash(make *)\""},
        {"Bash", "CI=1 npm test", "--allowedTools \"Bash(npm *)\""},
        {"Bash", "bash x", "--allowedTools \"Bash(bash x)\""},
        {"Bash", "make && x", "--permission-mode workspace-write"},
        {"Edit", "/w/x", "--permission-mode acceptEdits"},
        {"Edit", "/w/.git/x", "--permission-mode bypassPermissions"},
        {"Read", "/etc/hosts", "--allowedTools \"Read(//etc/**)\""},
        {"Other", "", "--allowedTools \"Other\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v =
            decide_once("default", "workspace-write", false, "", rows[i].tool, rows[i].subject);
        assert_int_equal(v.decision, DECIDE_DENY);
        if (!strstr(v.reason, rows[i].hint))
            test_fail("%s(%s): '%s' does not name '%s'", rows[i].tool, rows[i].subject, v.reason,
                      rows[i].hint);
    }
}

/* What the hint says is what helps. */
static void S085_the_hint_would_have_helped(void **state)
{
    (void)state;
    assert_int_equal(
        decide_once("default", "workspace-write", false, "allow Bash(make *)", "Bash", "make test")
            .decision,
        DECIDE_ALLOW);
    assert_int_equal(decide_once("default", "workspace-write", false, "allow Read(//etc/**)",
                                 "Read", "/etc/hosts")
                         .decision,
                     DECIDE_ALLOW);
    assert_int_equal(
        decide_once("acceptEdits", "workspace-write", false, "", "Edit", "/w/x").decision,
        DECIDE_ALLOW);
    assert_int_equal(
        decide_once("workspace-write", "workspace-write", false, "", "Bash", "make && x").decision,
        DECIDE_ALLOW);
}

static str always(const struct policy *policy, struct arena *a, const char *tool,
                  const char *subject)
{
    struct policy_call call = {.tool = str_of(tool),
                               .flags = flags_of(str_of(tool)),
                               .subject = str_of(subject),
                               .sandboxed = true};

    return policy_always(policy, &call, a);
}

/* "Always" makes a rule that then allows this call, and nothing where no rule could. */
static void S098_always_makes_a_rule(void **state)
{
    static const struct {
        const char *tool, *subject, *rule;
    } rows[] = {
        {"Bash", "make test", "Bash(make test)"},
        {"Bash", "make && x", ""},
        {"Bash", "rm -rf /", ""},
        {"Edit", "/w/a.c", "Edit(/**)"},
        {"Edit", "/w/.git/x", ""},
        {"Read", "/etc/hosts", "Read(//etc/**)"},
        {"Read", "/x", "Read(//x)"},
        {"Read", "/a[b]*/c", "Read(//a\\[b\\]\\*/**)"},
        {"Other", "", "Other"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct policy *p;
        str rule;
        struct error err;

        arena_init(&a);
        p = policy_make(&a, "default", NULL, true, "");
        rule = always(p, &a, rows[i].tool, rows[i].subject);
        if (!str_eq(rule, str_of(rows[i].rule)))
            test_fail("%s(%s): '%.*s'", rows[i].tool, rows[i].subject, FS(rule));
        assert_int_equal(decide(p, rows[i].tool, rows[i].subject).decision, DECIDE_ASK);
        if (rule.n) {
            assert_ok(policy_add(p, rule, &a, &err), err);
            assert_int_equal(decide(p, rows[i].tool, rows[i].subject).decision, DECIDE_ALLOW);
        }
        arena_fini(&a);
    }
}

static void forbids_looks_at_deny_and_ask(void **state)
{
    struct arena a;
    const struct policy *p;

    (void)state;
    arena_init(&a);
    p = policy_make(&a, "default", NULL, true, "deny Read(.env)\nask Edit(/gen/**)\nallow Read");
    assert_true(policy_forbids(p, false, S("/w/x/.env")));
    assert_true(policy_forbids(p, true, S("/w/x/.env")));
    assert_true(policy_forbids(p, true, S("/w/gen/x")));
    assert_false(policy_forbids(p, false, S("/w/gen/x")));
    assert_false(policy_forbids(p, false, S("/w/x")));
    arena_fini(&a);
}

static void S096_denied_tools_are_hidden(void **state)
{
    struct arena a;
    const struct policy *p;

    (void)state;
    arena_init(&a);
    p = policy_make(&a, "default", NULL, true,
                    "deny Bash\ndeny mcp__db\ndeny Web*\ndeny Read(x)\nask Edit\nallow Write");
    assert_true(policy_hides(p, S("Bash")));
    assert_true(policy_hides(p, S("mcp__db__query")));
    assert_true(policy_hides(p, S("WebFetch")));
    assert_false(policy_hides(p, S("BashOutput")));
    assert_false(policy_hides(p, S("mcp__dba__query")));
    assert_false(policy_hides(p, S("Read")));
    assert_false(policy_hides(p, S("Edit")));
    arena_fini(&a);
}

static void policies_that_cannot_be_read(void **state)
{
    static const struct {
        const char *mode, *rules, *says;
    } rows[] = {
        {"acceptEdit", "", "did you mean 'acceptEdits'"},
        {"whatever", "", "there are default"},
        {"default", "deny Bash(", "does not end"},
        {"default", "maybe Bash", "deny, ask or allow"},
        {"default", "allow B*", "--permission-mode"},
        {"default", "allow *", "--permission-mode"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct error err;

        arena_init(&a);
        assert_int_equal(policy_try(&a, rows[i].mode, rows[i].rules, &err), REIN_INVALID);
        if (!strstr(err.text, rows[i].says))
            test_fail("'%s' does not say '%s'", err.text, rows[i].says);
        arena_fini(&a);
    }
}

const struct CMUnitTest decide_tests[] = {
    cmocka_unit_test(S085_every_mode_and_kind_of_call),
    cmocka_unit_test(S095_three_modes_in_and_out),
    cmocka_unit_test(S098_deny_then_ask_then_allow),
    cmocka_unit_test(S085_rules_in_every_mode),
    cmocka_unit_test(S085_only_plain_words_are_allowed),
    cmocka_unit_test(S098_deny_finds_hidden_commands),
    cmocka_unit_test(S085_critical_removals_are_asked),
    cmocka_unit_test(S085_unreadable_commands_are_asked),
    cmocka_unit_test(S085_headless_names_the_flag),
    cmocka_unit_test(S085_the_hint_would_have_helped),
    cmocka_unit_test(S098_always_makes_a_rule),
    cmocka_unit_test(forbids_looks_at_deny_and_ask),
    cmocka_unit_test(S096_denied_tools_are_hidden),
    cmocka_unit_test(policies_that_cannot_be_read),
};
const size_t decide_tests_n = sizeof decide_tests / sizeof *decide_tests;
