#include "analyse/drafts.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_BESIDE_THE_WORST = 25 };

static void release(hf_suspect *s)
{
    free((char *)s->path);
    free((char *)s->type);
    free((char *)s->evidence);
    free((char *)s->fix);
    free((char *)s->site);
    free((char *)s->allocated);
    free((char *)s->known);
}

void hf_drafts_deinit(hf_drafts *d)
{
    for (size_t k = 0; k < d->count; k++)
        release(&d->rows[k]);
    free(d->rows);
    free(d->early.path);
    free(d->filling.path);
    *d = (hf_drafts){0};
}

void hf_drafts_add(hf_drafts *d, hf_suspect s)
{
    bool has_room = hf_array_room(&d->rows, d->count, &d->capacity);
    if (!s.known)
        s.known = strdup("");
    if (!has_room || !s.known || !s.path || !s.type || !s.evidence || !s.fix || !s.site ||
        !s.allocated) {
        d->failed = true;
        release(&s);
        return;
    }
    if (s.weight == 0)
        s.weight = (double)s.grown * s.confidence;
    d->rows[d->count++] = s;
}

static void keep_largest(hf_drafts *d, hf_early *kept, hf_early early)
{
    if (kept->path && early.grown <= kept->grown)
        return;
    early.path = strdup(early.path);
    d->failed |= !early.path;
    free(kept->path);
    *kept = early;
}

void hf_drafts_note_early(hf_drafts *d, hf_early early)
{
    keep_largest(d, &d->early, early);
}

/* Makes of those suspects what may still level off that may be made by imports, or are small beside
 * the largest of these. */
static void acquit(hf_drafts *d, bool small)
{
    size_t kept = 0;
    for (size_t k = 0; k < d->count; k++) {
        hf_suspect *s = &d->rows[k];
        bool is_one = small ? s->grown * SMALL_BESIDE_THE_WORST < d->early.grown : s->imported;
        if (s->harmless || !is_one) {
            d->rows[kept++] = *s;
            continue;
        }
        hf_drafts_note_early(
            d, (hf_early){.path = (char *)s->path, .grown = s->grown, .length = s->length});
        release(s);
    }
    d->count = kept;
}

void hf_drafts_acquit_imported(hf_drafts *d)
{
    acquit(d, false);
    acquit(d, true);
}

void hf_drafts_note_bounded(hf_drafts *d, hf_early early)
{
    keep_largest(d, early.length * 2 < early.bound ? &d->early : &d->filling, early);
}

int64_t hf_anonymous_bytes(const hf_graph *g)
{
    return (int64_t)(g->info.anonymous ? g->info.anonymous : g->info.rss) + (int64_t)g->info.swap;
}

int64_t hf_heap_bytes(const hf_graph *g)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < g->object_count; i++)
        sum += (int64_t)hf_graph_shallow(g, i);
    return sum;
}

int64_t hf_kept_free(const hf_graph *g)
{
    int64_t free = 0;
    if (!g->memory.measured)
        return -1;
    for (unsigned k = HF_MEMORY_FREE_BLOCKS; k <= HF_MEMORY_FREE_POOLS; k++)
        free += (int64_t)g->memory.parts[k];
    for (unsigned k = HF_MEMORY_MALLOC_FREE; k <= HF_MEMORY_MALLOC_TOP; k++)
        free += (int64_t)g->memory.parts[k];
    return free;
}

bool hf_fits_into_freed(const hf_timeline *t, int64_t grown)
{
    enum { PAGES_MAY_TELL = 128 << 10 }; /* of less, the pages touched by chance are too many */
    if (!t->graphs[0]->info.anonymous || !t->last->info.anonymous)
        return false;
    int64_t taken = hf_anonymous_bytes(t->last) - hf_anonymous_bytes(t->graphs[0]);
    return grown >= PAGES_MAY_TELL && taken * 3 < grown;
}

static double weight(const hf_suspect *s)
{
    return s->weight;
}

static int by_weight(const void *a, const void *b)
{
    const hf_suspect *x = a, *y = b;
    if (x->harmless != y->harmless)
        return x->harmless ? 1 : -1;
    double p = weight(x), q = weight(y);
    if (p != q)
        return p < q ? 1 : -1;
    int order = strcmp(x->path, y->path);
    return order ? order : strcmp(x->type, y->type);
}

void hf_drafts_rank(hf_drafts *d)
{
    enum { TOLD = 10 };
    if (d->count < 2)
        return;
    qsort(d->rows, d->count, sizeof(*d->rows), by_weight);
    double worst = weight(&d->rows[0]);
    size_t kept = 1;
    for (size_t k = 1; k < d->count; k++) {
        bool tell = kept < TOLD &&
                    (d->rows[k].harmless || weight(&d->rows[k]) * SMALL_BESIDE_THE_WORST >= worst);
        for (size_t j = 0; tell && j < kept; j++)
            tell = strcmp(d->rows[j].path, d->rows[k].path) != 0;
        if (tell)
            d->rows[kept++] = d->rows[k];
        else
            release(&d->rows[k]);
    }
    d->count = kept;
}
