/* What the graph costs.
 *
 *     bench_graph FILE                   loads a snapshot; prints one line of JSON
 *     bench_graph --made MILLIONS [FILE] makes up a heap of that many million objects, 1.6 edges
 *                                        each, writes it and loads it
 *
 * Seconds are CPU seconds of all threads. */
#include "analyse/dominators.h"
#include "analyse/paths.h"
#include "graph/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(hf_err *err)
{
    if (!err)
        return;
    fprintf(stderr, "bench_graph: %s\n", hf_err_message(err));
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds since the last lap. */
static double lap(double *since)
{
    double last = *since;
    *since = seconds();
    return *since - last;
}

/* Records of ten objects as a service keeps them: a dict of records, each an instance with a name
 * (str), a number, a list of two tuples of a str and a number. Records of one time lie together,
 * but their parts come from pools of their own sizes, and every seventh record was changed later,
 * so that its parts lie anywhere. */
enum { PARTS = 10, TYPES = 6 };
enum { DICT, RECORD, STR, LIST, TUPLE, INT };

typedef struct heap {
    const hf_heap_sink *sink;
    uint64_t records;
    uint32_t names[3];
    uint64_t random;
} heap;

static uint64_t next_random(heap *h)
{
    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return h->random;
}

/* Pools: records, lists, tuples, strings and numbers each have a stretch of numbers. */
static uint32_t part(heap *h, uint64_t record, int which)
{
    if (record % 7 == 0 && which)
        record = next_random(h) % h->records;
    switch (which) {
    case 0: /* the record */
        return (uint32_t)(1 + record);
    case 1: /* its list */
        return (uint32_t)(1 + h->records + record);
    case 2:
    case 3: /* tuples */
        return (uint32_t)(1 + 2 * h->records + 2 * record + (uint64_t)which - 2);
    case 4:
    case 5:
    case 6: /* strings */
        return (uint32_t)(1 + 4 * h->records + 3 * record + (uint64_t)which - 4);
    default: /* numbers */
        return (uint32_t)(1 + 7 * h->records + 3 * record + (uint64_t)which - 7);
    }
}

static void tell_object(heap *h, uint32_t number, uint32_t type, uint64_t size, uint64_t length)
{
    hf_object o = {.address = 0x7f0000000010 + (uint64_t)number * 64 + number / 60 * 128,
                   .number = number,
                   .type = type,
                   .size = size,
                   .block = (size + 15) & ~(uint64_t)15,
                   .refcount = 1,
                   .length = length,
                   .flags = type == STR || type == INT ? 0 : HF_OBJECT_TRACKED};
    check(h->sink->object(h->sink->context, &o));
}

static void tell_edge(heap *h, hf_edge_kind kind, uint64_t label, uint32_t target)
{
    hf_edge e = {.target = target, .kind = (uint8_t)kind, .label = label};
    check(h->sink->edge(h->sink->context, &e));
}

static void tell_records(heap *h)
{
    tell_object(h, 0, DICT, h->records * 104, h->records);
    for (uint64_t r = 0; r < h->records; r++) {
        tell_edge(h, HF_EDGE_KEY, 0, part(h, r, 6));
        tell_edge(h, HF_EDGE_VALUE, 0, (uint32_t)(1 + r));
    }
    for (uint64_t r = 0; r < h->records; r++) {
        tell_object(h, part(h, r, 0), RECORD, 64, 0);
        tell_edge(h, HF_EDGE_ATTRIBUTE, h->names[0], part(h, r, 4));
        tell_edge(h, HF_EDGE_ATTRIBUTE, h->names[1], part(h, r, 7));
        tell_edge(h, HF_EDGE_ATTRIBUTE, h->names[2], part(h, r, 1));
    }
    for (uint64_t r = 0; r < h->records; r++) {
        tell_object(h, (uint32_t)(1 + h->records + r), LIST, 88, 2);
        tell_edge(h, HF_EDGE_INDEX, 0, part(h, r, 2));
        tell_edge(h, HF_EDGE_INDEX, 1, part(h, r, 3));
    }
    for (uint64_t t = 0; t < 2 * h->records; t++) {
        tell_object(h, (uint32_t)(1 + 2 * h->records + t), TUPLE, 56, 2);
        tell_edge(h, HF_EDGE_INDEX, 0, part(h, t / 2, 5));
        tell_edge(h, HF_EDGE_INDEX, 1, part(h, t / 2, 8 + (int)(t % 2)));
        if (t % 2 == 0) /* tuples of a record and the next know each other */
            tell_edge(h, HF_EDGE_INDEX, 2, part(h, (t / 2 + 1) % h->records, 3));
        else
            for (uint64_t i = 0; i < 8 && t % 4 == 1; i++)
                tell_edge(h, HF_EDGE_INDEX, 2 + i, part(h, next_random(h) % h->records, 4));
    }
    for (uint64_t s = 0; s < 3 * h->records; s++)
        tell_object(h, (uint32_t)(1 + 4 * h->records + s), STR, 50 + next_random(h) % 12,
                    1 + next_random(h) % 12);
    for (uint64_t i = 0; i < 3 * h->records; i++)
        tell_object(h, (uint32_t)(1 + 7 * h->records + i), INT, 28, 0);
}

static void write_heap(heap *h, const char *path)
{
    static const char *const titles[] = {"dict", "Record", "str", "list", "tuple", "int"};
    hf_strtab names;
    hf_snapshot_writer *w = NULL;
    if (!hf_strtab_init(&names))
        exit(1);
    check(hf_snapshot_writer_create(path, &w));
    hf_heap_sink sink = hf_snapshot_writer_sink(w, &names);
    h->sink = &sink;
    for (uint32_t t = 0; t < TYPES; t++) {
        hf_type type = {.number = t,
                        .qualname = hf_strtab_add(&names, titles[t], strlen(titles[t])),
                        .itemsize = t == TUPLE ? 8 : 0};
        check(sink.type(sink.context, &type));
    }
    static const char *const attributes[] = {"name", "number", "lines"};
    for (int i = 0; i < 3; i++)
        h->names[i] = hf_strtab_add(&names, attributes[i], strlen(attributes[i]));
    hf_root root = {.kind = HF_ROOT_MODULE, .name = h->names[0], .thread = UINT32_MAX};
    check(sink.root(sink.context, &root));
    tell_records(h);
    hf_snapshot_info info = {0};
    check(hf_snapshot_writer_finish(w, &info));
    hf_snapshot_writer_free(w);
    hf_strtab_deinit(&names);
}

typedef struct costs {
    double write, load, reverse, dominators, paths;
    uint64_t bytes, objects, edges, dominators_memory;
} costs;

/* Bytes that a line of /proc/self/status tells. */
static uint64_t status_bytes(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long long kilobytes = 0;
    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, name, strlen(name)))
            sscanf(line + strlen(name), ": %llu", &kilobytes);
    if (f)
        fclose(f);
    return kilobytes << 10;
}

/* From here on VmHWM counts anew (proc(5), clear_refs). */
static uint64_t begin_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f) {
        fputs("5", f);
        fclose(f);
    }
    return status_bytes("VmRSS");
}

static void load(const char *path, costs *c)
{
    struct stat st;
    if (!stat(path, &st))
        c->bytes = (uint64_t)st.st_size;
    double since = seconds();
    hf_graph *g = NULL;
    check(hf_snapshot_read(path, &g));
    c->load = lap(&since);
    check(hf_graph_reverse(g));
    c->reverse = lap(&since);
    hf_dominators *d = NULL;
    uint64_t before = begin_peak();
    lap(&since);
    check(hf_dominators_compute(g, &d));
    c->dominators = lap(&since);
    c->dominators_memory = status_bytes("VmHWM") - before;
    lap(&since);
    hf_path_tree *t = NULL;
    check(hf_path_tree_build(g, &t));
    c->paths = lap(&since);
    c->objects = g->object_count;
    c->edges = g->edge_count;
    hf_path_tree_free(t);
    hf_dominators_free(d);
    hf_graph_free(g);
}

static void print(const costs *c)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"objects\": %llu, \"edges\": %llu, \"bytes\": %llu, \"write\": %.3f, \"load\": %.3f, "
           "\"reverse\": %.3f, \"dominators\": %.3f, \"paths\": %.3f, \"peak_memory\": %llu, "
           "\"dominators_memory\": %llu}\n",
           (unsigned long long)c->objects, (unsigned long long)c->edges,
           (unsigned long long)c->bytes, c->write, c->load, c->reverse, c->dominators, c->paths,
           (unsigned long long)usage.ru_maxrss * 1024, (unsigned long long)c->dominators_memory);
}

int main(int argc, char **argv)
{
    costs c = {0};
    if (argc == 2) {
        load(argv[1], &c);
        print(&c);
        return 0;
    }
    heap h = {.records = argc > 2 ? (uint64_t)(atof(argv[2]) * 1e6 / PARTS) : 0,
              .random = 88172645463325252ULL};
    if (!h.records || strcmp(argv[1], "--made") != 0) {
        fprintf(stderr, "usage: bench_graph FILE | --made MILLIONS [FILE]\n");
        return 2;
    }
    const char *path = argc > 3 ? argv[3] : "/tmp/holdfast-bench-graph.hf";
    double since = seconds();
    write_heap(&h, path);
    c.write = lap(&since);
    load(path, &c);
    print(&c);
    unlink(path);
    return 0;
}
