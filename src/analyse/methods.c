#include "analyse/methods.h"

#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "base/cleanup.h"

#include <string.h>

enum { CLASSES_MOST = 64, EDGES_MOST = 1 << 22 };

typedef struct classes {
    hf_graph *g;
    const char *name;
    hf_map *found;
    uint64_t left; /* edges that may still be looked at: dicts may be shared to mislead */
    bool failed;
} classes;

/* The code of a function, also behind staticmethod() and classmethod(); HF_NO_OBJECT. */
static uint32_t code_of(const hf_graph *g, uint32_t object)
{
    uint32_t code = hf_object_field(g, object, "__code__");
    if (code != HF_NO_OBJECT)
        return code;
    uint32_t function = hf_object_field(g, object, "__func__");
    return function == HF_NO_OBJECT ? function : hf_object_field(g, function, "__code__");
}

/* Notes the methods that a class itself defines; what is noted already stays. */
static void note_methods(classes *c, uint32_t class_object, uint32_t as)
{
    const hf_graph *g = c->g;
    uint32_t dict = hf_object_field(g, class_object, "__dict__");
    if (dict == HF_NO_OBJECT)
        return;
    for (uint64_t e = g->edge_start[dict]; e < g->edge_start[dict + 1] && c->left; e++, c->left--) {
        if (hf_graph_kind(g, e) != HF_EDGE_VALUE)
            continue;
        uint32_t code = code_of(g, g->edge_target[e]);
        if (code != HF_NO_OBJECT && hf_map_get(c->found, code) == HF_MAP_NONE)
            c->failed |= !hf_map_put(c->found, code, as);
    }
}

/* Counts what is looked at of an object, be it not all. */
static void charge(classes *c, uint32_t object)
{
    uint64_t edges = c->g->edge_start[object + 1] - c->g->edge_start[object];
    c->left -= edges < c->left ? edges : c->left;
}

/* Whether `class_object` is in the order of classes of `type`, as far as that is looked at. */
static bool inherits(const hf_graph *g, uint32_t type, uint32_t class_object)
{
    uint32_t order = hf_object_field(g, type, "__mro__");
    uint64_t first = order == HF_NO_OBJECT ? 0 : g->edge_start[order];
    uint64_t end = order == HF_NO_OBJECT ? 0 : g->edge_start[order + 1];
    for (uint64_t e = first; e < end && e - first < CLASSES_MOST; e++)
        if (g->edge_target[e] == class_object)
            return true;
    return false;
}

/* Whether its own __init__ uses the name. */
static bool gives_one(classes *c, uint32_t class_object)
{
    uint32_t dict = hf_object_field(c->g, class_object, "__dict__");
    if (dict == HF_NO_OBJECT)
        return false;
    charge(c, dict);
    uint32_t init = hf_dict_entry(c->g, dict, "__init__");
    uint32_t code = init == HF_NO_OBJECT ? init : code_of(c->g, init);
    uint32_t names = code == HF_NO_OBJECT ? code : hf_object_field(c->g, code, "co_names");
    if (names == HF_NO_OBJECT || !hf_code_is_users(c->g, code))
        return false;
    charge(c, names);
    return hf_code_names(c->g, code, c->name);
}

bool hf_methods_by_class(hf_graph *g, uint32_t holder, const char *name, hf_map *ret)
{
    classes c = {.g = g, .name = name, .found = ret, .left = EDGES_MOST};
    uint32_t own = hf_graph_find(g, g->types[g->type[holder]].address);
    uint32_t order = own == HF_NO_OBJECT ? own : hf_object_field(g, own, "__mro__");
    for (uint32_t k = 0; order != HF_NO_OBJECT && k < CLASSES_MOST; k++) {
        uint32_t base = hf_item_of(g, order, k);
        if (base == HF_NO_OBJECT)
            break;
        note_methods(&c, base, HF_METHOD_OWN);
    }
    for (uint32_t t = 0; order != HF_NO_OBJECT && t < g->type_count && c.left; t++) {
        uint32_t other =
            g->types[t].heap_type ? hf_graph_find(g, g->types[t].address) : HF_NO_OBJECT;
        if (other == HF_NO_OBJECT || inherits(g, other, own) || inherits(g, own, other) ||
            !gives_one(&c, other))
            continue;
        note_methods(&c, other, HF_METHOD_OF_OTHERS);
    }
    return !c.failed;
}

/* The function that has an object as a default or, in a cell, as a variable of its closure, one of
 * the user's: its code. HF_NO_OBJECT. */
static uint32_t code_that_has(hf_graph *g, uint32_t object)
{
    enum { STEPS = 3, HOLDERS = 16 };
    for (int step = 0; step < STEPS; step++) {
        uint64_t first = g->source_start[object], end = g->source_start[object + 1];
        uint32_t above = HF_NO_OBJECT;
        for (uint64_t k = first; k < end && k - first < HOLDERS; k++) {
            uint32_t source = g->source[k];
            uint32_t code = hf_object_field(g, source, "__code__");
            if (code != HF_NO_OBJECT && hf_code_is_users(g, code))
                return code;
            if (hf_graph_is(g, source, "cell") || hf_graph_is(g, source, "tuple"))
                above = source;
        }
        if (above == HF_NO_OBJECT)
            return HF_NO_OBJECT;
        object = above;
    }
    return HF_NO_OBJECT;
}

/* The name by which one object has another; false where it has it by none. */
static bool say_name(hf_graph *g, uint32_t source, uint32_t target, hf_buf *out)
{
    enum { EDGES = 4096 };
    uint64_t first = g->edge_start[source], end = g->edge_start[source + 1];
    for (uint64_t e = first; e < end && e - first < EDGES; e++)
        if (g->edge_target[e] == target && hf_clues_edge_name(g, source, e, out))
            return true;
    return false;
}

uint32_t hf_kept_adder(const hf_clues *c, hf_buf *ret_name)
{
    enum { METHODS = 64, HOLDERS = 16 };
    hf_graph *g = c->graph;
    uint64_t first = g->source_start ? g->source_start[c->owner] : 0;
    uint64_t end = g->source_start ? g->source_start[c->owner + 1] : 0;
    for (uint64_t k = first; k < end && k - first < METHODS; k++) {
        uint32_t method = g->source[k];
        if (!hf_graph_is(g, method, "builtin_function_or_method") ||
            hf_object_field(g, method, "__self__") != c->owner)
            continue;
        uint64_t start = g->source_start[method];
        for (uint64_t j = start; j < g->source_start[method + 1] && j - start < HOLDERS; j++)
            if (say_name(g, g->source[j], method, ret_name))
                return HF_NO_OBJECT;
        uint32_t code = code_that_has(g, method);
        if (code != HF_NO_OBJECT)
            return code;
    }
    return HF_NO_OBJECT;
}
