/* acquire/residence.h - which pages of frozen memory were in memory, as anonymous pages,
 * at the cut.
 *
 * Only these count as RssAnon. Page tables tell them (Documentation/admin-guide/mm/pagemap.rst);
 * what they do not tell is a page that was only ever read and so is the kernel's one page of zeros,
 * which costs nothing: /proc/PID/smaps counts anonymous pages without it, so where a mapping has
 * more pages than smaps says, pages full of zeros are taken off. */
#ifndef HF_ACQUIRE_RESIDENCE_H
#define HF_ACQUIRE_RESIDENCE_H

#include "acquire/process.h"
#include "acquire/selection.h"
#include "acquire/target.h"

typedef struct hf_residence {
    uint64_t *bits; /* of page i of the spool file; NULL: not known */
    uint64_t pages;
} hf_residence;

hf_err *hf_residence_init(hf_residence *r, uint64_t spool_size);
void hf_residence_deinit(hf_residence *r);

/* Marks page i where `entry` of /proc/PID/pagemap is that of an anonymous page in memory. */
void hf_residence_note(hf_residence *r, uint64_t page, uint64_t entry);

/* Marks page i; whether it is marked. */
void hf_residence_add(hf_residence *r, uint64_t page);
bool hf_residence_has(const hf_residence *r, uint64_t page);

/* Number of pages marked among `count` from `first` on. */
uint64_t hf_residence_count(const hf_residence *r, uint64_t first, uint64_t count);

/* Of the `count` pages of a mapping from `first` on, takes pages of zeros off until no more than
 * `most` are marked. */
void hf_residence_trim(hf_residence *r, uint64_t first, uint64_t count, uint64_t most,
                       bool (*is_zero)(const void *context, uint64_t page), const void *context);

#endif
