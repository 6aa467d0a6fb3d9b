/* cpython/tracked.c - the collector's objects in free-threaded builds, which have no lists of them.
 *
 * An object that the collector knows is a block in use, in a page with one of two tags, whose
 * header has the bit "tracked" (Python/gc_free_threading.c, op_from_block). In pages with the
 * second tag two words stand before the object: its dict and its weak references.
 *
 * From the second thread on 3.13 makes functions, code, modules and classes immortal
 * (_PyGC_ImmortalizeDeferredObjects), and the next collection forgets them; those that nobody
 * refers to any more stay in memory for ever. They are kept on a list beside the marks.
 *
 * The proof of the layout is that what mimalloc counts is what was found: as many free blocks in
 * each page as it says, as many pages as each thread owns, and objects of verified types in all of
 * them. */
#include "base/array.h"
#include "cpython/heap_inside.h"
#include "cpython/mimalloc.h"
#include "cpython/refcount.h"

#include <stdlib.h>

enum { PREHEADER = 2 * HF_WORD, THREADS_MAX = 1 << 12 };

/* One heap of one thread: mi_heap_t. */
typedef struct {
    uint64_t heap;
    uint64_t pages; /* found */
} owner;

typedef struct {
    hf_heap *heap;
    owner *owners; /* ascending by address */
    size_t owner_count;
    uint64_t strangers; /* tracked blocks that hold no object of the collector */
} tracking;

static int compare_owners(const void *a, const void *b)
{
    const owner *x = a, *y = b;
    return x->heap < y->heap ? -1 : x->heap > y->heap;
}

static owner *owner_of(const tracking *t, uint64_t heap)
{
    owner key = {.heap = heap};
    return t->owner_count ? bsearch(&key, t->owners, t->owner_count, sizeof(key), compare_owners)
                          : NULL;
}

/* The heaps for objects of the collector that each thread has. */
static hf_err *find_owners(tracking *t)
{
    hf_heap *heap = t->heap;
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    t->owners = calloc((size_t)2 * THREADS_MAX, sizeof(*t->owners));
    if (!t->owners)
        return hf_fail_memory();
    int threads = 0;
    for (size_t i = 0; i < heap->interpreter_count; i++) {
        uint64_t state = hf_member(d, heap->interpreters[i], l->interpreter_threads_head);
        for (; state && threads < THREADS_MAX; state = hf_member(d, state, l->thread_next)) {
            threads++;
            if (!hf_member_u32(d, state, l->thread_mimalloc_initialized))
                continue;
            uint64_t heaps = state + (uint64_t)l->thread_mimalloc_heaps;
            const int32_t tags[] = {l->mi_tag_gc, l->mi_tag_gc_preheader};
            for (size_t k = 0; k < 2; k++)
                t->owners[t->owner_count++] =
                    (owner){.heap = heaps + (uint64_t)(tags[k] * l->mi_heap_size)};
        }
    }
    qsort(t->owners, t->owner_count, sizeof(*t->owners), compare_owners);
    return NULL;
}

static void keep_immortal(hf_heap *heap, uint64_t address)
{
    if (!hf_array_room(&heap->immortals, heap->immortal_count, &heap->immortal_capacity)) {
        heap->failed = true;
        return;
    }
    heap->immortals[heap->immortal_count++] = address;
}

static void see_block(tracking *t, uint64_t address)
{
    hf_heap *heap = t->heap;
    const hf_layout *l = heap->decode.layout;
    const uint8_t *p = hf_bytes_at(&heap->decode, address, (uint64_t)l->object_size);
    if (p && hf_refcount_of(l, p).immortal) {
        if (hf_is_object(heap, address, true))
            keep_immortal(heap, address);
        return;
    }
    if (!p || !(p[l->object_ob_gc_bits] & l->gc_bits_tracked))
        return;
    uint64_t bit = hf_marks_bit(&heap->marks, address);
    const hf_type_record *type = hf_type_of(&heap->decode, address);
    if (bit == HF_NO_BIT || !type || !type->has_gc)
        t->strangers++;
    else if (hf_marks_set(&heap->marks, bit))
        heap->lists.members++;
}

static void see_page(void *context, const hf_mi_page *page)
{
    tracking *t = context;
    const hf_layout *l = t->heap->decode.layout;
    if (page->tag != (uint32_t)l->mi_tag_gc && page->tag != (uint32_t)l->mi_tag_gc_preheader)
        return;
    owner *o = owner_of(t, page->heap);
    if (o)
        o->pages++;
    uint64_t ahead = page->tag == (uint32_t)l->mi_tag_gc_preheader ? PREHEADER : 0;
    if (page->block_size < ahead + (uint64_t)l->object_size)
        return;
    for (uint32_t i = 0; i < page->capacity; i++)
        if (hf_mi_in_use(page, i))
            see_block(t, page->first + i * page->block_size + ahead);
}

/* How many threads' heaps count other pages than were found. */
static uint64_t odd_owners(const tracking *t)
{
    hf_decode *d = &t->heap->decode;
    uint64_t odd = 0;
    for (size_t i = 0; i < t->owner_count; i++)
        odd += t->owners[i].pages != hf_member(d, t->owners[i].heap, d->layout->mi_heap_page_count);
    return odd;
}

void hf_tracked_add_immortals(hf_heap *heap)
{
    const hf_found_root like = {
        .kind = HF_ROOT_INTERPRETER, .name = hf_name(heap, "immortal"), .thread = UINT32_MAX};
    for (size_t i = 0; i < heap->immortal_count && !heap->failed; i++) {
        uint64_t bit = hf_marks_bit(&heap->marks, heap->immortals[i]);
        hf_found_root root = like;
        root.target = heap->immortals[i];
        if (bit != HF_NO_BIT && !hf_marks_test(&heap->marks, bit) && hf_root_add(heap, &root))
            hf_reach_rest(heap);
    }
}

hf_err *hf_tracked_mark(hf_heap *heap)
{
    tracking t = {.heap = heap};
    hf_err *err = find_owners(&t);
    if (err)
        return err;
    hf_mi_count count = hf_mi_visit(&heap->decode, see_page, &t);
    heap->lists.pages = count.pages;
    heap->lists.broken = count.broken + odd_owners(&t);
    heap->lists.strangers = t.strangers;
    free(t.owners);
    return NULL;
}
