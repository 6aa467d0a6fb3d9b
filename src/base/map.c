#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Finaliser of MurmurHash3 (Appleby, public domain): addresses share their low and high bits. */
static size_t slot_of(uint64_t key, size_t capacity)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    return key & (capacity - 1);
}

void hf_map_init(hf_map *m)
{
    *m = (hf_map){0};
}

void hf_map_deinit(hf_map *m)
{
    free(m->keys);
    free(m->values);
    *m = (hf_map){0};
}

/* The slot that holds key, or the free one where it would go. */
static size_t find(const hf_map *m, uint64_t key)
{
    size_t i = slot_of(key, m->capacity);
    while (m->values[i] != HF_MAP_NONE && m->keys[i] != key)
        i = (i + 1) & (m->capacity - 1);
    return i;
}

uint32_t hf_map_get(const hf_map *m, uint64_t key)
{
    return m->capacity ? m->values[find(m, key)] : HF_MAP_NONE;
}

static bool allocate(hf_map *m, size_t capacity)
{
    m->keys = malloc(capacity * sizeof(*m->keys));
    m->values = malloc(capacity * sizeof(*m->values));
    if (!m->keys || !m->values) {
        hf_map_deinit(m);
        return false;
    }
    memset(m->values, 0xff, capacity * sizeof(*m->values));
    m->capacity = capacity;
    return true;
}

static bool grow(hf_map *m)
{
    hf_map bigger = {0};
    if (!allocate(&bigger, m->capacity ? m->capacity * 2 : 64))
        return false;
    for (size_t i = 0; i < m->capacity; i++) {
        if (m->values[i] == HF_MAP_NONE)
            continue;
        size_t slot = find(&bigger, m->keys[i]);
        bigger.keys[slot] = m->keys[i];
        bigger.values[slot] = m->values[i];
    }
    bigger.count = m->count;
    hf_map_deinit(m);
    *m = bigger;
    return true;
}

bool hf_map_put(hf_map *m, uint64_t key, uint32_t value)
{
    assert(value != HF_MAP_NONE);
    if (m->count * 10 >= m->capacity * 7 && !grow(m))
        return false;
    size_t i = find(m, key);
    if (m->values[i] == HF_MAP_NONE) {
        m->keys[i] = key;
        m->count++;
    }
    m->values[i] = value;
    return true;
}

uint32_t hf_map_increment(hf_map *m, uint64_t key)
{
    uint32_t before = hf_map_get(m, key), count = before == HF_MAP_NONE ? 1 : before + 1;
    return hf_map_put(m, key, count) ? count : 0;
}
