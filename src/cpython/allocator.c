/* cpython/allocator.c - which allocator small objects come from, told from what it
 * writes around them.
 *
 * Debug hooks (PYTHONMALLOC=debug, and every debug build) put before a block its size,
 * the letter of the domain and seven bytes 0xfd, behind it eight more (Objects/obmalloc.c,
 * _PyMem_DebugRawAlloc); glibc puts the size of a chunk and flags into the word before it.
 * Objects of some types are asked, and most must agree: a word may be so by chance. */
#include "cpython/heap_inside.h"

enum {
    SAMPLES = 512,
    SAMPLES_MIN = 32,
    FORBIDDEN_BYTES = 7,
    BEFORE = 2 * HF_WORD, /* size; letter and forbidden bytes */
    PADDING = 3 * HF_WORD,
    SMALL = 512,
    CHUNK_FLAGS = 7,
};

#define TYPE_SUBCLASS (1ull << 31) /* Py_TPFLAGS_TYPE_SUBCLASS */

typedef struct {
    uint32_t asked, padded, chunks;
} allocator_votes;

static bool is_padded(hf_decode *d, uint64_t start)
{
    static const uint8_t forbidden[FORBIDDEN_BYTES] = {0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd};
    const uint8_t *p = hf_bytes_at(d, start - HF_WORD, HF_WORD);
    return p && p[0] >= 'a' && p[0] <= 'z' && !memcmp(p + 1, forbidden, sizeof(forbidden));
}

/* A chunk may be up to one unit larger than it need be: what is left over is too small to use. */
static bool is_chunk(hf_decode *d, uint64_t start, uint64_t bytes)
{
    const uint8_t *p = hf_bytes_at(d, start - HF_WORD, HF_WORD);
    uint64_t size = p ? hf_load_u64(p) & ~(uint64_t)CHUNK_FLAGS : 0;
    uint64_t least = (bytes + HF_WORD + 15) & ~15ull;
    return size >= 32 && (size == least || size == least + 16);
}

static void ask(hf_heap *heap, uint64_t address, allocator_votes *votes)
{
    hf_decode *d = &heap->decode;
    const hf_type_record *type = hf_type_of(d, address);
    if (!type || !type->has_gc || type->flags & TYPE_SUBCLASS)
        return;
    hf_sizes sizes;
    hf_decode_sizes(d, type, address, &sizes);
    uint64_t before = type->bytes_before, bytes = before + sizes.own;
    if (bytes > SMALL - PADDING)
        return;
    uint64_t start = address - before;
    bool padded = is_padded(d, start);
    votes->asked++;
    votes->padded += padded;
    votes->chunks += is_chunk(d, padded ? start - BEFORE : start, padded ? bytes + PADDING : bytes);
}

void hf_allocator_find(hf_heap *heap)
{
    allocator_votes votes = {0};
    hf_marks_cursor cursor = {.marks = &heap->marks};
    uint64_t bit = hf_marks_next(&heap->marks, 0);
    for (; bit != HF_NO_BIT && votes.asked < SAMPLES; bit = hf_marks_next(&heap->marks, bit + 1))
        ask(heap, hf_marks_address(&cursor, bit), &votes);
    if (votes.asked < SAMPLES_MIN)
        return;
    heap->decode.padding = votes.padded * 2 > votes.asked ? PADDING : 0;
    heap->decode.small_are_chunks = votes.chunks * 2 > votes.asked;
}
