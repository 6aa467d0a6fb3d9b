#include "cpython/allocations.h"

#include "base/array.h"
#include "cpython/births.h"
#include "cpython/decode_read.h"

#include <stdlib.h>

enum { FILE_NAME_MAX = 1024 };

typedef struct reader {
    hf_heap *heap;
    hf_allocations *all;
    hf_map numbers; /* address of a traceback -> number of its site */
    uint64_t last_traceback;
    uint32_t last_number;
    uint64_t frames_left; /* that frozen memory can hold: tracebacks of a stranger may overlap */
    bool objects;         /* blocks of this table may be objects */
    bool failed;          /* out of memory */
} reader;

/* From 3.15 on the name of a file is bytes that end with 0. */
static uint32_t name_of_bytes(hf_heap *heap, uint64_t address)
{
    uint32_t name = hf_map_get(&heap->name_of_str, address);
    if (name != HF_MAP_NONE)
        return name;
    hf_buf text;
    hf_buf_init(&text, 0);
    for (size_t i = 0; i < FILE_NAME_MAX; i++) {
        const uint8_t *p = hf_bytes_at(&heap->decode, address + i, 1);
        if (!p || !*p)
            break;
        hf_buf_char(&text, (char)*p);
    }
    name = hf_name_of(heap, &text);
    hf_buf_deinit(&text);
    heap->failed = heap->failed || !hf_map_put(&heap->name_of_str, address, name);
    return name;
}

static hf_site_frame read_frame(hf_heap *heap, const uint8_t *p)
{
    const hf_layout *l = heap->decode.layout;
    hf_site_frame frame = {.line = hf_load_u32(p + l->traceback_frame_lineno)};
    if (HF_HAS(l, traceback_frame_utf8_filename))
        frame.file = name_of_bytes(heap, hf_load_u64(p + l->traceback_frame_utf8_filename));
    else
        frame.file = hf_name_of_str(heap, hf_load_u64(p + l->traceback_frame_filename));
    return frame;
}

/* A new site for the traceback; 0 where it cannot be read. */
static uint32_t add_site(reader *r, uint64_t traceback)
{
    hf_decode *d = &r->heap->decode;
    const hf_layout *l = d->layout;
    hf_allocations *a = r->all;
    const uint8_t *head = hf_bytes_at(d, traceback, (uint64_t)l->traceback_frames);
    if (!head)
        return 0;
    uint64_t count = hf_load_u16(head + l->traceback_nframe);
    count = count < HF_SITE_FRAMES_MAX ? count : HF_SITE_FRAMES_MAX;
    count = count < r->frames_left ? count : r->frames_left;
    uint64_t size = (uint64_t)l->traceback_frame_size;
    const uint8_t *frames = hf_bytes_at(d, traceback + (uint64_t)l->traceback_frames, count * size);
    if ((count && !frames) || a->site_count == UINT32_MAX - 1)
        return 0;
    if (!hf_array_room(&a->sites, a->site_count, &a->site_capacity) ||
        !hf_array_reserve(&a->frames, a->frame_count + count, &a->frame_capacity)) {
        r->failed = true;
        return 0;
    }
    for (uint64_t i = 0; i < count; i++)
        a->frames[a->frame_count + i] = read_frame(r->heap, frames + i * size);
    a->sites[a->site_count] =
        (hf_allocation_site){.first_frame = a->frame_count, .frame_count = (uint32_t)count};
    a->frame_count += count;
    r->frames_left -= count;
    return ++a->site_count;
}

static uint32_t site_of_traceback(reader *r, uint64_t traceback)
{
    if (traceback == r->last_traceback && r->last_number)
        return r->last_number;
    uint32_t number = hf_map_get(&r->numbers, traceback);
    if (number == HF_MAP_NONE) {
        number = add_site(r, traceback);
        r->failed = r->failed || !hf_map_put(&r->numbers, traceback, number);
    }
    r->last_traceback = traceback;
    r->last_number = number;
    return number;
}

/* An object starts its block, or lies behind the collector's header, or behind that and the two
 * words in front of it that lead to its attributes. */
static bool note_object(reader *r, uint64_t block, uint64_t size, uint32_t site)
{
    hf_marks *marks = &r->heap->marks;
    uint64_t least = (uint64_t)r->heap->decode.layout->object_size;
    for (uint64_t header = 0; header <= 32 && header + least <= size; header += 16) {
        uint64_t bit = hf_marks_bit(marks, block + header);
        if (bit == HF_NO_BIT || !hf_marks_test(marks, bit))
            continue;
        r->all->site_of[hf_marks_number(marks, bit)] = site;
        return true;
    }
    return false;
}

static bool see_trace(hf_table_walk *w, uint64_t block, uint64_t trace)
{
    reader *r = w->context;
    const hf_layout *l = r->heap->decode.layout;
    const uint8_t *p = hf_bytes_at(&r->heap->decode, trace, (uint64_t)l->trace_bytes);
    uint64_t size = p ? hf_load_u64(p + l->trace_size) : 0;
    uint32_t site = p ? site_of_traceback(r, hf_load_u64(p + l->trace_traceback)) : 0;
    if (!site) {
        r->all->lost++;
        return !r->failed;
    }
    hf_allocation_site *s = &r->all->sites[site - 1];
    s->blocks++;
    s->bytes += size;
    r->all->blocks++;
    r->all->bytes += size;
    if (r->objects)
        r->all->objects += note_object(r, block, size, site);
    return !r->failed;
}

/* Blocks of other domains are none of Python's allocators: buffers of extensions. */
static bool see_domain(hf_table_walk *w, uint64_t domain, uint64_t table)
{
    (void)domain;
    reader *r = w->context;
    /* One measure for all of them: several may lead to the same table. */
    hf_table_walk inner = {
        .heap = w->heap, .visit = see_trace, .context = r, .visited = w->visited};
    hf_table_each(&inner, table);
    w->visited = inner.visited;
    r->all->lost += inner.unreadable;
    return !r->failed;
}

static void read_tables(reader *r, uint64_t traces, uint64_t domains)
{
    hf_table_walk w = {.heap = r->heap, .visit = see_trace, .context = r};
    r->objects = true;
    hf_table_each(&w, traces);
    r->all->lost += w.unreadable;
    r->objects = false;
    w = (hf_table_walk){.heap = r->heap, .visit = see_domain, .context = r};
    if (domains)
        hf_table_each(&w, domains);
}

hf_err *hf_allocations_read(hf_heap *heap, const hf_births *births, hf_allocations *ret)
{
    *ret = (hf_allocations){.tracing = HF_TRACING_OFF};
    if (!hf_allocations_traced(heap))
        return births ? hf_births_read(heap, births, ret) : NULL;
    uint64_t traces, domains;
    ret->tracing = HF_TRACING_HIDDEN;
    if (!hf_allocations_find(heap, &traces, &domains))
        return NULL;
    ret->tracing = HF_TRACING_READ;
    ret->site_of = calloc(heap->marks.count + 1, sizeof(*ret->site_of));
    if (!ret->site_of)
        return hf_fail_memory();
    reader r = {.heap = heap, .all = ret};
    size_t count;
    const hf_segment *segments = hf_target_segments(heap->target, &count);
    for (size_t i = 0; i < count; i++)
        r.frames_left += (segments[i].end - segments[i].start) /
                         (uint64_t)heap->decode.layout->traceback_frame_size;
    hf_map_init(&r.numbers);
    read_tables(&r, traces, domains);
    hf_map_deinit(&r.numbers);
    return r.failed || heap->failed ? hf_fail_memory() : NULL;
}

void hf_allocations_deinit(hf_allocations *a)
{
    free(a->sites);
    free(a->frames);
    free(a->site_of);
    free(a->born);
    free(a->asked);
    *a = (hf_allocations){0};
}
