/* acquire/copy.h - from the memory of a process (a running one, a stopped one, a copy of one) to
 * wherever it is kept. */
#ifndef HF_ACQUIRE_COPY_H
#define HF_ACQUIRE_COPY_H

#include "acquire/process.h"
#include "acquire/residence.h"
#include "acquire/selection.h"

typedef struct hf_copy {
    const hf_process *source;
    const hf_process *original; /* whose page tables know the resident pages of binaries; a fork
                                   does not copy those. May be the source */
    const hf_selection *selection;
    /* Takes what was read, by its offset in the selection, which grows from call to call. */
    hf_err *(*write)(void *context, uint64_t offset, const void *bytes, size_t n);
    void *write_context;
    hf_residence *residence; /* is told which anonymous pages the source has in memory */
    /* NULL, or is told which resident pages (HF_PAGES_RESIDENT) were left for later */
    hf_residence *deferred;
    uint64_t expected; /* bytes, for progress */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
    hf_err *(*watch)(void *context); /* asked every few megabytes; its error ends the copy */
    void *watch_context;
} hf_copy;

/* Copies what is selected and resident. Pages that cannot be read are left as zeros. Fails when the
 * source ends, the folder is full, or `watch` says so. *ret: bytes copied, or left for later. */
hf_err *hf_copy_memory(const hf_copy *copy, uint64_t *ret);

#endif
