/* cpython/surplus.c - objects that count a reference more than were found: does memory of C have
 * their addresses?
 *
 * A list of callbacks in an extension owns references as an object does, but no object and no
 * variable leads to its nodes in a way that is known. To whoever counts references it looks like
 * references that were forgotten. What tells the two apart is that a list still has the address.
 * So of the types with most such objects some are looked for: as whole words, in chunks of malloc
 * and blocks of Python's allocator that are in use and in which no object and no table or buffer
 * of one is. Memory that is free, stacks, and what objects of Python have are left out: a word that
 * was left there holds nothing. One may also be left in memory that is in use again, and C code
 * may have an address without a reference; so it is for the reader to ask for many.
 *
 * What costs is to go through memory; nobody does where no type has some such objects. */
#include "base/array.h"
#include "base/page.h"
#include "cpython/heap_inside.h"

#include <stdlib.h>

enum {
    LEAST_OBJECTS = 16, /* of a type */
    SAMPLES = 512,      /* of a type, at most */
    CHUNK_HEAD = 16,
    UNIT = 16,
    SIEVE_BITS = 1 << 16,
    FOUND_MAX = 1 << 16,      /* blocks */
    FOLLOWED_MAX = 1 << 14,   /* blocks that the data of a binary leads to */
    FOLLOWED_BYTES = 1 << 16, /* of each of these */
};

/* Words that are looked at: about a second of a processor. What is not looked through by then is
 * not judged. */
static const uint64_t WORDS_MAX = UINT64_C(1) << 27;

typedef struct search {
    hf_heap *heap;
    const int32_t *balance;
    int32_t most;
    uint64_t *rooted;  /* bits by number: objects with a root */
    uint32_t *counted; /* by number of a type */
    uint32_t chosen[HF_SURPLUS_TYPES];
    size_t chosen_count;
    hf_surplus *rows;
    hf_map samples; /* address -> row */
    uint64_t sieve[SIEVE_BITS / 64];
    uint64_t low, high; /* addresses of samples */
    hf_map seen;        /* samples that were found -> 0 */
    hf_map found;       /* block with one -> row */
    uint64_t words;     /* looked at */
    bool failed;
} search;

static uint64_t sieve_bit(uint64_t address)
{
    return address * UINT64_C(0x9e3779b97f4a7c15) >> 48;
}

/* ---- which objects ---- */

static void note_roots(search *s)
{
    hf_heap *heap = s->heap;
    for (size_t i = 0; i < heap->root_count; i++) {
        uint64_t bit = hf_marks_bit(&heap->marks, heap->roots[i].target);
        uint32_t number = hf_marks_number(&heap->marks, bit);
        s->rooted[number >> 6] |= UINT64_C(1) << (number & 63);
    }
}

static bool has_surplus(const search *s, uint64_t number)
{
    return s->balance[number] > 0 && s->balance[number] <= s->most &&
           !(s->rooted[number >> 6] >> (number & 63) & 1);
}

static void each_surplus(search *s, void (*see)(search *s, uint32_t type, uint64_t address))
{
    hf_heap *heap = s->heap;
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t number = 0, bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT; bit = hf_marks_next(&heap->marks, bit + 1)) {
        if (!has_surplus(s, number++))
            continue;
        uint64_t address = hf_marks_address(&cursor, bit);
        const hf_type_record *type = hf_type_of(&heap->decode, address);
        if (type)
            see(s, type->number, address);
    }
}

static void count(search *s, uint32_t type, uint64_t address)
{
    (void)address;
    s->counted[type]++;
}

/* The types with most of them. */
static void choose(search *s)
{
    for (size_t k = 0; k < HF_SURPLUS_TYPES; k++) {
        uint32_t best = UINT32_MAX;
        for (uint32_t t = 0; t < s->heap->types.count; t++) {
            bool taken = s->counted[t] < LEAST_OBJECTS;
            for (size_t i = 0; i < s->chosen_count; i++)
                taken |= s->chosen[i] == t;
            if (!taken && (best == UINT32_MAX || s->counted[t] > s->counted[best]))
                best = t;
        }
        if (best == UINT32_MAX)
            return;
        s->rows[k] = (hf_surplus){.type = s->heap->types.records[best]->address,
                                  .objects = s->counted[best]};
        s->chosen[s->chosen_count++] = best;
    }
}

/* Each n-th of a type: some from all over memory. */
static void sample(search *s, uint32_t type, uint64_t address)
{
    for (size_t k = 0; k < s->chosen_count; k++) {
        if (s->chosen[k] != type)
            continue;
        hf_surplus *row = &s->rows[k];
        uint64_t step = row->objects / SAMPLES + 1;
        if (s->counted[type]-- % step)
            return;
        row->sampled++;
        s->failed |= !hf_map_put(&s->samples, address, (uint32_t)k);
        uint64_t bit = sieve_bit(address);
        s->sieve[bit >> 6] |= UINT64_C(1) << (bit & 63);
        s->low = address < s->low ? address : s->low;
        s->high = address > s->high ? address : s->high;
    }
}

/* ---- where their addresses stand ---- */

static void see_word(search *s, uint64_t word, uint64_t block)
{
    uint64_t bit = sieve_bit(word);
    if (!(s->sieve[bit >> 6] >> (bit & 63) & 1))
        return;
    uint32_t row = hf_map_get(&s->samples, word);
    if (row == HF_MAP_NONE)
        return;
    if (s->found.count < FOUND_MAX)
        s->failed |= !hf_map_put(&s->found, block, row);
    if (hf_map_get(&s->seen, word) == HF_MAP_NONE) {
        s->failed |= !hf_map_put(&s->seen, word, 0);
        s->rows[row].stored++;
    }
}

/* Whether the word before is what CPython's own tables have before a key that is an address: its
 * hash (_Py_hashtable_entry_t in Include/internal/pycore_hashtable.h, _Py_HashPointer). Those of
 * tracemalloc have the address of each block, and hold none. */
static bool is_key(uint64_t before, uint64_t word)
{
    return before == (word >> 4 | word << 60);
}

/* A block that starts at `block`, its words in [start, end). */
static void look_through(search *s, uint64_t block, uint64_t start, uint64_t end)
{
    uint64_t n = (end - start) / HF_WORD;
    const uint8_t *words = n ? hf_bytes_at(&s->heap->decode, start, n * HF_WORD) : NULL;
    s->words += n;
    for (uint64_t i = 0; words && i < n; i++) {
        uint64_t word = hf_load_u64(words + i * HF_WORD);
        if (word - s->low <= s->high - s->low &&
            !(i && is_key(hf_load_u64(words + (i - 1) * HF_WORD), word)))
            see_word(s, word, block);
    }
}

/* Whether an object is in [start, end), or a table or a buffer of one. */
static bool is_an_objects(search *s, uint64_t start, uint64_t end)
{
    hf_heap *heap = s->heap;
    return hf_marks_first_in(&heap->marks, start, end) != HF_NO_BIT ||
           hf_marks_first_in(&heap->claims.bits, start, end) != HF_NO_BIT;
}

static void look_into_pool(void *context, const hf_pool *pool)
{
    search *s = context;
    hf_heap *heap = s->heap;
    uint64_t bits = pool->block_size / 8;
    uint64_t first = bits ? hf_marks_bit(&heap->marks, hf_pool_block(pool, 0)) : HF_NO_BIT;
    if (first == HF_NO_BIT || !pool->whole || s->words > WORDS_MAX)
        return;
    for (uint32_t i = 0; i < pool->capacity; i++) {
        uint64_t bit = first + i * bits, block = hf_pool_block(pool, i);
        if (hf_pool_in_use(pool, i) && !hf_bits_any(heap->marks.words, bit, bits) &&
            !hf_bits_any(heap->claims.bits.words, bit, bits))
            look_through(s, block, block, block + pool->block_size);
    }
}

/* Of large memory only what was ever written to. */
static void look_into(search *s, uint64_t start, uint64_t end)
{
    if (s->words > WORDS_MAX || is_an_objects(s, start, end))
        return;
    if (end - start <= HF_PAGE_SIZE) {
        look_through(s, start, start, end);
        return;
    }
    for (uint64_t at = start; at < end && s->words <= WORDS_MAX;) {
        uint64_t stop = (at / HF_PAGE_SIZE + 1) * HF_PAGE_SIZE;
        stop = stop < end ? stop : end;
        if (hf_target_resident(s->heap->target, at, stop))
            look_through(s, start, at, stop);
        at = stop;
    }
}

/* The chunk whose user got [start, end); nobody is told that it is claimed. */
static bool look_into_chunk(void *context, uint64_t start, uint64_t end)
{
    search *s = context;
    if (!hf_malloc_is_kept(&s->heap->malloc, start - CHUNK_HEAD))
        look_into(s, start, end);
    return false;
}

static void look_into_mapped(void *context, uint64_t chunk, uint64_t size)
{
    look_into(context, chunk + CHUNK_HEAD, chunk + size);
}

static void look_everywhere(search *s)
{
    hf_heap *heap = s->heap;
    hf_malloc_walk(&heap->malloc, heap->target, look_into_chunk, s);
    hf_mapped_chunks_visit(heap, look_into_mapped, s);
    for (size_t i = 0; i < heap->arenas.count; i++)
        hf_pools_visit(heap->target, &heap->arenas.items[i], look_into_pool, s);
}

/* ---- whose data leads there ---- */

typedef struct following {
    search *s;
    hf_map known; /* blocks that were met */
    uint64_t *queue;
    size_t count, capacity;
    uint64_t votes[HF_SURPLUS_TYPES];
} following;

/* Takes down a block that a word leads to. */
static void meet(following *f, uint64_t word)
{
    search *s = f->s;
    hf_heap *heap = s->heap;
    if (word % UNIT || word < HF_PAGE_SIZE || f->count == FOLLOWED_MAX ||
        hf_map_get(&f->known, word) != HF_MAP_NONE)
        return;
    uint32_t row = hf_map_get(&s->found, word);
    uint64_t bytes = row == HF_MAP_NONE && !hf_malloc_heap_at(&heap->malloc, word)
                         ? 0
                         : hf_chunk_bytes(heap, word);
    if (row == HF_MAP_NONE && (!bytes || is_an_objects(s, word, word + bytes)))
        return;
    if (row != HF_MAP_NONE)
        f->votes[row]++;
    s->failed |=
        !hf_map_put(&f->known, word, 0) || !hf_array_room(&f->queue, f->count, &f->capacity);
    if (!s->failed)
        f->queue[f->count++] = word;
}

static void meet_all(following *f, uint64_t start, uint64_t bytes)
{
    uint64_t n = bytes / HF_WORD;
    const uint8_t *words = n ? hf_array_at(&f->s->heap->decode, start, &n, HF_WORD) : NULL;
    for (uint64_t i = 0; words && i < n && !f->s->failed; i++)
        meet(f, hf_load_u64(words + i * HF_WORD));
}

/* Goes from the data of a binary to blocks, and from these on: to the head of a list, the table of
 * a hash, a node. */
static void follow(following *f, const hf_data_range *range)
{
    uint64_t start = (range->start + 7) & ~UINT64_C(7);
    f->count = 0;
    memset(f->votes, 0, sizeof(f->votes));
    if (start < range->end)
        meet_all(f, start, range->end - start);
    for (size_t i = 0; i < f->count && !f->s->failed; i++) {
        uint64_t bytes = hf_chunk_bytes(f->s->heap, f->queue[i]);
        meet_all(f, f->queue[i], bytes < FOLLOWED_BYTES ? bytes : FOLLOWED_BYTES);
    }
}

/* The interpreter's own data is left out: what it has are no objects of an extension. */
static void find_binaries(search *s)
{
    hf_heap *heap = s->heap;
    const hf_data_range *own = hf_range_of(heap, heap->decode.type_type_address);
    uint64_t best[HF_SURPLUS_TYPES] = {0};
    following f = {.s = s};
    hf_map_init(&f.known);
    for (size_t r = 0; r < heap->range_count && !s->failed; r++) {
        if (own && heap->ranges[r].name == own->name)
            continue;
        follow(&f, &heap->ranges[r]);
        for (size_t k = 0; k < s->chosen_count; k++)
            if (f.votes[k] > best[k]) {
                best[k] = f.votes[k];
                s->rows[k].binary = heap->ranges[r].name;
            }
    }
    hf_map_deinit(&f.known);
    free(f.queue);
}

static void find(search *s)
{
    hf_heap *heap = s->heap;
    note_roots(s);
    each_surplus(s, count);
    choose(s);
    if (!s->chosen_count)
        return;
    s->low = UINT64_MAX;
    each_surplus(s, sample);
    uint64_t unreadable = heap->decode.unreadable;
    look_everywhere(s);
    if (s->found.count && !s->failed)
        find_binaries(s);
    heap->decode.unreadable = unreadable; /* words that lead nowhere are no one's references */
    for (size_t k = 0; k < s->chosen_count && s->words > WORDS_MAX; k++)
        s->rows[k].sampled = s->rows[k].stored = 0;
}

static bool is_worth_it(const hf_heap *heap, const int32_t *balance, int32_t most)
{
    uint64_t objects = 0;
    for (uint64_t i = 0; i < heap->marks.count && objects < LEAST_OBJECTS; i++)
        objects += balance[i] > 0 && balance[i] <= most;
    return objects == LEAST_OBJECTS && heap->knows_blocks && !heap->torn &&
           !heap->decode.layout->free_threaded && !heap->decode.padding;
}

hf_err *hf_surplus_find(hf_heap *heap, const int32_t *balance, int32_t most,
                        hf_surplus ret[HF_SURPLUS_TYPES])
{
    memset(ret, 0, HF_SURPLUS_TYPES * sizeof(*ret));
    if (!is_worth_it(heap, balance, most))
        return NULL;
    search *s = calloc(1, sizeof(*s));
    if (!s)
        return hf_fail_memory();
    *s = (search){.heap = heap, .balance = balance, .most = most, .rows = ret};
    hf_map_init(&s->samples);
    hf_map_init(&s->seen);
    hf_map_init(&s->found);
    s->rooted = calloc(heap->marks.count / 64 + 1, sizeof(*s->rooted));
    s->counted = calloc(heap->types.count + 1, sizeof(*s->counted));
    s->failed = !s->rooted || !s->counted;
    if (!s->failed)
        find(s);
    bool failed = s->failed || heap->failed;
    hf_map_deinit(&s->samples);
    hf_map_deinit(&s->seen);
    hf_map_deinit(&s->found);
    free(s->rooted);
    free(s->counted);
    free(s);
    return failed ? hf_fail_memory() : NULL;
}
