/* event_test.c - names of events, and the chain that shows that none was changed, moved or lost. */
#include "test.h"

#include "event/event.h"
#include "event/message.h"

static const struct id session = {{1, 2, 3}};

static struct event event_of(uint64_t seq, const char *payload)
{
    struct event ev = {.seq = seq, .type = EV_AGENT_MESSAGE, .version = 1, .at = 1000, .cause = 1};

    ev.id.b[0] = (unsigned char)seq;
    ev.name = event_name(ev.type);
    ev.payload = str_of(payload);
    memset(ev.salt, (int)seq, sizeof ev.salt);
    return ev;
}

static void every_type_has_a_name_that_leads_back_to_it(void **state)
{
    (void)state;
    for (unsigned i = EV_NONE + 1; i < EV_UNKNOWN; i++) {
        enum event_type type = (enum event_type)i;

        assert_true(event_name(type).n > 0);
        assert_int_equal(event_type_of(event_name(type)), type);
        assert_int_equal(event_version(type), 1);
    }
    assert_int_equal(event_type_of(S("agent.messag")), EV_UNKNOWN);
    assert_int_equal(event_type_of(S("")), EV_UNKNOWN);
    assert_true(event_is_stored(EV_UNKNOWN));
    assert_false(event_is_stored(EV_EVENT_DELTA));
}

/* Each field that is hashed, one after the other. */
static void spoil(struct event *ev, int how)
{
    static const struct digest other = {{9}};

    switch (how) {
    case 0: ev->seq++; break;
    case 1: ev->id.b[15] ^= 1; break;
    case 2: ev->thread.b[0] ^= 1; break;
    case 3: ev->name = S("user.message"); break;
    case 4: ev->version++; break;
    case 5: ev->at++; break;
    case 6: ev->cause++; break;
    case 7: ev->payload = S("{\"a\":2}"); break;
    case 8: ev->salt[3] ^= 1; break;
    case 9: ev->leaf = other; break;
    default: ev->hash = other; break;
    }
}

static void N01_a_change_of_any_field_breaks_the_chain(void **state)
{
    struct digest previous = {{7}}, other = {{8}};
    struct event ev = event_of(5, "{\"a\":1}");
    struct id elsewhere = {{4}};

    (void)state;
    event_seal(&ev, session, &previous);
    assert_true(event_holds(&ev, session, &previous));
    assert_false(event_holds(&ev, session, &other));
    assert_false(event_holds(&ev, elsewhere, &previous));
    for (int how = 0; how <= 10; how++) {
        struct event copy = ev;

        spoil(&copy, how);
        if (event_holds(&copy, session, &previous))
            test_fail("change %d was not seen", how);
    }
}

static void a_redacted_event_keeps_its_place_in_the_chain(void **state)
{
    struct digest previous = {{7}};
    struct event ev = event_of(5, "{\"secret\":1}"), before;

    (void)state;
    event_seal(&ev, session, &previous);
    before = ev;
    ev.payload = (str){0};
    memset(ev.salt, 0, sizeof ev.salt);
    assert_true(event_holds(&ev, session, &previous));
    event_seal(&ev, session, &previous);
    assert_true(digest_eq(ev.hash, before.hash));
}

static void S009_stop_reasons_and_usage_are_read_as_they_were_written(void **state)
{
    struct usage in = {10, 20, 30, 40, 50, 5, 2}, out, sum = in;
    struct json_writer w;
    struct json *tree;
    struct arena a;
    struct buf text;

    (void)state;
    for (unsigned i = STOP_NONE; i <= STOP_REFUSED; i++)
        assert_int_equal(stop_reason_of(str_of(stop_reason_name((enum stop_reason)i))), i);
    assert_int_equal(stop_reason_of(S("something new")), STOP_DONE);
    arena_init(&a);
    buf_init(&text, BUF_NO_MAX);
    json_begin(&w, &text);
    usage_write(&in, &w);
    assert_int_equal(json_parse(buf_str(&text), JSON_DEPTH, &a, &tree, NULL), REIN_OK);
    usage_read(tree, &out);
    assert_memory_equal(&in, &out, sizeof in);
    usage_add(&sum, &out);
    assert_int_equal(sum.output, 40);
    buf_fini(&text);
    arena_fini(&a);
}

const struct CMUnitTest event_tests[] = {
    cmocka_unit_test(every_type_has_a_name_that_leads_back_to_it),
    cmocka_unit_test(N01_a_change_of_any_field_breaks_the_chain),
    cmocka_unit_test(a_redacted_event_keeps_its_place_in_the_chain),
    cmocka_unit_test(S009_stop_reasons_and_usage_are_read_as_they_were_written),
};
const size_t event_tests_n = sizeof event_tests / sizeof *event_tests;
