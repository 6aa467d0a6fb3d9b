/* What goes through a relay arrives as it was told. */
#include "graph/relay.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A sink that writes down what it is told, one line each. */
typedef struct record {
    hf_buf text;
    uint64_t objects, fail_at; /* number of the object that fails; 0: none */
} record;

static hf_err *note_object(void *context, const hf_object *object)
{
    record *r = context;
    if (++r->objects == r->fail_at)
        return hf_fail(HF_ERR_SYSTEM, "no room");
    hf_buf_format(&r->text, "object %u\n", object->number);
    return NULL;
}

static hf_err *note_edge(void *context, const hf_edge *edge)
{
    hf_buf_format(&((record *)context)->text, "edge %u\n", edge->target);
    return NULL;
}

static hf_err *note_value(void *context, const char *text, size_t length)
{
    hf_buf_format(&((record *)context)->text, "value %.*s\n", (int)length, text);
    return NULL;
}

static hf_heap_sink sink_of(record *r)
{
    return (hf_heap_sink){
        .context = r, .object = note_object, .edge = note_edge, .value = note_value};
}

/* Tells `objects` objects; every third has a value, each seventeenth very many edges. */
static hf_err *tell(const hf_heap_sink *sink, uint32_t objects)
{
    hf_err *err = NULL;
    for (uint32_t i = 0; i < objects && !err; i++) {
        err = sink->object(sink->context, &(hf_object){.number = i});
        uint32_t edges = i % 17 ? i % 4 : 10000;
        for (uint32_t k = 0; k < edges && !err; k++)
            err = sink->edge(sink->context, &(hf_edge){.target = i ^ k});
        if (i % 3 == 0 && !err)
            err = sink->value(sink->context, "some text of a value", i % 21);
    }
    return err;
}

static void all_arrives_in_order(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 2, 3000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        record direct = {0}, relayed = {0};
        hf_heap_sink straight = sink_of(&direct), inner = sink_of(&relayed);
        assert_null(tell(&straight, counts[i]));
        hf_relay *relay;
        assert_null(hf_relay_new(&inner, &relay));
        hf_heap_sink outer = hf_relay_sink(relay);
        assert_null(tell(&outer, counts[i]));
        assert_null(hf_relay_finish(relay));
        hf_relay_free(relay);
        assert_int_equal(direct.text.length, relayed.text.length);
        assert_string_equal(hf_buf_string(&direct.text), hf_buf_string(&relayed.text));
        hf_buf_deinit(&direct.text);
        hf_buf_deinit(&relayed.text);
    }
}

static void a_failure_is_handed_on(void **state)
{
    (void)state;
    static const uint64_t places[] = {1, 1500, 3000};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        record r = {.fail_at = places[i]};
        hf_heap_sink inner = sink_of(&r);
        hf_relay *relay;
        assert_null(hf_relay_new(&inner, &relay));
        hf_heap_sink outer = hf_relay_sink(relay);
        hf_err *err = tell(&outer, 3000);
        if (!err)
            err = hf_relay_finish(relay);
        assert_non_null(err);
        assert_string_equal(hf_err_message(err), "no room");
        hf_err_free(err);
        hf_relay_free(relay);
        assert_int_equal(r.objects, places[i]);
        hf_buf_deinit(&r.text);
    }
}

static void one_that_is_given_up_ends(void **state)
{
    (void)state;
    record r = {0};
    hf_heap_sink inner = sink_of(&r);
    hf_relay *relay;
    assert_null(hf_relay_new(&inner, &relay));
    hf_heap_sink outer = hf_relay_sink(relay);
    assert_null(tell(&outer, 100));
    hf_relay_free(relay);
    hf_buf_deinit(&r.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrives_in_order),
        cmocka_unit_test(a_failure_is_handed_on),
        cmocka_unit_test(one_that_is_given_up_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
