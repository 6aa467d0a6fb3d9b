#include "analyse/attributes.h"

#include "base/cleanup.h"
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A heap may be made to mislead: objects with millions of fields, classes that inherit
 * from thousands. Of an object, a dict or a class with those that it inherits from,
 * so many edges are looked at. */
enum { LOOKED_AT_MOST = 1 << 16, CLASSES_MOST = 1 << 8 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As hf_object_field(), of one of `left` edges. */
static uint32_t field_within(const hf_graph *g, uint32_t object, const char *name, uint64_t *left)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1] && *left;
         e++, (*left)--) {
        hf_edge_kind kind = hf_graph_kind(g, e);
        if ((kind == HF_EDGE_FIELD || kind == HF_EDGE_ATTRIBUTE) &&
            strcmp(hf_strtab_get(&g->names, g->edge_label[e]), name) == 0)
            return g->edge_target[e];
    }
    return HF_NO_OBJECT;
}

/* As hf_dict_entry(), of one of `left` edges. */
static uint32_t entry_within(hf_graph *g, uint32_t dict, const char *name, uint64_t *left)
{
    for (uint64_t e = g->edge_start[dict]; e + 1 < g->edge_start[dict + 1] && *left; e++, (*left)--)
        if (hf_graph_kind(g, e) == HF_EDGE_KEY && hf_object_says(g, g->edge_target[e], name))
            return g->edge_target[e + 1];
    return HF_NO_OBJECT;
}

uint32_t hf_object_field(const hf_graph *g, uint32_t object, const char *name)
{
    uint64_t left = LOOKED_AT_MOST;
    return field_within(g, object, name, &left);
}

uint32_t hf_dict_entry(hf_graph *g, uint32_t dict, const char *name)
{
    uint64_t left = LOOKED_AT_MOST;
    return entry_within(g, dict, name, &left);
}

uint32_t hf_attribute_dict(const hf_graph *g, uint32_t object)
{
    return object < g->object_count ? hf_object_field(g, object, "__dict__") : HF_NO_OBJECT;
}

uint32_t hf_attribute_of(hf_graph *g, uint32_t object, const char *name)
{
    if (object >= g->object_count)
        return HF_NO_OBJECT;
    uint32_t found = hf_object_field(g, object, name);
    if (found != HF_NO_OBJECT)
        return found;
    uint32_t dict = hf_attribute_dict(g, object);
    return dict == HF_NO_OBJECT ? dict : hf_dict_entry(g, dict, name);
}

const char *hf_object_text(hf_graph *g, uint32_t object, char *room, size_t size)
{
    size_t length = 0;
    const char *text = object < g->object_count ? hf_graph_value(g, object, &length) : NULL;
    length = !text ? 0 : length < size ? length : size - 1;
    if (length)
        memcpy(room, text, length);
    room[length] = 0;
    return room;
}

bool hf_object_says(hf_graph *g, uint32_t object, const char *text)
{
    size_t length = 0;
    const char *value = object < g->object_count ? hf_graph_value(g, object, &length) : NULL;
    return value && length == strlen(text) && !memcmp(value, text, length);
}

bool hf_object_int(hf_graph *g, uint32_t object, int64_t *ret)
{
    char text[32], *end;
    if (!*hf_object_text(g, object, text, sizeof(text)) ||
        strcmp(hf_graph_type_name(g, object), "int") != 0)
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end || errno)
        return false;
    *ret = value;
    return true;
}

bool hf_object_real(hf_graph *g, uint32_t object, double *ret)
{
    char text[64], *end;
    int64_t whole;
    if (hf_object_int(g, object, &whole)) {
        *ret = (double)whole;
        return true;
    }
    if (!*hf_object_text(g, object, text, sizeof(text)) ||
        strcmp(hf_graph_type_name(g, object), "float") != 0)
        return false;
    double value = strtod(text, &end);
    if (*end)
        return false;
    *ret = value;
    return true;
}

bool hf_attribute_int(hf_graph *g, uint32_t object, const char *name, int64_t *ret)
{
    return hf_object_int(g, hf_attribute_of(g, object, name), ret);
}

bool hf_attribute_real(hf_graph *g, uint32_t object, const char *name, double *ret)
{
    return hf_object_real(g, hf_attribute_of(g, object, name), ret);
}

uint32_t hf_global_of(hf_graph *g, const char *module, const char *name)
{
    for (uint32_t i = 0; i < g->root_count; i++) {
        const hf_root *root = &g->roots[i];
        if (root->kind == HF_ROOT_MODULE && !root->interpreter &&
            !strcmp(hf_strtab_get(&g->names, root->name), module))
            return hf_attribute_of(g, root->target, name);
    }
    return HF_NO_OBJECT;
}

/* Edges from first to before end, to the classes in whose order attributes of this one
 * are looked up. */
typedef struct class_order {
    uint64_t first, end;
} class_order;

static class_order order_of(const hf_graph *g, uint32_t type)
{
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t order = object == HF_NO_OBJECT ? object : hf_object_field(g, object, "__mro__");
    if (order == HF_NO_OBJECT)
        return (class_order){0};
    uint64_t first = g->edge_start[order];
    return (class_order){first, least(g->edge_start[order + 1], first + CLASSES_MOST)};
}

/* What the class itself has by this name. */
static uint32_t find_in_class(hf_graph *g, uint32_t class_object, const char *name, uint64_t *left)
{
    uint32_t dict = field_within(g, class_object, "__dict__", left);
    return dict == HF_NO_OBJECT ? dict : entry_within(g, dict, name, left);
}

/* What a class or the nearest of those that it inherits from has by this name; HF_NO_OBJECT. */
static uint32_t find_in_type(hf_graph *g, uint32_t type, const char *name)
{
    class_order order = order_of(g, type);
    uint64_t left = LOOKED_AT_MOST;
    for (uint64_t e = order.first; e < order.end && left; e++) {
        uint32_t found = hf_graph_kind(g, e) == HF_EDGE_INDEX
                             ? find_in_class(g, g->edge_target[e], name, &left)
                             : HF_NO_OBJECT;
        if (found != HF_NO_OBJECT)
            return found;
    }
    return HF_NO_OBJECT;
}

uint32_t hf_type_attribute(hf_graph *g, uint32_t type, const char *name)
{
    return find_in_type(g, type, name);
}

bool hf_type_has(hf_graph *g, uint32_t type, const char *name)
{
    return find_in_type(g, type, name) != HF_NO_OBJECT;
}

/* Who was asked for a name, and what the answer was: many classes inherit from one, and in a heap
 * that was made to mislead many may have one order or one dict. */
typedef struct asked {
    const char *name;
    hf_map orders, classes, dicts;
} asked;

static void forget_answers(asked *a)
{
    hf_map_deinit(&a->orders);
    hf_map_deinit(&a->classes);
    hf_map_deinit(&a->dicts);
}

static bool dict_has(hf_graph *g, uint32_t dict, asked *a)
{
    uint32_t answer = hf_map_get(&a->dicts, dict);
    if (answer == HF_MAP_NONE) {
        answer = hf_dict_entry(g, dict, a->name) != HF_NO_OBJECT;
        hf_map_put(&a->dicts, dict, answer); /* no memory: it is asked again */
    }
    return answer;
}

/* Whether the class itself has it. */
static bool class_has(hf_graph *g, uint32_t class_object, asked *a)
{
    uint32_t answer = hf_map_get(&a->classes, class_object);
    if (answer == HF_MAP_NONE) {
        uint32_t dict = hf_object_field(g, class_object, "__dict__");
        answer = dict != HF_NO_OBJECT && dict_has(g, dict, a);
        hf_map_put(&a->classes, class_object, answer);
    }
    return answer;
}

static bool order_has(hf_graph *g, class_order order, asked *a)
{
    uint32_t answer = hf_map_get(&a->orders, order.first);
    if (answer == HF_MAP_NONE) {
        answer = 0;
        for (uint64_t e = order.first; e < order.end && !answer; e++)
            answer = hf_graph_kind(g, e) == HF_EDGE_INDEX && class_has(g, g->edge_target[e], a);
        hf_map_put(&a->orders, order.first, answer);
    }
    return answer;
}

bool *hf_types_with(hf_graph *g, const char *name)
{
    bool *has = calloc((size_t)g->type_count + 1, sizeof(*has));
    HF_AUTO(forget_answers) asked a = {.name = name};
    for (uint32_t t = 0; has && t < g->type_count; t++)
        has[t] = g->types[t].heap_type && order_has(g, order_of(g, t), &a);
    return has;
}

uint32_t hf_item_of(const hf_graph *g, uint32_t tuple, uint32_t item)
{
    for (uint64_t e = g->edge_start[tuple]; e < g->edge_start[tuple + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX && g->edge_label[e] == item)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

const char *hf_field_of_named_tuple(hf_graph *g, uint32_t tuple, uint32_t item, size_t *ret_length)
{
    enum { TYPE_TUPLE = 1 << 26 }; /* Py_TPFLAGS_TUPLE_SUBCLASS */
    const hf_type *type = &g->types[g->type[tuple]];
    uint32_t fields = type->flags & TYPE_TUPLE && type->heap_type
                          ? find_in_type(g, g->type[tuple], "_fields")
                          : HF_NO_OBJECT;
    uint32_t name = fields == HF_NO_OBJECT ? fields : hf_item_of(g, fields, item);
    return name == HF_NO_OBJECT ? NULL : hf_graph_value(g, name, ret_length);
}

static uint8_t number_of(const char *title, const char *const *titles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(title, titles[i]))
            return (uint8_t)(i + 1);
    return 0;
}

/* The first in the order in which attributes are looked up. */
static uint8_t number_of_bases(hf_graph *g, uint32_t type, const uint8_t *own, const hf_map *rows)
{
    class_order order = order_of(g, type);
    for (uint64_t e = order.first; e < order.end; e++) {
        uint32_t row = hf_map_get(rows, g->address[g->edge_target[e]]);
        if (row != HF_MAP_NONE && own[row])
            return own[row];
    }
    return 0;
}

uint8_t *hf_types_named(hf_graph *g, const char *const *titles, size_t count)
{
    HF_AUTO(hf_freep) uint8_t *own = calloc((size_t)g->type_count + 1, 1);
    HF_AUTO(hf_freep) uint8_t *found = calloc((size_t)g->type_count + 1, 1);
    HF_AUTO(hf_map_deinit) hf_map rows;
    hf_map_init(&rows);
    bool enough = own && found;
    for (uint32_t t = 0; enough && t < g->type_count; t++) {
        own[t] = number_of(hf_graph_type_title(g, t), titles, count);
        enough = hf_map_put(&rows, g->types[t].address, t);
    }
    for (uint32_t t = 0; enough && t < g->type_count; t++)
        found[t] = own[t] ? own[t] : number_of_bases(g, t, own, &rows);
    return enough ? hf_take(found) : NULL;
}
