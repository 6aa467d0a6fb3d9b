#include "analyse/branches.h"

#include "analyse/shape.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    BETWEEN = 3,  /* objects between a node and the one above: its namespace, a list, a tuple */
    MANY = 16,    /* owners that grew */
    LEVELS = 64,  /* depths told apart; what is deeper counts with the last */
    AT_LEAST = 3, /* depths at which a notable part of the growth is */
    NOTABLE = 16,
};

/* tp_flags of CPython's Include/object.h */
enum { TYPE_LIST = 1 << 25, TYPE_TUPLE = 1 << 26, TYPE_DICT = 1 << 29, TYPE_EXCEPTION = 1 << 30 };

/* A node and the highest one above it. */
typedef struct node {
    uint32_t top, depth;
} node;

typedef struct forest {
    const hf_graph *g;
    const hf_dominators *d;
    const uint64_t *edge_to;
    hf_map number_of; /* node -> row of nodes */
    node *nodes;
    size_t count, capacity;
    hf_map tops; /* highest nodes of those that have some below -> number of the tree + 1, or 0 */
} forest;

/* What is known of one tree. */
typedef struct tree {
    int64_t net, largest, at_depth[LEVELS];
    uint32_t growing;
    bool spread;
} tree;

static void forest_deinit(forest *f)
{
    hf_map_deinit(&f->number_of);
    hf_map_deinit(&f->tops);
    free(f->nodes);
}

static bool is_data(const hf_graph *g, uint32_t object)
{
    return (g->types[g->type[object]].flags & (TYPE_LIST | TYPE_TUPLE | TYPE_DICT)) != 0;
}

/* Instances of classes, dicts and lists. */
static bool may_be_node(const hf_graph *g, uint32_t object)
{
    const hf_type *type = &g->types[g->type[object]];
    return (type->flags & (TYPE_LIST | TYPE_DICT)) ||
           (type->heap_type && !(type->flags & (TYPE_TUPLE | TYPE_EXCEPTION)));
}

/* The node above: the nearest of the same type that dominates it. Dicts and lists are everywhere:
 * of those only one that has it as an entry of an entry. HF_NO_OBJECT where there is none. */
static uint32_t node_above(const forest *f, uint32_t object)
{
    const hf_graph *g = f->g;
    bool data = is_data(g, object);
    uint32_t at = object;
    for (int between = 0; between <= BETWEEN; between++) {
        uint32_t up = f->d->parent[at];
        uint64_t e = f->edge_to[at];
        if (up >= f->d->count)
            break;
        if (data && (e == HF_NO_EDGE || !is_data(g, up) || !hf_shape_is_entry(g, up, e)))
            break;
        if (g->type[up] == g->type[object])
            return up;
        at = up;
    }
    return HF_NO_OBJECT;
}

static bool note(forest *f, uint32_t object, node found)
{
    if (!hf_array_room(&f->nodes, f->count, &f->capacity) ||
        !hf_map_put(&f->number_of, object, (uint32_t)f->count))
        return false;
    f->nodes[f->count++] = found;
    return true;
}

/* False without memory. */
static bool find_node(forest *f, uint32_t object, node *ret)
{
    HF_AUTO(hf_freep) uint32_t *below = NULL;
    size_t count = 0, capacity = 0;
    uint32_t at = object, number, up;
    while ((number = hf_map_get(&f->number_of, at)) == HF_MAP_NONE &&
           (up = node_above(f, at)) != HF_NO_OBJECT) {
        if (!hf_array_room(&below, count, &capacity))
            return false;
        below[count++] = at;
        at = up;
    }
    node found = number == HF_MAP_NONE ? (node){at, 0} : f->nodes[number];
    if (number == HF_MAP_NONE && !note(f, at, found))
        return false;
    while (count-- > 0) {
        found.depth++;
        if (!note(f, below[count], found))
            return false;
    }
    *ret = found;
    return true;
}

/* The node below others that the owner is, or is a part of. */
static bool find_place(forest *f, uint32_t owner, node *ret)
{
    uint32_t at = owner;
    for (int up = 0; up <= BETWEEN && at < f->d->count; up++, at = f->d->parent[at]) {
        node found;
        if (!may_be_node(f->g, at))
            continue;
        if (!find_node(f, at, &found))
            return false;
        if (found.depth) {
            *ret = found;
            return hf_map_put(&f->tops, found.top, 0);
        }
    }
    return true;
}

/* The same where it is, or is a part of, the highest node. */
static void find_top(const forest *f, uint32_t owner, node *ret)
{
    uint32_t at = owner;
    for (int up = 0; up <= BETWEEN && at < f->d->count; up++, at = f->d->parent[at]) {
        if (hf_map_get(&f->tops, at) != HF_MAP_NONE) {
            *ret = (node){at, 0};
            return;
        }
    }
}

/* By row the node that its owner belongs to; of others the top is HF_NO_OBJECT. */
static bool find_places(forest *f, const hf_growth_row *rows, size_t count, node *places)
{
    for (size_t k = 0; k < count; k++) {
        places[k] = (node){HF_NO_OBJECT, 0};
        if (hf_owner_is_object(rows[k].owner) && !find_place(f, rows[k].owner, &places[k]))
            return false;
    }
    for (size_t k = 0; k < count; k++)
        if (places[k].top == HF_NO_OBJECT && hf_owner_is_object(rows[k].owner))
            find_top(f, rows[k].owner, &places[k]);
    return true;
}

static void count_in(tree *t, const hf_growth_row *row, uint32_t depth)
{
    int64_t net = hf_growth_net(row);
    t->net += net;
    if (net <= 0)
        return;
    t->growing++;
    t->at_depth[depth < LEVELS ? depth : LEVELS - 1] += net;
    t->largest = net > t->largest ? net : t->largest;
}

static bool is_spread(const tree *t)
{
    int depths = 0;
    for (int k = 0; k < LEVELS; k++)
        depths += t->at_depth[k] > 0 && t->at_depth[k] * NOTABLE >= t->net;
    return t->net > 0 && t->growing >= MANY && depths >= AT_LEAST && t->largest * 2 <= t->net;
}

/* By shape: trees that hang alike below a collection are judged together, for of each it may be
 * little. */
typedef struct trees {
    hf_map number_of;
    tree *rows;
    size_t count, capacity;
} trees;

static void trees_deinit(trees *t)
{
    hf_map_deinit(&t->number_of);
    free(t->rows);
}

/* UINT32_MAX without memory. */
static uint32_t number_of_tree(forest *f, trees *t, uint32_t top)
{
    uint32_t collection, known = hf_map_get(&f->tops, top);
    if (known)
        return known - 1;
    uint64_t shape = hf_shape_below_all(f->g, f->d, f->edge_to, top, &collection);
    uint32_t number = hf_map_get(&t->number_of, shape);
    if (number == HF_MAP_NONE) {
        number = (uint32_t)t->count;
        if (!hf_array_room(&t->rows, t->count, &t->capacity) ||
            !hf_map_put(&t->number_of, shape, number))
            return UINT32_MAX;
        t->rows[t->count++] = (tree){.net = 0};
    }
    return hf_map_put(&f->tops, top, number + 1) ? number : UINT32_MAX;
}

/* Fills tree_of[row]; UINT32_MAX where the owner is in none. */
static bool sum_trees(forest *f, const hf_growth_row *rows, size_t count, const node *places,
                      trees *ret, uint32_t *tree_of)
{
    for (size_t k = 0; k < count; k++) {
        tree_of[k] = UINT32_MAX;
        if (places[k].top == HF_NO_OBJECT)
            continue;
        tree_of[k] = number_of_tree(f, ret, places[k].top);
        if (tree_of[k] == UINT32_MAX)
            return false;
        count_in(&ret->rows[tree_of[k]], &rows[k], places[k].depth);
    }
    for (size_t k = 0; k < ret->count; k++)
        ret->rows[k].spread = is_spread(&ret->rows[k]);
    return true;
}

/* Each of the trees that grow all over becomes one row. */
static bool join_trees(const forest *f, const trees *all, const uint32_t *tree_of,
                       const node *places, hf_growth_row *rows, size_t *count, uint32_t *group_of)
{
    HF_AUTO(hf_map_deinit) hf_map row_of;
    hf_map_init(&row_of);
    size_t kept = 0;
    for (size_t k = 0; k < *count; k++) {
        hf_growth_row row = rows[k];
        uint32_t top = places[k].top;
        bool joined = tree_of[k] != UINT32_MAX && all->rows[tree_of[k]].spread;
        uint32_t number = joined ? hf_map_get(&row_of, top) : HF_MAP_NONE;
        if (number != HF_MAP_NONE) {
            hf_growth_add(&rows[number], &row);
            group_of[k] = number;
            continue;
        }
        group_of[k] = (uint32_t)kept;
        if (joined) {
            row.owner = top;
            row.trees = 1;
            row.retained = f->d->retained[top];
            if (!hf_map_put(&row_of, top, (uint32_t)kept))
                return false;
        }
        rows[kept++] = row;
    }
    for (size_t k = 0; k < kept; k++)
        if (rows[k].trees)
            rows[k].owner_net = hf_growth_net(&rows[k]);
    *count = kept;
    return true;
}

bool hf_branches_join(const hf_graph *g, const hf_dominators *d, const uint64_t *edge_to,
                      hf_growth_row *rows, size_t *count, uint32_t *group_of)
{
    HF_AUTO(forest_deinit) forest f = {.g = g, .d = d, .edge_to = edge_to};
    HF_AUTO(trees_deinit) trees found = {.rows = NULL};
    HF_AUTO(hf_freep) node *places = malloc((*count + 1) * sizeof(*places));
    HF_AUTO(hf_freep) uint32_t *tree_of = malloc((*count + 1) * sizeof(*tree_of));
    hf_map_init(&f.number_of);
    hf_map_init(&f.tops);
    hf_map_init(&found.number_of);
    if (!places || !tree_of || !find_places(&f, rows, *count, places) ||
        !sum_trees(&f, rows, *count, places, &found, tree_of))
        return false;
    return join_trees(&f, &found, tree_of, places, rows, count, group_of);
}
