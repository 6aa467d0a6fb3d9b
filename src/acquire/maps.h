/* acquire/maps.h - /proc/PID/maps as an array. */
#ifndef HF_ACQUIRE_MAPS_H
#define HF_ACQUIRE_MAPS_H

#include "acquire/target.h"

typedef struct hf_maps {
    hf_mapping *items; /* sorted by address, not overlapping */
    size_t count;
    char *text; /* holds the paths */
} hf_maps;

/* Lines that make no sense, or that overlap the one before (the file is read in pieces while the
 * process runs), are left out. Fails only for want of memory. The caller calls hf_maps_deinit(). */
hf_err *hf_maps_parse(const char *text, size_t length, hf_maps *ret);

void hf_maps_deinit(hf_maps *maps);

/* The mapping that holds addr, or NULL. */
const hf_mapping *hf_maps_find(const hf_maps *maps, uint64_t addr);

/* Whether a and b map the same file. */
bool hf_maps_same_file(const hf_mapping *a, const hf_mapping *b);

#endif
