/* What is to be done about exceptions that keep themselves. */
#include "moment.h"

/* What exceptions are made of. */
typedef struct errors {
    uint32_t error, traceback, frame, code_type;
} errors;

static errors begin_errors(moment *m)
{
    m->heap.info.python.gc_enabled = false;
    return (errors){
        made_type(&m->heap, "builtins", "ValueError"), made_type(&m->heap, "builtins", "traceback"),
        made_type(&m->heap, "builtins", "frame"), made_type(&m->heap, "builtins", "code")};
}

static uint32_t code(moment *m, const errors *types, const char *value, uint64_t address)
{
    uint32_t object = placed(m, types->code_type, 200, address);
    made_value(&m->heap, object, value);
    made_root(&m->heap, HF_ROOT_INTERPRETER, object, "code");
    return object;
}

typedef enum where { NOWHERE, ITSELF, ATTRIBUTE, LIST } where;

/* An exception that nobody holds, with the frame that a variable of has it: itself, as an attribute
 * of `self`, or in a list; or none has. */
static void put_error(moment *m, const errors *types, int n, uint32_t raiser, const char *variable,
                      where in)
{
    made_heap *h = &m->heap;
    uint64_t at = 0x7f3000000000 + (uint64_t)n * 4096;
    uint32_t error = placed(m, types->error, 200, at),
             outer = placed(m, types->frame, 400, at + 400);
    uint32_t frame = placed(m, types->frame, 400, at + 800);
    uint32_t first = placed(m, types->traceback, 64, at + 1200);
    uint32_t second = placed(m, types->traceback, 64, at + 1300), holder = error;
    made_edge(h, error, HF_EDGE_FIELD, "__traceback__", 0, first);
    made_edge(h, first, HF_EDGE_FIELD, "tb_next", 0, second);
    made_edge(h, first, HF_EDGE_FIELD, "tb_frame", 0, outer);
    made_edge(h, second, HF_EDGE_FIELD, "tb_frame", 0, frame);
    made_edge(h, frame, HF_EDGE_FIELD, "f_code", 0, raiser);
    if (in == ATTRIBUTE || in == LIST)
        holder = placed(m, in == LIST ? m->list : m->quote, 300, at + 1400);
    if (in == ATTRIBUTE)
        made_edge(h, holder, HF_EDGE_ATTRIBUTE, "last", 0, error);
    if (in == LIST)
        append(m, holder, error);
    if (in != NOWHERE)
        made_edge(h, frame, HF_EDGE_LOCAL, variable, 0, holder);
    made_edge(h, outer, HF_EDGE_FIELD, "f_trace", 0, error);
    for (uint32_t k = error; k < h->object_count; k++)
        h->objects[k].flags |= HF_OBJECT_TRACKED;
}

static void fill_errors(moment *m, const char *variable, where in)
{
    errors types = begin_errors(m);
    uint32_t raiser = code(m, &types, "Job.run (jobs.py:12)", 0x7f1000000000);
    for (int n = 0; n < 200 + 200 * m->k; n++)
        put_error(m, &types, n, raiser, variable, in);
}

static void fill_errors_in_a_variable(moment *m)
{
    fill_errors(m, "failure", ITSELF);
}

static void fill_errors_in_an_attribute(moment *m)
{
    fill_errors(m, "self", ATTRIBUTE);
}

static void fill_errors_in_a_list(moment *m)
{
    fill_errors(m, "errors", LIST);
}

static void fill_errors_in_no_variable(moment *m)
{
    fill_errors(m, NULL, NOWHERE);
}

static void test_exceptions_that_keep_themselves_are_let_go_by_name(void **state)
{
    (void)state;
    assert_advice(fill_errors_in_a_variable, "cycle-gc-off", "collector disabled",
                  "Let Job.run end with `finally: failure = None`");
    assert_advice(fill_errors_in_an_attribute, "cycle-gc-off", "collector disabled",
                  "Keep the exception in self.last without its traceback");
    assert_advice(fill_errors_in_a_list, "cycle-gc-off", "collector disabled",
                  "Keep the exception in errors without its traceback");
    assert_advice(fill_errors_in_no_variable, "cycle-gc-off", "collector disabled",
                  "Turn the collector on again");
}

/* The same from two functions, of which one raises `part` of each eight. */
static void fill_errors_of_two(moment *m, int part, bool one_after_the_other)
{
    errors types = begin_errors(m);
    uint32_t job = code(m, &types, "Job.run (jobs.py:12)", 0x7f1000000000);
    uint32_t mail = code(m, &types, "Mail.send (mail.py:7)", 0x7f1000001000);
    const int all = 200 + 200 * m->k;
    for (int n = 0; n < all; n++) {
        bool of_job = one_after_the_other ? n * 8 < all * part : n % 8 < part;
        put_error(m, &types, n, of_job ? job : mail, of_job ? "failure" : "self",
                  of_job ? ITSELF : ATTRIBUTE);
    }
}

static void fill_half(moment *m)
{
    fill_errors_of_two(m, 4, false);
}

static void fill_first_half(moment *m)
{
    fill_errors_of_two(m, 4, true);
}

static void fill_a_few(moment *m)
{
    fill_errors_of_two(m, 1, false);
}

/* Half of them are not known to be kept by a variable. */
static void fill_one_known(moment *m)
{
    errors types = begin_errors(m);
    uint32_t job = code(m, &types, "Job.run (jobs.py:12)", 0x7f1000000000);
    for (int n = 0; n < 200 + 200 * m->k; n++)
        put_error(m, &types, n, job, "failure", n % 2 ? ITSELF : NOWHERE);
}

static void test_exceptions_of_two_functions_are_let_go_in_both(void **state)
{
    (void)state;
    static const char both[] = "whose traceback keeps the frame with the variable. Keep the "
                               "exception in self.last without its traceback";
    assert_advice(fill_half, "cycle-gc-off", "collector disabled", both);
    assert_advice(fill_first_half, "cycle-gc-off", "collector disabled", both);
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill_a_few, graphs);
    assert_non_null(strstr(d->suspects[0].fix, "Keep the exception in self.last without its"));
    assert_null(strstr(d->suspects[0].fix, "Job.run"));
    finish(d, graphs);
    assert_advice(fill_one_known, "cycle-gc-off", "collector disabled",
                  "Turn the collector on again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exceptions_that_keep_themselves_are_let_go_by_name),
        cmocka_unit_test(test_exceptions_of_two_functions_are_let_go_in_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
