#include "graph/numbers.h"

#include "base/array.h"
#include "base/huge.h"
#include "base/page.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Stands before a column, so that this starts at a cache line of its own. */
typedef union column_head {
    size_t mapped; /* bytes; 0: of malloc() */
    uint8_t room[64];
} column_head;

void *hf_column_allocate(uint64_t count, size_t size)
{
    enum { MAPPED_FROM = 1 << 20 };
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes += sizeof(column_head);
    bool small = bytes < MAPPED_FROM;
    column_head *head = small ? malloc(bytes)
                              : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!head || head == MAP_FAILED)
        return NULL;
    if (!small) {
        madvise(head, bytes, MADV_DONTFORK);
        hf_huge_advise(head, bytes);
    }
    head->mapped = small ? 0 : bytes;
    return head + 1;
}

void *hf_column_share(uint64_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    column_head *head = mmap(NULL, bytes + sizeof(*head), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return head == MAP_FAILED ? NULL : head + 1;
}

void hf_column_prepare(void *column, uint64_t from, uint64_t count, size_t size)
{
    enum { PAGE = HF_PAGE_SIZE, POPULATE_WRITE = 23 /* MADV_POPULATE_WRITE, Linux 5.14 */ };
    uintptr_t start = ((uintptr_t)column + from * size) & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = ((uintptr_t)column + (from + count) * size) & ~(uintptr_t)(PAGE - 1);
    if (start < end)
        madvise((void *)start, end - start, POPULATE_WRITE);
}

void hf_column_settle(void *column, uint64_t count, uint64_t keep, size_t size)
{
    enum { PAGE = HF_PAGE_SIZE };
    column_head *head = (column_head *)column - 1;
    size_t all = count * size + sizeof(*head), kept = keep * size + sizeof(*head);
    kept = (kept + PAGE - 1) & ~(size_t)(PAGE - 1);
    if (kept < all)
        munmap((uint8_t *)head + kept, all - kept);
    head->mapped = kept < all ? kept : all;
    madvise(head, head->mapped, MADV_DONTFORK);
}

void hf_column_unshare(void *column, uint64_t count, size_t size)
{
    if (column)
        munmap((column_head *)column - 1, count * size + sizeof(column_head));
}

void hf_column_free(void *column)
{
    if (!column)
        return;
    column_head *head = (column_head *)column - 1;
    if (head->mapped)
        munmap(head, head->mapped);
    else
        free(head);
}

hf_err *hf_rare_numbers_add(hf_rare_numbers *r, uint32_t object, uint64_t number)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all: they are rare */
    hf_err *err = NULL;
    pthread_mutex_lock(&lock);
    if (!hf_array_room(&r->rows, r->count, &r->capacity))
        err = hf_fail_memory();
    else
        r->rows[r->count++] = (hf_rare_number){.object = object, .number = number};
    pthread_mutex_unlock(&lock);
    return err;
}

static int by_object(const void *a, const void *b)
{
    const hf_rare_number *x = a, *y = b;
    return (x->object > y->object) - (x->object < y->object);
}

void hf_rare_numbers_sort(hf_rare_numbers *r)
{
    if (r->count)
        qsort(r->rows, r->count, sizeof(*r->rows), by_object);
}

uint64_t hf_rare_numbers_at(const hf_rare_numbers *r, uint32_t object)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->rows[middle].object < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->count && r->rows[low].object == object ? r->rows[low].number : 0;
}

void hf_rare_numbers_deinit(hf_rare_numbers *r)
{
    free(r->rows);
    *r = (hf_rare_numbers){0};
}

bool hf_numbers_allocate(hf_numbers *n, uint32_t count)
{
    n->low = hf_column_allocate(count, sizeof(*n->low));
    return n->low;
}

void hf_numbers_sort(hf_numbers *n)
{
    hf_rare_numbers_sort(&n->rare);
}

void hf_numbers_deinit(hf_numbers *n)
{
    hf_column_free(n->low);
    hf_rare_numbers_deinit(&n->rare);
    *n = (hf_numbers){0};
}
