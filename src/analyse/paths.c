#include "analyse/paths.h"

#include "analyse/attributes.h"
#include "analyse/path_home.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

/* Breadth first, from one kind of root after the other. The steps that say little (see
 * is_detour()) are taken last: an object is told by a way with as few of them as there can be,
 * and among those by the shortest.
 *
 *   1. modules, then locals (of the user's frames first), without detours;
 *   2. from what they reach, by one detour, then two, ...;
 *   3. each other kind of root: without, then with detours; before those in the data of binaries
 *      the locals that are to be late.
 *
 *   4. what C code alone has references to, as a callback that an extension was given, where the
 *      graph has its reverse edges, which tell.
 *
 * So an object that a module or a local reaches at all is never told from the data of a binary.
 * Last, globals are given back to the module that made them (path_home.h). */
struct hf_path_tree {
    const hf_graph *g;
    uint64_t *by; /* of each object: the edge it is reached by, or ROOT | row of its root */
};

#define ROOT      HF_PATH_ROOT
#define HELD_BY_C (HF_PATH_ROOT | UINT32_MAX) /* no row: its references are C code's */
#define NOTHING   UINT64_MAX

enum { REGISTRIES = 32 }; /* each interpreter of a process and each event loop has its own */

typedef struct builder {
    const hf_graph *g;
    hf_path_limits limits;
    uint64_t *by;
    uint32_t *distance;              /* in steps from the root */
    uint32_t *queue;                 /* objects in order of being reached */
    uint32_t count;                  /* in the queue */
    uint64_t *has_detour;            /* bits by object: is_detour() of one of its edges */
    bool *detour;                    /* by name number: a FIELD of this name says little */
    uint32_t registries[REGISTRIES]; /* see leads_to_registry() */
    size_t registry_count;
    uint32_t first_registry, last_registry; /* the least and the largest of their numbers */
} builder;

/* Names of C fields that lead from anything to nearly everything. */
static const char *const detours[] = {
    "__globals__", "__builtins__", "f_globals", "f_builtins",     "f_back",       "__class__",
    "__base__",    "__bases__",    "__mro__",   "__subclasses__", "__objclass__", "tp_subclasses",
};

/* Variables in which libraries note for their own use what others hold: they lead to the
 * queue of each pool and to each thread, and say nothing about who uses those. Defaults of
 * functions may lead there, too. */
static const struct registry {
    const char *module, *name;
} registries[] = {
    {"asyncio.tasks", "_current_tasks"},
    {"concurrent.futures.thread", "_threads_queues"},
    {"concurrent.futures.process", "_threads_wakeups"},
    {"threading", "_active"},
    {"multiprocessing.process", "_children"},
    {"multiprocessing.util", "_finalizer_registry"},
    {"sqlalchemy.pool.base", "_strong_ref_connection_records"}, /* those that are in use now */
};

/* What an event loop will call next, and whom it wakes when a descriptor is ready: now it leads to
 * all that is at work, by the numbers of descriptors and the insides of transports, and in a moment
 * to other things. */
static const char *const loop_queues[] = {"_ready", "_scheduled", "_selector"};

static bool leads_to_registry(const builder *b, uint64_t e)
{
    uint32_t target = b->g->edge_target[e];
    if (target < b->first_registry || target > b->last_registry)
        return false;
    for (size_t i = 0; i < b->registry_count; i++)
        if (b->registries[i] == target)
            return true;
    return false;
}

/* A step that leads from function, frame or object to what it shares with all others, or that
 * was found by scanning and has no name. */
static bool says_little(const builder *b, uint64_t e)
{
    return hf_graph_strength(b->g, e) == HF_EDGE_SCANNED ||
           (hf_graph_kind(b->g, e) == HF_EDGE_FIELD && b->detour[b->g->edge_label[e]]);
}

static bool is_detour(const builder *b, uint64_t e)
{
    return says_little(b, e) || leads_to_registry(b, e);
}

static bool has(const uint64_t *set, uint64_t n)
{
    return set && (set[n >> 6] >> (n & 63) & 1);
}

static void reach(builder *b, uint32_t object, uint64_t by, uint32_t distance)
{
    b->by[object] = by;
    b->distance[object] = distance;
    b->queue[b->count++] = object;
}

/* What will be looked at soon is asked for now, since heaps are far larger than caches: where the
 * edges of an object of the queue are, then what they lead to. */
static void ask_ahead(const builder *b, uint32_t place)
{
    enum { SOON = 12, SOONER = 6, EDGES = 6 };
    const hf_graph *g = b->g;
    if (place + SOON < b->count)
        __builtin_prefetch(&g->edge_start[b->queue[place + SOON]]);
    if (place + SOONER >= b->count)
        return;
    uint32_t object = b->queue[place + SOONER];
    uint64_t e = g->edge_start[object], end = g->edge_start[object + 1];
    end = end - e < EDGES ? end : e + EDGES;
    for (; e < end; e++)
        __builtin_prefetch(&b->by[g->edge_target[e]], 1);
}

/* Few objects have a detour, and each object is asked twice. */
static void mark_detours(builder *b)
{
    const hf_graph *g = b->g;
    for (uint32_t i = 0; i < g->object_count; i++)
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++)
            if (is_detour(b, e))
                b->has_detour[i >> 6] |= 1ULL << (i & 63);
}

static void step_from(builder *b, uint32_t object, bool detours_only)
{
    const hf_graph *g = b->g;
    bool none = !has(b->has_detour, object);
    if (none && detours_only)
        return;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (b->by[target] == NOTHING && hf_graph_holds(g, e) &&
            (none || is_detour(b, e) == detours_only) && !has(b->limits.edges, e) &&
            !has(b->limits.objects, target))
            reach(b, target, e, b->distance[object] + 1);
    }
}

/* A stretch of the queue, in order of distance. */
typedef struct run {
    uint32_t start, end;
} run;

/* "_worker (concurrent/futures/thread.py:92)": frames are told with the name that a file has in its
 * package, or alone where it is the user's; single modules of the standard library that have frames
 * for long are known. */
static bool is_place_of_library(const char *place)
{
    static const char *const modules[] = {
        "threading.py",  "queue.py",     "socketserver.py", "selectors.py", "sched.py", "runpy.py",
        "contextlib.py", "functools.py", "cmd.py",          "pdb.py",       "bdb.py"};
    const char *file = strrchr(place, '(');
    if (!file)
        return false;
    const char *end = file + 1 + strcspn(file + 1, ":)"), *slash = NULL;
    for (const char *p = ++file; p < end; p++)
        slash = *p == '/' ? p : slash;
    size_t length = (size_t)(end - file);
    if (slash && (size_t)(end - slash) > 1)
        return strncmp(slash + 1, "__init__.py", 11) != 0 &&
               strncmp(slash + 1, "__main__.py", 11) != 0;
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
        if (strlen(modules[i]) == length && memcmp(file, modules[i], length) == 0)
            return true;
    return false;
}

/* A local without a name, or of a frame of a library: it says less about who has the object. */
static bool is_obscure(const hf_graph *g, const hf_root *root)
{
    return root->kind == HF_ROOT_LOCAL &&
           (!strcmp(hf_strtab_get(&g->names, root->name), "evaluation stack") ||
            is_place_of_library(hf_strtab_get(&g->names, root->place)));
}

/* By how many steps a way from this root may be shorter without being told first: what a call has
 * that will soon be over is told from the calls around it, as `local shop in main: shop.cache` and
 * not as `self.cache`. */
static uint32_t delay_of(const hf_graph *g, const hf_root *root)
{
    enum { MOST = 3 };
    if (root->kind != HF_ROOT_LOCAL || root->thread >= g->thread_count)
        return 0;
    const hf_graph_thread *thread = &g->threads[root->thread];
    uint32_t older = 0;
    for (size_t k = thread->frame_count; k-- > 0 && older < MOST;) {
        if (thread->frames[k] == root->place)
            return older;
        older += !is_place_of_library(hf_strtab_get(&g->names, thread->frames[k]));
    }
    return older;
}

/* Which roots a pass begins at. */
typedef struct root_choice {
    hf_root_kind kind;
    bool late, obscure;
} root_choice;

static bool is_chosen(const builder *b, uint32_t i, const root_choice *choice)
{
    const hf_root *root = &b->g->roots[i];
    return root->kind == choice->kind && b->by[root->target] == NOTHING &&
           has(b->limits.late_roots, i) == choice->late && !has(b->limits.roots, i) &&
           !has(b->limits.objects, root->target) && is_obscure(b->g, root) == choice->obscure;
}

/* Reaches the roots that are due after so many steps; `more` tells whether others come later. */
static void reach_roots(builder *b, const root_choice *choice, uint32_t after, bool *ret_more)
{
    *ret_more = false;
    for (uint32_t i = 0; i < b->g->root_count; i++) {
        if (!is_chosen(b, i, choice))
            continue;
        uint32_t delay = delay_of(b->g, &b->g->roots[i]);
        if (delay <= after)
            reach(b, b->g->roots[i].target, ROOT | i, delay);
        else
            *ret_more = true;
    }
}

/* Everything that the roots of this kind, late ones or others, lead to without a detour; obscure
 * ones come last. */
static run spread_from_roots(builder *b, hf_root_kind kind, bool late)
{
    uint32_t start = b->count, done = start;
    for (int obscure = 0; obscure < 2; obscure++) {
        const root_choice choice = {.kind = kind, .late = late, .obscure = obscure == 1};
        bool more = true;
        for (uint32_t after = 0; more || done < b->count; after++) {
            if (more)
                reach_roots(b, &choice, after, &more);
            for (; done < b->count && (!more || b->distance[b->queue[done]] <= after); done++) {
                ask_ahead(b, done);
                step_from(b, b->queue[done], false);
            }
        }
    }
    return (run){start, b->count};
}

/* Everything that these objects lead to with detours, fewest first. Each round takes one detour
 * more than the one before; whichever is nearer to the root, an object of the last round or one
 * of this, goes on first, so that the queue stays in order. */
static void spread_by_detours(builder *b, run last)
{
    while (last.start < last.end) {
        uint32_t start = b->count;
        uint32_t i = start;
        while (last.start < last.end || i < b->count) {
            uint32_t old = last.start < last.end ? b->queue[last.start] : 0;
            bool take_old = last.start < last.end &&
                            (i == b->count || b->distance[old] <= b->distance[b->queue[i]]);
            if (take_old) {
                step_from(b, old, true);
                last.start++;
            } else {
                step_from(b, b->queue[i++], false);
            }
        }
        last = (run){start, b->count};
    }
}

/* What nothing else reaches, from all that C code has references to at once. These are as far as if
 * a root led to them, lest what they hold is taken for globals of a module. */
static void spread_from_c(builder *b)
{
    enum { FAR = 8 };
    const hf_graph *g = b->g;
    uint32_t start = b->count;
    if (!g->source_start)
        return;
    for (uint32_t i = 0; i < g->object_count; i++)
        if (b->by[i] == NOTHING && hf_graph_held_by_c(g, i) && !has(b->limits.objects, i))
            reach(b, i, HELD_BY_C, FAR);
    for (uint32_t done = start; done < b->count; done++)
        step_from(b, b->queue[done], false);
    spread_by_detours(b, (run){start, b->count});
}

static void spread_all(builder *b)
{
    run modules = spread_from_roots(b, HF_ROOT_MODULE, false);
    run locals = spread_from_roots(b, HF_ROOT_LOCAL, false);
    spread_by_detours(b, modules);
    spread_by_detours(b, locals);
    for (int kind = HF_ROOT_LOCAL + 1; kind < HF_ROOT_KIND_COUNT; kind++) {
        if (kind == HF_ROOT_STATIC_TYPE)
            spread_by_detours(b, spread_from_roots(b, HF_ROOT_LOCAL, true));
        spread_by_detours(b, spread_from_roots(b, (hf_root_kind)kind, false));
    }
    spread_from_c(b);
}

static void add_registry(builder *b, uint32_t object)
{
    if (object == HF_NO_OBJECT || b->registry_count == REGISTRIES)
        return;
    bool first = b->registry_count == 0;
    b->first_registry = first || object < b->first_registry ? object : b->first_registry;
    b->last_registry = object > b->last_registry ? object : b->last_registry;
    b->registries[b->registry_count++] = object;
}

static void find_registry(builder *b, hf_graph *g, uint32_t module, const char *name)
{
    uint32_t space = hf_path_name_space(g, module);
    if (space == HF_NO_OBJECT)
        return;
    for (uint64_t e = g->edge_start[space] + 1; e < g->edge_start[space + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE && hf_object_says(g, g->edge_target[e - 1], name))
            add_registry(b, g->edge_target[e]);
}

static bool find_loop_queues(builder *b, hf_graph *g)
{
    static const char *const loops[] = {"asyncio.base_events.BaseEventLoop"};
    uint8_t *is_loop = hf_types_named(g, loops, 1);
    for (uint32_t i = 0; is_loop && i < g->object_count; i++)
        for (size_t k = 0; is_loop[g->type[i]] && k < sizeof(loop_queues) / sizeof(*loop_queues);
             k++)
            add_registry(b, hf_attribute_of(g, i, loop_queues[k]));
    bool done = is_loop != NULL;
    free(is_loop);
    return done;
}

static void find_registries(builder *b, hf_graph *g)
{
    for (uint32_t i = 0; i < g->root_count; i++) {
        const char *module = hf_strtab_get(&g->names, g->roots[i].name);
        for (size_t k = 0; k < sizeof(registries) / sizeof(*registries); k++)
            if (g->roots[i].kind == HF_ROOT_MODULE && strcmp(module, registries[k].module) == 0)
                find_registry(b, g, g->roots[i].target, registries[k].name);
    }
}

static bool prepare(builder *b)
{
    size_t n = (size_t)b->g->object_count + 1;
    b->by = hf_large_malloc(n, sizeof(*b->by));
    b->distance = hf_large_malloc(n, sizeof(*b->distance));
    b->queue = hf_large_malloc(n, sizeof(*b->queue));
    b->detour = calloc((size_t)b->g->names.count + 1, sizeof(*b->detour));
    b->has_detour = calloc(n / 64 + 1, sizeof(*b->has_detour));
    if (!b->by || !b->distance || !b->queue || !b->detour || !b->has_detour)
        return false;
    memset(b->by, 0xff, n * sizeof(*b->by)); /* NOTHING */
    for (size_t i = 0; i < sizeof(detours) / sizeof(*detours); i++) {
        uint32_t name = hf_strtab_find(&b->g->names, detours[i], strlen(detours[i]));
        if (name != HF_STR_NONE)
            b->detour[name] = true;
    }
    return true;
}

static bool go_home(builder *b)
{
    const hf_path_reached reached = {
        .by = b->by, .distance = b->distance, .cut_edges = b->limits.edges};
    return hf_path_find_homes(b->g, &reached);
}

hf_err *hf_path_tree_build(hf_graph *g, hf_path_tree **ret)
{
    return hf_path_tree_build_within(g, &(hf_path_limits){0}, ret);
}

hf_err *hf_path_tree_build_within(hf_graph *g, const hf_path_limits *limits, hf_path_tree **ret)
{
    hf_path_tree *tree = calloc(1, sizeof(*tree));
    builder b = {.g = g, .limits = *limits};
    bool ready = tree && prepare(&b);
    if (ready) {
        find_registries(&b, g);
        ready = find_loop_queues(&b, g);
    }
    if (ready) {
        mark_detours(&b);
        spread_all(&b);
        ready = go_home(&b);
    }
    hf_large_free(b.distance);
    hf_large_free(b.queue);
    free(b.detour);
    free(b.has_detour);
    if (!ready) {
        hf_large_free(b.by);
        free(tree);
        return hf_fail_memory();
    }
    *tree = (hf_path_tree){.g = g, .by = b.by};
    *ret = tree;
    return NULL;
}

void hf_path_tree_free(hf_path_tree *t)
{
    if (t)
        hf_large_free(t->by);
    free(t);
}

static void free_kept(void *data)
{
    hf_path_tree_free(data);
}

hf_err *hf_path_tree_of(hf_graph *g, const uint64_t *late_roots, const hf_path_tree **ret)
{
    hf_graph_kept *kept = &g->kept[HF_KEPT_PATHS];
    hf_path_tree *tree = kept->data;
    hf_path_limits limits = {.late_roots = late_roots};
    hf_err *err = tree ? NULL : hf_path_tree_build_within(g, &limits, &tree);
    if (err)
        return err;
    *kept = (hf_graph_kept){tree, free_kept};
    *ret = tree;
    return NULL;
}

static bool is_step(uint64_t by)
{
    return by != NOTHING && !(by & ROOT);
}

hf_err *hf_path_to(const hf_path_tree *t, uint32_t object, hf_path *ret)
{
    size_t count = 1;
    for (uint32_t o = object; is_step(t->by[o]); o = hf_graph_source_of(t->g, t->by[o]))
        count++;
    hf_path_step *steps = malloc(count * sizeof(*steps));
    if (!steps)
        return hf_fail_memory();
    uint32_t o = object;
    for (size_t i = count; i-- > 1; o = hf_graph_source_of(t->g, t->by[o]))
        steps[i] = (hf_path_step){.object = o, .edge = t->by[o]};
    steps[0] = (hf_path_step){.object = o, .edge = UINT64_MAX};
    uint64_t by = t->by[o];
    *ret = (hf_path){.root = by == NOTHING ? UINT32_MAX : (uint32_t)by,
                     .steps = steps,
                     .count = count,
                     .held_by_c = by == HELD_BY_C};
    return NULL;
}

void hf_path_deinit(hf_path *p)
{
    free(p->steps);
    *p = (hf_path){0};
}
