#include "acquire/selection.h"

#include <stdlib.h>
#include <string.h>

/* No heap is larger; sanitizers reserve that much for their shadow. */
#define RANGE_MAX (UINT64_C(1) << 40)

/* Binaries whose read-only data is larger (some embed gigabytes of it) are copied as far as
 * resident only. */
#define WHOLE_MAX (UINT64_C(64) << 20)

static bool is_kernels(const hf_mapping *m)
{
    return strncmp(m->path, "[vvar", 5) == 0 || strncmp(m->path, "[vdso", 5) == 0 ||
           strncmp(m->path, "[vsyscall", 9) == 0;
}

/* Whether the file behind m is also mapped executable. Mappings of one binary lie together, but
 * for anonymous memory in between (.bss of its neighbours). */
static bool is_binary(const hf_maps *maps, const hf_mapping *m)
{
    enum { NEIGHBOURS = 12 };
    const hf_mapping *first = maps->items, *last = maps->items + maps->count - 1;
    const hf_mapping *from = m - first > NEIGHBOURS ? m - NEIGHBOURS : first;
    const hf_mapping *to = last - m > NEIGHBOURS ? m + NEIGHBOURS : last;
    for (const hf_mapping *other = from; other <= to; other++)
        if (other->executable && hf_maps_same_file(other, m))
            return true;
    return false;
}

static bool choose(const hf_maps *maps, const hf_mapping *m, hf_pages *ret)
{
    if (!m->readable || m->shared || is_kernels(m) || m->end - m->start > RANGE_MAX)
        return false;
    if (!m->inode) {
        *ret = HF_PAGES_RESIDENT;
        return m->writable || !m->executable;
    }
    if (!is_binary(maps, m)) {
        *ret = HF_PAGES_PRIVATE;
        return m->writable;
    }
    *ret = m->end - m->start <= WHOLE_MAX ? HF_PAGES_ALL : HF_PAGES_CACHED;
    /* Code is left out, unless the file headers lie in it: then the linker has put .dynsym and
     * .rodata there too. */
    return !m->executable || m->writable || m->file_offset == 0;
}

hf_err *hf_selection_of(const hf_maps *maps, hf_selection *ret)
{
    hf_selection s = {.ranges = calloc(maps->count ? maps->count : 1, sizeof(*s.ranges))};
    if (!s.ranges)
        return hf_fail_memory();
    for (size_t i = 0; i < maps->count; i++) {
        const hf_mapping *m = &maps->items[i];
        hf_pages pages;
        if (!choose(maps, m, &pages))
            continue;
        s.ranges[s.count++] =
            (hf_range){.start = m->start, .end = m->end, .offset = s.size, .pages = pages};
        s.size += m->end - m->start;
    }
    *ret = s;
    return NULL;
}

void hf_selection_deinit(hf_selection *s)
{
    free(s->ranges);
    *s = (hf_selection){0};
}

hf_err *hf_selection_segments(const hf_selection *s, const uint8_t *bytes, hf_segment **ret,
                              size_t *ret_count)
{
    hf_segment *segments = calloc(s->count ? s->count : 1, sizeof(*segments));
    if (!segments)
        return hf_fail_memory();
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const hf_range *r = &s->ranges[i];
        if (count && segments[count - 1].end == r->start)
            segments[count - 1].end = r->end;
        else
            segments[count++] =
                (hf_segment){.start = r->start, .end = r->end, .bytes = bytes + r->offset};
    }
    *ret = segments;
    *ret_count = count;
    return NULL;
}
