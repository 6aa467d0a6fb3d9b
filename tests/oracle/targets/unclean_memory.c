/* LD_PRELOAD: all memory that malloc() does not clear is full of one address. The program sets it
 * through `unclean_memory_word`. The worst case for whoever scans memory for references. */
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>

uint64_t unclean_memory_word;

void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);

static void fill(void *memory, size_t from)
{
    if (!memory || !unclean_memory_word)
        return;
    size_t words = malloc_usable_size(memory) / sizeof(uint64_t);
    for (size_t i = from / sizeof(uint64_t); i < words; i++)
        ((uint64_t *)memory)[i] = unclean_memory_word;
}

void *malloc(size_t size)
{
    void *memory = __libc_malloc(size);
    fill(memory, 0);
    return memory;
}

void *realloc(void *old, size_t size)
{
    size_t before = old ? malloc_usable_size(old) : 0;
    void *memory = __libc_realloc(old, size);
    if (size)
        fill(memory, before);
    return memory;
}
