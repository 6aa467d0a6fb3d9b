/* graph/numbers.h - the memory of columns, and columns of numbers of which nearly all are small.
 *
 * Large columns are not handed to children: who decodes the next snapshot needs none of the last
 * ones, and a fork would have to copy their page tables. They are on small pages: a graph is memory
 * that was free for long, and of that the host of a virtual machine has to bring huge pages first.
 * Filling the columns of five million objects took 0.5 to 0.9 s of system time on these, and 0.2 s
 * on small ones (Linux 6.18). */
#ifndef HF_GRAPH_NUMBERS_H
#define HF_GRAPH_NUMBERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for `count` items of `size` bytes, NULL where there is none; hf_column_free()
 * releases it. */
void *hf_column_allocate(uint64_t count, size_t size);
void hf_column_free(void *column); /* NULL is fine */

/* A column of zeros that children forked from now on have in common with us, with room for
 * `count` items; memory is taken where it is written to. NULL where there is no room for it.
 * Released by hf_column_unshare(). */
void *hf_column_share(uint64_t count, size_t size);

/* Takes the memory for items from..from + count of such a column at once, where the kernel can;
 * advice. */
void hf_column_prepare(void *column, uint64_t from, uint64_t count, size_t size);

/* Nobody has it in common with us any more: from now on it is as any other column, with room for
 * `keep` of its `count` items. What stands before it is believed again, so nobody else may be left
 * who could write there. */
void hf_column_settle(void *column, uint64_t count, uint64_t keep, size_t size);
void hf_column_unshare(void *column, uint64_t count, size_t size); /* NULL is fine */

typedef struct hf_rare_number {
    uint32_t object;
    uint64_t number;
} hf_rare_number;

/* Numbers of few objects. */
typedef struct hf_rare_numbers {
    hf_rare_number *rows; /* in order of object, once sorted */
    size_t count, capacity;
} hf_rare_numbers;

/* May be called by several threads at a time. */
hf_err *hf_rare_numbers_add(hf_rare_numbers *r, uint32_t object, uint64_t number);
void hf_rare_numbers_sort(hf_rare_numbers *r); /* after the last add, before the first look */
uint64_t hf_rare_numbers_at(const hf_rare_numbers *r, uint32_t object); /* 0 where there is none */
void hf_rare_numbers_deinit(hf_rare_numbers *r);

/* One number an object. It takes 2 bytes; one that does not fit stands in a list beside it: the
 * size of what is larger than 64 KB, or what so many refer to, of which no heap has many. */
typedef struct hf_numbers {
    uint16_t *low; /* HF_NUMBER_RARE: see `rare` */
    hf_rare_numbers rare;
} hf_numbers;

#define HF_NUMBER_RARE UINT16_MAX

bool hf_numbers_allocate(hf_numbers *n, uint32_t count); /* false: no memory */
void hf_numbers_sort(hf_numbers *n);                     /* as hf_rare_numbers_sort() */
void hf_numbers_deinit(hf_numbers *n);

static inline hf_err *hf_numbers_put(hf_numbers *n, uint32_t object, uint64_t number)
{
    bool fits = number < HF_NUMBER_RARE;
    n->low[object] = fits ? (uint16_t)number : HF_NUMBER_RARE;
    return fits ? NULL : hf_rare_numbers_add(&n->rare, object, number);
}

static inline uint64_t hf_numbers_at(const hf_numbers *n, uint32_t object)
{
    uint16_t low = n->low[object];
    return low != HF_NUMBER_RARE ? low : hf_rare_numbers_at(&n->rare, object);
}

#endif
