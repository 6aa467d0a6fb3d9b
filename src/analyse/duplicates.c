#include "analyse/duplicates.h"

#include "analyse/equality.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

static hf_err *add(hf_duplicates *d, size_t *capacity, hf_map *rows, uint64_t hash, uint32_t object,
                   uint64_t bytes)
{
    uint32_t row = hf_map_get(rows, hash);
    if (row != HF_MAP_NONE) {
        d->rows[row].copies++;
        d->rows[row].saved += bytes;
        return NULL;
    }
    if (!hf_array_room(&d->rows, d->count, capacity))
        return hf_fail_memory();
    d->rows[d->count] = (hf_duplicate){.example = object, .copies = 1};
    return hf_map_put(rows, hash, (uint32_t)d->count++) ? NULL : hf_fail_memory();
}

static int most_saved_first(const void *a, const void *b)
{
    const hf_duplicate *x = a, *y = b;
    if (x->saved != y->saved)
        return x->saved > y->saved ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static void keep_repeated(hf_duplicates *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (d->rows[i].copies < 2 || !d->rows[i].saved)
            continue;
        d->objects += d->rows[i].copies - 1;
        d->saved += d->rows[i].saved;
        d->rows[kept++] = d->rows[i];
    }
    d->count = kept;
    if (kept)
        qsort(d->rows, kept, sizeof(*d->rows), most_saved_first);
}

/* Tuples of code and classes (names of variables, bases) are CPython's to share, and
 * nobody else's. */
static bool is_of_code(const hf_graph *g, uint32_t object)
{
    enum { LOOKED_AT = 4 };
    uint64_t s = g->source_start[object], end = g->source_start[object + 1];
    for (int i = 0; s < end && i < LOOKED_AT; s++, i++) {
        const char *holder = hf_graph_type_name(g, g->source[s]);
        if (!strcmp(holder, "code") || !strcmp(holder, "type") || !strcmp(holder, "function"))
            return true;
    }
    return false;
}

static hf_err *compare_all(hf_graph *g, const hf_equality *e, hf_duplicates *d)
{
    size_t capacity = 0;
    hf_err *err = NULL;
    HF_AUTO(hf_map_deinit) hf_map rows;
    hf_map_init(&rows);
    for (uint32_t i = 0; i < g->object_count && !err; i++) {
        hf_equality_kind kind = e->kinds[i];
        if (kind == HF_EQUALITY_TOO_LONG) {
            d->too_long++;
            d->too_long_bytes += hf_graph_shallow(g, i);
        } else if (kind == HF_EQUALITY_VALUE ||
                   (kind == HF_EQUALITY_MEMBERS && !is_of_code(g, i))) {
            d->compared++;
            bool stays = g->flags[i] & (HF_OBJECT_STATIC | HF_OBJECT_IMMORTAL);
            err = add(d, &capacity, &rows, e->hashes[i], i, stays ? 0 : hf_graph_shallow(g, i));
        }
    }
    return err;
}

hf_err *hf_duplicates_find(hf_graph *g, hf_duplicates *ret)
{
    hf_duplicates d = {0};
    HF_AUTO(hf_equality_deinit) hf_equality e = {0};
    hf_err *err = hf_graph_reverse(g);
    err = err ? err : hf_equality_compute(g, &e);
    err = err ? err : compare_all(g, &e, &d);
    if (err) {
        hf_duplicates_deinit(&d);
        return err;
    }
    keep_repeated(&d);
    *ret = d;
    return NULL;
}

void hf_duplicates_deinit(hf_duplicates *d)
{
    free(d->rows);
    *d = (hf_duplicates){0};
}
