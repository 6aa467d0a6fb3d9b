#include "analyse/clues.h"

#include "analyse/attributes.h"
#include "analyse/buffer_room.h"
#include "analyse/shape.h"
#include "analyse/turnover.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <ctype.h>
#include <string.h>

enum { STEPS_NAMED = 6, LONG_CHAIN = 8, FEW_MEMBERS = 8 };

bool hf_clues_say(const hf_clues *c, const char *words)
{
    while (*words) {
        size_t length = strcspn(words, "|");
        if (length && memmem(c->words, strlen(c->words), words, length))
            return true;
        words += length + (words[length] == '|');
    }
    return false;
}

double hf_clues_bytes_share(const hf_clues *c, hf_species species)
{
    return c->row->born_bytes > 0 ? (double)c->bytes_of[species] / (double)c->row->born_bytes : 0;
}

bool hf_clues_are_linked(const hf_clues *c)
{
    enum { FEW = 4 };
    return (!c->has_length || c->added <= FEW) && c->links && c->linked * 4 >= c->links * 3;
}

/* Whether the values of the dicts that the owner has as members are mostly dicts: records are
 * not. */
static bool members_hold_dicts(const hf_clues *c)
{
    enum { ASKED = 64 };
    const hf_graph *g = c->graph;
    uint64_t values = 0, dicts = 0;
    size_t asked = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t member = g->edge_target[e];
        if (hf_graph_kind(g, e) != HF_EDGE_VALUE || g->type[member] != c->member_type)
            continue;
        uint64_t first = g->edge_start[member], end = g->edge_start[member + 1];
        for (uint64_t m = first; m < end && m - first < ASKED; m++) {
            values += hf_graph_kind(g, m) == HF_EDGE_VALUE;
            dicts += hf_graph_kind(g, m) == HF_EDGE_VALUE &&
                     g->type[g->edge_target[m]] == c->member_type;
        }
        if (++asked == ASKED)
            break;
    }
    return dicts * 2 > values;
}

size_t hf_clues_tree_root(const hf_clues *c)
{
    if (c->member_type == UINT32_MAX || c->focus != c->owner || c->path.count < 3 ||
        c->graph->type[c->holder] != c->member_type)
        return 0;
    bool dicts = c->owner_species == HF_SPECIES_DICT &&
                 c->graph->type[c->owner] == c->member_type && members_hold_dicts(c);
    bool nodes = (c->has_length || c->owner_species == HF_SPECIES_TUPLE) &&
                 hf_clues_species(c, c->holder) == HF_SPECIES_INSTANCE;
    size_t first = 0;
    for (size_t k = c->path.count - 1; (dicts || nodes) && k-- > 0;) {
        uint32_t object = c->path.steps[k].object;
        bool node = c->graph->type[object] == c->member_type;
        if (node && (nodes || !hf_shape_is_namespace(c->graph, object)))
            first = k;
        else if (dicts)
            break;
    }
    return first;
}

double hf_clues_member_share(const hf_clues *c, hf_species species)
{
    return c->direct ? (double)c->direct_of[species] / (double)c->direct : 0;
}

static bool is_passed_over(const hf_clues *c, size_t step)
{
    uint32_t object = c->path.steps[step].object;
    uint64_t edge = step + 1 < c->path.count ? c->path.steps[step].edge : UINT64_MAX;
    return hf_clues_species(c, object) == HF_SPECIES_DICT && edge != UINT64_MAX &&
           hf_graph_kind(c->graph, edge) == HF_EDGE_FIELD;
}

hf_species hf_clues_above(const hf_clues *c, size_t n)
{
    for (size_t k = c->path.count - 1; c->path.count && k-- > 0;) {
        if (is_passed_over(c, k))
            continue;
        if (--n == 0)
            return hf_clues_species(c, c->path.steps[k].object);
    }
    return HF_SPECIES_OTHER;
}

uint32_t hf_clues_on_path(const hf_clues *c, hf_species species, size_t within)
{
    for (size_t k = c->path.count, seen = 0; k-- > 0 && seen <= within;) {
        if (is_passed_over(c, k))
            continue;
        if (hf_clues_species(c, c->path.steps[k].object) == species)
            return c->path.steps[k].object;
        seen++;
    }
    return HF_NO_OBJECT;
}

/* "ContextVar" up to 3.11. */
static bool is_type_of_names(const char *title)
{
    static const char *const types[] = {"str", "_contextvars.ContextVar", "ContextVar"};
    for (size_t k = 0; k < sizeof(types) / sizeof(*types); k++)
        if (strcmp(title, types[k]) == 0)
            return true;
    return false;
}

bool hf_clues_edge_name(hf_graph *g, uint32_t source, uint64_t edge, hf_buf *out)
{
    hf_edge_kind kind = hf_graph_kind(g, edge);
    if (hf_edge_label_is_name(kind)) {
        const char *label = hf_strtab_get(&g->names, g->edge_label[edge]);
        if (strncmp(label, "__dict__", 8) == 0)
            return false;
        hf_buf_text(out, label);
        return true;
    }
    size_t length = 0;
    if (kind == HF_EDGE_INDEX) {
        const char *field = hf_field_of_named_tuple(g, source, g->edge_label[edge], &length);
        hf_buf_add(out, field ? field : "", length);
        return field != NULL;
    }
    uint32_t key = hf_graph_key(g, edge);
    const char *text = key == HF_NO_OBJECT ? NULL : hf_graph_value(g, key, &length);
    if (!text || !is_type_of_names(hf_graph_type_name(g, key)))
        return false;
    hf_buf_add(out, text, length);
    return true;
}

/* `queue` of a queue.Queue and `data` of a weak dictionary are names of theirs, not the user's. */
static bool is_inside_library_object(const hf_clues *c, size_t step)
{
    for (size_t k = step; k-- > 0 && k + 3 > step;) {
        hf_species species = hf_clues_species(c, c->path.steps[k].object);
        if (species == HF_SPECIES_QUEUE || species == HF_SPECIES_WEAK_MAP ||
            species == HF_SPECIES_MEMO || species == HF_SPECIES_LOCK || species == HF_SPECIES_CELL)
            return true;
        if (!is_passed_over(c, k))
            return false;
    }
    return false;
}

static bool name_path(hf_clues *c)
{
    HF_AUTO(hf_buf_deinit) hf_buf words = {0};
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    hf_buf_init(&words, 0);
    hf_buf_init(&name, 0);
    hf_graph *g = c->graph;
    c->holder = c->owner;
    bool found_holder = false, found_name = false;
    size_t seen = 0;
    for (size_t k = c->path.count; k-- > 0 && seen < STEPS_NAMED; seen++) {
        uint32_t object = c->path.steps[k].object;
        uint64_t edge = c->path.steps[k].edge;
        if (edge != UINT64_MAX) {
            uint32_t source = c->path.steps[k - 1].object;
            if (!found_name && !is_inside_library_object(c, k)) {
                hf_buf_clear(&name);
                found_name = hf_clues_edge_name(g, source, edge, &name);
            }
            if (hf_clues_edge_name(g, source, edge, &words))
                hf_buf_char(&words, ' ');
        } else if (c->path.root != UINT32_MAX) {
            const hf_root *root = &g->roots[c->path.root];
            const char *root_name = hf_strtab_get(&g->names, root->name);
            if (!found_name)
                hf_buf_text(&name, root_name);
            found_name = true;
            hf_buf_format(&words, "%s ", root_name);
        }
        if (!is_passed_over(c, k)) {
            hf_buf_format(&words, "%s ", hf_graph_type_name(g, object));
            if (k + 1 < c->path.count && !found_holder) {
                c->holder = object;
                found_holder = true;
            }
        }
    }
    c->words = strdup(hf_buf_string(&words));
    c->name = strdup(hf_buf_string(&name));
    for (char *p = c->words; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return c->words && c->name;
}

static bool is_collection(hf_species species)
{
    return hf_species_is_collection(species) || species == HF_SPECIES_LRU;
}

static bool is_children(const hf_clues *c, uint32_t object)
{
    return is_collection(hf_clues_species(c, object)) ||
                   hf_clues_species(c, object) == HF_SPECIES_TUPLE
               ? !hf_shape_is_namespace(c->graph, object)
               : false;
}

size_t hf_clues_nodes_from(const hf_clues *c)
{
    enum { NODES = 3 }; /* one below the other: of two, one may stand for something else */
    uint32_t type = c->graph->type[c->holder];
    size_t first = 0, nodes = 0;
    bool between = false, nested = true;
    if (hf_clues_species(c, c->holder) != HF_SPECIES_INSTANCE)
        return 0;
    for (size_t k = 0; k < c->path.count; k++) {
        uint32_t object = c->path.steps[k].object;
        if (c->graph->type[object] == type) {
            nested = nested && (nodes == 0 || between);
            first = nodes++ ? first : k;
            between = false;
        } else {
            between |= is_children(c, object);
        }
    }
    return nodes >= NODES && nested ? first : 0;
}

/* Goes up a chain of objects of one type (each may hold the next through one other object) to its
 * head; the object itself where there is no long chain. */
static uint32_t chain_head(const hf_clues *c, uint32_t object)
{
    const hf_dominators *d = c->dominators;
    uint32_t type = c->graph->type[object], head = object;
    size_t links = 0;
    for (;;) {
        uint32_t up = d->parent[head];
        if (up < d->count && c->graph->type[up] != type)
            up = d->parent[up];
        if (up >= d->count || c->graph->type[up] != type)
            break;
        head = up;
        links++;
    }
    return links >= LONG_CHAIN ? head : object;
}

/* Whether the owner dominates it, or would but for a running call, and is charged with it. */
static bool belongs_to_owner(const hf_clues *c, uint32_t object)
{
    uint32_t parent = c->dominators->parent[object];
    return parent == c->owner || (parent >= c->dominators->count && hf_clues_owns(c, object));
}

/* Each change gives a context a tree of its own: not that is told, but the value of the variable
 * that has most of it. The object itself where it is no such tree, or no value stands out. */
static uint32_t value_in_context(const hf_clues *c, uint32_t object)
{
    const hf_graph *g = c->graph;
    const hf_dominators *d = c->dominators;
    uint32_t value = object;
    while (value != c->owner && hf_clues_species(c, value) == HF_SPECIES_CONTEXT) {
        uint32_t best = HF_NO_OBJECT;
        for (uint64_t e = g->edge_start[value]; e < g->edge_start[value + 1]; e++) {
            uint32_t target = g->edge_target[e];
            if (d->parent[target] == value && d->retained[target] * 2 > d->retained[value])
                best = target;
        }
        if (best == HF_NO_OBJECT)
            return object;
        value = best;
    }
    return value;
}

/* Whether the focus, a part of the owner with `bytes` of the `all` that came to it, is worth a
 * name: not one of many small ones. Of owners that grow alike it is where it is most of what this
 * one grew by: a text to which something is added, or the head of a chain. */
static bool stands_out(const hf_clues *c, uint64_t bytes, uint64_t all)
{
    if (bytes * 2 >= (uint64_t)c->row->born_bytes)
        return true;
    bool grown = (int64_t)bytes * 2 >= c->row->owner_net || hf_clues_is_made_anew(c, c->focus);
    return c->row->owners > 1 && grown && bytes * 2 >= all;
}

/* A collection is named itself. Of an instance, a namespace, an exception, a cell the attribute is
 * named that leads to most of what was born. */
static void find_focus(hf_clues *c)
{
    const hf_graph *g = c->graph;
    c->focus = c->owner;
    if (c->row->trees)
        return;
    uint32_t head = chain_head(c, c->owner);
    c->chain = head != c->owner;
    if (c->chain) {
        c->focus = head;
        return;
    }
    bool named = !is_collection(c->owner_species) && c->owner_species != HF_SPECIES_BUFFER;
    if (!named && !hf_shape_is_namespace(g, c->owner))
        return;
    uint64_t most = 0, parts = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (!belongs_to_owner(c, target) || hf_timeline_is_old(c->timeline, target) ||
            hf_graph_kind(g, e) == HF_EDGE_KEY || !hf_graph_holds(g, e))
            continue;
        uint64_t part = c->dominators->retained[target];
        parts += part;
        if (part > most) {
            most = part;
            c->focus = target;
        }
    }
    if (!stands_out(c, most, parts))
        c->focus = c->owner;
    c->focus = value_in_context(c, c->focus);
}

/* Where many grow alike and none stands out, not one of them is told, but all: `samples[*]`. */
static void mark_entries(hf_clues *c)
{
    const hf_growth_row *row = c->row;
    if (row->owners < 2 || row->collection == HF_NO_OBJECT ||
        row->owner_net * 2 > hf_growth_net(row))
        return;
    for (size_t k = 0; k + 1 < c->path.count; k++)
        if (c->path.steps[k].object == row->collection)
            c->path.any_from = k + 1;
}

/* Finds the path to the focus, and says it. */
static hf_err *find_path(const hf_path_tree *paths, hf_clues *c)
{
    hf_err *err = hf_path_to(paths, c->focus, &c->path);
    if (err)
        return err;
    mark_entries(c);
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_buf_init(&text, 0);
    err = hf_path_text_folded(c->graph, &c->path, &text);
    if (err)
        return err;
    c->path_text = strdup(hf_buf_string(&text));
    return c->path_text && name_path(c) ? NULL : hf_fail_memory();
}

hf_err *hf_clues_lead_to(hf_clues *c, const hf_path_tree *paths, uint32_t focus)
{
    hf_path_deinit(&c->path);
    free(c->path_text);
    free(c->name);
    free(c->words);
    c->path_text = c->name = c->words = NULL;
    c->focus = focus;
    return find_path(paths, c);
}

static hf_err *follow_length(hf_clues *c)
{
    const hf_timeline *t = c->timeline;
    c->length_now = hf_graph_length(c->graph, c->owner);
    c->length_before = hf_timeline_length(t, 0, c->owner);
    c->has_length = is_collection(c->owner_species) && !c->row->trees;
    if (!c->has_length)
        return NULL;
    uint64_t highest = 0;
    for (size_t k = 0; k < t->count; k++) {
        uint64_t length = hf_timeline_length(t, k, c->owner);
        if (length < highest - highest / 20)
            c->shrank = true;
        if (length > highest)
            highest = length;
    }
    if (c->owner_species != HF_SPECIES_LRU && t->count > 1 && t->was[0][c->owner] != HF_NO_OBJECT)
        c->kept = hf_turnover_kept(t->graphs[0], t->was[0][c->owner], c->graph, c->owner);
    if (c->kept < 0)
        return hf_fail_memory();
    c->added = (double)c->length_now - c->kept * (double)c->length_before;
    bool sequence = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_DEQUE;
    if (sequence && t->was[0][c->owner] != HF_NO_OBJECT)
        c->kept_least = hf_turnover_kept_least(t, c->owner);
    return c->kept_least < 0 ? hf_fail_memory() : NULL;
}

uint64_t hf_clues_edge_to_focus(const hf_clues *c)
{
    const hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++)
        if (g->edge_target[e] == c->focus && hf_graph_holds(g, e) &&
            hf_graph_kind(g, e) != HF_EDGE_KEY)
            return e;
    return HF_NO_EDGE;
}

/* What the owner had in snapshot k by the name by which it has its focus now; HF_NO_OBJECT where it
 * had nothing. `now` is edge_to_focus(). */
static uint32_t at_place(const hf_clues *c, size_t k, uint64_t now)
{
    return hf_timeline_at_place(c->timeline, k, c->owner, now);
}

/* The share of its members that the collection at the focus' place in snapshot k - 1 has left there
 * in snapshot k; 1 where nothing can be said. Of a few one can only say that all went. */
static double kept_at_place(const hf_clues *c, size_t k, uint64_t now)
{
    enum { FEWEST = 2 };
    hf_graph *then = c->timeline->graphs[k - 1], *next = c->timeline->graphs[k];
    uint32_t before = at_place(c, k - 1, now), after = at_place(c, k, now);
    if (before == HF_NO_OBJECT || after == HF_NO_OBJECT || hf_graph_length(then, before) < FEWEST)
        return 1;
    double kept = hf_turnover_kept(then, before, next, after);
    return hf_graph_length(then, before) < FEW_MEMBERS && kept > 0 ? 1 : kept;
}

/* An attribute may be given a new, empty list again and again: no object shrinks, and yet nothing
 * is kept. */
static hf_err *follow_collection(hf_clues *c, uint64_t now)
{
    for (size_t k = 1; k < c->timeline->count && c->kept_in_place >= 0; k++) {
        double kept = kept_at_place(c, k, now);
        c->kept_in_place = kept < c->kept_in_place ? kept : c->kept_in_place;
    }
    return c->kept_in_place < 0 ? hf_fail_memory() : NULL;
}

/* Bytes of the value at the focus' place in snapshot k. */
static uint64_t bytes_at_place(const hf_clues *c, size_t k, uint64_t now)
{
    uint32_t object = at_place(c, k, now);
    return object == HF_NO_OBJECT ? 0 : hf_graph_shallow(c->timeline->graphs[k], object);
}

/* A text or an array to which something is added again and again is another object each time. A
 * value of changing size may be larger by chance: it must never be smaller, begin alike, and grow
 * without a leap. */
static void follow_value(hf_clues *c, uint64_t now)
{
    enum { MANY = 4 }; /* that begin alike do not do so by chance, and may pause */
    const hf_timeline *t = c->timeline;
    uint64_t last = hf_graph_shallow(c->graph, c->focus), first = bytes_at_place(c, 0, now);
    if (hf_timeline_is_old(t, c->focus) || first == 0 || last <= first ||
        last * c->row->owners * 2 < (uint64_t)c->row->born_bytes)
        return;
    uint64_t before = first;
    for (size_t k = 1; k < t->count; k++) {
        uint64_t bytes = bytes_at_place(c, k, now);
        bool leaps = bytes > before && (bytes - before) * 4 > (last - first) * 3;
        bool stands = bytes == before && c->row->owners < MANY && hf_timeline_counts(t, k);
        uint32_t object = at_place(c, k, now);
        if (bytes < before || leaps || stands || !hf_clues_begins_alike(t, k, object, c->focus))
            return;
        before = bytes;
    }
    c->replaced = t->count > 2;
}

static hf_err *follow_place(hf_clues *c)
{
    uint64_t now = c->focus != c->owner && !c->chain ? hf_clues_edge_to_focus(c) : HF_NO_EDGE;
    if (now == HF_NO_EDGE)
        return NULL;
    if (is_collection(hf_clues_species(c, c->focus)))
        return follow_collection(c, now);
    follow_value(c, now);
    return NULL;
}

/* What is filled of a buffer and of what it keeps its bytes in, which is another object
 * after each enlargement. */
static uint64_t buffer_bytes(const hf_clues *c, size_t k)
{
    uint32_t then = c->timeline->was[k][c->owner];
    const hf_graph *g = c->timeline->graphs[k];
    if (then == HF_NO_OBJECT)
        return 0;
    uint64_t bytes = hf_graph_shallow(g, then);
    for (uint64_t e = g->edge_start[then]; e < g->edge_start[then + 1]; e++)
        if (!(g->flags[g->edge_target[e]] & HF_OBJECT_STATIC))
            bytes += hf_graph_shallow(g, g->edge_target[e]);
    uint64_t room = hf_buffer_room(g, then, c->buffer_kind);
    return bytes > room ? bytes - room : 0;
}

enum { BELOW = 1, BESIDE = 2 };

/* Whether an object that is charged to the owner is dominated by the focus: between them may be
 * what looks old, a node of a tree at the place of one of its like. `known` remembers the answers,
 * so that all questions together cost one step an object. */
static bool is_below_focus(const hf_clues *c, hf_map *known, uint32_t object)
{
    uint32_t answer = HF_MAP_NONE, top = object;
    while (answer == HF_MAP_NONE) {
        answer = hf_map_get(known, top);
        if (top == c->focus)
            answer = BELOW;
        else if (top == c->owner || top >= c->dominators->count)
            answer = BESIDE;
        else if (answer == HF_MAP_NONE)
            top = c->dominators->parent[top];
    }
    for (uint32_t i = object; i != top; i = c->dominators->parent[i])
        if (!hf_map_put(known, i, answer))
            break;
    return answer == BELOW;
}

/* Of an owner with several attributes only the births below the one that is named count: another
 * attribute may be filled and emptied at other times. */
static void sum_births(const hf_clues *c, uint64_t *bytes)
{
    HF_AUTO(hf_map_deinit) hf_map known;
    hf_map_init(&known);
    bool part = c->focus != c->owner && !c->chain;
    for (size_t k = 0; k < c->row->count; k++)
        if (!part || is_below_focus(c, &known, c->born[k]))
            bytes[c->timeline->born[c->born[k]]] += hf_graph_shallow(c->graph, c->born[k]);
}

/* Bytes that came in the interval before each snapshot. */
static void sum_intervals(hf_clues *c, uint64_t *bytes)
{
    const hf_timeline *t = c->timeline;
    bool itself = c->row->own_bytes > c->row->born_bytes && !c->row->trees;
    if (c->owner_species == HF_SPECIES_BUFFER || itself) {
        for (size_t k = 1; k < t->count; k++) {
            uint64_t now = buffer_bytes(c, k), before = buffer_bytes(c, k - 1);
            bytes[k] += now > before ? now - before : 0;
            c->shrank |= c->owner_species == HF_SPECIES_BUFFER && now < before - before / 20;
        }
    } else if (c->replaced) {
        uint64_t place = hf_clues_edge_to_focus(c);
        for (size_t k = 1; k < t->count; k++)
            bytes[k] += bytes_at_place(c, k, place) - bytes_at_place(c, k - 1, place);
    } else if (hf_clues_values_become_longer(c, bytes)) {
        c->replaced = true;
    } else {
        sum_births(c, bytes);
    }
}

static hf_err *follow_births(hf_clues *c)
{
    const hf_timeline *t = c->timeline;
    HF_AUTO(hf_freep) uint64_t *bytes = calloc(t->count, sizeof(*bytes));
    if (!bytes)
        return hf_fail_memory();
    uint64_t total = 0, late = 0;
    sum_intervals(c, bytes);
    double half = hf_timeline_seconds(t) / 2;
    for (size_t k = 1; k < t->count; k++) {
        total += bytes[k];
        if (t->when[k] > half + 1e-3)
            late += bytes[k];
    }
    for (size_t k = 1; k < t->count; k++)
        c->busy_intervals += bytes[k] > total / 50;
    c->late = total ? (double)late / (double)total : 0;
    return NULL;
}

hf_err *hf_clues_gather(const hf_clue_sources *from, const hf_growth_row *row, hf_clues *ret)
{
    hf_clues c = {
        .timeline = from->timeline,
        .graph = from->timeline->last,
        .dominators = from->dominators,
        .species = from->species,
        .row = row,
        .born = from->growth->born + row->first,
        .owner = row->owner,
        .root = UINT32_MAX,
        .path = {.root = UINT32_MAX},
        .kept = 1,
        .kept_least = 1,
        .kept_in_place = 1,
    };
    HF_AUTO(hf_freep) uint32_t *members = NULL;
    size_t member_count = 0;
    hf_err *err = NULL;
    if (row->owner == HF_OWNER_ROOTS)
        err = hf_clues_pick_roots(from, &c.owner, &c.root, &members, &member_count);
    if (err || c.owner == HF_NO_OBJECT) {
        *ret = c;
        return err;
    }
    for (size_t k = 0; k < member_count; k++)
        c.held_by_roots += c.dominators->retained[members[k]];
    c.owner_species = hf_clues_species(&c, c.owner);
    c.buffer_kind = from->growth->buffer_kinds[c.graph->type[c.owner]];
    find_focus(&c);
    err = find_path(from->paths, &c);
    err = err ? err : hf_clues_tally_births(&c);
    err = err ? err : hf_clues_look_at_members(&c, members, member_count);
    err = err || members ? err : follow_length(&c);
    err = err || members ? err : follow_place(&c);
    err = err ? err : follow_births(&c);
    if (err) {
        hf_clues_deinit(&c);
        return err;
    }
    *ret = c;
    return NULL;
}

void hf_clues_deinit(hf_clues *c)
{
    hf_path_deinit(&c->path);
    free(c->path_text);
    free(c->name);
    free(c->words);
    free(c->types);
    *c = (hf_clues){0};
}
