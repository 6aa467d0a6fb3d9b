/* cpython/allocation_tables.c - tracemalloc's hash tables: where they are, and going
 * through one. */
#include "cpython/allocations.h"

#include "cpython/decode_read.h"

enum {
    BUCKETS_MIN = 16, /* HASHTABLE_MIN_SIZE, Python/hashtable.c */
    SAMPLE = 64,      /* entries of a table that are looked at to tell what it is */
    BUCKETS_SAMPLED = 4096,
    CANDIDATES_MAX = 1024, /* tables: a binary has a few */
    LINE_MAX = 1 << 24,
    DOMAIN_MAX = 1 << 30,
};

#define SIZE_ASKED_MAX       (1ull << 47)
#define TPFLAGS_STR_SUBCLASS (1ull << 28)

/* Entries that frozen memory can hold: more were seen only where chains run in circles. */
static uint64_t most_entries(hf_heap *heap)
{
    size_t count;
    const hf_segment *segments = hf_target_segments(heap->target, &count);
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += segments[i].end - segments[i].start;
    return bytes / (uint64_t)heap->decode.layout->hashtable_entry_size;
}

static bool follow_chain(hf_table_walk *w, uint64_t entry, uint64_t most)
{
    hf_decode *d = &w->heap->decode;
    const hf_layout *l = d->layout;
    while (entry) {
        const uint8_t *p = hf_bytes_at(d, entry, (uint64_t)l->hashtable_entry_size);
        if (!p || w->visited++ >= most) {
            w->unreadable++;
            return w->visited < most;
        }
        if (!w->visit(w, hf_load_u64(p + l->hashtable_entry_key),
                      hf_load_u64(p + l->hashtable_entry_value)))
            return false;
        entry = hf_load_u64(p + l->hashtable_entry_next);
    }
    return true;
}

bool hf_table_each(hf_table_walk *w, uint64_t address)
{
    hf_decode *d = &w->heap->decode;
    const hf_layout *l = d->layout;
    const uint8_t *table =
        address & 7 ? NULL : hf_bytes_at(d, address, (uint64_t)l->hashtable_size);
    if (!table)
        return false;
    uint64_t count = hf_load_u64(table + l->hashtable_nbuckets);
    uint64_t buckets = hf_load_u64(table + l->hashtable_buckets);
    if (count < BUCKETS_MIN || count & (count - 1) || count > UINT64_MAX / HF_WORD ||
        !hf_bytes_at(d, buckets, count * HF_WORD))
        return false;
    uint64_t most = most_entries(w->heap);
    /* Keys are addresses and hashed by shifting (_Py_HashPointer), so that whole regions of a table
     * are empty; and an even step would meet one place in all pools, which may be their headers. */
    uint64_t step = 1;
    if (w->sampling && count > BUCKETS_SAMPLED) {
        step = (count / BUCKETS_SAMPLED) | 1;
        count /= step;
    }
    w->visited += count * HF_WORD / (uint64_t)l->hashtable_entry_size;
    if (w->visited > most)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *head = hf_bytes_at(d, buckets + i * step * HF_WORD, HF_WORD);
        if (!head || !follow_chain(w, hf_load_u64(head), most))
            break;
    }
    return true;
}

/* The first frame names a file, if there is one. */
static bool looks_like_traceback(hf_decode *d, uint64_t address)
{
    const hf_layout *l = d->layout;
    uint64_t frame = address + (uint64_t)l->traceback_frames;
    const uint8_t *head = hf_bytes_at(d, address, (uint64_t)l->traceback_frames);
    if (!head)
        return false;
    uint16_t count = hf_load_u16(head + l->traceback_nframe);
    uint16_t total = hf_load_u16(head + l->traceback_total_nframe);
    if (count > total)
        return false;
    if (!count)
        return true;
    const uint8_t *p = hf_bytes_at(d, frame, (uint64_t)l->traceback_frame_size);
    if (!p || hf_load_u32(p + l->traceback_frame_lineno) > LINE_MAX)
        return false;
    uint64_t file = hf_load_u64(p + l->traceback_frame_filename);
    const hf_type_record *type = file & 7 ? NULL : hf_type_of(d, file);
    return type && type->flags & TPFLAGS_STR_SUBCLASS;
}

/* What a table's first entries look like. */
typedef struct sample {
    uint64_t seen, fitting;
} sample;

static bool sample_trace(hf_table_walk *w, uint64_t key, uint64_t value)
{
    hf_decode *d = &w->heap->decode;
    const hf_layout *l = d->layout;
    sample *s = w->context;
    const uint8_t *trace = key ? hf_bytes_at(d, value, (uint64_t)l->trace_bytes) : NULL;
    s->seen++;
    s->fitting += trace && hf_load_u64(trace + l->trace_size) < SIZE_ASKED_MAX &&
                  looks_like_traceback(d, hf_load_u64(trace + l->trace_traceback));
    return s->seen == s->fitting && s->seen < SAMPLE;
}

static bool holds_traces(hf_heap *heap, uint64_t address)
{
    sample s = {0};
    hf_table_walk w = {.heap = heap, .visit = sample_trace, .context = &s, .sampling = true};
    return hf_table_each(&w, address) && s.seen && s.seen == s.fitting && !w.unreadable;
}

static bool sample_domain(hf_table_walk *w, uint64_t key, uint64_t value)
{
    sample *s = w->context;
    s->seen++;
    s->fitting += key < DOMAIN_MAX && holds_traces(w->heap, value);
    return s->seen == s->fitting && s->seen < SAMPLE;
}

static bool holds_domains(hf_heap *heap, uint64_t address)
{
    sample s = {0};
    hf_table_walk w = {.heap = heap, .visit = sample_domain, .context = &s, .sampling = true};
    return hf_table_each(&w, address) && s.seen && s.seen == s.fitting && !w.unreadable;
}

/* Whether a table may be at `address`, before its entries are asked: most words are
 * something else. */
static bool looks_like_table(hf_heap *heap, uint64_t address)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    const uint8_t *p = address & 7 ? NULL : hf_bytes_at(d, address, (uint64_t)l->hashtable_size);
    if (!p)
        return false;
    uint64_t entries = hf_load_u64(p + l->hashtable_nentries);
    uint64_t buckets = hf_load_u64(p + l->hashtable_nbuckets);
    uint64_t hash = hf_load_u64(p + l->hashtable_hash_func);
    return entries && buckets >= BUCKETS_MIN && !(buckets & (buckets - 1)) &&
           entries / 8 <= buckets && hf_target_image_end(heap->target, hash);
}

/* Before 3.12: the words of the data of the binary that has tracemalloc's settings. */
static bool search_data(hf_heap *heap, uint64_t settings, uint64_t *ret_traces,
                        uint64_t *ret_domains)
{
    hf_decode *d = &heap->decode;
    uint64_t image_end = hf_target_image_end(heap->target, settings);
    uint64_t traces = 0, domains = 0;
    size_t asked = 0;
    for (size_t i = 0; i < heap->range_count; i++) {
        const hf_data_range *r = &heap->ranges[i];
        if (hf_target_image_end(heap->target, r->start) != image_end)
            continue;
        for (uint64_t at = (r->start + 7) & ~7ull; at + HF_WORD <= r->end && asked < CANDIDATES_MAX;
             at += HF_WORD) {
            const uint8_t *word = hf_bytes_at(d, at, HF_WORD);
            uint64_t table = word ? hf_load_u64(word) : 0;
            if (!table || !looks_like_table(heap, table))
                continue;
            asked++;
            if (!traces && holds_traces(heap, table))
                traces = table;
            else if (!domains && holds_domains(heap, table))
                domains = table;
        }
    }
    *ret_traces = traces;
    *ret_domains = domains;
    return traces;
}

static uint64_t settings_before_3_12(hf_heap *heap)
{
    return HF_HAS(heap->decode.layout, tracemalloc_config_tracing)
               ? hf_target_symbol(heap->target, "_Py_tracemalloc_config", NULL)
               : 0;
}

bool hf_allocations_traced(hf_heap *heap)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    if (HF_HAS(l, runtime_tracemalloc_tracing))
        return hf_member_u32(d, heap->runtime.address, l->runtime_tracemalloc_tracing) == 1;
    uint64_t settings = settings_before_3_12(heap);
    return settings && hf_member_u32(d, settings, l->tracemalloc_config_tracing) == 1;
}

bool hf_allocations_find(hf_heap *heap, uint64_t *ret_traces, uint64_t *ret_domains)
{
    hf_decode *d = &heap->decode;
    const hf_layout *l = d->layout;
    if (!HF_HAS(l, runtime_tracemalloc_traces))
        return search_data(heap, settings_before_3_12(heap), ret_traces, ret_domains);
    *ret_traces = hf_member(d, heap->runtime.address, l->runtime_tracemalloc_traces);
    *ret_domains = hf_member(d, heap->runtime.address, l->runtime_tracemalloc_domains);
    return *ret_traces;
}
