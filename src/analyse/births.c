/* analyse/births.c - see analyse/births.h. */
#include "analyse/births.h"

#include "analyse/lines.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>

#define TICK ((uint64_t)100000000) /* ns; hf_object.born counts them */

bool hf_is_born_since(const hf_graph *g, uint32_t object, uint64_t since)
{
    uint64_t born = g->born ? g->born[object] : 0, start = g->info.check.births_start;
    return born && (since <= start || born * TICK > since - start);
}

double hf_object_age(const hf_graph *g, uint32_t object)
{
    uint64_t born = g->born ? g->born[object] : 0;
    uint64_t since = g->info.check.births_start + (born - 1) * TICK, now = g->info.freeze.taken_at;
    if (!born)
        return -1;
    return now > since ? (double)(now - since) / 1e9 : 0;
}

static void add(hf_birth_row *row, const hf_graph *g, uint32_t object)
{
    double weight = hf_object_weight(g, object), bytes = (double)hf_graph_shallow(g, object);
    row->objects += (uint64_t)llround(weight);
    row->bytes += (uint64_t)llround(weight * bytes);
    row->sampled++;
    row->variance += weight * (weight - 1) * bytes * bytes; /* weight^2 (1 - 1 / weight) */
}

uint64_t hf_birth_margin(const hf_birth_row *row)
{
    return (uint64_t)(1.96 * sqrt(row->variance));
}

/* Rows while they are made. */
typedef struct table {
    hf_birth_rows made;
    size_t capacity;
    hf_map places; /* file and line -> number of the place */
    hf_map rows;   /* place and type -> number of the row */
    uint32_t place_count;
} table;

static void table_deinit(table *t)
{
    hf_birth_rows_deinit(&t->made);
    hf_map_deinit(&t->places);
    hf_map_deinit(&t->rows);
}

/* The number that a key has in a map, a new one where it is new; HF_MAP_NONE without memory. */
static uint32_t number_of(hf_map *m, uint64_t key, uint32_t next)
{
    uint32_t number = hf_map_get(m, key);
    if (number != HF_MAP_NONE)
        return number;
    return hf_map_put(m, key, next) ? next : HF_MAP_NONE;
}

static hf_birth_row *row_of(table *t, uint32_t type, uint32_t file, uint32_t line)
{
    uint32_t place = number_of(&t->places, (uint64_t)file << 32 | line, t->place_count);
    if (place == HF_MAP_NONE)
        return NULL;
    t->place_count += place == t->place_count;
    size_t count = t->made.count;
    uint32_t at = number_of(&t->rows, (uint64_t)place << 32 | type, (uint32_t)count);
    if (at == HF_MAP_NONE || at < count)
        return at == HF_MAP_NONE ? NULL : &t->made.rows[at];
    if (!hf_array_room(&t->made.rows, count, &t->capacity))
        return NULL;
    t->made.rows[count] = (hf_birth_row){.type = type, .file = file, .line = line};
    return &t->made.rows[t->made.count++];
}

static int most_bytes_first(const void *a, const void *b)
{
    const hf_birth_row *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

hf_err *hf_birth_rows_compute(const hf_graph *g, const uint8_t *chosen, hf_birth_rows *ret)
{
    table t HF_AUTO(table_deinit) = {0};
    hf_map_init(&t.places);
    hf_map_init(&t.rows);
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (!chosen[o])
            continue;
        const hf_site_frame *frame = hf_allocated_at(g, o);
        hf_birth_row *row =
            row_of(&t, g->type[o], frame ? frame->file : 0, frame ? frame->line : 0);
        if (!row)
            return hf_fail_memory();
        add(row, g, o);
        add(&t.made.total, g, o);
    }
    if (t.made.count)
        qsort(t.made.rows, t.made.count, sizeof(*t.made.rows), most_bytes_first);
    *ret = t.made;
    t.made = (hf_birth_rows){0};
    return NULL;
}

hf_err *hf_born_compute(const hf_graph *g, const hf_filter *filter, uint64_t since, hf_born *ret)
{
    hf_born b HF_AUTO(hf_born_deinit) = {.chosen = calloc(g->object_count + 1ull, 1)};
    HF_AUTO(hf_freep) bool *accepted = calloc((size_t)g->type_count + 1, sizeof(*accepted));
    if (!b.chosen || !accepted)
        return hf_fail_memory();
    for (uint32_t i = 0; i < g->type_count; i++)
        accepted[i] = hf_filter_accepts(g, filter, i);
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (!accepted[g->type[o]])
            continue;
        b.chosen[o] = hf_is_born_since(g, o, since);
        if (!g->born[o] && g->site && g->site[o])
            add(&b.unknown, g, o);
    }
    hf_err *err = hf_birth_rows_compute(g, b.chosen, &b.by_line);
    if (err)
        return err;
    *ret = hf_take(b);
    return NULL;
}

void hf_birth_rows_deinit(hf_birth_rows *r)
{
    free(r->rows);
    *r = (hf_birth_rows){0};
}

void hf_born_deinit(hf_born *b)
{
    free(b->chosen);
    hf_birth_rows_deinit(&b->by_line);
    *b = (hf_born){0};
}
