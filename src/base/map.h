/* base/map.h - from a 64-bit key to a 32-bit number: flat, linear probing, no deletion.
 *
 * 12 bytes a slot, at most 70 % full. Key 0 is a key like any other. Look-ups and insertions are
 * O(1) on average. */
#ifndef HF_BASE_MAP_H
#define HF_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_MAP_NONE UINT32_MAX /* no such key; not storable as a value */

typedef struct hf_map {
    uint64_t *keys;
    uint32_t *values;
    size_t count, capacity; /* capacity: 0 or a power of two */
} hf_map;

void hf_map_init(hf_map *m); /* no allocation until the first insertion */
void hf_map_deinit(hf_map *m);

/* The value of key, or HF_MAP_NONE. */
uint32_t hf_map_get(const hf_map *m, uint64_t key);

/* Sets key to value (not HF_MAP_NONE); false when out of memory. */
bool hf_map_put(hf_map *m, uint64_t key, uint32_t value);

/* Adds one to the value of key, which is 0 where there is none. Returns the sum; 0 when out of
 * memory. */
uint32_t hf_map_increment(hf_map *m, uint64_t key);

#endif
