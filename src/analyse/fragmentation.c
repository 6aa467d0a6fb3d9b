#include "analyse/fragmentation.h"

#include "analyse/native_finding.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAST_HOLES = 2 << 20,
    LEAST_GROWN = 640 << 10, /* below this, noise of the allocator */
    FEW_SURVIVORS = 4,       /* a part as small as this stays, the rest is free */
    POOL = 16 << 10,         /* POOL_SIZE of Objects/obmalloc.c since 3.10 */
    SMALL = 512,             /* SMALL_REQUEST_THRESHOLD */
};

/* Two allocators have holes: Python's own for small blocks, and malloc for all others. */
typedef enum allocator { POOLS, MALLOC } allocator;

static bool is_small(const hf_graph *g, uint32_t object)
{
    return hf_graph_block(g, object) != 0 && hf_graph_block(g, object) <= SMALL &&
           !(g->flags[object] & HF_OBJECT_STATIC);
}

/* As far as addresses tell: free bytes inside pools with live small objects. Objects come in
 * order of address. */
static int64_t guess_holes_in_pools(const hf_graph *g)
{
    uint64_t pool = UINT64_MAX, live = 0, free_bytes = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!is_small(g, i))
            continue;
        if (g->address[i] / POOL != pool) {
            if (pool != UINT64_MAX && live < POOL)
                free_bytes += POOL - live;
            pool = g->address[i] / POOL;
            live = 0;
        }
        live += hf_graph_block(g, i);
    }
    return (int64_t)(free_bytes + (live && live < POOL ? POOL - live : 0));
}

/* Free bytes between live blocks, which the allocator keeps. Of malloc's only where
 * they were measured. */
static int64_t holes(const hf_graph *g, allocator which)
{
    const hf_memory *m = &g->memory;
    if (which == MALLOC)
        return m->measured ? (int64_t)m->parts[HF_MEMORY_MALLOC_FREE] : 0;
    return m->measured && m->arena_count ? (int64_t)m->parts[HF_MEMORY_FREE_BLOCKS]
                                         : guess_holes_in_pools(g);
}

/* How many stretches as large as a pool the newly born objects of a row pin. */
static uint64_t pinned_stretches(const hf_case *c, const hf_growth_row *row, allocator which)
{
    const hf_graph *g = c->timeline->last;
    uint64_t stretches = 0, last = UINT64_MAX;
    for (size_t k = row->first; k < row->first + row->count; k++) {
        uint32_t i = c->growth.born[k];
        if (hf_graph_block(g, i) == 0 || is_small(g, i) != (which == POOLS))
            continue;
        stretches += g->address[i] / POOL != last;
        last = g->address[i] / POOL;
    }
    return stretches;
}

/* Who has the survivors; HF_NO_OBJECT where nobody stands out. */
static uint32_t pinning_owner(const hf_case *c, allocator which)
{
    uint64_t best = 0;
    uint32_t owner = HF_NO_OBJECT;
    for (size_t r = 0; r < c->growth.row_count; r++) {
        const hf_growth_row *row = &c->growth.rows[r];
        uint64_t stretches = hf_owner_is_object(row->owner) ? pinned_stretches(c, row, which) : 0;
        if (stretches > best) {
            best = stretches;
            owner = row->owner;
        }
    }
    return owner;
}

static void add(const hf_case *c, allocator which, int64_t bytes, hf_drafts *out)
{
    hf_native_finding f = {
        .pattern = "fragmentation",
        .fix = "Copy the few objects that outlive a batch into one block (bytes join, array), "
               "make long-lived objects before the batch, or run batches in a child process.",
        .object = pinning_owner(c, which),
        .grown = bytes,
        .confidence = 0.85};
    HF_AUTO(hf_freep)
    char *holder = f.object == HF_NO_OBJECT ? NULL : hf_native_path_to(c, f.object);
    HF_AUTO(hf_buf_deinit) hf_buf path = {0};
    hf_buf_format(&path, "free memory in %s, pinned by survivors in %s",
                  which == POOLS ? "pymalloc arenas" : "heaps of malloc",
                  holder ? holder : "many places");
    f.path = hf_native_copy(&path);
    f.type = strdup(which == POOLS ? "free memory in pools" : "free memory in heaps of malloc");
    hf_native_add(c, &f, out);
}

/* What the suspects grew by so far. */
static int64_t accused_growth(const hf_drafts *drafts)
{
    int64_t sum = 0;
    for (size_t k = 0; k < drafts->count; k++)
        sum += drafts->rows[k].harmless ? 0 : drafts->rows[k].grown;
    return sum;
}

/* Whether holes that came are what the process grew by. Holes in memory that it had all the time
 * are no growth: they are filled again. What leaks lies between what was free soon after: holes
 * come with it, and go with it. */
static bool explains(int64_t more, int64_t grown, int64_t noise, int64_t accused)
{
    return more >= LEAST_HOLES + noise && more * 2 >= grown && grown * 2 >= more &&
           grown >= LEAST_GROWN && accused * FEW_SURVIVORS < more;
}

/* Whether there were more from each snapshot to the next, as far as the time between counts. */
static bool rise(const hf_timeline *t, allocator which)
{
    int64_t before = holes(t->graphs[0], which);
    for (size_t k = 1; k < t->count; k++) {
        int64_t now = holes(t->graphs[k], which);
        if (now <= before && hf_timeline_counts(t, k))
            return false;
        before = now;
    }
    return true;
}

/* By how much Python's pools grew, used or free, and no more than the process; that where they were
 * not measured. A batch that was dropped leaves holes in pools that were there before. */
static int64_t pools_grown(const hf_timeline *t, int64_t grown)
{
    static const hf_memory_part parts[] = {HF_MEMORY_OBJECT_BLOCKS, HF_MEMORY_OTHER_BLOCKS,
                                           HF_MEMORY_FREE_BLOCKS, HF_MEMORY_FREE_POOLS,
                                           HF_MEMORY_POOL_OVERHEAD};
    const hf_memory *first = &t->graphs[0]->memory, *last = &t->last->memory;
    if (!first->measured || !last->measured || !first->arena_count)
        return grown;
    int64_t sum = 0;
    for (size_t k = 0; k < sizeof(parts) / sizeof(*parts); k++)
        sum += (int64_t)last->parts[parts[k]] - (int64_t)first->parts[parts[k]];
    return sum < grown ? sum : grown;
}

bool hf_fragmentation(const hf_case *c, int64_t grown, int64_t noise, hf_drafts *out)
{
    const hf_timeline *t = c->timeline;
    int64_t accused = accused_growth(out);
    int64_t in_pools = holes(t->last, POOLS) - holes(t->graphs[0], POOLS);
    int64_t in_malloc = holes(t->last, MALLOC) - holes(t->graphs[0], MALLOC);
    if (explains(in_pools, pools_grown(t, grown), noise, accused)) {
        add(c, POOLS, in_pools, out);
        return true;
    }
    /* malloc's heaps breathe more: there must be somebody who keeps, and they must rise
     * all the time. */
    if (accused > 0 && explains(in_malloc, grown, noise, accused) && rise(t, MALLOC) &&
        pinning_owner(c, MALLOC) != HF_NO_OBJECT) {
        add(c, MALLOC, in_malloc, out);
        return true;
    }
    return false;
}

void hf_fragmentation_opinion(const hf_case *c, int64_t whole, hf_drafts *out)
{
    enum { LEAST_FREE = 6 << 20, PART = 3 };
    int64_t bytes = holes(c->timeline->last, POOLS);
    if (bytes >= LEAST_FREE && bytes * PART >= whole)
        add(c, POOLS, bytes, out);
}
