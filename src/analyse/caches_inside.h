/* analyse/caches_inside.h - how caches are found (caches.c), and then measured (caches_measure.c). */
#ifndef HF_ANALYSE_CACHES_INSIDE_H
#define HF_ANALYSE_CACHES_INSIDE_H

#include "analyse/caches.h"
#include "base/map.h"

/* A class of caches: where its instances keep what. */
typedef struct hf_cache_class {
    const char *title; /* as hf_graph_type_title() writes it; subclasses are meant as well */
    const char *kind;  /* as people call it; NULL: the title of the instance's own class */
    hf_cache_sort sort;
    const char *data;  /* attribute that leads to the dict of entries; NULL: the object is one */
    const char *bound; /* attribute with the bound, or NULL */
    const char *size;  /* attribute with its size by its own measure, or NULL */
    const char *hits, *misses; /* attributes, or NULL */
} hf_cache_class;

/* Takes the caches of known classes, then those of known modules, then those that are only named so. */
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
