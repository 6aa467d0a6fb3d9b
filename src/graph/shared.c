#include "graph/shared.h"

#include "base/cleanup.h"
#include "graph/read.h"
#include "graph/shared_inside.h"

#include <stdlib.h>

/* How many bytes of a heap an object takes at least, and a reference: it is told from a word
 * of 8 bytes, which in a dict that shares its keys with others tells a key and a value.
 * What has a number that fits no column is larger (a range of more than 65,534 numbers takes 80
 * bytes, a deque with a bound 600), or has memory elsewhere. Together they are what a hostile
 * decoder can make us spend: 6 bytes for each. */
enum { OBJECT_BYTES = 16, EDGE_BYTES = 4, RARE_BYTES = 32, ROOM_LEAST = 4096 };

void hf_shared_columns(hf_shared_graph *s, hf_shared_column ret[HF_SHARED_COLUMNS])
{
    const hf_shared_column all[HF_SHARED_COLUMNS] = {
        {(void **)&s->address, s->object_room, sizeof(*s->address)},
        {(void **)&s->edge_start, s->object_room + 1, sizeof(*s->edge_start)},
        {(void **)&s->type, s->object_room, sizeof(*s->type)},
        {(void **)&s->flags, s->object_room, sizeof(*s->flags)},
        {(void **)&s->numbers[HF_SHARED_COUNTS], s->object_room, sizeof(uint16_t)},
        {(void **)&s->numbers[HF_SHARED_SIZES], s->object_room, sizeof(uint16_t)},
        {(void **)&s->numbers[HF_SHARED_BLOCKS], s->object_room, sizeof(uint16_t)},
        {(void **)&s->numbers[HF_SHARED_EXTERNALS], s->object_room, sizeof(uint16_t)},
        {(void **)&s->numbers[HF_SHARED_LENGTHS], s->object_room, sizeof(uint16_t)},
        {(void **)&s->site, s->object_room, sizeof(*s->site)},
        {(void **)&s->born, s->object_room, sizeof(*s->born)},
        {(void **)&s->asked, s->object_room, sizeof(*s->asked)},
        {(void **)&s->edge_target, s->edge_room, sizeof(*s->edge_target)},
        {(void **)&s->edge_label, s->edge_room, sizeof(*s->edge_label)},
        {(void **)&s->edge_class, s->edge_room, sizeof(*s->edge_class)},
        {(void **)&s->rare, s->rare_room, sizeof(*s->rare)},
        {(void **)&s->told, 1, sizeof(*s->told)},
    };
    memcpy(ret, all, sizeof(all));
}

hf_shared_graph *hf_shared_new(uint64_t bytes)
{
    hf_shared_graph *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->object_room = bytes / OBJECT_BYTES + ROOM_LEAST;
    s->rare_room = bytes / RARE_BYTES + ROOM_LEAST;
    s->edge_room = bytes / EDGE_BYTES + ROOM_LEAST;
    hf_shared_column columns[HF_SHARED_COLUMNS];
    hf_shared_columns(s, columns);
    for (size_t i = 0; i < HF_SHARED_COLUMNS; i++) {
        *columns[i].items = hf_column_share(columns[i].room, columns[i].size);
        if (!*columns[i].items) {
            hf_shared_free(s);
            return NULL;
        }
    }
    return s;
}

void hf_shared_free(hf_shared_graph *s)
{
    if (!s)
        return;
    hf_shared_column columns[HF_SHARED_COLUMNS];
    hf_shared_columns(s, columns);
    for (size_t i = 0; i < HF_SHARED_COLUMNS; i++)
        hf_column_unshare(*columns[i].items, columns[i].room, columns[i].size);
    free(s);
}

static hf_err *no_room(void)
{
    return hf_fail(HF_ERR_SYSTEM,
                   "the heap could not be decoded: it has more objects or references "
                   "than its memory can hold");
}

void hf_shared_notes(hf_shared_graph *s, bool born, bool asked)
{
    s->count.notes = (born ? HF_SHARED_BORN : 0) | (asked ? HF_SHARED_ASKED : 0);
}

static hf_err *put_rare(hf_shared_graph *s, uint32_t kind, uint64_t object, uint64_t number)
{
    if (s->count.rare == s->rare_room)
        return no_room();
    s->rare[s->count.rare++] = (hf_shared_rare){kind, (uint32_t)object, number};
    return NULL;
}

static hf_err *put_large(hf_shared_graph *s, uint32_t kind, uint64_t object, uint64_t number)
{
    s->numbers[kind][object] = HF_NUMBER_RARE;
    return put_rare(s, kind, object, number);
}

/* Memory that nobody has written to is zero, and is not taken: few objects have buffers. */
static inline hf_err *put(hf_shared_graph *s, uint32_t kind, uint64_t object, uint64_t number)
{
    if (number >= HF_NUMBER_RARE)
        return put_large(s, kind, object, number);
    if (number)
        s->numbers[kind][object] = (uint16_t)number;
    return NULL;
}

/* How many more items get memory at once: a fault for each page would cost half as much again,
 * and of few objects there is not to be memory for many. */
static uint64_t items_ahead(uint64_t count, uint64_t room)
{
    enum { LEAST = 4096, MOST = 1 << 16, SHARE = 8 };
    uint64_t ahead = count / SHARE < LEAST ? LEAST : count / SHARE;
    ahead = ahead < MOST ? ahead : MOST;
    return ahead < room - count ? ahead : room - count;
}

#define PREPARE(items, from, count) hf_column_prepare((items), (from), (count), sizeof(*(items)))

static void prepare_objects(hf_shared_graph *s)
{
    uint64_t from = s->count.objects, ahead = items_ahead(from, s->object_room);
    PREPARE(s->address, from, ahead);
    PREPARE(s->edge_start, from, ahead);
    PREPARE(s->type, from, ahead);
    PREPARE(s->flags, from, ahead);
    for (size_t i = 0; i < HF_SHARED_BOUNDS; i++)
        if (i != HF_SHARED_EXTERNALS) /* nearly all are 0, which is not written */
            PREPARE(s->numbers[i], from, ahead);
    s->objects_ready = from + ahead;
}

static void prepare_edges(hf_shared_graph *s)
{
    uint64_t from = s->count.edges, ahead = items_ahead(from, s->edge_room);
    PREPARE(s->edge_target, from, ahead);
    PREPARE(s->edge_label, from, ahead);
    PREPARE(s->edge_class, from, ahead);
    s->edges_ready = from + ahead;
}

hf_err *hf_shared_object(hf_shared_graph *s, const hf_object *object)
{
    uint64_t o = s->count.objects;
    if (o == s->object_room)
        return no_room();
    if (o == s->objects_ready)
        prepare_objects(s);
    s->count.objects++;
    s->address[o] = object->address;
    s->type[o] = object->type;
    s->flags[o] = object->flags & ~(uint32_t)HF_OBJECT_HAS_VALUE; /* set when its value is told */
    s->edge_start[o] = s->count.edges;
    if (object->site)
        s->site[o] = object->site;
    if (object->born)
        s->born[o] = object->born;
    if (object->asked)
        s->asked[o] = object->asked;
    hf_err *err = put(s, HF_SHARED_COUNTS, o, (uint64_t)object->refcount + 1);
    if (!err)
        err = put(s, HF_SHARED_SIZES, o, object->size);
    if (!err)
        err = put(s, HF_SHARED_BLOCKS, o, object->block);
    if (!err)
        err = put(s, HF_SHARED_EXTERNALS, o, object->external);
    if (!err)
        err = put(s, HF_SHARED_LENGTHS, o, object->length);
    if (!err && object->bound)
        err = put_rare(s, HF_SHARED_BOUNDS, o, object->bound);
    return err;
}

hf_err *hf_shared_edge(hf_shared_graph *s, const hf_edge *edge)
{
    uint64_t e = s->count.edges;
    if (e == s->edge_room)
        return no_room();
    if (e == s->edges_ready)
        prepare_edges(s);
    s->count.edges++;
    s->edge_target[e] = edge->target;
    s->edge_class[e] = (uint8_t)(edge->kind | edge->strength << 4);
    s->edge_label[e] = edge->label < UINT32_MAX ? (uint32_t)edge->label : UINT32_MAX;
    return NULL;
}

void hf_shared_value(hf_shared_graph *s)
{
    s->flags[s->count.objects - 1] |= HF_OBJECT_HAS_VALUE;
}

void hf_shared_seal(hf_shared_graph *s)
{
    s->edge_start[s->count.objects] = s->count.edges;
    *s->told = s->count;
}

/* From here on in the parent. */

hf_err *hf_read_shared_rows(hf_reader *r)
{
    hf_shared_graph *s = r->shared;
    s->count = *s->told;
    const hf_shared_tally *t = &s->count;
    if (r->rows[HF_BLOCK_OBJECTS] || r->rows[HF_BLOCK_EDGES] || t->objects > s->object_room ||
        t->objects >= UINT32_MAX - 1 || t->edges > s->edge_room || t->rare > s->rare_room ||
        t->rare > t->objects * HF_SHARED_NUMBERS)
        return hf_reader_damaged(r, "what is shared beside it cannot be");
    r->rows[HF_BLOCK_OBJECTS] = t->objects;
    r->rows[HF_BLOCK_EDGES] = t->edges;
    return NULL;
}

static bool are_objects_sound(const hf_shared_graph *s, const hf_graph *g)
{
    const hf_shared_tally *t = &s->count;
    bool sound = s->edge_start[0] == 0 && s->edge_start[t->objects] == t->edges;
    for (uint64_t o = 0; o < t->objects; o++)
        sound &= s->type[o] < g->type_count && s->edge_start[o] <= s->edge_start[o + 1] &&
                 s->edge_start[o + 1] - s->edge_start[o] <= UINT32_MAX && /* as a file can tell */
                 (!o || s->address[o] > s->address[o - 1]);
    for (uint64_t o = 0; o < t->objects && g->site_count; o++)
        sound &= s->site[o] <= g->site_count;
    return sound;
}

/* By class of an edge: how large its label may be at most, or that no edge is of it. */
typedef struct class_bound {
    bool known;
    uint32_t most;
} class_bound;

static void bound_classes(const hf_graph *g, class_bound ret[UINT8_MAX + 1])
{
    for (unsigned c = 0; c <= UINT8_MAX; c++) {
        bool known = (c & 15) < HF_EDGE_KIND_COUNT && c >> 4 <= HF_EDGE_SCANNED;
        bool named = known && hf_edge_label_is_name((hf_edge_kind)(c & 15));
        ret[c] = (class_bound){known, named ? g->names.count - 1 : UINT32_MAX};
    }
}

static bool are_edges_sound(const hf_shared_graph *s, const hf_graph *g)
{
    class_bound bounds[UINT8_MAX + 1];
    bound_classes(g, bounds);
    bool sound = true;
    for (uint64_t e = 0; e < s->count.edges; e++) {
        const class_bound *b = &bounds[s->edge_class[e]];
        sound &= b->known & (s->edge_label[e] <= b->most) & (s->edge_target[e] < g->object_count);
    }
    return sound;
}

static hf_err *take_rare_numbers(hf_reader *r)
{
    const hf_shared_graph *s = r->shared;
    hf_graph *g = r->graph;
    hf_rare_numbers *columns[HF_SHARED_NUMBERS] = {&g->counts.rare,  &g->sizes.rare,
                                                   &g->blocks.rare,  &g->externals.rare,
                                                   &g->lengths.rare, &g->bounds};
    for (uint64_t i = 0; i < s->count.rare; i++) {
        const hf_shared_rare *n = &s->rare[i];
        if (n->kind >= HF_SHARED_NUMBERS || n->object >= g->object_count)
            return hf_reader_damaged(r, "what is shared beside it cannot be");
        hf_err *err = hf_rare_numbers_add(columns[n->kind], n->object, n->number);
        if (err)
            return err;
    }
    for (size_t i = 0; i < HF_SHARED_NUMBERS; i++)
        hf_rare_numbers_sort(columns[i]);
    return NULL;
}

/* Moves a column to the graph. */
static void *settle(void **items, uint64_t room, uint64_t keep, size_t size)
{
    hf_column_settle(*items, room, keep, size);
    return hf_take(*items);
}

#define SETTLE(items, room, keep) settle((void **)&(items), room, keep, sizeof(*(items)))

static void take_columns(hf_shared_graph *s, hf_graph *g)
{
    uint64_t room = s->object_room, n = s->count.objects, edges = s->count.edges;
    hf_numbers *numbers[] = {&g->counts, &g->sizes, &g->blocks, &g->externals, &g->lengths};
    g->address = SETTLE(s->address, room, n);
    g->type = SETTLE(s->type, room, n);
    g->flags = SETTLE(s->flags, room, n);
    g->edge_start = SETTLE(s->edge_start, room + 1, n + 1);
    for (size_t i = 0; i < HF_SHARED_BOUNDS; i++)
        numbers[i]->low = SETTLE(s->numbers[i], room, n);
    g->edge_target = SETTLE(s->edge_target, s->edge_room, edges);
    g->edge_label = SETTLE(s->edge_label, s->edge_room, edges);
    g->edge_class = SETTLE(s->edge_class, s->edge_room, edges);
    if (g->site_count)
        g->site = SETTLE(s->site, room, n);
    if (s->count.notes & HF_SHARED_BORN)
        g->born = SETTLE(s->born, room, n);
    if (s->count.notes & HF_SHARED_ASKED)
        g->asked = SETTLE(s->asked, room, n);
}

hf_err *hf_read_shared_columns(hf_reader *r)
{
    hf_shared_graph *s = r->shared;
    if (!are_objects_sound(s, r->graph) || !are_edges_sound(s, r->graph))
        return hf_reader_damaged(r, "what is shared beside it cannot be");
    take_columns(s, r->graph);
    return take_rare_numbers(r);
}
