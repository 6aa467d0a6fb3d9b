/* trace/sites.c - see trace/sites.h. */
#include "trace/sites.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "trace/native_askers.h"
#include "trace/profile.h"

#include <stdlib.h>

/* The node whose line a node's blocks are counted at: native code has the line that called it,
 * unless whole stacks with native calls are told. */
static uint32_t line_of(const hf_capture *c, uint32_t node, bool calls)
{
    while ((hf_node_is_native(&c->nodes[node]) ||
            (c->nodes[node].kind == HF_NODE_FUNCTION && !calls)) &&
           c->nodes[node].parent != HF_NODE_NONE)
        node = c->nodes[node].parent;
    return node;
}

bool hf_site_hides(const hf_capture *c, const hf_sites_options *options, const hf_node *n)
{
    return options->hide_imports && n->kind == HF_NODE_PYTHON &&
           hf_file_is_import(hf_strtab_get(&c->texts, c->codes[n->code].file));
}

/* Of each node of the import system that of the line that imports, or the root where the
 * interpreter itself does; of others themselves. */
static hf_err *find_importers(const hf_capture *c, uint32_t **ret)
{
    HF_AUTO(hf_freep) bool *imports = calloc(c->code_count + 1, sizeof(*imports));
    uint32_t *importers = malloc((c->node_count + 1) * sizeof(*importers));
    if (!imports || !importers) {
        free(importers);
        return hf_fail_memory();
    }
    for (size_t i = 0; i < c->code_count; i++)
        imports[i] = hf_file_is_import(hf_strtab_get(&c->texts, c->codes[i].file));
    for (uint32_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        importers[i] = i;
        if (n->kind != HF_NODE_PYTHON || !imports[n->code])
            continue;
        importers[i] = importers[line_of(c, n->parent, false)];
    }
    *ret = importers;
    return NULL;
}

static hf_site new_site(const hf_capture *c, uint32_t node, hf_by by)
{
    const hf_node *n = &c->nodes[node];
    hf_site site = {.kind = HF_SITE_LINE, .code = n->code, .line = n->line, .node = node};
    if (!hf_kind_is_call(n->kind))
        site.kind = n->kind == HF_NODE_OTHER ? HF_SITE_OTHER : HF_SITE_NO_PYTHON;
    if (by == HF_BY_FUNCTION || by == HF_BY_FILE)
        site.line = 0;
    return site;
}

/* Where a block counts. */
typedef struct places {
    const hf_capture *capture;
    hf_by by;
    hf_profile stacks;   /* of HF_BY_STACK: equal stacks of several processes are one */
    uint32_t *importers; /* of each node; NULL: lines of the import system are lines as others */
    uint32_t *askers;    /* of each node; NULL: native functions are not told apart */
    hf_map numbers;      /* of places by their keys: from 1 on */
    hf_map functions;    /* of native functions, likewise */
} places;

static uint64_t key_of(const places *p, const hf_site *site)
{
    if (site->kind != HF_SITE_LINE)
        return UINT64_MAX - (uint64_t)site->kind;
    if (p->by == HF_BY_STACK)
        return p->stacks.of[site->node];
    if (p->by == HF_BY_FILE)
        return p->capture->codes[site->code].file;
    const hf_code *code = &p->capture->codes[site->code];
    if (p->by == HF_BY_FUNCTION) /* wherever it starts */
        return (uint64_t)code->file << 32 | code->name;
    return (uint64_t)site->code << 32 | site->line;
}

/* Of a native function. */
static uint64_t asker_key(const places *p, uint32_t asker)
{
    const hf_capture *c = p->capture;
    const hf_node *n = &c->nodes[asker];
    const hf_code *code = &c->codes[n->code];
    if (p->by == HF_BY_FILE)
        return hf_code_binary(code);
    if (p->by == HF_BY_FUNCTION)
        return (uint64_t)code->file << 32 | code->name;
    return (uint64_t)n->code << 32 | n->line;
}

static void free_places(places *p)
{
    hf_profile_deinit(&p->stacks);
    hf_map_deinit(&p->numbers);
    hf_map_deinit(&p->functions);
    free(p->askers);
    free(p->importers);
}

/* qsort() hands no context on: rows are compared by a copy of what they are ordered by. */
typedef struct ranked {
    uint64_t first, second, key;
    size_t number; /* of the row, before: in the order of the run */
    hf_site site;
} ranked;

static int largest_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? 1 : -1;
    if (x->second != y->second)
        return x->second < y->second ? 1 : -1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static ranked rank_of(const places *p, const hf_site *site, hf_order order)
{
    ranked r = {.first = site->chosen.bytes,
                .second = site->chosen.blocks,
                .key = key_of(p, site),
                .site = *site};
    uint64_t before = site->before.bytes;
    if (order == HF_ORDER_BLOCKS) {
        r.first = site->chosen.blocks;
        r.second = site->chosen.bytes;
    } else if (order == HF_ORDER_CHANGE) {
        r.first = r.first > before ? r.first - before : before - r.first;
    }
    return r;
}

static bool has_any(const hf_site *s)
{
    return s->chosen.bytes || s->chosen.blocks || s->before.bytes || s->before.blocks;
}

static hf_err *rank(const places *p, hf_order order, hf_sites *s)
{
    HF_AUTO(hf_freep) ranked *ranking = malloc((s->count + 1) * sizeof(*ranking));
    if (!ranking)
        return hf_fail_memory();
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (has_any(&s->rows[i])) {
            ranking[kept] = rank_of(p, &s->rows[i], order);
            ranking[kept++].number = i;
        }
    if (kept)
        qsort(ranking, kept, sizeof(*ranking), largest_first);
    for (size_t i = 0; i < kept; i++)
        s->rows[i] = ranking[i].site;
    s->count = kept;
    return NULL;
}

static void add(hf_count *sum, const hf_count *more)
{
    sum->bytes += more->bytes;
    sum->blocks += more->blocks;
}

static void add_node(hf_site *s, const hf_capture *c, size_t node, const hf_count *chosen,
                     const hf_count *before)
{
    add(&s->chosen, &chosen[node]);
    if (before)
        add(&s->before, &before[node]);
    hf_counts_add(&s->counts, &c->counts[node]);
    if (hf_node_is_native(&c->nodes[node])) {
        add(&s->native, &chosen[node]);
        hf_counts_add(&s->native_counts, &c->counts[node]);
    }
}

/* The number of a key among those of its map, from 1 on; 0 without memory. */
static uint32_t number_of(hf_map *numbers, uint64_t key)
{
    uint32_t number = hf_map_get(numbers, key), next = (uint32_t)numbers->count + 1;
    if (number != HF_MAP_NONE)
        return number;
    return hf_map_put(numbers, key, next) ? next : 0;
}

/* A number for the place and the native function of a site; false without memory. Places keep their
 * own keys where native functions are not told apart. */
static bool row_key(places *p, const hf_site *site, uint64_t *ret)
{
    *ret = key_of(p, site);
    if (!p->askers)
        return true;
    uint32_t place = number_of(&p->numbers, *ret), function = 0;
    if (site->asker != HF_NODE_NONE && p->by != HF_BY_STACK &&
        !(function = number_of(&p->functions, asker_key(p, site->asker))))
        return false;
    *ret = (uint64_t)place << 32 | function;
    return place != 0;
}

static hf_err *add_up(places *p, const hf_count *chosen, const hf_count *before, hf_sites *s)
{
    const hf_capture *c = p->capture;
    hf_map numbers HF_AUTO(hf_map_deinit) = {0};
    size_t room = 0;
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_counts *n = &c->counts[i];
        if (!n->total.blocks && !n->peak.blocks && !n->live.blocks && !chosen[i].bytes &&
            (!before || !before[i].bytes))
            continue;
        bool calls = p->askers && p->by == HF_BY_STACK;
        uint32_t line = line_of(c, (uint32_t)i, calls);
        hf_site site = new_site(c, p->importers ? p->importers[line] : line, p->by);
        site.asker = p->askers ? p->askers[i] : HF_NODE_NONE;
        uint64_t key;
        if (!row_key(p, &site, &key))
            return hf_fail_memory();
        uint32_t number = hf_map_get(&numbers, key);
        if (number == HF_MAP_NONE) {
            if (!hf_array_room(&s->rows, s->count, &room) ||
                !hf_map_put(&numbers, key, (uint32_t)s->count))
                return hf_fail_memory();
            number = (uint32_t)s->count++;
            s->rows[number] = site;
        }
        add_node(&s->rows[number], c, i, chosen, before);
        add_node(&s->all, c, i, chosen, before);
    }
    return NULL;
}

hf_err *hf_sites_compute(const hf_capture *c, const hf_sites_options *options,
                         const hf_count *chosen, const hf_count *before, hf_sites *ret)
{
    places p HF_AUTO(free_places) = {.capture = c, .by = options->by};
    hf_sites s HF_AUTO(hf_sites_deinit) = {0};
    hf_err *err = NULL;
    if (options->native)
        err = hf_native_askers(c, &p.askers);
    if (!err && options->hide_imports)
        err = find_importers(c, &p.importers);
    if (!err && options->by == HF_BY_STACK)
        err = hf_profile_compute(c,
                                 &(hf_profile_options){.hide_native = !options->native,
                                                       .hide_imports = options->hide_imports},
                                 &p.stacks);
    if (!err)
        err = add_up(&p, chosen, before, &s);
    if (!err)
        err = rank(&p, options->order, &s);
    if (err)
        return err;
    *ret = hf_take(s);
    return NULL;
}

void hf_sites_deinit(hf_sites *s)
{
    free(s->rows);
    s->rows = NULL;
}
