/* analyse/tracking.c - see analyse/tracking.h. */
#include "analyse/tracking.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

bool hf_tracking_init(hf_tracking *t)
{
    *t = (hf_tracking){0};
    return hf_strtab_init(&t->titles);
}

void hf_tracking_deinit(hf_tracking *t)
{
    for (size_t i = 0; i < t->row_count; i++)
        free(t->rows[i].looks);
    free(t->rows);
    free(t->total.looks);
    free(t->taken_at);
    hf_strtab_deinit(&t->titles);
}

/* One look more, of nothing; false without memory. */
static bool grow_row(hf_track_row *row, size_t looks)
{
    hf_track_count *grown = realloc(row->looks, looks * sizeof(*grown));
    if (!grown)
        return false;
    row->looks = grown;
    grown[looks - 1] = (hf_track_count){0};
    return true;
}

static bool grow(hf_tracking *t, uint64_t taken_at)
{
    size_t looks = t->look_count + 1;
    uint64_t *times = realloc(t->taken_at, looks * sizeof(*times));
    if (!times)
        return false;
    t->taken_at = times;
    times[t->look_count] = taken_at;
    bool well = grow_row(&t->total, looks);
    for (size_t i = 0; i < t->row_count && well; i++)
        well = grow_row(&t->rows[i], looks);
    t->look_count += well;
    return well;
}

/* The row of a title, a new one where it is new; NULL without memory. Until they are sorted, rows
 * are numbered as titles. */
static hf_track_row *row_of(hf_tracking *t, const char *title)
{
    uint32_t number = hf_strtab_add(&t->titles, title, strlen(title));
    while (number != HF_STR_NONE && t->row_count <= number) {
        hf_track_count *looks = calloc(t->look_count, sizeof(*looks));
        if (!looks || !hf_array_next(&t->rows, t->row_count)) {
            free(looks);
            return NULL;
        }
        t->rows[t->row_count] = (hf_track_row){.title = (uint32_t)t->row_count, .looks = looks};
        t->row_count++;
    }
    return number == HF_STR_NONE ? NULL : &t->rows[number];
}

static void add(hf_track_count *count, const hf_histogram_row *row)
{
    count->objects += row->objects;
    count->bytes += hf_histogram_bytes(row);
}

hf_err *hf_tracking_add(hf_tracking *t, const hf_graph *g, const hf_filter *filter, bool by_module)
{
    hf_histogram h HF_AUTO(hf_histogram_deinit) = {0};
    uint64_t taken_at = g->info.freeze.taken_at;
    if (t->look_count && taken_at <= t->taken_at[t->look_count - 1])
        return hf_fail(HF_ERR_USAGE,
                       "snapshots must be named in the order in which they were taken");
    hf_err *err = hf_histogram_compute(g, filter, by_module, &h);
    if (err)
        return err;
    if (!grow(t, taken_at))
        return hf_fail_memory();
    size_t look = t->look_count - 1;
    for (size_t i = 0; i < h.count; i++) {
        hf_track_row *row = row_of(t, h.rows[i].title);
        if (!row)
            return hf_fail_memory();
        add(&row->looks[look], &h.rows[i]); /* several types may have one title */
    }
    add(&t->total.looks[look], &h.total);
    return NULL;
}

int64_t hf_track_change(const hf_tracking *t, const hf_track_row *row, bool bytes)
{
    const hf_track_count *first = &row->looks[0], *last = &row->looks[t->look_count - 1];
    return bytes ? (int64_t)(last->bytes - first->bytes)
                 : (int64_t)(last->objects - first->objects);
}

static int most_grown_first(const void *a, const void *b, void *context)
{
    const hf_tracking *t = context;
    const hf_track_row *x = a, *y = b;
    int64_t p = hf_track_change(t, x, true), q = hf_track_change(t, y, true);
    if (p != q)
        return p > q ? -1 : 1;
    uint64_t i = x->looks[t->look_count - 1].bytes, k = y->looks[t->look_count - 1].bytes;
    if (i != k)
        return i > k ? -1 : 1;
    return (x->title > y->title) - (x->title < y->title);
}

void hf_tracking_sort(hf_tracking *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->row_count; i++) {
        uint64_t ever = 0; /* 0: a title that no object has */
        for (size_t k = 0; k < t->look_count; k++)
            ever += t->rows[i].looks[k].objects;
        if (ever)
            t->rows[kept++] = t->rows[i];
        else
            free(t->rows[i].looks);
    }
    t->row_count = kept;
    if (kept)
        qsort_r(t->rows, t->row_count, sizeof(*t->rows), most_grown_first, t);
}
