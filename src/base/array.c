/* base/array.c - see base/array.h. */
#include "base/array.h"

#include <stdlib.h>

enum { FIRST_BYTES = 512 }; /* at first: small rows come many at a time */

void *hf_array_enlarge(void *array, uint64_t wanted, uint64_t *capacity, uint64_t most, size_t size)
{
    uint64_t larger = *capacity ? 2 * *capacity : FIRST_BYTES / size + 1;
    size_t bytes;
    larger = larger < wanted ? wanted : larger;
    larger = larger > most ? most : larger;
    if (wanted > larger || __builtin_mul_overflow(larger, size, &bytes))
        return NULL;
    void *moved = realloc(array, bytes);
    if (moved)
        *capacity = larger;
    return moved;
}
