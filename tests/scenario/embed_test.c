/* embed_test.c - examples/embed.c, built against rein.h and librein.a alone, does what `rein -p` does. */
#include "test.h"

#include <stdlib.h>

#include "support/world.h"

static void a_host_of_thirty_lines_runs_a_turn(void **state)
{
    struct world w;
    char program[4096] = REIN_BINARY;

    (void)state;
    *strrchr(program, '/') = 0;
    strcat(program, "/examples/embed");
    world_begin(&w, "model tool_use Read {\"file_path\":\"a.txt\"} id c1\n"
                    "model when tool_result \"alpha\" text \"It says alpha.\"\n");
    world_file(&w, "a.txt", "alpha\n");
    setenv("REIN_BINARY", program, 1);
    world_run(&w, (const char *[]){"What is in a.txt?", NULL});
    unsetenv("REIN_BINARY");
    if (w.code != 0)
        test_fail("%d: %s", w.code, w.err.n ? w.err.p : "");
    assert_non_null(strstr(w.out.p, "It says alpha."));
    world_run(&w, (const char *[]){"session", "verify", world_session(&w), NULL});
    assert_int_equal(w.code, 0);
    world_end(&w);
}

const struct CMUnitTest embed_tests[] = {
    cmocka_unit_test(a_host_of_thirty_lines_runs_a_turn),
};
const size_t embed_tests_n = sizeof embed_tests / sizeof *embed_tests;
