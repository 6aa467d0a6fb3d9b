/* analyse/caches.h - what keeps things to have them again: caches of functions, of libraries, of
 * the standard library, and dicts that are named like one.
 *
 * Each is told with what it retains, what bounds it, and what could be given up: entries whose
 * time is over, and what a bound of N entries would free by the mean of the entries that it has.
 * Caches of known classes are facts; a dict that is merely called `_cache` is an opinion, and
 * marked as one. */
#ifndef HF_ANALYSE_CACHES_H
#define HF_ANALYSE_CACHES_H

#include "analyse/dominators.h"

typedef enum hf_cache_sort {
    HF_CACHE_STRONG, /* of a known class, keeps its entries */
    HF_CACHE_WEAK,   /* entries go when nobody else uses them */
    HF_CACHE_NAMED,  /* a dict with the name of a cache: an opinion */
} hf_cache_sort;

typedef enum hf_cache_bound {
    HF_CACHE_UNBOUNDED,
    HF_CACHE_BOUNDED,
    HF_CACHE_BOUND_UNKNOWN, /* its number stands in no value of the snapshot */
} hf_cache_bound;

typedef struct hf_cache {
    uint32_t object;   /* the cache, as people hold it */
    uint32_t data;     /* the dict in it that has the entries; of a cached property HF_NO_OBJECT */
    uint32_t function; /* behind an lru_cache, or HF_NO_OBJECT */
    const char *kind;  /* its class: "functools.lru_cache"; valid as long as the graph */
    hf_cache_sort sort;
    hf_cache_bound bounded;
    uint64_t bound; /* entries, or what its own measure counts */
    /* by its own measure (currsize), where that is not the number of entries; else 0 */
    uint64_t size;
    uint64_t entries;
    uint64_t own;      /* bytes of its tables and of what it keeps for order */
    uint64_t retained; /* bytes that go with it */
    uint64_t mean;     /* bytes that one entry retains: (retained - own) / entries */
    bool inside;       /* another row's retained bytes have this one's in them */

    bool counted, typed; /* of an lru_cache; counted: hits and misses are known */
    uint64_t hits, misses;

    uint32_t key_type; /* row in types of most keys, of tuples of their first item; or UINT32_MAX */
    bool on_self;      /* a method's cache whose keys begin with the instance */
    uint64_t instances;    /* then: of key_type, each once */
    uint64_t pinned;       /* of these, those that nothing else holds */
    uint64_t pinned_bytes; /* that these retain */

    bool timed;            /* entries have a time until which they are good */
    double lifetime;       /* seconds; 0: each has its own */
    bool expired_at_least; /* its clock is not known: told by the youngest entry */
    uint64_t expired, expired_bytes;

    uint64_t dead;  /* entries of a weak one whose referent is gone */
    uint64_t saved; /* bytes that a bound of hf_caches.chosen entries would free */
} hf_cache;

typedef struct hf_caches {
    hf_cache *rows; /* most retained first */
    size_t count;
    uint64_t chosen;                     /* the bound for which `saved` is told */
    uint64_t retained;                   /* of all, none counted twice */
    uint64_t unbounded, unbounded_saved; /* that keep more than `chosen` entries without a bound */
    uint64_t expired, expired_bytes;
} hf_caches;

/* Caches without entries are left out. The graph gets its reverse edges. */
hf_err *hf_caches_find(hf_graph *g, const hf_dominators *d, uint64_t chosen, hf_caches *ret);
void hf_caches_deinit(hf_caches *c);

#endif
