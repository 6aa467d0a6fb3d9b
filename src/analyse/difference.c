#include "analyse/difference.h"

#include "base/array.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

/* Both graphs' types, named by one set of numbers: rows of the answer. */
typedef struct comparison {
    const hf_graph *old_graph, *new_graph;
    const hf_dominators *old_dominators, *new_dominators;
    hf_strtab titles;
    uint32_t *old_row, *new_row; /* by type */
    bool *fixed_length;          /* by row: never changes its length while it lives */
    hf_difference *ret;
    size_t container_capacity;
} comparison;

/* Another length at the same address means another object for these. */
static bool is_immutable(const char *title)
{
    static const char *const titles[] = {"str",   "bytes",   "int",   "tuple", "frozenset",
                                         "float", "complex", "range", "code",  "slice"};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        if (!strcmp(title, titles[i]))
            return true;
    return false;
}

static bool number_types(comparison *c, const hf_graph *g, uint32_t **ret)
{
    uint32_t *rows = *ret = calloc((size_t)g->type_count + 1, sizeof(*rows));
    if (!rows)
        return false;
    for (uint32_t t = 0; t < g->type_count; t++) {
        const char *title = hf_graph_type_title(g, t);
        rows[t] = hf_strtab_add(&c->titles, title, strlen(title));
        if (rows[t] == HF_STR_NONE)
            return false;
    }
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static bool same_process(const hf_snapshot_info *a, const hf_snapshot_info *b)
{
    return a->pid == b->pid && a->start_time == b->start_time && same_text(a->host, b->host);
}

static bool prepare(comparison *c)
{
    hf_difference *d = c->ret;
    if (!hf_strtab_init(&c->titles) || !number_types(c, c->old_graph, &c->old_row) ||
        !number_types(c, c->new_graph, &c->new_row))
        return false;
    d->type_count = c->titles.count;
    d->types = calloc(d->type_count, sizeof(*d->types));
    c->fixed_length = calloc(d->type_count, sizeof(*c->fixed_length));
    d->old_of = hf_large_malloc((uint64_t)c->new_graph->object_count + 1, sizeof(*d->old_of));
    if (!d->types || !c->fixed_length || !d->old_of)
        return false;
    for (uint32_t t = 0; t < c->old_graph->type_count; t++)
        d->types[c->old_row[t]].title = hf_graph_type_title(c->old_graph, t);
    for (uint32_t t = 0; t < c->new_graph->type_count; t++)
        d->types[c->new_row[t]].title = hf_graph_type_title(c->new_graph, t);
    for (size_t i = 0; i < d->type_count; i++)
        c->fixed_length[i] = d->types[i].title && is_immutable(d->types[i].title);
    return true;
}

/* Whether the object at one address is the same one: the type must be the same type at the same
 * address, as a class that is made anew has new instances. */
static bool is_same(const comparison *c, uint32_t old, uint32_t new)
{
    const hf_graph *a = c->old_graph, *b = c->new_graph;
    uint32_t row = c->new_row[b->type[new]];
    return c->old_row[a->type[old]] == row &&
           a->types[a->type[old]].address == b->types[b->type[new]].address &&
           !(c->fixed_length[row] && (hf_graph_length(a, old) != hf_graph_length(b, new) ||
                                      hf_graph_size(a, old) != hf_graph_size(b, new)));
}

/* Nobody can add to what is garbage: it is another object by now, at an address that
 * was used again. */
static bool is_garbage(const comparison *c, uint32_t new)
{
    return c->new_dominators && c->new_dominators->reach[new] == HF_REACH_GARBAGE;
}

static bool add_container(comparison *c, uint32_t old, uint32_t new)
{
    hf_difference *d = c->ret;
    if (is_garbage(c, new))
        return true;
    if (!hf_array_room(&d->containers, d->container_count, &c->container_capacity))
        return false;
    hf_container_row row = {
        .old_object = old,
        .new_object = new,
        .length =
            (int64_t)(hf_graph_length(c->new_graph, new) - hf_graph_length(c->old_graph, old)),
    };
    if (c->old_dominators && c->new_dominators)
        row.retained =
            (int64_t)(c->new_dominators->retained[new] - c->old_dominators->retained[old]);
    d->containers[d->container_count++] = row;
    return true;
}

static void count_old(comparison *c, uint32_t old)
{
    hf_difference_row *row = &c->ret->types[c->old_row[c->old_graph->type[old]]];
    row->old_objects++;
    row->bytes = (int64_t)((uint64_t)row->bytes - hf_graph_shallow(c->old_graph, old));
}

static void count_new(comparison *c, uint32_t new)
{
    hf_difference_row *row = &c->ret->types[c->new_row[c->new_graph->type[new]]];
    row->new_objects++;
    row->bytes = (int64_t)((uint64_t)row->bytes + hf_graph_shallow(c->new_graph, new));
}

static void count_death(comparison *c, uint32_t old)
{
    c->ret->types[c->old_row[c->old_graph->type[old]]].died++;
    c->ret->died++;
}

static void count_birth(comparison *c, uint32_t new)
{
    c->ret->types[c->new_row[c->new_graph->type[new]]].born++;
    c->ret->old_of[new] = HF_NO_OBJECT;
    c->ret->born++;
}

/* Two columns of ascending addresses, side by side. */
static bool merge(comparison *c)
{
    const hf_graph *a = c->old_graph, *b = c->new_graph;
    uint32_t i = 0, j = 0;
    while (i < a->object_count || j < b->object_count) {
        bool old_first =
            j == b->object_count || (i < a->object_count && a->address[i] < b->address[j]);
        bool new_first =
            i == a->object_count || (j < b->object_count && b->address[j] < a->address[i]);
        if (old_first) {
            count_old(c, i);
            count_death(c, i++);
            continue;
        }
        count_new(c, j);
        if (new_first) {
            count_birth(c, j++);
            continue;
        }
        count_old(c, i);
        if (c->ret->same_process && is_same(c, i, j)) {
            c->ret->survivors++;
            c->ret->old_of[j] = i;
            if (hf_graph_length(a, i) != hf_graph_length(b, j) && !add_container(c, i, j))
                return false;
        } else {
            count_death(c, i);
            count_birth(c, j);
        }
        i++;
        j++;
    }
    return true;
}

static int most_grown_type_first(const void *a, const void *b)
{
    const hf_difference_row *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    return strcmp(x->title, y->title);
}

static int most_grown_container_first(const void *a, const void *b)
{
    const hf_container_row *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return (x->new_object > y->new_object) - (x->new_object < y->new_object);
}

/* Leaves out titles that name no object in either, and sorts. */
static void arrange(hf_difference *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->type_count; i++) {
        hf_difference_row *row = &d->types[i];
        row->objects = (int64_t)(row->new_objects - row->old_objects);
        if (row->title && (row->new_objects || row->old_objects))
            d->types[kept++] = *row;
    }
    d->type_count = kept;
    qsort(d->types, kept, sizeof(*d->types), most_grown_type_first);
    if (d->container_count)
        qsort(d->containers, d->container_count, sizeof(*d->containers),
              most_grown_container_first);
}

hf_err *hf_difference_compute(const hf_graph *old_graph, const hf_dominators *old_dominators,
                              const hf_graph *new_graph, const hf_dominators *new_dominators,
                              hf_difference *ret)
{
    const hf_snapshot_info *before = &old_graph->info, *after = &new_graph->info;
    hf_difference d = {
        .same_process = same_process(before, after),
        .seconds = (double)(int64_t)(after->freeze.taken_at - before->freeze.taken_at) / 1e9,
    };
    comparison c = {.old_graph = old_graph,
                    .new_graph = new_graph,
                    .ret = &d,
                    .old_dominators = old_dominators,
                    .new_dominators = new_dominators};
    bool done = prepare(&c) && merge(&c);
    hf_strtab_deinit(&c.titles);
    free(c.old_row);
    free(c.new_row);
    free(c.fixed_length);
    if (!done) {
        hf_difference_deinit(&d);
        return hf_fail_memory();
    }
    arrange(&d);
    *ret = d;
    return NULL;
}

void hf_difference_deinit(hf_difference *d)
{
    free(d->types);
    free(d->containers);
    hf_large_free(d->old_of);
    *d = (hf_difference){0};
}
