/*
 * script_fuzz.c - any text as a scenario: it is refused with its line, or it answers.
 */
#include <stdint.h>
#include <stdlib.h>

#include "model/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char *const bodies[] = {
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
    "{\"system\":\"Working directory: /w\\n\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},"
    "{\"role\":\"assistant\",\"content\":\"x\"},{\"role\":\"user\",\"content\":[{\"type\":"
    "\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"ok\"}]}]}",
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct error err = {0};
    struct script *script;

    if (script_parse((str){(const char *)bytes, n}, str_of("f"), &script, &err) != REIN_OK) {
        if (!str_starts(str_of(err.text), str_of("f:")))
            abort();
        return 0;
    }
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct script_reply reply;
        struct arena a;

        arena_init(&a);
        script_answer(script, wire_format_find(str_of("anthropic")), str_of(bodies[i]), 1, &a,
                      &reply);
        arena_fini(&a);
    }
    script_free(script);
    return 0;
}
