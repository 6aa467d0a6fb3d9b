/* analyse/caches_inside.h - how caches are found (caches.c), and then measured
 * (caches_measure.c). */
#ifndef HF_ANALYSE_CACHES_INSIDE_H
#define HF_ANALYSE_CACHES_INSIDE_H

#include "analyse/caches.h"
#include "base/map.h"

/* Takes the caches of known classes, then those of known modules, then those that are
 * only named so. */
typedef struct hf_cache_finder {
    hf_graph *g;
    const hf_dominators *d;
    hf_cache *rows;
    size_t count, capacity;
    hf_map taken; /* objects that belong to a row */
} hf_cache_finder;

/* Fills in what the entries tell: keys, expiry, sizes. False without memory. */
bool hf_cache_measure(hf_cache_finder *f, hf_cache *row);

#endif
