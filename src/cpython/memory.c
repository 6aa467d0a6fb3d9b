/* cpython/memory.c - measuring: each page to its owner, then a sum of each part. */
#include "cpython/memory.h"

#include "acquire/stacks.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/page.h"
#include "cpython/memory_inside.h"

#include <stdlib.h>

enum { PAGE = HF_PAGE_SIZE, PLACES_MAX = 16, NATIVES_MAX = 16 };

/* Pages of mapped files are there because they were written to; a .bss has no file. */
static void give_data(hf_measuring *m)
{
    const hf_heap *heap = m->heap;
    size_t count;
    const hf_mapping *maps = hf_target_mappings(heap->target, &count);
    for (size_t i = 0; i < count; i++)
        if (maps[i].inode)
            hf_pages_give(&m->pages, maps[i].start, maps[i].end, HF_PAGE_DATA);
    for (size_t i = 0; i < heap->range_count; i++)
        hf_pages_give(&m->pages, heap->ranges[i].start, heap->ranges[i].end, HF_PAGE_DATA);
}

static bool is_claimed(void *context, uint64_t start, uint64_t end)
{
    return hf_measure_claimed(context, start, end);
}

static void add_heaps(hf_measuring *m)
{
    uint64_t *parts = m->memory->parts;
    for (size_t i = 0; i < m->heap->malloc.arena_count; i++) {
        const hf_malloc_arena *a = &m->heap->malloc.arenas[i];
        const hf_chunk_sums *s = &a->sums;
        parts[HF_MEMORY_MALLOC_OBJECTS] += s->claimed;
        parts[HF_MEMORY_MALLOC_NATIVE] += s->native;
        parts[HF_MEMORY_MALLOC_FREE] += s->free + s->fast;
        parts[HF_MEMORY_MALLOC_CACHED] += s->cached;
        parts[HF_MEMORY_MALLOC_TOP] += s->top;
        parts[HF_MEMORY_MALLOC_OVERHEAD] += s->overhead;
        parts[HF_MEMORY_MALLOC_UNKNOWN] += s->unknown;
        m->memory->heaps[m->memory->heap_count++] = (hf_memory_heap){.main = a->main,
                                                                     .found = a->top != 0,
                                                                     .objects = s->claimed,
                                                                     .native = s->native,
                                                                     .free = s->free + s->fast,
                                                                     .cached = s->cached,
                                                                     .top = s->top,
                                                                     .trim = s->trim};
    }
    m->memory->caches = m->heap->malloc.caches;
}

static hf_err *measure_malloc(hf_measuring *m)
{
    hf_malloc *found = &m->heap->malloc;
    for (size_t i = 0; i < found->heap_count; i++)
        hf_pages_give(&m->pages, found->heaps[i].start, found->heaps[i].end, HF_PAGE_HEAP);
    m->memory->heaps = calloc(m->heap->malloc.arena_count + 1, sizeof(*m->memory->heaps));
    if (!m->memory->heaps)
        return hf_fail_memory();
    hf_malloc_walk(&m->heap->malloc, m->heap->target, is_claimed, m);
    add_heaps(m);
    return NULL;
}

/* In memory of a range of which parts, as the guard of a stack, were not had. */
static uint64_t resident_in(const hf_target *t, uint64_t start, uint64_t end)
{
    size_t count;
    uint64_t resident = 0;
    const hf_segment *segments = hf_target_segments(t, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t from = segments[i].start > start ? segments[i].start : start;
        uint64_t to = segments[i].end < end ? segments[i].end : end;
        resident += from < to ? hf_target_resident(t, from, to) : 0;
    }
    return resident;
}

static void add_stack(hf_measuring *m, uint64_t tid, uint64_t start, uint64_t end)
{
    hf_memory *memory = m->memory;
    if (!hf_array_next(&memory->stack_rows, memory->stack_count))
        return; /* the sums are right without */
    memory->stack_rows[memory->stack_count++] =
        (hf_memory_stack){.tid = tid,
                          .address = start,
                          .size = end - start,
                          .resident = resident_in(m->heap->target, start, end)};
}

static void give_main_stack(hf_measuring *m)
{
    size_t count;
    const hf_mapping *maps = hf_target_mappings(m->heap->target, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(maps[i].path, "[stack]") == 0) {
            hf_pages_give(&m->pages, maps[i].start, maps[i].end, HF_PAGE_STACK);
            m->memory->stacks++;
            const hf_target_info *info = hf_target_describe(m->heap->target);
            add_stack(m, info->thread_count ? (uint64_t)info->threads[0].tid : 0, maps[i].start,
                      maps[i].end);
        }
}

/* Looks for the stacks of other threads among the pages that nobody has. */
static void take_stacks(void *context, uint64_t start, uint64_t end, hf_page_owner owner)
{
    hf_measuring *m = context;
    hf_stack stack;
    for (uint64_t at = start; owner == HF_PAGE_NOBODY && at < end; at += PAGE) {
        if (!hf_stack_in(m->heap->target, at, &stack))
            continue;
        hf_pages_give(&m->pages, stack.start, stack.end,
                      stack.kept ? HF_PAGE_STACK_KEPT : HF_PAGE_STACK);
        m->memory->stacks += !stack.kept;
        if (!stack.kept)
            add_stack(m, stack.tid, stack.start, stack.end);
        m->memory->stacks_kept += stack.kept;
    }
}

/* Looks for chunks with a mapping of their own among the pages that nobody has. */
static void take_mapped(void *context, uint64_t start, uint64_t end, hf_page_owner owner)
{
    hf_measuring *m = context;
    hf_target *t = m->heap->target;
    size_t count;
    const hf_segment *segments = hf_target_segments(t, &count);
    for (uint64_t at = start; owner == HF_PAGE_NOBODY && at < end;) {
        uint64_t limit = 0;
        for (size_t i = 0; i < count && !limit; i++)
            if (at >= segments[i].start && at < segments[i].end)
                limit = segments[i].end;
        uint64_t size = hf_mapped_chunk(t, at, limit);
        if (!size) {
            at += PAGE;
            continue;
        }
        bool claimed = hf_measure_claimed(m, at, at + size);
        hf_pages_give(&m->pages, at, at + size,
                      claimed ? HF_PAGE_MAPPED_OBJECTS : HF_PAGE_MAPPED_NATIVE);
        if (!claimed)
            hf_malloc_count_native(&m->heap->malloc, size);
        if (!m->memory->mapped_least || size < m->memory->mapped_least)
            m->memory->mapped_least = size;
        at += size;
    }
}

static void give_extents(hf_measuring *m, const hf_claim_extent *rows, size_t count,
                         hf_page_owner owner)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].bytes < UINT64_MAX - rows[i].address)
            hf_pages_give(&m->pages, rows[i].address & ~(uint64_t)(PAGE - 1),
                          rows[i].address + rows[i].bytes, owner);
}

static int most_bytes_first(const void *a, const void *b)
{
    uint64_t x = ((const hf_memory_place *)a)->bytes, y = ((const hf_memory_place *)b)->bytes;
    return x == y ? 0 : x > y ? -1 : 1;
}

/* Keeps the largest places: the last row makes room where it is smaller. */
static void add_place(hf_memory_place *rows, size_t *count, const hf_memory_place *place)
{
    if (*count < PLACES_MAX)
        rows[(*count)++] = *place;
    else if (rows[PLACES_MAX - 1].bytes < place->bytes)
        rows[PLACES_MAX - 1] = *place;
    else
        return;
    qsort(rows, *count, sizeof(*rows), most_bytes_first);
}

/* Pages of one mapping come in runs. */
static void add_run(hf_measuring *m, uint64_t start, uint64_t end)
{
    hf_memory *memory = m->memory;
    for (size_t i = 0; i < memory->unexplained_count; i++)
        if (start - memory->unexplained[i].address < UINT64_C(1) << 21) {
            memory->unexplained[i].bytes += end - start;
            return;
        }
    add_place(memory->unexplained, &memory->unexplained_count,
              &(hf_memory_place){.address = start, .bytes = end - start});
}

typedef struct summing {
    hf_measuring *m;
    uint64_t owners[HF_PAGE_OWNERS];
} summing;

static void sum_run(void *context, uint64_t start, uint64_t end, hf_page_owner owner)
{
    summing *s = context;
    s->owners[owner] += end - start;
    if (owner == HF_PAGE_NOBODY)
        add_run(s->m, start, end);
}

/* What the parts from..to have left of the pages that they are about. */
static uint64_t left_of(const uint64_t *parts, hf_memory_part from, hf_memory_part to,
                        uint64_t whole)
{
    uint64_t sum = 0;
    for (unsigned i = from; i <= to; i++)
        sum += parts[i];
    return whole > sum ? whole - sum : 0;
}

static void add_up(hf_measuring *m)
{
    summing s = {.m = m};
    hf_pages_visit(&m->pages, sum_run, &s);
    hf_memory *memory = m->memory;
    uint64_t *parts = memory->parts;
    parts[HF_MEMORY_FREE_POOLS] +=
        left_of(parts, HF_MEMORY_OBJECT_BLOCKS, HF_MEMORY_POOL_OVERHEAD, s.owners[HF_PAGE_BLOCKS]);
    parts[HF_MEMORY_MALLOC_OVERHEAD] +=
        left_of(parts, HF_MEMORY_MALLOC_OBJECTS, HF_MEMORY_MALLOC_UNKNOWN, s.owners[HF_PAGE_HEAP]);
    parts[HF_MEMORY_MAPPED_OBJECTS] = s.owners[HF_PAGE_MAPPED_OBJECTS];
    parts[HF_MEMORY_MAPPED_NATIVE] = s.owners[HF_PAGE_MAPPED_NATIVE];
    parts[HF_MEMORY_BUFFERS] = s.owners[HF_PAGE_BUFFER];
    parts[HF_MEMORY_STACKS] = s.owners[HF_PAGE_STACK];
    parts[HF_MEMORY_STACKS_KEPT] = s.owners[HF_PAGE_STACK_KEPT];
    parts[HF_MEMORY_DATA] = s.owners[HF_PAGE_DATA];
    parts[memory->foreign ? HF_MEMORY_FOREIGN : HF_MEMORY_UNEXPLAINED] = s.owners[HF_PAGE_NOBODY];
    memory->account = *hf_target_account(m->heap->target);
    uint64_t sum = 0;
    for (unsigned i = 0; i < HF_MEMORY_UNREAD; i++)
        sum += parts[i];
    if (memory->account.known && memory->account.anonymous > sum)
        parts[HF_MEMORY_UNREAD] = memory->account.anonymous - sum;
}

/* Another malloc, by the library that is mapped or by what the program exports. */
static void find_foreign(hf_measuring *m)
{
    static const struct {
        const char *name, *library, *symbol;
    } known[] = {{"jemalloc", "libjemalloc", "mallctl"},
                 {"tcmalloc", "libtcmalloc", "tc_malloc"},
                 {"mimalloc", "libmimalloc", "mi_malloc"},
                 {"snmalloc", "libsnmalloc", "sn_malloc"}};
    hf_heap *heap = m->heap;
    size_t count;
    const hf_mapping *maps = hf_target_mappings(heap->target, &count);
    for (size_t k = 0; k < sizeof(known) / sizeof(*known) && !m->memory->foreign; k++) {
        bool found = hf_target_symbol(heap->target, known[k].symbol, NULL) != 0;
        for (size_t i = 0; i < count && !found; i++)
            found = strstr(maps[i].path, known[k].library) != NULL;
        if (found)
            m->memory->foreign = hf_name(heap, known[k].name);
    }
}

/* Which binaries have most data that was written to. */
static void list_data(hf_measuring *m)
{
    const hf_heap *heap = m->heap;
    hf_memory *memory = m->memory;
    for (size_t i = 0; i < heap->range_count;) {
        hf_memory_place place = {.address = heap->ranges[i].start, .name = heap->ranges[i].name};
        for (; i < heap->range_count && heap->ranges[i].name == place.name; i++)
            if (hf_target_view(heap->target, heap->ranges[i].start,
                               heap->ranges[i].end - heap->ranges[i].start))
                place.bytes +=
                    hf_target_resident(heap->target, heap->ranges[i].start, heap->ranges[i].end);
        if (place.bytes)
            add_place(memory->data, &memory->data_count, &place);
    }
}

static int most_native_first(const void *a, const void *b)
{
    uint64_t x = ((const hf_memory_native *)a)->bytes, y = ((const hf_memory_native *)b)->bytes;
    return x == y ? 0 : x > y ? -1 : 1;
}

static hf_err *list_natives(hf_measuring *m)
{
    hf_memory *memory = m->memory;
    memory->natives = calloc(HF_CHUNK_CLASSES, sizeof(*memory->natives));
    if (!memory->natives)
        return hf_fail_memory();
    for (size_t i = 0; i < HF_CHUNK_CLASSES; i++) {
        const hf_chunk_class *class = &m->heap->malloc.classes[i];
        if (class->chunks)
            memory->natives[memory->native_count++] =
                (hf_memory_native){hf_chunk_class_size(i), class->chunks, class->bytes};
    }
    qsort(memory->natives, memory->native_count, sizeof(*memory->natives), most_native_first);
    if (memory->native_count > NATIVES_MAX)
        memory->native_count = NATIVES_MAX;
    return NULL;
}

static hf_err *note_cgroup(hf_measuring *m)
{
    hf_heap *heap = m->heap;
    hf_memory *memory = m->memory;
    const hf_cgroup_account *a = hf_target_cgroup(heap->target);
    memory->cgroup = (hf_memory_cgroup){.version = a->version,
                                        .path = a->path[0] ? hf_name(heap, a->path) : 0,
                                        .limit = a->limit,
                                        .soft = a->soft,
                                        .current = a->current,
                                        .anonymous = a->anonymous,
                                        .file = a->file,
                                        .shared = a->shared,
                                        .kernel = a->kernel,
                                        .sockets = a->sockets,
                                        .swap = a->swap,
                                        .reclaimable = a->reclaimable,
                                        .at_limit = a->at_limit,
                                        .killed = a->killed,
                                        .stalled10 = a->stalled10,
                                        .stalled60 = a->stalled60,
                                        .member_count = a->member_count};
    memory->members = calloc(HF_CGROUP_MEMBERS, sizeof(*memory->members));
    if (!memory->members)
        return hf_fail_memory();
    for (size_t i = 0; i < HF_CGROUP_MEMBERS && a->members[i].pid; i++)
        memory->members[memory->member_count++] =
            (hf_memory_member){.pid = (uint64_t)a->members[i].pid,
                               .rss = a->members[i].rss,
                               .anonymous = a->members[i].anonymous,
                               .name = hf_name(heap, a->members[i].name)};
    return NULL;
}

static hf_err *measure(hf_measuring *m)
{
    hf_memory *memory = m->memory;
    memory->unexplained = calloc(PLACES_MAX, sizeof(*memory->unexplained));
    memory->data = calloc(PLACES_MAX, sizeof(*memory->data));
    if (!memory->unexplained || !memory->data)
        return hf_fail_memory();
    hf_err *err = hf_pages_map_init(&m->pages, m->heap->target);
    if (err)
        return err;
    give_data(m);
    err = hf_blocks_find(m->heap);
    if (!err)
        err = hf_measure_blocks(m);
    if (!err)
        err = measure_malloc(m);
    if (err)
        return err;
    give_main_stack(m);
    hf_pages_visit(&m->pages, take_mapped, m);
    hf_pages_visit(&m->pages, take_stacks, m);
    const hf_claims *claims = &m->heap->claims;
    give_extents(m, claims->stacks, claims->stack_count, HF_PAGE_MAPPED_OBJECTS);
    give_extents(m, claims->large, claims->large_count, HF_PAGE_BUFFER);
    find_foreign(m);
    add_up(m);
    list_data(m);
    memory->measured = true;
    err = list_natives(m);
    return err ? err : note_cgroup(m);
}

hf_err *hf_memory_measure(hf_heap *heap, hf_memory *ret)
{
    hf_memory memory = {0};
    hf_measuring m = {.heap = heap, .memory = &memory};
    hf_err *err = measure(&m);
    hf_pages_map_deinit(&m.pages);
    if (err)
        hf_memory_deinit(&memory);
    else
        *ret = memory;
    return err;
}

void hf_memory_deinit(hf_memory *m)
{
    free(m->classes);
    free(m->pins);
    free(m->arenas);
    free(m->heaps);
    free(m->natives);
    free(m->unexplained);
    free(m->data);
    free(m->members);
    free(m->stack_rows);
    *m = (hf_memory){0};
}
