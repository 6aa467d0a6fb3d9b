#include "cpython/pymalloc.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/page.h"

#include <stdlib.h>

enum {
    /* struct arena_object */
    RECORD = 48,
    RECORD_POOL_ADDRESS = 8,
    RECORD_FREE_POOLS = 16,
    RECORD_POOLS = 20,
    RECORD_FREE_LIST = 24,
    RECORD_NEXT = 32,
    RECORDS_MAX = 1 << 22,
    /* struct pool_header */
    POOL_COUNT = 0,
    POOL_FREE_BLOCK = 8,
    POOL_ARENA = 32,
    POOL_CLASS = 36,
    POOL_NEXT_OFFSET = 40,
    PAGE = HF_PAGE_SIZE,
    UNIT = 16,
    BITS = HF_POOL_BLOCKS_MAX / 64,
};

/* Sizes of pools and arenas that releases have had, by POOL_BITS and ARENA_BITS of
 * pycore_obmalloc.h. */
static const struct geometry {
    uint32_t pool, arena;
} geometries[] = {{4 << 10, 256 << 10}, {16 << 10, 1 << 20}, {16 << 10, 2 << 20}};

typedef struct geometry geometry;

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) & ~(unit - 1);
}

/* A record that has an arena; false where it cannot be one. */
static bool read_record(const hf_target *t, const uint8_t *record, uint32_t number,
                        const geometry *g, hf_arena *ret)
{
    uint64_t address = hf_load_u64(record);
    uint64_t carved = hf_load_u64(record + RECORD_POOL_ADDRESS);
    uint32_t free_pools = hf_load_u32(record + RECORD_FREE_POOLS);
    uint32_t pools = hf_load_u32(record + RECORD_POOLS);
    uint64_t free_list = hf_load_u64(record + RECORD_FREE_LIST);
    uint64_t first = round_up(address, g->pool), end = address + g->arena;
    if (address % PAGE || end < address || pools != (end - first) / g->pool || free_pools > pools ||
        carved < first || carved > first + (uint64_t)pools * g->pool ||
        (carved - first) % g->pool ||
        (free_list && (free_list < first || free_list >= carved || free_list % g->pool)) ||
        !hf_target_view(t, address, g->arena))
        return false;
    *ret = (hf_arena){.address = address,
                      .size = g->arena,
                      .first_pool = first,
                      .carved = carved,
                      .number = number,
                      .pool_size = g->pool,
                      .free_pools = free_pools};
    return true;
}

/* A record without an arena is on a list of such, which lie in the same array. */
static bool is_spare(const uint8_t *record, uint64_t array)
{
    uint64_t next = hf_load_u64(record + RECORD_NEXT);
    return !hf_load_u64(record) &&
           (!next || (next >= array && next < array + (uint64_t)RECORDS_MAX * RECORD &&
                      (next - array) % RECORD == 0));
}

/* Whether some pool of the arena is in use and names the arena's record. */
static bool has_pools(const hf_target *t, const hf_arena *a)
{
    uint32_t used = 0;
    for (uint64_t at = a->first_pool; at < a->carved; at += a->pool_size) {
        const uint8_t *p = hf_target_view(t, at, HF_POOL_HEADER);
        if (!p || !hf_load_u32(p + POOL_COUNT))
            continue;
        if (hf_load_u32(p + POOL_ARENA) != a->number ||
            hf_load_u32(p + POOL_CLASS) >= HF_POOL_CLASSES)
            return false;
        used++;
    }
    return used > 0;
}

/* The first arena that ends behind an address: its place in the array. */
static size_t place_of(const hf_arenas *arenas, uint64_t address)
{
    size_t low = 0, high = arenas->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (arenas->items[middle].address + arenas->items[middle].size <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool overlaps(const hf_arenas *arenas, const hf_arena *a)
{
    size_t i = place_of(arenas, a->address);
    return i < arenas->count && arenas->items[i].address < a->address + a->size;
}

static bool add(hf_arenas *arenas, const hf_arena *a)
{
    if (!hf_array_room(&arenas->items, arenas->count, &arenas->capacity))
        return false;
    arenas->items[arenas->count++] = *a;
    return true;
}

/* What one array would add. */
typedef struct reading {
    hf_arenas found;
    uint64_t with_pools;
    bool failed;
} reading;

/* The list of spare records has one end, so one of them at most leads nowhere: memory full of zeros
 * is no array. `budget` is lowered for each record, so that a heap made to look like arrays at each
 * of its words is left in good time. */
static void read_array(const hf_target *t, uint64_t array, const geometry *g, uint64_t *budget,
                       reading *r)
{
    unsigned ends = 0;
    for (uint32_t i = 0; i < RECORDS_MAX && *budget; i++, --*budget) {
        const uint8_t *record = hf_target_view(t, array + (uint64_t)i * RECORD, RECORD);
        hf_arena a;
        if (!record)
            return;
        if (is_spare(record, array)) {
            ends += !hf_load_u64(record + RECORD_NEXT);
            if (ends > 1)
                return;
            continue;
        }
        if (!read_record(t, record, i, g, &a))
            return;
        if (has_pools(t, &a))
            r->with_pools++;
        else if (a.free_pools < (a.size - (a.first_pool - a.address)) / a.pool_size)
            return; /* its pools belong to another record: the array starts elsewhere */
        if (!add(&r->found, &a)) {
            r->failed = true;
            return;
        }
    }
}

static int by_address(const void *a, const void *b)
{
    uint64_t x = ((const hf_arena *)a)->address, y = ((const hf_arena *)b)->address;
    return (x > y) - (x < y);
}

/* Takes over what was read, where it is an array of arenas: those of one do not overlap. */
static bool take(hf_arenas *arenas, reading *r)
{
    if (!r->with_pools)
        return true;
    qsort(r->found.items, r->found.count, sizeof(*r->found.items), by_address);
    for (size_t i = 1; i < r->found.count; i++)
        if (r->found.items[i].address < r->found.items[i - 1].address + r->found.items[i - 1].size)
            return true;
    for (size_t i = 0; i < r->found.count; i++)
        if (overlaps(arenas, &r->found.items[i]))
            return true; /* known, by another word that leads to it */
    for (size_t i = 0; i < r->found.count; i++)
        if (!add(arenas, &r->found.items[i]))
            return false;
    qsort(arenas->items, arenas->count, sizeof(*arenas->items), by_address);
    return true;
}

/* Cheap: nearly all words are refused here. */
static bool may_be_array(const hf_target *t, uint64_t word, const hf_arenas *known)
{
    const uint8_t *record = word % 8 ? NULL : hf_target_view(t, word, RECORD);
    if (!record)
        return false;
    uint64_t address = hf_load_u64(record);
    if (address && known->count && hf_arenas_at(known, address))
        return false;
    return is_spare(record, word) || (address && !(address % PAGE));
}

static bool try_word(hf_arenas *arenas, const hf_target *t, uint64_t word, uint32_t pool_size,
                     uint64_t *budget)
{
    if (!may_be_array(t, word, arenas))
        return true;
    bool good = true;
    for (size_t i = 0; i < sizeof(geometries) / sizeof(*geometries) && good; i++) {
        if (geometries[i].pool != pool_size)
            continue;
        reading r = {0};
        size_t before = arenas->count;
        read_array(t, word, &geometries[i], budget, &r);
        good = !r.failed && take(arenas, &r);
        hf_arenas_deinit(&r.found);
        if (arenas->count > before)
            break;
    }
    return good;
}

hf_err *hf_arenas_find(hf_arenas *arenas, hf_target *t, uint64_t start, uint64_t end,
                       uint32_t pool_size, int64_t indirect)
{
    uint64_t budget = RECORDS_MAX;
    for (uint64_t at = start; at + 8 <= end && budget; at += 8) {
        const uint8_t *p = hf_target_view(t, at, 8);
        uint64_t word = p ? hf_load_u64(p) : 0;
        if (word < PAGE)
            continue;
        bool good = try_word(arenas, t, word, pool_size, &budget);
        const uint8_t *inner =
            indirect >= 0 ? hf_target_view(t, word + (uint64_t)indirect, 8) : NULL;
        if (good && inner && hf_load_u64(inner) >= PAGE)
            good = try_word(arenas, t, hf_load_u64(inner), pool_size, &budget);
        if (!good)
            return hf_fail_memory();
    }
    return NULL;
}

void hf_arenas_deinit(hf_arenas *arenas)
{
    free(arenas->items);
    *arenas = (hf_arenas){0};
}

const hf_arena *hf_arenas_at(const hf_arenas *arenas, uint64_t address)
{
    size_t i = place_of(arenas, address);
    return i < arenas->count && address >= arenas->items[i].address ? &arenas->items[i] : NULL;
}

/* Marks the blocks of the pool's list of free ones; false where it leaves the pool, repeats a block
 * or comes to one that was never given out. */
static bool mark_free(const hf_target *t, const hf_pool *pool, uint64_t block, uint32_t carved,
                      uint64_t bits[BITS], uint32_t *found)
{
    uint64_t first = pool->address + HF_POOL_HEADER;
    while (block) {
        uint64_t offset = block - first, number = offset / pool->block_size;
        if (block < first || number >= carved || offset % pool->block_size)
            return false;
        uint64_t bit = UINT64_C(1) << (number & 63);
        const uint8_t *p = hf_target_view(t, block, 8);
        if (bits[number >> 6] & bit || !p)
            return false;
        bits[number >> 6] |= bit;
        ++*found;
        block = hf_load_u64(p);
    }
    return true;
}

static void mark_from(uint32_t first, uint32_t end, uint64_t bits[BITS])
{
    for (uint32_t i = first; i < end; i++)
        bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

/* Reads one pool; *bits are its free blocks. */
static void read_pool(const hf_target *t, const uint8_t *header, hf_pool *pool, uint64_t bits[BITS])
{
    uint32_t class = hf_load_u32(header + POOL_CLASS), count = hf_load_u32(header + POOL_COUNT);
    uint64_t free_block = hf_load_u64(header + POOL_FREE_BLOCK);
    uint32_t next = hf_load_u32(header + POOL_NEXT_OFFSET);
    if (!count) {
        pool->whole = true; /* what is in it was left by its last use */
        return;
    }
    if (class >= HF_POOL_CLASSES || hf_load_u32(header + POOL_ARENA) != pool->arena->number)
        return;
    pool->block_size = (class + 1) * UNIT;
    pool->capacity = (pool->arena->pool_size - HF_POOL_HEADER) / pool->block_size;
    memset(bits, 0, sizeof(*bits) * BITS);
    uint32_t carved = next < HF_POOL_HEADER ? 0 : (next - HF_POOL_HEADER) / pool->block_size;
    carved = carved < pool->capacity ? carved : pool->capacity;
    uint32_t found = 0;
    bool listed = mark_free(t, pool, free_block, carved, bits, &found);
    pool->whole = listed && found + count == carved;
    pool->in_use = carved - found;
    mark_from(carved, pool->capacity, bits);
}

uint64_t hf_pools_visit(const hf_target *t, const hf_arena *arena,
                        void (*pool)(void *context, const hf_pool *pool), void *context)
{
    uint64_t bits[BITS], broken = 0;
    for (uint64_t at = arena->first_pool; at + arena->pool_size <= arena->carved;
         at += arena->pool_size) {
        const uint8_t *header = hf_target_view(t, at, HF_POOL_HEADER);
        hf_pool p = {.arena = arena, .address = at, .free = bits};
        if (header)
            read_pool(t, header, &p, bits);
        broken += !p.whole;
        pool(context, &p);
    }
    return broken;
}
