/* base/array.h - room in arrays that grow at their end.
 *
 *     if (!hf_array_room(&list->rows, list->count, &list->capacity))
 *         return hf_fail_memory();
 *     list->rows[list->count++] = row;
 *
 * An array is a pointer (NULL at first) of any type and a capacity of any unsigned type, both
 * the caller's, who frees it with free(). Capacities double, so that n elements cost O(n).
 * Pointers into an array are invalid after it grew. On failure, which is a lack of memory or
 * more elements than the capacity's type can count, nothing has changed. Arguments are
 * evaluated several times. */
#ifndef HF_BASE_ARRAY_H
#define HF_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the macros below do where there is no room yet: moves `array` to where `wanted` elements of
 * `size` bytes fit. most: what *capacity may become. NULL on failure. */
void *hf_array_enlarge(void *array, uint64_t wanted, uint64_t *capacity, uint64_t most,
                       size_t size);

/* Room for `wanted` elements in all; false on failure. */
#define hf_array_reserve(array, wanted, capacity)                                             \
    ({                                                                                        \
        uint64_t wanted_ = (wanted), capacity_ = *(capacity);                                 \
        bool fits_ = wanted_ <= capacity_;                                                    \
        if (!fits_) {                                                                         \
            void *larger_ = hf_array_enlarge(*(array), wanted_, &capacity_,                   \
                                             (__typeof__(*(capacity)))-1, sizeof(**(array))); \
            if (larger_) {                                                                    \
                *(array) = larger_;                                                           \
                *(capacity) = (__typeof__(*(capacity)))capacity_;                             \
                fits_ = true;                                                                 \
            }                                                                                 \
        }                                                                                     \
        fits_;                                                                                \
    })

/* Room for one more element behind the first `count`; false on failure. */
#define hf_array_room(array, count, capacity) \
    hf_array_reserve(array, (uint64_t)(count) + 1, capacity)

/* The same for a short array that keeps no capacity: it always has room for a power of two, and so
 * may have got its memory from here only. */
#define hf_array_next(array, count)                                                         \
    ({                                                                                      \
        uint64_t count_ = (count), capacity_ = count_;                                      \
        bool fits_ = count_ & (count_ - 1);                                                 \
        if (!fits_) {                                                                       \
            void *larger_ = hf_array_enlarge(*(array), count_ ? 2 * count_ : 1, &capacity_, \
                                             SIZE_MAX, sizeof(**(array)));                  \
            if (larger_) {                                                                  \
                *(array) = larger_;                                                         \
                fits_ = true;                                                               \
            }                                                                               \
        }                                                                                   \
        fits_;                                                                              \
    })

#endif
