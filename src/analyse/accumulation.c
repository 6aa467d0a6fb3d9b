/* analyse/accumulation.c - see analyse/accumulation.h. Of nested places the outermost is meant in
 * which no single member has most of the memory; but where collections in its members were filled
 * side by side, these are meant: their owners were there before. */
#include "analyse/accumulation.h"

#include "analyse/attributes.h"
#include "analyse/filling.h"
#include "analyse/shape.h"
#include "analyse/species.h"
#include "base/cleanup.h"
#include "base/huge.h"
#include "base/map.h"

#include <string.h>

enum {
    MANY = 16,              /* members of a place where small things come together */
    FEW = 4,                /* ... where large ones do */
    LEAST = 48 << 10,       /* bytes of the first */
    LEAST_OF_FEW = 1 << 20, /* ... of the second */
    LONG_CHAIN = 24,
    SAMPLE = 512, /* members whose types are compared */
    TYPES = 8,
    MADE_NAMES = 256,             /* attributes of one instance: more than anybody writes down */
    SOME = 8,                     /* members of one of many collections alike that is looked at */
    LONG_TUPLE = 256,             /* members: more than a record or a table in the source has */
    LEAST_OF_BUFFERS = 256 << 10, /* bytes of one of some that members have */
};

typedef enum mark { UNKNOWN, BESIDE, BELOW, SEED } mark;

typedef struct marker {
    hf_timeline *t;
    hf_graph *g;
    const hf_dominators *d;
    const uint8_t *species;
    uint8_t *place;     /* 1: memory has come together in this object */
    uint8_t *state;     /* mark */
    uint8_t *namespace; /* 1: the variables of a module or a class */
    uint32_t garbage;   /* gc.garbage, or HF_NO_OBJECT */
} marker;

static hf_species species_of(const marker *m, uint32_t object)
{
    return (hf_species)m->species[m->g->type[object]];
}

/* Whether a tuple or a text is written down in the source, as a constant of code. */
static bool is_constant(const marker *m, uint32_t object)
{
    uint32_t up = m->d->parent[object];
    while (up < m->d->count && species_of(m, up) == HF_SPECIES_TUPLE)
        up = m->d->parent[up];
    return up >= m->d->count || species_of(m, up) == HF_SPECIES_CODE;
}

static bool is_collection(const marker *m, uint32_t object)
{
    switch (species_of(m, object)) {
    case HF_SPECIES_TUPLE: /* `trail = trail + (step,)` */
        return hf_graph_length(m->g, object) >= LONG_TUPLE && !is_constant(m, object);
    case HF_SPECIES_LIST:
    case HF_SPECIES_SET:
    case HF_SPECIES_DEQUE:
    case HF_SPECIES_LRU:
    case HF_SPECIES_TREE_NODE:
    case HF_SPECIES_MEMO:
    case HF_SPECIES_QUEUE:
    case HF_SPECIES_CALL_RECORD:
        return true;
    case HF_SPECIES_VIEW:  /* an array of objects */
    case HF_SPECIES_OTHER: /* an object of an extension that has one in memory of malloc */
        return m->g->edge_start[object + 1] - m->g->edge_start[object] >= MANY &&
               (species_of(m, object) == HF_SPECIES_VIEW ||
                hf_species_is_foreign(m->g, m->species, m->g->type[object]));
    case HF_SPECIES_DICT:
        if (m->namespace[object])
            return false;
        return hf_graph_length(m->g, object) >= MADE_NAMES || !hf_shape_is_namespace(m->g, object);
    default:
        return false;
    }
}

/* Modules, classes and their code are the program, and not what it has collected. */
static bool is_program(const marker *m, uint32_t object)
{
    hf_species s = species_of(m, object);
    return s == HF_SPECIES_MODULE || s == HF_SPECIES_CODE ||
           (m->g->flags[object] & HF_OBJECT_STATIC) != 0;
}

/* What a member adds: what hangs below it alone; half of that where somebody else holds it, too. */
static uint64_t share_of(const marker *m, uint32_t collection, uint32_t member)
{
    uint32_t parent = m->d->parent[member];
    if (parent == collection)
        return m->d->retained[member];
    bool elsewhere = parent < m->d->count && is_collection(m, parent);
    return elsewhere || is_program(m, member) ? 0 : m->d->retained[member] / 2;
}

typedef struct votes {
    uint32_t types[TYPES];
    uint32_t counts[TYPES];
    uint32_t all;
} votes;

/* One type, or one of those that the same code has made again and again. */
static bool are_one(const hf_graph *g, uint32_t a, uint32_t b)
{
    return a == b || (g->types[a].qualname == g->types[b].qualname &&
                      g->types[a].module == g->types[b].module);
}

static void vote(const hf_graph *g, votes *v, uint32_t type)
{
    if (v->all >= SAMPLE)
        return;
    v->all++;
    for (int i = 0; i < TYPES; i++) {
        if (v->counts[i] && !are_one(g, v->types[i], type))
            continue;
        v->types[i] = type;
        v->counts[i]++;
        return;
    }
}

static bool are_alike(const votes *v)
{
    for (int i = 0; i < TYPES; i++)
        if (v->counts[i] * 2 >= v->all)
            return true;
    return false;
}

/* Others have no len() that the snapshot knows. */
static bool knows_length(hf_species species)
{
    return species != HF_SPECIES_TREE_NODE && species != HF_SPECIES_MEMO &&
           species != HF_SPECIES_QUEUE && species != HF_SPECIES_VIEW && species != HF_SPECIES_OTHER;
}

/* A buffer in the hands of an object, or in its dict, that is nearly all that it has. */
static bool is_one_buffer(const marker *m, uint32_t object)
{
    enum { EDGES = 64 };
    const hf_graph *g = m->g;
    uint32_t dict = hf_attribute_dict(g, object), holders[] = {object, dict};
    for (size_t k = 0; k < 2 && holders[k] != HF_NO_OBJECT; k++) {
        uint64_t first = g->edge_start[holders[k]], end = g->edge_start[holders[k] + 1];
        for (uint64_t e = first; e < end && e - first < EDGES; e++) {
            uint64_t bytes = m->d->retained[g->edge_target[e]];
            if (species_of(m, g->edge_target[e]) == HF_SPECIES_BUFFER &&
                bytes >= LEAST_OF_BUFFERS && bytes * 10 >= m->d->retained[object] * 9)
                return true;
        }
    }
    return false;
}

/* Few members, each of which has one buffer that has filled up: these are meant, and not the
 * members, which were there before. */
static bool are_owners_of_buffers(const marker *m, uint32_t object)
{
    const hf_graph *g = m->g;
    uint64_t members = 0, owners = 0;
    if (hf_graph_length(g, object) >= MANY)
        return false;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        uint32_t member = g->edge_target[e];
        if (!hf_graph_holds(g, e) || hf_graph_kind(g, e) == HF_EDGE_KEY ||
            species_of(m, member) != HF_SPECIES_INSTANCE)
            continue;
        members++;
        owners += is_one_buffer(m, member);
    }
    return owners && owners * 4 >= members * 3;
}

/* One thing, which is large by itself. */
static bool is_large(const marker *m, uint32_t object)
{
    uint64_t bytes = m->d->retained[object];
    switch (species_of(m, object)) {
    case HF_SPECIES_BUFFER:
        return bytes >= LEAST_OF_BUFFERS;
    case HF_SPECIES_STR:
    case HF_SPECIES_BYTES:
        return bytes >= LEAST_OF_FEW && !is_constant(m, object);
    case HF_SPECIES_VIEW:
        return hf_graph_external(m->g, object) >= LEAST_OF_FEW && bytes >= LEAST_OF_FEW;
    default:
        return false;
    }
}

/* Whether a dict has what each module is made with (Objects/moduleobject.c, module_init_dict()): it
 * is a copy of the variables of a module, as CPython keeps one with the definition of a module of C
 * for other interpreters (Python/import.c). */
static bool is_copied_namespace(const marker *m, uint32_t object)
{
    static const char *const names[] = {"__name__", "__doc__", "__package__", "__loader__",
                                        "__spec__"};
    if (species_of(m, object) != HF_SPECIES_DICT)
        return false;
    for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
        if (hf_dict_entry(m->g, object, names[k]) == HF_NO_OBJECT)
            return false;
    return true;
}

static bool has_come_together(const marker *m, uint32_t object)
{
    const hf_graph *g = m->g;
    if (is_large(m, object))
        return true;
    uint64_t length = hf_graph_length(g, object);
    if (!knows_length(species_of(m, object)))
        length = g->edge_start[object + 1] - g->edge_start[object];
    if (length < FEW || !is_collection(m, object))
        return false;
    votes v = {.all = 0};
    uint64_t sum = hf_graph_shallow(g, object), largest = 0;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        uint32_t member = g->edge_target[e];
        if (!hf_graph_holds(g, e))
            continue;
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            vote(g, &v, g->type[member]);
        uint64_t share = share_of(m, object, member);
        sum += share;
        largest = share > largest ? share : largest;
    }
    bool much =
        length >= MANY ? sum >= LEAST : sum >= LEAST_OF_FEW && !are_owners_of_buffers(m, object);
    bool mixed = species_of(m, object) == HF_SPECIES_MEMO || /* of all that was written */
                 object == m->garbage;                       /* ... or was in cycles */
    return much && largest * 2 < sum && (mixed || are_alike(&v)) && !is_copied_namespace(m, object);
}

/* The object above in a chain: of the same type, and at most three others between: the tuple
 * and the cell by which a function has the one that it wraps; an instance's dict, a list in
 * that, a token. */
static uint32_t link_above(const marker *m, uint32_t object)
{
    enum { BETWEEN = 3 };
    const hf_dominators *d = m->d;
    uint32_t up = d->parent[object];
    for (int between = 0; between <= BETWEEN && up < d->count; between++, up = d->parent[up])
        if (m->g->type[up] == m->g->type[object])
            return up;
    return HF_NO_OBJECT;
}

static bool may_be_chained(const marker *m, uint32_t object)
{
    hf_species s = species_of(m, object);
    return s != HF_SPECIES_MODULE && s != HF_SPECIES_CODE && s != HF_SPECIES_TYPE &&
           !(m->g->flags[object] & HF_OBJECT_STATIC);
}

/* Heads of long chains are seeds: they and what hangs below them have come to who
 * holds the head. Each link knows its head by the one above it: who climbed to it from each link
 * would go through a chain as often as it is long. */
static bool find_chains(marker *m)
{
    const hf_dominators *d = m->d;
    HF_AUTO(hf_large_freep)
    uint32_t *head_of = hf_large_malloc((uint64_t)d->count + 1, sizeof(*head_of));
    HF_AUTO(hf_freep) uint8_t *links = malloc((size_t)d->count + 1);
    if (!head_of || !links)
        return false;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k], up = link_above(m, i);
        bool first = up == HF_NO_OBJECT;
        head_of[i] = first ? i : head_of[up];
        links[i] = first ? 0 : links[up];
        links[i] += !first && links[i] < LONG_CHAIN;
        if (links[i] == LONG_CHAIN && may_be_chained(m, i) && d->parent[head_of[i]] < d->count)
            m->state[head_of[i]] = SEED;
    }
    return true;
}

/* Members that no one object holds are seeds as well. */
static void find_seeds(marker *m, uint32_t place)
{
    const hf_graph *g = m->g;
    for (uint64_t e = g->edge_start[place]; e < g->edge_start[place + 1]; e++) {
        uint32_t member = g->edge_target[e];
        if (m->d->parent[member] != place && hf_graph_holds(g, e) && share_of(m, place, member))
            m->state[member] = SEED;
    }
}

/* Many objects in one field of the interpreter (functions of atexit) are a place
 * without an object. */
static bool find_roots(marker *m)
{
    const hf_graph *g = m->g;
    HF_AUTO(hf_map_deinit) hf_map count_of;
    hf_map_init(&count_of);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t r = 0; r < g->root_count; r++) {
            const hf_root *root = &g->roots[r];
            /* Fields without a name of their own are called as the whole, and have
             * nothing in common. */
            if (root->kind != HF_ROOT_INTERPRETER ||
                strcmp(hf_strtab_get(&g->names, root->name), "interpreter state") == 0)
                continue;
            uint32_t count = hf_map_get(&count_of, root->name);
            count = count == HF_MAP_NONE ? 0 : count;
            if (pass == 0 && !hf_map_put(&count_of, root->name, count + 1))
                return false;
            if (pass == 1 && count >= MANY && m->d->parent[root->target] >= m->d->count)
                m->state[root->target] = SEED;
        }
    }
    return true;
}

/* Whether it hangs below a place or a seed. Remembers all that was passed. */
static bool is_below(const marker *m, uint32_t object)
{
    uint32_t count = m->d->count, at = object;
    while (m->state[at] == UNKNOWN) {
        uint32_t parent = m->d->parent[at];
        if (parent >= count) {
            m->state[at] = m->d->reach[at] == HF_REACH_ROOT ? BESIDE : BELOW;
            break;
        }
        if (m->place[parent]) {
            m->state[at] = BELOW;
            break;
        }
        at = parent;
    }
    uint8_t found = m->state[at] == BESIDE ? BESIDE : BELOW;
    for (uint32_t i = object; i != at; i = m->d->parent[i])
        m->state[i] = found;
    return found == BELOW;
}

/* The variables of a module or a class. A threading.local() has a dict of the dicts of its threads
 * (Modules/_threadmodule.c), which no program sees. */
static uint32_t namespace_of(const marker *m, uint32_t object)
{
    switch (species_of(m, object)) {
    case HF_SPECIES_MODULE:
    case HF_SPECIES_TYPE:
        return hf_attribute_dict(m->g, object);
    case HF_SPECIES_THREAD_LOCAL:
        return hf_attribute_of(m->g, object, "dummies");
    default:
        return HF_NO_OBJECT;
    }
}

/* Whether a program has made the module itself (types.ModuleType(), importlib.util) and not
 * imported it: nothing says where it comes from. That of a program itself may be like that. */
static bool is_made_module(const marker *m, uint32_t object)
{
    if (species_of(m, object) != HF_SPECIES_MODULE || hf_object_says(m->g, object, "__main__"))
        return false;
    uint32_t names = hf_attribute_dict(m->g, object);
    uint32_t spec = names == HF_NO_OBJECT ? names : hf_dict_entry(m->g, names, "__spec__");
    return names != HF_NO_OBJECT && hf_dict_entry(m->g, names, "__file__") == HF_NO_OBJECT &&
           (spec == HF_NO_OBJECT || hf_graph_is(m->g, spec, "NoneType"));
}

/* All modules are roots, and hang below nothing. Where many are made, sys.modules is the place. */
static void find_made_modules(marker *m)
{
    const hf_graph *g = m->g;
    uint32_t modules = hf_global_of(m->g, "sys", "modules");
    uint64_t count = 0, sum = 0;
    for (int pass = 0; modules != HF_NO_OBJECT && pass < 2; pass++) {
        for (uint64_t e = g->edge_start[modules]; e < g->edge_start[modules + 1]; e++) {
            uint32_t module = g->edge_target[e];
            if (hf_graph_kind(g, e) != HF_EDGE_VALUE || !is_made_module(m, module))
                continue;
            count++;
            sum += m->d->retained[module];
            if (pass == 1)
                m->state[module] = SEED;
        }
        if (count < MANY || sum < LEAST)
            return;
        m->place[modules] = 1;
    }
}

/* So many refer to those that their owner need not be among the first who do. */
static void find_namespaces(marker *m)
{
    for (uint32_t i = 0; i < m->g->object_count; i++) {
        uint32_t dict = namespace_of(m, i);
        if (dict != HF_NO_OBJECT)
            m->namespace[dict] = 1;
    }
}

static uint32_t garbage_of(const hf_graph *g)
{
    for (uint32_t r = 0; r < g->root_count; r++)
        if (g->roots[r].kind == HF_ROOT_INTERPRETER &&
            strcmp(hf_strtab_get(&g->names, g->roots[r].name), "gc.garbage") == 0)
            return g->roots[r].target;
    return HF_NO_OBJECT;
}

/* Whether it may be one of many alike that fill up. */
static bool may_fill_up(const marker *m, uint32_t object)
{
    switch (species_of(m, object)) {
    case HF_SPECIES_LIST:
    case HF_SPECIES_SET:
    case HF_SPECIES_DEQUE:
    case HF_SPECIES_DICT:
        return m->d->reach[object] == HF_REACH_ROOT && hf_graph_length(m->g, object) >= SOME &&
               is_collection(m, object);
    default:
        return false;
    }
}

/* Which places an object is in. Those that are in each other are few, for of none a single member
 * has most of what is in it; what is between may be as deep as a chain is long. */
typedef struct nesting {
    uint32_t *nearest; /* the place that it is or is in; HF_NO_OBJECT */
    uint32_t *rank;    /* less than that of all that it dominates */
} nesting;

static void nesting_deinit(nesting *n)
{
    hf_large_free(n->nearest);
    hf_large_free(n->rank);
}

static uint32_t place_around(const marker *m, const nesting *n, uint32_t object)
{
    uint32_t parent = m->d->parent[object];
    return parent < m->d->count ? n->nearest[parent] : HF_NO_OBJECT;
}

static bool find_nesting(const marker *m, nesting *ret)
{
    const hf_dominators *d = m->d;
    ret->nearest = hf_large_malloc((uint64_t)d->count + 1, sizeof(*ret->nearest));
    ret->rank = hf_large_malloc((uint64_t)d->count + 1, sizeof(*ret->rank));
    if (!ret->nearest || !ret->rank)
        return false;
    for (uint32_t k = 0; k < d->count; k++) {
        uint32_t i = d->order[k];
        ret->rank[i] = k;
        ret->nearest[i] = m->place[i] ? i : place_around(m, ret, i);
    }
    return true;
}

/* The outermost place above the object, up to the collection that has all that are alike; the
 * object itself where it is one, and HF_NO_OBJECT where there is none. */
static uint32_t outermost_place(const marker *m, const nesting *n, uint32_t object, uint32_t top)
{
    uint32_t found = HF_NO_OBJECT, at = n->nearest[object];
    for (; at != HF_NO_OBJECT && (top == HF_NO_OBJECT || n->rank[at] >= n->rank[top]);
         at = place_around(m, n, at))
        found = at;
    return found;
}

/* Where those chosen (1) have most of what is in the outermost place that they are in, of at most
 * `most` members, neither that nor what is between is a place any more; and they are chosen (2).
 * top: how far up for each of them; becomes that place. */
static bool enter(marker *m, uint8_t *chosen, uint32_t *top, uint64_t most)
{
    const uint32_t n = m->g->object_count;
    HF_AUTO(nesting_deinit) nesting places = {NULL};
    HF_AUTO(hf_large_freep) uint64_t *inside = hf_large_calloc((uint64_t)n + 1, sizeof(*inside));
    if (!inside || !find_nesting(m, &places))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        top[i] = chosen[i] ? outermost_place(m, &places, i, top[i]) : HF_NO_OBJECT;
        if (top[i] != HF_NO_OBJECT)
            inside[top[i]] += m->d->retained[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        if (top[i] == HF_NO_OBJECT || top[i] == i || hf_graph_length(m->g, top[i]) > most ||
            inside[top[i]] * 2 < m->d->retained[top[i]])
            continue;
        uint32_t up = i;
        do {
            up = place_around(m, &places, up);
            m->place[up] = 0;
        } while (up != top[i]);
        chosen[i] = 2;
    }
    return true;
}

/* Makes places of collections that were filled side by side and have most of what is in the place
 * that they are in, which is none any more. And a few owners each of which has a long chain did not
 * come with it: the links did, one after the other. */
static bool enter_what_fills_up(marker *m)
{
    enum { FEW_OWNERS = 64 };
    const uint32_t n = m->g->object_count;
    HF_AUTO(hf_freep) uint8_t *chosen = calloc((size_t)n + 1, 1);
    HF_AUTO(hf_large_freep) uint32_t *top = hf_large_malloc((uint64_t)n + 1, sizeof(*top));
    if (!chosen || !top)
        return false;
    for (uint32_t i = 0; i < n; i++)
        chosen[i] = may_fill_up(m, i);
    if (!hf_filled_side_by_side(m->g, m->d, chosen, top) || !enter(m, chosen, top, UINT64_MAX))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        m->place[i] |= chosen[i] == 2;
        chosen[i] = m->state[i] == SEED;
        top[i] = HF_NO_OBJECT;
    }
    return enter(m, chosen, top, FEW_OWNERS);
}

hf_err *hf_accumulation_mark(hf_timeline *t, const hf_dominators *d, const uint8_t *species)
{
    hf_graph *g = t->last;
    uint32_t n = g->object_count;
    hf_err *err = hf_graph_reverse(g);
    if (err)
        return err;
    HF_AUTO(hf_freep) uint8_t *place = calloc((size_t)n + 1, 1);
    HF_AUTO(hf_freep) uint8_t *state = calloc((size_t)n + 1, 1);
    HF_AUTO(hf_freep) uint8_t *namespace = calloc((size_t)n + 1, 1);
    if (!place || !state || !namespace)
        return hf_fail_memory();
    marker m = {t, g, d, species, place, state, namespace, garbage_of(g)};
    find_namespaces(&m);
    for (uint32_t i = 0; i < n; i++)
        place[i] = d->reach[i] == HF_REACH_ROOT && has_come_together(&m, i);
    if (!find_chains(&m) || !enter_what_fills_up(&m))
        return hf_fail_memory();
    for (uint32_t i = 0; i < n; i++)
        if (place[i])
            find_seeds(&m, i);
    find_made_modules(&m);
    if (!find_roots(&m))
        return hf_fail_memory();
    for (uint32_t i = 0; i < n; i++) {
        if (is_below(&m, i)) {
            t->born[i] = 1;
            t->was[0][i] = HF_NO_OBJECT;
        } else if (place[i]) {
            t->was[0][i] = HF_NO_OBJECT; /* it was empty: its length and its table have grown */
        }
    }
    return NULL;
}
