#include "analyse/threads.h"

#include "analyse/attributes.h"
#include "analyse/private_objects.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum { THREAD = 1, LOCAL, EXECUTOR, PROCESSES };

static const char *const titles[] = {
    "threading.Thread",
    "_thread._local",
    "concurrent.futures.thread.ThreadPoolExecutor",
    "concurrent.futures.process.ProcessPoolExecutor",
};

typedef struct teller {
    hf_graph *g;
    const hf_dominators *d;
    uint8_t *kinds; /* by type: 0 or one of the above */
    hf_threads found;
    size_t capacity;
} teller;

static hf_thread_row *add_row(teller *t)
{
    hf_threads *f = &t->found;
    if (!hf_array_room(&f->rows, f->count, &t->capacity))
        return NULL;
    f->rows[f->count] = (hf_thread_row){.thread = UINT32_MAX, .object = HF_NO_OBJECT};
    return &f->rows[f->count++];
}

/* The rows of running threads are those of the graph, in its order, until all is sorted. */
static bool add_running(teller *t)
{
    hf_graph *g = t->g;
    for (uint32_t i = 0; i < g->thread_count; i++) {
        hf_thread_row *row = add_row(t);
        if (!row)
            return false;
        row->thread = i;
        for (size_t k = 0; k < g->memory.stack_count; k++)
            if (g->threads[i].native_id && g->memory.stack_rows[k].tid == g->threads[i].native_id)
                row->stack_resident = g->memory.stack_rows[k].resident;
    }
    for (uint32_t i = 0; i < g->root_count; i++)
        if (g->roots[i].thread < g->thread_count)
            t->found.rows[g->roots[i].thread].interpreter = g->roots[i].interpreter;
    return true;
}

/* The running thread of a Thread object: by the id that the kernel gave it, or because it runs
 * Thread._bootstrap of this very object. */
static hf_thread_row *running_of(teller *t, uint32_t object)
{
    hf_graph *g = t->g;
    int64_t id;
    if (hf_attribute_int(g, object, "_native_id", &id))
        for (uint32_t i = 0; i < g->thread_count; i++)
            if (g->threads[i].native_id == (uint64_t)id)
                return &t->found.rows[i];
    for (uint32_t i = 0; i < g->root_count; i++) {
        const hf_root *root = &g->roots[i];
        const char *place = hf_strtab_get(&g->names, root->place);
        const char *bootstrap = strstr(place, "_bootstrap");
        if (root->kind == HF_ROOT_LOCAL && root->target == object && bootstrap &&
            root->thread < g->thread_count)
            return &t->found.rows[root->thread];
    }
    return NULL;
}

static hf_thread_life life_of(teller *t, uint32_t object)
{
    uint32_t event = hf_attribute_of(t->g, object, "_started");
    uint32_t flag = event == HF_NO_OBJECT ? event : hf_attribute_of(t->g, event, "_flag");
    if (hf_object_says(t->g, flag, "True"))
        return HF_THREAD_ENDED;
    return hf_object_says(t->g, flag, "False") ? HF_THREAD_NOT_BEGUN : HF_THREAD_UNKNOWN;
}

static bool add_object(teller *t, uint32_t object)
{
    hf_graph *g = t->g;
    hf_thread_row *row = running_of(t, object);
    hf_thread_life life = row ? HF_THREAD_RUNS : life_of(t, object);
    if (!row && !(row = add_row(t)))
        return false;
    row->object = object;
    row->life = life;
    row->retained = t->d->retained[object];
    uint32_t daemon = hf_attribute_of(g, object, "_daemonic");
    row->daemon = hf_object_says(g, daemon, "True");
    row->daemon_known = row->daemon || hf_object_says(g, daemon, "False");
    return true;
}

/* What stands for a thread in threading.local objects -> its row + 1. */
static bool find_keys(teller *t, hf_map *keys)
{
    hf_graph *g = t->g;
    for (uint32_t i = 0; i < g->root_count; i++) {
        const hf_root *root = &g->roots[i];
        const char *name = hf_strtab_get(&g->names, root->name);
        if (root->kind != HF_ROOT_THREAD || root->thread >= g->thread_count)
            continue;
        if (!strcmp(name, "threading_local_key") && !hf_map_put(keys, root->target, root->thread))
            return false;
        uint64_t end = g->edge_start[root->target + 1];
        for (uint64_t e = g->edge_start[root->target]; !strcmp(name, "dict") && e < end; e++)
            if (hf_graph_kind(g, e) == HF_EDGE_VALUE &&
                !hf_map_put(keys, g->edge_target[e], root->thread))
                return false;
    }
    return true;
}

/* A key is what stands for the thread, or a weak reference to it. */
static uint32_t thread_of_key(const hf_graph *g, const hf_map *keys, uint32_t key)
{
    uint32_t thread = hf_map_get(keys, key);
    for (uint64_t e = g->edge_start[key]; thread == HF_MAP_NONE && e < g->edge_start[key + 1]; e++)
        if (!hf_graph_holds(g, e))
            thread = hf_map_get(keys, g->edge_target[e]);
    return thread;
}

static void add_local(teller *t, const hf_map *keys, uint32_t object)
{
    hf_graph *g = t->g;
    uint32_t dicts = hf_object_field(g, object, "dummies");
    if (dicts == HF_NO_OBJECT)
        return;
    for (uint64_t e = g->edge_start[dicts]; e + 1 < g->edge_start[dicts + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            continue;
        uint32_t thread = thread_of_key(g, keys, g->edge_target[e]);
        uint64_t bytes = t->d->retained[g->edge_target[e + 1]];
        if (thread == HF_MAP_NONE)
            t->found.local_left += bytes;
        else
            t->found.rows[thread].local_bytes += bytes;
    }
}

/* Items that wait. Up to 3.12 a list in C hands, in which what was taken is None. */
static uint64_t queue_length(hf_graph *g, uint32_t queue)
{
    uint64_t length = queue == HF_NO_OBJECT ? 0 : hf_graph_length(g, queue);
    if (queue == HF_NO_OBJECT || length)
        return length;
    for (uint64_t e = g->edge_start[queue]; e < g->edge_start[queue + 1]; e++) {
        uint32_t list = g->edge_target[e];
        if (!hf_graph_is(g, list, "list"))
            continue;
        for (uint64_t i = g->edge_start[list]; i < g->edge_start[list + 1]; i++)
            length += hf_graph_kind(g, i) == HF_EDGE_INDEX &&
                      !hf_graph_is(g, g->edge_target[i], "NoneType");
    }
    return length;
}

static bool add_executor(teller *t, uint32_t object, bool processes)
{
    hf_graph *g = t->g;
    hf_threads *f = &t->found;
    if (!hf_array_next(&f->executors, f->executor_count))
        return false;
    hf_executor *x = &f->executors[f->executor_count++];
    *x = (hf_executor){.object = object, .most = -1, .retained = t->d->retained[object]};
    uint32_t workers = hf_attribute_of(g, object, processes ? "_processes" : "_threads");
    uint32_t queue = hf_attribute_of(g, object, processes ? "_pending_work_items" : "_work_queue");
    x->threads = workers == HF_NO_OBJECT ? 0 : hf_graph_length(g, workers);
    x->queued = queue_length(g, queue);
    hf_attribute_int(g, object, "_max_workers", &x->most);
    return true;
}

static bool add_objects(teller *t)
{
    HF_AUTO(hf_map_deinit) hf_map keys;
    hf_map_init(&keys);
    bool enough = find_keys(t, &keys);
    for (uint32_t i = 0; enough && i < t->g->object_count; i++) {
        uint8_t kind = t->kinds[t->g->type[i]];
        if (kind == THREAD)
            enough = add_object(t, i);
        else if (kind == LOCAL)
            add_local(t, &keys, i);
        else if (kind)
            enough = add_executor(t, i, kind == PROCESSES);
    }
    return enough;
}

static bool measure_private(teller *t)
{
    HF_AUTO(hf_freep) uint32_t *owner = NULL;
    if (!hf_private_objects(t->g, t->d, &owner))
        return false;
    for (uint32_t i = 0; i < t->g->object_count; i++)
        if (owner[i] < t->g->thread_count) {
            t->found.rows[owner[i]].private_objects++;
            t->found.rows[owner[i]].private_bytes += hf_graph_shallow(t->g, i);
        }
    return true;
}

static int running_first(const void *a, const void *b)
{
    const hf_thread_row *x = a, *y = b;
    if ((x->thread == UINT32_MAX) != (y->thread == UINT32_MAX))
        return x->thread == UINT32_MAX ? 1 : -1;
    if (x->private_bytes != y->private_bytes)
        return x->private_bytes > y->private_bytes ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static int most_queued_first(const void *a, const void *b)
{
    const hf_executor *x = a, *y = b;
    if (x->queued != y->queued)
        return x->queued > y->queued ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static void sum_up(hf_threads *f)
{
    for (size_t i = 0; i < f->count; i++) {
        f->running += f->rows[i].life == HF_THREAD_RUNS;
        f->ended += f->rows[i].life == HF_THREAD_ENDED;
        f->saved += f->rows[i].life == HF_THREAD_ENDED ? f->rows[i].retained : 0;
    }
    f->saved += f->local_left;
    if (f->count)
        qsort(f->rows, f->count, sizeof(*f->rows), running_first);
    if (f->executor_count)
        qsort(f->executors, f->executor_count, sizeof(*f->executors), most_queued_first);
}

hf_err *hf_threads_tell(hf_graph *g, const hf_dominators *d, hf_threads *ret)
{
    teller t = {
        .g = g, .d = d, .kinds = hf_types_named(g, titles, sizeof(titles) / sizeof(*titles))};
    bool enough = t.kinds && add_running(&t) && measure_private(&t) && add_objects(&t);
    free(t.kinds);
    if (!enough) {
        hf_threads_deinit(&t.found);
        return hf_fail_memory();
    }
    sum_up(&t.found);
    *ret = t.found;
    return NULL;
}

void hf_threads_deinit(hf_threads *t)
{
    free(t->rows);
    free(t->executors);
    *t = (hf_threads){0};
}
