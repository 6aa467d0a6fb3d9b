/* lint/arena.c - see lint/arena.h. */
#include "lint/arena.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16384 };

struct hf_arena_chunk {
    struct hf_arena_chunk *older;
    size_t size;
    char bytes[];
};

const char *hf_arena_text(hf_arena *a, const char *text, size_t length)
{
    if (!a->newest || a->newest->size - a->used <= length) {
        size_t size = length + 1 > CHUNK ? length + 1 : CHUNK;
        struct hf_arena_chunk *chunk = malloc(sizeof(*chunk) + size);
        if (!chunk)
            return NULL;
        *chunk = (struct hf_arena_chunk){.older = a->newest, .size = size};
        a->newest = chunk;
        a->used = 0;
    }
    char *copy = a->newest->bytes + a->used;
    memcpy(copy, text, length);
    copy[length] = 0;
    a->used += length + 1;
    return copy;
}

void hf_arena_deinit(hf_arena *a)
{
    while (a->newest) {
        struct hf_arena_chunk *older = a->newest->older;
        free(a->newest);
        a->newest = older;
    }
    a->used = 0;
}
