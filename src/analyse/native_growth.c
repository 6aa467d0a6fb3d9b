#include "analyse/native_growth.h"

#include "analyse/turnover.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAST_STEADY = 320 << 10, /* libraries have set up by then what they need for a first call */
    LEAST_SHOWN = 128 << 10,
    FAIR_SHARE = 4, /* of what it grows by in such a time on average: then it grew */
};

/* For each block that tracemalloc notes an entry of a table and its numbers, from malloc (48 + 32
 * bytes), and up to five buckets. */
enum { NOTE = 120 };

int64_t hf_native_notes(const hf_graph *g)
{
    uint64_t blocks = g->info.check.traced_blocks;
    return blocks < INT64_MAX / NOTE ? (int64_t)blocks * NOTE : 0;
}

static int64_t parts_of(const hf_graph *g, const hf_memory_part *parts, size_t count)
{
    int64_t sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += (int64_t)g->memory.parts[parts[k]];
    return sum;
}

static int64_t native_bytes(const hf_graph *g)
{
    static const hf_memory_part parts[] = {HF_MEMORY_MALLOC_NATIVE, HF_MEMORY_MAPPED_NATIVE,
                                           HF_MEMORY_FOREIGN, HF_MEMORY_MALLOC_UNKNOWN};
    return parts_of(g, parts, sizeof(parts) / sizeof(*parts)) - hf_native_notes(g);
}

static int64_t kept_by_malloc(const hf_graph *g)
{
    static const hf_memory_part parts[] = {HF_MEMORY_MALLOC_FREE, HF_MEMORY_MALLOC_CACHED,
                                           HF_MEMORY_MALLOC_TOP};
    return parts_of(g, parts, sizeof(parts) / sizeof(*parts));
}

static bool is_measured(const hf_timeline *t)
{
    for (size_t k = 0; k < t->count; k++)
        if (!t->graphs[k]->memory.measured)
            return false;
    return true;
}

int64_t hf_native_grown(const hf_timeline *t)
{
    return is_measured(t) ? native_bytes(t->last) - native_bytes(t->graphs[0]) : 0;
}

/* Intervals in which it grew by a fair share; SIZE_MAX where it fell, or came in one leap. */
static size_t growing_intervals(const hf_timeline *t, int64_t grown)
{
    size_t count = 0;
    for (size_t k = 1; k < t->count; k++) {
        int64_t more = native_bytes(t->graphs[k]) - native_bytes(t->graphs[k - 1]);
        double part = (t->when[k] - t->when[k - 1]) / hf_timeline_seconds(t);
        if (more * 8 < -grown || more * 4 > grown * 3)
            return SIZE_MAX;
        count += hf_timeline_counts(t, k) && (double)more * FAIR_SHARE >= part * (double)grown;
    }
    return count;
}

/* Whether as much was there before and was freed: it found its place in what malloc kept free, or
 * the process was as large once. It is not much more than that: what has grown for long is many
 * times what it grows by in one look. */
static bool was_larger_before(const hf_timeline *t, const hf_native_growth *n)
{
    enum { LOOKS = 16, PART = 3 };
    const hf_snapshot_info *first = &t->graphs[0]->info;
    int64_t filled = kept_by_malloc(t->graphs[0]) - kept_by_malloc(t->last);
    int64_t less = first->peak ? (int64_t)first->peak - (int64_t)(first->rss + first->swap) : 0;
    return n->now < LOOKS * n->bytes && (filled * PART >= n->bytes || less * 2 >= n->bytes);
}

/* As hf_is_young() has it, of memory in place of an object. */
static bool is_young(const hf_case *c, const hf_native_growth *n)
{
    enum { SHORT_LOOK = 20, LOOKS = 4, TIMES = 10, LONG_TIMES = 50 };
    double age = (double)c->timeline->graphs[0]->info.age * 1e-9;
    double filled = (double)(n->now - n->bytes) * c->seconds / (double)n->bytes;
    double times = filled < LOOKS * c->seconds ? TIMES : LONG_TIMES;
    return c->seconds < SHORT_LOOK && age > times * (filled + c->seconds);
}

static bool may_own(const hf_case *c, uint32_t type)
{
    uint8_t species = c->species[type];
    return species == HF_SPECIES_NATIVE || species == HF_SPECIES_DATABASE ||
           hf_species_is_foreign(c->timeline->last, c->species, type);
}

/* How many objects of a type of the last graph there were at first. */
static uint64_t count_at_first(const hf_graph *first, const uint64_t *by_type, uint64_t address)
{
    for (uint32_t k = 0; k < first->type_count; k++)
        if (first->types[k].address == address)
            return by_type[k];
    return 0;
}

static uint64_t *count_by_type(const hf_graph *g)
{
    uint64_t *count = calloc((size_t)g->type_count + 1, sizeof(*count));
    for (uint32_t i = 0; count && i < g->object_count; i++)
        count[g->type[i]]++;
    return count;
}

/* Whether objects that may have it come and go, and are now more by as large a part as it grew by:
 * a queue of frames that is longer at noon. Without memory nothing is known. */
static bool comes_and_goes(const hf_case *c, const hf_native_growth *n)
{
    enum { NOTABLE = 4, FEW = 8 };
    const hf_timeline *t = c->timeline;
    HF_AUTO(hf_freep) uint64_t *before = count_by_type(t->graphs[0]);
    HF_AUTO(hf_freep) uint64_t *now = count_by_type(t->last);
    HF_AUTO(hf_freep) uint64_t *born = calloc((size_t)t->last->type_count + 1, sizeof(*born));
    for (uint32_t i = 0; born && i < t->last->object_count; i++)
        born[t->last->type[i]] += !hf_timeline_is_old(t, i);
    for (uint32_t k = 0; before && now && born && k < t->last->type_count; k++) {
        if (born[k] < FEW || !may_own(c, k))
            continue;
        uint64_t old = count_at_first(t->graphs[0], before, t->last->types[k].address);
        uint64_t more = now[k] > old ? now[k] - old : 0,
                 died = born[k] - (more < born[k] ? more : born[k]);
        double part = (double)more / (double)now[k], grown = (double)n->bytes / (double)n->now;
        if (more >= FEW && died * NOTABLE >= born[k] && part * 2 >= grown)
            return true;
    }
    return false;
}

hf_native_growth hf_native_growth_of(const hf_case *c)
{
    const hf_timeline *t = c->timeline;
    hf_native_growth n = {.measured = is_measured(t)};
    if (!n.measured)
        return n;
    n.now = native_bytes(t->last);
    n.bytes = n.now - native_bytes(t->graphs[0]);
    if (n.bytes < LEAST_SHOWN)
        return n;
    size_t intervals = hf_timeline_intervals(t), grew = growing_intervals(t, n.bytes);
    if (intervals < 2 || grew == SIZE_MAX)
        return n;
    bool much = n.bytes >= LEAST_STEADY;
    n.steady = intervals >= 3 && grew == intervals;
    n.now_and_then = n.steady || (much && grew >= 2);
    n.may_end = n.now_and_then &&
                (!much || was_larger_before(t, &n) || is_young(c, &n) || comes_and_goes(c, &n));
    return n;
}

bool hf_native_is_share_of(const hf_case *c, const hf_native_growth *n, uint64_t count,
                           uint32_t type)
{
    enum { TWO = 2, MANY = 16 };
    uint64_t all = type == UINT32_MAX ? 0 : c->held_last[type];
    if (!n->now_and_then || n->may_end || count < TWO || all < MANY ||
        n->now * 2 < hf_anonymous_bytes(c->timeline->last))
        return false;
    double part = (double)count / (double)all, grown = (double)n->bytes / (double)n->now;
    return part * 2 >= grown && grown * 2 >= part;
}

bool hf_native_is_passing(const hf_case *c, const hf_native_growth *n, uint32_t holder,
                          uint32_t type, bool *ret_explains)
{
    const double most = 0.5;
    double kept = hf_turnover_kept_least(c->timeline, holder);
    if (kept < 0 || kept >= most) /* -1: not known, for lack of memory */
        return false;
    double now = (double)c->held_last[type];
    double more = now - (double)count_at_first(c->timeline->graphs[0], c->held_first,
                                               c->timeline->last->types[type].address);
    *ret_explains =
        n->measured && n->now > 0 && more * 2 * (double)n->now >= now * (double)n->bytes;
    return true;
}
