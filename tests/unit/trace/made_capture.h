/* A small capture of two processes, made by hand: for tests of what reads captures. */
#ifndef HF_TESTS_MADE_CAPTURE_H
#define HF_TESTS_MADE_CAPTURE_H

#include "trace/capture.h"

#include <stdlib.h>
#include <string.h>

static uint32_t made_text(hf_capture *c, const char *text)
{
    return hf_strtab_add(&c->texts, text, strlen(text));
}

static void *made_rows(const void *rows, size_t bytes)
{
    void *copy = malloc(bytes);
    return copy ? memcpy(copy, rows, bytes) : NULL;
}

/* run (pid 10) -> main line 20 -> load line 7 -> malloc; and its child (pid 11) -> load line 5,
 * with stacks that did not fit. Peak 3,000 bytes at 2 s, of which load line 7 holds 2,000 and
 * the child 600. */
static inline hf_capture *made_capture(void)
{
    hf_capture *c = NULL;
    if (hf_capture_new(&c))
        return NULL;
    uint32_t file = made_text(c, "app.py"), main_name = made_text(c, "main");
    uint32_t load_name = made_text(c, "Store.load"), command = made_text(c, "python3 app.py");
    const hf_code codes[] = {{file, main_name, 18}, {file, load_name, 4}};
    const hf_traced_process processes[] = {
        {10, UINT32_MAX, 0, command, 0x030d00f0, HF_TRACED_FREE_LISTS, 0, 4000000000, 2400,
         2000000000, 0},
        {11, 0, 4, command, 0x030d00f0, HF_TRACED_CUT_OFF, 1000000000, 3000000000, 700, 0, 3},
    };
    const hf_node nodes[] = {
        {HF_NODE_NONE, 0, 0, 0, HF_NODE_PROCESS},
        {0, 0, 20, 0, HF_NODE_PYTHON},
        {1, 1, 7, 0, HF_NODE_PYTHON},
        {2, 0, 0, 0, HF_NODE_NATIVE},
        {HF_NODE_NONE, 0, 0, 1, HF_NODE_PROCESS},
        {4, 1, 3, 1, HF_NODE_PYTHON},
        {4, 0, 0, 1, HF_NODE_OTHER},
    };
    const hf_counts counts[] = {
        {{0, 0}, {0, 0}, {0, 0}, {0, 0}},
        {{500, 5}, {100, 1}, {100, 1}, {400, 4}},
        {{9000, 90}, {1000, 10}, {2000, 20}, {0, 0}},
        {{300, 1}, {0, 0}, {300, 1}, {0, 0}},
        {{0, 0}, {0, 0}, {0, 0}, {0, 0}},
        {{600, 6}, {0, 0}, {600, 6}, {0, 0}},
        {{8, 1}, {8, 1}, {0, 0}, {0, 0}},
    };
    const hf_interval intervals[] = {
        {1000000000, 1500, 0, 2}, {2000000000, 3000, 2, 3}, {3000000000, 2400, 5, 1}};
    const hf_change changes[] = {{1, 100, 1}, {2, 1400, 14}, {2, 600, 6},
                                 {3, 300, 1}, {5, 600, 6},   {5, -600, -6}};
    const hf_resident residents[] = {{0, 0, 9000000}, {1, 0, 9500000}, {1, 1, 4000000}, {2, 1, 0}};
    c->info = (hf_trace_info){HF_TRACE_EXACT, 0,        1700000000000000000, 4000000000, 3000,
                              2000000000,     100000000};
    c->codes = made_rows(codes, sizeof(codes));
    c->processes = made_rows(processes, sizeof(processes));
    c->nodes = made_rows(nodes, sizeof(nodes));
    c->counts = made_rows(counts, sizeof(counts));
    c->intervals = made_rows(intervals, sizeof(intervals));
    c->changes = made_rows(changes, sizeof(changes));
    c->residents = made_rows(residents, sizeof(residents));
    c->resident_count = 4;
    c->code_count = 2;
    c->process_count = 2;
    c->node_count = 7;
    c->interval_count = 3;
    c->change_count = 6;
    return c;
}

#endif
