#include "analyse/path_home.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define NO_ROOT UINT32_MAX

/* What speaks for a module; each outweighs those behind it. */
enum { MADE_ITS_CLASS = 8, HAS_ITS_CLASS = 4, IS_NO_SCRIPT = 2, USES_IT = 1 };

typedef struct homes {
    const hf_graph *g;
    const hf_path_reached *reached;
    uint8_t *shared; /* by object: 0, ONCE, SHARED, and then how well the best module fits */
    uint64_t *names; /* a bit by object: it is the name of a shared one */
    bool has_names;
    hf_map uses; /* name space << 32 | name: a function of that module uses the name */
} homes;

/* The target of a field, or HF_NO_OBJECT. */
static uint32_t field(const hf_graph *g, uint32_t object, uint32_t name)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_FIELD && g->edge_label[e] == name)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

static uint32_t name_number(const hf_graph *g, const char *name)
{
    return hf_strtab_find(&g->names, name, strlen(name));
}

uint32_t hf_path_name_space(const hf_graph *g, uint32_t module)
{
    return field(g, module, name_number(g, "__dict__"));
}

static bool is_cut(const homes *h, uint64_t e)
{
    const uint64_t *cut = h->reached->cut_edges;
    return cut && (cut[e >> 6] >> (e & 63) & 1);
}

static bool is_global(const homes *h, uint32_t object)
{
    return h->reached->distance[object] == 2 && h->reached->by[object] < HF_PATH_ROOT;
}

static bool is_open(const homes *h, uint32_t space)
{
    return space != HF_NO_OBJECT && h->reached->by[space] < HF_PATH_ROOT &&
           h->reached->distance[space] == 1;
}

static bool is_entry(const homes *h, uint64_t e)
{
    return hf_graph_kind(h->g, e) == HF_EDGE_VALUE && hf_graph_holds(h->g, e) && !is_cut(h, e);
}

/* The object is a global of a module: from now on of the one with this name space, if it is there
 * under a name and the way is not longer. */
static void settle(const homes *h, uint32_t object, uint32_t space)
{
    const hf_graph *g = h->g;
    if (!is_global(h, object) || !is_open(h, space))
        return;
    uint64_t known = h->reached->by[object];
    if (known >= g->edge_start[space] && known < g->edge_start[space + 1])
        return;
    for (uint64_t e = g->edge_start[space]; e < g->edge_start[space + 1]; e++) {
        if (g->edge_target[e] == object && is_entry(h, e)) {
            h->reached->by[object] = e;
            return;
        }
    }
}

/* Classes are told from the module that made them. */
static bool settle_classes(const homes *h)
{
    const hf_graph *g = h->g;
    size_t names = (size_t)g->names.count + 1;
    HF_AUTO(hf_freep) uint32_t *last = malloc(names * sizeof(*last)); /* by name: the last module */
    HF_AUTO(hf_freep)
    uint32_t *next = malloc(((size_t)g->root_count + 1) * sizeof(*next)); /* of the same name */
    if (!last || !next)
        return false;
    memset(last, 0xff, names * sizeof(*last));
    for (uint32_t i = 0; i < g->root_count && g->roots[i].kind == HF_ROOT_MODULE; i++) {
        next[i] = last[g->roots[i].name];
        last[g->roots[i].name] = i;
    }
    for (uint32_t t = 0; t < g->type_count; t++) {
        uint32_t object = hf_graph_find(g, g->types[t].address);
        uint32_t root = object == HF_NO_OBJECT ? NO_ROOT : last[g->types[t].module];
        for (; root != NO_ROOT; root = next[root]) /* each interpreter has its own */
            settle(h, object, hf_path_name_space(g, g->roots[root].target));
    }
    return true;
}

/* The row of the type of functions, or UINT32_MAX. */
static uint32_t function_type(const hf_graph *g)
{
    uint32_t module = name_number(g, "builtins"), name = name_number(g, "function");
    for (uint32_t t = 0; t < g->type_count; t++)
        if (g->types[t].module == module && g->types[t].qualname == name)
            return t;
    return UINT32_MAX;
}

/* The same for functions, whose globals are the name space of their module. */
static void settle_functions(const homes *h)
{
    uint32_t globals = name_number(h->g, "__globals__"), function = function_type(h->g);
    for (uint32_t i = 0; globals != HF_STR_NONE && i < h->reached->count; i++) {
        uint32_t object = h->reached->order[i];
        if (h->g->type[object] == function && is_global(h, object))
            settle(h, object, field(h->g, object, globals));
    }
}

/* What grows and what is made once: collections, and instances of classes of Python. Numbers and texts are many
 * things at once, and classes and functions have been settled. */
static bool may_be_shared(const hf_graph *g, uint32_t object)
{
    static const char *const collections[] = {"dict", "list", "set", "bytearray"};
    enum { TYPE_SUBCLASS = 31 }; /* Py_TPFLAGS_TYPE_SUBCLASS: a class of a metaclass */
    const hf_type *type = &g->types[g->type[object]];
    if (type->flags >> TYPE_SUBCLASS & 1)
        return false;
    for (size_t k = 0; k < sizeof(collections) / sizeof(*collections); k++)
        if (strcmp(hf_graph_type_name(g, object), collections[k]) == 0)
            return true;
    return type->heap_type;
}

/* Calls `found` for each global in each module that may be shared, in the order of the modules. */
static bool each_global(homes *h,
                        bool (*found)(homes *h, const hf_root *root, uint32_t space, uint64_t e))
{
    const hf_graph *g = h->g;
    for (uint32_t r = 0; r < g->root_count; r++) {
        uint32_t space = g->roots[r].kind == HF_ROOT_MODULE
                             ? hf_path_name_space(g, g->roots[r].target)
                             : HF_NO_OBJECT;
        if (!is_open(h, space))
            continue;
        for (uint64_t e = g->edge_start[space] + 1; e < g->edge_start[space + 1]; e++)
            if (is_entry(h, e) && is_global(h, g->edge_target[e]) &&
                may_be_shared(g, g->edge_target[e]) && !found(h, &g->roots[r], space, e))
                return false;
    }
    return true;
}

enum { ONCE = 1, SHARED = 2 };

static bool count_it(homes *h, const hf_root *root, uint32_t space, uint64_t e)
{
    (void)root;
    (void)space;
    uint8_t *times = &h->shared[h->g->edge_target[e]];
    *times = *times ? SHARED : ONCE;
    return true;
}

/* The key of an entry is the target of the edge before it. */
static uint32_t key_of(const hf_graph *g, uint64_t e)
{
    return g->edge_target[e - 1];
}

static bool note_name(homes *h, const hf_root *root, uint32_t space, uint64_t e)
{
    (void)root;
    (void)space;
    uint32_t key = key_of(h->g, e);
    if (h->shared[h->g->edge_target[e]] == SHARED) {
        h->names[key >> 6] |= 1ULL << (key & 63);
        h->has_names = true;
    }
    return true;
}

static uint64_t use_of(uint32_t space, uint32_t name)
{
    return (uint64_t)space << 32 | name;
}

/* Names in code and keys of name spaces are interned: the same object. */
static bool note_uses(homes *h)
{
    const hf_graph *g = h->g;
    uint32_t globals = name_number(g, "__globals__"), code_name = name_number(g, "__code__");
    uint32_t names_name = name_number(g, "co_names"), function = function_type(g);
    for (uint32_t f = 0; f < g->object_count; f++) {
        if (g->type[f] != function)
            continue;
        uint32_t space = field(g, f, globals), code = field(g, f, code_name);
        uint32_t names = code == HF_NO_OBJECT ? code : field(g, code, names_name);
        if (space == HF_NO_OBJECT || names == HF_NO_OBJECT)
            continue;
        for (uint64_t e = g->edge_start[names]; e < g->edge_start[names + 1]; e++) {
            uint32_t name = g->edge_target[e];
            if (h->names[name >> 6] >> (name & 63) & 1 &&
                !hf_map_put(&h->uses, use_of(space, name), 1))
                return false;
        }
    }
    return true;
}

static bool has_entry(const homes *h, uint32_t space, uint32_t object)
{
    const hf_graph *g = h->g;
    for (uint64_t e = g->edge_start[space]; e < g->edge_start[space + 1]; e++)
        if (g->edge_target[e] == object && is_entry(h, e))
            return true;
    return false;
}

/* How much speaks for the module that it made the object. What runs as a script is imported by nobody. */
static unsigned fit_of(const homes *h, const hf_root *root, uint32_t space, uint64_t e)
{
    const hf_graph *g = h->g;
    const hf_type *type = &g->types[g->type[g->edge_target[e]]];
    uint32_t class = type->heap_type ? hf_graph_find(g, type->address) : HF_NO_OBJECT;
    unsigned fit = 0;
    if (type->heap_type && type->module == root->name)
        fit |= MADE_ITS_CLASS;
    if (class != HF_NO_OBJECT && has_entry(h, space, class))
        fit |= HAS_ITS_CLASS;
    if (strcmp(hf_strtab_get(&g->names, root->name), "__main__") != 0)
        fit |= IS_NO_SCRIPT;
    if (hf_map_get(&h->uses, use_of(space, key_of(g, e))) != HF_MAP_NONE)
        fit |= USES_IT;
    return fit;
}

/* The first of those that fit best is the home; `shared` becomes how well that fits. */
static bool choose(homes *h, const hf_root *root, uint32_t space, uint64_t e)
{
    uint32_t object = h->g->edge_target[e];
    unsigned best = h->shared[object];
    unsigned fit = best < SHARED ? 0 : SHARED + 1 + fit_of(h, root, space, e);
    if (fit > best) {
        h->shared[object] = (uint8_t)fit;
        h->reached->by[object] = e;
    }
    return true;
}

static bool settle_values(homes *h)
{
    size_t n = (size_t)h->g->object_count + 1;
    h->shared = calloc(n, sizeof(*h->shared));
    h->names = calloc(n / 64 + 1, sizeof(*h->names));
    hf_map_init(&h->uses);
    bool done = h->shared && h->names && each_global(h, count_it) && each_global(h, note_name);
    if (done && h->has_names)
        done = note_uses(h) && each_global(h, choose);
    hf_map_deinit(&h->uses);
    free(h->shared);
    free(h->names);
    return done;
}

bool hf_path_find_homes(const hf_graph *g, const hf_path_reached *reached)
{
    homes h = {.g = g, .reached = reached};
    settle_functions(&h);
    return settle_classes(&h) && settle_values(&h);
}
