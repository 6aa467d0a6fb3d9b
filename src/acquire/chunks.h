/* acquire/chunks.h - the heaps and chunks of glibc's malloc in frozen memory.
 *
 *     arena   struct malloc_state: one in libc's data (the main arena, whose memory is [heap]), one
 *             for some threads, at the start of the first of its heaps
 *     heap    memory of an arena; those of threads' arenas are 64 MiB apart and aligned to that,
 *             with a struct heap_info in front
 *     chunk   a word with the size of the chunk before (when that is free), a word with its own
 *             size and three flags, then what the caller got; chunks fill a heap without a gap, the
 *             last is "top"
 *     mapped  a chunk larger than a threshold has a mapping of its own
 *
 * From malloc/malloc.c and malloc/arena.c, glibc 2.26 to 2.43. A stripped libc says nowhere where
 * its main arena is. It is known by its shape: two words before an array of 127 rings, most of
 * which are empty and so lead to themselves, stands a word that leads to the last chunk of [heap].
 * Free chunks are told by the flag of the chunk behind them; what malloc keeps aside without saying
 * so in the flags are its fast bins, which the arena lists, and the caches of threads, which are
 * chunks themselves and are known by their lists, whose members have just the size that the list is
 * for.
 *
 * All of it is memory of a stranger. A heap whose chunks do not add up is told as `unknown` from
 * there on; every loop ends with the memory that it runs over. */
#ifndef HF_ACQUIRE_CHUNKS_H
#define HF_ACQUIRE_CHUNKS_H

#include "acquire/target.h"

enum {
    HF_CHUNK_SMALL = 64,                    /* classes of 16 bytes: 16, 32, ... 1024 */
    HF_CHUNK_CLASSES = HF_CHUNK_SMALL + 40, /* then one for each power of two */
};

/* What the chunks of one arena take. Bytes in memory, unless it says otherwise. */
typedef struct hf_chunk_sums {
    uint64_t claimed;  /* in use, by who was asked for */
    uint64_t native;   /* in use, by others */
    uint64_t free;     /* in bins */
    uint64_t fast;     /* in fast bins */
    uint64_t cached;   /* kept for threads */
    uint64_t top;      /* behind the last chunk in use */
    uint64_t overhead; /* structs of malloc itself */
    uint64_t unknown;  /* chunks that do not add up */
    uint64_t trim;     /* whole pages that malloc_trim(0) would give back */
    uint64_t claimed_chunks, native_chunks, free_chunks; /* numbers */
} hf_chunk_sums;

typedef struct hf_malloc_arena {
    uint64_t address; /* of its malloc_state; 0: not found */
    uint64_t fast;    /* of its fast bins, 0: it has none */
    uint64_t top, next;
    bool main;
    hf_chunk_sums sums;
} hf_malloc_arena;

typedef struct hf_malloc_heap {
    uint64_t start, end, first; /* first: its first chunk */
    size_t arena;
    uint64_t *fast, *cached; /* a bit for each 16 bytes: chunks that are free without a flag */
} hf_malloc_heap;

typedef struct hf_chunk_class {
    uint64_t chunks, bytes; /* in use by others than was asked for */
} hf_chunk_class;

typedef struct hf_malloc {
    hf_malloc_arena *arenas; /* the main one first, if its heap is there */
    size_t arena_count;
    hf_malloc_heap *heaps; /* ascending */
    size_t heap_count;
    uint64_t caches;                          /* of threads, that were found */
    hf_chunk_class classes[HF_CHUNK_CLASSES]; /* see hf_chunk_class_of() */
    uint64_t mapped_least; /* size of the smallest mapped chunk; 0: there is none */
} hf_malloc;

/* A stretch of memory that may hold the main arena: the writable data of a binary. */
typedef struct hf_data_extent {
    uint64_t start, end;
} hf_data_extent;

/* Finds heaps and arenas. Fails only for want of memory. The caller calls hf_malloc_deinit(). */
hf_err *hf_malloc_find(hf_target *t, const hf_data_extent *data, size_t count, hf_malloc *ret);
void hf_malloc_deinit(hf_malloc *m);

/* Goes through the chunks of all heaps and fills the sums of the arenas anew. claimed: whether the
 * caller knows an owner of something in [start, end). */
void hf_malloc_walk(hf_malloc *m, hf_target *t,
                    bool (*claimed)(void *context, uint64_t start, uint64_t end), void *context);

/* The size of the mapping of a chunk that has its own and starts at a page; 0 where there is none,
 * or none that ends before `end`. */
uint64_t hf_mapped_chunk(hf_target *t, uint64_t page, uint64_t end);

/* The size of the chunk in use that starts at `chunk` within `heap`; 0 where none does. An address
 * within a chunk has any words for a head, and for a size often another address: so the heads of
 * the chunks behind it are looked at, too. */
uint64_t hf_malloc_chunk_in_use(const hf_malloc *m, hf_target *t, const hf_malloc_heap *heap,
                                uint64_t chunk);

/* Whether malloc keeps a chunk that starts at `chunk` for a thread, or in a fast bin, as the last
 * hf_malloc_walk() has found: then it is free, and its flags say that it is in use. */
bool hf_malloc_is_kept(const hf_malloc *m, uint64_t chunk);

/* Counts a chunk of `size` bytes in use by others. */
void hf_malloc_count_native(hf_malloc *m, uint64_t size);

/* The class of a size, and the largest size of a class. */
size_t hf_chunk_class_of(uint64_t size);
uint64_t hf_chunk_class_size(size_t class);

/* The heap that holds an address, or NULL. */
const hf_malloc_heap *hf_malloc_heap_at(const hf_malloc *m, uint64_t address);

#endif
