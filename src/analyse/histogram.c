#include "analyse/histogram.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool hf_filter_accepts(const hf_graph *g, const hf_filter *filter, uint32_t type)
{
    if (!filter)
        return true;
    if (filter->type && fnmatch(filter->type, hf_graph_type_title(g, type), 0))
        return false;
    const char *module = hf_strtab_get(&g->names, g->types[type].module);
    return !filter->module || !fnmatch(filter->module, module, 0);
}

static void add(hf_histogram_row *row, const hf_graph *g, uint32_t object)
{
    row->objects++;
    row->size += hf_graph_size(g, object);
    row->block += hf_graph_block(g, object);
    row->external += hf_graph_external(g, object);
}

static int most_bytes_first(const void *a, const void *b)
{
    const hf_histogram_row *x = a, *y = b;
    uint64_t p = hf_histogram_bytes(x), q = hf_histogram_bytes(y);
    if (p != q)
        return p > q ? -1 : 1;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    return strcmp(x->title, y->title);
}

/* rows: one a type or a name of a module, most of them empty; packs those with objects. */
static size_t pack(hf_histogram_row *rows, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].objects)
            rows[kept++] = rows[i];
    qsort(rows, kept, sizeof(*rows), most_bytes_first);
    return kept;
}

hf_err *hf_histogram_compute(const hf_graph *g, const hf_filter *filter, bool by_module,
                             hf_histogram *ret)
{
    size_t count = by_module ? g->names.count : g->type_count;
    hf_histogram_row *rows = calloc(count + 1, sizeof(*rows));
    bool *accepted = calloc((size_t)g->type_count + 1, sizeof(*accepted));
    if (!rows || !accepted) {
        free(rows);
        free(accepted);
        return hf_fail_memory();
    }
    for (uint32_t t = 0; t < g->type_count; t++) {
        accepted[t] = hf_filter_accepts(g, filter, t);
        uint32_t i = by_module ? g->types[t].module : t;
        rows[i].type = i;
        rows[i].title = by_module ? hf_strtab_get(&g->names, i) : hf_graph_type_title(g, t);
    }
    hf_histogram_row total = {.title = "total"};
    for (uint32_t o = 0; o < g->object_count; o++) {
        uint32_t type = g->type[o];
        if (!accepted[type])
            continue;
        add(&rows[by_module ? g->types[type].module : type], g, o);
        add(&total, g, o);
    }
    free(accepted);
    *ret = (hf_histogram){.rows = rows, .count = pack(rows, count), .total = total};
    return NULL;
}

hf_err *hf_histogram_of(const hf_graph *g, const uint8_t *chosen, hf_histogram *ret)
{
    hf_histogram_row *rows = calloc((size_t)g->type_count + 1, sizeof(*rows));
    if (!rows)
        return hf_fail_memory();
    hf_histogram_row total = {.title = "total"};
    for (uint32_t t = 0; t < g->type_count; t++)
        rows[t] = (hf_histogram_row){.type = t, .title = hf_graph_type_title(g, t)};
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (!chosen[o])
            continue;
        add(&rows[g->type[o]], g, o);
        add(&total, g, o);
    }
    *ret = (hf_histogram){.rows = rows, .count = pack(rows, g->type_count), .total = total};
    return NULL;
}

void hf_histogram_deinit(hf_histogram *h)
{
    free(h->rows);
    *h = (hf_histogram){0};
}
