/* Frozen memory that a test has made: segments over its own bytes, all of it resident. */
#ifndef MADE_MEMORY_H
#define MADE_MEMORY_H

#include "acquire/inside.h"

#include <stdlib.h>
#include <string.h>

typedef struct made_memory {
    hf_target *target;
    hf_segment segments[4];
    hf_mapping mappings[4];
    size_t count;
} made_memory;

/* Adds zeros at [start, start + size); `path` as in /proc/PID/maps. */
__attribute__((unused)) static uint8_t *made_segment(made_memory *m, uint64_t start, uint64_t size,
                                                     const char *path)
{
    uint8_t *bytes = calloc(1, size);
    m->segments[m->count] = (hf_segment){start, start + size, bytes};
    m->mappings[m->count++] = (hf_mapping){
        .start = start, .end = start + size, .readable = true, .writable = true, .path = path};
    return bytes;
}

/* The target; the segments are its own from then on. */
__attribute__((unused)) static hf_target *made_target(made_memory *m)
{
    hf_segment *segments = calloc(m->count, sizeof(*segments));
    memcpy(segments, m->segments, m->count * sizeof(*segments));
    hf_err *err = hf_target_new(&m->target);
    if (!err)
        err = hf_frozen_init(&m->target->memory, segments, m->count, NULL, 0);
    if (err)
        abort();
    m->target->maps.items = calloc(m->count, sizeof(hf_mapping));
    memcpy(m->target->maps.items, m->mappings, m->count * sizeof(hf_mapping));
    m->target->maps.count = m->count;
    return m->target;
}

__attribute__((unused)) static void made_free(made_memory *m)
{
    hf_target_free(m->target);
    for (size_t i = 0; i < m->count; i++)
        free((void *)(uintptr_t)m->segments[i].bytes);
    *m = (made_memory){0};
}

/* Writes a word at an address of the target. */
__attribute__((unused)) static void made_word(made_memory *m, uint64_t address, uint64_t word)
{
    for (size_t i = 0; i < m->count; i++)
        if (address >= m->segments[i].start && address + 8 <= m->segments[i].end)
            memcpy((uint8_t *)(uintptr_t)m->segments[i].bytes + (address - m->segments[i].start),
                   &word, 8);
}

#endif
