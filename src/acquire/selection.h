/* acquire/selection.h - which memory of a process is copied, and where it lies in the spool file.
 *
 * Copied: anonymous private memory; private pages of writable file mappings (.data and .bss); of
 * binaries also the read-only data (.rodata holds the names of types, .dynsym the symbols).
 * Not copied: code, shared memory, mapped data files, what the kernel shows ([vvar], [vdso]). */
#ifndef HF_ACQUIRE_SELECTION_H
#define HF_ACQUIRE_SELECTION_H

#include "acquire/maps.h"

typedef enum hf_pages {
    HF_PAGES_RESIDENT, /* those in memory or in swap */
    HF_PAGES_PRIVATE,  /* of those, the ones the process has written to */
    HF_PAGES_ALL,      /* of binaries: what is not resident is read from the file */
    HF_PAGES_CACHED,   /* of large binaries: those that the original process has resident */
} hf_pages;

typedef struct hf_range {
    uint64_t start, end; /* in the process */
    uint64_t offset;     /* in the spool file */
    hf_pages pages;
} hf_range;

typedef struct hf_selection {
    hf_range *ranges; /* sorted by address */
    size_t count;
    uint64_t size; /* of the spool file */
} hf_selection;

/* Ranges that follow each other in the process do so in the file. The caller calls
 * hf_selection_deinit(). */
hf_err *hf_selection_of(const hf_maps *maps, hf_selection *ret);
void hf_selection_deinit(hf_selection *s);

/* The segments that the ranges make over the bytes of the spool file; the caller frees *ret. */
hf_err *hf_selection_segments(const hf_selection *s, const uint8_t *bytes, hf_segment **ret,
                              size_t *ret_count);

#endif
