/* trace/functions.c - see trace/functions.h. */
#include "trace/functions.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "trace/code_lines.h"

static uint64_t key_of(const hf_capture *c, uint32_t code)
{
    return (uint64_t)c->codes[code].file << 32 | c->codes[code].name;
}

/* The code whose line asked for the blocks of a node: its own, or that of its caller;
 * UINT32_MAX: none. */
static uint32_t code_of(const hf_capture *c, const hf_node *n)
{
    while (n->kind != HF_NODE_PYTHON && n->parent != HF_NODE_NONE)
        n = &c->nodes[n->parent];
    return n->kind == HF_NODE_PYTHON ? n->code : UINT32_MAX;
}

hf_err *hf_functions_compute(const hf_capture *c, int64_t pid, hf_functions *ret)
{
    hf_code_lines lines HF_AUTO(hf_code_lines_deinit) = {0};
    hf_map known HF_AUTO(hf_map_deinit) = {0};
    hf_functions f = {0};
    hf_err *err = hf_code_lines_compute(c, NULL, NULL, pid, &lines);
    HF_AUTO(hf_freep)
    hf_function *rows = err ? NULL : calloc(lines.function_count + 1, sizeof(*rows));
    if (!err && !rows)
        err = hf_fail_memory();
    for (uint32_t i = 0; i < lines.function_count && !err; i++) {
        rows[i] =
            (hf_function){.code = lines.functions[i].code, .total = lines.functions[i].counts};
        if (!hf_map_put(&known, key_of(c, rows[i].code), i))
            err = hf_fail_memory();
    }
    if (err)
        return err;
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        uint32_t code = code_of(c, n);
        if (pid && c->processes[n->process].pid != pid)
            continue;
        hf_counts_add(&f.all, &c->counts[i]);
        uint32_t row = code == UINT32_MAX ? HF_MAP_NONE : hf_map_get(&known, key_of(c, code));
        if (row != HF_MAP_NONE)
            hf_counts_add(&rows[row].own, &c->counts[i]);
    }
    f.count = lines.function_count;
    f.rows = hf_take(rows);
    *ret = f;
    return NULL;
}

void hf_functions_deinit(hf_functions *f)
{
    free(f->rows);
    *f = (hf_functions){0};
}
