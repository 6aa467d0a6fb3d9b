#include "graph/graph.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/huge.h"
#include "graph/read.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Titles of all types, one after the other, each with a zero byte behind it. */
struct hf_graph_titles {
    hf_buf text;
    size_t *starts;
};

static void free_titles(struct hf_graph_titles *t)
{
    if (!t)
        return;
    hf_buf_deinit(&t->text);
    free(t->starts);
    free(t);
}

void hf_graph_free(hf_graph *g)
{
    if (!g)
        return;
    void *columns[] = {g->address,    g->type,       g->flags, g->edge_start, g->edge_target,
                       g->edge_class, g->edge_label, g->site,  g->born,       g->asked};
    void *tables[] = {g->types, g->roots, g->sites, g->site_frames};
    hf_numbers *numbers[] = {&g->counts, &g->sizes, &g->blocks, &g->externals, &g->lengths};
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
        hf_column_free(columns[i]);
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
        free(tables[i]);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        hf_numbers_deinit(numbers[i]);
    for (uint32_t i = 0; g->threads && i < g->thread_count; i++)
        free((void *)g->threads[i].frames);
    free(g->threads);
    hf_rare_numbers_deinit(&g->bounds);
    hf_memory_deinit(&g->memory);
    hf_values_free(g->values);
    free_titles(g->titles);
    hf_strtab_deinit(&g->names);
    hf_graph_forget(g);
    hf_large_give_back(); /* nothing is computed from it any more */
    free(g);
}

void hf_graph_forget_sources(hf_graph *g)
{
    hf_large_free(hf_take(g->source_start));
    hf_large_free(hf_take(g->source));
}

void hf_graph_forget(hf_graph *g)
{
    hf_graph_forget_sources(g);
    for (size_t i = 0; i < HF_KEPT_COUNT; i++) {
        if (g->kept[i].data)
            g->kept[i].free(g->kept[i].data);
        g->kept[i] = (hf_graph_kept){0};
    }
}

/* Edges whose targets are asked for before they are needed: the counters do not fit a cache. */
enum { AHEAD = 24 };

hf_err *hf_graph_reverse(hf_graph *g)
{
    if (g->source_start)
        return NULL;
    uint64_t *start = hf_large_malloc((uint64_t)g->object_count + 2, sizeof(*start));
    if (!start)
        return hf_fail_memory();
    memset(start, 0, ((size_t)g->object_count + 2) * sizeof(*start));

    /* Counted two places ahead, summed up one place ahead, and moved to their places by the
     * filling itself: start[i + 1] runs from the start of i to the start of i + 1. */
    uint64_t holding = 0;
    for (uint64_t e = 0; e < g->edge_count; e++) {
        if (e + AHEAD < g->edge_count)
            __builtin_prefetch(&start[(size_t)g->edge_target[e + AHEAD] + 2], 1);
        if (hf_graph_holds(g, e)) {
            start[(size_t)g->edge_target[e] + 2]++;
            holding++;
        }
    }
    for (size_t i = 2; i < (size_t)g->object_count + 2; i++)
        start[i] += start[i - 1];
    uint32_t *source = hf_large_malloc(holding, sizeof(*source));
    if (!source) {
        hf_large_free(start);
        return hf_fail_memory();
    }
    for (uint32_t o = 0; o < g->object_count; o++) {
        for (uint64_t e = g->edge_start[o]; e < g->edge_start[o + 1]; e++) {
            if (e + AHEAD < g->edge_count)
                __builtin_prefetch(&start[(size_t)g->edge_target[e + AHEAD] + 1], 1);
            if (hf_graph_holds(g, e))
                source[start[(size_t)g->edge_target[e] + 1]++] = o;
        }
    }
    g->source_start = start;
    g->source = source;
    return NULL;
}

uint32_t hf_graph_source_of(const hf_graph *g, uint64_t edge)
{
    uint32_t low = 0, high = g->object_count; /* edge_start[low] <= edge < edge_start[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (g->edge_start[middle] <= edge)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint32_t hf_graph_find(const hf_graph *g, uint64_t address)
{
    uint32_t low = 0, high = g->object_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g->address[middle] < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->object_count && g->address[low] == address ? low : HF_NO_OBJECT;
}

uint64_t hf_graph_bound(const hf_graph *g, uint32_t object)
{
    return hf_rare_numbers_at(&g->bounds, object);
}

hf_err *hf_graph_name_types(hf_graph *g)
{
    g->titles = calloc(1, sizeof(*g->titles));
    if (!g->titles)
        return hf_fail_memory();
    g->titles->starts = calloc((size_t)g->type_count + 1, sizeof(*g->titles->starts));
    if (!g->titles->starts)
        return hf_fail_memory();
    hf_buf *text = &g->titles->text;
    for (uint32_t i = 0; i < g->type_count; i++) {
        g->titles->starts[i] = text->length;
        const char *module = hf_strtab_get(&g->names, g->types[i].module);
        if (*module && strcmp(module, "builtins")) {
            hf_buf_text(text, module);
            hf_buf_char(text, '.');
        }
        hf_buf_text(text, hf_strtab_get(&g->names, g->types[i].qualname));
        hf_buf_char(text, 0);
    }
    return text->failed ? hf_fail_memory() : NULL;
}

const char *hf_graph_type_title(const hf_graph *g, uint32_t type)
{
    assert(type < g->type_count);
    return (const char *)g->titles->text.data + g->titles->starts[type];
}

const char *hf_graph_type_name(const hf_graph *g, uint32_t object)
{
    return hf_graph_type_title(g, g->type[object]);
}
