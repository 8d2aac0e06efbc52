/*
 * anthropic_request_fuzz.c - any bytes as a request body, answered by a scenario that looks at all
 * of it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "model/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char scenario[] =
    "model when tool_result \"x\" text \"${folder}\"\n"
    "model when not user \"y\" when system \"z\" tool_use A {\"a\":\"${folder}\"}\n"
    "model otherwise text \"a\" pause 1 text \"b\" cut 3\n"
    "model error 529 overloaded_error \"no\"\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct script_reply reply;
    struct script *script;
    struct arena a;

    arena_init(&a);
    if (script_parse(str_of(scenario), str_of("scenario"), &script, NULL) != REIN_OK)
        abort();
    script_answer(script, wire_format_find(str_of("anthropic")), (str){(const char *)bytes, n}, 1,
                  &a, &reply);
    if (reply.n_steps == 0)
        abort();
    script_free(script);
    arena_fini(&a);
    return 0;
}
