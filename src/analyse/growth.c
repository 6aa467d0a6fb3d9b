#include "analyse/growth.h"

#include "analyse/attributes.h"
#include "analyse/branches.h"
#include "analyse/buffer_home.h"
#include "analyse/buffer_room.h"
#include "analyse/records.h"
#include "analyse/shape.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/huge.h"
#include "base/map.h"

#include <string.h>

/* Caches of the interpreter and of a service breathe by some ten KB; where much is born and dies,
 * by a part of that. */
enum {
    LEAST_GROWTH = 48 << 10,
    CHURN_THAT_SHOWS = 100,
    UPWARDS = 24, /* dominators looked at */
};

/* Rows by owner while they are filled. */
typedef struct ledger {
    hf_map row_of; /* owner -> row */
    hf_growth_row *rows;
    size_t count, capacity;
} ledger;

/* Who has by a name what nobody dominates: see find_heirs(). */
typedef struct heirs {
    hf_map of_born, of_dead; /* object of the last, of the first graph -> object of the last */
} heirs;

static void heirs_deinit(heirs *h)
{
    hf_map_deinit(&h->of_born);
    hf_map_deinit(&h->of_dead);
}

static hf_growth_row *row_for(ledger *l, uint32_t owner)
{
    uint32_t number = hf_map_get(&l->row_of, owner);
    if (number != HF_MAP_NONE)
        return &l->rows[number];
    if (!hf_array_room(&l->rows, l->count, &l->capacity) ||
        !hf_map_put(&l->row_of, owner, (uint32_t)l->count))
        return NULL;
    l->rows[l->count] = (hf_growth_row){.owner = owner, .owners = 1, .collection = HF_NO_OBJECT};
    return &l->rows[l->count++];
}

static void ledger_deinit(ledger *l)
{
    hf_map_deinit(&l->row_of);
    free(l->rows);
}

typedef struct grower {
    uint32_t object;
    uint64_t more;
} grower;

static int by_more(const void *a, const void *b)
{
    const grower *x = a, *y = b;
    if (x->more != y->more)
        return x->more < y->more ? 1 : -1;
    return x->object < y->object ? -1 : x->object > y->object;
}

/* Containers that became longer, those that did most first. False without memory. */
static bool list_growers(const hf_timeline *t, grower **ret, size_t *ret_count)
{
    const hf_graph *g = t->last;
    size_t capacity = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint64_t length = hf_timeline_is_old(t, i) ? hf_graph_length(g, i) : 0;
        uint64_t before = length ? hf_timeline_length(t, 0, i) : 0;
        if (length <= before)
            continue;
        if (!hf_array_room(ret, *ret_count, &capacity))
            return false;
        (*ret)[(*ret_count)++] = (grower){i, length - before};
    }
    if (*ret_count)
        qsort(*ret, *ret_count, sizeof(**ret), by_more);
    return true;
}

/* Goes from the containers that became longer through newly born objects, breadth first: for each
 * of those the container that is nearest. False without memory. */
static bool find_nearest(const hf_timeline *t, uint32_t *nearest)
{
    const hf_graph *g = t->last;
    HF_AUTO(hf_freep) grower *growers = NULL;
    HF_AUTO(hf_freep) uint32_t *queue = NULL;
    size_t count = 0, tail = 0, capacity = 0;
    if (!list_growers(t, &growers, &count) || !hf_array_reserve(&queue, count, &capacity))
        return false;
    for (; tail < count; tail++) {
        queue[tail] = growers[tail].object;
        nearest[queue[tail]] = queue[tail];
    }
    for (size_t head = 0; head < tail; head++) {
        uint32_t i = queue[head];
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++) {
            uint32_t j = g->edge_target[e];
            if (nearest[j] != HF_NO_OBJECT || hf_timeline_is_old(t, j) || !hf_graph_holds(g, e))
                continue;
            if (!hf_array_room(&queue, tail, &capacity))
                return false;
            nearest[j] = nearest[i];
            queue[tail++] = j;
        }
    }
    return true;
}

/* The caller frees it (hf_large_free()); NULL without memory. */
static uint32_t *nearest_growers(const hf_timeline *t)
{
    uint32_t n = t->last->object_count;
    uint32_t *nearest = hf_large_malloc((uint64_t)n + 1, sizeof(*nearest));
    if (!nearest)
        return NULL;
    memset(nearest, 0xff, (size_t)n * sizeof(*nearest));
    if (find_nearest(t, nearest))
        return nearest;
    hf_large_free(nearest);
    return NULL;
}

/* What the object had at first by the name of this edge, if it was a smaller value of the same
 * type; else HF_NO_OBJECT. */
static uint32_t smaller_before(const hf_timeline *t, uint32_t object, uint64_t e)
{
    const hf_graph *g = t->last, *first = t->graphs[0];
    uint32_t now = g->edge_target[e], then = hf_timeline_at_place(t, 0, object, e);
    bool smaller = then != HF_NO_OBJECT &&
                   hf_graph_shallow(first, then) < hf_graph_shallow(g, now) &&
                   strcmp(hf_graph_type_name(first, then), hf_graph_type_name(g, now)) == 0;
    return smaller ? then : HF_NO_OBJECT;
}

static uint64_t references_of(const hf_graph *g, uint32_t object)
{
    return g->edge_start[object + 1] - g->edge_start[object];
}

/* Each name is looked for among all, which is no way to go through a large collection. */
static bool has_names(const hf_timeline *t, uint32_t object)
{
    enum { MOST = 4096 };
    uint32_t then = t->was[0][object];
    return then != HF_NO_OBJECT && hf_timeline_is_old(t, object) &&
           references_of(t->last, object) <= MOST && references_of(t->graphs[0], then) <= MOST;
}

/* A large value that is replaced by a larger one again and again
 * (`history = append(history, more)`) may be in the hands of a running call as well, and have no
 * dominator: who has it by a name is the heir of both. */
static bool find_heirs(const hf_timeline *t, heirs *h)
{
    enum { LARGE = 4096 };
    const hf_graph *g = t->last;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (!has_names(t, i))
            continue;
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++) {
            uint32_t value = g->edge_target[e];
            if (hf_timeline_is_old(t, value) || !hf_graph_holds(g, e) ||
                hf_graph_shallow(g, value) < LARGE)
                continue;
            uint32_t then = smaller_before(t, i, e);
            if (then != HF_NO_OBJECT &&
                (!hf_map_put(&h->of_born, value, i) || !hf_map_put(&h->of_dead, then, i)))
                return false;
        }
    }
    return true;
}

static uint32_t owner_without_holder(const hf_dominators *d, uint32_t object)
{
    if (d->reach[object] == HF_REACH_GARBAGE)
        return HF_OWNER_GARBAGE;
    return d->reach[object] == HF_REACH_C ? HF_OWNER_C : HF_OWNER_ROOTS;
}

/* Who inherits an object that no one object dominates, or what its reach says. */
static uint32_t heir_of(const hf_map *of, const hf_dominators *d, uint32_t object)
{
    uint32_t heir = d->reach[object] == HF_REACH_ROOT ? hf_map_get(of, object) : HF_MAP_NONE;
    return heir == HF_MAP_NONE ? owner_without_holder(d, object) : heir;
}

/* Charges what is kept about an object, and all below that, to whom the object is charged to. */
static void charge_records(const hf_timeline *t, const hf_dominators *d, const uint32_t *record_of,
                           uint32_t *owner)
{
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k];
        if (hf_timeline_is_old(t, i))
            continue;
        uint32_t parent = d->parent[i];
        if (record_of[i] != HF_NO_OBJECT && owner[record_of[i]] < d->count)
            owner[i] = owner[record_of[i]];
        else if (parent < d->count && !hf_timeline_is_old(t, parent))
            owner[i] = owner[parent];
    }
}

/* By type: whether its objects are parts of what has them and own nothing themselves.
 * A full lru_cache uses the link of the oldest entry for the newest (Modules/_functoolsmodule.c,
 * bounded_lru_cache_wrapper()). */
static uint8_t *types_of_parts(hf_graph *g)
{
    static const char *const links[] = {"functools._lru_list_elem"};
    return hf_types_named(g, links, 1);
}

/* Whether an old object stands for its holder: as a part of it, or since only a newborn one has it
 * and it held nothing that could tell it from another one at the same place. */
static bool belongs_to_holder(const hf_timeline *t, const hf_dominators *d, const uint8_t *is_part,
                              uint32_t object)
{
    uint32_t holder = d->parent[object];
    if (holder >= d->count)
        return false;
    return is_part[t->last->type[object]] ||
           (!hf_timeline_is_old(t, holder) && hf_timeline_length(t, 0, object) == 0);
}

/* Fills owner[] for the objects that were born; the others own themselves, but for parts. */
static bool charge_births(const hf_timeline *t, const hf_dominators *d, const uint64_t *edge_to,
                          const heirs *h, const uint32_t *record_of, uint32_t *owner)
{
    HF_AUTO(hf_large_freep) uint32_t *nearest = nearest_growers(t);
    HF_AUTO(hf_freep) uint8_t *is_part = types_of_parts(t->last);
    if (!nearest || !is_part)
        return false;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k];
        uint32_t parent = d->parent[i];
        if (hf_timeline_is_old(t, i)) {
            owner[i] = belongs_to_holder(t, d, is_part, i) ? owner[parent] : i;
        } else if (parent < d->count && !hf_timeline_is_old(t, parent)) {
            owner[i] = owner[parent];
        } else if (parent < d->count && edge_to[i] != HF_NO_EDGE) {
            owner[i] = owner[parent];
        } else if (nearest[i] != HF_NO_OBJECT && d->reach[i] == d->reach[nearest[i]]) {
            owner[i] = nearest[i];
        } else {
            owner[i] = parent < d->count ? owner[parent] : heir_of(&h->of_born, d, i);
        }
    }
    charge_records(t, d, record_of, owner);
    return true;
}

static int64_t room_at(const hf_timeline *t, size_t k, uint32_t object, hf_buffer_kind kind)
{
    uint32_t then = t->was[k][object];
    return then == HF_NO_OBJECT ? 0 : (int64_t)hf_buffer_room(t->graphs[k], then, kind);
}

/* By how much an old object itself became larger. */
static int64_t change_of(const hf_timeline *t, uint32_t object)
{
    return (int64_t)hf_graph_shallow(t->last, object) - (int64_t)hf_timeline_shallow(t, 0, object);
}

/* Room that a buffer made is not filled yet, and what is filled was often made before: by how much
 * less of it there is. */
static int64_t room_filled(const hf_timeline *t, uint32_t object, hf_buffer_kind kind)
{
    return kind ? room_at(t, 0, object, kind) - room_at(t, t->count - 1, object, kind) : 0;
}

static bool book_births(const hf_timeline *t, const uint32_t *owner, const uint8_t *kinds,
                        ledger *l)
{
    for (uint32_t i = 0; i < t->last->object_count; i++) {
        int64_t bytes = (int64_t)hf_graph_shallow(t->last, i), filled = 0;
        if (hf_timeline_is_old(t, i)) {
            filled = room_filled(t, i, kinds[t->last->type[i]]);
            bytes = change_of(t, i) + filled;
            if (bytes == 0)
                continue;
        }
        hf_growth_row *row = row_for(l, owner[i]);
        if (!row)
            return false;
        if (hf_timeline_is_old(t, i)) {
            row->own_bytes += bytes;
            row->filled_room += filled;
        } else {
            row->born_bytes += bytes;
            row->born_objects++;
        }
    }
    return true;
}

/* What died since the first snapshot, charged to its nearest dominator that still lives. */
static bool book_deaths(const hf_timeline *t, const hf_dominators *d, const heirs *h, ledger *l)
{
    HF_AUTO(hf_large_freep)
    uint32_t *owner = hf_large_malloc((uint64_t)d->count + 1, sizeof(*owner));
    HF_AUTO(hf_freep) uint8_t *is_part = types_of_parts(t->graphs[0]);
    if (!owner || !is_part)
        return false;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k];
        uint32_t now = t->now_of[i], parent = d->parent[i];
        if (now != HF_NO_OBJECT) {
            owner[i] = is_part[t->graphs[0]->type[i]] && parent < d->count ? owner[parent] : now;
            continue;
        }
        owner[i] = parent < d->count ? owner[parent] : heir_of(&h->of_dead, d, i);
        hf_growth_row *row = row_for(l, owner[i]);
        if (!row)
            return false;
        row->died_bytes += (int64_t)hf_graph_shallow(t->graphs[0], i);
        row->died_objects++;
    }
    return true;
}

static void join(hf_growth_row *sum, const hf_growth_row *row, int64_t *best)
{
    int64_t net = hf_growth_net(row);
    hf_growth_add(sum, row);
    if (net > *best) {
        *best = net;
        sum->owner = row->owner;
        sum->owner_net = row->owner_net;
    }
}

/* What rows are joined by. */
typedef struct shapes {
    const hf_timeline *timeline;
    const hf_dominators *dominators;
    const uint64_t *edge_to;
    hf_buffer_homes homes;
} shapes;

static void shapes_deinit(shapes *s)
{
    hf_buffer_homes_deinit(&s->homes);
}

typedef uint64_t (*shape_function)(const hf_graph *, const hf_dominators *, const uint64_t *,
                                   uint32_t, uint32_t *);

/* Buffers that others have as well are of one shape where they are entries of one collection:
 * those alone, since nothing is charged to them but what they are longer. Of one shape are also
 * variables of coroutines whose tasks are in one collection. */
static bool find_shape(shapes *s, shape_function shape_of, hf_growth_row *row, uint64_t *ret)
{
    const hf_graph *g = s->timeline->last;
    *ret = shape_of(g, s->dominators, s->edge_to, row->owner, &row->collection);
    if (row->trees)
        *ret = ~*ret; /* and what its highest node has beside it is another thing */
    if (row->collection != HF_NO_OBJECT || row->trees)
        return true;
    if (!hf_buffer_home(&s->homes, row->owner, &row->collection))
        return false;
    if (row->collection != HF_NO_OBJECT) {
        *ret = hf_shape_of_entry(g, row->owner, row->collection);
        return true;
    }
    uint32_t calls = HF_NO_OBJECT;
    uint64_t shape = hf_shape_of_local(g, s->dominators, s->edge_to, row->owner, &calls);
    if (calls != HF_NO_OBJECT && hf_timeline_is_old(s->timeline, calls)) {
        row->collection = calls;
        *ret = shape;
    }
    return true;
}

/* Joins the rows whose owners are of one shape, as far as each grew by less than `least`; fills
 * group_of[row] and leaves the joined rows. */
static bool join_shapes(shapes *s, shape_function shape_of, int64_t least, ledger *l,
                        uint32_t *group_of)
{
    const hf_dominators *d = s->dominators;
    HF_AUTO(hf_map_deinit) hf_map by_shape;
    hf_map_init(&by_shape);
    HF_AUTO(hf_freep) int64_t *best = malloc((l->count + 1) * sizeof(*best));
    if (!best)
        return false;
    size_t count = 0;
    for (size_t k = 0; k < l->count; k++) {
        hf_growth_row row = l->rows[k];
        if (row.owners == 1) {
            row.owner_net = hf_growth_net(&row);
            row.retained = hf_owner_is_object(row.owner) ? d->retained[row.owner] : 0;
        }
        uint64_t shape = row.owner;
        if (hf_owner_is_object(row.owner) && hf_growth_net(&row) < least &&
            !find_shape(s, shape_of, &row, &shape))
            return false;
        uint32_t group = hf_map_get(&by_shape, shape);
        if (group == HF_MAP_NONE) {
            group = (uint32_t)count++;
            if (!hf_map_put(&by_shape, shape, group))
                return false;
            l->rows[group] = row;
            best[group] = hf_growth_net(&row);
        } else {
            join(&l->rows[group], &row, &best[group]);
        }
        group_of[k] = group;
    }
    l->count = count;
    return true;
}

/* The nearest object that dominates all owners of a group, found one by one. */
typedef struct common_holder {
    uint32_t chain[UPWARDS]; /* of the first owner: what dominates it, the nearest first */
    size_t count, place;     /* of chain: the one that dominates all so far; count: none does */
} common_holder;

static void find_common(const hf_dominators *d, uint32_t owner, common_holder *c)
{
    bool first = c->count == 0;
    uint32_t up = d->parent[owner];
    for (size_t step = 0; step < UPWARDS && up < d->count; step++, up = d->parent[up]) {
        if (first) {
            c->chain[c->count++] = up;
            continue;
        }
        for (size_t k = c->place; k < c->count; k++) {
            if (c->chain[k] == up) {
                c->place = k;
                return;
            }
        }
    }
    if (!first)
        c->place = c->count;
}

/* Of joined rows the collection becomes the nearest holder of all of them: what members of it lost
 * and others got must not be growth of it. */
static bool find_common_holders(const hf_dominators *d, const hf_growth_row *before, size_t count,
                                const uint32_t *group_of, int64_t least, ledger *l)
{
    enum { NONE = UINT32_MAX };
    HF_AUTO(hf_freep) uint32_t *number = malloc((l->count + 1) * sizeof(*number));
    size_t told = 0;
    for (size_t g = 0; number && g < l->count; g++)
        number[g] = hf_growth_net(&l->rows[g]) >= least ? (uint32_t)told++ : NONE;
    HF_AUTO(hf_freep) common_holder *holders = calloc(told + 1, sizeof(*holders));
    if (!number || !holders)
        return false;
    for (size_t k = 0; k < count; k++) {
        uint32_t g = group_of[k];
        if (number[g] != NONE && before[k].owners < l->rows[g].owners)
            find_common(d, before[k].owner, &holders[number[g]]);
    }
    for (size_t g = 0; g < l->count; g++) {
        const common_holder *h = number[g] != NONE ? &holders[number[g]] : NULL;
        if (h && h->place < h->count)
            l->rows[g].collection = h->chain[h->place];
    }
    return true;
}

/* A part of the growth so small that it is told with its like: below collections of collections
 * each may be large, and yet not the whole story. */
static int64_t small_part(const ledger *l, int64_t least)
{
    enum { PARTS = 8 };
    int64_t all = 0;
    for (size_t k = 0; k < l->count; k++)
        if (hf_growth_net(&l->rows[k]) > 0)
            all += hf_growth_net(&l->rows[k]);
    return all / PARTS > least ? all / PARTS : least;
}

/* Of one tree the collection is its highest node. */
static void mark_trees(ledger *l)
{
    for (size_t k = 0; k < l->count; k++)
        if (l->rows[k].trees == 1)
            l->rows[k].collection = l->rows[k].owner;
}

/* First what is all over a tree, then what hangs alike below one collection; then what is still too
 * small to be told, or a small part of all, below collections of collections: a list for each
 * device of each customer. What shrank is joined as well, so that what one loses and another gets
 * is no growth. */
static bool join_rows(shapes *s, int64_t least, ledger *l, uint32_t *group_of)
{
    size_t count = l->count;
    HF_AUTO(hf_freep) uint32_t *first = malloc((count + 1) * sizeof(*first));
    if (!first ||
        !hf_branches_join(s->timeline->last, s->dominators, s->edge_to, l->rows, &l->count,
                          group_of) ||
        !join_shapes(s, hf_shape_of, INT64_MAX, l, first))
        return false;
    size_t joined = l->count;
    HF_AUTO(hf_freep) uint32_t *second = malloc((joined + 1) * sizeof(*second));
    HF_AUTO(hf_freep) hf_growth_row *rows = malloc((joined + 1) * sizeof(*rows));
    if (!second || !rows)
        return false;
    if (joined)
        memcpy(rows, l->rows, joined * sizeof(*rows));
    int64_t small = small_part(l, least);
    if (!join_shapes(s, hf_shape_below_all, small, l, second) ||
        !find_common_holders(s->dominators, rows, joined, second, least, l))
        return false;
    for (size_t k = 0; k < count; k++)
        group_of[k] = second[first[group_of[k]]];
    mark_trees(l);
    return true;
}

/* Sorts newly born objects behind their rows. */
static bool list_births(const hf_timeline *t, const uint32_t *owner, const hf_map *row_of,
                        const uint32_t *group_of, hf_growth *growth)
{
    uint32_t n = t->last->object_count;
    HF_AUTO(hf_large_freep) uint32_t *group = hf_large_malloc((uint64_t)n + 1, sizeof(*group));
    if (!group)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        group[i] = UINT32_MAX;
        if (hf_timeline_is_old(t, i))
            continue;
        group[i] = group_of[hf_map_get(row_of, owner[i])];
        growth->rows[group[i]].count++;
    }
    size_t place = 0;
    for (size_t k = 0; k < growth->row_count; k++) {
        growth->rows[k].first = place;
        place += growth->rows[k].count;
        growth->rows[k].count = 0;
    }
    growth->born_count = place;
    growth->born = malloc((place + 1) * sizeof(*growth->born));
    if (!growth->born)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (group[i] == UINT32_MAX)
            continue;
        hf_growth_row *row = &growth->rows[group[i]];
        growth->born[row->first + row->count++] = i;
    }
    return true;
}

static int by_net(const void *a, const void *b)
{
    const hf_growth_row *x = a, *y = b;
    int64_t p = hf_growth_net(x), q = hf_growth_net(y);
    if (p != q)
        return p < q ? 1 : -1;
    return x->owner < y->owner ? -1 : x->owner > y->owner;
}

hf_err *hf_growth_compute(const hf_timeline *t, const hf_dominators *first,
                          const hf_dominators *last, hf_growth *ret)
{
    hf_err *err = hf_graph_reverse(t->last);
    if (err)
        return err;
    HF_AUTO(ledger_deinit) ledger l = {0};
    hf_map_init(&l.row_of);
    HF_AUTO(heirs_deinit) heirs h;
    hf_map_init(&h.of_born);
    hf_map_init(&h.of_dead);
    HF_AUTO(hf_large_freep) uint64_t *edge_to = hf_shape_edges(t->last, last);
    HF_AUTO(hf_large_freep)
    uint32_t *owner = hf_large_malloc((uint64_t)last->count + 1, sizeof(*owner));
    HF_AUTO(hf_freep) uint32_t *record_of = hf_records_of(t, last);
    HF_AUTO(hf_freep) uint8_t *kinds = hf_buffer_kinds(t->last);
    if (!owner || !edge_to || !record_of || !kinds || !find_heirs(t, &h) ||
        !charge_births(t, last, edge_to, &h, record_of, owner) ||
        !book_births(t, owner, kinds, &l) || !book_deaths(t, first, &h, &l))
        return hf_fail_memory();
    HF_AUTO(hf_freep) uint32_t *group_of = malloc((l.count + 1) * sizeof(*group_of));
    hf_growth growth = {.least = LEAST_GROWTH};
    for (size_t k = 0; k < l.count; k++)
        growth.churn += l.rows[k].died_bytes;
    growth.least += growth.churn / CHURN_THAT_SHOWS;
    HF_AUTO(shapes_deinit) shapes by = {.timeline = t, .dominators = last, .edge_to = edge_to};
    hf_buffer_homes_init(&by.homes, t, kinds);
    if (!group_of || !join_rows(&by, growth.least, &l, group_of))
        return hf_fail_memory();
    growth.rows = l.rows;
    growth.row_count = l.count;
    l.rows = NULL;
    if (!list_births(t, owner, &l.row_of, group_of, &growth)) {
        hf_growth_deinit(&growth);
        return hf_fail_memory();
    }
    if (growth.row_count)
        qsort(growth.rows, growth.row_count, sizeof(*growth.rows), by_net);
    growth.record_of = hf_take(record_of);
    growth.buffer_kinds = hf_take(kinds);
    *ret = growth;
    return NULL;
}

void hf_growth_deinit(hf_growth *growth)
{
    free(growth->rows);
    free(growth->born);
    free(growth->record_of);
    free(growth->buffer_kinds);
    *growth = (hf_growth){0};
}
