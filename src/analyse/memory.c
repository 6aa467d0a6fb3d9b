#include "analyse/memory.h"

#include "base/amount.h"

#include <stdlib.h>
#include <string.h>

const char *hf_share_name(hf_share share)
{
    static const char *const names[HF_SHARES] = {
        [HF_SHARE_LIVE] = "live objects",
        [HF_SHARE_GARBAGE] = "collectable garbage",
        [HF_SHARE_C_HELD] = "held by C code only",
        [HF_SHARE_INTERPRETER] = "interpreter, no object",
        [HF_SHARE_PYTHON_FREE] = "kept free by Python",
        [HF_SHARE_NATIVE] = "C code (malloc)",
        [HF_SHARE_MALLOC_FREE] = "kept free by malloc",
        [HF_SHARE_STACKS] = "thread stacks",
        [HF_SHARE_DATA] = "data of binaries",
        [HF_SHARE_UNEXPLAINED] = "unexplained",
    };
    return (unsigned)share < HF_SHARES ? names[share] : "";
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t hf_memory_shares(const hf_memory *m, uint64_t garbage, uint64_t c_held,
                          uint64_t ret[HF_SHARES])
{
    const uint64_t *p = m->parts;
    uint64_t objects = p[HF_MEMORY_OBJECT_BLOCKS] + p[HF_MEMORY_MALLOC_OBJECTS] +
                       p[HF_MEMORY_MAPPED_OBJECTS] + p[HF_MEMORY_BUFFERS];
    uint64_t *s = ret, sum = 0;
    /* What objects say that they take may be swapped out or was never touched. */
    s[HF_SHARE_GARBAGE] = least(garbage, objects);
    s[HF_SHARE_C_HELD] = least(c_held, objects - s[HF_SHARE_GARBAGE]);
    s[HF_SHARE_LIVE] = objects - s[HF_SHARE_GARBAGE] - s[HF_SHARE_C_HELD];
    s[HF_SHARE_INTERPRETER] = p[HF_MEMORY_OTHER_BLOCKS];
    s[HF_SHARE_PYTHON_FREE] =
        p[HF_MEMORY_FREE_BLOCKS] + p[HF_MEMORY_FREE_POOLS] + p[HF_MEMORY_POOL_OVERHEAD];
    s[HF_SHARE_NATIVE] = p[HF_MEMORY_MALLOC_NATIVE] + p[HF_MEMORY_MAPPED_NATIVE] +
                         p[HF_MEMORY_FOREIGN] + p[HF_MEMORY_MALLOC_UNKNOWN];
    s[HF_SHARE_MALLOC_FREE] = p[HF_MEMORY_MALLOC_FREE] + p[HF_MEMORY_MALLOC_CACHED] +
                              p[HF_MEMORY_MALLOC_TOP] + p[HF_MEMORY_MALLOC_OVERHEAD];
    s[HF_SHARE_STACKS] = p[HF_MEMORY_STACKS] + p[HF_MEMORY_STACKS_KEPT];
    s[HF_SHARE_DATA] = p[HF_MEMORY_DATA];
    s[HF_SHARE_UNEXPLAINED] = p[HF_MEMORY_UNEXPLAINED] + p[HF_MEMORY_UNREAD];
    for (unsigned i = 0; i < HF_SHARES; i++)
        sum += s[i];
    return sum;
}

static void share_out(const hf_memory *m, const hf_dominators *d, hf_memory_report *r)
{
    r->total = hf_memory_shares(m, d->garbage_bytes, d->c_held_bytes, r->shares);
    for (unsigned i = 0; i < HF_SHARES; i++)
        if (r->shares[i] > r->shares[r->largest])
            r->largest = (hf_share)i;
    r->rss = r->total + m->account.file + m->account.shared;
}

/* An arena goes when all that is in use in it are garbage and their tables. Tables may lie in other
 * arenas than their objects: those of garbage are taken to lie in such. */
static uint64_t arenas_emptied(const hf_graph *g, const hf_dominators *d)
{
    const hf_memory *m = &g->memory;
    uint64_t returned = 0;
    uint32_t object = 0;
    for (size_t i = 0; i < m->arena_count; i++) {
        const hf_memory_arena *a = &m->arenas[i];
        uint64_t garbage = 0;
        while (object < g->object_count && g->address[object] < a->address)
            object++;
        for (; object < g->object_count && g->address[object] - a->address < a->size; object++)
            garbage += d->reach[object] == HF_REACH_GARBAGE;
        if (garbage && garbage == a->objects && a->in_use == a->objects + a->tables)
            returned += a->resident;
    }
    return returned;
}

/* Buffers and tables so large that malloc has mapped them by themselves are unmapped when freed. */
static uint64_t buffers_unmapped(const hf_graph *g, const hf_dominators *d)
{
    uint64_t returned = 0, large = g->memory.mapped_least;
    for (uint32_t i = 0; large && i < g->object_count; i++)
        if (d->reach[i] == HF_REACH_GARBAGE && hf_graph_shallow(g, i) >= large)
            returned += hf_graph_shallow(g, i);
    return returned;
}

static void predict(const hf_graph *g, const hf_dominators *d, hf_memory_report *r)
{
    const hf_memory *m = &g->memory;
    r->collect_frees = r->shares[HF_SHARE_GARBAGE];
    r->collect_returns = least(arenas_emptied(g, d) + buffers_unmapped(g, d), r->total);
    for (size_t i = 0; i < m->heap_count; i++) {
        r->trim += m->heaps[i].trim;
        if (m->heaps[i].main)
            continue;
        r->thread_arenas++;
        r->arena_free += m->heaps[i].free + m->heaps[i].cached + m->heaps[i].top;
    }
}

static void sum_sparse(const hf_memory *m, hf_memory_report *r)
{
    for (size_t i = 0; i < m->class_count; i++) {
        const hf_memory_class *c = &m->classes[i];
        if (!c->pools)
            continue;
        r->sparse_pools += c->sparse_pools;
        r->sparse_in_use += c->sparse_in_use;
        uint64_t blocks = c->blocks / c->pools * c->sparse_pools;
        r->sparse_free += (blocks - least(blocks, c->sparse_in_use)) * c->block_size;
    }
}

static void put_native(const hf_memory *m, hf_buf *out)
{
    if (!m->native_count || !m->natives[0].chunks)
        return;
    const hf_memory_native *n = &m->natives[0];
    hf_buf_format(out, " Most of it: %llu chunks of ", (unsigned long long)n->chunks);
    hf_buf_text(out, hf_format_bytes(n->bytes / n->chunks).text);
    hf_buf_text(out, n->largest > 1024 ? " on average." : ".");
}

/* What is said of the largest share, and of what is to be done about it. */
static void put_cause(const hf_graph *g, const hf_memory_report *r, hf_buf *out)
{
    switch (r->largest) {
    case HF_SHARE_GARBAGE:
        hf_buf_text(out, " A collection frees it: gc.collect().");
        break;
    case HF_SHARE_PYTHON_FREE:
        if (r->sparse_free * 2 > r->shares[HF_SHARE_PYTHON_FREE]) {
            hf_buf_text(out, " Most of it is in pools nearly empty: ");
            hf_buf_format(out, "%llu blocks in use keep ", (unsigned long long)r->sparse_in_use);
            hf_buf_text(out, hf_format_bytes(r->sparse_free).text);
            hf_buf_char(out, '.');
        }
        hf_buf_text(out, " New objects use it again; only a restart gives it back.");
        break;
    case HF_SHARE_NATIVE:
        hf_buf_text(out, " No Python object owns it.");
        put_native(&g->memory, out);
        break;
    case HF_SHARE_MALLOC_FREE:
        hf_buf_text(out, " malloc_trim(0) gives back ");
        hf_buf_text(out, hf_format_bytes(r->trim).text);
        hf_buf_char(out, '.');
        break;
    case HF_SHARE_LIVE:
        hf_buf_text(out, " `retained` and `types` tell which.");
        break;
    default:
        break;
    }
}

/* What would give back something worth it, but is not about the largest share. */
static void put_remedies(const hf_memory_report *r, hf_buf *out)
{
    enum { WORTH = 20 }; /* a twentieth */
    if (r->largest != HF_SHARE_GARBAGE && r->collect_frees * WORTH > r->total) {
        hf_buf_text(out, " gc.collect() would free ");
        hf_buf_text(out, hf_format_bytes(r->collect_frees).text);
        hf_buf_char(out, '.');
    }
    if (r->largest != HF_SHARE_MALLOC_FREE && r->trim * WORTH > r->total) {
        hf_buf_text(out, " malloc_trim(0) would give back ");
        hf_buf_text(out, hf_format_bytes(r->trim).text);
        hf_buf_char(out, '.');
    }
}

static hf_err *judge(const hf_graph *g, hf_memory_report *r)
{
    static const char *const predicates[HF_SHARES] = {
        [HF_SHARE_LIVE] = "is in live objects",
        [HF_SHARE_GARBAGE] = "is garbage that waits for the collector",
        [HF_SHARE_C_HELD] = "is in objects that only C code holds",
        [HF_SHARE_INTERPRETER] = "is used by the interpreter without an object",
        [HF_SHARE_PYTHON_FREE] = "is kept free by Python's allocator",
        [HF_SHARE_NATIVE] = "is used by C code",
        [HF_SHARE_MALLOC_FREE] = "is kept free by malloc",
        [HF_SHARE_STACKS] = "is in stacks of threads",
        [HF_SHARE_DATA] = "is data of binaries",
        [HF_SHARE_UNEXPLAINED] = "is not explained",
    };
    hf_buf text;
    hf_buf_init(&text, 0);
    hf_buf_text(&text, "Of ");
    hf_buf_text(&text, hf_format_bytes(r->total).text);
    hf_buf_text(&text, " of anonymous memory, ");
    hf_buf_text(&text, hf_format_bytes(r->shares[r->largest]).text);
    hf_buf_format(&text, " (%.0f %%) %s.",
                  r->total ? 100.0 * (double)r->shares[r->largest] / (double)r->total : 0.0,
                  predicates[r->largest]);
    put_cause(g, r, &text);
    put_remedies(r, &text);
    r->verdict = strdup(hf_buf_string(&text));
    bool failed = text.failed || !r->verdict;
    hf_buf_deinit(&text);
    return failed ? hf_fail_memory() : NULL;
}

hf_err *hf_memory_explain(const hf_graph *g, const hf_dominators *d, hf_memory_report *ret)
{
    hf_memory_report r = {0};
    share_out(&g->memory, d, &r);
    predict(g, d, &r);
    sum_sparse(&g->memory, &r);
    hf_err *err = judge(g, &r);
    if (!err)
        *ret = r;
    return err;
}

void hf_memory_report_deinit(hf_memory_report *r)
{
    free((void *)(uintptr_t)r->verdict);
    *r = (hf_memory_report){0};
}
