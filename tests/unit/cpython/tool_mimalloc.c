/* What mimalloc's pages hold in a free-threaded process.
 *
 *     tool_mimalloc PID
 *
 * Prints "tag N pages N blocks N in_use N bytes N" for each tag, then "sizes N wrong N": objects of
 * the collector whose block has not the size that is told for it, with an example of each size. */
#include "cpython/heap_inside.h"
#include "cpython/mimalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TAGS = 16, EXAMPLES = 8 };

typedef struct {
    hf_heap *heap;
    struct {
        uint64_t pages, blocks, in_use, bytes;
    } tags[TAGS];
    uint64_t sized, wrong;
} report;

static void compare_sizes(report *r, const hf_mi_page *page, uint64_t before)
{
    hf_decode *d = &r->heap->decode;
    for (uint32_t i = 0; i < page->capacity; i++) {
        uint64_t object = page->first + i * page->block_size + before;
        uint64_t bit = hf_marks_bit(&r->heap->marks, object);
        if (!hf_mi_in_use(page, i) || bit == HF_NO_BIT || !hf_marks_test(&r->heap->marks, bit))
            continue;
        const hf_type_record *type = hf_type_of(d, object);
        hf_sizes sizes;
        hf_decode_sizes(d, type, object, &sizes);
        uint64_t told = hf_allocated(d, type->bytes_before + sizes.own);
        r->sized++;
        if (told != page->block_size && r->wrong++ < EXAMPLES) {
            hf_buf module, name;
            hf_buf_init(&module, 0);
            hf_buf_init(&name, 0);
            hf_type_names(d, type, &module, &name);
            printf("wrong %s: %" PRIu64 " told, %" PRIu64 " spent\n", hf_buf_string(&name), told,
                   page->block_size);
            hf_buf_deinit(&module);
            hf_buf_deinit(&name);
        }
    }
}

static void see_page(void *context, const hf_mi_page *page)
{
    report *r = context;
    const hf_layout *l = r->heap->decode.layout;
    __auto_type tag = &r->tags[page->tag % TAGS];
    tag->pages++;
    tag->blocks += page->capacity;
    tag->in_use += page->in_use;
    tag->bytes += page->in_use * page->block_size;
    if (page->tag == (uint32_t)l->mi_tag_gc)
        compare_sizes(r, page, 0);
    else if (page->tag == (uint32_t)l->mi_tag_gc_preheader)
        compare_sizes(r, page, 16);
}

int main(int argc, char **argv)
{
    hf_target *live = NULL, *frozen = NULL;
    hf_heap *heap = NULL;
    hf_freeze_options options = {.max_pause_ms = 60000, .allow_stop = true};
    hf_err *err = hf_target_open_pid(argc > 1 ? atoi(argv[1]) : 0, &live);
    if (!err)
        err = hf_freeze(live, &options, &frozen);
    if (!err)
        err = hf_heap_open(frozen, &heap);
    if (err) {
        fprintf(stderr, "%s\n", hf_err_message(err));
        return 1;
    }
    report r = {.heap = heap};
    hf_mi_count count = hf_mi_visit(&heap->decode, see_page, &r);
    printf("segments %" PRIu64 " pages %" PRIu64 " broken %" PRIu64 "\n", count.segments,
           count.pages, count.broken);
    for (int i = 0; i < TAGS; i++)
        if (r.tags[i].pages)
            printf("tag %d pages %" PRIu64 " blocks %" PRIu64 " in_use %" PRIu64 " bytes %" PRIu64
                   "\n",
                   i, r.tags[i].pages, r.tags[i].blocks, r.tags[i].in_use, r.tags[i].bytes);
    printf("sizes %" PRIu64 " wrong %" PRIu64 "\n", r.sized, r.wrong);
    hf_heap_free(heap);
    hf_target_free(frozen);
    hf_target_free(live);
    return 0;
}
