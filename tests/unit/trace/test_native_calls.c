/* Addresses become the calls that they stand for: what each call holds, and what changed over time,
 * stays the same. */
#include "base/cleanup.h"
#include "made_capture.h"
#include "trace/native_askers.h"
#include "trace/native_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* main line 20 -> address 10 -> malloc and mmap; main line 20 -> address 11 -> malloc; and a
 * second process with address 10. The two addresses are in one line of outer(), into which
 * inner() was put. */
static hf_capture *capture_of_addresses(void)
{
    hf_capture *c = NULL;
    assert_null(hf_capture_new(&c));
    const hf_code codes[] = {{made_text(c, "app.py"), made_text(c, "main"), 18},
                             {made_text(c, "/lib/x.so"), made_text(c, "id")},
                             {made_text(c, "x.c"), made_text(c, "outer"), 1},
                             {made_text(c, "x.c"), made_text(c, "inner"), 5}};
    const hf_traced_process processes[] = {{.pid = 10, .parent = UINT32_MAX, .root = 0},
                                           {.pid = 11, .parent = UINT32_MAX, .root = 7}};
    const hf_node nodes[] = {
        {HF_NODE_NONE, 0, 0, 0, HF_NODE_PROCESS},
        {0, 0, 20, 0, HF_NODE_PYTHON},
        {1, 1, 10, 0, HF_NODE_FUNCTION},
        {2, 0, 0, 0, HF_NODE_NATIVE},
        {2, 0, 0, 0, HF_NODE_MAPPING},
        {1, 1, 11, 0, HF_NODE_FUNCTION},
        {5, 0, 0, 0, HF_NODE_NATIVE},
        {HF_NODE_NONE, 0, 0, 1, HF_NODE_PROCESS},
        {7, 1, 10, 1, HF_NODE_FUNCTION},
        {8, 0, 0, 1, HF_NODE_NATIVE},
    };
    hf_counts counts[10] = {{{0, 0}}};
    for (uint64_t i = 0; i < 10; i++)
        counts[i].total = counts[i].peak = (hf_count){1 << i, 1};
    const hf_interval intervals[] = {{1000, 0, 0, 3}, {2000, 0, 3, 2}};
    const hf_change changes[] = {{3, 5, 1}, {4, 7, 1}, {6, 20, 2}, {6, -1, -1}, {9, 9, 1}};
    c->codes = made_rows(codes, sizeof(codes));
    c->processes = made_rows(processes, sizeof(processes));
    c->nodes = made_rows(nodes, sizeof(nodes));
    c->counts = made_rows(counts, sizeof(counts));
    c->intervals = made_rows(intervals, sizeof(intervals));
    c->changes = made_rows(changes, sizeof(changes));
    c->code_count = 4;
    c->process_count = 2;
    c->node_count = 10;
    c->interval_count = 2;
    c->change_count = 5;
    return c;
}

static void check_node(const hf_capture *c, uint32_t at, hf_node expected, uint64_t bytes)
{
    const hf_node *n = &c->nodes[at];
    assert_int_equal(n->parent, expected.parent);
    assert_int_equal(n->kind, expected.kind);
    assert_int_equal(n->code, expected.code);
    assert_int_equal(n->line, expected.line);
    assert_int_equal(n->process, expected.process);
    assert_int_equal(c->counts[at].total.bytes, bytes);
    assert_int_equal(c->counts[at].peak.bytes, bytes);
}

static void check_changes(const hf_capture *c, const hf_change *expected, size_t count)
{
    assert_int_equal(c->change_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(c->changes[i].node, expected[i].node);
        assert_int_equal(c->changes[i].bytes, expected[i].bytes);
        assert_int_equal(c->changes[i].blocks, expected[i].blocks);
    }
}

static void test_chains(void **state)
{
    (void)state;
    hf_capture *c = capture_of_addresses();
    const hf_native_call calls[] = {{2, 3}, {3, 6}, {2, 3}, {3, 7}};
    hf_native_chain chains[10] = {{0, 0}};
    chains[2] = chains[8] = (hf_native_chain){0, 2};
    chains[5] = (hf_native_chain){2, 2};
    assert_null(hf_capture_put_native_calls(c, calls, chains));
    assert_int_equal(c->node_count, 12);
    check_node(c, 0, (hf_node){HF_NODE_NONE, 0, 0, 0, HF_NODE_PROCESS}, 1);
    check_node(c, 1, (hf_node){0, 0, 20, 0, HF_NODE_PYTHON}, 2);
    check_node(c, 2, (hf_node){1, 2, 3, 0, HF_NODE_FUNCTION}, 0); /* outer, of both */
    check_node(c, 3, (hf_node){2, 3, 6, 0, HF_NODE_FUNCTION}, 4);
    check_node(c, 4, (hf_node){3, 0, 0, 0, HF_NODE_NATIVE}, 8);
    check_node(c, 5, (hf_node){3, 0, 0, 0, HF_NODE_MAPPING}, 16);
    check_node(c, 6, (hf_node){2, 3, 7, 0, HF_NODE_FUNCTION}, 32);
    check_node(c, 7, (hf_node){6, 0, 0, 0, HF_NODE_NATIVE}, 64);
    check_node(c, 8, (hf_node){HF_NODE_NONE, 0, 0, 1, HF_NODE_PROCESS}, 128);
    check_node(c, 10, (hf_node){9, 3, 6, 1, HF_NODE_FUNCTION}, 256);
    check_node(c, 11, (hf_node){10, 0, 0, 1, HF_NODE_NATIVE}, 512);
    assert_int_equal(c->processes[1].root, 8);
    const hf_change expected[] = {{4, 5, 1}, {5, 7, 1}, {7, 20, 2}, {7, -1, -1}, {11, 9, 1}};
    check_changes(c, expected, 5);
    hf_capture_free(c);
}

/* Two addresses of one line are one place. */
static void test_equal_places_are_one(void **state)
{
    (void)state;
    hf_capture *c = capture_of_addresses();
    const hf_native_call calls[] = {{2, 3}};
    hf_native_chain chains[10] = {{0, 0}};
    chains[2] = chains[5] = chains[8] = (hf_native_chain){0, 1};
    assert_null(hf_capture_put_native_calls(c, calls, chains));
    assert_int_equal(c->node_count, 8);
    check_node(c, 2, (hf_node){1, 2, 3, 0, HF_NODE_FUNCTION}, 4 + 32);
    check_node(c, 3, (hf_node){2, 0, 0, 0, HF_NODE_NATIVE}, 8 + 64);
    const hf_change expected[] = {{3, 25, 3}, {4, 7, 1}, {3, -1, -1}, {7, 9, 1}};
    check_changes(c, expected, 4);
    assert_int_equal(c->intervals[0].change_count, 2);
    assert_int_equal(c->intervals[1].first_change, 2);
    hf_capture_free(c);
}

/* A chain of calls below line 20, each in the next: who is told as having asked. */
static void check_asker(const char *const (*calls)[3], size_t count, size_t expected)
{
    hf_capture *c = capture_of_addresses();
    HF_AUTO(hf_freep) uint32_t *askers = NULL;
    c->codes = realloc(c->codes, (4 + count) * sizeof(*c->codes));
    assert_non_null(c->codes);
    for (size_t i = 0; i < count; i++)
        c->codes[c->code_count++] = (hf_code){.file = made_text(c, calls[i][0]),
                                              .name = made_text(c, calls[i][1]),
                                              .symbol = made_text(c, calls[i][2])};
    c->node_count = 2;
    for (uint32_t i = 0; i < count; i++, c->node_count++)
        c->nodes[c->node_count] = (hf_node){1 + i, 4 + i, 0, 0, HF_NODE_FUNCTION};
    c->nodes[c->node_count++] = (hf_node){1 + (uint32_t)count, 0, 0, 0, HF_NODE_NATIVE};
    c->nodes[c->node_count++] = (hf_node){1 + (uint32_t)count, 0, 20, 0, HF_NODE_PYTHON};
    c->process_count = 1;
    assert_null(hf_native_askers(c, &askers));
    assert_int_equal(askers[1], HF_NODE_NONE);
    assert_int_equal(askers[2 + count], expected == count ? HF_NODE_NONE : 2 + expected);
    assert_int_equal(askers[3 + count], HF_NODE_NONE); /* Python that native code has called */
    hf_capture_free(c);
}

static void test_askers(void **state)
{
    (void)state;
    static const char *const cpp[][3] = {
        {"/usr/bin/python3.12", "_PyObject_MakeTpCall", ""},
        {"/x/shop.so", "shop::fill(int)", "_ZN4shop4fillEi"},
        {"/x/shop.so", "std::vector<int>::resize(unsigned long)", "_ZNSt6vectorIiSaIiEE6resizeEm"},
        {"/lib/libstdc++.so.6", "operator new(unsigned long)", "_Znwm"}};
    check_asker(cpp, 4, 1);
    static const char *const rust[][3] = {
        {"/x/shop.so", "shop::core::fill", "_ZN4shop4core4fill17h0123456789abcdefE"},
        {"/x/shop.so", "<alloc::vec::Vec<T> as core::clone::Clone>::clone",
         "_ZN60_$LT$alloc5clone17h0123456789abcdefE"},
        {"/x/shop.so", "alloc::raw_vec::finish_grow", "_RNvNt5alloc7raw_vec11finish_grow"}};
    check_asker(rust, 3, 0);
    static const char *const ours[][3] = {
        {"/x/shop.so", "core::fill(int)", "_ZN4core4fillEi"}}; /* C++ of that name */
    check_asker(ours, 1, 0);
    static const char *const interpreter[][3] = {
        {"/usr/lib/libpython3.12.so.1.0", "PyList_New", ""}, {"/usr/bin/python3", "?", ""}};
    check_asker(interpreter, 2, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_equal_places_are_one),
        cmocka_unit_test(test_askers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
