#include "analyse/filling.h"

#include "analyse/shape.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/huge.h"
#include "base/map.h"

#include <math.h>

enum {
    PART = 14,        /* a part of memory is as large as a pool of pymalloc, 16 KiB since 3.10 */
    MEMBERS = 8,      /* of each on average: of fewer it cannot be told where they lie */
    RUNS = 4,         /* ... or so many runs of each, where memory is full of them */
    TIMES_AS_MANY = 3 /* parts as members that came in one go would be in */
};

#define WIDE \
    0.5 /* of the whole order: 1 where members lie in all of it alike, 0 where in one place */

/* Collections of one shape below one top. */
typedef struct group {
    uint32_t top, type;        /* type: of the members that are looked at */
    uint64_t collections;      /* that have such members */
    uint64_t length;           /* of all: members, looked at or not */
    uint64_t members, bytes;   /* looked at */
    uint64_t parts, own_parts; /* of memory: with a member of any; the sum for each of them */
    uint64_t runs;             /* of members in order of address that one collection has */
    uint64_t part;             /* the last */
    uint32_t last;             /* who had the last member */
    double width;              /* sum over members of how widely those of their collection lie */
    double expected;           /* parts that the members of each would be in, came they in one go */
} group;

/* One collection. */
typedef struct filled {
    uint32_t object, group;
    uint32_t members;
    uint64_t part, parts;
    double ranks, squares; /* of the places of its members in the order of all of the group */
} filled;

typedef struct filling {
    const hf_graph *g;
    const hf_dominators *d;
    uint32_t *number; /* of each object: 1 + its place in `rows`; 0: it is not chosen */
    filled *rows;
    group *groups;
    size_t count, capacity, group_count, group_capacity;
} filling;

static void filling_deinit(filling *f)
{
    hf_large_free(f->number);
    free(f->rows);
    free(f->groups);
}

static bool add(filling *f, hf_map *by_shape, uint32_t object, uint64_t shape, uint32_t top)
{
    uint32_t at = hf_map_get(by_shape, shape);
    if (at == HF_MAP_NONE) {
        at = (uint32_t)f->group_count;
        if (!hf_map_put(by_shape, shape, at) ||
            !hf_array_room(&f->groups, f->group_count, &f->group_capacity))
            return false;
        f->groups[f->group_count++] = (group){.top = top, .type = UINT32_MAX, .last = UINT32_MAX};
    }
    if (!hf_array_room(&f->rows, f->count, &f->capacity))
        return false;
    f->rows[f->count++] = (filled){.object = object, .group = at};
    f->groups[at].length += hf_graph_length(f->g, object);
    f->number[object] = (uint32_t)f->count;
    return true;
}

static bool find_groups(filling *f, const uint8_t *chosen)
{
    HF_AUTO(hf_map_deinit) hf_map by_shape;
    hf_map_init(&by_shape);
    HF_AUTO(hf_large_freep) uint64_t *edge_to = hf_shape_edges(f->g, f->d);
    f->number = hf_large_calloc((uint64_t)f->g->object_count + 1, sizeof(*f->number));
    if (!edge_to || !f->number)
        return false;
    for (uint32_t i = 0; i < f->g->object_count; i++) {
        uint32_t top = HF_NO_OBJECT;
        uint64_t shape = chosen[i] ? hf_shape_below_all(f->g, f->d, edge_to, i, &top) : 0;
        if (top != HF_NO_OBJECT && !add(f, &by_shape, i, shape, top))
            return false;
    }
    return true;
}

/* The one member after the other, as they lie in memory. Keys, values and what hangs on them are
 * of several sizes: one type of all is looked at, that of the first. */
static void go_through_members(filling *f)
{
    for (uint32_t i = 0; i < f->g->object_count; i++) {
        uint32_t holder = f->d->parent[i];
        if (holder >= f->d->count || !f->number[holder])
            continue;
        filled *row = &f->rows[f->number[holder] - 1];
        group *all = &f->groups[row->group];
        if (all->type == UINT32_MAX)
            all->type = f->g->type[i];
        if (f->g->type[i] != all->type)
            continue;
        uint64_t part = (f->g->address[i] >> PART) + 1;
        all->parts += part != all->part;
        row->parts += part != row->part;
        all->runs += holder != all->last;
        all->part = row->part = part;
        all->last = holder;
        double rank = (double)all->members++;
        all->bytes += hf_graph_block(f->g, i);
        row->members++;
        row->ranks += rank;
        row->squares += rank * rank;
    }
}

/* How widely the members of one lie: the standard deviation of their places, beside that of all
 * places. */
static double width_of(const filled *row, const group *all)
{
    const double of_all = (double)all->members / sqrt(12);
    double mean = row->ranks / row->members;
    double variance = row->squares / row->members - mean * mean;
    return variance > 0 ? sqrt(variance) / of_all : 0;
}

static void sum_up(filling *f)
{
    for (size_t k = 0; k < f->count; k++) {
        const filled *row = &f->rows[k];
        group *all = &f->groups[row->group];
        if (!row->members)
            continue;
        all->collections++;
        all->own_parts += row->parts;
        all->width += row->members * width_of(row, all);
        all->expected += 1 + row->members * ((double)all->parts / (double)all->members);
    }
}

/* In memory that was full of holes members lie far apart that came in one go: then they have to be
 * in more parts than so many would be anyway. Where memory is full of them it is enough that others
 * came in between. */
static bool is_side_by_side(const group *all)
{
    enum { FULL = 4 };
    if (all->collections < 2 || all->members * 2 < all->length ||
        all->members < MEMBERS * all->collections || all->width < WIDE * (double)all->members)
        return false;
    bool full = all->bytes * FULL >= all->parts << PART;
    return full ? all->runs >= RUNS * all->collections
                : (double)all->own_parts >= TIMES_AS_MANY * all->expected;
}

bool hf_filled_side_by_side(const hf_graph *g, const hf_dominators *d, uint8_t *chosen,
                            uint32_t *ret_top)
{
    HF_AUTO(filling_deinit) filling f = {.g = g, .d = d};
    if (!find_groups(&f, chosen))
        return false;
    go_through_members(&f);
    sum_up(&f);
    for (uint32_t i = 0; i < g->object_count; i++)
        chosen[i] = chosen[i] && f.number[i];
    for (size_t k = 0; k < f.count; k++) {
        const group *all = &f.groups[f.rows[k].group];
        chosen[f.rows[k].object] = is_side_by_side(all);
        ret_top[f.rows[k].object] = all->top;
    }
    return true;
}
