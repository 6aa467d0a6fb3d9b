#include "analyse/cycles.h"

#include "analyse/attributes.h"
#include "analyse/error_cycles.h"
#include "analyse/paths.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the search for cycles shares. The filter comes first: accepts() gets at the rest by it. */
typedef struct finder {
    hf_edge_filter filter;
    hf_graph *g;
    const hf_dominators *d;
    const hf_collection *collection;
    bool live;
    bool *structural; /* by row in types: modules and classes */
    bool *detour;     /* by name number: fields that lead to what all share */
    bool *finalized;  /* by row in types: with a __del__ */
    hf_components components;
    uint64_t *by;   /* by object: edge by which the way round reached it, or NO_STEP */
    uint32_t *from; /* ... and from which object */
    uint32_t *queue;
    hf_map row_of; /* hash of a shape -> row */
    hf_cycles found;
    size_t capacity;
} finder;

#define NO_STEP UINT64_MAX

static const char *const detours[] = {
    "__globals__",        "__builtins__",    "f_globals",  "f_builtins", "f_back",
    "__class__",          "__base__",        "__bases__",  "__mro__",    "__subclasses__",
    "__objclass__",       "tp_subclasses",   "__module__", "__code__",   "func_builtins",
    "lru_list_elem_type", "cache_info_type",
};

static bool is_part(const finder *f, uint32_t object)
{
    const hf_graph *g = f->g;
    if (!f->live)
        return f->collection->fate[object] == HF_FATE_COLLECTED;
    return !f->collection->fate[object] && !f->structural[g->type[object]] &&
           !(g->flags[object] & HF_OBJECT_STATIC);
}

static bool accepts(const hf_edge_filter *filter, uint32_t source, uint64_t e)
{
    const finder *f = (const finder *)filter;
    const hf_graph *g = f->g;
    if (!is_part(f, source) || !is_part(f, g->edge_target[e]))
        return false;
    return !f->live || hf_graph_kind(g, e) != HF_EDGE_FIELD || !f->detour[g->edge_label[e]];
}

/* ---- the way round ---- */

/* How much an object says about a cycle: an instance of a class made in Python most, then an
 * exception, then what is not a plain container. */
static int telling(const finder *f, uint32_t object)
{
    const hf_graph *g = f->g;
    const char *title = hf_graph_type_name(g, object);
    static const char *const plain[] = {"dict", "list",   "tuple", "set",
                                        "cell", "method", "frame", "traceback"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        if (!strcmp(title, plain[i]))
            return 0;
    if (g->types[g->type[object]].heap_type && !f->structural[g->type[object]])
        return 3;
    return hf_object_field(g, object, "__traceback__") != HF_NO_OBJECT ? 2 : 1;
}

/* The member to start from; only so many are looked at. */
static uint32_t choose_start(const finder *f, uint32_t component)
{
    enum { LOOKED_AT = 4096 };
    const hf_components *c = &f->components;
    uint32_t first = c->start[component], end = c->start[component + 1];
    uint32_t best = c->members[first];
    for (uint32_t i = first; i < end && i - first < LOOKED_AT; i++)
        if (telling(f, c->members[i]) > telling(f, best))
            best = c->members[i];
    return best;
}

/* The shortest way from `start` back to it, as a path whose first and last objects are the same.
 * What was written to by[] is cleared again. */
static hf_err *way_round(finder *f, uint32_t component, uint32_t start, hf_path *ret)
{
    const hf_graph *g = f->g;
    uint32_t count = 0, last = HF_NO_OBJECT;
    uint64_t closing = NO_STEP;
    f->queue[count++] = start;
    for (uint32_t at = 0; at < count && closing == NO_STEP; at++) {
        uint32_t object = f->queue[at];
        for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
            uint32_t target = g->edge_target[e];
            if (f->components.of[target] != component || !hf_graph_holds(g, e) ||
                !accepts(&f->filter, object, e))
                continue;
            if (target == start) {
                closing = e;
                last = object;
                break;
            }
            if (f->by[target] != NO_STEP)
                continue;
            f->by[target] = e;
            f->from[target] = object;
            f->queue[count++] = target;
        }
    }
    assert(closing != NO_STEP); /* in a component each object leads to each other */
    size_t steps = 2;
    for (uint32_t o = last; o != start; o = f->from[o])
        steps++;
    hf_path path = {
        .root = UINT32_MAX, .steps = malloc(steps * sizeof(*path.steps)), .count = steps};
    if (path.steps) {
        path.steps[0] = (hf_path_step){.object = start, .edge = UINT64_MAX};
        path.steps[steps - 1] = (hf_path_step){.object = start, .edge = closing};
        uint32_t o = last;
        for (size_t i = steps - 1; i-- > 1; o = f->from[o])
            path.steps[i] = (hf_path_step){.object = o, .edge = f->by[o]};
    }
    for (uint32_t i = 0; i < count; i++)
        f->by[f->queue[i]] = NO_STEP;
    if (!path.steps)
        return hf_fail_memory();
    *ret = path;
    return NULL;
}

static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash ^= more + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2);
    return hash * 0xff51afd7ed558ccdull;
}

static bool is_dict_value(const hf_graph *g, uint64_t e)
{
    return hf_graph_kind(g, e) == HF_EDGE_VALUE && e && hf_graph_kind(g, e - 1) == HF_EDGE_KEY;
}

static bool is_namespace(const hf_graph *g, uint64_t e)
{
    return hf_graph_kind(g, e) == HF_EDGE_FIELD &&
           !strcmp(hf_strtab_get(&g->names, g->edge_label[e]), "__dict__");
}

/* The same wherever the way begins. Entries of a namespace are told apart by their names, those of
 * other containers are alike. */
static uint64_t shape_of(const hf_graph *g, const hf_path *p)
{
    uint64_t sum = 0, before = 0, first = 0;
    for (size_t i = 1; i < p->count; i++) {
        uint64_t e = p->steps[i].edge, last = p->steps[i > 1 ? i - 1 : p->count - 1].edge;
        hf_edge_kind kind = hf_graph_kind(g, e);
        uint64_t hash = mix(mix(0, g->type[p->steps[i - 1].object]), kind);
        if (hf_edge_label_is_name(kind))
            hash = mix(hash, g->edge_label[e]);
        if (is_namespace(g, last) && is_dict_value(g, e))
            hash = mix(hash, g->edge_target[e - 1]);
        sum += i > 1 ? mix(before, hash) : 0;
        first = i > 1 ? first : hash;
        before = hash;
    }
    return sum + mix(before, first);
}

/* ---- the reference to weaken ---- */

/* Words by which programs call a reference back to who holds them. */
static const char *const back_words[] = {
    "parent",      "owner",    "previous",   "prev",   "root",
    "container",   "manager",  "back",       "master", "__traceback__",
    "__context__", "__self__", "controller", "outer",  "up",
};

/* Name that a step gives: of its field, attribute or entry of a namespace; "" where it
 * gives none. */
static const char *name_of_step(hf_graph *g, uint64_t e, size_t *ret_length)
{
    hf_edge_kind kind = hf_graph_kind(g, e);
    if (hf_edge_label_is_name(kind)) {
        *ret_length = hf_strtab_length(&g->names, g->edge_label[e]);
        return hf_strtab_get(&g->names, g->edge_label[e]);
    }
    const char *value =
        is_dict_value(g, e) ? hf_graph_value(g, g->edge_target[e - 1], ret_length) : NULL;
    if (!value)
        *ret_length = 0;
    return value ? value : "";
}

static bool points_back(hf_graph *g, uint64_t e)
{
    size_t length = 0;
    const char *name = name_of_step(g, e, &length);
    while (length && *name == '_' && memcmp(name, "__", 2)) {
        name++;
        length--;
    }
    for (size_t i = 0; i < sizeof(back_words) / sizeof(*back_words); i++)
        if (length == strlen(back_words[i]) && !memcmp(name, back_words[i], length))
            return true;
    return false;
}

/* The finder's filter without all references like one: of the same type, under the same name. */
typedef struct without {
    hf_edge_filter filter;
    const finder *f;
    uint64_t edge;
    uint32_t type; /* of its source */
} without;

static bool accepts_others(const hf_edge_filter *filter, uint32_t source, uint64_t e)
{
    const without *w = (const without *)filter;
    const hf_graph *g = w->f->g;
    if (!accepts(&w->f->filter, source, e))
        return false;
    if (g->type[source] != w->type || hf_graph_kind(g, e) != hf_graph_kind(g, w->edge))
        return true;
    if (hf_edge_label_is_name(hf_graph_kind(g, e)))
        return g->edge_label[e] != g->edge_label[w->edge];
    return !is_dict_value(g, e) || g->edge_target[e - 1] != g->edge_target[w->edge - 1];
}

/* "shop.Node.parent": of a namespace its instance is named. */
static char *say_reference(finder *f, const hf_path *p, size_t step)
{
    hf_graph *g = f->g;
    hf_path part = {.root = UINT32_MAX, .steps = p->steps + step - 1, .count = 2};
    if (step > 1 && hf_graph_kind(g, p->steps[step - 1].edge) == HF_EDGE_FIELD) {
        part.steps--;
        part.count++;
    }
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 0);
    hf_err *err = hf_path_text(g, &part, &text);
    if (err) {
        hf_err_free(err);
        return NULL;
    }
    return strdup(hf_buf_string(&text) + strlen("unreachable "));
}

static hf_err *choose_weakened(finder *f, uint32_t component, const hf_path *p, hf_cycle_row *row)
{
    enum { COMPONENT_MAX = 1 << 20 };
    const hf_components *c = &f->components;
    bool small = c->start[component + 1] - c->start[component] < COMPONENT_MAX;
    size_t best = 0;
    for (int named = 1; named >= 0 && !row->breaks && small; named--)
        for (size_t i = p->count; i-- > 1 && !row->breaks;) {
            uint64_t e = p->steps[i].edge;
            size_t length = 0;
            if (points_back(f->g, e) != (bool)named || !*name_of_step(f->g, e, &length) || !length)
                continue;
            best = best && !named ? best : i;
            without w = {.filter = {accepts_others, f->g},
                         .f = f,
                         .edge = e,
                         .type = f->g->type[p->steps[i - 1].object]};
            hf_err *err = hf_component_is_broken(f->g, c, component, &w.filter, &row->breaks);
            if (err)
                return err;
            if (row->breaks)
                best = i;
        }
    row->weaken = say_reference(f, p, best ? best : p->count - 1);
    return row->weaken ? NULL : hf_fail_memory();
}

/* ---- rows ---- */

/* Types to whose objects no weak reference can lead. */
static bool is_container(const char *title)
{
    static const char *const containers[] = {"dict", "list", "tuple", "cell"};
    for (size_t i = 0; i < sizeof(containers) / sizeof(*containers); i++)
        if (!strcmp(title, containers[i]))
            return true;
    return false;
}

static hf_cycle_kind kind_of(const finder *f, const hf_path *p)
{
    bool traceback = false, function = false, cell = false, method = false, containers = true;
    for (size_t i = 1; i < p->count; i++) {
        const char *title = hf_graph_type_name(f->g, p->steps[i].object);
        traceback |= !strcmp(title, "traceback");
        function |= !strcmp(title, "function");
        cell |= !strcmp(title, "cell");
        method |= !strcmp(title, "method");
        containers = containers && is_container(title);
    }
    if (traceback)
        return HF_CYCLE_EXCEPTION;
    if (function && cell)
        return HF_CYCLE_FUNCTION;
    if (containers)
        return HF_CYCLE_CONTAINER;
    if (method)
        return HF_CYCLE_METHOD;
    bool itself = p->count == 2 || (p->count == 3 && is_namespace(f->g, p->steps[1].edge));
    return itself ? HF_CYCLE_SELF : HF_CYCLE_PLAIN;
}

static hf_err *describe(finder *f, uint32_t component, const hf_path *p, hf_cycle_row *row)
{
    hf_buf text HF_AUTO(hf_buf_deinit);
    hf_buf_init(&text, 0);
    hf_err *err = hf_path_text(f->g, p, &text);
    if (err)
        return err;
    row->text = strdup(hf_buf_string(&text) + strlen("unreachable "));
    row->example = p->steps[0].object;
    row->kind = kind_of(f, p);
    hf_buf fix HF_AUTO(hf_buf_deinit) = {0};
    for (size_t i = 0; row->kind == HF_CYCLE_EXCEPTION && !row->error_fix && i < p->count; i++)
        if (hf_error_cycle_say_fix(f->g, p->steps[i].object, &fix))
            row->error_fix = strdup(hf_buf_string(&fix));
    return row->text ? choose_weakened(f, component, p, row) : hf_fail_memory();
}

static hf_err *row_for(finder *f, uint32_t component, hf_cycle_row **ret)
{
    hf_path path HF_AUTO(hf_path_deinit) = {0};
    hf_err *err = way_round(f, component, choose_start(f, component), &path);
    if (err)
        return err;
    uint64_t shape = shape_of(f->g, &path);
    uint32_t known = hf_map_get(&f->row_of, shape);
    if (known != HF_MAP_NONE) {
        *ret = &f->found.rows[known];
        return NULL;
    }
    if (!hf_array_room(&f->found.rows, f->found.count, &f->capacity))
        return hf_fail_memory();
    hf_cycle_row *row = &f->found.rows[f->found.count];
    *row = (hf_cycle_row){0};
    if (!hf_map_put(&f->row_of, shape, (uint32_t)f->found.count++))
        return hf_fail_memory();
    *ret = row;
    return describe(f, component, &path, row);
}

/* What members retain, each byte once: the subtrees of those whose dominator is no member. */
static hf_err *add_component(finder *f, uint32_t component)
{
    const hf_graph *g = f->g;
    const hf_components *c = &f->components;
    hf_cycle_row *row = NULL;
    hf_err *err = row_for(f, component, &row);
    if (err)
        return err;
    row->cycles++;
    for (uint32_t i = c->start[component]; i < c->start[component + 1]; i++) {
        uint32_t member = c->members[i], parent = f->d->parent[member];
        row->objects++;
        if (parent >= g->object_count || c->of[parent] != component)
            row->retained += f->d->retained[member];
        if (!f->finalized[g->type[member]] || g->flags[member] & HF_OBJECT_FINALIZED)
            continue;
        row->finalizers++;
        if (!row->finalizer && !(row->finalizer = strdup(hf_graph_type_name(g, member))))
            return hf_fail_memory();
    }
    return NULL;
}

static int most_first(const void *a, const void *b)
{
    const hf_cycle_row *x = a, *y = b;
    if (x->retained != y->retained)
        return x->retained > y->retained ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static bool prepare(finder *f)
{
    hf_graph *g = f->g;
    size_t n = (size_t)g->object_count + 1;
    f->structural = calloc((size_t)g->type_count + 1, sizeof(*f->structural));
    f->detour = calloc((size_t)g->names.count + 1, sizeof(*f->detour));
    f->finalized = hf_types_with(g, "__del__");
    f->by = malloc(n * sizeof(*f->by));
    f->from = malloc(n * sizeof(*f->from));
    f->queue = malloc(n * sizeof(*f->queue));
    if (!f->structural || !f->detour || !f->finalized || !f->by || !f->from || !f->queue)
        return false;
    memset(f->by, 0xff, n * sizeof(*f->by)); /* NO_STEP */
    for (uint32_t t = 0; t < g->type_count; t++) {
        enum { TYPE_SUBCLASS = 1u << 31 }; /* Py_TPFLAGS_TYPE_SUBCLASS */
        f->structural[t] = !strcmp(hf_graph_type_title(g, t), "module") ||
                           !strcmp(hf_strtab_get(&g->names, g->types[t].qualname), "module") ||
                           (g->types[t].flags & TYPE_SUBCLASS) ||
                           !strcmp(hf_graph_type_title(g, t), "type");
    }
    for (size_t i = 0; i < sizeof(detours) / sizeof(*detours); i++) {
        uint32_t name = hf_strtab_find(&g->names, detours[i], strlen(detours[i]));
        if (name != HF_STR_NONE)
            f->detour[name] = true;
    }
    return true;
}

static void release(finder *f)
{
    free(f->structural);
    free(f->detour);
    free(f->finalized);
    free(f->by);
    free(f->from);
    free(f->queue);
    hf_components_deinit(&f->components);
    hf_map_deinit(&f->row_of);
}

hf_err *hf_cycles_find(hf_graph *g, const hf_dominators *d, const hf_collection *collection,
                       bool live, hf_cycles *ret)
{
    finder f = {.filter = {accepts, g}, .g = g, .d = d, .collection = collection, .live = live};
    hf_map_init(&f.row_of);
    hf_err *err = prepare(&f) ? hf_components_find(g, &f.filter, &f.components) : hf_fail_memory();
    for (uint32_t i = 0; !err && i < f.components.count; i++)
        err = add_component(&f, i);
    release(&f);
    if (err) {
        hf_cycles_deinit(&f.found);
        return err;
    }
    if (f.found.count)
        qsort(f.found.rows, f.found.count, sizeof(*f.found.rows), most_first);
    for (size_t i = 0; i < f.found.count; i++) {
        f.found.cycles += f.found.rows[i].cycles;
        f.found.objects += f.found.rows[i].objects;
        f.found.retained += f.found.rows[i].retained;
    }
    *ret = f.found;
    return NULL;
}

void hf_cycles_deinit(hf_cycles *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->rows[i].text);
        free(c->rows[i].weaken);
        free(c->rows[i].finalizer);
        free(c->rows[i].error_fix);
    }
    free(c->rows);
    *c = (hf_cycles){0};
}
