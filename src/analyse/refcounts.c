#include "analyse/refcounts.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* What an idle interpreter shows on 3.9 to 3.15. What C alone keeps alive is left out only where it
 * is a handful: methods that are being called, what a call reads into, the name of the program. */
const hf_surplus_reason hf_surplus_reasons[] = {
    {"names that C code keeps in variables (_Py_Identifier, before 3.12)", "str", UINT64_MAX,
     .before_version = 0x030c0000, .interned = true, .reached = true},
    {"names in tables of C code (before 3.12)", "str", 2, 1000, 0x030c0000, .reached = true},
    {"names that C code has, as that of the program", "str", 1, 16},
    {"numbers that C code has", "int", 1, 16},
    {"names that modules written in C have interned", "str", 8, .interned = true, .reached = true},
    {"the ring of an lru_cache owns each of its links", "functools._lru_list_elem", 1,
     .reached = true},
    {"classes in the state of modules written in C", "type", 4, .reached = true},
    {"methods of C that are being called", "builtin_function_or_method", 1, 64},
    {"methods of C that are being called", "builtin_method", 1, 64}, /* 3.15 */
    {"buffers of files that are being read", "memoryview", 2, 64},
    {"buffers of files that are being read", "bytes", 1, 4},
    {"what the compiler keeps of the script that runs (PyArena)", "list", 1, 2},
    {"small numbers, of which there is one each (before 3.12)", "int", UINT64_MAX, 300, 0x030c0000,
     .reached = true},
    {"few of a type, with one or two: arguments of calls of C under way, state of modules", NULL, 2,
     64, .reached = true},
    {0},
};

enum { REASONS = sizeof(hf_surplus_reasons) / sizeof(*hf_surplus_reasons) };

/* Whether a root owns a reference. Up to 3.10 a running call's locals are references
 * of its frame. */
static bool root_owns(const hf_graph *g, const hf_root *root)
{
    switch (root->kind) {
    case HF_ROOT_INTERPRETER: /* a word that is no known member may be left over from before */
        return strcmp(hf_strtab_get(&g->names, root->name), "interpreter state") != 0;
    case HF_ROOT_STATIC_TYPE:
        return true;
    case HF_ROOT_LOCAL: /* what is on the stack no frame object tells while it runs */
        return g->info.python.version_hex >= 0x030b0000 ||
               !strcmp(hf_strtab_get(&g->names, root->name), "evaluation stack");
    case HF_ROOT_THREAD:
        return g->info.python.version_hex >= 0x030b0000 || !root->place ||
               !strcmp(hf_strtab_get(&g->names, root->name), "frame");
    default: /* of a module sys.modules, of a word in a binary nobody knows */
        return false;
    }
}

static bool is_compared(const hf_graph *g, uint32_t object)
{
    return hf_graph_refcount(g, object) >= 0 &&
           !(g->flags[object] & (HF_OBJECT_STATIC | HF_OBJECT_IMMORTAL));
}

/* of_type: objects of its type that have a surplus, and are reached or not as it is. */
static const hf_surplus_reason *reason_for(const hf_graph *g, uint32_t object, uint64_t surplus,
                                           bool reached, uint64_t of_type)
{
    const char *title = hf_graph_type_name(g, object);
    for (const hf_surplus_reason *r = hf_surplus_reasons; r->reason; r++)
        if ((!r->type || !strcmp(r->type, title)) && surplus <= r->most &&
            (!r->objects || of_type <= r->objects) &&
            (!r->before_version || g->info.python.version_hex < r->before_version) &&
            (!r->interned || g->flags[object] & HF_OBJECT_INTERNED) && (!r->reached || reached))
            return r;
    return NULL;
}

static uint32_t *count_roots(const hf_graph *g)
{
    uint32_t *found = calloc((size_t)g->object_count + 1, sizeof(*found));
    for (uint32_t i = 0; found && i < g->root_count; i++)
        found[g->roots[i].target] += root_owns(g, &g->roots[i]);
    return found;
}

static hf_refcount_balance balance_of(const hf_graph *g, const uint32_t *roots, uint32_t object)
{
    hf_refcount_balance b = {.counted = hf_graph_refcount(g, object),
                             .from_objects = g->source_start[object + 1] - g->source_start[object],
                             .from_roots = roots[object],
                             .compared = is_compared(g, object)};
    uint64_t found = b.from_objects + b.from_roots;
    if (b.compared && (uint64_t)b.counted > found)
        b.surplus = (uint64_t)b.counted - found;
    return b;
}

/* From 3.14 on builds without a GIL leave references of stacks out of the counts of functions,
 * code, modules and classes (PEP 703, deferred counting). */
static bool counts_are_partial(const hf_graph *g)
{
    return g->info.python.free_threaded && g->info.python.version_hex >= 0x030e0000;
}

static int most_first(const void *a, const void *b)
{
    const hf_surplus_row *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    if (x->references != y->references)
        return x->references > y->references ? -1 : 1;
    return (x->type > y->type) - (x->type < y->type);
}

static void add_to_row(hf_surplus_row *row, const hf_dominators *d, uint32_t object,
                       uint64_t surplus)
{
    bool alone = d->reach[object] == HF_REACH_C;
    row->objects++;
    row->references += surplus;
    if (surplus > row->most) {
        row->most = surplus;
        row->example = object;
    }
    row->alone += alone;
    /* What another one keeps is in that one's bytes. */
    if (alone && d->parent[object] >= d->count)
        row->retained += d->retained[object];
}

/* Where the number stands of objects of this one's type that have a surplus and are kept by
 * something else, or are not, as this one. */
static size_t tally_of(const hf_graph *g, const hf_dominators *d, uint32_t object)
{
    return 2 * (size_t)g->type[object] + (d->reach[object] == HF_REACH_ROOT);
}

static uint64_t *count_by_type(const hf_graph *g, const hf_dominators *d, const uint32_t *roots)
{
    uint64_t *counts = calloc(2 * (size_t)g->type_count + 1, sizeof(*counts));
    for (uint32_t i = 0; counts && i < g->object_count; i++)
        counts[tally_of(g, d, i)] += balance_of(g, roots, i).surplus != 0;
    return counts;
}

static void gather(const hf_graph *g, const hf_dominators *d, const uint32_t *roots,
                   const uint64_t *of_type, const hf_filter *filter, bool all, hf_refcounts *r)
{
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!hf_filter_accepts(g, filter, g->type[i]))
            continue;
        hf_refcount_balance b = balance_of(g, roots, i);
        r->compared += b.compared;
        r->immortal += hf_graph_refcount(g, i) < 0;
        if (!b.surplus)
            continue;
        const hf_surplus_reason *reason =
            reason_for(g, i, b.surplus, d->reach[i] == HF_REACH_ROOT, of_type[tally_of(g, d, i)]);
        if (reason) {
            r->explained++;
            r->explained_references += b.surplus;
            r->reasons[reason - hf_surplus_reasons]++;
        }
        if (!reason || all)
            add_to_row(&r->rows[g->type[i]], d, i, b.surplus);
    }
}

hf_err *hf_refcounts_find(hf_graph *g, const hf_dominators *d, const hf_filter *filter, bool all,
                          hf_refcounts *ret)
{
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    HF_AUTO(hf_freep) uint32_t *roots = count_roots(g);
    HF_AUTO(hf_freep) uint64_t *of_type = roots ? count_by_type(g, d, roots) : NULL;
    hf_refcounts r = {.rows = calloc((size_t)g->type_count + 1, sizeof(*r.rows)),
                      .reasons = calloc(REASONS, sizeof(*r.reasons)),
                      .cannot_tell = counts_are_partial(g)};
    if (!of_type || !r.rows || !r.reasons) {
        hf_refcounts_deinit(&r);
        return hf_fail_memory();
    }
    if (!r.cannot_tell)
        gather(g, d, roots, of_type, filter, all, &r);
    for (uint32_t t = 0; t < g->type_count; t++) {
        hf_surplus_row row = r.rows[t];
        if (!row.objects)
            continue;
        row.type = t;
        r.objects += row.objects;
        r.references += row.references;
        r.retained += row.retained;
        r.rows[r.count++] = row;
    }
    qsort(r.rows, r.count, sizeof(*r.rows), most_first);
    *ret = r;
    return NULL;
}

void hf_refcounts_deinit(hf_refcounts *r)
{
    free(r->rows);
    free(r->reasons);
    *r = (hf_refcounts){0};
}

hf_err *hf_refcounts_of(hf_graph *g, const hf_dominators *d, uint32_t object,
                        hf_refcount_balance *ret)
{
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    HF_AUTO(hf_freep) uint32_t *roots = count_roots(g);
    HF_AUTO(hf_freep) uint64_t *of_type = roots ? count_by_type(g, d, roots) : NULL;
    if (!of_type)
        return hf_fail_memory();
    *ret = balance_of(g, roots, object);
    bool reached = d->reach[object] == HF_REACH_ROOT;
    ret->compared &= !counts_are_partial(g);
    ret->surplus = ret->compared ? ret->surplus : 0;
    ret->reason =
        ret->surplus ? reason_for(g, object, ret->surplus, reached, of_type[tally_of(g, d, object)])
                     : NULL;
    return NULL;
}
