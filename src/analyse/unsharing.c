#include "analyse/unsharing.h"

#include "base/bytes.h"

#include <string.h>

/* Less private growth than this says nothing: an idle interpreter writes to some dozen pages. */
enum { GROWTH_LEAST = 1 << 20 };

enum {
    PAGE = HF_INHERITED_PAGE,
    WORD = 8,
    WORDS = PAGE / WORD,
    GC_HEADER = 16,   /* PyGC_Head: two words before the object, Include/internal/pycore_gc.h */
    PLAIN_LEAST = 64, /* pages from which a share can be told */
};

typedef enum word_kind { WORD_OTHER, WORD_COUNT, WORD_HEADER } word_kind;

/* What the parent has in a page. */
typedef struct contents {
    uint8_t kinds[WORDS];
    bool objects, tracked;
} contents;

hf_unsharing hf_unsharing_begin(hf_graph *objects)
{
    return (hf_unsharing){.graph = objects};
}

static void mark(contents *c, const hf_inherited_page *page, uint64_t address, word_kind kind)
{
    uint64_t offset = address - page->address;
    if (offset < PAGE)
        c->kinds[offset / WORD] = (uint8_t)kind;
}

/* Whether an object of the same type is there on both sides; true where the page does not say. */
static bool same_type(const hf_inherited_page *page, uint64_t word)
{
    uint64_t offset = word - page->address;
    return offset >= PAGE || !page->child ||
           hf_load_u64(page->child + offset) == hf_load_u64(page->parent + offset);
}

static bool has_header(const hf_graph *g, uint32_t object)
{
    if (g->info.python.free_threaded || g->flags[object] & HF_OBJECT_STATIC)
        return false;
    return g->flags[object] & (HF_OBJECT_TRACKED | HF_OBJECT_FROZEN) ||
           g->types[g->type[object]].flags & HF_TYPE_HAS_GC;
}

static void add_object(const hf_graph *g, uint32_t object, const hf_inherited_page *page,
                       contents *c)
{
    /* Free-threaded: thread, flags and two counts, then the type; else the count, then the type. */
    int counts = g->info.python.free_threaded ? 3 : 1;
    uint64_t address = g->address[object], type = address + (uint64_t)counts * WORD;
    bool header = has_header(g, object);
    uint64_t begin = address - (header ? GC_HEADER : 0);
    if (begin >= page->address + PAGE || type <= page->address || !same_type(page, type))
        return;
    for (int i = 0; i < counts; i++)
        mark(c, page, address + (uint64_t)i * WORD, WORD_COUNT);
    if (header) {
        mark(c, page, begin, WORD_HEADER);
        mark(c, page, begin + WORD, WORD_HEADER);
    }
    c->objects = true;
    c->tracked |= g->flags[object] & HF_OBJECT_TRACKED && !(g->flags[object] & HF_OBJECT_FROZEN);
}

/* The first object whose count, or header, can lie in the page. */
static uint32_t first_object(hf_unsharing *u, uint64_t page)
{
    const hf_graph *g = u->graph;
    uint64_t least = page > 4 * WORD ? page - 4 * WORD : 0;
    if (page < u->next_page)
        u->next = 0;
    u->next_page = page;
    while (u->next < g->object_count && g->address[u->next] < least)
        u->next++;
    return u->next;
}

static void look_at(hf_unsharing *u, const hf_inherited_page *page, contents *ret)
{
    const hf_graph *g = u->graph;
    for (uint32_t i = first_object(u, page->address);
         i < g->object_count && g->address[i] < page->address + PAGE + GC_HEADER; i++)
        add_object(g, i, page, ret);
}

static void add_common(hf_unsharing *u, const contents *c)
{
    if (c->objects)
        (c->tracked ? &u->tracked : &u->plain)->common++;
}

static void add_apart(hf_unsharing *u, const hf_inherited_page *page, const contents *c)
{
    uint64_t differ[3] = {0};
    for (size_t i = 0; i < WORDS; i++)
        differ[c->kinds[i]] +=
            hf_load_u64(page->child + i * WORD) != hf_load_u64(page->parent + i * WORD);
    u->count_words += differ[WORD_COUNT];
    u->header_words += differ[WORD_HEADER];
    u->other_words += differ[WORD_OTHER];
    if (!c->objects) {
        u->bare++;
        u->alike += !differ[WORD_OTHER];
        return;
    }
    hf_unsharing_pages *pages = c->tracked ? &u->tracked : &u->plain;
    if (differ[WORD_OTHER]) {
        pages->changed++;
        return;
    }
    pages->kept++;
    pages->recounted += differ[WORD_COUNT] > 0;
    pages->relinked += !differ[WORD_COUNT] && differ[WORD_HEADER];
}

void hf_unsharing_add(hf_unsharing *u, const hf_inherited_page *page)
{
    if (page->state != HF_PAGES_COMMON && page->state != HF_PAGES_APART)
        return;
    contents c;
    memset(&c, 0, sizeof(c));
    look_at(u, page, &c);
    if (page->state == HF_PAGES_COMMON)
        add_common(u, &c);
    else
        add_apart(u, page, &c);
}

/* Full collections go through all objects, those of the middle generation through all in time where
 * the collector is incremental. Counts of both were the same at the fork. */
static bool has_collected(const hf_collector_info *parent, const hf_collector_info *worker)
{
    unsigned from = parent->kind == HF_COLLECTOR_INCREMENTAL ? 1 : 2;
    for (unsigned i = from; i < 3; i++)
        if (parent->statistics[i].collections != worker->statistics[i].collections)
            return true;
    return parent->long_lived_total != worker->long_lived_total;
}

/* Of the kept pages with tracked objects, those that counts alone would not have unshared. */
static uint64_t collectors_pages(const hf_unsharing *u, const hf_unsharing_verdict *v)
{
    const hf_unsharing_pages *t = &u->tracked;
    if (!v->collected)
        return t->relinked;
    double expected = v->touched * (double)(t->common + t->kept);
    uint64_t by_counts = (uint64_t)(expected + 0.5);
    by_counts = by_counts > t->recounted ? by_counts : t->recounted;
    uint64_t rest = t->kept > by_counts ? t->kept - by_counts : 0;
    return rest > t->relinked ? rest : t->relinked;
}

hf_unsharing_verdict hf_unsharing_conclude(const hf_unsharing *u, const hf_inherited *pages,
                                           const hf_collector_info *parent,
                                           const hf_collector_info *worker)
{
    hf_unsharing_verdict v = {.collected = has_collected(parent, worker)};
    uint64_t plain = u->plain.common + u->plain.kept;
    v.touched_known = plain >= PLAIN_LEAST;
    v.touched = v.touched_known ? (double)u->plain.kept / (double)plain : 0;
    v.common = pages->pages[HF_PAGES_COMMON] * PAGE;
    v.others = pages->pages[HF_PAGES_OTHERS] * PAGE;
    v.fresh = pages->pages[HF_PAGES_NEW] * PAGE;
    v.swapped = pages->pages[HF_PAGES_SWAPPED] * PAGE;
    uint64_t kept = u->tracked.kept + u->plain.kept, collector = collectors_pages(u, &v);
    v.collector = collector * PAGE;
    v.counts = (kept - collector) * PAGE;
    v.changed = (u->tracked.changed + u->plain.changed) * PAGE;
    v.bare = u->bare * PAGE;
    v.apart = v.collector + v.counts + v.changed + v.bare;
    return v;
}

hf_unsharing_growth hf_unsharing_growth_of(const hf_footprint *first, const hf_footprint *last,
                                           int64_t heap_grown)
{
    hf_unsharing_growth g = {
        .private_grown = (int64_t)(hf_footprint_private(last) - hf_footprint_private(first)),
        .shared_lost = (int64_t)(first->shared_dirty - last->shared_dirty),
        .heap_grown = heap_grown,
    };
    g.is_cause = g.private_grown >= GROWTH_LEAST && g.shared_lost >= g.private_grown / 2 &&
                 heap_grown < g.private_grown / 2;
    return g;
}
