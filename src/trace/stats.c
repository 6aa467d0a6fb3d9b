/* trace/stats.c - see trace/stats.h. */
#include "trace/stats.h"

#include "base/cleanup.h"

static size_t class_of(const hf_count *n)
{
    uint64_t mean = n->blocks ? n->bytes / n->blocks : 0;
    size_t class = mean ? 63 - (size_t)__builtin_clzll(mean) : 0;
    return class < HF_SIZE_CLASSES ? class : HF_SIZE_CLASSES - 1;
}

hf_err *hf_stats_compute(const hf_capture *c, int64_t pid, hf_stats *ret)
{
    HF_AUTO(hf_freep) uint32_t *depths = calloc(c->node_count + 1, sizeof(*depths));
    if (!depths)
        return hf_fail_memory();
    hf_stats s = {0};
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        const hf_counts *counts = &c->counts[i];
        depths[i] = (n->parent == HF_NODE_NONE ? 0 : depths[n->parent]) + hf_kind_is_call(n->kind);
        if (!counts->total.blocks || (pid && c->processes[n->process].pid != pid))
            continue;
        hf_counts_add(n->kind == HF_NODE_NATIVE    ? &s.malloc
                      : n->kind == HF_NODE_MAPPING ? &s.mmap
                                                   : &s.python,
                      counts);
        hf_counts_add(&s.sizes[class_of(&counts->total)], counts);
        s.stacks++;
        if (depths[i] > s.depth)
            s.depth = depths[i];
    }
    s.all = s.python;
    hf_counts_add(&s.all, &s.malloc);
    hf_counts_add(&s.all, &s.mmap);
    *ret = s;
    return NULL;
}
