#include "analyse/slots.h"

#include "analyse/attributes.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORD = 8,
    PADDING = 24,          /* of debug builds: _PyMem_DebugRawAlloc */
    UNIT = 16,             /* of pymalloc: Objects/obmalloc.c, ALIGNMENT */
    SMALL = 512,           /* above, malloc() serves: SMALL_REQUEST_THRESHOLD */
    NAMES_MAX = 64,        /* of one class */
    MANAGED_DICT = 1 << 4, /* Py_TPFLAGS_MANAGED_DICT, 3.11 on */
};
#define TYPE_SUBCLASS (1ull << 31) /* Py_TPFLAGS_TYPE_SUBCLASS */

/* What is known of one class while its instances are counted. */
typedef struct tally {
    hf_slots_row row;
    bool candidate;
    uint64_t base_size; /* bytes that an instance has of a base in C, its header included */
} tally;

typedef struct counter {
    hf_graph *g;
    const hf_dominators *d;
    tally *tallies; /* by row in types */
    hf_map place;   /* type and name -> place in its row's names */
    uint32_t dict_name;
} counter;

static uint64_t allocated(const hf_graph *g, uint64_t bytes)
{
    bytes += g->info.python.debug_build ? PADDING : 0;
    return bytes <= SMALL ? (bytes + UNIT - 1) / UNIT * UNIT
                          : (bytes + WORD + UNIT - 1) / UNIT * UNIT;
}

static uint32_t type_at(const hf_graph *g, uint32_t object)
{
    uint64_t address = g->address[object];
    for (uint32_t t = 0; t < g->type_count; t++)
        if (g->types[t].address == address)
            return t;
    return UINT32_MAX;
}

/* Goes through the order in which attributes are looked up: classes made in Python, then the base
 * in C that lays out the instance. False where instances of the class cannot have slots. */
static bool look_at_bases(hf_graph *g, uint32_t type, tally *t)
{
    uint32_t object = hf_graph_find(g, g->types[type].address);
    uint32_t order = object == HF_NO_OBJECT ? HF_NO_OBJECT : hf_object_field(g, object, "__mro__");
    if (order == HF_NO_OBJECT)
        return false;
    for (uint64_t e = g->edge_start[order]; e < g->edge_start[order + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_INDEX)
            continue;
        uint32_t base = g->edge_target[e], row = type_at(g, base);
        if (row == type)
            continue;
        uint32_t dict = hf_object_field(g, base, "__dict__");
        bool has_dict = dict != HF_NO_OBJECT && hf_dict_entry(g, dict, "__dict__") != HF_NO_OBJECT;
        if (row != UINT32_MAX && !g->types[row].heap_type) {
            t->base_size =
                t->base_size > g->types[row].basicsize ? t->base_size : g->types[row].basicsize;
            if (g->types[row].itemsize || has_dict)
                return false;
        } else {
            t->row.bases_too |= has_dict;
        }
    }
    return t->base_size > 0;
}

static bool prepare(counter *c)
{
    hf_graph *g = c->g;
    c->tallies = calloc((size_t)g->type_count + 1, sizeof(*c->tallies));
    hf_map_init(&c->place);
    c->dict_name = hf_strtab_find(&g->names, "__dict__", strlen("__dict__"));
    return c->tallies != NULL;
}

static void count_instances(counter *c)
{
    hf_graph *g = c->g;
    for (uint32_t i = 0; i < g->object_count; i++)
        c->tallies[g->type[i]].row.instances++;
}

static void choose_candidates(counter *c, uint64_t least)
{
    hf_graph *g = c->g;
    for (uint32_t t = 0; t < g->type_count; t++)
        if (c->tallies[t].row.instances >= least && g->types[t].heap_type &&
            !(g->types[t].flags & TYPE_SUBCLASS))
            c->tallies[t].candidate = look_at_bases(g, t, &c->tallies[t]);
}

/* An instance has this name; `key` tells it from all other names of the class. From 3.13 on a dict
 * may show the instance's own values: once is enough. */
static bool count_name(counter *c, uint32_t instance, uint64_t key, const char *name)
{
    uint32_t type = c->g->type[instance];
    hf_slots_row *row = &c->tallies[type].row;
    uint64_t both = (uint64_t)type << 34 | key;
    uint32_t place = hf_map_get(&c->place, both);
    if (place == HF_MAP_NONE) {
        if (row->name_count == NAMES_MAX) {
            row->many_names = true;
            return true;
        }
        place = (uint32_t)row->name_count;
        for (size_t i = 0; i < row->name_count; i++)
            if (!strcmp(row->names[i].name, name))
                place = (uint32_t)i; /* once inline, once in a dict */
        if (place == row->name_count) {
            hf_slot_name *names = row->names ? row->names : calloc(NAMES_MAX, sizeof(*row->names));
            char *copy = strdup(name);
            if (!names || !copy) {
                free(copy);
                free(row->names ? NULL : names);
                return false;
            }
            row->names = names;
            row->names[row->name_count++] = (hf_slot_name){.name = copy, .last = HF_NO_OBJECT};
        }
        if (!hf_map_put(&c->place, both, place))
            return false;
    }
    row->names[place].instances += row->names[place].last != instance;
    row->names[place].last = instance;
    return true;
}

static bool count_dict(counter *c, uint32_t instance, uint32_t dict)
{
    hf_graph *g = c->g;
    hf_slots_row *row = &c->tallies[g->type[instance]].row;
    row->with_dict++;
    if (c->d->parent[dict] == instance)
        row->bytes += hf_graph_shallow(g, dict);
    bool enough = true;
    for (uint64_t e = g->edge_start[dict]; e < g->edge_start[dict + 1] && enough; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            continue;
        size_t length = 0;
        const char *name = hf_graph_value(g, g->edge_target[e], &length);
        enough = count_name(c, instance, 1ull << 33 | g->edge_target[e], name ? name : "?");
    }
    return enough;
}

static bool count_attributes(counter *c)
{
    hf_graph *g = c->g;
    bool enough = true;
    for (uint32_t i = 0; i < g->object_count && enough; i++) {
        uint32_t type = g->type[i];
        if (!c->tallies[type].candidate)
            continue;
        c->tallies[type].row.bytes += hf_graph_block(g, i);
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1] && enough; e++) {
            hf_edge_kind kind = hf_graph_kind(g, e);
            uint32_t label = g->edge_label[e];
            if (kind == HF_EDGE_ATTRIBUTE)
                enough = count_name(c, i, label, hf_strtab_get(&g->names, label));
            else if (kind == HF_EDGE_FIELD && label == c->dict_name)
                enough = count_dict(c, i, g->edge_target[e]);
        }
    }
    return enough;
}

/* A class whose instances are referred to weakly needs a slot for that. */
static void find_weak_references(counter *c)
{
    const hf_graph *g = c->g;
    for (uint32_t i = 0; i < g->object_count; i++) {
        const char *title = hf_graph_type_name(g, i);
        if (!strstr(title, "weakref") && strcmp(title, "weakref.ReferenceType"))
            continue;
        for (uint64_t e = g->edge_start[i]; e < g->edge_start[i + 1]; e++)
            if (!hf_graph_holds(g, e))
                c->tallies[g->type[g->edge_target[e]]].row.weakrefs = true;
    }
}

static int most_instances_first(const void *a, const void *b)
{
    const hf_slot_name *x = a, *y = b;
    if (x->instances != y->instances)
        return x->instances > y->instances ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The header of the collector, what the base has, and a word for each name. */
static void judge(const counter *c, uint32_t type)
{
    tally *t = &c->tallies[type];
    hf_slots_row *row = &t->row;
    row->type = type;
    uint64_t header = c->g->info.python.free_threaded ? 0 : UNIT;
    uint64_t words = row->name_count;
    /* From 3.12 on a weak reference takes two words before the object (MANAGED_WEAKREF). */
    if (row->weakrefs && c->g->info.python.version_hex >= 0x030c0000)
        header += 2 * WORD;
    else
        words += row->weakrefs;
    row->slotted_bytes = row->instances * allocated(c->g, header + t->base_size + words * WORD);
    row->saved = (int64_t)row->bytes - (int64_t)row->slotted_bytes;
    for (size_t i = 0; i < row->name_count; i++)
        row->sparse += row->names[i].instances * 2 < row->instances;
    if (row->name_count)
        qsort(row->names, row->name_count, sizeof(*row->names), most_instances_first);
}

static void free_names(hf_slots_row *row)
{
    for (size_t i = 0; i < row->name_count; i++)
        free((char *)(uintptr_t)row->names[i].name);
    free(row->names);
}

static int most_saved_first(const void *a, const void *b)
{
    const hf_slots_row *x = a, *y = b;
    if (x->saved != y->saved)
        return x->saved > y->saved ? -1 : 1;
    return (x->type > y->type) - (x->type < y->type);
}

/* Has its instances' attributes in a dict at all. */
static bool has_dicts(const counter *c, uint32_t type)
{
    return c->tallies[type].candidate &&
           (c->g->types[type].flags & MANAGED_DICT || c->tallies[type].row.with_dict);
}

static hf_err *gather(counter *c, hf_slots *ret)
{
    hf_slots s = {.rows = calloc((size_t)c->g->type_count + 1, sizeof(*s.rows))};
    if (!s.rows)
        return hf_fail_memory();
    for (uint32_t t = 0; t < c->g->type_count; t++) {
        if (!has_dicts(c, t))
            continue;
        judge(c, t);
        s.rows[s.count++] = c->tallies[t].row;
        s.instances += c->tallies[t].row.instances;
        s.bytes += c->tallies[t].row.bytes;
        bool saves = c->tallies[t].row.saved > 0 && !c->tallies[t].row.many_names;
        s.saved += saves ? c->tallies[t].row.saved : 0;
        c->tallies[t].row.names = NULL; /* handed over */
        c->tallies[t].row.name_count = 0;
    }
    qsort(s.rows, s.count, sizeof(*s.rows), most_saved_first);
    *ret = s;
    return NULL;
}

hf_err *hf_slots_find(hf_graph *g, const hf_dominators *d, uint64_t least, hf_slots *ret)
{
    counter c = {.g = g, .d = d};
    bool ready = prepare(&c);
    if (ready) {
        count_instances(&c);
        choose_candidates(&c, least);
        find_weak_references(&c);
        ready = count_attributes(&c);
    }
    hf_err *err = ready ? gather(&c, ret) : hf_fail_memory();
    for (uint32_t t = 0; c.tallies && t < g->type_count; t++)
        free_names(&c.tallies[t].row);
    free(c.tallies);
    hf_map_deinit(&c.place);
    return err;
}

void hf_slots_deinit(hf_slots *s)
{
    for (size_t i = 0; i < s->count; i++)
        free_names(&s->rows[i]);
    free(s->rows);
    *s = (hf_slots){0};
}
