/* lint/arena.h - texts that live as long as their file, and arrays that double. */
#ifndef HF_LINT_ARENA_H
#define HF_LINT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hf_arena {
    struct hf_arena_chunk *newest;
    size_t used; /* bytes of the newest chunk */
} hf_arena;

/* A copy of a text, terminated; NULL without memory. */
const char *hf_arena_text(hf_arena *a, const char *text, size_t length);
void hf_arena_deinit(hf_arena *a);

/* Room for one more element behind the `count` first; false without memory. */
bool hf_array_grow(void **array, uint32_t count, uint32_t *capacity, size_t size);

#define hf_array_room(array, count, capacity) \
    ((count) < *(capacity) || hf_array_grow((void **)(array), count, capacity, sizeof(**(array))))

#endif
