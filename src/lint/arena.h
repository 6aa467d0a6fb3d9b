/* lint/arena.h - texts that live as long as their file. */
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

#endif
