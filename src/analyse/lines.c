#include "analyse/lines.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/library_path.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows while they are made: one a line, found by its file and number. */
typedef struct table {
    hf_line *rows;
    size_t count, capacity;
    hf_map places;
    bool failed;
} table;

static void table_deinit(table *t)
{
    free(t->rows);
    hf_map_deinit(&t->places);
}

/* The row of a line, new or old; NULL without memory. */
static hf_line *row_of(table *t, uint32_t file, uint32_t line)
{
    uint64_t key = (uint64_t)file << 32 | line;
    uint32_t at = hf_map_get(&t->places, key);
    if (at != HF_MAP_NONE)
        return &t->rows[at];
    if (!hf_array_room(&t->rows, t->count, &t->capacity) ||
        !hf_map_put(&t->places, key, (uint32_t)t->count)) {
        t->failed = true;
        return NULL;
    }
    t->rows[t->count] = (hf_line){.file = file, .line = line};
    return &t->rows[t->count++];
}

double hf_object_weight(const hf_graph *g, uint32_t object)
{
    if (!hf_lines_are_sampled(g) || !g->site[object])
        return 1;
    double bytes = g->asked[object] ? g->asked[object] : 1;
    return -1 / expm1(-bytes / (double)g->info.check.sample_bytes);
}

static void add_object(hf_line *row, const hf_graph *g, uint32_t object)
{
    if (!row)
        return;
    double weight = hf_object_weight(g, object);
    row->objects += (uint64_t)llround(weight);
    row->object_bytes += (uint64_t)llround(weight * (double)hf_graph_shallow(g, object));
}

static uint64_t weight(const hf_line *row)
{
    return row->bytes ? row->bytes : row->object_bytes;
}

static int most_bytes_first(const void *a, const void *b)
{
    const hf_line *x = a, *y = b;
    if (weight(x) != weight(y))
        return weight(x) > weight(y) ? -1 : 1;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* Hands the rows over, in order, with their sum. */
static hf_err *finish(table *t, const hf_line *unknown, hf_lines *ret)
{
    if (t->failed) {
        table_deinit(t);
        return hf_fail_memory();
    }
    hf_lines l = {.rows = t->rows, .count = t->count, .unknown = *unknown};
    hf_map_deinit(&t->places);
    if (l.count)
        qsort(l.rows, l.count, sizeof(*l.rows), most_bytes_first);
    for (size_t i = 0; i < l.count; i++) {
        l.total.objects += l.rows[i].objects;
        l.total.object_bytes += l.rows[i].object_bytes;
        l.total.blocks += l.rows[i].blocks;
        l.total.bytes += l.rows[i].bytes;
    }
    *ret = l;
    return NULL;
}

static hf_site_frame innermost(const hf_graph *g, uint32_t site)
{
    return g->sites[site - 1].frame_count ? hf_graph_frames(g, site)[0] : (hf_site_frame){0};
}

hf_err *hf_lines_compute(const hf_graph *g, const hf_filter *filter, hf_lines *ret)
{
    table t = {0};
    hf_line unknown = {0};
    hf_map_init(&t.places);
    for (uint32_t site = 1; !filter && site <= g->site_count; site++) {
        hf_site_frame frame = innermost(g, site);
        hf_line *row = row_of(&t, frame.file, frame.line);
        if (!row)
            break;
        row->blocks += g->sites[site - 1].blocks;
        row->bytes += g->sites[site - 1].bytes;
    }
    for (uint32_t o = 0; o < g->object_count && !t.failed; o++) {
        uint32_t site = g->site ? g->site[o] : 0;
        if (!hf_filter_accepts(g, filter, g->type[o]))
            continue;
        hf_site_frame frame = site ? innermost(g, site) : (hf_site_frame){0};
        add_object(site ? row_of(&t, frame.file, frame.line) : &unknown, g, o);
    }
    return finish(&t, &unknown, ret);
}

hf_err *hf_lines_of_objects(const hf_graph *g, const uint32_t *objects, size_t count, hf_lines *ret)
{
    table t = {0};
    hf_line unknown = {0};
    hf_map_init(&t.places);
    for (size_t i = 0; i < count && !t.failed; i++) {
        const hf_site_frame *frame = hf_allocated_at(g, objects[i]);
        add_object(frame ? row_of(&t, frame->file, frame->line) : &unknown, g, objects[i]);
    }
    return finish(&t, &unknown, ret);
}

void hf_lines_deinit(hf_lines *l)
{
    free(l->rows);
    *l = (hf_lines){0};
}

const hf_site_frame *hf_allocated_at(const hf_graph *g, uint32_t object)
{
    uint32_t site = g->site ? g->site[object] : 0;
    if (!site || !g->sites[site - 1].frame_count)
        return NULL;
    const hf_site_frame *frames = hf_graph_frames(g, site);
    for (uint32_t i = 0; i < g->sites[site - 1].frame_count; i++)
        if (hf_line_is_users(hf_strtab_get(&g->names, frames[i].file)))
            return &frames[i];
    return frames;
}

bool hf_line_is_users(const char *path)
{
    return *path && *path != '<' && !hf_library_part(path, strlen(path));
}

void hf_line_text(const hf_graph *g, uint32_t file, uint32_t line, bool whole, hf_buf *out)
{
    const char *path = hf_strtab_get(&g->names, file);
    if (!*path)
        path = "<unknown>"; /* as tracemalloc calls it */
    hf_buf_format(out, "%s:%u", whole ? path : hf_known_part(path), line);
}

static int most_grown_first(const void *a, const void *b)
{
    const hf_line_change *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    if (x->blocks != y->blocks)
        return x->blocks > y->blocks ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* The number of a file of the new graph in the old one, or HF_STR_NONE. */
static uint32_t file_in(const hf_graph *to, const hf_graph *from, uint32_t file)
{
    const hf_strtab *names = &from->names;
    return hf_strtab_find(&to->names, hf_strtab_get(names, file), hf_strtab_length(names, file));
}

/* Rows of `old` by file and line; each that is matched loses its numbers. */
static void match(const hf_graph *old_graph, const hf_graph *new_graph, hf_lines *old,
                  const hf_map *places, const hf_line *now, hf_line_change *ret)
{
    uint32_t file = file_in(old_graph, new_graph, now->file);
    uint32_t at =
        file == HF_STR_NONE ? HF_MAP_NONE : hf_map_get(places, (uint64_t)file << 32 | now->line);
    hf_line before = at == HF_MAP_NONE ? (hf_line){0} : old->rows[at];
    *ret = (hf_line_change){.file = now->file,
                            .line = now->line,
                            .blocks = (int64_t)(now->blocks - before.blocks),
                            .bytes = (int64_t)(now->bytes - before.bytes),
                            .blocks_now = now->blocks,
                            .bytes_now = now->bytes};
    if (at != HF_MAP_NONE)
        old->rows[at].blocks = old->rows[at].bytes = 0;
}

static hf_err *compare(const hf_graph *old_graph, const hf_graph *new_graph, hf_lines *old,
                       const hf_lines *now, hf_line_changes *ret)
{
    hf_map places HF_AUTO(hf_map_deinit);
    hf_map_init(&places);
    for (size_t i = 0; i < old->count; i++) {
        uint64_t key = (uint64_t)old->rows[i].file << 32 | old->rows[i].line;
        if (!hf_map_put(&places, key, (uint32_t)i))
            return hf_fail_memory();
    }
    hf_line_change *rows = calloc(old->count + now->count + 1, sizeof(*rows));
    if (!rows)
        return hf_fail_memory();
    size_t count = 0;
    for (size_t i = 0; i < now->count; i++) {
        match(old_graph, new_graph, old, &places, &now->rows[i], &rows[count]);
        count += rows[count].blocks || rows[count].bytes;
    }
    for (size_t i = 0; i < old->count; i++)
        if (old->rows[i].blocks)
            rows[count++] = (hf_line_change){.file = old->rows[i].file,
                                             .line = old->rows[i].line,
                                             .gone = true,
                                             .blocks = -(int64_t)old->rows[i].blocks,
                                             .bytes = -(int64_t)old->rows[i].bytes};
    qsort(rows, count, sizeof(*rows), most_grown_first);
    *ret = (hf_line_changes){.rows = rows, .count = count};
    return NULL;
}

hf_err *hf_lines_compare(const hf_graph *old_graph, const hf_graph *new_graph, hf_line_changes *ret)
{
    *ret = (hf_line_changes){0};
    if (!hf_lines_known(old_graph) || !hf_lines_known(new_graph))
        return NULL;
    hf_lines old HF_AUTO(hf_lines_deinit) = {0}, now HF_AUTO(hf_lines_deinit) = {0};
    hf_err *err = hf_lines_compute(old_graph, NULL, &old);
    if (!err)
        err = hf_lines_compute(new_graph, NULL, &now);
    return err ? err : compare(old_graph, new_graph, &old, &now, ret);
}

void hf_line_changes_deinit(hf_line_changes *c)
{
    free(c->rows);
    *c = (hf_line_changes){0};
}
