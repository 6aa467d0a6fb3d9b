#include "graph/numbers.h"

#include "graph/read.h"

#include <pthread.h>
#include <stdlib.h>

hf_err *hf_rare_numbers_add(hf_rare_numbers *r, uint32_t object, uint64_t number)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all: they are rare */
    hf_err *err = NULL;
    pthread_mutex_lock(&lock);
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 64;
        hf_rare_number *rows = realloc(r->rows, capacity * sizeof(*rows));
        if (rows) {
            r->rows = rows;
            r->capacity = capacity;
        } else {
            err = hf_fail_memory();
        }
    }
    if (!err)
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
    free(n->low);
    hf_rare_numbers_deinit(&n->rare);
    *n = (hf_numbers){0};
}
