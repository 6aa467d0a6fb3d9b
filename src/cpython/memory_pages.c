/* cpython/memory_pages.c - whose a page is. */
#include "cpython/memory_inside.h"

#include "base/page.h"

#include <stdlib.h>

enum { PAGE = HF_PAGE_SIZE, STRIDE = 512 }; /* STRIDE: pages that are asked about at once */

hf_err *hf_pages_map_init(hf_pages_map *p, const hf_target *t)
{
    *p = (hf_pages_map){.target = t};
    p->segments = hf_target_segments(t, &p->segment_count);
    p->owners = calloc(p->segment_count + 1, sizeof(*p->owners));
    for (size_t i = 0; p->owners && i < p->segment_count; i++) {
        p->owners[i] = calloc((size_t)((p->segments[i].end - p->segments[i].start) / PAGE + 1), 1);
        if (!p->owners[i])
            return hf_fail_memory();
    }
    return p->owners ? NULL : hf_fail_memory();
}

void hf_pages_map_deinit(hf_pages_map *p)
{
    for (size_t i = 0; p->owners && i < p->segment_count; i++)
        free(p->owners[i]);
    free(p->owners);
    *p = (hf_pages_map){0};
}

static size_t segment_of(const hf_pages_map *p, uint64_t address)
{
    size_t low = 0, high = p->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->segments[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void hf_pages_give(hf_pages_map *p, uint64_t start, uint64_t end, hf_page_owner owner)
{
    for (size_t i = segment_of(p, start); i < p->segment_count; i++) {
        const hf_segment *s = &p->segments[i];
        if (s->start >= end)
            return;
        uint64_t from = start > s->start ? start : s->start, to = end < s->end ? end : s->end;
        uint64_t first = (from - s->start) / PAGE, last = (to - s->start + PAGE - 1) / PAGE;
        for (uint64_t page = first; page < last; page++)
            if (!p->owners[i][page])
                p->owners[i][page] = (uint8_t)owner;
    }
}

typedef struct running {
    void (*run)(void *context, uint64_t start, uint64_t end, hf_page_owner owner);
    void *context;
    uint64_t start, end; /* start 0: none */
    hf_page_owner owner;
} running;

static void end_run(running *r)
{
    if (r->start)
        r->run(r->context, r->start, r->end, r->owner);
    r->start = 0;
}

static void take_page(running *r, uint64_t page, hf_page_owner owner)
{
    if (r->start && r->end == page && r->owner == owner) {
        r->end += PAGE;
        return;
    }
    end_run(r);
    r->start = page;
    r->end = page + PAGE;
    r->owner = owner;
}

void hf_pages_visit(const hf_pages_map *p,
                    void (*run)(void *context, uint64_t start, uint64_t end, hf_page_owner owner),
                    void *context)
{
    running r = {.run = run, .context = context};
    for (size_t i = 0; i < p->segment_count; i++) {
        const hf_segment *s = &p->segments[i];
        for (uint64_t at = s->start; at + PAGE <= s->end;) {
            uint64_t page = (at - s->start) / PAGE, stop = at + (uint64_t)STRIDE * PAGE;
            stop = stop < s->end ? stop : s->end;
            if (!hf_target_resident(p->target, at, stop)) {
                at = stop;
                continue;
            }
            for (; at + PAGE <= stop; at += PAGE, page++)
                if (hf_target_resident(p->target, at, at + PAGE))
                    take_page(&r, at, (hf_page_owner)p->owners[i][page]);
            at = stop;
        }
        end_run(&r);
    }
}
