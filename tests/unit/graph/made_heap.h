/* A made-up heap: objects, edges, roots and values are put together in any order, told to the
 * snapshot writer as a walk would tell them, and read back as a graph.
 *
 *     made_heap h;
 *     made_begin(&h);
 *     uint32_t type = made_type(&h, "shop.pricing", "Quote");
 *     uint32_t quote = made_object(&h, type, 64);
 *     made_edge(&h, cache, HF_EDGE_INDEX, NULL, 0, quote);
 *     hf_graph *g = made_graph(&h);      aborts on any error
 *     made_end(&h);
 *
 * Handles of objects are counted in order of making; their numbers in the graph, in order of
 * address, are made_number(). Without made_at() both are the same. */
#ifndef MADE_HEAP_H
#define MADE_HEAP_H

#include "graph/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct made_edge_row {
    uint32_t source;
    hf_edge edge; /* target: handle */
    size_t order;
} made_edge_row;

typedef struct made_heap {
    hf_strtab names;
    hf_snapshot_info info;
    const hf_memory *memory; /* NULL: the file says nothing of it */
    hf_type *types;
    hf_object *objects;
    char **values;
    uint32_t *numbers;
    made_edge_row *edges;
    hf_root *roots;
    hf_python_thread *threads;
    hf_site *sites;
    size_t site_count;
    bool notes_born, notes_asked; /* objects tell `born`, `asked` */
    size_t type_count, object_count, edge_count, root_count, thread_count;
    uint64_t next_address;
} made_heap;

__attribute__((unused)) static void made_check(hf_err *err)
{
    if (!err)
        return;
    fprintf(stderr, "made_heap: %s\n", hf_err_message(err));
    abort();
}

/* Room for one more row: arrays grow at powers of two. */
static void *made_grow(void *rows, size_t count, size_t size)
{
    if (count & (count - 1))
        return rows;
    void *grown = realloc(rows, (count ? count * 2 : 1) * size);
    if (!grown)
        abort();
    return grown;
}

__attribute__((unused)) static uint32_t made_name(made_heap *h, const char *text)
{
    return hf_strtab_add(&h->names, text, strlen(text));
}

__attribute__((unused)) static void made_begin(made_heap *h)
{
    *h = (made_heap){.next_address = 0x7f0000000010};
    if (!hf_strtab_init(&h->names))
        abort();
    h->info = (hf_snapshot_info){.tool_version = "0",
                                 .host = "made",
                                 .pid = 42,
                                 .start_time = 7,
                                 .executable = "/bin/made",
                                 .command = "made up",
                                 .freeze.why_not_fork = "",
                                 .freeze.attempts = 1,
                                 .has_values = true};
    strcpy(h->info.python.version, "3.11.7");
}

__attribute__((unused)) static uint32_t made_type(made_heap *h, const char *module,
                                                  const char *qualname)
{
    h->types = made_grow(h->types, h->type_count, sizeof(*h->types));
    h->types[h->type_count] = (hf_type){
        .number = (uint32_t)h->type_count,
        .address = 0x1000 + h->type_count * 0x200,
        .module = made_name(h, module),
        .qualname = made_name(h, qualname),
        .basicsize = 16,
        .heap_type = strcmp(module, "builtins") != 0,
        .exact = true,
    };
    return (uint32_t)h->type_count++;
}

/* An object of `block` bytes, with one reference until made_graph() counts its in-edges (see
 * made_held()). Other fields are the caller's to set in h->objects[handle]. */
__attribute__((unused)) static uint32_t made_object(made_heap *h, uint32_t type, uint64_t block)
{
    h->objects = made_grow(h->objects, h->object_count, sizeof(*h->objects));
    h->values = made_grow(h->values, h->object_count, sizeof(*h->values));
    h->objects[h->object_count] = (hf_object){.address = h->next_address,
                                              .type = type,
                                              .size = block,
                                              .block = block,
                                              .refcount = 0,
                                              .flags = HF_OBJECT_TRACKED};
    h->values[h->object_count] = NULL;
    h->next_address += 64;
    return (uint32_t)h->object_count++;
}

/* The object lies at this address, and the next one made behind it. */
__attribute__((unused)) static void made_at(made_heap *h, uint32_t object, uint64_t address)
{
    h->objects[object].address = address;
    h->next_address = address + 64;
}

/* `count` references that come from no object: held by C. */
__attribute__((unused)) static void made_held(made_heap *h, uint32_t object, int64_t count)
{
    h->objects[object].refcount += count;
}

__attribute__((unused)) static void made_value(made_heap *h, uint32_t object, const char *text)
{
    free(h->values[object]);
    h->values[object] = strdup(text);
}

/* label: for the kinds whose label is a name, else NULL and `number`. A strong edge adds to the
 * target's reference count. */
__attribute__((unused)) static void made_edge_of(made_heap *h, uint32_t source, hf_edge_kind kind,
                                                 hf_edge_strength strength, const char *label,
                                                 uint64_t number, uint32_t target)
{
    h->edges = made_grow(h->edges, h->edge_count, sizeof(*h->edges));
    h->edges[h->edge_count] = (made_edge_row){
        .source = source,
        .edge = {.target = target,
                 .kind = (uint8_t)kind,
                 .strength = (uint8_t)strength,
                 .label = label ? made_name(h, label) : number},
        .order = h->edge_count,
    };
    h->edge_count++;
    h->objects[target].refcount += strength != HF_EDGE_WEAK;
}

__attribute__((unused)) static void made_edge(made_heap *h, uint32_t source, hf_edge_kind kind,
                                              const char *label, uint64_t number, uint32_t target)
{
    made_edge_of(h, source, kind, HF_EDGE_STRONG, label, number, target);
}

/* An entry of a dict. */
__attribute__((unused)) static void made_item(made_heap *h, uint32_t dict, uint32_t key,
                                              uint32_t value)
{
    made_edge(h, dict, HF_EDGE_KEY, NULL, 0, key);
    made_edge(h, dict, HF_EDGE_VALUE, NULL, 0, value);
    h->objects[dict].length++;
}

__attribute__((unused)) static void made_root_at(made_heap *h, hf_root_kind kind, uint32_t target,
                                                 const char *name, const char *place,
                                                 uint32_t thread)
{
    h->roots = made_grow(h->roots, h->root_count, sizeof(*h->roots));
    h->roots[h->root_count++] = (hf_root){.target = target,
                                          .kind = kind,
                                          .name = made_name(h, name),
                                          .place = made_name(h, place),
                                          .thread = thread};
}

__attribute__((unused)) static void made_root(made_heap *h, hf_root_kind kind, uint32_t target,
                                              const char *name)
{
    made_root_at(h, kind, target, name, "", UINT32_MAX);
}

__attribute__((unused)) static uint32_t made_thread(made_heap *h, const char *name,
                                                    const char *frame)
{
    h->threads = made_grow(h->threads, h->thread_count, sizeof(*h->threads));
    uint32_t *frames = malloc(sizeof(*frames));
    if (!frames)
        abort();
    *frames = made_name(h, frame);
    h->threads[h->thread_count] = (hf_python_thread){.native_id = 100 + h->thread_count,
                                                     .name = made_name(h, name),
                                                     .frames = frames,
                                                     .frame_count = 1};
    return (uint32_t)h->thread_count++;
}

/* The object that a type is, at the type's address. */
__attribute__((unused)) static uint32_t made_type_object(made_heap *h, uint32_t type)
{
    for (uint32_t i = 0; i < h->object_count; i++)
        if (h->objects[i].address == h->types[type].address)
            return i;
    uint64_t next = h->next_address;
    uint32_t object = made_object(h, made_type(h, "builtins", "type"), 1072);
    made_at(h, object, h->types[type].address);
    h->next_address = next;
    return object;
}

/* Objects for both types, so that the one is known to be derived from the other. */
__attribute__((unused)) static void made_class(made_heap *h, uint32_t type, uint32_t base)
{
    uint32_t self = made_type_object(h, type), parent = made_type_object(h, base);
    uint32_t order = made_object(h, made_type(h, "builtins", "tuple"), 64);
    h->objects[order].length = 2;
    made_edge(h, self, HF_EDGE_FIELD, "__mro__", 0, order);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 0, self);
    made_edge(h, order, HF_EDGE_INDEX, NULL, 1, parent);
}

/* A place that allocated, with one caller; the number for an object's `site`. */
__attribute__((unused)) static uint32_t made_site(made_heap *h, const char *file, uint32_t line,
                                                  uint64_t blocks, uint64_t bytes)
{
    h->sites = made_grow(h->sites, h->site_count, sizeof(*h->sites));
    hf_site_frame *frames = calloc(2, sizeof(*frames));
    if (!frames)
        abort();
    frames[0] = (hf_site_frame){.file = made_name(h, file), .line = line};
    frames[1] = (hf_site_frame){.file = made_name(h, "/opt/shop/service.py"), .line = 7};
    h->sites[h->site_count] = (hf_site){.number = (uint32_t)h->site_count + 1,
                                        .frames = frames,
                                        .frame_count = 2,
                                        .blocks = blocks,
                                        .bytes = bytes};
    return (uint32_t)++h->site_count;
}

static const made_heap *made_sorting;

static int made_by_address(const void *a, const void *b)
{
    uint64_t x = made_sorting->objects[*(const uint32_t *)a].address;
    uint64_t y = made_sorting->objects[*(const uint32_t *)b].address;
    return (x > y) - (x < y);
}

static int made_by_source(const void *a, const void *b)
{
    const made_edge_row *x = a, *y = b;
    if (x->source != y->source)
        return made_sorting->numbers[x->source] < made_sorting->numbers[y->source] ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* The number in the graph; good once the heap has been told. */
__attribute__((unused)) static uint32_t made_number(const made_heap *h, uint32_t object)
{
    return h->numbers[object];
}

static hf_err *made_tell_object(const made_heap *h, const hf_heap_sink *sink, uint32_t handle,
                                size_t *edge)
{
    hf_object object = h->objects[handle];
    object.number = h->numbers[handle];
    if (h->values[handle])
        object.flags |= HF_OBJECT_HAS_VALUE;
    hf_err *err = sink->object(sink->context, &object);
    for (; !err && *edge < h->edge_count && h->edges[*edge].source == handle; ++*edge) {
        hf_edge told = h->edges[*edge].edge;
        told.target = h->numbers[told.target];
        err = sink->edge(sink->context, &told);
    }
    if (!err && h->values[handle])
        err = sink->value(sink->context, h->values[handle], strlen(h->values[handle]));
    return err;
}

/* Tells everything to a sink, in the order of hf_heap_walk(). */
__attribute__((unused)) static hf_err *made_tell(made_heap *h, const hf_heap_sink *sink)
{
    uint32_t *order = calloc(h->object_count + 1, sizeof(*order));
    free(h->numbers);
    h->numbers = calloc(h->object_count + 1, sizeof(*h->numbers));
    if (!order || !h->numbers)
        abort();
    for (uint32_t i = 0; i < h->object_count; i++)
        order[i] = i;
    made_sorting = h;
    qsort(order, h->object_count, sizeof(*order), made_by_address);
    for (uint32_t i = 0; i < h->object_count; i++)
        h->numbers[order[i]] = i;
    if (h->edge_count)
        qsort(h->edges, h->edge_count, sizeof(*h->edges), made_by_source);

    hf_err *err = NULL;
    for (size_t i = 0; !err && i < h->thread_count; i++)
        err = sink->thread(sink->context, &h->threads[i]);
    for (size_t i = 0; !err && i < h->type_count; i++)
        err = sink->type(sink->context, &h->types[i]);
    for (size_t i = 0; !err && i < h->root_count; i++) {
        hf_root root = h->roots[i];
        root.target = h->numbers[root.target];
        err = sink->root(sink->context, &root);
    }
    for (size_t i = 0; !err && i < h->site_count; i++)
        err = sink->site(sink->context, &h->sites[i]);
    if (!err && (h->notes_born || h->notes_asked))
        err = sink->notes(sink->context, h->notes_born, h->notes_asked);
    size_t edge = 0;
    for (uint32_t i = 0; !err && i < h->object_count; i++)
        err = made_tell_object(h, sink, order[i], &edge);
    free(order);
    return err;
}

/* Writes a snapshot file. */
__attribute__((unused)) static hf_err *made_write(made_heap *h, const char *path)
{
    hf_snapshot_writer *w = NULL;
    hf_err *err = hf_snapshot_writer_create(path, &w);
    if (err)
        return err;
    hf_heap_sink sink = hf_snapshot_writer_sink(w, &h->names);
    err = made_tell(h, &sink);
    if (!err && h->memory)
        err = hf_snapshot_writer_memory(w, h->memory);
    if (!err)
        err = hf_snapshot_writer_finish(w, &h->info);
    hf_snapshot_writer_free(w);
    return err;
}

/* A path for a file of this test; the same one each time. */
__attribute__((unused)) static const char *made_path(void)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/holdfast-made-%d.hf", (int)getpid());
    return path;
}

/* Writes, reads back, removes the file. The heap can be added to and told again. */
__attribute__((unused)) static hf_graph *made_graph(made_heap *h)
{
    hf_graph *g = NULL;
    made_check(made_write(h, made_path()));
    made_check(hf_snapshot_read(made_path(), &g));
    unlink(made_path());
    return g;
}

__attribute__((unused)) static void made_end(made_heap *h)
{
    for (size_t i = 0; i < h->object_count; i++)
        free(h->values[i]);
    for (size_t i = 0; i < h->thread_count; i++)
        free((void *)h->threads[i].frames);
    for (size_t i = 0; i < h->site_count; i++)
        free((void *)h->sites[i].frames);
    free(h->sites);
    free(h->values);
    free(h->types);
    free(h->objects);
    free(h->numbers);
    free(h->edges);
    free(h->roots);
    free(h->threads);
    hf_strtab_deinit(&h->names);
}

#endif
