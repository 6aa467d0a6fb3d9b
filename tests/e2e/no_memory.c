/* Preloaded: makes one allocation fail, or all from one on. Counts over a process and those that it
 * forks, since the decoder is one.
 *
 *     NO_MEMORY_AT=N     the Nth fails
 *     NO_MEMORY_FROM=N   the Nth and all after it
 *     NO_MEMORY_COUNT=F  file to which the number of allocations is written in the end */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

static _Atomic long *counted;
static long at, from;
static pid_t first;

__attribute__((constructor)) static void begin(void)
{
    const char *text;
    at = (text = getenv("NO_MEMORY_AT")) ? strtol(text, NULL, 10) : 0;
    from = (text = getenv("NO_MEMORY_FROM")) ? strtol(text, NULL, 10) : 0;
    first = getpid();
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    counted = page == MAP_FAILED ? NULL : page;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("NO_MEMORY_COUNT");
    FILE *file;
    at = from = 0;
    if (path && counted && getpid() == first && (file = fopen(path, "w"))) {
        fprintf(file, "%ld\n", *counted);
        fclose(file);
    }
}

static int fails(void)
{
    if (!counted)
        return 0;
    long number = ++*counted;
    if (number != at && (!from || number < from))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    return fails() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    return fails() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **ret, size_t alignment, size_t n)
{
    if (fails())
        return ENOMEM;
    *ret = __libc_memalign(alignment, n);
    return *ret ? 0 : ENOMEM;
}
