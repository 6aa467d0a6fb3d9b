#include "analyse/path_home.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* What speaks for a module; each outweighs those behind it. */
enum { MADE_ITS_CLASS = 8, HAS_ITS_CLASS = 4, IS_NO_SCRIPT = 2, USES_IT = 1 };

/* How the modules of a name space are known. */
enum { IS_SCRIPT = 1, IS_IMPORTED = 2 };

/* A file may have as many modules, classes and functions as it likes in one name space, and as many
 * roots that lead to it: each is gone over once, and what is asked of it again is kept. */
typedef struct homes {
    const hf_graph *g;
    const hf_path_reached *reached;
    uint32_t *spaces; /* the open name spaces of modules, in the order of their first roots */
    uint32_t space_count;
    hf_map known_as; /* name space: IS_SCRIPT, or IS_IMPORTED by any of its modules' names */
    hf_map called;   /* name space << 32 | name: it is of a module of that name */
    hf_map classes;  /* object: the row of the type that it is */
    hf_map has;      /* name space << 32 | class: it has the class under a name */
    uint8_t *shared; /* by object: 0, ONCE, SHARED, and then how well the best module fits */
    uint64_t *names; /* a bit by object: it is the name of a shared one */
    bool has_names;
    hf_map uses; /* name space << 32 | name: a function of that module uses the name */
} homes;

/* The key of what is remembered of something in a name space. */
static uint64_t in_space(uint32_t space, uint32_t what)
{
    return (uint64_t)space << 32 | what;
}

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
    return h->reached->by[object] < HF_PATH_ROOT && h->reached->distance[object] == 2;
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

/* The object is a global of a module: from now on of the one with this name space and entry. */
static void settle(const homes *h, uint32_t space, uint64_t e)
{
    const hf_graph *g = h->g;
    uint32_t object = g->edge_target[e];
    if (!is_global(h, object))
        return;
    uint64_t known = h->reached->by[object];
    if (known < g->edge_start[space] || known >= g->edge_start[space + 1])
        h->reached->by[object] = e;
}

/* Several roots may lead to one module: `known` has its name space, which may be none, plus one. */
static bool name_space_of(const hf_graph *g, uint32_t module, hf_map *known, uint32_t *ret)
{
    uint32_t plus_one = hf_map_get(known, module);
    if (plus_one != HF_MAP_NONE) {
        *ret = plus_one - 1;
        return true;
    }
    *ret = hf_path_name_space(g, module);
    return hf_map_put(known, module, *ret + 1);
}

static bool note_space(homes *h, uint32_t space, uint32_t name)
{
    bool script = strcmp(hf_strtab_get(&h->g->names, name), "__main__") == 0;
    uint32_t known = hf_map_get(&h->known_as, space);
    if (known == HF_MAP_NONE)
        h->spaces[h->space_count++] = space;
    if (known != IS_IMPORTED && !hf_map_put(&h->known_as, space, script ? IS_SCRIPT : IS_IMPORTED))
        return false;
    return hf_map_put(&h->called, in_space(space, name), 1);
}

static bool find_spaces(homes *h)
{
    const hf_graph *g = h->g;
    HF_AUTO(hf_map_deinit) hf_map known;
    hf_map_init(&known);
    h->spaces = malloc(((size_t)g->root_count + 1) * sizeof(*h->spaces));
    if (!h->spaces)
        return false;
    for (uint32_t r = 0; r < g->root_count; r++) {
        uint32_t space = HF_NO_OBJECT;
        if (g->roots[r].kind != HF_ROOT_MODULE)
            continue;
        if (!name_space_of(g, g->roots[r].target, &known, &space) ||
            (is_open(h, space) && !note_space(h, space, g->roots[r].name)))
            return false;
    }
    return true;
}

static bool find_classes(homes *h)
{
    const hf_graph *g = h->g;
    for (uint32_t t = 0; t < g->type_count; t++) {
        uint32_t object = hf_graph_find(g, g->types[t].address);
        if (object != HF_NO_OBJECT && !hf_map_put(&h->classes, object, t))
            return false;
    }
    return true;
}

/* Classes are told from the module that made them: the first of that name that has it, as each
 * interpreter has its own. */
static bool settle_classes(homes *h)
{
    const hf_graph *g = h->g;
    for (uint32_t i = h->space_count; i-- > 0;) {
        uint32_t space = h->spaces[i];
        for (uint64_t e = g->edge_start[space]; e < g->edge_start[space + 1]; e++) {
            uint32_t class = g->edge_target[e];
            uint32_t row = is_entry(h, e) ? hf_map_get(&h->classes, class) : HF_MAP_NONE;
            if (row == HF_MAP_NONE)
                continue;
            if (!hf_map_put(&h->has, in_space(space, class), 1))
                return false;
            if (hf_map_get(&h->called, in_space(space, g->types[row].module)) != HF_MAP_NONE)
                settle(h, space, e);
        }
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

/* The name space of the module that made a function. One that a decorator has put around another is
 * made by the decorator's module, and has the other as an attribute: functools.wraps() notes it as
 * __wrapped__. */
static uint32_t space_of_function(const homes *h, uint32_t f, uint32_t globals, uint32_t dict_name)
{
    enum { ATTRIBUTES = 64 };
    const hf_graph *g = h->g;
    uint32_t own = field(g, f, globals), dict = field(g, f, dict_name);
    uint64_t e = dict == HF_NO_OBJECT ? 0 : g->edge_start[dict];
    uint64_t end = dict == HF_NO_OBJECT ? 0 : g->edge_start[dict + 1];
    for (end = end - e < ATTRIBUTES ? end : e + ATTRIBUTES; e < end; e++) {
        uint32_t other = g->edge_target[e];
        uint32_t space = hf_graph_kind(g, e) == HF_EDGE_VALUE && g->type[other] == g->type[f]
                             ? field(g, other, globals)
                             : HF_NO_OBJECT;
        if (space != own && is_open(h, space))
            return space;
    }
    return own;
}

/* The same for functions, whose globals are the name space of their module. */
static bool settle_functions(const homes *h)
{
    const hf_graph *g = h->g;
    uint32_t globals = name_number(g, "__globals__"), function = function_type(g);
    uint32_t dict_name = name_number(g, "__dict__");
    HF_AUTO(hf_map_deinit) hf_map space_of;
    HF_AUTO(hf_map_deinit) hf_map spaces;
    hf_map_init(&space_of);
    hf_map_init(&spaces);
    for (uint32_t i = 0; globals != HF_STR_NONE && i < g->object_count; i++) {
        if (g->type[i] != function || !is_global(h, i))
            continue;
        uint32_t space = space_of_function(h, i, globals, dict_name);
        if (is_open(h, space) &&
            (!hf_map_put(&space_of, i, space) || !hf_map_put(&spaces, space, 1)))
            return false;
    }
    for (size_t i = 0; i < spaces.capacity; i++) {
        if (spaces.values[i] == HF_MAP_NONE)
            continue;
        uint32_t space = (uint32_t)spaces.keys[i];
        for (uint64_t e = g->edge_start[space]; e < g->edge_start[space + 1]; e++)
            if (g->type[g->edge_target[e]] == function && is_entry(h, e) &&
                hf_map_get(&space_of, g->edge_target[e]) == space)
                settle(h, space, e);
    }
    return true;
}

/* What grows and what is made once: collections, and instances of classes of Python. Numbers and
 * texts are many things at once, and classes and functions have been settled. */
static bool may_be_shared(const hf_graph *g, uint32_t object)
{
    static const char *const collections[] = {"dict", "list", "set", "bytearray"};
    enum { TYPE_SUBCLASS = 31 }; /* Py_TPFLAGS_TYPE_SUBCLASS: a class of a metaclass */
    const hf_type *type = &g->types[g->type[object]];
    if (type->flags >> TYPE_SUBCLASS & 1)
        return false;
    for (size_t k = 0; k < sizeof(collections) / sizeof(*collections); k++)
        if (hf_graph_is(g, object, collections[k]))
            return true;
    return type->heap_type;
}

/* Calls `found` for each global in each name space that may be shared, in the order of
 * the modules. */
static bool each_global(homes *h, bool (*found)(homes *h, uint32_t space, uint64_t e))
{
    const hf_graph *g = h->g;
    for (uint32_t i = 0; i < h->space_count; i++) {
        uint32_t space = h->spaces[i];
        for (uint64_t e = g->edge_start[space] + 1; e < g->edge_start[space + 1]; e++)
            if (is_entry(h, e) && is_global(h, g->edge_target[e]) &&
                may_be_shared(g, g->edge_target[e]) && !found(h, space, e))
                return false;
    }
    return true;
}

enum { ONCE = 1, SHARED = 2 };

static bool count_it(homes *h, uint32_t space, uint64_t e)
{
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

static bool note_name(homes *h, uint32_t space, uint64_t e)
{
    (void)space;
    uint32_t key = key_of(h->g, e);
    if (h->shared[h->g->edge_target[e]] == SHARED) {
        h->names[key >> 6] |= 1ULL << (key & 63);
        h->has_names = true;
    }
    return true;
}

/* Notes which of the shared names a piece of code uses; `left` limits the names that are read. */
static bool note_names(homes *h, uint32_t space, uint32_t names, uint64_t *left)
{
    const hf_graph *g = h->g;
    for (uint64_t e = g->edge_start[names]; e < g->edge_start[names + 1] && *left; e++, --*left) {
        uint32_t name = g->edge_target[e];
        if (h->names[name >> 6] >> (name & 63) & 1 &&
            !hf_map_put(&h->uses, in_space(space, name), 1))
            return false;
    }
    return true;
}

/* Names in code and keys of name spaces are interned: the same object. Closures share their code,
 * which is read once; in a stranger's file functions of many name spaces may share one, too: no
 * more is read than there are edges. */
static bool note_uses(homes *h)
{
    const hf_graph *g = h->g;
    uint64_t left = g->edge_start[g->object_count];
    uint32_t globals = name_number(g, "__globals__"), code_name = name_number(g, "__code__");
    uint32_t names_name = name_number(g, "co_names"), function = function_type(g);
    for (uint32_t f = 0; f < g->object_count; f++) {
        if (g->type[f] != function)
            continue;
        uint32_t space = field(g, f, globals), code = field(g, f, code_name);
        uint32_t names = code == HF_NO_OBJECT ? code : field(g, code, names_name);
        if (space == HF_NO_OBJECT || names == HF_NO_OBJECT ||
            hf_map_get(&h->uses, in_space(space, code)) != HF_MAP_NONE)
            continue;
        if (!hf_map_put(&h->uses, in_space(space, code), 1) || !note_names(h, space, names, &left))
            return false;
    }
    return true;
}

/* How much speaks for the module that it made the object. What runs as a script is imported by
 * nobody; the name under which a module made a class counts before its others. */
static unsigned fit_of(const homes *h, uint32_t space, uint64_t e)
{
    const hf_graph *g = h->g;
    const hf_type *type = &g->types[g->type[g->edge_target[e]]];
    uint32_t class = type->heap_type ? hf_graph_find(g, type->address) : HF_NO_OBJECT;
    bool made =
        type->heap_type && hf_map_get(&h->called, in_space(space, type->module)) != HF_MAP_NONE;
    bool script = made ? strcmp(hf_strtab_get(&g->names, type->module), "__main__") == 0
                       : hf_map_get(&h->known_as, space) == IS_SCRIPT;
    unsigned fit = (made ? MADE_ITS_CLASS : 0) | (script ? 0 : IS_NO_SCRIPT);
    if (class != HF_NO_OBJECT && hf_map_get(&h->has, in_space(space, class)) != HF_MAP_NONE)
        fit |= HAS_ITS_CLASS;
    if (hf_map_get(&h->uses, in_space(space, key_of(g, e))) != HF_MAP_NONE)
        fit |= USES_IT;
    return fit;
}

/* The first of those that fit best is the home; `shared` becomes how well that fits. */
static bool choose(homes *h, uint32_t space, uint64_t e)
{
    uint32_t object = h->g->edge_target[e];
    unsigned best = h->shared[object];
    unsigned fit = best < SHARED ? 0 : SHARED + 1 + fit_of(h, space, e);
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
    bool done = h->shared && h->names && each_global(h, count_it) && each_global(h, note_name);
    if (done && h->has_names)
        done = note_uses(h) && each_global(h, choose);
    return done;
}

static void homes_deinit(homes *h)
{
    hf_map_deinit(&h->known_as);
    hf_map_deinit(&h->called);
    hf_map_deinit(&h->classes);
    hf_map_deinit(&h->has);
    hf_map_deinit(&h->uses);
    free(h->spaces);
    free(h->shared);
    free(h->names);
}

bool hf_path_find_homes(const hf_graph *g, const hf_path_reached *reached)
{
    HF_AUTO(homes_deinit) homes h = {.g = g, .reached = reached};
    return find_spaces(&h) && find_classes(&h) && settle_functions(&h) && settle_classes(&h) &&
           settle_values(&h);
}
