/* Made-up heaps of one process at several moments, and their diagnosis. */
#ifndef MOMENT_H
#define MOMENT_H

#include "analyse/diagnose.h"
#include "analyse/timeline.h"

#include "../graph/made_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SNAPSHOTS = 5, SECOND = 1000000000 };

/* A process with one module and its globals, seen at moment k. Types and objects that are made in
 * the same order lie at the same addresses. */
typedef struct moment {
    made_heap heap;
    uint32_t module, str, number, dict, list, deque, quote, node, lru, function;
    uint32_t globals;
    uint64_t kept_free; /* bytes that malloc keeps free; 0: not measured */
    /* bytes of Python's own pools without a block in use; counts where kept_free does */
    uint64_t free_pools;
    /* bytes of blocks in use and of free ones between them, as measured; counts likewise */
    uint64_t object_blocks, free_blocks;
    uint64_t native; /* bytes that C code has from malloc; counts likewise */
    int k;
} moment;

__attribute__((unused)) static uint32_t text(moment *m, const char *value)
{
    uint32_t object = made_object(&m->heap, m->str, 64);
    made_value(&m->heap, object, value);
    m->heap.objects[object].length = strlen(value);
    return object;
}

__attribute__((unused)) static void begin(moment *m, int k)
{
    made_heap *h = &m->heap;
    made_begin(h);
    m->k = k;
    h->info.freeze.taken_at = (uint64_t)(k + 1) * 2 * SECOND;
    h->info.anonymous = h->info.rss = 50u << 20;
    h->info.python.gc_enabled = true;
    h->info.python.gc_threshold[0] = 700;
    m->module = made_type(h, "builtins", "module");
    m->str = made_type(h, "builtins", "str");
    h->types[m->str].flags = 1u << 28;
    m->number = made_type(h, "builtins", "int");
    h->types[m->number].flags = 1u << 24;
    m->dict = made_type(h, "builtins", "dict");
    h->types[m->dict].flags = 1u << 29;
    m->list = made_type(h, "builtins", "list");
    m->deque = made_type(h, "collections", "deque");
    m->quote = made_type(h, "shop.pricing", "Quote");
    m->node = made_type(h, "shop.pages", "Node");
    m->lru = made_type(h, "functools", "_lru_cache_wrapper");
    m->function = made_type(h, "builtins", "function");
    uint32_t module = made_object(h, m->module, 64);
    made_value(h, module, "shop.pricing");
    made_root(h, HF_ROOT_MODULE, module, "shop.pricing");
    m->globals = made_object(h, m->dict, 400);
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, m->globals);
}

/* A global variable; its object lies at a place of its own, however much was made before. */
__attribute__((unused)) static uint32_t global(moment *m, const char *name, uint32_t type,
                                               uint64_t address)
{
    made_heap *h = &m->heap;
    uint32_t key = text(m, name);
    made_at(h, key, address);
    uint32_t object = made_object(h, type, 400);
    made_item(h, m->globals, key, object);
    return object;
}

__attribute__((unused)) static uint32_t placed(moment *m, uint32_t type, uint64_t bytes,
                                               uint64_t address)
{
    uint32_t object = made_object(&m->heap, type, bytes);
    made_at(&m->heap, object, address);
    return object;
}

__attribute__((unused)) static void append(moment *m, uint32_t list, uint32_t item)
{
    made_edge(&m->heap, list, HF_EDGE_INDEX, NULL, m->heap.objects[list].length++, item);
}

/* Entries `first` to `last - 1` of a dict, each an instance with its own text. */
__attribute__((unused)) static void quotes(moment *m, uint32_t dict, int first, int last,
                                           uint64_t address)
{
    for (int n = first; n < last; n++) {
        char name[32];
        snprintf(name, sizeof(name), "quote-%d", n);
        uint32_t key = text(m, name);
        made_at(&m->heap, key, address + (uint64_t)n * 256);
        made_item(&m->heap, dict, key, made_object(&m->heap, m->quote, 600));
    }
}

__attribute__((unused)) static hf_diagnosis *diagnose(void (*fill)(moment *m), hf_graph **graphs)
{
    for (int k = 0; k < SNAPSHOTS; k++) {
        moment m = {0};
        begin(&m, k);
        fill(&m);
        for (uint32_t i = 0; i < m.heap.object_count; i++)
            m.heap.info.anonymous += m.heap.objects[i].block + m.heap.objects[i].external;
        graphs[k] = made_graph(&m.heap);
        graphs[k]->memory.measured = m.kept_free != 0;
        graphs[k]->memory.parts[HF_MEMORY_MALLOC_FREE] = m.kept_free;
        graphs[k]->memory.parts[HF_MEMORY_MALLOC_NATIVE] = m.native;
        graphs[k]->memory.parts[HF_MEMORY_FREE_POOLS] = m.free_pools;
        graphs[k]->memory.parts[HF_MEMORY_OBJECT_BLOCKS] = m.object_blocks;
        graphs[k]->memory.parts[HF_MEMORY_FREE_BLOCKS] = m.free_blocks;
        graphs[k]->memory.arena_count = m.object_blocks != 0;
        made_end(&m.heap);
    }
    hf_diagnosis *d = NULL;
    made_check(hf_diagnose(graphs, SNAPSHOTS, &d));
    return d;
}

__attribute__((unused)) static void finish(hf_diagnosis *d, hf_graph **graphs)
{
    hf_diagnosis_free(d);
    for (int k = 0; k < SNAPSHOTS; k++)
        hf_graph_free(graphs[k]);
}

/* One suspect and no more; path and pattern: NULL: any. */
__attribute__((unused)) static void assert_suspect(void (*fill)(moment *m), const char *path,
                                                   const char *pattern)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 1);
    if (path)
        assert_string_equal(d->suspects[0].path, path);
    if (pattern)
        assert_string_equal(d->suspects[0].pattern, pattern);
    finish(d, graphs);
}

__attribute__((unused)) static void assert_no_suspect(void (*fill)(moment *m))
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 0);
    finish(d, graphs);
}

/* No suspect yet; part: of what is said, or NULL. */
__attribute__((unused)) static void assert_too_early(void (*fill)(moment *m), const char *part)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_int_equal(d->suspect_count, 0);
    assert_int_equal(d->verdict, HF_VERDICT_TOO_EARLY);
    if (part)
        assert_non_null(strstr(d->summary, part));
    finish(d, graphs);
}

/* The first suspect's pattern, and texts that its evidence and its fix have. */
__attribute__((unused)) static void assert_advice(void (*fill)(moment *m), const char *pattern,
                                                  const char *evidence, const char *fix)
{
    hf_graph *graphs[SNAPSHOTS];
    hf_diagnosis *d = diagnose(fill, graphs);
    assert_true(d->suspect_count > 0);
    assert_string_equal(d->suspects[0].pattern, pattern);
    assert_non_null(strstr(d->suspects[0].evidence, evidence));
    assert_non_null(strstr(d->suspects[0].fix, fix));
    finish(d, graphs);
}

#endif
